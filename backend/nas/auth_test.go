//go:build linux

package nas

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"burnish/backend/nas/link"
	"burnish/backend/testbed/need"
	"burnish/backend/testbed/sshd"
)

func TestAKeyThatTheServerDoesNotKnowIsALoginRefused(t *testing.T) {
	s := startServer(t)
	target := targetOf(s)
	target.KeyFile, _ = keyFile(t, newKey(t))
	_, err := Dial(testContext(t), target, testOptions())
	wantCode(t, err, "auth_failed")

	target.KeyFile, target.User = s.KeyFile, "nobody-of-that-name"
	_, err = Dial(testContext(t), target, testOptions())
	wantCode(t, err, "auth_failed")
}

func TestAKeyFileThatCannotBeUsedIsNamed(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{
		"no-key": []byte("hello\n"),
		"long":   make([]byte, 1<<20),
	}
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := link.Dial(testContext(t), link.Target{Name: "n", Host: "192.0.2.1", User: "u", KeyFile: file},
			link.Options{})
		if text := wantCode(t, err, "key_unusable"); !strings.Contains(text, file) {
			t.Errorf("%q does not name %s", text, file)
		}
	}
	_, err := link.Dial(testContext(t), link.Target{Name: "n", Host: "192.0.2.1", User: "u", KeyFile: filepath.Join(dir, "none")},
		link.Options{})
	wantCode(t, err, "key_unusable")
}

// serveAgent is an agent that holds these keys.
func serveAgent(t *testing.T, keys ...any) {
	t.Helper()
	ring := agent.NewKeyring()
	for _, key := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(ring, conn)
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", socket)
}

func privateKey(t *testing.T, file string) any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParseRawPrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestTheAgentsKeysLogIn(t *testing.T) {
	s := startServer(t)
	target := targetOf(s)
	target.KeyFile, target.Agent = "", true

	serveAgent(t, newKey(t), newKey(t), privateKey(t, s.KeyFile))
	dial(t, target, testOptions())

	serveAgent(t)
	_, err := Dial(testContext(t), target, testOptions())
	wantCode(t, err, "agent_unusable")

	t.Setenv("SSH_AUTH_SOCK", "")
	_, err = Dial(testContext(t), target, testOptions())
	wantCode(t, err, "agent_unusable")
}

// A server gives up after six keys: the profile's own must be among them, however many the agent holds.
func TestTheProfilesKeyIsTriedBeforeAFullAgent(t *testing.T) {
	s := startServer(t, sshd.Config("MaxAuthTries 6"))
	var keys []any
	for range 12 {
		keys = append(keys, newKey(t))
	}
	serveAgent(t, keys...)
	target := targetOf(s)
	target.Agent = true
	dial(t, target, testOptions())

	target.KeyFile, _ = keyFile(t, newKey(t))
	_, err := Dial(testContext(t), target, testOptions())
	wantCode(t, err, "auth_failed")
}

func TestTheRealAgentLogsIn(t *testing.T) {
	program, add := need.Program(t, "ssh-agent"), need.Program(t, "ssh-add")
	s := startServer(t)
	socket := filepath.Join(t.TempDir(), "agent")
	cmd := exec.Command(program, "-D", "-a", socket)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Setenv("SSH_AUTH_SOCK", socket)
	var out []byte
	var err error
	for range 30_000 {
		if out, err = exec.Command(add, s.KeyFile).CombinedOutput(); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatalf("ssh-add: %v: %s", err, out)
	}
	target := targetOf(s)
	target.KeyFile, target.Agent = "", true
	dial(t, target, testOptions())
}

func TestAMachineThatIsNotThereIsUnreachable(t *testing.T) {
	s := startServer(t)
	target := targetOf(s)
	s.Stop()
	_, err := Dial(testContext(t), target, testOptions())
	wantCode(t, err, "nas_unreachable")
}

func TestAServerThatAllowsNoCommandIsSaidToBeOne(t *testing.T) {
	s := startServer(t, sshd.MaxSessions(0))
	o := testOptions()
	o.OpenTimeout = 300 * time.Millisecond
	_, err := Dial(testContext(t), targetOf(s), o)
	wantCode(t, err, "nas_unreachable")
}

func TestAServerWithoutCommonAlgorithmsIsSaidToBeOne(t *testing.T) {
	s := startServer(t, sshd.Config("Ciphers aes256-cbc"))
	_, err := Dial(testContext(t), targetOf(s), testOptions())
	if text := wantCode(t, err, "algorithms"); !strings.Contains(text, "aes256-cbc") {
		t.Errorf("%q does not say what the server offers", text)
	}
}

// A port that accepts and says nothing must not hold a dial longer than its own deadline, nor a cancelled one at all.
func TestASilentPortEndsTheDial(t *testing.T) {
	s := startServer(t)
	proxy := sshd.NewProxy(t, s.Addr())
	proxy.Stall()
	target := targetOf(s)
	target.Host, target.Port = proxy.Host, proxy.Port

	o := testOptions()
	o.HandshakeTimeout = 100 * time.Millisecond
	_, err := Dial(testContext(t), target, o)
	wantCode(t, err, "nas_unreachable")

	ctx, cancel := context.WithCancel(testContext(t))
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := Dial(ctx, target, testOptions()); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled dial gave %v", err)
	}
}

func TestAnotherMachineIsAHardStop(t *testing.T) {
	s := startServer(t)
	target := targetOf(s)
	c := dial(t, target, testOptions())
	if c.Facts().GOARCH == "" || c.Facts().UID != 0 {
		t.Errorf("facts %+v", c.Facts())
	}
	target.MachineID = strings.Repeat("0", 32)
	_, err := Dial(testContext(t), target, testOptions())
	wantCode(t, err, "nas_changed")
	if id := c.Facts().MachineID; id != "" {
		target.MachineID = id
		dial(t, target, testOptions())
	}
}
