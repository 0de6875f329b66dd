package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Edge is something that happened and that people may be told of, once for all processes: the end of a job, for one.
type Edge struct {
	Seq       int64           // given by the store, rising, never used twice
	Key       string          // names what happened for ever: of one key the first is kept
	Kind      string          // as package notice names it; BatchEdge for the end of a batch
	ProfileID string          // of the NAS, empty for none
	Job       string          // empty for none
	Batch     string          // of a batch: what its jobs have in common
	Ends      bool            // it tells the end of Job, and is withdrawn if that goes on before it is told
	FoundMs   int64           // when this computer learned of it
	DueMs     int64           // not to be told before
	ToldMs    int64           // 0 until it is
	Event     json.RawMessage // what is told; null for what is made of the jobs when it is told
}

// BatchEdge is the kind of the edge that this package adds where the last job of a batch has ended.
const BatchEdge = "batch_ended"

// Bounds of an edge.
const (
	maxEdgeKey   = 2000
	maxEdgeEvent = 256 << 10
	// heldAtMost is more than any edge is held back: what is due later was dated by a clock that has been set right
	// since.
	heldAtMost = time.Hour
	// edgesKept is how long edges stay after they were told.
	edgesKept = 90 * 24 * time.Hour
)

// batchOf is the SQL for what the jobs of one start have in common; null for a job that was started alone.
const batchOf = `json_extract(request, '$.gate')`

func (e Edge) check() error {
	switch {
	case e.Key == "" || len(e.Key) > maxEdgeKey || e.Kind == "":
		return fmt.Errorf("an edge has a kind and a key of 1 to %d bytes, not %d", maxEdgeKey, len(e.Key))
	case len(e.Event) > maxEdgeEvent || !json.Valid(e.Event):
		return fmt.Errorf("edge %s: an event is JSON of at most %d bytes", e.Key, maxEdgeEvent)
	}
	return nil
}

// AddEdges stores edges that are not there yet.
func (s *Store) AddEdges(ctx context.Context, edges ...Edge) error {
	for _, e := range edges {
		if err := e.check(); err != nil {
			return err
		}
	}
	return s.change(ctx, "note what happened", func(tx *sql.Tx) error {
		_, err := addEdges(ctx, tx, edges)
		return err
	})
}

// addEdges reports how many of them are new.
func addEdges(ctx context.Context, tx *sql.Tx, edges []Edge) (fresh int64, err error) {
	for _, e := range edges {
		done, err := tx.ExecContext(ctx, `INSERT INTO edges (key, kind, profile_id, job, batch, ends, found_ms, due_ms, event)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
			e.Key, e.Kind, e.ProfileID, e.Job, e.Batch, e.Ends, e.FoundMs, e.DueMs, string(e.Event))
		if err != nil {
			return 0, err
		}
		n, err := done.RowsAffected()
		if err != nil {
			return 0, err
		}
		fresh += n
	}
	return fresh, nil
}

// AddTurn stores an edge of something that is one way or the other, such as a NAS that is lost and back: unless the
// newest of its kind and of the other one, of the same NAS, is of its kind already. Where neither is known it is
// normal.
func (s *Store) AddTurn(ctx context.Context, e Edge, normal, other string) error {
	if err := e.check(); err != nil {
		return err
	}
	return s.change(ctx, "note what happened", func(tx *sql.Tx) error {
		newest := normal
		err := tx.QueryRowContext(ctx, `SELECT kind FROM edges WHERE profile_id = ? AND kind IN (?, ?)
			ORDER BY seq DESC LIMIT 1`, e.ProfileID, normal, other).Scan(&newest)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if newest == e.Kind {
			return nil
		}
		_, err = addEdges(ctx, tx, []Edge{e})
		return err
	})
}

// ended stores the edges of a job's end, and that of its batch where it was the last of it to end.
func ended(ctx context.Context, tx *sql.Tx, id string, edges []Edge) error {
	fresh, err := addEdges(ctx, tx, edges)
	if err != nil || fresh == 0 {
		return err
	}
	var batch sql.NullString
	if err := tx.QueryRowContext(ctx, `SELECT `+batchOf+` FROM jobs WHERE id = ?`, id).Scan(&batch); err != nil ||
		batch.String == "" {
		return err
	}
	var live, ends int
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM jobs WHERE `+batchOf+` = ? AND `+notEnded, batch).Scan(&live)
	if err != nil || live > 0 {
		return err
	}
	// A batch of which a job went on ends once more: as often as its jobs have ended.
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM edges WHERE ends AND job IN
		(SELECT id FROM jobs WHERE `+batchOf+` = ?)`, batch).Scan(&ends)
	if err != nil {
		return err
	}
	last := edges[len(edges)-1]
	_, err = addEdges(ctx, tx, []Edge{{Key: fmt.Sprintf("%s/%s/%d", BatchEdge, batch.String, ends), Kind: BatchEdge,
		ProfileID: last.ProfileID, Batch: batch.String, Ends: true, FoundMs: last.FoundMs, DueMs: last.DueMs,
		Event: json.RawMessage("null")}})
	return err
}

// goesOn withdraws the end of a job, and of its batch, that nobody was told of.
func goesOn(ctx context.Context, tx *sql.Tx, id string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM edges WHERE ends AND told_ms = 0 AND (job = ?1 OR batch <> '' AND
		batch = (SELECT `+batchOf+` FROM jobs WHERE id = ?1))`, id)
	return err
}

