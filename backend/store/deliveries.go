package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"burnish/backend/notice"
)

// Delivery is a notice that one way is to tell.
type Delivery struct {
	Seq     int64 // of the notice: the older, the smaller
	Event   notice.Event
	Message string // which message it went in; empty before the first try
	Tries   int
	FirstMs int64 // of the tries; 0 before the first
}

// keepNotices is how long a notice is kept, and so how long telling it twice tells it once.
const keepNotices = 400 * 24 * time.Hour

// AddNotice stores a notice for all ways that want it, once for each ID: it reports whether it is a new one.
func (s *Store) AddNotice(ctx context.Context, e notice.Event) (fresh bool, err error) {
	text, err := json.Marshal(e)
	if err != nil {
		return false, err
	}
	err = s.change(ctx, "note what is to be told", func(tx *sql.Tx) error {
		now := s.now().UnixMilli()
		done, err := tx.ExecContext(ctx, `INSERT INTO notices (id, event, noted_ms) VALUES (?, ?, ?)
			ON CONFLICT (id) DO NOTHING`, e.ID, string(text), now)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); n == 0 || err != nil {
			return err
		}
		fresh = true
		seq, err := done.LastInsertId()
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM notices WHERE noted_ms < ?`,
			now-keepNotices.Milliseconds()); err != nil {
			return err
		}
		ways, err := waysIn(ctx, tx)
		if err != nil {
			return err
		}
		for _, w := range ways {
			if !w.Wants(e) {
				continue
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO deliveries (way, notice, message, state, tries, first_ms,
				last_ms, next_ms, answer) VALUES (?, ?, '', 'waiting', 0, 0, 0, ?, '')`, w.ID, seq, now); err != nil {
				return err
			}
		}
		return nil
	})
	return fresh && err == nil, err
}

