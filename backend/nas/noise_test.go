//go:build linux

package nas

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"burnish/backend/nas/mirror"
	"burnish/backend/testbed/need"
	"burnish/backend/testbed/sshd"
)

// loud gives a user a shell whose start-up file is this: bash reads .bashrc when sshd starts it for a command.
func loud(t *testing.T, u *sshd.User, startup string) {
	t.Helper()
	u.Shell(t, need.Program(t, "bash"))
	u.Writes(t, ".bashrc", startup+"\n")
}

// TestWhatStartUpFilesPrintIsReadOver goes the whole way to a NAS whose login prints: the platform, the way to root,
// the upload, verbs, a follow, and TrueNAS's middleware.
func TestWhatStartUpFilesPrintIsReadOver(t *testing.T) {
	for name, c := range map[string]struct {
		startup string
		sudo    sshd.Sudo
	}{
		"a line":           {`echo Welcome to the NAS; echo hello >&2`, sshd.SudoPassword},
		"no line end":      {`printf "no end of the line"; printf "nor here" >&2`, sshd.SudoNopasswd},
		"bytes":            {`head -c 20000 /dev/urandom; head -c 200000 /dev/urandom >&2`, sshd.SudoPassword},
		"much":             {`yes "a banner of many lines" | head -c 700000; head -c 300000 /dev/zero | tr "\000" x`, sshd.SudoNopasswd},
		"the command":      {`set -x; echo "$BASH_EXECUTION_STRING"; echo "$BASH_EXECUTION_STRING" >&2`, sshd.SudoNopasswd},
		"ends and answers": {`echo "{\"t\":\"end\"}"; echo burnish-done; echo os=Plan9; echo "sudo: no" >&2; echo burnish: missing >&2`, sshd.SudoPassword},
	} {
		t.Run(name, func(t *testing.T) {
			s := sshd.Start(t, sshd.OwnHomes())
			u := sshd.NewUser(t, c.sudo)
			loud(t, u, c.startup)
			goTheWholeWay(t, s, u, c.sudo)
		})
	}
}

