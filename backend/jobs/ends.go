package jobs

import (
	"context"
	"encoding/json"

	"burnish/backend/notice"
)

// Ends gives the ends of some jobs, each once, to who watches them in this process. Whoever else is told of them is
// told all the same.
type Ends struct {
	s     *Service
	jobs  map[string]bool
	after int64
	given map[string]bool // by key of the edge
	ended map[string]bool // jobs of which an end was given
}

// Ends begins to listen for the ends of these jobs.
func (s *Service) Ends(ctx context.Context, ids []string) (*Ends, error) {
	e := &Ends{s: s, jobs: map[string]bool{}, given: map[string]bool{}, ended: map[string]bool{}}
	for _, id := range ids {
		e.jobs[id] = true
	}
	var err error
	e.after, err = s.store.LastEdge(ctx)
	return e, err
}

// Next gives the ends that came since the last call.
func (e *Ends) Next(ctx context.Context) ([]notice.Event, error) {
	edges, err := e.s.store.EdgesSince(ctx, e.after)
	if err != nil {
		return nil, err
	}
	var fresh []notice.Event
	for _, edge := range edges {
		if !e.jobs[edge.Job] || e.given[edge.Key] {
			continue
		}
		var event notice.Event
		if err := json.Unmarshal(edge.Event, &event); err != nil {
			return fresh, err
		}
		e.given[edge.Key], e.ended[edge.Job] = true, true
		fresh = append(fresh, event)
	}
	return fresh, nil
}

// Rest gives the ends of the jobs that had ended before Ends was called.
func (e *Ends) Rest(ctx context.Context) ([]notice.Event, error) {
	var rest []notice.Event
	for id := range e.jobs {
		if e.ended[id] {
			continue
		}
		job, err := e.s.View(ctx, id)
		if err != nil {
			return rest, err
		}
		if job.State.Ended() {
			e.ended[id] = true
			rest = append(rest, eventOfEnd(job))
		}
	}
	return rest, nil
}