func waysIn(ctx context.Context, tx *sql.Tx) ([]notice.Way, error) {
	rows, err := tx.QueryContext(ctx, `SELECT way FROM ways`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []notice.Way
	for rows.Next() {
		w, err := scanWay(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, rows.Err()
}

// Due lists what a way is to tell now, the oldest first.
func (s *Store) Due(ctx context.Context, way string, nowMs int64) ([]Delivery, error) {
	return list(ctx, s, "read what is to be told", func(row scanner) (d Delivery, err error) {
		var text string
		if err = row.Scan(&d.Seq, &text, &d.Message, &d.Tries, &d.FirstMs); err == nil {
			err = json.Unmarshal([]byte(text), &d.Event)
		}
		return d, err
	}, `SELECT notice, event, message, tries, first_ms FROM deliveries JOIN notices ON seq = notice
		WHERE way = ? AND state = 'waiting' AND next_ms <= ? ORDER BY seq`, way, nowMs)
}

// Tried counts the messages that a way has tried to tell since a time, and gives when the oldest of them was tried
// last.
func (s *Store) Tried(ctx context.Context, way string, sinceMs int64) (n int, oldestMs int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT count(*), ifnull(min(at), 0) FROM (SELECT max(last_ms) AS at
		FROM deliveries WHERE way = ? AND last_ms > ? AND message <> '' GROUP BY message)`, way, sinceMs).
		Scan(&n, &oldestMs)
	return n, oldestMs, s.explain("read what was told", err)
}

// NextUntried gives when the next notice is told that was never tried, of the ways of which nothing has failed that is
// still to be told; 0 where there is none.
func (s *Store) NextUntried(ctx context.Context) (nextMs int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT ifnull(min(next_ms), 0) FROM deliveries WHERE state = 'waiting'
		AND tries = 0 AND way NOT IN (SELECT way FROM deliveries WHERE state = 'waiting' AND tries > 0)`).Scan(&nextMs)
	return nextMs, s.explain("read what is to be told", err)
}

// BeginTry notes that a way is about to tell notices in one message. If nobody notes what came of it, it is tried again
// at nextMs.
func (s *Store) BeginTry(ctx context.Context, way, message string, seqs []int64, nextMs int64) error {
	now := s.now().UnixMilli()
	return s.eachDelivery(ctx, way, seqs, `UPDATE deliveries SET message = ?, tries = tries + 1, last_ms = ?,
		first_ms = CASE first_ms WHEN 0 THEN ? ELSE first_ms END, next_ms = ? WHERE way = ? AND notice = ?`,
		message, now, now, nextMs)
}

// EndTry notes what came of it: nextMs 0 means that it is not tried again.
func (s *Store) EndTry(ctx context.Context, way string, seqs []int64, told bool, answer string, nextMs int64) error {
	state := "waiting"
	switch {
	case told:
		state = "told"
	case nextMs == 0:
		state = "given_up"
	}
	return s.eachDelivery(ctx, way, seqs, `UPDATE deliveries SET state = ?, answer = ?, next_ms = ?
		WHERE way = ? AND notice = ?`, state, answer, nextMs)
}

// DelayNotices puts off some notices of a way.
func (s *Store) DelayNotices(ctx context.Context, way string, seqs []int64, untilMs int64) error {
	return s.eachDelivery(ctx, way, seqs, `UPDATE deliveries SET next_ms = max(next_ms, ?)
		WHERE way = ? AND notice = ? AND state = 'waiting'`, untilMs)
}

// eachDelivery changes deliveries of a way, all or none; the query's last arguments are way and notice.
func (s *Store) eachDelivery(ctx context.Context, way string, seqs []int64, query string, args ...any) error {
	return s.change(ctx, "note what was told", func(tx *sql.Tx) error {
		for _, seq := range seqs {
			if _, err := tx.ExecContext(ctx, query, append(args[:len(args):len(args)], way, seq)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// DelayWay puts off all that a way is to tell.
func (s *Store) DelayWay(ctx context.Context, way string, untilMs int64) error {
	return s.change(ctx, "put off what is to be told", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE deliveries SET next_ms = max(next_ms, ?) WHERE way = ? AND state = 'waiting'`,
			untilMs, way)
		return err
	})
}

// WakeWay has all that waits told now: its server answers again, or the way was changed. What was given up in the last
// day waits again, and for all a new day begins.
func (s *Store) WakeWay(ctx context.Context, way string) error {
	return s.change(ctx, "tell what waits", func(tx *sql.Tx) error {
		now := s.now().UnixMilli()
		_, err := tx.ExecContext(ctx, `UPDATE deliveries SET next_ms = ?, state = 'waiting', tries = 0, first_ms = 0
			WHERE way = ? AND (state = 'waiting' OR state = 'given_up' AND last_ms > ?)`, now, way, now-notice.GiveUp.Milliseconds())
		return err
	})
}

// Standing is how a way does.
type Standing struct {
	Waiting int    `json:"waiting"`  // notices that are to be told
	GivenUp int    `json:"given_up"` // in the last 7 days
	LastMs  int64  `json:"last_ms"`  // of the last try; 0 for none
	Told    bool   `json:"told"`     // whether it went through
	Answer  string `json:"answer"`   // to it
	NextMs  int64  `json:"next_ms"`  // when the next waiting notice is told; 0 for none
}

// WayStanding says how a way does.
func (s *Store) WayStanding(ctx context.Context, way string) (st Standing, err error) {
	week := s.now().Add(-7 * 24 * time.Hour).UnixMilli()
	err = s.read.QueryRowContext(ctx, `SELECT
		count(*) FILTER (WHERE state = 'waiting'),
		count(*) FILTER (WHERE state = 'given_up' AND last_ms > ?),
		ifnull(min(next_ms) FILTER (WHERE state = 'waiting'), 0)
		FROM deliveries WHERE way = ?`, week, way).Scan(&st.Waiting, &st.GivenUp, &st.NextMs)
	if err != nil {
		return st, s.explain("read how the way does", err)
	}
	rows, err := list(ctx, s, "read how the way does", func(row scanner) (one Standing, err error) {
		err = row.Scan(&one.LastMs, &one.Told, &one.Answer)
		return one, err
	}, `SELECT last_ms, state = 'told', answer FROM deliveries WHERE way = ? AND tries > 0 ORDER BY last_ms DESC, notice DESC
		LIMIT 1`, way)
	if err == nil && len(rows) > 0 {
		st.LastMs, st.Told, st.Answer = rows[0].LastMs, rows[0].Told, rows[0].Answer
	}
	return st, err
}
