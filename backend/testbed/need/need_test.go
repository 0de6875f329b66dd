package need

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// witness is a test that is watched: it keeps how it ended instead of ending the real one.
type witness struct {
	testing.TB
	skipped, failed string
}

func (w *witness) Helper()          {}
func (w *witness) Skip(args ...any) { w.skipped = fmt.Sprint(args...); runtime.Goexit() }
func (w *witness) Fatalf(format string, args ...any) {
	w.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func watch(t *testing.T, test func(testing.TB)) *witness {
	w := &witness{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(w)
	}()
	<-done
	return w
}

func TestAMissingProgramSkipsAndNamesWhatWasWanted(t *testing.T) {
	t.Setenv(noSkip, "")
	w := watch(t, func(t testing.TB) { Program(t, "no-such-tool", "nor-this-one") })
	if !strings.Contains(w.skipped, "no-such-tool or nor-this-one") || w.failed != "" {
		t.Errorf("skipped with %q, failed with %q", w.skipped, w.failed)
	}
}

func TestWhereSkippingIsForbiddenAMissingProgramFails(t *testing.T) {
	t.Setenv(noSkip, "1")
	w := watch(t, func(t testing.TB) { Program(t, "no-such-tool") })
	if !strings.Contains(w.failed, "no-such-tool") || w.skipped != "" {
		t.Errorf("skipped with %q, failed with %q", w.skipped, w.failed)
	}
}

func TestTheFirstProgramThatIsThereIsTaken(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("programs are known by their extension here")
	}
	dir := t.TempDir()
	for _, name := range []string{"second", "third"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	var got string
	w := watch(t, func(t testing.TB) { got = Program(t, "first", "second", "third") })
	if want := filepath.Join(dir, "second"); got != want || w.skipped != "" {
		t.Errorf("got %q, want %q; skipped with %q", got, want, w.skipped)
	}
}

func TestAnAdministratorsProgramIsFoundOutsideOfPath(t *testing.T) {
	dir := t.TempDir()
	name := "only-for-admins"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "")
	defer func(dirs []string) { adminDirs = dirs }(adminDirs)
	adminDirs = []string{dir}
	var got string
	watch(t, func(t testing.TB) { got = Program(t, name) })
	if want := filepath.Join(dir, name); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRootIsTheEffectiveUser(t *testing.T) {
	t.Setenv(noSkip, "")
	w := watch(t, func(t testing.TB) { Root(t) })
	if root := os.Geteuid() == 0; root != (w.skipped == "") {
		t.Errorf("root is %v, yet skipped with %q", root, w.skipped)
	}
}