// Release lets what is held back of a job's end be told at once: nobody waits any more for it to go on.
func (s *Store) Release(ctx context.Context, job string) error {
	return s.change(ctx, "note what happened", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE edges SET due_ms = found_ms WHERE ends AND told_ms = 0 AND
			due_ms > found_ms AND (job = ?1 OR batch <> '' AND batch = (SELECT `+batchOf+` FROM jobs WHERE id = ?1))`, job)
		return err
	})
}

// Untold lists the oldest edges that are to be told, up to limit.
func (s *Store) Untold(ctx context.Context, limit int) ([]Edge, error) {
	now := s.now()
	return list(ctx, s, "list what happened", scanEdge, selectEdge+` WHERE told_ms = 0 AND (due_ms <= ? OR due_ms > ?)
		ORDER BY seq LIMIT ?`, now.UnixMilli(), now.Add(heldAtMost).UnixMilli(), limit)
}

// Told notes that people were told of an edge, and forgets what they were told long ago.
func (s *Store) Told(ctx context.Context, seq int64) error {
	now := s.now()
	return s.change(ctx, "note what was told", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE edges SET told_ms = ? WHERE seq = ? AND told_ms = 0`,
			now.UnixMilli(), seq); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM edges WHERE told_ms > 0 AND told_ms < ? AND seq <> ?`,
			now.Add(-edgesKept).UnixMilli(), seq)
		return err
	})
}

// selectEdge must name the columns in the order of scanEdge.
const selectEdge = `SELECT seq, key, kind, profile_id, job, batch, ends, found_ms, due_ms, told_ms, event FROM edges`

func scanEdge(row scanner) (e Edge, err error) {
	var event string
	err = row.Scan(&e.Seq, &e.Key, &e.Kind, &e.ProfileID, &e.Job, &e.Batch, &e.Ends, &e.FoundMs, &e.DueMs, &e.ToldMs,
		&event)
	e.Event = json.RawMessage(event)
	return e, err
}

// JobsOfBatch lists the jobs that were started together, the oldest first.
func (s *Store) JobsOfBatch(ctx context.Context, batch string) ([]Job, error) {
	return list(ctx, s, "list the jobs", scanJob, selectJob+` WHERE `+batchOf+` = ? ORDER BY created_ms, id`, batch)
}

// EdgesSince lists the edges of ends of jobs after the one numbered after that may be told, whether they were or not.
func (s *Store) EdgesSince(ctx context.Context, after int64) ([]Edge, error) {
	now := s.now()
	return list(ctx, s, "list what happened", scanEdge, selectEdge+` WHERE seq > ? AND ends AND job <> '' AND
		(due_ms <= ? OR due_ms > ?) ORDER BY seq`, after, now.UnixMilli(), now.Add(heldAtMost).UnixMilli())
}

// LastEdge is the number of the newest edge that there ever was; 0 before the first.
func (s *Store) LastEdge(ctx context.Context) (seq int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT ifnull(max(seq), 0) FROM edges`).Scan(&seq)
	return seq, s.explain("list what happened", err)
}
