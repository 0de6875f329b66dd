package runner

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

const (
	queueFile   = "queue.json" // in slots/: what a person set for all jobs of this NAS
	turnFile    = "turn.lock"  // in slots/: held by the run that looks for a slot, and a little longer
	waitingFile = "waiting"    // in a job's directory: its run waits for a slot
	maxQueue    = 64 << 10     // bytes of queueFile
	maxSlots    = 64
	// staggered is how far apart two jobs begin their work: drives that all spin up at once are too much for many a power
	// supply.
	staggered = 2 * time.Second
)

// queue is what a person set while jobs wait. Zero is nothing.
type queue struct {
	Limit int      `json:"limit,omitempty"` // of jobs at once; 0 leaves it to each job's own request
	First []string `json:"first,omitempty"` // jobs that come before all others, in this order
}

func (d StateDir) slotFile(name string) string { return filepath.Join(d.dir, "slots", name) }

// queue reads what was set. A file that cannot be read, or makes no sense, counts as nothing set.
func (d StateDir) queue() (q queue) {
	data, err := os.ReadFile(d.slotFile(queueFile))
	if err != nil || len(data) > maxQueue || json.Unmarshal(data, &q) != nil || q.Limit < 0 || q.Limit > maxSlots {
		return queue{}
	}
	return q
}

// place is where a job stands in the queue: what was put first, then the oldest.
type place struct {
	job     string
	rank    int
	created int64
}

func (q queue) place(job string, created int64) place {
	rank := slices.Index(q.First, job)
	if rank < 0 {
		rank = len(q.First)
	}
	return place{job, rank, created}
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.rank, o.rank), cmp.Compare(p.created, o.created), cmp.Compare(p.job, o.job))
}

// waiting lists the jobs whose runs wait for a slot, the next first.
func (s *Service) waiting(q queue) ([]place, error) {
	ids, err := s.Dir.ids()
	if err != nil {
		return nil, err
	}
	var all []place
	for _, id := range ids {
		if _, err := os.Lstat(s.Dir.in(id, waitingFile)); err != nil {
			continue
		}
		if held, err := s.Locks.Held(s.Dir.in(id, lockFile)); err != nil || !held {
			continue // its run is gone
		}
		req, err := s.Dir.request(id)
		if err != nil {
			continue
		}
		all = append(all, q.place(id, req.CreatedMs))
	}
	slices.SortFunc(all, place.compare)
	return all, nil
}

// working counts the slots that are taken.
func (s *Service) working() (n int, free int, err error) {
	free = -1
	for i := range maxSlots {
		held, err := s.Locks.Held(s.Dir.slot(i))
		switch {
		case err != nil:
			return 0, 0, err
		case held:
			n++
		case free < 0:
			free = i
		}
	}
	return n, free, nil
}

// trySlot takes a slot if one is free and no other job comes before this one; nil where it has to wait.
func (r *run) trySlot() (io.Closer, error) {
	turn, err := r.Locks.Take(r.Dir.slotFile(turnFile), r.req.GID)
	if errors.Is(err, ErrLocked) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lock, err := r.takeSlot()
	if lock == nil {
		return nil, errors.Join(err, turn.Close())
	}
	time.AfterFunc(r.stagger(), func() { _ = turn.Close() }) // the kernel does it too, when this process ends
	return lock, nil
}

func (s *Service) stagger() time.Duration {
	if s.Stagger > 0 {
		return s.Stagger
	}
	return staggered
}

func (r *run) takeSlot() (io.Closer, error) {
	q := r.Dir.queue()
	limit := cmp.Or(q.Limit, max(r.req.Slots, 1))
	n, free, err := r.working()
	if err != nil || n >= limit || free < 0 {
		return nil, err
	}
	before, err := r.waiting(q)
	if err != nil {
		return nil, err
	}
	if me := q.place(r.id, r.req.CreatedMs); len(before) > 0 && before[0].compare(me) < 0 {
		return nil, nil
	}
	lock, err := r.Locks.Take(r.Dir.slot(free), r.req.GID)
	if errors.Is(err, ErrLocked) {
		return nil, nil
	}
	return lock, err
}

// slot waits until this NAS may run one job more and it is this one's turn. The drive is held meanwhile.
func (r *run) slot(ctx context.Context) (io.Closer, *reason.Said) {
	defer func() { _ = r.root().Remove(waitingFile) }() // a file without its run's lock counts for nothing
	queued, away := false, patience{run: r}
	for {
		lock, err := r.trySlot()
		if err = away.with(err); err != nil {
			return nil, r.failed(err, "the slots")
		}
		if lock != nil {
			return lock, nil
		}
		if _, err := r.root().Lstat(waitingFile); err != nil { // also one that somebody removed
			if err := r.root().WriteFile(waitingFile, nil, 0o640); err != nil && !queued && !passes(err) {
				return nil, r.failed(fmt.Errorf("the wait for a slot: %w", err), "the wait for its turn")
			}
		}
		if !queued {
			queued = true
			limit := cmp.Or(r.Dir.queue().Limit, r.req.Slots)
			if err := r.j.put(burnin.EvQueued, burnin.QueuedData{Slots: limit}); err != nil {
				return nil, r.failed(err, "the wait for its turn")
			}
		}
		select {
		case <-ctx.Done():
			return nil, r.interrupted(ctx)
		case <-time.After(r.poll()):
		}
	}
}

// Slots shows how jobs of this NAS take turns, after setting what is asked for.
func (s *Service) Slots(req wire.SlotsRequest) (wire.SlotsReply, error) {
	q := s.Dir.queue()
	if req.Limit != nil {
		if *req.Limit < 0 || *req.Limit > maxSlots {
			return wire.SlotsReply{}, reason.New("bad_request", "error", fmt.Sprintf("a limit is 1 to %d, or 0 for that of each job", maxSlots))
		}
		q.Limit = *req.Limit
	}
	for _, id := range slices.Backward(req.First) {
		if !burnin.ValidID(id) {
			return wire.SlotsReply{}, reason.New("bad_request", "error", "that is no job id")
		}
		if _, err := os.Lstat(s.Dir.job(id)); errors.Is(err, fs.ErrNotExist) {
			return wire.SlotsReply{}, reason.New("no_such_job", "job", id)
		}
		q.First = append([]string{id}, slices.DeleteFunc(q.First, func(o string) bool { return o == id })...)
	}
	if req.Limit != nil || len(req.First) > 0 {
		q.First = slices.DeleteFunc(q.First, func(id string) bool { _, err := os.Lstat(s.Dir.job(id)); return err != nil })
		data, err := json.Marshal(q)
		if err == nil {
			err = s.Dir.make()
		}
		if err == nil {
			err = spaceError("the queue", writeSynced(s.Dir.slotFile(queueFile), data, -1))
		}
		if err != nil {
			return wire.SlotsReply{}, err
		}
	}
	n, _, err := s.working()
	if err != nil {
		return wire.SlotsReply{}, err
	}
	all, err := s.waiting(q)
	reply := wire.SlotsReply{Limit: q.Limit, Working: n, Waiting: []string{}}
	for _, p := range all {
		reply.Waiting = append(reply.Waiting, p.job)
	}
	return reply, err
}
