package link

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"burnish/backend/reason"
)

// hop is the jump host of a dial. Each connection through it has a login of its own there.
type hop struct {
	d   dialler
	key ssh.PublicKey // that it showed, once it was accepted
}

func newHop(t Target, o Options) (*hop, error) {
	at := t.jumpTarget()
	pin, err := parsePin(at)
	if err != nil {
		return nil, err
	}
	return &hop{d: dialler{t: at, o: o, pin: pin, hop: true}}, nil
}

// through logs in at the jump host and lets it open a connection to the target.
func (h *hop) through(ctx context.Context, t Target) (net.Conn, error) {
	l, err := h.d.dial(ctx)
	if err != nil {
		return nil, err
	}
	h.key = l.Key
	opening, cancel := context.WithTimeout(ctx, h.d.o.ConnectTimeout)
	defer cancel()
	inner, err := l.Client.DialContext(opening, "tcp", t.Address())
	if err == nil {
		return &tunnel{Conn: inner, client: l.Client}, nil
	}
	l.Client.Close()
	var refused *ssh.OpenChannelError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &refused) && refused.Reason != ssh.ConnectionFailed:
		return nil, reason.New(reason.JumpRefused, "jump", h.d.t.Name, "address", t.Address(), "error", refused.Message)
	case errors.As(err, &refused):
		return nil, reason.New(reason.NASUnreachable, "nas", t.Name, "address", t.Address()+" from "+h.d.t.Name,
			"error", refused.Message)
	}
	return nil, reason.New(reason.NASUnreachable, "nas", t.Name, "address", t.Address()+" from "+h.d.t.Name,
		"error", Brief(err))
}

// tunnel is a connection through a jump host. It owns the login there, and has the deadlines that channels of SSH lack:
// one that passes closes it for good, which is what deadlines are used for here.
type tunnel struct {
	net.Conn
	client *ssh.Client
	late   atomic.Bool

	mu    sync.Mutex
	timer *time.Timer
}

func (t *tunnel) SetDeadline(at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if !at.IsZero() {
		t.timer = time.AfterFunc(time.Until(at), func() {
			t.late.Store(true)
			t.client.Close()
		})
	}
	return nil
}

func (t *tunnel) SetReadDeadline(at time.Time) error  { return t.SetDeadline(at) }
func (t *tunnel) SetWriteDeadline(at time.Time) error { return t.SetDeadline(at) }

func (t *tunnel) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	return n, t.why(err)
}

func (t *tunnel) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	return n, t.why(err)
}

func (t *tunnel) why(err error) error {
	if err != nil && t.late.Load() {
		return os.ErrDeadlineExceeded
	}
	return err
}

func (t *tunnel) Close() error {
	return errors.Join(t.SetDeadline(time.Time{}), t.client.Close())
}
