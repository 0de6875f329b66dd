//go:build linux

package nas

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"burnish/backend/nas/link"
	"burnish/backend/testbed/sshd"
)

// ownProgram is the runner of the tests: this very program.
var ownProgram = sync.OnceValues(func() ([]byte, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(exe)
})

func testOptions() Options {
	return Options{Runner: func(string) ([]byte, error) { return ownProgram() }}
}

func targetOf(s *sshd.Server) Target {
	return Target{Sudo: SudoNone, Target: link.Target{
		Name: "testnas", Host: s.Host, Port: s.Port, User: s.User, KeyFile: s.KeyFile, HostKey: s.HostKeyFingerprint,
	}}
}

// rootDir makes a directory that only root can change, with all above it, and on which programs may run.
func rootDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/lib", "burnish-nas-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func dial(t testing.TB, target Target, o Options) *Conn {
	t.Helper()
	c, err := Dial(testContext(t), target, o)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// deployed is a connection to a NAS whose runner lies in a new state directory.
func deployed(t testing.TB, target Target, o Options) *Conn {
	t.Helper()
	if target.StateDir == "" {
		target.StateDir = filepath.Join(rootDir(t), "burnish")
	}
	c := dial(t, target, o)
	if _, err := c.Deploy(testContext(t)); err != nil {
		t.Fatalf("deploy: %v", err)
	}
	return c
}

// startServer starts a server whose logins have a home without start-up files: those of whoever runs the tests may
// be slow, and take locks that outlive a killed session.
func startServer(t testing.TB, opts ...sshd.Option) *sshd.Server {
	t.Helper()
	key, public := keyFile(t, newKey(t))
	allowed := filepath.Join(rootDir(t), "authorized_keys")
	line := append([]byte(`environment="HOME=/nonexistent" `), ssh.MarshalAuthorizedKey(public)...)
	if err := os.WriteFile(allowed, line, 0o644); err != nil {
		t.Fatal(err)
	}
	s := sshd.Start(t, append(opts, sshd.Config("PermitUserEnvironment yes", "AuthorizedKeysFile "+allowed))...)
	s.KeyFile = key
	return s
}
