//go:build linux

package sshd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"burnish/backend/testbed/need"
	"burnish/backend/testbed/tether"
)

// patience bounds the wait for the server to answer and for what was killed to be gone.
const patience = 2 * time.Minute

// privsepDir is compiled into Debian's sshd, which refuses to start without it.
const privsepDir = "/run/sshd"

// Server is a running, or stopped, OpenSSH server.
type Server struct {
	Host               string
	Port               int
	User               string // "root"; users of NewUser can log in with the same key
	KeyFile            string // the client's private key
	HostKeyFile        string // the server's private key
	HostKeyFingerprint string // "SHA256:..."

	t      testing.TB
	sshd   string // path of the program
	dir    string
	lines  []string // of the configuration, from the test
	config string   // its configuration file
	log    string   // the file that it writes to
	mark   string   // "name=value" in the environment of all that its sessions start
	child  *tether.Child

	ownHomes bool // see OwnHomes
	machine  bool // a machine of its own: see OwnMachine
}

type settings struct {
	lines       []string
	hostKeyFile string
	machine     bool
	ownHomes    bool
}

// OwnHomes gives each login its own home, with the start-up files there. Without it they all have an empty one.
func OwnHomes() Option { return func(s *settings) { s.ownHomes = true } }

// Option changes how a server is started.
type Option func(*settings)

// Config puts lines of sshd_config(5) before the server's own; of two that set the same, sshd takes the first. A Match
// block would swallow the server's own and must not be among them.
func Config(lines ...string) Option {
	return func(s *settings) { s.lines = append(s.lines, lines...) }
}

// MaxSessions limits the sessions per connection: 1 is the strictest that still allows a command.
func MaxSessions(n int) Option { return Config("MaxSessions " + strconv.Itoa(n)) }

// HostKey lets the server be the same host as another one: it takes the private key in file for its own.
func HostKey(file string) Option { return func(s *settings) { s.hostKeyFile = file } }

// Start runs a server on a free port of 127.0.0.1 and returns when it answers. It needs root and sshd. Where the
// test fails, the end of the server's log is in the test's.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	need.Root(t)
	s := &Server{Host: "127.0.0.1", User: "root", t: t, sshd: need.Program(t, "sshd")}
	var set settings
	for _, o := range opts {
		o(&set)
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "burnish-sshd-"); err != nil {
		t.Fatal(err)
	}
	s.lines, s.HostKeyFile, s.machine, s.ownHomes = set.lines, set.hostKeyFile, set.machine, set.ownHomes
	s.KeyFile = filepath.Join(s.dir, "client")
	s.config = filepath.Join(s.dir, "config")
	s.log = filepath.Join(s.dir, "log")
	s.mark = "BURNISH_TEST_SSHD=" + filepath.Base(s.dir)
	will := tether.NewWill(t, `
for f in $(grep -lsxzF -- "$1" /proc/[0-9]*/environ); do f=${f#/proc/}; kill -9 "${f%/environ}"; done
for f in $(grep -lsF -- "$3" /proc/[0-9]*/mountinfo); do f=${f#/proc/}; kill -9 "${f%/mountinfo}"; done
rm -rf "$2"
`, s.mark, s.dir, filepath.Base(s.dir)+"/boot_id")
	t.Cleanup(func() {
		if s.machine {
			s.PowerCut()
		}
		s.Stop()
		err := gone("a process that a session had started", func() []int {
			left := marked(s.mark)
			kill(left)
			return left
		})
		if t.Failed() {
			log := s.Log()
			t.Logf("the log of the SSH server on port %d:\n%s", s.Port, log[max(0, len(log)-8<<10):])
		}
		if err := errors.Join(err, os.RemoveAll(s.dir), will.Revoke()); err != nil {
			t.Error(err)
		}
	})
	if err := s.prepare(); err != nil {
		t.Fatalf("prepare an SSH server: %v", err)
	}
	for range 5 {
		// Between the look for a free port and its use somebody else may take it.
		if s.Port, err = freePort(); err != nil {
			break
		}
		if err = s.listen(); err == nil {
			return s
		}
	}
	t.Fatalf("start an SSH server: %v\n%s", err, s.Log())
	return nil
}

