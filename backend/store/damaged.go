package store

import (
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

// damaged reports whether the database is ours and SQLite finds it broken: what is somebody else's is none of ours to
// judge. The error is one that says nothing about the file.
func damaged(ctx context.Context, path string) (bool, error) {
	if ours, err := hasOurMark(path); err != nil || !ours {
		return false, err
	}
	db, err := sql.Open("sqlite", address(path, url.Values{"mode": {"rw"}, "_pragma": {busyPragma}}))
	if err != nil {
		return false, err
	}
	defer db.Close()
	var said string
	err = db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said)
	var e *sqlite.Error
	switch {
	case errors.As(err, &e) && (e.Code()&0xff == lib.SQLITE_CORRUPT || e.Code()&0xff == lib.SQLITE_NOTADB):
		return true, nil
	case err != nil:
		return false, err
	}
	return said != "ok", nil
}

// hasOurMark looks for SQLite's magic and our application id in a file's header. It is read while no connection to the
// file is open in this process: closing a descriptor drops the locks of all others.
func hasOurMark(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	var head [72]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return false, nil // too short to be one
	}
	return string(head[:16]) == "SQLite format 3\x00" && binary.BigEndian.Uint32(head[68:]) == applicationID, nil
}

// setAside moves a damaged database away, with what lies beside it, so that a new one can begin. Nothing of it is lost.
func setAside(dir, path string, at time.Time) error {
	name := filepath.Join(dir, asidePrefix+at.UTC().Format("20060102T150405.000Z")+".db")
	for _, end := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Rename(path+end, name+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
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
