package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	lib "modernc.org/sqlite/lib"

	"burnish/backend/notice"
	"burnish/backend/reason"
)

func scanWay(row scanner) (w notice.Way, err error) {
	var text string
	if err = row.Scan(&text); err == nil {
		err = json.Unmarshal([]byte(text), &w)
	}
	return w, err
}

// AddWay saves a new way to tell notices, after checking it: bad_way, or way_exists if its name is taken. It is told of
// what comes from now on.
func (s *Store) AddWay(ctx context.Context, w notice.Way) error {
	return s.putWay(ctx, w, `INSERT INTO ways (name, way, created_ms, id) VALUES (?, ?, ?, ?)`)
}

// UpdateWay saves a way that is there already: bad_way, no_such_way, or way_exists.
func (s *Store) UpdateWay(ctx context.Context, w notice.Way) error {
	return s.putWay(ctx, w, `UPDATE ways SET name = ?, way = ?, created_ms = ? WHERE id = ?`)
}

func (s *Store) putWay(ctx context.Context, w notice.Way, query string) error {
	if err := w.Check(); err != nil {
		return err
	}
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return s.change(ctx, "save the way "+w.Name, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, query, w.Name, string(text), w.CreatedMs, w.ID)
		if violates(err, lib.SQLITE_CONSTRAINT_UNIQUE) {
			return reason.New(reason.WayExists, "way", w.Name)
		}
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); n == 0 && err == nil {
			return reason.New(reason.NoSuchWay, "way", w.Name)
		}
		return nil
	})
}

// Ways lists all ways by name.
func (s *Store) Ways(ctx context.Context) ([]notice.Way, error) {
	return list(ctx, s, "list the ways", scanWay, `SELECT way FROM ways ORDER BY name`)
}

// WayNamed finds a way by its name, without regard to case: no_such_way.
func (s *Store) WayNamed(ctx context.Context, name string) (notice.Way, error) {
	w, err := scanWay(s.read.QueryRowContext(ctx, `SELECT way FROM ways WHERE name = ?`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return w, reason.New(reason.NoSuchWay, "way", name)
	}
	return w, s.explain("read the way "+name, err)
}

// RemoveWay forgets a way, with what it has not told yet.
func (s *Store) RemoveWay(ctx context.Context, id string) error {
	return s.change(ctx, "remove the way "+id, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM ways WHERE id = ?`, id)
		return err
	})
}

// Quiet gives the quiet hours.
func (s *Store) Quiet(ctx context.Context) (q notice.Quiet, err error) {
	var text string
	err = s.read.QueryRowContext(ctx, `SELECT quiet FROM notice_settings`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return q, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &q)
	}
	return q, s.explain("read the quiet hours", err)
}

// SetQuiet saves the quiet hours. What waits for the end of the old ones is looked at anew.
func (s *Store) SetQuiet(ctx context.Context, q notice.Quiet) error {
	text, err := json.Marshal(q)
	if err != nil {
		return err
	}
	return s.change(ctx, "save the quiet hours", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO notice_settings (one, quiet) VALUES (1, ?)
			ON CONFLICT (one) DO UPDATE SET quiet = excluded.quiet`, string(text))
		if err == nil {
			_, err = tx.ExecContext(ctx, `UPDATE deliveries SET next_ms = ? WHERE state = 'waiting' AND tries = 0`,
				s.now().UnixMilli())
		}
		return err
	})
}
