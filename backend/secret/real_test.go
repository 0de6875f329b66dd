//go:build linux

package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"burnish/backend/testbed/need"
)

// roleOfDesktop makes the test binary the program that runs inside of a desktop session: it uses the real keychain and
// prints what that answered.
const roleOfDesktop = "BURNISH_SECRET_DESKTOP"

func TestDesktop(t *testing.T) {
	role := os.Getenv(roleOfDesktop)
	if role == "" {
		return // it only has a part in the other tests
	}
	k, ctx := NewKeychain("burnish-test"), context.Background()
	account := Account("0123456789abcdefghij", Login)
	if role == "whole" {
		testStore(t, k)
		if err := k.Set(ctx, account, New(plain)); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	s, err := k.Get(ctx, account)
	kind := "kept"
	switch {
	case errors.Is(err, ErrNotFound):
		kind = "not found"
	case errors.Is(err, ErrDenied):
		kind = "denied"
	case errors.Is(err, ErrUnavailable):
		kind = "unavailable"
	case err != nil || s.Reveal() != plain:
		kind = "wrong"
	}
	fmt.Printf("ANSWER %s (%v)\n", kind, err)
	if took := time.Since(begin); took > Patience+time.Minute {
		t.Errorf("it took %v", took)
	}
}

// desktop runs the role in a session of its own, after a line of shell.
func desktop(t *testing.T, home, role, before string, env ...string) string {
	t.Helper()
	run := need.Program(t, "dbus-run-session")
	runtime := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, run, "--", "sh", "-c", before+` exec "$0" -test.run='^TestDesktop$' -test.v`, os.Args[0])
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + runtime,
		roleOfDesktop + "=" + role}, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	_, answer, ok := strings.Cut(string(out), "ANSWER ")
	if !ok {
		t.Fatalf("no answer:\n%s", out)
	}
	answer, _, _ = strings.Cut(answer, "\n")
	return answer
}

const unlocked = `printf %s session-password | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1;`

func TestTheRealKeychainKeepsAndIsLockedInTheNextSession(t *testing.T) {
	need.Program(t, "gnome-keyring-daemon")
	home := t.TempDir()
	if got := desktop(t, home, "whole", unlocked); !strings.HasPrefix(got, "kept") {
		t.Fatalf("unlocked: %s", got)
	}
	// What lies on the disk is encrypted.
	err := filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(plain)) {
			t.Errorf("the secret lies open in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if got := desktop(t, home, "look", unlocked); !strings.HasPrefix(got, "kept") {
		t.Errorf("in a later session: %s", got)
	}
	if got := desktop(t, home, "look", ""); !strings.HasPrefix(got, "denied") {
		t.Errorf("locked: %s", got)
	}
}

func TestWithoutAKeychainThatIsSaid(t *testing.T) {
	need.Program(t, "gnome-keyring-daemon")
	t.Run("none was ever made", func(t *testing.T) {
		if got := desktop(t, t.TempDir(), "look", ""); !strings.HasPrefix(got, "denied") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("no service", func(t *testing.T) {
		// A bus that knows of no services to start.
		config := filepath.Join(t.TempDir(), "bus.conf")
		text := `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		bare := `test -n "$AGAIN" || exec env AGAIN=1 dbus-run-session --config-file=` + config + ` -- sh -c 'exec "$0" -test.run=^TestDesktop\$ -test.v' "$0";`
		if got := desktop(t, t.TempDir(), "look", bare); !strings.HasPrefix(got, "unavailable") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("a bus that is gone", func(t *testing.T) {
		bare := `export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent/bus;`
		if got := desktop(t, t.TempDir(), "look", bare); !strings.HasPrefix(got, "unavailable") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("no session", func(t *testing.T) {
		if _, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())); err == nil {
			t.Skip("a desktop session of this user runs")
		}
		if got := desktop(t, t.TempDir(), "look", `unset DBUS_SESSION_BUS_ADDRESS;`); !strings.HasPrefix(got, "unavailable (secrets cannot be kept here: no desktop session") {
			t.Errorf("got %s", got)
		}
	})
}
