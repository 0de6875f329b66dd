package courier

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"html"
	"net"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"

	"burnish/backend/notice"
)

// implicitTLS is the port on which TLS comes before the first word.
const implicitTLS = 465

// grouped is how Google shows an app password: the blanks are no part of it.
var grouped = regexp.MustCompile(`^\s*[a-z]{4}( [a-z]{4}){3}\s*$`)

// appPassword takes the blanks out of an app password.
func appPassword(password string) string {
	if grouped.MatchString(password) {
		return strings.Join(strings.Fields(password), "")
	}
	return password
}

// mail sends one mail to all of the way's addresses.
func (c *Courier) mail(ctx context.Context, to To, e notice.Event, report *Report) notice.Answer {
	post := to.Way.Post
	if post == nil {
		return notice.Answer{Fault: notice.Refused, Text: "the way has no server"}
	}
	msg, err := letter(post, e, report, c.Now())
	if err != nil {
		return notice.Answer{Fault: notice.Refused, Text: err.Error()}
	}
	client, err := c.mailer(ctx, post, to)
	if err != nil {
		return notice.Answer{Fault: notice.Refused, Text: err.Error()}
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return unsent(ctx, err)
	}
	return notice.Answer{Code: 250, Text: post.Host + " has taken it"}
}

// letter writes the mail: plain text, the same as HTML, and the report.
func letter(post *notice.Post, e notice.Event, report *Report, now time.Time) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := msg.From(post.From); err != nil {
		return nil, fmt.Errorf("the sender %s: %w", post.From, err)
	}
	if err := msg.To(post.To...); err != nil {
		return nil, fmt.Errorf("the receivers: %w", err)
	}
	msg.Subject(e.Title)
	msg.SetDateWithValue(now)
	msg.SetMessageIDWithValue(e.ID + "@" + domain(post.From))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if e.Urgent && e.Kind != notice.Test {
		msg.SetImportance(mail.ImportanceHigh)
	}
	text := strings.TrimSpace(e.Title + "\n\n" + e.Text)
	msg.SetBodyString(mail.TypeTextPlain, text+"\n")
	msg.AddAlternativeString(mail.TypeTextHTML, "<p><strong>"+html.EscapeString(e.Title)+"</strong></p><p>"+
		strings.ReplaceAll(html.EscapeString(e.Text), "\n", "<br>\n")+"</p>\n")
	if report != nil {
		if err := msg.AttachReader(report.Name, bytes.NewReader(report.HTML),
			mail.WithFileContentType("text/html; charset=utf-8")); err != nil {
			return nil, err
		}
	}
	return msg, nil
}

// domain is that of an address: this computer's own name stays here.
func domain(address string) string {
	_, at, _ := strings.Cut(address, "@")
	at = strings.Trim(strings.TrimSpace(at), ">")
	if at == "" {
		return "burnish.invalid"
	}
	return at
}

// mailer is a client of the server, with the login and the encryption that the way asks for.
func (c *Courier) mailer(ctx context.Context, post *notice.Post, to To) (*mail.Client, error) {
	implicit := post.TLS == notice.TLSRequire && post.Port == implicitTLS
	options := []mail.Option{
		mail.WithPort(post.Port), mail.WithTimeout(Patience), mail.WithHELO("[127.0.0.1]"),
		mail.WithTLSConfig(c.tls(post.Host)),
		mail.WithDialContextFunc(func(_ context.Context, network, address string) (net.Conn, error) {
			conn, err := c.dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			context.AfterFunc(ctx, func() { conn.Close() }) // the library's dialogue does not end with its context
			if !implicit {
				return conn, nil
			}
			over := tls.Client(conn, c.tls(post.Host))
			return over, over.HandshakeContext(ctx)
		}),
	}
	switch {
	case implicit || post.TLS == notice.TLSOpportunistic: // it is there already, and not offered again
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case post.TLS == notice.TLSNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if post.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(post.User),
			mail.WithPassword(appPassword(to.Password.Reveal())))
	}
	return mail.NewClient(post.Host, options...)
}

// unsent says why a mail was not taken.
func unsent(ctx context.Context, err error) notice.Answer {
	a := notice.Answer{Fault: notice.Away, Text: err.Error()}
	var said *textproto.Error
	var sent *mail.SendError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var bad *tls.CertificateVerificationError
	switch {
	case ctx.Err() != nil:
		a.Text = fmt.Sprintf("no answer in %d s", int(Patience.Seconds()))
		if errors.Is(ctx.Err(), context.Canceled) {
			a.Text = "broken off, since Burnish ends"
		}
		return a
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &bad):
		a.Fault = notice.Refused
		return a
	case errors.As(err, &said):
		a.Code = said.Code
	case errors.As(err, &sent):
		a.Code = sent.ErrorCode()
	}
	switch {
	case a.Code >= 500 && sent != nil && sent.Reason >= mail.ErrSMTPData:
		a.Fault = notice.Content
	case a.Code >= 500 || a.Code == 0 && needsPerson(err):
		a.Fault = notice.Refused
	}
	return a
}

// needsPerson reports what the library itself refuses: no STARTTLS where it is demanded, no way to log in that does not
// show the password. It has no types for them.
func needsPerson(err error) bool {
	text := err.Error()
	for _, part := range []string{"STARTTLS", "unencrypted connection", "SMTP AUTH", "SMTP Auth"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
