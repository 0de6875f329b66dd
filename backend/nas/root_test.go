//go:build linux

package nas

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"burnish/backend/nas/mirror"
	"burnish/backend/reason"
	"burnish/backend/testbed/sshd"
	"burnish/backend/wire"
)

func targetAs(s *sshd.Server, u *sshd.User, sudo Sudo) Target {
	target := targetOf(s)
	target.User, target.Sudo = u.Name, sudo
	return target
}

func wantRootInventory(t *testing.T, c *Conn) {
	t.Helper()
	rows, err := c.Inventory(testContext(t), wire.InventoryRequest{})
	if err != nil || len(rows) != 1 || rows[0].Path != "/dev/uid0" {
		t.Errorf("inventory: %+v, %v; want one row, as uid 0", rows, err)
	}
}

func TestSudoWithoutAPassword(t *testing.T) {
	s := startServer(t)
	u := sshd.NewUser(t, sshd.SudoNopasswd)
	for name, sudo := range map[string]Sudo{"as said": SudoNopasswd, "although one is saved": SudoPassword} {
		t.Run(name, func(t *testing.T) {
			target := targetAs(s, u, sudo)
			target.SudoPassword = func(context.Context) (string, error) {
				t.Error("the password was asked for and sudo did not")
				return "", nil
			}
			wantRootInventory(t, deployed(t, target, testOptions()))
		})
	}
}

func TestSudoWithAPassword(t *testing.T) {
	s := startServer(t)
	u := sshd.NewUser(t, sshd.SudoPassword)
	target := targetAs(s, u, SudoPassword)
	target.SudoPassword = func(context.Context) (string, error) { return u.Password, nil }
	c := deployed(t, target, testOptions())
	wantRootInventory(t, c)
	if v, err := c.Version(testContext(t)); err != nil || v.UID != u.UID {
		t.Errorf("version: %+v, %v; want it as uid %d, without sudo", v, err, u.UID)
	}
	if strings.Contains(s.Log(), u.Password) {
		t.Error("the password is in the server's log")
	}

	wrong := map[string]func(context.Context) (string, error){
		"wrong":      func(context.Context) (string, error) { return "not-" + u.Password, nil },
		"locked":     func(context.Context) (string, error) { return "", errors.New("the keychain is locked") },
		"two lines":  func(context.Context) (string, error) { return u.Password + "\nx", nil },
		"none saved": nil,
	}
	for name, password := range wrong {
		t.Run(name, func(t *testing.T) {
			target.SudoPassword = password
			want := reason.Code("no_root")
			if name == "wrong" {
				want = "sudo_refused"
			}
			text := wantCode(t, dial(t, target, testOptions()).HasRoot(testContext(t)), want)
			if strings.Contains(text, u.Password) {
				t.Errorf("the password is in the error %q", text)
			}
		})
	}
}

// A login whose language is another one is told the same.
func TestAWrongSudoPasswordIsKnownInEveryLanguage(t *testing.T) {
	s := startServer(t, sshd.Config("SetEnv LANG=C.UTF-8 LANGUAGE=de"))
	u := sshd.NewUser(t, sshd.SudoPassword)
	target := targetAs(s, u, SudoPassword)
	target.SudoPassword = func(context.Context) (string, error) { return "not-" + u.Password, nil }
	wantCode(t, dial(t, target, testOptions()).HasRoot(testContext(t)), "sudo_refused")
}

// While a root call runs, its password must not be seen in any process's arguments or environment.
func TestTheSudoPasswordIsInNoArgumentAndNoEnvironment(t *testing.T) {
	s := startServer(t)
	u := sshd.NewUser(t, sshd.SudoPassword)
	target := targetAs(s, u, SudoPassword)
	target.SudoPassword = func(context.Context) (string, error) { return u.Password, nil }
	c := dial(t, target, testOptions())
	// A root script that looks for itself.
	script := `cat > /dev/null; cat /proc/$$/environ /proc/$PPID/environ /proc/$PPID/cmdline /proc/$$/cmdline | tr "\000" "\n"; echo ` + scriptDone
	lines, err := c.runRoot(testContext(t), strings.NewReader("x"), script)
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(lines, "\n"); !strings.Contains(all, "sudo") || strings.Contains(all, u.Password) {
		t.Errorf("the password shows, or the look failed:\n%s", all)
	}
}

func TestALoginWithoutSudoFollowsAndListsButIsNotRoot(t *testing.T) {
	s := startServer(t)
	root := deployed(t, targetOf(s), testOptions())
	u := sshd.NewUser(t, sshd.SudoNone)
	job := "0123456789abcdefghij"
	dir := filepath.Join(root.StateDir(), "jobs", job)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "run-1.ndjson"), []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	target := targetAs(s, u, SudoNone)
	target.StateDir = root.StateDir()
	c := deployed(t, target, testOptions())
	if jobs, err := c.List(testContext(t)); err != nil || len(jobs) != 1 {
		t.Errorf("list: %v, %v", jobs, err)
	}
	m := mirror.Mirror{Dir: t.TempDir()}
	if err := c.Follow(testContext(t), m, nil, []string{job}, true, func(string, *wire.JobStatus) {}); err != nil {
		t.Error(err)
	}
	if have, err := m.Have(job); err != nil || have["run-1.ndjson"] != 3 {
		t.Errorf("the mirror has %v, %v", have, err)
	}
	_, err := c.Inventory(testContext(t), wire.InventoryRequest{})
	wantCode(t, err, "no_root")

	// With sudo promised in the profile, and not by the NAS, sudo's own words are told.
	target.Sudo = SudoNopasswd
	if _, err := exec.LookPath("sudo"); err == nil {
		_, err := deployed(t, target, testOptions()).Inventory(testContext(t), wire.InventoryRequest{})
		if text := wantCode(t, err, "no_root"); !strings.Contains(text, "sudo") {
			t.Errorf("%q does not say what sudo said", text)
		}
	}
}

// The login must reach the runner by itself, or it could not follow without root.
func TestAPlaceThatTheLoginCannotReachIsNoPlace(t *testing.T) {
	s := startServer(t)
	u := sshd.NewUser(t, sshd.SudoNopasswd)
	dir := rootDir(t)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	target := targetAs(s, u, SudoNopasswd)
	target.StateDir = filepath.Join(dir, "burnish")
	_, err := dial(t, target, testOptions()).Deploy(testContext(t))
	wantCode(t, err, "state_dir_unusable")
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
