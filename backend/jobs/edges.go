package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/notice"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
)

// What people may be told of is an edge in the store, kept there once, by whichever process finds it. The end of a job
// is stored in the transaction that notes its state: no process that dies can leave the one without the other.

// How long the end of a job that may go on by itself is held back. A watch that has waited for that lets it go sooner.
const (
	heldForRunner = comesBack + 7*time.Second
	heldForResume = shutsDown + time.Minute
)

// lostFor is how long nobody at this computer has seen a NAS before it is told that it is lost.
const lostFor = 10 * time.Minute

// storedEdges are those beside ends that this process knows to be stored.
type storedEdges struct {
	mu   sync.Mutex
	keys map[string]bool
}

// first reports whether a key is new to this process, and notes it.
func (n *storedEdges) first(key string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.keys[key] {
		return false
	}
	if n.keys == nil {
		n.keys = map[string]bool{}
	}
	n.keys[key] = true
	return true
}

// endOf is the edge of a job's end; none of a job that goes on. Old says that it was over when an adopted job was first
// looked at. A job that goes on and ends again has another edge.
func (s *Service) endOf(ctx context.Context, row store.Job, job burnin.Job, old bool) ([]store.Edge, error) {
	if !job.State.Ended() {
		return nil, nil
	}
	event := eventOfEnd(job)
	event.Old = old
	e := s.edge(fmt.Sprintf("end/%s/%d/%s", job.ID, len(job.Runs), job.State), row.ProfileID, event)
	e.Job, e.Ends = job.ID, true
	held, err := s.heldFor(ctx, row, job)
	e.DueMs += held.Milliseconds()
	return []store.Edge{e}, err
}

func eventOfEnd(job burnin.Job) notice.Event {
	if resumable(job) == nil {
		return notice.OfJobResumable(job, job.EndedMs)
	}
	return notice.OfJobEnded(job)
}

// heldFor is how long a job that has just ended may take to go on by itself.
func (s *Service) heldFor(ctx context.Context, row store.Job, job burnin.Job) (time.Duration, error) {
	if job.State != burnin.Unknown || len(job.Runs) == 0 || row.ProfileID == "" {
		return 0, nil
	}
	p, err := s.store.ProfileByID(ctx, row.ProfileID)
	switch {
	case reason.CodeOf(err) == reason.NoSuchNAS:
		return 0, nil
	case err != nil:
		return 0, err
	case p.AutoResume && brokenOff(job):
		return heldForResume, nil
	case job.Runs[len(job.Runs)-1].HowEnded == "vanished":
		return heldForRunner, nil
	}
	return 0, nil
}

// edge makes an edge of an event.
func (s *Service) edge(key, profileID string, event notice.Event) store.Edge {
	now := s.Now().UnixMilli()
	event.FoundMs = now
	body, err := json.Marshal(event)
	if err != nil {
		panic(fmt.Sprintf("an event that is no JSON: %v", err)) // its fields are texts and numbers
	}
	return store.Edge{Key: key, Kind: string(event.Kind), ProfileID: profileID, FoundMs: now, DueMs: now, Event: body}
}

// troubles stores what befalls a job that goes on: it waits for its drive to cool, its NAS has no room. Each is told
// once for a stage, or for a NAS and a day.
func (s *Service) troubles(ctx context.Context, row store.Job, job burnin.Job) error {
	if job.State.Ended() {
		return nil
	}
	var found []store.Edge
	if at := job.Current(); at >= 0 {
		stage := job.Stages[at]
		if p := stage.Paused; p != nil && p.Why == string(reason.TooHot) {
			key := fmt.Sprintf("hot/%s/%d/%d", job.ID, at, stage.Begun)
			why := reason.New(reason.Cooling, "temperature", p.TempC, "limit", p.LimitC)
			e := s.edge(key, row.ProfileID, notice.OfDriveHot(job, p.SinceMs, why))
			e.Job = job.ID
			found = append(found, e)
		}
	}
	if obs := row.Observation; obs != nil && obs.Trouble == burnin.TroubleFull && obs.LockHeld {
		day := obs.SeenMs / (24 * time.Hour).Milliseconds()
		why := reason.New(reason.NoSpace, "what", "The disk of "+row.NAS+" that holds what is collected of jobs",
			"error", "the jobs go on, and cannot note what they find until there is room")
		found = append(found, s.edge(fmt.Sprintf("full/%s/%d", row.ProfileID, day), row.ProfileID,
			notice.OfNASFull(row.NAS, obs.SeenMs, why)))
	}
	for _, e := range found {
		if !s.stored.first(e.Key) {
			continue
		}
		if err := s.store.AddEdges(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// stands stores that a NAS is lost, once nobody at this computer has seen it for long, and that it is back.
func (s *Service) stands(ctx context.Context, p profile.Profile, now nas.Standing) error {
	at := s.Now()
	switch {
	case now.Phase == nas.Connected:
		return s.store.AddTurn(ctx, s.edge(fmt.Sprintf("back/%s/%d", p.ID, at.UnixMilli()), p.ID,
			notice.OfNASBack(p.Name, now.Since.UnixMilli(), at.UnixMilli())), nasIsThere, nasIsLost)
	case now.Phase != nas.Lost || at.Sub(now.Since) < lostFor:
		return nil
	}
	seenMs, err := s.store.SeenMs(ctx, p.ID)
	if err != nil || at.Sub(time.UnixMilli(seenMs)) < lostFor {
		return err
	}
	return s.lost(ctx, p, now.Since, now.Err)
}

// Which way a NAS is told to stand.
const nasIsThere, nasIsLost = string(notice.NASBack), string(notice.NASLost)

// lost stores that a NAS is lost since a time.
func (s *Service) lost(ctx context.Context, p profile.Profile, since time.Time, err error) error {
	var why *reason.Said
	_ = errors.As(err, &why)
	now := s.Now().UnixMilli()
	return s.store.AddTurn(ctx, s.edge(fmt.Sprintf("lost/%s/%d", p.ID, now), p.ID,
		notice.OfNASLost(p.Name, since.UnixMilli(), now, why)), nasIsThere, nasIsLost)
}

// took stores that jobs of other computers were taken over.
func (s *Service) took(ctx context.Context, p profile.Profile, jobs []burnin.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	now := s.Now().UnixMilli()
	event := notice.OfAdopted(p.Name, now, jobs)
	return s.store.AddEdges(ctx, s.edge(fmt.Sprintf("adopted/%s/%d", p.ID, now), p.ID, event))
}
