package link

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"

	"burnish/backend/reason"
)

// Target is a NAS and how to log in there.
type Target struct {
	Name    string // what a person calls it; in every error
	Host    string
	Port    int // 0 means 22
	User    string
	KeyFile string // an OpenSSH private key; "" for none
	Agent   bool   // ask the SSH agent of this session
	// Password lets the login send a password, or answer what the server asks. A server that took a key and then wants
	// more gets it also without.
	Password bool
	// Ask is asked for what a login needs while it goes on, from any goroutine; nil where nobody answers. Its error is
	// a reason, or wraps ErrNobody.
	Ask func(context.Context, Question) (string, error)

	// Reached is called when the NAS has shown the key that is pinned, before the login there; nil for nobody.
	Reached func()

	Jump *Jump // the host that the connection goes through; nil for none

	// LegacyAlgorithms lets a NAS too old to be updated use encryption and keys that are known to be weak.
	LegacyAlgorithms bool

	HostKey string // pinned: a public key as in authorized_keys, or its "SHA256:..." fingerprint; "" if not yet
}

// Jump is a host that passes the connection on. Burnish logs in there with the target's key file, agent and Ask, whose
// questions say that the jump host asks. The NAS's password is never sent to it.
type Jump struct {
	Host    string
	Port    int // 0 means 22
	User    string
	HostKey string // pinned, as Target.HostKey
}

// jumpTarget is how to log in at the jump host.
func (t Target) jumpTarget() Target {
	j := Target{
		Host: t.Jump.Host, Port: t.Jump.Port, User: t.Jump.User, HostKey: t.Jump.HostKey,
		KeyFile: t.KeyFile, Agent: t.Agent, Password: true, Ask: t.Ask,
	}
	j.Name = "the jump host " + j.Address() + " of " + t.Name
	return j
}

// Address is what is dialled.
func (t Target) Address() string {
	port := t.Port
	if port == 0 {
		port = 22
	}
	return net.JoinHostPort(t.Host, strconv.Itoa(port))
}

// Check refuses what no NAS can make right.
func (t Target) Check() error {
	bad := func(what, hint, window string) error {
		return reason.New(reason.BadProfile, "what", what, "hint", hint).AtWindow(window)
	}
	switch {
	case t.Host == "" || strings.ContainsFunc(t.Host, unicode.IsSpace):
		return bad(t.Name+" has no host name or address", "Give one with --host.", "Give one.")
	case t.Port < 0 || t.Port > 65535:
		return bad(t.Name+" has a port that does not exist", "Give one from 1 to 65535 with --port.",
			"Give one from 1 to 65535.")
	case t.User == "":
		return bad(t.Name+" has no user", "Give one with --user.", "Give one.")
	case t.KeyFile == "" && !t.Agent && !t.Password:
		return bad(t.Name+" has no way to log in", "Give a private key with --key FILE, --agent, or --password-stdin.",
			"Choose a key file, the agent or a password.")
	case t.Jump != nil && t.jumpTarget().Check() != nil:
		return t.jumpTarget().Check()
	}
	return nil
}

// Options are what a program sets once for all its NAS. The zero value of each means its default.
type Options struct {
	// Dial opens the connection; nil is TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	ConnectTimeout   time.Duration // to open the connection; 10 s
	HandshakeTimeout time.Duration // from there to the host key; 20 s
	LoginTimeout     time.Duration // from there to the login, a touch on a hardware key included; 60 s
	AskTimeout       time.Duration // for a person to answer while the login waits; 2 min, as long as most servers wait
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&o.ConnectTimeout, 10*time.Second)
	set(&o.HandshakeTimeout, 20*time.Second)
	set(&o.LoginTimeout, 60*time.Second)
	set(&o.AskTimeout, 2*time.Minute)
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	return o
}
