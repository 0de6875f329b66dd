package bench

import (
	"time"

	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
)

// Machine is what a run may use of its NAS, and how patient it is.
type Machine struct {
	port.Clock
	Dir        state.Dir
	Host       port.Host
	Locks      port.Locks
	Supervisor port.Supervisor
	Version    string
	PollEvery  time.Duration // how often files and locks are looked at; 0 means half a second
	// how far before its checkpoint a surface stage goes on; 0 means surface.RewindBytes, or 1/64 of a small drive
	Rewind    int64
	Stagger   time.Duration // how far apart two jobs begin their work; 0 means two seconds
	TempEvery time.Duration // how often the kernel's sensor is read; 0 means thirty seconds
	UndoGrace time.Duration // how long after the first destructive act all can still be undone; 0 means ten seconds
}

func (s *Machine) Poll() time.Duration {
	if s.PollEvery > 0 {
		return s.PollEvery
	}
	return 500 * time.Millisecond
}
