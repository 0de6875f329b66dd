package link

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
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

// Link is a connection to a NAS whose login is done.
type Link struct {
	Client  *ssh.Client
	Key     ssh.PublicKey // the NAS's host key
	JumpKey ssh.PublicKey // that of the jump host; nil where the connection goes through none
	Coded   bool          // a person answered more than a password: a code that is good once, mostly
	socket  *socket
}

// Arrived counts the reads that gave something: a connection over which something arrives lives.
func (l *Link) Arrived() int64 { return l.socket.arrived.Load() }

// Dial connects to a NAS, checks its host key and logs in. ctx governs the dialling only: the connection lives until
// its client is closed, or it is lost. A password that the server refuses is not tried again.
//
// Errors: host_key_unknown (nothing is pinned; its text names the fingerprint), host_key_changed, jump_key_unknown,
// jump_refused, bad_profile, algorithms, legacy_algorithms, nas_unreachable; of the login key_unusable,
// passphrase_needed, passphrase_wrong, agent_unusable, auth_failed, password_needed, password_refused, password_off,
// second_factor, second_factor_refused; ctx.Err() if ctx was cancelled.
func Dial(ctx context.Context, t Target, o Options) (*Link, error) {
	o = o.withDefaults()
	if err := t.Check(); err != nil {
		return nil, err
	}
	pin, err := parsePin(t)
	if err != nil {
		return nil, err
	}
	d := dialler{t: t, o: o, pin: pin}
	if t.Jump != nil {
		if d.jump, err = newHop(t, o); err != nil {
			return nil, err
		}
	}
	l, err := d.dial(ctx)
	if err != nil {
		return nil, err
	}
	l.Coded = d.login.coded
	if d.jump != nil {
		l.JumpKey, l.Coded = d.jump.key, l.Coded || d.jump.d.login.coded
	}
	return l, nil
}

type dialler struct {
	t     Target
	o     Options
	pin   pin
	jump  *hop   // what the connection goes through; nil for none
	hop   bool   // t is itself a jump host
	login *login // of the last handshake
}

// maxRedials bounds the dials that only look at a server's other host keys.
const maxRedials = 3

// dial shakes hands, more than once where the server has several host keys and the first it shows is not the one.
func (d *dialler) dial(ctx context.Context) (*Link, error) {
	algorithms := d.pin.first()
	var shown string // the first key that did not fit
	for try := 0; ; try++ {
		l, check, err := d.handshake(ctx, algorithms)
		var said *reason.Said
		switch {
		case err == nil:
			return l, nil
		case ctx.Err() != nil:
			return nil, d.ended(ctx)
		case errors.As(err, &said):
			return nil, err
		case check.refused():
			if shown == "" {
				shown = ssh.FingerprintSHA256(check.shown)
			}
			if d.pin.none() {
				if d.hop {
					return nil, reason.New(reason.JumpKeyUnknown, "nas", d.t.Name, "shown", shown)
				}
				return nil, reason.New(reason.HostKeyUnknown, "nas", d.t.Name, "shown", shown)
			}
			algorithms = without(algorithms, check.shown)
			if d.pin.key != nil || len(algorithms) == 0 || try == maxRedials {
				return nil, d.changed(shown)
			}
		case noSuchHostKey(err) && shown != "":
			return nil, d.changed(shown)
		case noSuchHostKey(err) && d.pin.key != nil && try == 0:
			// The pinned type is gone. Ask for any, to say what is shown in its place.
			algorithms = slices.DeleteFunc(d.pin.all(), func(a string) bool {
				return slices.Contains(d.pin.first(),
					a)
			})
		default:
			return nil, d.failed(check, err)
		}
	}
}

