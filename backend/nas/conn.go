package nas

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"burnish/backend/nas/link"
	"burnish/backend/reason"
)

// Conn is a logged-in connection to a NAS. It is safe for concurrent use.
type Conn struct {
	target Target
	opts   Options
	link   *link.Link
	client *ssh.Client
	facts  Facts
	lanes  *lanes
	root   rootWay

	life context.Context
	end  context.CancelCauseFunc

	mu     sync.Mutex
	runner placed
}

var errClosed = errors.New("the connection was closed")

// Dial connects to a NAS, logs in, and reads what machine it is. ctx governs the dialling only: the connection lives
// until Close, or until it is lost.
//
// Errors: those of link.Dial; nas_changed, platform_unsupported, nas_garbage.
func Dial(ctx context.Context, t Target, o Options) (*Conn, error) {
	o = o.withDefaults()
	if err := t.check(); err != nil {
		return nil, err
	}
	l, err := link.Dial(ctx, t.Target, o.Options)
	if err != nil {
		return nil, err
	}
	c := newConn(t, o, l)
	if err := c.learn(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func newConn(t Target, o Options, l *link.Link) *Conn {
	life, end := context.WithCancelCause(context.Background())
	c := &Conn{
		target: t, opts: o, link: l, client: l.Client,
		lanes: &lanes{limit: o.Channels}, root: newRootWay(), life: life, end: end,
	}
	go func() {
		err := c.client.Wait()
		if err == nil {
			err = errClosed
		}
		c.lose(link.Brief(err))
	}()
	go c.keepalive()
	return c
}

// Close ends the connection and all that runs over it. What the NAS runs by itself goes on.
func (c *Conn) Close() error {
	c.end(errClosed)
	return c.client.Close()
}

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.life.Done() }

// Err is nil while the connection lives; then it is connection_lost, or says that Close was called.
func (c *Conn) Err() error { return context.Cause(c.life) }

// HostKey is the NAS's public key as a line of authorized_keys, to be pinned.
func (c *Conn) HostKey() string {
	return line(c.link.Key)
}

// JumpKey is the jump host's public key likewise; "" where the connection goes through none.
func (c *Conn) JumpKey() string {
	if c.link.JumpKey == nil {
		return ""
	}
	return line(c.link.JumpKey)
}

func line(key ssh.PublicKey) string {
	return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n")
}

// Coded reports whether a person answered more than a password for this login: a code that is good once, mostly.
func (c *Conn) Coded() bool { return c.link.Coded }

// Ping asks for a sign of life. Where none comes until ctx ends, the connection is given up.
func (c *Conn) Ping(ctx context.Context) error {
	answered := make(chan error, 1)
	go func() {
		_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil) // a refusal is an answer too
		answered <- err
	}()
	select {
	case err := <-answered:
		if err != nil {
			c.lose(link.Brief(err))
		}
	case <-c.life.Done():
	case <-ctx.Done():
		c.lose("it does not answer any more")
	}
	return c.Err()
}

// Facts are what the login found.
func (c *Conn) Facts() Facts { return c.facts }

// lose ends the connection for a reason that a person is told. Only the first reason counts.
func (c *Conn) lose(why string) {
	c.end(reason.New(reason.ConnectionLost, "nas", c.target.Name, "error", why))
	c.client.Close()
}

// lostOr gives the reason why the connection ended; while it lives, what the caller saw.
func (c *Conn) lostOr(err error) error {
	if lost := c.Err(); lost != nil {
		return lost
	}
	return err
}

func (c *Conn) garbage(what string) error {
	return reason.New(reason.NASGarbage, "nas", c.target.Name, "error", what)
}

// maxMisses is how many keepalives may stay unanswered.
const maxMisses = 3

// keepalive asks for a sign of life again and again. TCP alone may take hours to notice that the other side is gone,
// and a request blocks with it; so each has its own goroutine, and this one counts the time.
func (c *Conn) keepalive() {
	tick := time.NewTicker(c.opts.KeepaliveEvery)
	defer tick.Stop()
	answered := make(chan struct{}, 1)
	asking, misses, seen := false, 0, c.link.Arrived()
	for {
		select {
		case <-c.life.Done():
			return
		case <-answered:
			asking, misses = false, 0
			continue
		case <-tick.C:
		}
		if now := c.link.Arrived(); now != seen {
			seen, misses = now, 0
		} else if asking {
			misses++
		}
		if misses == maxMisses {
			c.lose("no sign of life for " + (maxMisses * c.opts.KeepaliveEvery).String())
			return
		}
		if !asking {
			asking = true
			go func() {
				// A refusal is an answer too; an error means that the connection has ended.
				if _, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil); err == nil {
					answered <- struct{}{}
				}
			}()
		}
	}
}
