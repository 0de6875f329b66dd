package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
)

// noTurn is the turn of a run that needs none.
type noTurn struct{}

func (noTurn) Close() error { return nil }

// poolTurn waits until no other job does long reading on a drive of the same imported pool: a pool whose drives are all
// busy with themselves serves nobody. Plans that write never run on such a drive.
func (r *run) poolTurn(ctx context.Context) (io.Closer, *reason.Said) {
	u := r.held.Usage()
	long := slices.ContainsFunc(r.req.Plan.Stages, func(s burnin.StageSpec) bool { return s.Kind == burnin.LongSMART || s.Kind == burnin.SurfaceValidate })
	if u.Class != drive.Pool || u.PoolGUID == "" || r.req.Plan.Destroys() || !long {
		return noTurn{}, nil
	}
	sum := sha256.Sum256([]byte(u.PoolGUID))
	path := r.Dir.slotFile("pool-" + hex.EncodeToString(sum[:12]) + ".lock")
	away := patience{run: r}
	for told := false; ; {
		lock, err := r.Locks.Take(path, r.req.GID)
		if err == nil {
			return lock, nil
		}
		if errors.Is(err, ErrLocked) {
			err = nil
		}
		if err = away.with(err); err != nil {
			return nil, r.failed(err, "the pool's turn")
		}
		if !told {
			told = true
			if err := r.j.put(burnin.EvQueued, burnin.QueuedData{Slots: 1, Pool: u.PoolName}); err != nil {
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
