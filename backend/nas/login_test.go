//go:build linux

package nas

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"burnish/backend/nas/link"
	"burnish/backend/reason"
	"burnish/backend/testbed/sshd"
)

// gate is an SSH server of the tests' own, which lets in as config says and answers the login's script. tries are the
// ways that were tried, "none" left out.
type gate struct {
	target Target
	mu     sync.Mutex
	tries  []string
}

func (g *gate) tried() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.tries)
}

func openGate(t *testing.T, config *ssh.ServerConfig, hostKey any) *gate {
	t.Helper()
	host, err := ssh.NewSignerFromKey(hostKey)
	if err != nil {
		t.Fatal(err)
	}
	config.AddHostKey(host)
	g := &gate{}
	config.AuthLogCallback = func(_ ssh.ConnMetadata, method string, err error) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if method != "none" {
			g.tries = append(g.tries, method)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			go letIn(raw, config)
		}
	}()
	port := l.Addr().(*net.TCPAddr).Port
	g.target = Target{Target: link.Target{Name: "gate", Host: "127.0.0.1", Port: port, User: "admin", Password: true,
		HostKey: ssh.FingerprintSHA256(host.PublicKey())}}
	return g
}

func letIn(raw net.Conn, config *ssh.ServerConfig) {
	defer raw.Close()
	_, channels, requests, err := ssh.NewServerConn(raw, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		ch, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				r.Reply(r.Type == "exec", nil)
				if r.Type == "exec" {
					io.WriteString(ch, honestFacts)
					ch.SendRequest("exit-status", false, make([]byte, 4))
					ch.Close()
				}
			}
		}()
	}
}

// told answers each kind of question with one text and keeps the questions.
type told struct {
	mu      sync.Mutex
	answers map[link.Wanted]string
	asked   []link.Question
}

func (a *told) answer(_ context.Context, q link.Question) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, q)
	text, ok := a.answers[q.Want]
	if !ok {
		return "", fmt.Errorf("none is saved: %w", link.ErrNobody)
	}
	return text, nil
}

func answering(pairs ...string) *told {
	a := &told{answers: map[link.Wanted]string{}}
	for i := 0; i < len(pairs); i += 2 {
		a.answers[link.Wanted(pairs[i])] = pairs[i+1]
	}
	return a
}

const (
	rightPassword = "right-password-7f3a"
	rightCode     = "123456"
)

var errNo = errors.New("no")

func takesPassword(_ ssh.ConnMetadata, text []byte) (*ssh.Permissions, error) {
	if string(text) == rightPassword {
		return nil, nil
	}
	return nil, errNo
}

// pam asks as a NAS does whose passwords PAM checks, and then for a code if it wants one.
func pam(prompt string, wantsCode bool) func(ssh.ConnMetadata, ssh.KeyboardInteractiveChallenge) (*ssh.Permissions,
	error) {
	return func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		answers, err := ask("", "", []string{prompt}, []bool{false})
		if err != nil || answers[0] != rightPassword {
			return nil, errNo
		}
		if wantsCode {
			if answers, err = ask("", "Two-factor login", []string{"One-time password (OATH) for `admin': "},
				[]bool{false}); err != nil || answers[0] != rightCode {
				return nil, errNo
			}
		}
		// Many send a last round without questions.
		_, err = ask("", "", nil, nil)
		return nil, err
	}
}

