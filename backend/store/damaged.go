package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// asidePrefix begins the name of a damaged database.
const asidePrefix = "burnish-damaged-"

// mark is what migrate.lock holds once a database of ours has been opened in its directory.
const mark = "This directory holds the data of Burnish.\n"

// inUse reports whether a data directory has been ours: a file of another program in a directory that is new to us is
// none of ours to judge.
func inUse(dir string) bool {
	st, err := os.Stat(filepath.Join(dir, "mirror"))
	if err == nil && st.IsDir() {
		return true
	}
	st, err = os.Stat(filepath.Join(dir, lockName))
	return err == nil && st.Size() > 0
}

// markInUse notes that a directory is ours. Where that fails the next Open does it.
func markInUse(dir string) {
	if st, err := os.Stat(filepath.Join(dir, lockName)); err == nil && st.Size() == 0 {
		_ = os.WriteFile(filepath.Join(dir, lockName), []byte(mark), 0o600)
	}
}

// damaged reports whether the database is ours and broken: by its mark, or since it lies in a directory that has been
// ours (known). The error is one that says nothing about the file.
func damaged(ctx context.Context, path string, known bool) (bool, error) {
	head, err := header(path)
	if err != nil {
		return false, err
	}
	sqlite, id := bytes.HasPrefix(head, []byte("SQLite format 3\x00")), uint32(0)
	if len(head) == headBytes {
		id = binary.BigEndian.Uint32(head[68:])
	}
	switch {
	case sqlite && id == applicationID && !plausible(head):
		return true, nil
	case sqlite && id == applicationID:
		broken, _, err := check(ctx, address(path, url.Values{"mode": {"rw"}, "_pragma": {busyPragma}}))
		return broken, err
	case !known:
		return false, nil
	case len(head) == 0:
		return hasLogs(path), nil // they are of a database that is gone
	case sqlite: // of another program, unless its header alone is torn
		broken, ours, err := check(ctx, address(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
		return broken || ours, err
	}
	return true, nil
}

// check has SQLite look whether a database is broken, and whether it has our tables.
func check(ctx context.Context, address string) (broken, ours bool, err error) {
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return false, false, err
	}
	defer db.Close()
	var said string
	var tables int
	err = db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said)
	if err == nil && said == "ok" {
		err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('profiles', 'jobs', 'audit')`).Scan(&tables)
	}
	var e *sqlite.Error
	switch {
	case errors.As(err, &e) && (speaksOfTheFile[e.Code()&0xff] || e.Code() == lib.SQLITE_IOERR_SHORT_READ):
		return true, false, nil
	case err != nil:
		return false, false, err
	}
	return said != "ok", tables == 3, nil
}

// speaksOfTheFile are the errors with which SQLite refuses what it reads; all others say nothing about the file.
var speaksOfTheFile = map[int]bool{lib.SQLITE_ERROR: true, lib.SQLITE_CORRUPT: true, lib.SQLITE_NOTADB: true,
	lib.SQLITE_FORMAT: true}

// farVersion is a schema version that no version of ours will ever have.
const farVersion = 10_000

// plausible reports whether a header with our mark says what one of ours can: SQLite's two file formats, and a version.
func plausible(head []byte) bool {
	return head[18] >= 1 && head[18] <= 2 && head[19] >= 1 && head[19] <= 2 &&
		binary.BigEndian.Uint32(head[60:]) < farVersion
}

// headBytes is how much of a database's header is looked at.
const headBytes = 72

// header reads the beginning of a file; nothing of one that is not there or is no file. It is read while no connection
// to the file is open in this process: closing a descriptor drops the locks of all others.
func header(path string) ([]byte, error) {
	if st, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && !st.Mode().IsRegular() {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// hasLogs reports whether the logs of a database hold anything.
func hasLogs(path string) bool {
	for _, end := range []string{"-wal", "-journal"} {
		if st, err := os.Stat(path + end); err == nil && st.Size() > 0 {
			return true
		}
	}
	return false
}

// setAside moves a damaged database away, with what lies beside it, so that a new one can begin. Nothing of it is lost.
func setAside(dir, path string, at time.Time) error {
	base := filepath.Join(dir, asidePrefix+at.UTC().Format("20060102T150405.000Z"))
	name := base + ".db"
	for n := 2; taken(name); n++ {
		name = fmt.Sprintf("%s-%d.db", base, n)
	}
	for _, end := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Rename(path+end, name+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if !taken(name) { // a log without its database: the name that is told is there
		return touch(name)
	}
	return nil
}

func taken(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Aside names the damaged databases that were set aside in this data directory, the oldest first.
func (s *Store) Aside() ([]string, error) {
	found, err := filepath.Glob(filepath.Join(s.dir, asidePrefix+"*.db"))
	if err != nil {
		return nil, fmt.Errorf("look for damaged databases: %w", err)
	}
	slices.Sort(found)
	return found, nil
}
