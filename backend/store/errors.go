package store

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"burnish/backend/reason"
)

// explain turns what SQLite and the file system say into reasons. Reasons and ended contexts pass as they are.
func (s *Store) explain(what string, err error) error {
	var said *reason.Said
	var failed *sqlite.Error
	var file syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return noSpace(s.dir, err)
	case errors.As(err, &failed):
		return s.explainSQLite(what, failed)
	case errors.As(err, &file):
		return unusable(s.dir, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (s *Store) explainSQLite(what string, err *sqlite.Error) error {
	if err.Code() == lib.SQLITE_IOERR_SHMSIZE { // the index of the write-ahead log could not grow
		return noSpace(s.dir, err)
	}
	switch err.Code() & 0xff {
	case lib.SQLITE_FULL:
		return noSpace(s.dir, err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return unusable(s.dir, fmt.Errorf("%s is damaged or no database; it was left as it is (%w)", fileName, err))
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return unusable(s.dir, fmt.Errorf("another process keeps %s locked (%w)", fileName, err))
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM, lib.SQLITE_AUTH, lib.SQLITE_IOERR:
		return unusable(s.dir, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func noSpace(dir string, err error) error {
	return reason.New(reason.NoSpace, "what", dir, "error", err)
}

func unusable(dir string, err error) error {
	return reason.New(reason.DataDirUnusable, "dir", dir, "error", err)
}

// violates reports whether err is a broken constraint of the given extended code.
func violates(err error, code int) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == code
}
