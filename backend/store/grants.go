package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"burnish/backend/reason"
	"burnish/backend/unlock"
)

// selectGrant must name the columns in the order of scanGrant.
const selectGrant = `SELECT id, profile_id, machine_id, drive, scope, text, given_to, created_ms, expires_ms, ended, ended_ms, job FROM grants`

// keepGrants is how long a grant that can no longer be spent stays listed. What was done with it stays in the audit
// trail.
const keepGrants = 30 * 24 * time.Hour

func scanGrant(row scanner) (g unlock.Grant, err error) {
	var id, scope string
	err = row.Scan(&g.ID, &g.ProfileID, &g.MachineID, &id, &scope, &g.Text, &g.By, &g.CreatedMs, &g.ExpiresMs, &g.Ended,
		&g.EndedMs, &g.Job)
	if err == nil {
		err = errors.Join(json.Unmarshal([]byte(id), &g.Drive), json.Unmarshal([]byte(scope), &g.Scope))
	}
	return g, err
}

// AddGrants stores new grants, all or none, with a line in the audit trail for each: no_such_nas if a profile is gone.
func (s *Store) AddGrants(ctx context.Context, grants []unlock.Grant) error {
	return s.change(ctx, "store the permission", func(tx *sql.Tx) error { return s.addGrants(ctx, tx, grants) })
}

func (s *Store) addGrants(ctx context.Context, tx *sql.Tx, grants []unlock.Grant) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM grants WHERE expires_ms < ?`, s.now().Add(-keepGrants).UnixMilli()); err != nil {
		return err
	}
	for _, g := range grants {
		if err := s.addGrant(ctx, tx, g); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) addGrant(ctx context.Context, tx *sql.Tx, g unlock.Grant) error {
	p, err := s.profile(ctx, tx, `WHERE id = ?`, g.ProfileID)
	if err != nil {
		return err
	}
	id, err := json.Marshal(g.Drive)
	if err != nil {
		return err
	}
	scope, err := json.Marshal(g.Scope)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO grants (id, profile_id, machine_id, drive_id, drive, scope, text, given_to,
		created_ms, expires_ms, ended, ended_ms, job) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, '')`,
		g.ID, g.ProfileID, g.MachineID, g.Drive.ID(), string(id), string(scope), reason.Clean(g.Text, maxAuditText),
		reason.Clean(g.By, maxAuditField), g.CreatedMs, g.ExpiresMs); err != nil {
		return err
	}
	return s.auditIn(ctx, tx, AuditEntry{What: "unlock", ProfileID: g.ProfileID, DriveID: g.Drive.ID(),
		Text: fmt.Sprintf(
			"%s: %s, grant %s until %s, %s: %s", g.By, p.Name, g.ID,
			time.UnixMilli(g.ExpiresMs).UTC().Format(time.RFC3339), g.Scope.Class, g.Text)})
}

// spend ends a grant by the start that it was given for. It must be stored and live at this moment; the same job may
// spend it again.
func (s *Store) spend(ctx context.Context, tx *sql.Tx, id, job string) error {
	g, err := s.grant(ctx, tx, id)
	if err != nil {
		return err
	}
	if g.Ended == unlock.Spent && g.Job == job {
		return nil
	}
	j, err := s.job(ctx, tx, job)
	if err != nil {
		return err
	}
	now := s.now()
	if err := g.Usable(j.NAS, g.ProfileID, g.MachineID, now); err != nil {
		return err
	}
	if g.Drive.ID() != j.DriveID {
		return fmt.Errorf("grant %s is for drive %s, job %s is on %s", id, g.Drive.ID(), job, j.DriveID)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE grants SET ended = ?, ended_ms = ?, job = ? WHERE id = ?`, unlock.Spent, now.UnixMilli(), job, id); err != nil {
		return err
	}
	return s.auditIn(ctx, tx, AuditEntry{What: "grant_spent", ProfileID: g.ProfileID, Job: job, DriveID: j.DriveID,
		Text: "grant " + id + ", " + g.Text})
}

// EndGrant ends a grant that has not ended, with a line in the audit trail, and gives it as it is then: no_such_grant.
func (s *Store) EndGrant(ctx context.Context, id string, how unlock.End, by string) (g unlock.Grant, err error) {
	err = s.change(ctx, "end permission "+id, func(tx *sql.Tx) error {
		if g, err = s.grant(ctx, tx, id); err != nil {
			return err
		}
		now := s.now()
		if !g.Live(now) {
			return nil
		}
		g.Ended, g.EndedMs = how, now.UnixMilli()
		if _, err := tx.ExecContext(ctx, `UPDATE grants SET ended = ?, ended_ms = ? WHERE id = ?`, g.Ended, g.EndedMs, id); err != nil {
			return err
		}
		return s.auditIn(ctx, tx, AuditEntry{What: "grant_" + string(how), ProfileID: g.ProfileID,
			DriveID: g.Drive.ID(), Text: by + ": grant " + id})
	})
	return g, err
}

// Grant finds a grant by its whole id: no_such_grant.
func (s *Store) Grant(ctx context.Context, id string) (unlock.Grant, error) {
	return s.grant(ctx, s.read, id)
}

func (s *Store) grant(ctx context.Context, from asker, id string) (unlock.Grant, error) {
	g, err := scanGrant(from.QueryRowContext(ctx, selectGrant+` WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return unlock.Grant{}, reason.New(reason.NoSuchGrant, "grant", id)
	}
	return g, s.explain("read permission "+id, err)
}

// Grants lists the grants of a profile, the oldest first.
func (s *Store) Grants(ctx context.Context, profileID string) ([]unlock.Grant, error) {
	return list(ctx, s, "list the permissions", scanGrant, selectGrant+` WHERE profile_id = ? ORDER BY created_ms, id`, profileID)
}
