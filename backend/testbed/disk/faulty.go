//go:build linux

package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/testbed/need"
	"burnish/backend/testbed/tether"
)

// FaultyDisk is a real block device whose content and faults are in the test's hands.
type FaultyDisk struct {
	Path          string // "/dev/loop3"
	LogicalSector int    // bytes
	*Medium
}

// Faulty makes a block device of size bytes, healthy and full of zeros at first. When the test ends, all faults
// are healed and the device is taken down; a test that leaves it open fails. It needs root, FUSE and nbdfuse.
func Faulty(t testing.TB, size int64, opts ...Option) *FaultyDisk {
	t.Helper()
	need.Loop(t)
	need.FUSE(t)
	nbdfuse := need.Program(t, "nbdfuse")
	c := configure(t, size, opts)
	m, err := newMedium(size)
	if err != nil {
		t.Fatalf("make the content of a faulty disk: %v", err)
	}
	// A socket's path holds 107 bytes at most, and t.TempDir has the test's name in it.
	dir, err := os.MkdirTemp("", "bd")
	if err != nil {
		m.powerOff()
		t.Fatal(err)
	}
	s := &stack{
		medium: m, dir: dir,
		socket: filepath.Join(dir, "nbd"),
		mount:  filepath.Join(dir, "fuse"),
		file:   filepath.Join(dir, "fuse", "disk"),
	}
	t.Cleanup(func() {
		if err := s.down(); err != nil {
			t.Errorf("take a faulty disk down: %v", err)
		}
	})
	if err := s.up(t, nbdfuse, c.logicalSector); err != nil {
		t.Fatalf("set a faulty disk up: %v", err)
	}
	asUsual(t, s.loop)
	return &FaultyDisk{Path: s.loop, LogicalSector: c.logicalSector, Medium: m}
}

// stack is what lies between the block device and its medium, from the bottom up.
type stack struct {
	medium *Medium
	dir    string
	socket string
	server *nbdServer
	mount  string
	fuse   *tether.Child
	stderr bytes.Buffer // of fuse; read once fuse has ended
	will   *tether.Will
	file   string
	loop   string
}

func (s *stack) up(t testing.TB, nbdfuse string, logicalSector int) (err error) {
	t.Helper()
	if s.server, err = serveNBD(s.medium, s.socket); err != nil {
		return err
	}
	if err := os.Mkdir(s.mount, 0o700); err != nil {
		return err
	}
	s.will = tether.NewWill(t, `
cd /sys/block
for l in loop*; do
	if [ "$(cat "$l"/loop/backing_file 2>/dev/null)" = "$3" ]; then losetup -d /dev/"$l"; fi
done
umount -l "$2"
rm -f "$1"/nbd
rmdir "$2" "$1"
`, s.dir, s.mount, s.file)
	// More connections would not be a deeper queue but a lottery: nbdfuse sends a request down a connection chosen
	// at random, and (libnbd 1.14) nothing more down that one until the answer.
	cmd := exec.Command(nbdfuse, "-C", "1", s.file, "--unix", s.socket)
	cmd.Stderr = &s.stderr
	if s.fuse, err = tether.Start(cmd); err != nil {
		return err
	}
	for end := time.Now().Add(patience); ; {
		if info, err := os.Stat(s.file); err == nil && info.Size() == s.medium.size {
			break
		}
		if s.fuse.Ended(2 * time.Millisecond) {
			return fmt.Errorf("nbdfuse ended: %w: %s", s.fuse.Err(), bytes.TrimSpace(s.stderr.Bytes()))
		}
		if time.Now().After(end) {
			return fmt.Errorf("nbdfuse does not show its file after %v", patience)
		}
	}
	var direct bool
	if s.loop, direct, err = attach(s.file, logicalSector); err == nil && !direct {
		err = errors.New("the kernel refuses direct I/O on FUSE, so that its cache would hide the faults")
	}
	return err
}

// down takes away what there is, from the top: the loop device holds the file open, the mount holds nbdfuse.
// Each step is tried, whatever became of the one before.
func (s *stack) down() error {
	s.medium.HealAll()
	var errs []error
	if s.loop != "" {
		errs = append(errs, detach(s.loop, s.file, patience))
	}
	if s.fuse != nil {
		errs = append(errs, s.unmount())
	}
	errs = append(errs, s.medium.powerOff())
	if s.server != nil {
		s.server.close()
	}
	errs = append(errs, os.RemoveAll(s.dir))
	if err := errors.Join(errs...); err != nil || s.will == nil {
		return err // the will stays and tries once more when the process ends
	}
	return s.will.Revoke()
}

func (s *stack) unmount() error {
	var err error
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		// The kernel gives the file back a moment after the loop device is free.
		err = unix.Unmount(s.mount, 0)
		if !errors.Is(err, unix.EBUSY) || time.Now().After(end) {
			break
		}
	}
	if errors.Is(err, unix.EINVAL) { // not mounted: nbdfuse did not get that far
		err = nil
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("unmount %s: %w", s.mount, err), unix.Unmount(s.mount, unix.MNT_DETACH))
	} else if s.fuse.Ended(patience) {
		return nil
	}
	s.fuse.Kill()
	return err
}
