// Package courier carries a notice by each way: to a webhook, to ntfy, to an Apprise API, by mail, to the desktop, and
// to a program.
//
// Its rules:
//   - What came of it is an Answer: what the server said, and whether to try again. A failure is no Go error.
//   - Addresses, topics, keys and passwords are secrets. No answer and no error holds one: net/http and net/url put
//     addresses into their errors, and servers send back what they were sent, so that each text is scrubbed.
//   - No redirect is followed: it would carry the notice and its keys to somewhere that nobody has chosen.
//   - Every way has a deadline, and ends with its context.
//   - A notice has one id, the same at each try, on each way that has a place for it: webhook-id, Message-ID.
//   - What is pasted is taken in the dialects that people know, and encrypted unless they say otherwise.
//
// A Courier is safe for concurrent use. Nothing is kept between two notices but the desktop's connection.
package courier

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"strings"
	"time"

	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// Patience is how long a server may take for a whole notice.
const Patience = 20 * time.Second

// Courier is what all ways have in common. The zero value of each field will do, but for Now.
type Courier struct {
	Now     func() time.Time
	Version string // of this program, as servers see it
	// Roots are the authorities that are trusted; nil are those of the system.
	Roots *x509.CertPool
	// Dial makes connections; nil is that of the system.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Desktop shows notices to the person who sits here; nil where this process cannot.
	Desktop Desktop
}

// Desktop shows a notice on this computer's desktop.
type Desktop interface {
	Show(ctx context.Context, e notice.Event) error
}

// To is a way with its secrets.
type To struct {
	Way      notice.Way
	Address  secret.Secret // of HTTP, as Parse gives it
	Key      secret.Secret // a webhook is signed with it; empty for none
	Password secret.Secret // of mail
}

// Report is a file that goes with a mail.
type Report struct {
	Name string
	HTML []byte
}

// Send tells an event one way. report goes with a mail and may be nil.
func (c *Courier) Send(ctx context.Context, to To, e notice.Event, report *Report) notice.Answer {
	begin := c.Now()
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	answer := c.send(ctx, to, e, report)
	answer.Took = c.Now().Sub(begin)
	answer.Text = reason.Clean(scrub(answer.Text, to), maxAnswer)
	return answer
}

func (c *Courier) send(ctx context.Context, to To, e notice.Event, report *Report) notice.Answer {
	switch to.Way.Method {
	case notice.Webhook:
		return c.webhook(ctx, to, e)
	case notice.Ntfy:
		return c.ntfy(ctx, to, e)
	case notice.Apprise:
		return c.apprise(ctx, to, e)
	case notice.Mail:
		return c.mail(ctx, to, e, report)
	case notice.Desktop:
		return c.desktop(ctx, e)
	}
	return notice.Answer{Fault: notice.Refused, Text: "this version does not know the way " + string(to.Way.Method)}
}

func (c *Courier) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.Dial != nil {
		return c.Dial(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (c *Courier) tls(host string) *tls.Config {
	return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: c.Roots}
}

func (c *Courier) desktop(ctx context.Context, e notice.Event) notice.Answer {
	if c.Desktop == nil {
		return notice.Answer{Fault: notice.Away, Text: "only the window can show it on this system"}
	}
	if err := c.Desktop.Show(ctx, e); err != nil {
		return notice.Answer{Fault: notice.Away, Text: "the desktop: " + err.Error()}
	}
	return notice.Answer{Text: "the desktop has taken it"}
}

// maxAnswer bounds what is kept of an answer, in bytes.
const maxAnswer = 400

// scrub takes the secrets out of a text, and the parts of addresses that servers and libraries are known to repeat.
func scrub(text string, to To) string {
	var parts []string
	add := func(part string, least int) {
		if len(part) >= least {
			parts = append(parts, part)
		}
	}
	add(to.Key.Reveal(), 1)
	add(to.Password.Reveal(), 1)
	add(appPassword(to.Password.Reveal()), 1)
	if address := to.Address.Reveal(); address != "" {
		add(address, 1)
		if u, err := url.Parse(address); err == nil {
			user := u.User.Username()
			password, _ := u.User.Password()
			for _, part := range []string{u.RequestURI(), u.Path, u.RawQuery} {
				add(part, 3)
			}
			add(user, 1)
			add(password, 1)
			for _, part := range strings.Split(u.Path, "/") {
				if part != "notify" {
					add(part, 1)
				}
			}
			for _, values := range u.Query() {
				for _, value := range values {
					add(value, 1)
				}
			}
		}
	}
	for _, part := range parts {
		text = strings.ReplaceAll(text, part, "(secret)")
	}
	return text
}
