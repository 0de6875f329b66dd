//go:build linux

package programs

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/testbed/sshd"
	"burnish/backend/testbed/tether"
)

var page = flag.Bool("page", false, "walk through the page in Chromium, with build/bin/burnish-e2e and "+
	"build/bin/burnish-cli")

// patience bounds one story.
const patience = 10 * time.Minute

// story runs one of frontend/test/e2e and fails with it; hear is told each line that it prints. A picture of a page
// that failed is left in BURNISH_TEST_SHOTS.
func story(t *testing.T, name string, hear func(line string), env ...string) {
	t.Helper()
	node := need.Program(t, "node")
	need.Program(t, "chromium")
	cmd := exec.Command(node, filepath.Join("test", "e2e", name+".mjs"))
	cmd.Dir = filepath.Join("..", "..", "frontend")
	cmd.Env = append(os.Environ(), "BURNISH_TEST_DIR="+t.TempDir(), "BURNISH_TEST_PAGE="+built(t, "burnish-e2e"),
		"BURNISH_TEST_CLI="+built(t, "burnish-cli"))
	cmd.Env = append(cmd.Env, env...)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd.Stdout, cmd.Stderr = write, write
	child, err := tether.Start(cmd)
	_ = write.Close()
	if err != nil {
		t.Fatal(err)
	}
	group := -child.Pid()
	// the program under test too; the browser ends with its pipe
	end := func() { _ = syscall.Kill(group, syscall.SIGKILL) }
	will := tether.NewWill(t, `kill -9 -- "$1"`, strconv.Itoa(group))
	t.Cleanup(func() {
		end()
		_ = will.Revoke()
	})
	late := time.AfterFunc(patience, end)
	defer late.Stop()
	for lines := bufio.NewScanner(read); lines.Scan(); {
		t.Log(lines.Text())
		hear(lines.Text())
	}
	if err := child.Err(); err != nil {
		t.Fatalf("the story %s: %v", name, err)
	}
}

// built is a program of this checkout, by its whole path.
func built(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "build", "bin", name))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestThePageOnThePracticeNAS(t *testing.T) {
	if !*page {
		t.Skip("run by make page-test")
	}
	story(t, "practice", func(string) {})
}

// TestThePageOnARealNAS: a host key that nobody knows, a drive with somebody's letters on it, and a run that outlives
// the page's program.
func TestThePageOnARealNAS(t *testing.T) {
	if !*page {
		t.Skip("run by make page-test")
	}
	need.Loop(t)
	server := sshd.Start(t)
	state := onNAS(t)
	drive := disk.Faulty(t, 512<<20)
	drive.Throttle(200 << 20)
	if err := letters(drive.Path); err != nil {
		t.Fatal(err)
	}
	about, err := json.Marshal(map[string]any{
		"host": server.Host, "port": server.Port, "user": server.User, "key": server.KeyFile,
		"fingerprint": server.HostKeyFingerprint,
		"state":       state, "drive": drive.Path, "system": system(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	story(t, "real", func(line string) {
		if strings.HasPrefix(line, "real: the surface is tested") {
			drive.Throttle(4 << 20) // it is at work until it is stopped
		}
	}, "BURNISH_TEST_NAS="+string(about))
}

// onNAS is a state directory of this machine as a NAS, gone with the test.
func onNAS(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/lib", "burnish-page-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "burnish")
}

// letters puts what nobody knows on a drive.
func letters(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("somebody's letters")
	return errors.Join(err, f.Sync(), f.Close())
}

// system is what this machine calls its system.
func system(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
			return strings.Trim(name, `"'`)
		}
	}
	t.Fatal("/etc/os-release does not name the system")
	return ""
}