// Each way to log in, the ways a server was asked for, and what a person reads where it fails.
func TestEachWayToLogIn(t *testing.T) {
	file, _ := keyFile(t, newKey(t))
	takesKey := func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }
	for _, c := range []struct {
		name    string
		server  ssh.ServerConfig
		change  func(*Target)
		answers *told
		want    reason.Code // "" for a login
		tries   []string    // nil where they do not matter
	}{
		{"password", ssh.ServerConfig{PasswordCallback: takesPassword}, nil, answering("password", rightPassword), "",
			[]string{"password"}},
		{"wrong password", ssh.ServerConfig{PasswordCallback: takesPassword}, nil, answering("password", "wrong"),
			"password_refused", []string{"password"}},
		{"nobody knows it", ssh.ServerConfig{PasswordCallback: takesPassword}, nil, answering(),
			"password_needed", nil},
		{"PAM asks", ssh.ServerConfig{KeyboardInteractiveCallback: pam("Password: ", false)}, nil,
			answering("password", rightPassword), "", []string{"keyboard-interactive"}},
		{"PAM asks in German", ssh.ServerConfig{KeyboardInteractiveCallback: pam("Passwort: ", false)}, nil,
			answering("password", rightPassword), "", []string{"keyboard-interactive"}},
		{"PAM names a user called pin", ssh.ServerConfig{KeyboardInteractiveCallback: pam("(pin@nas) Password: ",
			false)}, nil, answering("password", rightPassword), "", []string{"keyboard-interactive"}},
		{"PAM refuses", ssh.ServerConfig{KeyboardInteractiveCallback: pam("Password: ", false)}, nil,
			answering("password", "wrong"), "password_refused", []string{"keyboard-interactive"}},
		{"both ways, a wrong password is sent once", ssh.ServerConfig{KeyboardInteractiveCallback: pam("Password: ",
			false), PasswordCallback: takesPassword}, nil, answering("password", "wrong"),
			"password_refused", []string{"keyboard-interactive"}},
		{"second factor", ssh.ServerConfig{KeyboardInteractiveCallback: pam("Password: ", true)}, nil,
			answering("password", rightPassword, "code", rightCode), "", []string{"keyboard-interactive"}},
		{"second factor wrong", ssh.ServerConfig{KeyboardInteractiveCallback: pam("Password: ", true)}, nil,
			answering("password", rightPassword, "code", "0"),
			"second_factor_refused", []string{"keyboard-interactive"}},
		{"second factor and nobody there", ssh.ServerConfig{KeyboardInteractiveCallback: pam("Password: ", true)}, nil,
			answering("password", rightPassword), "second_factor", nil},
		{"no passwords taken", ssh.ServerConfig{PublicKeyCallback: takesKey}, nil, answering("password", rightPassword),
			"password_off", nil},
		{"the key suffices", ssh.ServerConfig{PublicKeyCallback: takesKey, PasswordCallback: takesPassword},
			func(t *Target) { t.KeyFile = file }, answering(), "", []string{"publickey"}},
		{"key refused, then the password", ssh.ServerConfig{
			PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errNo },
			PasswordCallback:  takesPassword,
		}, func(t *Target) { t.KeyFile = file }, answering("password", rightPassword), "",
			[]string{"publickey", "password"}},
		{"key refused, and no password is sent unasked", ssh.ServerConfig{
			PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errNo },
			PasswordCallback:  takesPassword,
		}, func(t *Target) { t.KeyFile, t.Password = file, false }, answering("password", rightPassword),
			"auth_failed", []string{"publickey"}},
		{"key, then a code", ssh.ServerConfig{
			PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
				return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{KeyboardInteractiveCallback: func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
					if answers, err := ask("", "", []string{"Verification code: "}, []bool{true}); err != nil ||
						answers[0] != rightCode {
						return nil, errNo
					}
					return nil, nil
				}}}
			},
		}, func(t *Target) { t.KeyFile, t.Password = file, false }, answering("code", rightCode), "",
			[]string{"publickey", "keyboard-interactive"}},
		{"key, then the password", ssh.ServerConfig{
			PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
				return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{PasswordCallback: takesPassword}}
			},
		}, func(t *Target) { t.KeyFile, t.Password = file, false }, answering("password", rightPassword), "",
			[]string{"publickey", "password"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := openGate(t, &c.server, newKey(t))
			g.target.Ask = c.answers.answer
			if c.change != nil {
				c.change(&g.target)
			}
			conn, err := Dial(testContext(t), g.target, testOptions())
			if c.want != "" {
				if text := wantCode(t, err, c.want); strings.Contains(text, rightPassword) || strings.Contains(text,
					rightCode) {
					t.Errorf("the secret is in the error %q", text)
				}
			} else if err != nil {
				t.Error(err)
			} else {
				conn.Close()
			}
			// A key is offered and then signed with, which servers count as two.
			if got := slices.CompactFunc(g.tried(), func(a, b string) bool {
				return a == "publickey" &&
					b == a
			}); c.tries != nil && !slices.Equal(got, c.tries) {
				t.Errorf("it tried %q, want %q", got, c.tries)
			}
		})
	}
}