func (s *Server) prepare() error {
	client, err := writeKey(s.KeyFile)
	if err != nil {
		return err
	}
	// An ordinary user's key is looked up with that user's rights, so the way to it must be open.
	if err := os.Chmod(s.dir, 0o711); err != nil {
		return err
	}
	if err := os.WriteFile(s.authorized(), ssh.MarshalAuthorizedKey(client), 0o644); err != nil {
		return err
	}
	if err := os.Mkdir(privsepDir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := s.newBoot(); err != nil {
		return err
	}
	if s.HostKeyFile == "" {
		return s.newHostKey()
	}
	return nil
}

func (s *Server) newHostKey() error {
	s.HostKeyFile = filepath.Join(s.dir, "host-"+hexRandom(4))
	_, err := writeKey(s.HostKeyFile)
	return err
}

func (s *Server) authorized() string { return filepath.Join(s.dir, "authorized_keys") }

// configure writes the configuration for the port and the host key as they are now.
func (s *Server) configure() error {
	home := " HOME=" + s.dir // not the start-up files of whoever runs the tests
	if s.ownHomes {
		home = ""
	}
	lines := append(slices.Clone(s.lines),
		"ListenAddress "+net.JoinHostPort(s.Host, strconv.Itoa(s.Port)),
		"HostKey "+s.HostKeyFile,
		"AuthorizedKeysFile "+s.authorized(),
		"PidFile none",
		"PermitRootLogin prohibit-password",
		"PasswordAuthentication no",
		"KbdInteractiveAuthentication no",
		"StrictModes no",
		"UsePAM no",
		"UseDNS no",
		"MaxStartups 200",
		"SetEnv "+s.mark+home,
		"LogLevel VERBOSE",
	)
	// From OpenSSH 9.8 on a client that fails is shut out for a while, and here all clients are one address.
	// Older ones refuse the whole file for the word.
	for _, optional := range []string{"PerSourcePenalties no\n", ""} {
		text := strings.Join(lines, "\n") + "\n" + optional
		if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
			return err
		}
		out, err := exec.Command(s.sshd, "-t", "-f", s.config).CombinedOutput()
		if err == nil {
			return nil
		}
		if optional == "" {
			return fmt.Errorf("sshd refuses its configuration: %w: %s", err, bytes.TrimSpace(out))
		}
	}
	return nil
}

// listen starts the program and waits for the port to speak SSH.
func (s *Server) listen() error {
	err := s.configure()
	if err != nil {
		return err
	}
	if s.HostKeyFingerprint, err = fingerprint(s.HostKeyFile); err != nil {
		return err
	}
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.program()
	cmd.Stderr = log
	if s.child, err = tether.Start(cmd); err != nil {
		return err
	}
	for end := time.Now().Add(patience); ; {
		if s.child.Ended(2 * time.Millisecond) {
			err = fmt.Errorf("sshd ended: %w", s.child.Err())
			s.child = nil
			return err
		}
		if err = greeted(s.Addr()); err == nil {
			return nil
		}
		if time.Now().After(end) {
			s.Stop()
			return fmt.Errorf("no answer on %s after %v: %w", s.Addr(), patience, err)
		}
	}
}

// Addr is "host:port".
func (s *Server) Addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Log is what the server has written so far, over all its starts.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Stop kills the listener and all connections with SIGKILL and returns when they are gone; the port then refuses.
// What the sessions have started is left. To stop twice is fine.
func (s *Server) Stop() {
	s.t.Helper()
	if s.child == nil {
		return
	}
	if err := s.killSessions(); err != nil {
		s.t.Error(err)
	}
	s.child.Kill()
	s.child = nil
}

// KillSessions kills all connections with SIGKILL and returns when they are gone; the server takes new ones.
func (s *Server) KillSessions() {
	s.t.Helper()
	if s.child == nil {
		return
	}
	if err := s.killSessions(); err != nil {
		s.t.Error(err)
	}
	syscall.Kill(s.child.Pid(), syscall.SIGCONT)
}

// killSessions leaves the listener stopped: so it makes no more sessions, and still is the parent by which they are
// found.
func (s *Server) killSessions() error {
	freeze(s.child.Pid())
	return gone("a session of sshd", func() []int {
		left := sessions(s.child.Pid())
		kill(left)
		return left
	})
}

// Restart stops the server, if it runs, and starts it on the same port with the same keys.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if err := s.listen(); err != nil {
		s.t.Fatalf("start the SSH server again: %v\n%s", err, s.Log())
	}
}

// ReplaceHostKey starts the server again as another host on the same port. HostKeyFingerprint is the new one's.
func (s *Server) ReplaceHostKey() {
	s.t.Helper()
	if err := s.newHostKey(); err != nil {
		s.t.Fatalf("replace a host key: %v", err)
	}
	s.Restart()
}

// gone waits until left, which may kill what it finds, finds nothing any more.
func gone(what string, left func() []int) error {
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		pids := left()
		if len(pids) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s is still there %v after SIGKILL: %v", what, patience, pids)
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// greeted connects once and reads the first bytes that an SSH server sends.
func greeted(addr string) error {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	hello := make([]byte, 4)
	if _, err := io.ReadFull(c, hello); err != nil {
		return err
	}
	if string(hello) != "SSH-" {
		return fmt.Errorf("%q is not SSH's greeting", hello)
	}
	return nil
}
