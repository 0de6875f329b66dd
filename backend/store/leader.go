package store

import (
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
)

// leader is the lock of the process that does what nobody asked for, of all that use the data directory.
type leader struct {
	mu   sync.Mutex
	lock *flock.Flock // nil until this process has it
}

// Lead reports whether this process leads: the first one that asks does, until it closes its Store or ends, however it
// ends.
func (s *Store) Lead() bool {
	s.leader.mu.Lock()
	defer s.leader.mu.Unlock()
	if s.leader.lock != nil {
		return true
	}
	l := flock.New(filepath.Join(s.dir, "leader.lock"), flock.SetPermissions(0o600))
	if has, err := l.TryLock(); err != nil || !has {
		_ = l.Close() // nothing of it is held
		return false
	}
	s.leader.lock = l
	return true
}

func (l *leader) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lock == nil {
		return nil
	}
	err := l.lock.Close()
	l.lock = nil
	return err
}
