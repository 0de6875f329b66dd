package jobs

import (
	"context"
	"errors"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// tend does what is due whenever a NAS is connected. What fails is tried again then, and is no reason to let anything
// else wait; runner says whether the runner may go too.
func (s *Service) tend(ctx context.Context, c *nas.Conn, p profile.Profile, runner bool) {
	for what, err := range map[string]error{"revive": s.revive(ctx, c, p), "retain": s.retain(ctx, c, p, runner)} {
		if err != nil && ctx.Err() == nil {
			_ = s.store.Audit(ctx, store.AuditEntry{What: what, ProfileID: p.ID, Text: err.Error()})
		}
	}
}

// revive looks again at jobs that are held to have ended as unknown and that their NAS goes on with: somebody resumed
// them from another computer, or the NAS brought their runner back late. From then on they count as live here too. And
// of jobs that have ended it fetches what an undo, or a later job, has told of their drive since.
func (s *Service) revive(ctx context.Context, c *nas.Conn, p profile.Profile) error {
	rows, err := s.store.Jobs(ctx, store.Filter{NAS: p.Name})
	if err != nil {
		return err
	}
	runs := map[string]int{}   // of those that are unknown here
	ended := map[string]bool{} // of which something may be told behind their end
	for _, row := range rows {
		ended[row.ID] = row.State.Ended() && row.Phase == store.There && row.ProfileID == p.ID
		if row.State == burnin.Unknown && row.Phase != store.Gone && row.ProfileID == p.ID {
			runs[row.ID] = 0
			if row.Observation != nil {
				runs[row.ID] = row.Observation.Run
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	there, err := c.List(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, st := range there {
		known, unknown := runs[st.Job]
		goesOn := unknown && (st.LockHeld || st.Run > known)
		if st.Damaged != "" || !goesOn && !(ended[st.Job] && s.toldSince(st)) {
			continue
		}
		if err := s.follow(ctx, c, []string{st.Job}); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// toldSince reports whether the NAS has more than this computer of what was told behind a job's end.
func (s *Service) toldSince(st wire.JobStatus) bool {
	have, err := s.mirror.Have(st.Job)
	return err == nil && have[wire.UndoJournal] < st.Sizes[wire.UndoJournal]
}
