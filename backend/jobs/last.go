package jobs

import (
	"context"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/store"
)

// Last gives, by drive, the newest job of it that has ended, on whichever NAS; drives without one are left out.
func (s *Service) Last(ctx context.Context, driveIDs []string) (map[string]burnin.Job, error) {
	rows, err := s.store.Jobs(ctx, store.Filter{})
	if err != nil {
		return nil, err
	}
	last := map[string]burnin.Job{}
	for _, row := range slices.Backward(rows) {
		if _, there := last[row.DriveID]; there || !row.State.Ended() || !slices.Contains(driveIDs, row.DriveID) {
			continue
		}
		job, err := s.view(row)
		if err != nil { // its copy cannot be read: what the index last knew of it
			job = burnin.Job{ID: row.ID, NAS: row.NAS, Plan: row.Plan, State: row.State, Reason: row.Reason,
				CreatedMs: row.CreatedMs, EndedMs: row.EndedMs}
		}
		if row.DriveID != "" && job.State.Ended() {
			last[row.DriveID] = job
		}
	}
	return last, nil
}
