//go:build linux

package sshd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"burnish/backend/testbed/need"
)

// A server that is a machine of its own lives in a mount namespace: there the kernel's boot id is a file of the test's,
// and systemd is hidden. All that its sessions start, and all that those leave behind, are in it too; by that they are
// found when the machine loses its power.

// OwnMachine makes the server a machine that can be rebooted: see PowerCut and Boot.
func OwnMachine() Option { return func(s *settings) { s.machine = true } }

// inMachine runs its arguments behind the first, the boot id file, as a machine.
const inMachine = `mount --bind "$1" /proc/sys/kernel/random/boot_id || exit 1
if [ -d /run/systemd ]; then mount -t tmpfs -o size=64k none /run/systemd || exit 1; fi
shift; exec "$@"`

// BootFile holds the boot id of a machine of its own.
func (s *Server) BootFile() string { return filepath.Join(s.dir, "boot_id") }

// newBoot gives the machine a boot id that no boot before had.
func (s *Server) newBoot() error {
	h := hexRandom(16)
	id := fmt.Sprintf("%s-%s-%s-%s-%s\n", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
	return os.WriteFile(s.BootFile(), []byte(id), 0o644)
}

// program is what runs as the server.
func (s *Server) program() *exec.Cmd {
	args := []string{s.sshd, "-D", "-e", "-f", s.config}
	if s.machine {
		args = append([]string{need.Program(s.t, "unshare"), "--mount", "--propagation", "private", "--", "/bin/sh",
			"-c", inMachine, "sh", s.BootFile()}, args...)
	}
	return exec.Command(args[0], args[1:]...)
}

// Processes are all processes of the machine.
func (s *Server) Processes() []int {
	mark := []byte(filepath.Base(s.dir) + "/boot_id")
	return processes(func(proc string) bool {
		mounts, _ := os.ReadFile(filepath.Join(proc, "mountinfo"))
		_, state, _ := stat(proc)
		return bytes.Contains(mounts, mark) && state != "Z"
	})
}

// PowerCut kills all processes of the machine at once. A process that waits for a drive is gone when the drive answers.
func (s *Server) PowerCut() {
	s.t.Helper()
	if s.child != nil {
		freeze(s.child.Pid())
	}
	err := gone("a process of the machine", func() []int {
		left := s.Processes()
		kill(left)
		return left
	})
	if s.child != nil {
		s.child.Kill()
		s.child = nil
	}
	if err != nil {
		s.t.Error(err)
	}
}

// Boot starts the machine after a PowerCut: another boot id, the same keys and port.
func (s *Server) Boot() {
	s.t.Helper()
	if err := s.newBoot(); err != nil {
		s.t.Fatal(err)
	}
	s.Restart()
}

// Unplug hides a block device from the machine's sysfs, where the kernel shows which devices there are. It is shown
// again by Replug, or by the next Boot.
func (s *Server) Unplug(path string) {
	s.t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		s.t.Fatal(err)
	}
	number := fmt.Sprintf("%d:%d", st.Rdev>>8&0xfff, st.Rdev&0xff|st.Rdev>>12&0xfff00)
	view, err := os.MkdirTemp(s.dir, "block-")
	if err != nil {
		s.t.Fatal(err)
	}
	links, _ := filepath.Glob("/sys/dev/block/*")
	for _, link := range links {
		to, err := os.Readlink(link)
		if err != nil || filepath.Base(link) == number {
			continue
		}
		if err := os.Symlink(filepath.Join("/sys/dev/block", to),
			filepath.Join(view, filepath.Base(link))); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := s.enter("mount", "--bind", view, "/sys/dev/block"); err != nil {
		s.t.Fatalf("unplug %s: %v", path, err)
	}
}

// Replug shows what Unplug hid, one call for each.
func (s *Server) Replug() {
	s.t.Helper()
	if err := s.enter("umount", "/sys/dev/block"); err != nil {
		s.t.Fatalf("replug: %v", err)
	}
}

// enter runs a program in the machine.
func (s *Server) enter(args ...string) error {
	if s.child == nil {
		return errors.New("the machine is off")
	}
	cmd := exec.Command("nsenter", append([]string{"-t", strconv.Itoa(s.child.Pid()), "-m", "--"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