// What a server asks is shown to a person without the tricks that it may hold.
func TestAQuestionIsShownCleanAndWhole(t *testing.T) {
	ask := "\x1b[2JCode \u202e" + strings.Repeat("x", 10_000)
	g := openGate(t, &ssh.ServerConfig{KeyboardInteractiveCallback: func(_ ssh.ConnMetadata,
		challenge ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		if _, err := challenge("Duo\x07", "press\r\n1", []string{ask}, []bool{true}); err != nil {
			return nil, err
		}
		return nil, nil
	}}, newKey(t))
	person := answering("code", "1")
	g.target.Ask = person.answer
	dial(t, g.target, testOptions())
	q := person.asked[0]
	if !q.Echo || q.Host != g.target.Address() || q.User != "admin" || !strings.Contains(q.Prompt, "Duo") ||
		len(q.Prompt) > 500 || strings.ContainsAny(q.Prompt, "\x1b\x07\r\n\u202e") {
		t.Errorf("asked %+v", q)
	}
}

func TestAServerThatAsksForEverIsGivenUp(t *testing.T) {
	rounds := 0
	g := openGate(t, &ssh.ServerConfig{KeyboardInteractiveCallback: func(_ ssh.ConnMetadata,
		challenge ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		for ; rounds < 1000; rounds++ {
			if _, err := challenge("", "", []string{"Code: "}, []bool{false}); err != nil {
				return nil, err
			}
		}
		return nil, errNo
	}}, newKey(t))
	g.target.Ask = answering("code", "1").answer
	_, err := Dial(testContext(t), g.target, testOptions())
	wantCode(t, err, "nas_garbage")
	if rounds > 10 {
		t.Errorf("%d rounds", rounds)
	}
}

