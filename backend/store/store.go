package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// fileName is the database in the data directory.
const fileName = "burnish.db"

// readers is how many reads run at once.
const readers = 4

// busyMs is how long a statement waits for other processes. Their transactions are short, but SQLite's waiting is not
// fair and a disk may be slow.
const busyMs = 20_000

// Store is an open data directory.
type Store struct {
	dir   string
	now   func() time.Time
	write *sql.DB
	read  *sql.DB

	leader leader
}

// Open opens the data directory, creating or migrating it where needed, and waits up to a minute for another process
// that does. now is the wall clock; it dates the audit trail. The caller closes the Store.
func Open(ctx context.Context, dir string, now func() time.Time) (*Store, error) {
	return open(ctx, dir, now, migrations)
}

func open(ctx context.Context, dir string, now func() time.Time, steps fs.FS) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, unusable(dir, err)
	}
	s := &Store{dir: dir, now: now}
	if err := prepare(ctx, dir, now, steps); err != nil {
		return nil, s.explain("open the data", err)
	}
	if err := s.connect(ctx); err != nil {
		_ = s.Close() // why it did not open says more
		return nil, s.explain("open the data", err)
	}
	markInUse(dir)
	return s, nil
}

// connect opens both pools. The pragmas stand in the address so that each connection has them; busy_timeout is first
// because the others may have to wait. mode=rw keeps a deleted file from coming back empty.
func (s *Store) connect(ctx context.Context) (err error) {
	path := filepath.Join(s.dir, fileName)
	s.write, err = sql.Open("sqlite", address(path, url.Values{
		"mode": {"rw"}, "_txlock": {"immediate"}, "_defensive": {"1"}, "_dqs": {"0"},
		"_pragma": {busyPragma, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
			"journal_size_limit(16777216)"},
	}))
	if err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	s.read, err = sql.Open("sqlite", address(path, url.Values{
		"mode": {"rw"}, "_defensive": {"1"}, "_dqs": {"0"}, "_pragma": {busyPragma, "query_only(1)"},
	}))
	if err != nil {
		return err
	}
	s.read.SetMaxOpenConns(readers)
	tx, err := s.write.BeginTx(ctx, nil) // shows at once what cannot be written
	if err != nil {
		return err
	}
	if err := tx.Rollback(); err != nil {
		return err
	}
	var n int
	return s.read.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&n)
}

var busyPragma = fmt.Sprintf("busy_timeout(%d)", busyMs)

// address makes the URI of a database file at an absolute path, whatever characters the path holds.
func address(path string, options url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a Windows drive
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: options.Encode()}
	return u.String()
}

// Close waits for what runs and closes the file. The Store must not be used after it.
func (s *Store) Close() error {
	errs := []error{s.leader.close()}
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// change runs fn in one immediate transaction and commits unless fn fails. what names it in an error.
func (s *Store) change(ctx context.Context, what string, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(what, err)
	}
	defer tx.Rollback()
	if err := fn(tx); err != nil {
		return s.explain(what, err)
	}
	return s.explain(what, tx.Commit())
}

// list reads all rows at once, so that no read stays open and keeps the write-ahead log from being folded in.
func list[T any](ctx context.Context, s *Store, what string, scan func(scanner) (T, error), query string,
	args ...any) ([]T, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.explain(what, err)
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, s.explain(what, err)
		}
		all = append(all, one)
	}
	return all, s.explain(what, rows.Err())
}

// scanner is a row, of one or of many.
type scanner interface{ Scan(...any) error }
