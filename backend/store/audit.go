package store

import (
	"context"
	"database/sql"

	"burnish/backend/reason"
)

// AuditEntry is one line of the audit trail: what was done, and to what. Fields that do not apply are empty.
type AuditEntry struct {
	Seq       int64 // given by the store, rising, never used twice
	TMs       int64 // given by the store
	What      string
	ProfileID string
	Job       string
	DriveID   string
	Text      string // for people
}

// Limits in bytes of an entry; what is longer is cut.
const (
	maxAuditField = 512
	maxAuditText  = 2000
)

// Audit appends an entry. Its text is cleaned of control characters and cut.
func (s *Store) Audit(ctx context.Context, e AuditEntry) error {
	return s.change(ctx, "write the audit trail", func(tx *sql.Tx) error { return s.auditIn(ctx, tx, e) })
}

// auditIn appends an entry in the transaction of what it tells.
func (s *Store) auditIn(ctx context.Context, tx *sql.Tx, e AuditEntry) error {
	field := func(v string) string { return reason.Clean(v, maxAuditField) }
	_, err := tx.ExecContext(ctx, `INSERT INTO audit (t_ms, what, profile_id, job, drive_id, text) VALUES (?, ?, ?, ?, ?, ?)`,
		s.now().UnixMilli(), field(e.What), field(e.ProfileID), field(e.Job), field(e.DriveID),
		reason.Clean(e.Text, maxAuditText))
	return err
}

// AuditTrail gives up to limit entries after the entry numbered after (0: from the first on), the oldest first.
func (s *Store) AuditTrail(ctx context.Context, after int64, limit int) ([]AuditEntry, error) {
	return list(ctx, s, "read the audit trail", func(row scanner) (e AuditEntry, err error) {
		err = row.Scan(&e.Seq, &e.TMs, &e.What, &e.ProfileID, &e.Job, &e.DriveID, &e.Text)
		return e, err
	}, `SELECT seq, t_ms, what, profile_id, job, drive_id, text FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
}

// Audited counts the entries of one kind for a job.
func (s *Store) Audited(ctx context.Context, what, job string) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM audit WHERE what = ? AND job = ?`, what, job).Scan(&n)
	return n, s.explain("read the audit trail", err)
}
