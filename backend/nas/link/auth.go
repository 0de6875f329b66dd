package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"burnish/backend/reason"
)

// A server ends the login after six refusals, by default. A profile that has a password too leaves some for it.
const (
	maxKeys             = 6
	maxKeysWithPassword = 3
)

// login is one try to log in: each way once, a password once whatever the ways. Its connection to the agent must stay
// open until the login is over.
type login struct {
	asker
	signers []ssh.Signer
	agent   net.Conn
	problem string   // why the agent gave no keys
	keys    bool     // keys were offered
	dialog  bool     // the server's questions were answered
	sent    bool     // the password was sent
	coded   bool     // a person answered what else the server asked
	offered []string // what the server takes, as it said last
	partly  bool     // one way succeeded and the server wants another
	wrong   error    // why the login cannot go on; a reason or the end of a context
}

// newLogin collects the keys. An agent that does not answer is no error while there is another way.
func newLogin(ctx context.Context, t Target, hop bool, o Options) (*login, error) {
	l := &login{asker: asker{t: t, hop: hop, ctx: ctx, o: o}}
	signer, err := loadKey(t.KeyFile, &l.asker)
	if err != nil {
		return nil, err
	}
	if signer != nil {
		l.signers = append(l.signers, signer)
	}
	if t.Agent {
		if err := l.askAgent(ctx); err != nil {
			l.problem = err.Error()
		} else if len(l.signers) == 0 {
			l.problem = "it holds no key"
		}
	}
	if len(l.signers) == 0 && !t.Password {
		l.close()
		return nil, l.noAgent()
	}
	return l, nil
}

func (l *login) noAgent() error {
	return reason.New(reason.AgentUnusable, "user", l.t.User, "nas", l.t.Name, "error", l.problem)
}

func (l *login) askAgent(ctx context.Context) error {
	opening, cancel := context.WithTimeout(ctx, l.o.ConnectTimeout)
	defer cancel()
	conn, err := dialAgent(opening)
	if err != nil {
		return err
	}
	l.agent = conn
	if err := conn.SetDeadline(deadline(l.o.HandshakeTimeout)); err != nil {
		return err
	}
	held, err := agent.NewClient(conn).Signers()
	if err != nil {
		return err
	}
	limit := maxKeys
	if l.t.Password {
		limit = maxKeysWithPassword
	}
	for _, s := range held {
		if len(l.signers) == limit {
			break
		}
		if !l.has(s.PublicKey()) {
			l.signers = append(l.signers, s)
		}
	}
	return nil
}

func (l *login) has(key ssh.PublicKey) bool {
	for _, s := range l.signers {
		if bytes.Equal(s.PublicKey().Marshal(), key.Marshal()) {
			return true
		}
	}
	return false
}

// errNoWay ends a login when nothing is left to try.
var errNoWay = errors.New("no way to log in is left")

// next chooses the way to try next: keys, then the server's questions, then the bare password. Passwords and codes are
// for profiles that log in so, and for a server that took a key and wants more.
func (l *login) next(have *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	l.offered = have.AllowedMethods
	l.partly = len(have.PartialSuccessMethods) > 0
	offers := func(method string) bool { return slices.Contains(l.offered, method) }
	for _, s := range l.signers {
		if k, ok := s.(*protectedKey); ok && l.wrong == nil {
			l.wrong = k.err // the library only knows that it could not sign
		}
	}
	switch {
	case l.wrong != nil:
		return nil, l.wrong
	case offers("publickey") && !l.keys && len(l.signers) > 0:
		l.keys = true
		return ssh.PublicKeysCallback(l.allKeys), nil
	case !l.t.Password && !l.partly:
		return nil, errNoWay
	case offers("keyboard-interactive") && !l.dialog && !l.sent:
		l.dialog = true
		return ssh.KeyboardInteractive((&dialog{login: l}).answer), nil
	case offers("password") && !l.sent:
		return ssh.PasswordCallback(l.password), nil
	}
	return nil, errNoWay
}

func (l *login) allKeys() ([]ssh.Signer, error) {
	if l.agent != nil {
		if err := l.agent.SetDeadline(deadline(l.o.LoginTimeout)); err != nil {
			return nil, err
		}
	}
	return l.signers, nil
}

