package nas

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"burnish/backend/reason"
)

func deadline(d time.Duration) time.Time { return time.Now().Add(d) }

// socket is the connection under SSH. It counts what arrives, so that a slow upload is not taken for a dead peer.
type socket struct {
	net.Conn
	arrived atomic.Int64 // reads that gave something
}

func (s *socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if n > 0 {
		s.arrived.Add(1)
	}
	return n, err
}

// Dial connects to a NAS, checks its host key, logs in, and reads what machine it is. ctx governs the dialling only:
// the connection lives until Close, or until it is lost.
//
// Errors: host_key_unknown (nothing is pinned; its text names the fingerprint), host_key_changed, nas_changed,
// key_unusable, bad_profile, auth_failed, algorithms, platform_unsupported, nas_garbage, nas_unreachable; ctx.Err()
// if ctx was cancelled.
func Dial(ctx context.Context, t Target, o Options) (*Conn, error) {
	o = o.withDefaults()
	if err := t.check(); err != nil {
		return nil, err
	}
	pin, err := parsePin(t)
	if err != nil {
		return nil, err
	}
	login, err := newLogin(ctx, t, o)
	if err != nil {
		return nil, err
	}
	defer login.close()
	d := dialler{t: t, o: o, pin: pin, login: login}
	c, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.learn(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

type dialler struct {
	t     Target
	o     Options
	pin   pin
	login *login
}

// maxRedials bounds the dials that only look at a server's other host keys.
const maxRedials = 3

// dial shakes hands, more than once where the server has several host keys and the first it shows is not the one.
func (d *dialler) dial(ctx context.Context) (*Conn, error) {
	algorithms := d.pin.first()
	var shown string // the first key that did not fit
	for try := 0; ; try++ {
		c, check, err := d.handshake(ctx, algorithms)
		switch {
		case err == nil:
			return c, nil
		case ctx.Err() != nil:
			return nil, d.ended(ctx)
		case check.refused():
			if shown == "" {
				shown = ssh.FingerprintSHA256(check.shown)
			}
			if d.pin.none() {
				return nil, reason.New("host_key_unknown", "nas", d.t.Name, "shown", shown)
			}
			algorithms = without(algorithms, check.shown)
			if d.pin.key != nil || len(algorithms) == 0 || try == maxRedials {
				return nil, d.changed(shown)
			}
		case noSuchHostKey(err) && shown != "":
			return nil, d.changed(shown)
		case noSuchHostKey(err) && d.pin.key != nil && try == 0:
			// The pinned type is gone. Ask for any, to say what is shown in its place.
			algorithms = slices.DeleteFunc(slices.Concat(hostKeyAlgorithms...), func(a string) bool {
				return slices.Contains(d.pin.first(), a)
			})
		default:
			return nil, d.failed(check, err)
		}
	}
}

// handshake dials once. The connection is closed unless the error is nil.
func (d *dialler) handshake(ctx context.Context, algorithms []string) (*Conn, *keyCheck, error) {
	check := &keyCheck{pin: d.pin}
	opening, cancel := context.WithTimeout(ctx, d.o.ConnectTimeout)
	defer cancel()
	raw, err := d.o.Dial(opening, "tcp", d.t.address())
	if err != nil {
		return nil, check, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	conn := &socket{Conn: raw}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	if err := conn.SetDeadline(deadline(d.o.HandshakeTimeout)); err != nil {
		stop()
		conn.Close()
		return nil, check, err
	}
	check.accept = func() { conn.SetDeadline(deadline(d.o.LoginTimeout)) }
	inner, channels, requests, err := ssh.NewClientConn(conn, d.t.address(), &ssh.ClientConfig{
		User:              d.t.User,
		Auth:              []ssh.AuthMethod{d.login.method(d.o)},
		HostKeyCallback:   check.check,
		HostKeyAlgorithms: algorithms,
	})
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		conn.Close()
		return nil, check, err
	}
	return newConn(d.t, d.o, conn, ssh.NewClient(inner, channels, requests), check.shown), check, nil
}

// failed says in a registered reason why a handshake failed.
func (d *dialler) failed(check *keyCheck, err error) error {
	var none *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &none):
		return reason.New("algorithms", "nas", d.t.Name, "error",
			"for "+none.What+" it offers only "+strings.Join(none.RequestedAlgorithms, ", "))
	case check.accepted && !broken(err):
		return reason.New("auth_failed", "user", d.t.User, "nas", d.t.Name, "error", d.login.refused()+" ("+brief(err)+")")
	}
	return d.unreachable(brief(err))
}

func (d *dialler) unreachable(what any) error {
	return reason.New("nas_unreachable", "nas", d.t.Name, "address", d.t.address(), "error", what)
}

// ended says what the end of the caller's context means: a deadline is no answer, a cancellation is the caller's own.
func (d *dialler) ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return d.unreachable("no answer in time")
	}
	return ctx.Err()
}

func (d *dialler) changed(shown string) error {
	return reason.New("host_key_changed", "nas", d.t.Name, "known", d.pin.fingerprint, "shown", shown)
}

// broken reports whether the connection itself failed, and not what was said over it.
func broken(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded)
}

// brief names the usual failures in plain words.
func brief(err error) string {
	var n net.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "no address is known for " + dns.Name
	case errors.As(err, &n) && n.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it closed the connection"
	}
	return strings.TrimPrefix(err.Error(), "ssh: handshake failed: ")
}
