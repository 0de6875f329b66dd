//go:build linux

package sshd

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"burnish/backend/testbed/need"
	"burnish/backend/testbed/tether"
)

// Sudo is what a user may do with sudo.
type Sudo int

const (
	SudoNone     Sudo = iota // not in sudoers; sudo need not be installed
	SudoNopasswd             // everything, without being asked
	SudoPassword             // everything, with the user's password
)

// User is an account of this machine that lives as long as the test.
type User struct {
	Name     string // "burnish-test-1a2b3c4d"
	UID      int
	Home     string // belongs to the user
	Password string // for sudo, and for a server that is configured with PasswordAuthentication yes
}

// sudoersDir is read by sudo in addition to /etc/sudoers.
const sudoersDir = "/etc/sudoers.d"

// NewUser adds an ordinary user with /bin/sh. Every Server lets it in by the server's KeyFile. When the test ends,
// its processes are killed and the account, home, sudo rule and sudo's records of it are removed. It needs root and
// useradd; with sudo rights also sudo.
func NewUser(t testing.TB, sudo Sudo) *User {
	t.Helper()
	need.Root(t)
	tools := tools{useradd: need.Program(t, "useradd"), chpasswd: need.Program(t, "chpasswd"), userdel: need.Program(t,
		"userdel")}
	if sudo != SudoNone {
		need.Program(t, "sudo")
		tools.visudo = need.Program(t, "visudo")
	}
	u := &User{Name: "burnish-test-" + hexRandom(4), Password: hexRandom(12)}
	u.Home = filepath.Join("/home", u.Name)
	// sudoers goes first: at no moment may there be a rule for a name that somebody else could take.
	will := tether.NewWill(t, `
rm -f /etc/sudoers.d/"$1" /etc/sudoers.d/"$1"~
pkill -9 -u "$1"
userdel --remove --force "$1"
rm -f /var/lib/sudo/lectured/"$1" /run/sudo/ts/"$1"
`, u.Name)
	t.Cleanup(func() {
		if err := errors.Join(u.remove(tools), will.Revoke()); err != nil {
			t.Errorf("remove the user %s: %v", u.Name, err)
		}
	})
	if err := u.add(tools, sudo); err != nil {
		t.Fatalf("add the user %s: %v", u.Name, err)
	}
	return u
}

// Shell gives the user another login shell.
func (u *User) Shell(t testing.TB, path string) {
	t.Helper()
	if err := run("", need.Program(t, "usermod"), "--shell", path, u.Name); err != nil {
		t.Fatal(err)
	}
}

// Writes puts a file of the user's into the home.
func (u *User) Writes(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(u.Home, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, u.UID, -1); err != nil {
		t.Fatal(err)
	}
}

// SudoDefaults adds to the user's rule what sudoers sets for this user, such as command_timeout=2.
func (u *User) SudoDefaults(t testing.TB, setting string) {
	t.Helper()
	path := filepath.Join(sudoersDir, u.Name)
	rule, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	draft := path + "~"
	if err = os.WriteFile(draft, append([]byte("Defaults:"+u.Name+" "+setting+"\n"), rule...), 0o440); err == nil {
		if err = run("", need.Program(t, "visudo"), "-c", "-f", draft); err == nil {
			err = os.Rename(draft, path)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tools are the paths of the programs that accounts are made and unmade with.
type tools struct{ useradd, chpasswd, userdel, visudo string }

func (u *User) add(tools tools, sudo Sudo) error {
	if err := run("", tools.useradd, "--create-home", "--home-dir", u.Home, "--user-group", "--shell", "/bin/sh",
		u.Name); err != nil {
		return err
	}
	account, err := user.Lookup(u.Name)
	if err != nil {
		return err
	}
	if u.UID, err = strconv.Atoi(account.Uid); err != nil {
		return err
	}
	// Without PAM, sshd refuses an account that has no password as a locked one.
	if err := run(u.Name+":"+u.Password+"\n", tools.chpasswd); err != nil {
		return err
	}
	switch sudo {
	case SudoNopasswd:
		return u.allow(tools, "NOPASSWD: ")
	case SudoPassword:
		return u.allow(tools, "")
	case SudoNone:
	}
	return nil
}

// allow puts a rule in place that visudo has found good: a broken one would lock everybody out of sudo.
func (u *User) allow(tools tools, tag string) error {
	draft := filepath.Join(sudoersDir, u.Name+"~") // sudo does not read names that end so
	rule := fmt.Sprintf("%s ALL=(ALL:ALL) %sALL\n", u.Name, tag)
	err := os.WriteFile(draft, []byte(rule), 0o440)
	if err == nil {
		err = run("", tools.visudo, "-c", "-f", draft)
	}
	if err == nil {
		err = os.Rename(draft, filepath.Join(sudoersDir, u.Name))
	}
	return err
}

func (u *User) remove(tools tools) error {
	errs := []error{forget(filepath.Join(sudoersDir, u.Name)), forget(filepath.Join(sudoersDir, u.Name+"~"))}
	if u.UID != 0 {
		errs = append(errs, gone("a process of the user", func() []int {
			left := ownedBy(u.UID)
			kill(left)
			return left
		}))
	}
	if _, err := user.Lookup(u.Name); err == nil {
		errs = append(errs, run("", tools.userdel, "--remove", "--force", u.Name))
	}
	return errors.Join(append(errs,
		forget(filepath.Join("/var/lib/sudo/lectured", u.Name)),
		forget(filepath.Join("/run/sudo/ts", u.Name)),
	)...)
}

// forget removes a file that need not be there.
func forget(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func run(stdin, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, bytes.TrimSpace(out))
	}
	return nil
}

func hexRandom(bytes int) string {
	p := make([]byte, bytes)
	rand.Read(p)
	return hex.EncodeToString(p)
}