// password asks for the password that is sent once.
func (l *login) password() (string, error) {
	l.sent = true
	text, err := l.ask(Question{Want: WantPassword})
	if err != nil {
		l.wrong = err
	}
	return text, err
}

// Bounds of what a server may ask.
const (
	maxRounds    = 10
	maxQuestions = 10
	maxPrompt    = 200 // bytes
)

// dialog answers a server that asks (keyboard-interactive): passwords of PAM, one-time codes.
type dialog struct {
	*login
	rounds int
}

func (d *dialog) answer(name, instruction string, prompts []string, echos []bool) ([]string, error) {
	answers, err := d.round(name, instruction, prompts, echos)
	if err != nil {
		d.wrong = err
	}
	return answers, err
}

func (d *dialog) round(name, instruction string, prompts []string, echos []bool) ([]string, error) {
	if d.rounds++; d.rounds > maxRounds || len(prompts) > maxQuestions {
		return nil, reason.New(reason.NASGarbage, "nas", d.t.Name, "error", "the login asks without an end")
	}
	answers := make([]string, len(prompts))
	for i, prompt := range prompts {
		var err error
		prompt = reason.Clean(strings.TrimSpace(prompt), maxPrompt)
		switch {
		case !echos[i] && !d.sent && !aboutCode(prompt):
			answers[i], err = d.password()
		case !echos[i] && d.sent && !aboutCode(prompt) && strings.Contains(strings.ToLower(prompt), "password"):
			return nil, d.refusedPassword("it asks again: " + prompt)
		default:
			about := strings.TrimSpace(name + " " + instruction)
			if about != "" {
				prompt = reason.Clean(about, maxPrompt) + " " + prompt
			}
			d.coded = true
			answers[i], err = d.ask(Question{Want: WantCode, Prompt: prompt, Echo: echos[i]})
		}
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// codeWords are what prompts for something else than the password hold, as far as they are in English.
var codeWords = []string{"code", "passcode", "otp", "totp", "time", "token", "verification", "factor", "duo", "pin"}

// aboutCode reports whether a prompt asks for something else than the password. The user's name, which servers put
// before it in parentheses, tells nothing.
func aboutCode(prompt string) bool {
	if _, after, ok := strings.Cut(prompt, ") "); ok && prompt[0] == '(' {
		prompt = after
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(prompt),
		func(r rune) bool { return !unicode.IsLetter(r) }) {
		if slices.Contains(codeWords, word) {
			return true
		}
	}
	return false
}

func (l *login) refusedPassword(why string) error {
	return reason.New(reason.PasswordRefused, "user", l.t.User, "nas", l.t.Name, "error", why)
}

// refused says why the server let nobody in.
func (l *login) refused(err error) error {
	takes := "it takes " + strings.Join(l.offered, ", ")
	if len(l.offered) == 0 {
		takes = Brief(err)
	}
	refused := func(why string) error {
		if l.problem != "" {
			why += "; the SSH agent: " + l.problem
		}
		return reason.New(reason.AuthFailed, "user", l.t.User, "nas", l.t.Name, "error", why+" ("+reason.Clean(takes,
			maxPrompt)+")")
	}
	switch {
	case l.wrong != nil:
		return l.wrong
	case l.coded:
		return reason.New(reason.SecondFactorRefused, "user", l.t.User, "nas", l.t.Name)
	case l.sent:
		return l.refusedPassword("it did not take it")
	case l.partly:
		return refused("it took the key and wants a further way that Burnish does not know")
	case l.keys && len(l.signers) == 1:
		return refused("it did not take the key " + ssh.FingerprintSHA256(l.signers[0].PublicKey()))
	case l.keys:
		return refused(fmt.Sprintf("it took none of %d keys", len(l.signers)))
	case l.t.Password && len(l.signers) == 0 && len(l.offered) > 0:
		return reason.New(reason.PasswordOff, "user", l.t.User, "nas", l.t.Name, "error", takes)
	}
	return refused("it takes no public keys")
}

func (l *login) close() {
	if l.agent != nil {
		l.agent.Close()
	}
}
