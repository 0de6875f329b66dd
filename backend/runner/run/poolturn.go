package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/journal"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
)

// poolTurn waits until no other job does long reading on a drive of the same imported pool: a pool whose drives are all
// busy with themselves serves nobody. Plans that write never run on such a drive.
func (r *run) poolTurn(ctx context.Context) (io.Closer, *reason.Said) {
	u := r.Held.Usage()
	long := slices.ContainsFunc(r.Req.Plan.Stages, func(s burnin.StageSpec) bool { return s.Kind.Row().Whole() })
	if u.Class != drive.Pool || u.PoolGUID == "" || r.Req.Plan.Destroys() || !long {
		return state.NoTurn{}, nil
	}
	sum := sha256.Sum256([]byte(u.PoolGUID))
	path := r.Dir.SlotFile("pool-" + hex.EncodeToString(sum[:12]) + ".lock")
	away := journal.Patience{Dir: r.Dir, Clock: r.Clock}
	for told := false; ; {
		lock, err := r.Locks.Take(path, r.Req.GID)
		if err == nil {
			return lock, nil
		}
		if errors.Is(err, port.ErrLocked) {
			err = nil
		}
		if err = away.With(err); err != nil {
			return nil, r.Failed(err, "the pool's turn")
		}
		if !told {
			told = true
			if err := r.Put(burnin.EvQueued, burnin.QueuedData{Slots: 1, Pool: u.PoolName}); err != nil {
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
