package runner

import (
	"errors"
	"io/fs"
	"time"
)

// patience is how a run that waits for its turn bears a state directory that cannot be used: full, read-only, or removed.
// A run at work bears that too, and one that waits has as little to do with it. It lasts as long as the journal's own.
type patience struct {
	*run
	since time.Time // of the first of these errors in a row
}

// passes reports whether an error of the state directory is none of this run, and may pass by.
func passes(err error) bool { return isNoSpace(err) || errors.Is(err, fs.ErrNotExist) }

// with gives the error that ends the wait, nil where it goes on. Directories that somebody removed are made anew.
func (p *patience) with(err error) error {
	if err == nil {
		p.since = time.Time{}
		return nil
	}
	if p.since.IsZero() {
		p.since = time.Now()
	}
	if !passes(err) || time.Since(p.since) > roomWithin {
		return spaceError("the turn of this job", err)
	}
	if errors.Is(err, fs.ErrNotExist) {
		_ = p.Dir.make() // what cannot be made now is tried again
	}
	return nil
}
