package nas

import (
	"context"
	"math/rand/v2"
	"time"

	"burnish/backend/reason"
)

// Phase says how a kept connection stands.
type Phase string

// The phases.
const (
	Connecting Phase = "connecting"
	Connected  Phase = "connected"
	Lost       Phase = "lost"
)

// Standing is a phase and since when. While the NAS is away, Connecting and Lost carry since when and why.
type Standing struct {
	Phase Phase
	Since time.Time
	Err   error
	Next  time.Time // Lost: the next try
}

// Keep keeps one NAS connected. All fields must be set.
type Keep struct {
	Connect func(context.Context) (*Conn, error)       // Dial, and what must be done before Work, such as Deploy
	Release func(*Conn) error                          // ends the use of what Connect gave
	Work    func(ctx context.Context, c *Conn) error   // its ctx ends with the connection
	Report  func(Standing)                             // called on Run's goroutine
	Now     func() time.Time                           //
	Sleep   func(context.Context, time.Duration) error // may return early, to try again at once
	Rand    *rand.Rand                                 // spreads the tries of many desktops
}

// The waits between tries. A try that a person must mend something for is not worth a hurry, and a server punishes
// failed logins.
const (
	firstWait   = 2 * time.Second
	longestWait = time.Minute
	calmWait    = time.Minute
	guardedWait = 15 * time.Minute // a few wrong passwords within ten minutes shut a computer out of many servers
)

// Run connects and works until Work returns nil, ctx ends, or an error comes that trying again cannot mend. After
// any other it tries again, for ever.
func (k Keep) Run(ctx context.Context) error {
	away := k.Now() // since when
	var last error
	for wait := firstWait; ; {
		k.Report(Standing{Phase: Connecting, Since: away, Err: last})
		connected, err := k.once(ctx, &away)
		switch {
		case err == nil, ctx.Err() != nil:
			return err
		case final(err):
			return err
		}
		now := k.Now()
		if connected {
			if now.Sub(away) >= longestWait {
				wait = firstWait
			}
			away = now
		}
		d := wait/2 + time.Duration(k.Rand.Int64N(int64(wait/2)+1))
		if slow(err) {
			d = max(d, calmWait)
		}
		if reason.CodeOf(err) == reason.PasswordRefused || reason.CodeOf(err) == reason.SecondFactorRefused {
			d = max(d, guardedWait)
		}
		wait = min(2*wait, longestWait)
		last = err
		k.Report(Standing{Phase: Lost, Since: away, Err: err, Next: now.Add(d)})
		if err := k.Sleep(ctx, d); err != nil {
			return err
		}
	}
}

// once is one life of a connection. If it came about, since is when.
func (k Keep) once(ctx context.Context, since *time.Time) (connected bool, err error) {
	c, err := k.Connect(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = k.Release(c) }() // what it was for is over
	*since = k.Now()
	k.Report(Standing{Phase: Connected, Since: *since})
	ctx, cancel := c.bound(ctx)
	defer cancel()
	err = k.Work(ctx, c)
	if lost := c.Err(); err != nil && lost != nil {
		err = lost // what Work says of a lost connection is no better than its cause
	}
	return true, err
}

// final reports whether only a person can help, and not by waiting.
func final(err error) bool {
	switch reason.CodeOf(err) {
	case reason.HostKeyChanged, reason.HostKeyUnknown, reason.JumpKeyUnknown, reason.NASChanged, reason.KeyUnusable,
		reason.BadProfile, reason.PlatformUnsupported, reason.RunnerNotEmbedded,
		reason.PassphraseNeeded, reason.PassphraseWrong, reason.PasswordNeeded, reason.SecondFactor:
		return true
	}
	return false
}

// slow reports whether a try soon is useless or does harm.
func slow(err error) bool {
	switch reason.CodeOf(err) {
	case reason.AuthFailed, reason.AgentUnusable, reason.PasswordOff, reason.JumpRefused, reason.Algorithms,
		reason.LegacyAlgorithms, reason.LoginReads, reason.LoginNoisy, reason.NoRoot, reason.SudoRefused,
		reason.RunnerChanged, reason.StateDirUnusable, reason.NASGarbage, reason.NASTooMuch, reason.MirrorFull,
		reason.MirrorsFull:
		return true
	}
	return false
}
