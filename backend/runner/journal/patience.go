package journal

import (
	"errors"
	"io/fs"
	"time"

	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
)

// Patience is how a run that waits for its turn bears a state directory that cannot be used: full, read-only, or
// removed. A run at work bears that too, and one that waits has as little to do with it. It lasts as long as the
// journal's own.
type Patience struct {
	Dir   state.Dir
	Clock port.Clock

	fails bool          // the look before this one met such an error
	since time.Duration // boot time of the first of these errors in a row
}

// Passes reports whether an error of the state directory is none of this run, and may pass by.
func Passes(err error) bool { return state.IsNoSpace(err) || errors.Is(err, fs.ErrNotExist) }

// With gives the error that ends the wait, nil where it goes on. Directories that somebody removed are made anew.
func (p *Patience) With(err error) error {
	if err == nil {
		p.fails = false
		return nil
	}
	if !p.fails {
		p.fails, p.since = true, p.Clock.Running()
	}
	if !Passes(err) || p.Clock.Running()-p.since > roomWithin {
		return state.SpaceError("the turn of this job", err)
	}
	if errors.Is(err, fs.ErrNotExist) {
		_ = p.Dir.Make() // what cannot be made now is tried again
	}
	return nil
}
