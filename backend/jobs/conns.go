package jobs

import (
	"context"
	"sync"
	"time"

	"burnish/backend/nas"
	"burnish/backend/profile"
)

// A login that asked a person for a code is not asked for again while it stands: all that is done with the NAS shares
// one connection, and it stays for a while after the last use. Others are closed at once.
const (
	idleFor = 30 * time.Minute
	// stillThere is how long a connection that waited may take to show that it lives.
	stillThere = 5 * time.Second
)

// connPool holds the connections that are shared, by profile, and whose turn it is to log in. The zero value is ready;
// it is safe for concurrent use.
type connPool struct {
	mu    sync.Mutex
	turns map[string]chan struct{} // holds one token
	conns map[string]*pooledConn
}

// pooledConn is a connection with those who use it.
type pooledConn struct {
	c     *nas.Conn
	users int
	idle  *time.Timer // closes it; nil while it is used
}

// turn waits until nobody else logs in to a NAS: who comes second may find a connection, and a person is asked once.
func (l *connPool) turn(ctx context.Context, profileID string) (over func(), err error) {
	l.mu.Lock()
	if l.turns == nil {
		l.turns = map[string]chan struct{}{}
	}
	turn := l.turns[profileID]
	if turn == nil {
		turn = make(chan struct{}, 1)
		l.turns[profileID] = turn
	}
	l.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// take gives a connection that is there and lives; nil if there is none.
func (l *connPool) take(ctx context.Context, profileID string) *nas.Conn {
	l.mu.Lock()
	s := l.conns[profileID]
	if s != nil {
		s.users++
		if s.idle != nil {
			s.idle.Stop()
			s.idle = nil
		}
	}
	l.mu.Unlock()
	if s == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stillThere)
	defer cancel()
	if s.c.Ping(ctx) == nil {
		return s.c
	}
	l.drop(profileID)
	return nil
}

// put shares a connection, whose first user is the caller.
func (l *connPool) put(profileID string, c *nas.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		l.conns = map[string]*pooledConn{}
	}
	l.conns[profileID] = &pooledConn{c: c, users: 1}
}

// give ends one use of a connection.
func (l *connPool) give(c *nas.Conn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for profileID, s := range l.conns {
		if s.c != c {
			continue
		}
		if s.users--; s.users == 0 {
			s.idle = time.AfterFunc(idleFor, func() { l.unused(profileID, s) })
		}
		return nil
	}
	return c.Close()
}

// unused closes a connection that nobody took since.
func (l *connPool) unused(profileID string, s *pooledConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.users == 0 && l.conns[profileID] == s {
		delete(l.conns, profileID)
		_ = s.c.Close() // nobody waits for anything of it
	}
}

// drop ends the connection of a profile, whoever uses it.
func (l *connPool) drop(profileID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.conns[profileID]; s != nil {
		delete(l.conns, profileID)
		_ = s.c.Close() // it is dead, or its profile is gone
	}
}

// dial logs in to a NAS, or gives a connection that is there. It is given back by release.
func (s *Service) dial(ctx context.Context, p profile.Profile) (*nas.Conn, error) {
	return s.login(ctx, p, s.target(p))
}

func (s *Service) login(ctx context.Context, p profile.Profile, t nas.Target) (*nas.Conn, error) {
	over, err := s.conns.turn(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	defer over()
	if c := s.conns.take(ctx, p.ID); c != nil {
		return c, nil
	}
	c, err := s.Dial(ctx, t)
	if err != nil {
		s.logins.Refused(ctx, p, err)
		return nil, err
	}
	if c.Coded() {
		s.conns.put(p.ID, c)
	}
	s.systems.Store(p.ID, c.Facts().System)
	s.logins.LoggedIn(ctx, p)
	return c, nil
}

// release ends the use of a connection.
func (s *Service) release(c *nas.Conn) error { return s.conns.give(c) }
