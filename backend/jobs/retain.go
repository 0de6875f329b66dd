package jobs

import (
	"context"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// retainEvery is how often the old jobs of a NAS are looked for.
const retainEvery = 12 * time.Hour

// retained is when the old jobs of each NAS were looked for.
type retained struct {
	mu sync.Mutex
	at map[string]time.Time // by profile
}

// due reports whether it is time for a NAS, and notes that it was looked at.
func (r *retained) due(profile string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, known := r.at[profile]; known && time.Since(at) < retainEvery {
		return false
	}
	if r.at == nil {
		r.at = map[string]time.Time{}
	}
	r.at[profile] = time.Now()
	return true
}

// retain removes from a NAS what was collected of jobs that ended long ago, as the profile says: by one process of this
// data directory, over a connection that is there anyway. A job that ended as unknown stays, since it may be resumed.
func (s *Service) retain(ctx context.Context, c *nas.Conn, p profile.Profile, runner bool) error {
	if p.KeepDays == 0 || !s.store.Lead() {
		return nil
	}
	keep := time.Duration(p.KeepDays) * 24 * time.Hour
	rows, err := s.store.Jobs(ctx, store.Filter{})
	if err != nil {
		return err
	}
	old := func(row store.Job) bool {
		return row.ProfileID == p.ID && row.Phase == store.There && row.State.Ended() && row.State != burnin.Unknown &&
			s.Now().Sub(time.UnixMilli(row.EndedMs)) >= keep
	}
	any := false
	for _, row := range rows {
		any = any || old(row)
	}
	if !any || !s.kept.due(p.ID) {
		return nil
	}
	_, err = s.clean(ctx, c, p, wire.CleanRequest{Runner: runner}, func(row store.Job, job burnin.Job,
		st wire.JobStatus) bool {
		// By both clocks, each against itself: one of them may be wrong.
		return old(row) && job.State != burnin.Unknown &&
			time.Duration(st.NowMs-job.EndedWallMs)*time.Millisecond >= keep
	})
	return err
}
