package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/notice"
	"burnish/backend/store"
)

// Teller passes on what people are told. When it returns nil it has taken the event over for good: it is noted as told
// then. What it returns an error for comes again, as does what it took over and a crash kept from being noted: the id
// of the event is the same.
type Teller interface {
	Tell(context.Context, notice.Event) error
}

const (
	tellEvery = 2 * time.Second
	// tellAtOnce is how many edges are read at once.
	tellAtOnce = 100
)

// Tell tells what happened until ctx ends, while this process is the one of all that use the data directory that leads.
// It gives that up with its life alone, so any process that tells must be there for long, or do without Tell.
func (s *Service) Tell(ctx context.Context, t Teller) error {
	for {
		if err := s.TellDue(ctx, t); err != nil && ctx.Err() == nil {
			s.complain(ctx, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(tellEvery):
		}
	}
}

// Outbox is a Teller that passes on by itself what it took over.
type Outbox interface {
	Teller
	Run(ctx context.Context)  // until ctx ends
	Last(ctx context.Context) // all that is left, what is held back for others too
}

// lastWords is how long a process that has nothing else to do takes to tell what is left: what is held back so that
// many become one, and a server may be slow. What is not told then is told by the next process.
const lastWords = notice.Span + 20*time.Second

// TellWhile tells what happens while work is done, and what is left to be told once it is: that is where a job ended.
func (s *Service) TellWhile(ctx context.Context, out Outbox, work func() error) error {
	telling, stop := context.WithCancel(ctx)
	var at sync.WaitGroup
	at.Go(func() { _ = s.Tell(telling, out) }) // it ends with its context
	at.Go(func() { out.Run(telling) })
	err := work()
	stop()
	at.Wait()
	if ctx.Err() != nil {
		return err // a person ends the process; what is left is stored
	}
	last, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	if err := s.TellDue(last, out); err != nil {
		s.complain(ctx, err)
	}
	out.Last(last)
	return err
}

// TellDue tells what is to be told now, the oldest first, if this process leads. What fails stays, with all after it:
// nothing is told before what came before it.
func (s *Service) TellDue(ctx context.Context, t Teller) error {
	if !s.store.Lead() {
		return nil
	}
	for {
		edges, err := s.store.Untold(ctx, tellAtOnce)
		if err != nil || len(edges) == 0 {
			return err
		}
		for _, e := range edges {
			event, err := s.eventOf(ctx, e)
			if err != nil {
				return err
			}
			if event != nil {
				if err := t.Tell(ctx, *event); err != nil {
					return err
				}
			}
			if err := s.store.Told(ctx, e.Seq); err != nil {
				return err
			}
		}
	}
}

// eventOf gives what is told of an edge; nil where there is nothing to tell any more.
func (s *Service) eventOf(ctx context.Context, e store.Edge) (*notice.Event, error) {
	if e.Kind == store.BatchEdge {
		return s.batchEnded(ctx, e)
	}
	var event notice.Event
	if err := json.Unmarshal(e.Event, &event); err != nil {
		s.complain(ctx, fmt.Errorf("%s cannot be read: %w", e.Key, err))
		return nil, nil // it never can be
	}
	return &event, nil
}

// batchEnded tells the end of a batch by what its jobs are now.
func (s *Service) batchEnded(ctx context.Context, e store.Edge) (*notice.Event, error) {
	rows, err := s.store.JobsOfBatch(ctx, e.Batch)
	if err != nil || len(rows) < 2 {
		return nil, err
	}
	atMs := int64(0)
	all := make([]burnin.Job, 0, len(rows))
	for _, row := range rows {
		job := s.shown(row)
		atMs = max(atMs, job.EndedMs)
		all = append(all, job)
	}
	event := notice.OfBatchEnded(rows[0].NAS, atMs, all)
	event.FoundMs = e.FoundMs
	return &event, nil
}

// shown is a job, or where its copy cannot be read what the index last knew of it, with why.
func (s *Service) shown(row store.Job) burnin.Job {
	job, err := s.view(row)
	if err == nil {
		return job
	}
	job = burnin.Job{ID: row.ID, NAS: row.NAS, Plan: row.Plan, Drive: burnin.Drive{ID: row.DriveID}, State: row.State,
		Reason: row.Reason, CreatedMs: row.CreatedMs, EndedMs: row.EndedMs, SeenMs: row.SeenMs}
	if job.Reason == nil {
		_ = errors.As(err, &job.Reason)
	}
	return job
}

// complain notes in the audit trail what went wrong with telling, while nobody waited for it.
func (s *Service) complain(ctx context.Context, err error) {
	_ = s.store.Audit(ctx, store.AuditEntry{What: "tell", Text: err.Error()})
}
