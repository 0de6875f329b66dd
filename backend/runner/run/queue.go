package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/journal"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
)

// staggered is how far apart two jobs begin their work: drives that all spin up at once are too much for many a power
// supply.
const staggered = 2 * time.Second

// trySlot takes a slot if one is free and no other job comes before this one; nil where it has to wait.
func (r *run) trySlot() (io.Closer, error) {
	turn, err := r.Locks.Take(r.Dir.SlotFile(state.TurnFile), r.Req.GID)
	if errors.Is(err, port.ErrLocked) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	lock, err := r.takeSlot()
	if lock == nil {
		return nil, errors.Join(err, turn.Close())
	}
	go func() {
		select {
		case <-r.After(r.stagger()):
		case <-r.Ended:
		}
		_ = turn.Close() // the kernel does it too, when this process ends
	}()
	return lock, nil
}

func (r *run) stagger() time.Duration {
	if r.Stagger > 0 {
		return r.Stagger
	}
	return staggered
}

func (r *run) takeSlot() (io.Closer, error) {
	q := r.Dir.Queue()
	limit := cmp.Or(q.Limit, max(r.Req.Slots, 1))
	n, free, err := r.Dir.Working(r.Locks)
	if err != nil || n >= limit || free < 0 {
		return nil, err
	}
	before, err := r.Dir.Waiting(r.Locks, q)
	if err != nil {
		return nil, err
	}
	if me := q.Place(r.ID, r.Req.CreatedMs); len(before) > 0 && before[0].Compare(me) < 0 {
		return nil, nil
	}
	lock, err := r.Locks.Take(r.Dir.Slot(free), r.Req.GID)
	if errors.Is(err, port.ErrLocked) {
		return nil, nil
	}
	return lock, err
}

// slot waits until this NAS may run one job more and it is this one's turn. The drive is held meanwhile.
func (r *run) slot(ctx context.Context) (io.Closer, *reason.Said) {
	defer func() { _ = r.Root().Remove(state.WaitingFile) }() // a file without its run's lock counts for nothing
	queued, away := false, journal.Patience{Dir: r.Dir, Clock: r.Clock}
	for {
		lock, err := r.trySlot()
		if err = away.With(err); err != nil {
			return nil, r.Failed(err, "the slots")
		}
		if lock != nil {
			return lock, nil
		}
		if _, err := r.Root().Lstat(state.WaitingFile); err != nil { // also one that somebody removed
			if err := r.Root().WriteFile(state.WaitingFile, nil, 0o640); err != nil && !queued && !journal.Passes(err) {
				return nil, r.Failed(fmt.Errorf("the wait for a slot: %w", err), "the wait for its turn")
			}
		}
		if !queued {
			queued = true
			limit := cmp.Or(r.Dir.Queue().Limit, r.Req.Slots)
			if err := r.Put(burnin.EvQueued, burnin.QueuedData{Slots: limit}); err != nil {
				return nil, r.Failed(err, "the wait for its turn")
			}
		}
		select {
		case <-ctx.Done():
			return nil, r.Interrupted(ctx)
		case <-r.After(r.Poll()):
		}
	}
}
