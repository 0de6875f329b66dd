//go:build linux

package sshd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"

	"burnish/backend/testbed/need"
)

// connect logs in as user and takes the host for the right one only by its fingerprint.
func connect(s *Server, user, addr string) (*ssh.Client, error) {
	text, err := os.ReadFile(s.KeyFile)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	return ssh.Dial("tcp", addr, &ssh.ClientConfig{
		User: user,
		Auth: []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: func(_ string, _ net.Addr, host ssh.PublicKey) error {
			if got := ssh.FingerprintSHA256(host); got != s.HostKeyFingerprint {
				return fmt.Errorf("the host is %s, want %s", got, s.HostKeyFingerprint)
			}
			return nil
		},
	})
}

func login(t *testing.T, s *Server, user string) *ssh.Client {
	t.Helper()
	c, err := connect(s, user, s.Addr())
	if err != nil {
		t.Fatalf("log in as %s: %v", user, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func output(t *testing.T, c *ssh.Client, stdin, command string) (string, error) {
	t.Helper()
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	session.Stdin = strings.NewReader(stdin)
	out, err := session.Output(command)
	return strings.TrimSpace(string(out)), err
}

func TestTheOrdinaryClientLogsIn(t *testing.T) {
	client := need.Program(t, "ssh")
	s := Start(t)
	known := filepath.Join(t.TempDir(), "known_hosts")
	out, err := exec.Command(client, "-F", "none", "-i", s.KeyFile, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
		"-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile="+known, "-o", "LogLevel=ERROR",
		"-p", strconv.Itoa(s.Port), s.User+"@"+s.Host, "id -u; exit 7").CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 || strings.TrimSpace(string(out)) != "0" {
		t.Errorf("got %q, %v", out, err)
	}
	if !strings.Contains(s.Log(), "Accepted publickey for root") {
		t.Errorf("the log does not tell of it:\n%s", s.Log())
	}
}

func TestOneSessionPerConnectionCanBeAllThereIs(t *testing.T) {
	c := login(t, Start(t, MaxSessions(1)), "root")
	first, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if second, err := c.NewSession(); err == nil {
		second.Close()
		t.Error("a second session was let in")
	}
	if err := first.Run("true"); err != nil {
		t.Error(err)
	}
}

func TestTheTestsOwnLinesOfConfigurationWin(t *testing.T) {
	s := Start(t, Config("PermitRootLogin no"))
	if c, err := connect(s, "root", s.Addr()); err == nil {
		c.Close()
		t.Error("root was let in")
	}
}

func TestADaemonOutlivesTheServerButNotTheTest(t *testing.T) {
	need.Root(t)
	need.Program(t, "sshd")
	var daemon int
	t.Run("the server is stopped and started", func(t *testing.T) {
		s := Start(t)
		c := login(t, s, "root")
		out, err := output(t, c, "", "setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $!")
		if daemon, _ = strconv.Atoi(out); err != nil || daemon == 0 {
			t.Fatalf("got %q, %v", out, err)
		}
		s.Stop()
		if err := c.Wait(); err == nil {
			t.Error("the connection ended in peace")
		}
		if _, err := connect(s, "root", s.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a stopped server: got %v", err)
		}
		was := s.HostKeyFingerprint
		s.Restart()
		if s.HostKeyFingerprint != was {
			t.Error("it came back as another host")
		}
		if out, err := output(t, login(t, s, "root"), "", "kill -0 "+strconv.Itoa(daemon)+
			" && echo alive"); out != "alive" {
			t.Errorf("the daemon is gone: %q, %v", out, err)
		}
	})
	if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", daemon)); len(line) > 0 {
		t.Errorf("left behind: %q", line)
	}
}

func TestSessionsAreKilledAndNewOnesTaken(t *testing.T) {
	s := Start(t)
	u := NewUser(t, SudoNone)
	a, b := login(t, s, "root"), login(t, s, u.Name)
	s.KillSessions()
	if a.Wait() == nil || b.Wait() == nil {
		t.Error("a connection ended in peace")
	}
	if out, err := output(t, login(t, s, "root"), "", "echo here"); out != "here" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestAHostKeyCanBeReplacedOrShared(t *testing.T) {
	s := Start(t)
	before := *s
	if other := Start(t, HostKey(s.HostKeyFile)); other.HostKeyFingerprint != s.HostKeyFingerprint {
		t.Error("two servers with one key are two hosts")
	}
	s.ReplaceHostKey()
	if c, err := connect(&before, "root", s.Addr()); err == nil {
		c.Close()
		t.Error("the replaced key is still the host's")
	} else if !strings.Contains(err.Error(), "the host is "+s.HostKeyFingerprint) {
		t.Errorf("got %v", err)
	}
	login(t, s, "root")
}

func TestAUsersSudoIsAsAskedFor(t *testing.T) {
	need.Program(t, "sudo")
	s := Start(t)
	for _, c := range []struct {
		name           string
		sudo           Sudo
		without, given bool // whether sudo does it without a password, and with the right one
	}{
		{"none", SudoNone, false, false},
		{"nopasswd", SudoNopasswd, true, true},
		{"password", SudoPassword, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := NewUser(t, c.sudo)
			client := login(t, s, u.Name)
			if out, err := output(t, client, "", "id -u; pwd"); out != fmt.Sprintf("%d\n%s", u.UID, u.Home) {
				t.Errorf("logged in as %q, %v, want %d in %s", out, err, u.UID, u.Home)
			}
			if out, _ := output(t, client, "", "sudo -n -k id -u"); (out == "0") != c.without {
				t.Errorf("without a password sudo said %q", out)
			}
			if out, _ := output(t, client, u.Password+"\n", "sudo -k -S -p '' id -u"); (out == "0") != c.given {
				t.Errorf("with the password sudo said %q", out)
			}
		})
	}
}

func TestAUserIsRemovedWithAllThatIsTheirs(t *testing.T) {
	need.Root(t)
	need.Program(t, "sshd")
	need.Program(t, "useradd")
	var u *User
	t.Run("a user leaves a daemon", func(t *testing.T) {
		s := Start(t)
		u = NewUser(t, SudoNone)
		if _, err := output(t, login(t, s, u.Name), "",
			"env -i setsid sleep 600 >/dev/null 2>&1 </dev/null &"); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := user.Lookup(u.Name); err == nil {
		t.Errorf("%s is still there", u.Name)
	}
	if left := ownedBy(u.UID); len(left) > 0 {
		t.Errorf("processes %v are still there", left)
	}
	for _, path := range []string{u.Home, filepath.Join(sudoersDir, u.Name), "/var/lib/sudo/lectured/" + u.Name,
		"/run/sudo/ts/" + u.Name} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
}

func TestAConnectionThroughAProxyIsLostWhenItIsDropped(t *testing.T) {
	s := Start(t)
	p := NewProxy(t, s.Addr())
	c, err := connect(s, "root", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if out, err := output(t, c, "", "echo here"); out != "here" || p.Down() == 0 {
		t.Errorf("got %q, %v, %d bytes", out, err, p.Down())
	}
	p.Drop()
	if err := c.Wait(); err == nil {
		t.Error("the connection ended in peace")
	}
}

// The test binary plays the one that is killed.
const roleOfVictim = "BURNISH_SSHD_VICTIM"

func TestVictim(t *testing.T) {
	if os.Getenv(roleOfVictim) == "" {
		return // it only has a part in TestAKilledTestLeavesNothingBehind
	}
	s, u := Start(t), NewUser(t, SudoNone)
	out, err := output(t, login(t, s, u.Name), "", "setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $!")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(u.Name, s.child.Pid(), out, s.dir)
	select {}
}

func TestAKilledTestLeavesNothingBehind(t *testing.T) {
	need.Root(t)
	need.Program(t, "sshd")
	need.Program(t, "useradd")
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), roleOfVictim+"=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var name, dir string
	var server, daemon int
	if _, err := fmt.Fscan(out, &name, &server, &daemon, &dir); err != nil {
		t.Fatalf("the victim named nothing: %v", err)
	}
	victim.Process.Kill()
	victim.Wait()
	for _, pid := range []int{server, daemon} {
		if err := gone("a process", func() []int {
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if len(line) > 0 {
				return []int{pid}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	if err := gone("the user or the directory", func() []int {
		_, account := user.Lookup(name)
		_, files := os.Stat(dir)
		if account != nil && files != nil {
			return nil
		}
		return []int{server}
	}); err != nil {
		t.Error(err)
	}
}
