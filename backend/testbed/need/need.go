// Package need says what a test cannot do without: root, a program, a loop device, FUSE.
//
// A test whose need is not met is skipped with a line that names the need. Where the environment
// variable BURNISH_NO_SKIP is set to anything, it fails instead: a machine that is meant to run
// everything sets it, so that a missing package cannot pass for a green run.
//
// All functions must be called on the test's own goroutine, as t.Skip and t.Fatal must. They keep
// no state and may be called from parallel tests.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// noSkip is the environment variable that turns each skip into a failure.
const noSkip = "BURNISH_NO_SKIP"

// adminDirs hold the administrator's programs and are not in the PATH of an ordinary user.
var adminDirs = []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}

// Root goes on only with effective user id 0.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "needs root; run the tests as root")
	}
}

// Program returns the absolute path of the first of names that is installed, looking in PATH and
// then where administrators' programs lie.
func Program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			if path, err = filepath.Abs(path); err == nil {
				return path
			}
		}
		for _, dir := range adminDirs {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path
			}
		}
	}
	missing(t, "needs the program "+strings.Join(names, " or ")+", which is not installed")
	return ""
}

// Loop goes on only where loop devices can be made: as root, with the kernel's loop driver.
func Loop(t testing.TB) {
	t.Helper()
	Root(t)
	openable(t, "/dev/loop-control", "loop devices")
}

// FUSE goes on only where a file system in user space can be mounted by root.
func FUSE(t testing.TB) {
	t.Helper()
	Root(t)
	openable(t, "/dev/fuse", "FUSE")
}

func openable(t testing.TB, path, what string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		missing(t, "needs "+what+": "+err.Error())
		return
	}
	f.Close()
}

// File goes on only where a file is there that a package brings.
func File(t testing.TB, path, from string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		missing(t, "needs "+path+", which the package "+from+" brings")
	}
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(noSkip) != "" {
		t.Fatalf("%s (%s forbids to skip)", what, noSkip)
	}
	t.Skip(what)
}
