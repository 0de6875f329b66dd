package courier

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http/httptest"
	"net/mail"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"burnish/backend/notice"
	"burnish/backend/secret"
	"burnish/backend/testbed/leak"
)

// postOffice is a real SMTP server: what it refuses, by command, and what it took.
type postOffice struct {
	user, password string
	rcpt, data     error
	implicit       bool // TLS comes before the first word

	mu    sync.Mutex
	mails []string
	tls   []bool // whether the connection of each was encrypted
}

func (p *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &counter{postOffice: p, conn: c}, nil
}

// counter is one session.
type counter struct {
	*postOffice
	conn *smtp.Conn
	in   bool
}

func (s *counter) AuthMechanisms() []string {
	if s.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.user || password != s.password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8},
				Message: "Username and Password not accepted: " + password}
		}
		s.in = true
		return nil
	}), nil
}

func (s *counter) Reset()        {}
func (s *counter) Logout() error { return nil }

func (s *counter) Mail(string, *smtp.MailOptions) error {
	if s.user != "" && !s.in {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *counter) Rcpt(string, *smtp.RcptOptions) error { return s.rcpt }

func (s *counter) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if s.data != nil {
		return s.data
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, encrypted := s.conn.TLSConnectionState()
	s.mails, s.tls = append(s.mails, string(text)), append(s.tls, encrypted)
	return nil
}

// office runs a server for example.com; the courier reaches it under that name and trusts its certificate.
func office(t *testing.T, p *postOffice, how func(*smtp.Server)) (*Courier, To) {
	t.Helper()
	certificate := httptest.NewTLSServer(nil)
	certificate.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Certificate())
	s := smtp.NewServer(p)
	s.Domain, s.TLSConfig = "example.com", &tls.Config{Certificates: certificate.TLS.Certificates}
	s.ErrorLog = quiet{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	way := notice.Way{Name: "mail", Method: notice.Mail, Post: &notice.Post{To: []string{"anna@example.org"},
		From: "burnish@example.com", Host: "example.com", Port: 587, TLS: notice.TLSRequire, User: p.user}}
	if how != nil {
		how(s)
	}
	from := l
	if p.implicit {
		from, s.TLSConfig = tls.NewListener(l, s.TLSConfig), nil
	}
	go func() { _ = s.Serve(from) }()
	t.Cleanup(func() { s.Close() })
	return &Courier{Now: time.Now, Roots: roots, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
	}}, To{Way: way, Password: secret.New(p.password)}
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func TestMailGoesEncryptedWithTheReport(t *testing.T) {
	p := &postOffice{user: "burnish@example.com", password: hush}
	c, to := office(t, p, nil)
	e := event()
	e.Title += " ü\r\nBcc: everybody@example.org"
	e.Text += " <b>&"
	a := c.Send(t.Context(), to, e, &Report{Name: "report-ZR5C0E9V.html", HTML: []byte("<html>the report</html>")})
	if a.Fault != "" || len(p.mails) != 1 || !p.tls[0] {
		t.Fatalf("%+v, %d mails, %v", a, len(p.mails), p.tls)
	}
	m, err := mail.ReadMessage(strings.NewReader(p.mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	h := m.Header
	if h.Get("Bcc") != "" || h.Get("Message-Id") != "<"+e.ID+"@example.com>" || h.Get("Auto-Submitted") != "auto-generated" ||
		h.Get("To") != "<anna@example.org>" || h.Get("From") != "<burnish@example.com>" || h.Get("User-Agent") != "" {
		t.Errorf("headers %v", h)
	}
	host, _ := os.Hostname()
	leak.Text(t, "the mail", strings.Join(h["Message-Id"], " ")+strings.Join(h["Received"], " "), host)
	parts := map[string]string{}
	read(t, h.Get("Content-Type"), m.Body, parts)
	if !strings.Contains(parts["text/plain"], "It says so.") || !strings.Contains(parts["text/html"], "&lt;b&gt;&amp;") ||
		parts["report-ZR5C0E9V.html"] != "<html>the report</html>" {
		t.Errorf("parts %q", parts)
	}
}

// read takes a mail apart: its texts by type, its files by name.
func read(t *testing.T, contentType string, body io.Reader, into map[string]string) {
	t.Helper()
	kind, args, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		text, _ := io.ReadAll(body)
		into[kind] = string(text)
		return
	}
	for r := multipart.NewReader(body, args["boundary"]); ; {
		part, err := r.NextPart()
		if err != nil {
			return
		}
		if name := part.FileName(); name != "" {
			text, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
			into[name] = string(text)
			continue
		}
		read(t, part.Header.Get("Content-Type"), part, into)
	}
}

func TestAnAppPasswordIsTakenAsItIsShown(t *testing.T) {
	p := &postOffice{user: "anna", password: "abcdefghijklmnop"}
	c, to := office(t, p, nil)
	to.Password = secret.New("abcd efgh ijkl mnop")
	if a := c.Send(t.Context(), to, event(), nil); a.Fault != "" {
		t.Errorf("%+v", a)
	}
	if got := appPassword("no app password"); got != "no app password" {
		t.Errorf("a password with blanks became %q", got)
	}
}

func TestWhatMailServersAnswer(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     *postOffice
		how   func(*smtp.Server)
		edit  func(*To, *Courier)
		fault notice.Fault
		text  string
	}{
		{"knows another password", &postOffice{user: "anna", password: "other"}, nil,
			func(to *To, _ *Courier) { to.Password = secret.New(hush) }, notice.Refused, "535"},
		{"has no TLS", &postOffice{user: "anna", password: hush}, func(s *smtp.Server) { s.TLSConfig = nil }, nil,
			notice.Refused, "STARTTLS"},
		{"has no TLS and need not", &postOffice{}, func(s *smtp.Server) { s.TLSConfig = nil },
			func(to *To, _ *Courier) { to.Way.Post.TLS = notice.TLSOpportunistic }, "", ""},
		{"would get the password in clear", &postOffice{user: "anna", password: hush}, func(s *smtp.Server) {
			s.TLSConfig, s.AllowInsecureAuth = nil, true
		}, func(to *To, _ *Courier) { to.Way.Post.TLS = notice.TLSNone }, notice.Refused, "authentication mechanism"},
		{"is not trusted", &postOffice{}, nil, func(_ *To, c *Courier) { c.Roots = x509.NewCertPool() }, notice.Refused,
			"certificate"},
		{"does not know the receiver", &postOffice{rcpt: &smtp.SMTPError{Code: 550, Message: "no such user"}}, nil, nil,
			notice.Refused, "no such user"},
		{"is full", &postOffice{rcpt: &smtp.SMTPError{Code: 452, Message: "later"}}, nil, nil, notice.Away, "later"},
		{"does not like the mail", &postOffice{data: &smtp.SMTPError{Code: 554, Message: "spam"}}, nil, nil,
			notice.Content, "spam"},
		{"breaks at the mail", &postOffice{data: &smtp.SMTPError{Code: 451, Message: "try again"}}, nil, nil, notice.Away,
			"try again"},
		{"is sent to nobody", &postOffice{}, nil, func(to *To, _ *Courier) {
			to.Way.Post.To = []string{"anna@example.org\r\nRCPT TO:<x@y>"}
		}, notice.Refused, "receivers"},
	} {
		courier, to := office(t, c.p, c.how)
		if c.edit != nil {
			c.edit(&to, courier)
		}
		a := courier.Send(t.Context(), to, event(), nil)
		if a.Fault != c.fault || !strings.Contains(a.Text, c.text) {
			t.Errorf("a server that %s: %+v", c.name, a)
		}
		if sent := len(c.p.mails); (sent == 1) != (c.fault == "") {
			t.Errorf("a server that %s took %d mails", c.name, sent)
		}
		leak.Text(t, "the answer of a server that "+c.name, a.Text, hush)
	}
}

func TestMailOverTLSFromTheFirstByte(t *testing.T) {
	p := &postOffice{user: "anna", password: hush, implicit: true}
	c, to := office(t, p, nil)
	to.Way.Post.Port = implicitTLS
	if a := c.Send(t.Context(), to, event(), nil); a.Fault != "" || len(p.mails) != 1 {
		t.Errorf("%+v, %d mails", a, len(p.mails))
	}
	c.Roots = x509.NewCertPool()
	if a := c.Send(t.Context(), to, event(), nil); a.Fault != notice.Refused || len(p.mails) != 1 {
		t.Errorf("not trusted: %+v, %d mails", a, len(p.mails))
	}
}

func TestAMailServerThatSaysNothingIsLeft(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, to := office(t, &postOffice{}, nil)
	c := &Courier{Now: time.Now, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if a := c.Send(ctx, to, event(), nil); a.Fault != notice.Away || !strings.Contains(a.Text, "no answer") {
		t.Errorf("%+v", a)
	}
	if took := time.Since(begin); took > Patience/2 {
		t.Errorf("it took %v", took)
	}
}
