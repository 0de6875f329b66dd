package link

import (
	"context"
	"errors"
	"time"

	"burnish/backend/reason"
)

// Wanted says what a login asks for.
type Wanted string

// What can be asked for.
const (
	WantPassword   Wanted = "password"   // of the login
	WantPassphrase Wanted = "passphrase" // of the key file
	WantCode       Wanted = "code"       // whatever else the server asks: a one-time code, mostly
)

// Question is asked while a login goes on. Answers are secrets, also those to WantCode.
type Question struct {
	Want   Wanted
	User   string
	Host   string // who asks: "host:port"
	Jump   bool   // the jump host asks, and not the NAS
	Key    string // WantPassphrase: the key file
	Prompt string // WantCode: what the server says, cleaned
	Echo   bool   // WantCode: the answer may be seen while it is typed
	Again  bool   // WantPassphrase: the last answer was wrong
}

// ErrNobody is what Target.Ask wraps when there is neither a saved answer nor a person; the text around it says why.
var ErrNobody = errors.New("nobody is there to ask")

// asker asks the questions of one login.
type asker struct {
	t   Target
	hop bool                  // t is a jump host
	ctx context.Context       // of the dial
	o   Options               //
	say func(until time.Time) // gives the connection time; nil before there is one
}

// ask gives the answer, or a reason why there is none. The connection waits as long as a person may think.
func (a *asker) ask(q Question) (string, error) {
	q.User, q.Host, q.Jump = a.t.User, a.t.Address(), a.hop
	if a.t.Ask == nil {
		return "", a.unanswered(q, ErrNobody)
	}
	ctx, cancel := context.WithTimeout(a.ctx, a.o.AskTimeout)
	defer cancel()
	if a.say != nil {
		a.say(deadline(a.o.AskTimeout))
		defer func() { a.say(deadline(a.o.LoginTimeout)) }()
	}
	answer, err := a.t.Ask(ctx, q)
	if err != nil {
		return "", a.unanswered(q, err)
	}
	return answer, nil
}

func (a *asker) unanswered(q Question, err error) error {
	var said *reason.Said
	switch {
	case a.ctx.Err() != nil:
		return a.ctx.Err()
	case errors.As(err, &said):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		err = errors.New("no answer within " + a.o.AskTimeout.String())
	}
	switch q.Want {
	case WantPassphrase:
		return reason.New(reason.PassphraseNeeded, "key", q.Key, "nas", a.t.Name, "error", err)
	case WantCode:
		return reason.New(reason.SecondFactor, "user", q.User, "nas", a.t.Name, "prompt", q.Prompt, "error", err)
	case WantPassword:
	}
	return reason.New(reason.PasswordNeeded, "user", q.User, "nas", a.t.Name, "error", err)
}