// TestAWrapperThatPrintsIsReadOver: a ForceCommand prints before and after what it runs.
func TestAWrapperThatPrintsIsReadOver(t *testing.T) {
	wrapper := filepath.Join(t.TempDir(), "wrapper")
	if err := os.WriteFile(wrapper, []byte("#!/bin/sh\necho \"audit: $SSH_ORIGINAL_COMMAND\"\n/bin/sh -c "+
		"\"$SSH_ORIGINAL_COMMAND\"\ns=$?\necho audited; echo audited >&2\nexit $s\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for dir := wrapper; dir != "/tmp"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s := sshd.Start(t, sshd.Config("ForceCommand "+wrapper))
	goTheWholeWay(t, s, sshd.NewUser(t, sshd.SudoNopasswd), sshd.SudoNopasswd)
}

func goTheWholeWay(t *testing.T, s *sshd.Server, u *sshd.User, sudo sshd.Sudo) {
	t.Helper()
	how := SudoNopasswd
	if sudo == sshd.SudoPassword {
		how = SudoPassword
	}
	target := targetAs(s, u, how)
	target.SudoPassword = func(context.Context) (string, error) { return u.Password, nil }
	target.StateDir = filepath.Join(rootDir(t), "state")
	c := dial(t, target, testOptions())
	if c.Facts().UID != u.UID || c.Facts().System == "" {
		t.Errorf("the facts are %+v", c.Facts())
	}
	if err := c.HasRoot(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Version(testContext(t)); !errors.Is(err, ErrNoRunner) {
		t.Errorf("without a runner a call gave %v", err)
	}
	if _, err := c.Deploy(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Version(testContext(t)); err != nil || v.UID != u.UID {
		t.Errorf("%+v, %v", v, err)
	}
	dir := filepath.Join(target.StateDir, "jobs", aJob)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "run-1.ndjson"), []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if jobs, err := c.List(testContext(t)); err != nil || len(jobs) != 1 {
		t.Errorf("the list is %v, %v", jobs, err)
	}
	m := mirror.Mirror{Dir: t.TempDir()}
	if err := c.Follow(testContext(t), m, nil, []string{aJob}, true, nothing); err != nil {
		t.Error(err)
	}
	if have, err := m.Have(aJob); err != nil || have["run-1.ndjson"] != 3 {
		t.Errorf("the mirror has %v, %v", have, err)
	}
	if err := c.RemoveOld(testContext(t)); err != nil {
		t.Error(err)
	}
	u.Writes(t, "midclt", "#!/bin/sh\necho \"[{\\\"name\\\": \\\"sda\\\"}]\"\n")
	if err := os.Chmod(filepath.Join(u.Home, "midclt"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := c.Midclt(testContext(t), "disk.query"); !errors.Is(err, ErrNoMidclt) &&
		strings.TrimSpace(string(out)) != `[{"name": "sda"}]` {
		t.Errorf("midclt gave %q, %v", out, err)
	}
}

// TestALoginThatPrintsTooMuchIsNamed by what it prints.
func TestALoginThatPrintsTooMuchIsNamed(t *testing.T) {
	s := sshd.Start(t, sshd.OwnHomes())
	u := sshd.NewUser(t, sshd.SudoNone)
	loud(t, u, `yes "the same line for ever"`)
	_, err := Dial(testContext(t), targetAs(s, u, SudoNone), testOptions())
	if text := wantCode(t, err, "login_noisy"); !strings.Contains(text, "the same line for ever.") ||
		!strings.Contains(text, u.Name) {
		t.Errorf("it says %q", text)
	}
}

// TestAStartUpFileThatReadsIsNamed: what it reads is a password or a request, and the command waits for it in vain.
func TestAStartUpFileThatReadsIsNamed(t *testing.T) {
	for _, startup := range []string{"read -r answer", "cat >/dev/null", `printf "proceed? "; read -n 1 key`} {
		s := sshd.Start(t, sshd.OwnHomes())
		u := sshd.NewUser(t, sshd.SudoNone)
		loud(t, u, startup)
		_, err := Dial(testContext(t), targetAs(s, u, SudoNone), testOptions())
		if text := wantCode(t, err, "login_reads"); !strings.Contains(text, u.Name) {
			t.Errorf("it says %q", text)
		}
	}
}

// TestALoginWithoutAShellIsNamed by what the NAS printed.
func TestALoginWithoutAShellIsNamed(t *testing.T) {
	nologin, fails := need.Program(t, "nologin"), need.Program(t, "false")
	for name, c := range map[string]struct {
		config string
		shape  func(*sshd.User)
		says   string
	}{
		"nologin": {"", func(u *sshd.User) { u.Shell(t, nologin) }, "This account is currently not " +
			"available"},
		"false":     {"", func(u *sshd.User) { u.Shell(t, fails) }, "It printed: nothing."},
		"sftp only": {"ForceCommand internal-sftp", func(*sshd.User) {}, "sftp connections only"},
		"a start-up file": {"", func(u *sshd.User) { loud(t, u, "echo maintenance; exit 3") },
			"status 3 before it ran what was asked for. It printed: maintenance."},
		"another command":     {"ForceCommand echo menu; exit 0", func(*sshd.User) {}, "menu"},
		"a shell of few uses": {"", func(u *sshd.User) { u.Shell(t, need.Program(t, "rbash")) }, "restricted"},
	} {
		t.Run(name, func(t *testing.T) {
			options := []sshd.Option{sshd.OwnHomes()}
			if c.config != "" {
				options = append(options, sshd.Config(c.config))
			}
			s := sshd.Start(t, options...)
			u := sshd.NewUser(t, sshd.SudoNone)
			c.shape(u)
			_, err := Dial(testContext(t), targetAs(s, u, SudoNone), testOptions())
			if text := wantCode(t, err, "no_shell"); !strings.Contains(text, c.says) || !strings.Contains(text,
				u.Name) {
				t.Errorf("it says %q, not %q", text, c.says)
			}
		})
	}
}

// TestSudosTimeoutIsNamed: sudoers ends what takes longer than a second or two.
func TestSudosTimeoutIsNamed(t *testing.T) {
	for _, pty := range []string{"use_pty", "!use_pty"} {
		for rights, sudo := range map[Sudo]sshd.Sudo{SudoNopasswd: sshd.SudoNopasswd, SudoPassword: sshd.SudoPassword} {
			t.Run(fmt.Sprint(pty, rights), func(t *testing.T) {
				s := startServer(t)
				u := sshd.NewUser(t, sudo)
				u.SudoDefaults(t, "command_timeout=1, "+pty)
				target := targetAs(s, u, rights)
				target.SudoPassword = func(context.Context) (string, error) { return u.Password, nil }
				c := dial(t, target, testOptions())
				_, err := c.runRoot(testContext(t), nil, "exec sleep 30; echo "+scriptDone)
				if text := wantCode(t, err, "sudo_timeout"); !strings.Contains(text, "after 1 s") {
					t.Errorf("it says %q", text)
				}
			})
		}
	}
}
