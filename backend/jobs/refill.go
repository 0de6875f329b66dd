package jobs

import (
	"cmp"
	"context"

	"burnish/backend/burnin"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
)

// refill puts the jobs whose copies are here into an index that has none: it was lost, or set aside as damaged. No NAS
// is needed. Until its NAS is added again a job stands under the name that the NAS gave itself.
func (s *Service) refill(ctx context.Context) error {
	known, err := s.store.Jobs(ctx, store.Filter{})
	if err != nil || len(known) > 0 {
		return err
	}
	ids, err := s.mirror.Jobs()
	if err != nil || len(ids) == 0 {
		return nil // what cannot be read keeps nobody out
	}
	var rows []store.Job
	for _, id := range ids {
		row, err := s.known(id)
		if err != nil || row == nil {
			continue // a copy that cannot be read stays where it is
		}
		rows = append(rows, *row)
	}
	done, err := s.store.Refill(ctx, rows)
	if err == nil && done && len(rows) > 0 {
		err = s.store.Audit(ctx, store.AuditEntry{What: "refill", Text: s.Who + ": from the copies here"})
	}
	return err
}

// attach gives the jobs that belong to no profile to that of the machine which their journals name.
func (s *Service) attach(ctx context.Context, p profile.Profile) error {
	rows, err := s.store.Jobs(ctx, store.Filter{})
	if err != nil {
		return err
	}
	var ids []string
	for _, row := range rows {
		if row.ProfileID != "" || row.Phase == store.Gone {
			continue
		}
		job, err := s.view(row)
		if err == nil && job.Machine.MachineID == p.MachineID && p.MachineID != "" {
			ids = append(ids, row.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return s.store.Attach(ctx, p.ID, ids)
}

// rowOf makes a row for a job from what its journals say.
func rowOf(job burnin.Job, request []byte) *store.Job {
	row := &store.Job{ID: job.ID, NAS: reason.Clean(cmp.Or(job.Machine.Hostname, "unknown"), 100),
		DriveID: job.Identity.ID(), Plan: job.Plan,
		Request: request, CreatedMs: job.CreatedMs, Phase: store.There, State: job.State, Reason: job.Reason,
		EndedMs: job.EndedMs}
	return row
}