// A person may think longer than a login may take; the connection waits for them, but not for ever.
func TestTheConnectionWaitsForAPerson(t *testing.T) {
	g := openGate(t, &ssh.ServerConfig{PasswordCallback: takesPassword}, newKey(t))
	o := testOptions()
	g.target.Ask = func(ctx context.Context, _ link.Question) (string, error) {
		select {
		case <-time.After(o.LoginTimeout + time.Second):
			return rightPassword, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	// all but the person's part may take long on a busy machine
	for o.LoginTimeout = 3 * time.Second; ; o.LoginTimeout *= 4 {
		c, err := Dial(testContext(t), g.target, o)
		if err == nil {
			t.Cleanup(func() { c.Close() })
			break
		}
		if o.LoginTimeout > time.Minute {
			t.Fatal(err)
		}
	}
	o.AskTimeout = 200 * time.Millisecond
	_, err := Dial(testContext(t), g.target, o)
	wantCode(t, err, "password_needed")
}

func TestAKeyWithAPassphrase(t *testing.T) {
	s := startServer(t)
	const passphrase = "a phrase that passes"
	file := filepath.Join(t.TempDir(), "protected")
	block, err := ssh.MarshalPrivateKeyWithPassphrase(privateKey(t, s.KeyFile), "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	target := targetOf(s)
	target.KeyFile = file

	person := answering("passphrase", passphrase)
	target.Ask = person.answer
	dial(t, target, testOptions())
	if len(person.asked) != 1 || person.asked[0].Key != file {
		t.Errorf("asked %+v", person.asked)
	}

	target.Ask = nil
	_, err = Dial(testContext(t), target, testOptions())
	wantCode(t, err, "passphrase_needed")

	wrong := answering("passphrase", "wrong")
	target.Ask = wrong.answer
	_, err = Dial(testContext(t), target, testOptions())
	if text := wantCode(t, err, "passphrase_wrong"); !strings.Contains(text, file) {
		t.Errorf("%q does not name the key", text)
	}
	if len(wrong.asked) != 3 || wrong.asked[0].Again || !wrong.asked[1].Again {
		t.Errorf("asked %+v", wrong.asked)
	}

	// Nobody is asked for a key that the server does not want, nor before the host is known to be the right one.
	other := startServer(t)
	target.Host, target.Port, target.HostKey = other.Host, other.Port, other.HostKeyFingerprint
	unasked := answering("passphrase", passphrase)
	target.Ask = unasked.answer
	_, err = Dial(testContext(t), target, testOptions())
	wantCode(t, err, "auth_failed")
	target.HostKey = ""
	_, err = Dial(testContext(t), target, testOptions())
	wantCode(t, err, "host_key_unknown")
	if len(unasked.asked) > 0 {
		t.Errorf("asked %+v", unasked.asked)
	}
}

func TestAProtectedRSAKeySignsWithSHA2(t *testing.T) {
	_, _, old := keysOfAllTypes(t)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(old, "", []byte("p"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rsa")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(&old.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	allowed := filepath.Join(rootDir(t), "keys")
	if err := os.WriteFile(allowed, ssh.MarshalAuthorizedKey(public), 0o644); err != nil {
		t.Fatal(err)
	}
	s := sshd.Start(t, sshd.Config("AuthorizedKeysFile "+allowed))
	target := targetOf(s)
	target.KeyFile, target.Ask = file, answering("passphrase", "p").answer
	dial(t, target, testOptions())
}

func TestARealServerTakesThePasswordAndRefusesAWrongOneOnce(t *testing.T) {
	s := startServer(t, sshd.Config("PasswordAuthentication yes"))
	u := sshd.NewUser(t, sshd.SudoPassword)
	target := targetAs(s, u, SudoPassword)
	target.KeyFile, target.Password = "", true
	target.Ask = answering("password", u.Password).answer
	target.SudoPassword = func(context.Context) (string, error) { return u.Password, nil }
	wantRootInventory(t, deployed(t, target, testOptions()))

	before := strings.Count(s.Log(), "Failed password")
	target.Ask = answering("password", "not-"+u.Password).answer
	_, err := Dial(testContext(t), target, testOptions())
	wantCode(t, err, "password_refused")
	if n := strings.Count(s.Log(), "Failed password") - before; n != 1 {
		t.Errorf("the server was tried %d times:\n%s", n, s.Log())
	}
	if strings.Contains(s.Log(), u.Password) {
		t.Error("the password is in the server's log")
	}

	closed := startServer(t)
	target.Port, target.HostKey = closed.Port, closed.HostKeyFingerprint
	_, err = Dial(testContext(t), target, testOptions())
	wantCode(t, err, "password_off")
}

func TestAJumpHostPassesTheConnectionOn(t *testing.T) {
	inner, outer := startServer(t), startServer(t)
	u := sshd.NewUser(t, sshd.SudoNone)
	target := targetOf(inner)
	target.Jump = &link.Jump{Host: outer.Host, Port: outer.Port, User: u.Name, HostKey: outer.HostKeyFingerprint}
	serveAgent(t, privateKey(t, inner.KeyFile), privateKey(t, outer.KeyFile))
	target.KeyFile, target.Agent = "", true
	c := deployed(t, target, testOptions())
	wantRootInventory(t, c)
	if !strings.Contains(outer.Log(), "Accepted publickey for "+u.Name) || !strings.Contains(c.JumpKey(),
		"ssh-ed25519 ") {
		t.Errorf("not through the jump host; its key is %q", c.JumpKey())
	}

	t.Run("pinned whole", func(t *testing.T) {
		again := target
		again.Jump = &link.Jump{Host: outer.Host, Port: outer.Port, User: u.Name, HostKey: c.JumpKey()}
		dial(t, again, testOptions())
	})
	t.Run("its key is not known", func(t *testing.T) {
		unknown := target
		unknown.Jump = &link.Jump{Host: outer.Host, Port: outer.Port, User: u.Name}
		_, err := Dial(testContext(t), unknown, testOptions())
		if text := wantCode(t, err, "jump_key_unknown"); !strings.Contains(text, outer.HostKeyFingerprint) {
			t.Errorf("%q", text)
		}
	})
	t.Run("its key is another", func(t *testing.T) {
		changed := target
		changed.Jump = &link.Jump{Host: outer.Host, Port: outer.Port, User: u.Name, HostKey: inner.HostKeyFingerprint}
		_, err := Dial(testContext(t), changed, testOptions())
		if text := wantCode(t, err, "host_key_changed"); !strings.Contains(text, "the jump host") {
			t.Errorf("%q", text)
		}
	})
	t.Run("the NAS behind it is another", func(t *testing.T) {
		changed := target
		changed.HostKey = outer.HostKeyFingerprint
		_, err := Dial(testContext(t), changed, testOptions())
		wantCode(t, err, "host_key_changed")
	})
	t.Run("nothing answers behind it", func(t *testing.T) {
		gone := target
		gone.Port = 1
		_, err := Dial(testContext(t), gone, testOptions())
		if text := wantCode(t, err, "nas_unreachable"); !strings.Contains(text, "the jump host") {
			t.Errorf("%q", text)
		}
	})
	t.Run("it is lost", func(t *testing.T) {
		lost := dial(t, target, testOptions())
		outer.KillSessions()
		select {
		case <-lost.Done():
			wantCode(t, lost.Err(), "connection_lost")
		case <-time.After(5 * time.Minute):
			t.Error("the loss was not seen")
		}
	})
	t.Run("it passes nothing on", func(t *testing.T) {
		closed := startServer(t, sshd.Config("AllowTcpForwarding no"))
		serveAgent(t, privateKey(t, inner.KeyFile), privateKey(t, closed.KeyFile))
		refused := target
		refused.Jump = &link.Jump{Host: closed.Host, Port: closed.Port, User: u.Name, HostKey: closed.HostKeyFingerprint}
		_, err := Dial(testContext(t), refused, testOptions())
		wantCode(t, err, "jump_refused")
	})
}

// The NAS's password is for the NAS: the jump host gets one of its own or none.
func TestTheJumpHostDoesNotSeeThePasswordOfTheNAS(t *testing.T) {
	var seen bytes.Buffer
	jump := openGate(t, &ssh.ServerConfig{PasswordCallback: func(_ ssh.ConnMetadata, text []byte) (*ssh.Permissions,
		error) {
		seen.Write(text)
		return nil, errNo
	}}, newKey(t))
	g := openGate(t, &ssh.ServerConfig{PasswordCallback: takesPassword}, newKey(t))
	g.target.Jump = &link.Jump{Host: jump.target.Host, Port: jump.target.Port, User: "me", HostKey: jump.target.HostKey}
	g.target.Ask = func(_ context.Context, q link.Question) (string, error) {
		if q.Jump && q.User == "me" && q.Host == jump.target.Address() {
			return "jump-password", nil
		}
		return rightPassword, nil
	}
	_, err := Dial(testContext(t), g.target, testOptions())
	wantCode(t, err, "password_refused")
	if seen.String() != "jump-password" {
		t.Errorf("the jump host saw %q", seen.String())
	}
}

func TestWeakEncryptionIsForThoseWhoAskForIt(t *testing.T) {
	_, _, old := keysOfAllTypes(t)
	weak := func() *ssh.ServerConfig {
		return &ssh.ServerConfig{
			Config: ssh.Config{
				KeyExchanges: []string{ssh.InsecureKeyExchangeDH1SHA1}, Ciphers: []string{ssh.InsecureCipherAES128CBC},
				MACs: []string{ssh.InsecureHMACSHA196},
			},
			PasswordCallback: takesPassword,
		}
	}
	g := openGate(t, weak(), old)
	g.target.Ask = answering("password", rightPassword).answer
	_, err := Dial(testContext(t), g.target, testOptions())
	text := wantCode(t, err, "legacy_algorithms")
	var said *reason.Said
	if errors.As(err, &said); !strings.Contains(said.Hint, "--legacy-algorithms") || !strings.Contains(text,
		"diffie-hellman-group1-sha1") {
		t.Errorf("%q, %q", text, said.Hint)
	}
	g.target.LegacyAlgorithms = true
	dial(t, g.target, testOptions())

	// Also SHA-1 key exchanges of which the library is less afraid.
	half := openGate(t, &ssh.ServerConfig{Config: ssh.Config{KeyExchanges: []string{ssh.InsecureKeyExchangeDH14SHA1}},
		PasswordCallback: takesPassword}, newKey(t))
	half.target.Ask = g.target.Ask
	_, err = Dial(testContext(t), half.target, testOptions())
	wantCode(t, err, "legacy_algorithms")
}

func TestAWrongPasswordIsNotTriedAgainInAHurry(t *testing.T) {
	for _, c := range []reason.Code{"password_refused", "second_factor_refused"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour+7*time.Minute)
			defer cancel()
			var seen []Standing
			tries := 0
			k := keeping(&seen, func(try int) error { tries = try; return reason.New(c) }, nil)
			if err := k.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s ended it: %v", c, err)
			}
			if tries < 2 || tries > 24*4+1 {
				t.Errorf("%s: %d tries in a day", c, tries)
			}
		})
	}
	for _, c := range []reason.Code{"password_needed", "passphrase_needed", "passphrase_wrong", "second_factor",
		"jump_key_unknown"} {
		if !final(reason.New(c)) {
			t.Errorf("%s is tried for ever, although only a person can help", c)
		}
	}
}
