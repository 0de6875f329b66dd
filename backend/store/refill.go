package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
)

// Refill puts jobs that are known from elsewhere into an index that has none, all or none, and reports whether it did.
// They belong to no profile until Attach gives them one. Of each job all but Observation and SeenMs is taken.
func (s *Store) Refill(ctx context.Context, jobs []Job) (done bool, err error) {
	jobs = slices.DeleteFunc(slices.Clone(jobs), func(j Job) bool { return j.check() != nil }) // what makes no sense
	err = s.change(ctx, "fill the index again", func(tx *sql.Tx) error {
		var there int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM jobs`).Scan(&there); err != nil || there > 0 {
			return err
		}
		for _, j := range jobs {
			var said sql.NullString
			if j.Reason != nil {
				line, err := json.Marshal(j.Reason)
				if err != nil {
					return fmt.Errorf("the reason of job %s: %w", j.ID, err)
				}
				said = sql.NullString{String: string(line), Valid: true}
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO jobs (id, profile_id, nas, drive_id, plan, request, phase, state, reason, created_ms, ended_ms, seen_ms)
				VALUES (?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
				j.ID, j.NAS, j.DriveID, j.Plan, string(j.Request), j.Phase, j.State, said, j.CreatedMs, j.EndedMs)
			if err != nil {
				return err
			}
		}
		done = true
		return nil
	})
	return done && err == nil, err
}

// Attach gives jobs that belong to no profile to one: no_such_nas. Those that belong to one stay there.
func (s *Store) Attach(ctx context.Context, profileID string, ids []string) error {
	return s.change(ctx, "attach jobs to their NAS", func(tx *sql.Tx) error {
		p, err := s.profile(ctx, tx, `WHERE id = ?`, profileID)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, `UPDATE jobs SET profile_id = ?, nas = ? WHERE id = ? AND profile_id IS NULL`, p.ID, p.Name, id); err != nil {
				return err
			}
		}
		return nil
	})
}
