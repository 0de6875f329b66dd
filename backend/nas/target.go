package nas

import (
	"context"
	"path"
	"strings"
	"time"
	"unicode"

	"burnish/backend/nas/link"
	"burnish/backend/reason"
)

// Sudo says how a login that is not root becomes root.
type Sudo string

// The ways to root.
const (
	SudoNone     Sudo = "none"
	SudoNopasswd Sudo = "nopasswd"
	SudoPassword Sudo = "password"
)

// Target is a NAS: how to log in there, how to become root, and what is there.
type Target struct {
	link.Target

	Sudo         Sudo
	SudoPassword func(context.Context) (string, error) // asked at each root call; nil for none

	MachineID string // pinned; "" if not yet
	StateDir  string // where the runner lives; "" tries the usual places
}

// maxStateDir bounds the path of a state directory, in bytes.
const maxStateDir = 512

// check refuses what no NAS can make right.
func (t Target) check() error {
	bad := func(what, hint, window string) error {
		return reason.New(reason.BadProfile, "what", what, "hint", hint).AtWindow(window)
	}
	switch {
	case t.Sudo != "" && t.Sudo != SudoNone && t.Sudo != SudoNopasswd && t.Sudo != SudoPassword:
		return bad(t.Name+" has an unknown way to root: "+string(t.Sudo), "Give --sudo none, nopasswd or password.",
			"Choose it under Rights on the NAS.")
	case t.StateDir == "":
		return nil
	case !path.IsAbs(t.StateDir), path.Clean(t.StateDir) != t.StateDir, t.StateDir == "/",
		len(t.StateDir) > maxStateDir, strings.ContainsFunc(t.StateDir, unicode.IsControl):
		return bad("the state directory of "+t.Name+" is no absolute path", "Give one like /var/lib/burnish with "+
			"--state-dir.", "Give one like /var/lib/burnish: Directory on the NAS, under More.")
	}
	return nil
}

// Options are what a program sets once for all its NAS. The zero value of each means its default.
type Options struct {
	link.Options
	// Runner gives the runner's program for a GOARCH.
	Runner func(goarch string) ([]byte, error)

	OpenTimeout   time.Duration // to open a channel and start a command in it; 15 s
	ScriptTimeout time.Duration // for one of the small scripts of login and deploy; 60 s
	UploadTimeout time.Duration // for the runner's upload; 10 min
	// three that stay unanswered, after the one that asks, close the connection: within 45 s; 11 s
	KeepaliveEvery time.Duration
	BeatTimeout    time.Duration // the longest silence of a follow; 45 s
	Channels       int           // at once, until the server allows less; 4
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&o.OpenTimeout, 15*time.Second)
	set(&o.ScriptTimeout, 60*time.Second)
	set(&o.UploadTimeout, 10*time.Minute)
	set(&o.KeepaliveEvery, 11*time.Second)
	set(&o.BeatTimeout, 45*time.Second)
	if o.Channels <= 0 {
		o.Channels = 4
	}
	return o
}