// handshake dials once. The connection is closed unless the error is nil.
func (d *dialler) handshake(ctx context.Context, algorithms []string) (*Link, *keyCheck, error) {
	check := &keyCheck{pin: d.pin}
	login, err := newLogin(ctx, d.t, d.hop, d.o)
	if err != nil {
		return nil, check, err
	}
	defer login.close()
	d.login = login
	raw, err := d.open(ctx)
	if err != nil {
		return nil, check, err
	}
	conn := &socket{Conn: raw}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	if err := conn.SetDeadline(deadline(d.o.HandshakeTimeout)); err != nil {
		stop()
		conn.Close()
		return nil, check, err
	}
	login.say = func(until time.Time) { conn.SetDeadline(until) }
	check.accept = func() {
		conn.SetDeadline(deadline(d.o.LoginTimeout))
		if d.t.Reached != nil {
			d.t.Reached()
		}
	}
	inner, channels, requests, err := ssh.NewClientConn(conn, d.t.Address(), &ssh.ClientConfig{
		Config:            ciphers(d.t.LegacyAlgorithms),
		User:              d.t.User,
		AuthCallback:      login.next,
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
	return &Link{Client: ssh.NewClient(inner, channels, requests), Key: check.shown, socket: conn}, check, nil
}

// open opens the connection that SSH is spoken over.
func (d *dialler) open(ctx context.Context) (net.Conn, error) {
	if d.jump != nil {
		return d.jump.through(ctx, d.t)
	}
	opening, cancel := context.WithTimeout(ctx, d.o.ConnectTimeout)
	defer cancel()
	raw, err := d.o.Dial(opening, "tcp", d.t.Address())
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	return raw, nil
}

// ciphers are what a connection may be encrypted with. What the library counts as insecure is left out, SHA-1 key
// exchanges that it would offer by itself too, unless the profile asks for it.
func ciphers(legacy bool) ssh.Config {
	good, weak := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	if !legacy {
		weak = ssh.Algorithms{}
	}
	return ssh.Config{
		KeyExchanges: slices.Concat(good.KeyExchanges, weak.KeyExchanges),
		Ciphers:      slices.Concat(good.Ciphers, weak.Ciphers),
		MACs:         slices.Concat(good.MACs, weak.MACs),
	}
}

// failed says in a registered reason why a handshake failed.
func (d *dialler) failed(check *keyCheck, err error) error {
	var none *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &none):
		code := reason.Code(reason.Algorithms)
		if !d.t.LegacyAlgorithms && weak(none.RequestedAlgorithms) {
			code = reason.LegacyAlgorithms
		}
		return reason.New(code, "nas", d.t.Name, "error", "for "+none.What+" it offers only "+
			strings.Join(none.RequestedAlgorithms, ", "))
	case check.accepted && (d.login.wrong != nil || !Broken(err)):
		return d.login.refused(err)
	}
	return d.unreachable(Brief(err))
}

// weak reports whether one of the algorithms could be allowed.
func weak(offered []string) bool {
	all := ssh.InsecureAlgorithms()
	for _, known := range [][]string{all.KeyExchanges, all.Ciphers, all.MACs, all.HostKeys} {
		if slices.ContainsFunc(offered, func(a string) bool { return slices.Contains(known, a) }) {
			return true
		}
	}
	return false
}

func (d *dialler) unreachable(what any) error {
	return reason.New(reason.NASUnreachable, "nas", d.t.Name, "address", d.t.Address(), "error", what)
}

// ended says what the end of the caller's context means: a deadline is no answer, a cancellation is the caller's own.
func (d *dialler) ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return d.unreachable("no answer in time")
	}
	return ctx.Err()
}

func (d *dialler) changed(shown string) error {
	return reason.New(reason.HostKeyChanged, "nas", d.t.Name, "known", d.pin.fingerprint, "shown", shown)
}

// Broken reports whether the connection itself failed, and not what was said over it.
func Broken(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded)
}

// wsaRefused is what Windows calls ECONNREFUSED.
const wsaRefused = syscall.Errno(10061)

// Brief names the usual failures in plain words.
func Brief(err error) string {
	var n net.Error
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, wsaRefused):
		return "no SSH answers at this port"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "the network knows no way there"
	case errors.As(err, &dns):
		return "no address is known for " + dns.Name
	case errors.As(err, &n) && n.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it closed the connection"
	}
	return strings.TrimPrefix(err.Error(), "ssh: handshake failed: ")
}
