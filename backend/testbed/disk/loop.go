//go:build linux

package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/testbed/need"
	"burnish/backend/testbed/tether"
)

// SectorBytes is the unit of every LBA in this package, whatever the device's logical sector is.
const SectorBytes = 512

// patience bounds the wait for the kernel to let go of something, and for a program to be ready. Of what takes so long
// on the busiest machine nothing comes any more: udev, and the looks of other programs at all drives, take their time.
const patience = 5 * time.Minute

type config struct{ logicalSector int }

// Option changes how a disk is made.
type Option func(*config)

// LogicalSector sets the device's logical sector size in bytes: 512, which is the default, or 4096.
func LogicalSector(bytes int) Option { return func(c *config) { c.logicalSector = bytes } }

func configure(t testing.TB, size int64, opts []Option) config {
	t.Helper()
	c := config{logicalSector: SectorBytes}
	for _, o := range opts {
		o(&c)
	}
	if size <= 0 || size%int64(c.logicalSector) != 0 {
		t.Fatalf("a disk of %d bytes with sectors of %d: the size must be a positive multiple of the sector", size,
			c.logicalSector)
	}
	return c
}

// LoopDisk is a healthy block device on a sparse file.
type LoopDisk struct {
	Path          string // "/dev/loop3"
	Backing       string // the file below; what is written to the device with O_DIRECT is in it
	LogicalSector int    // bytes
	DirectIO      bool   // false where the backing file's file system cannot; then the page cache lies between
}

// Loop makes a loop device of size bytes over a file in t.TempDir. It is detached when the test ends; a test
// that leaves it open fails. It needs root.
func Loop(t testing.TB, size int64, opts ...Option) *LoopDisk {
	t.Helper()
	need.Loop(t)
	c := configure(t, size, opts)
	d := &LoopDisk{Backing: filepath.Join(t.TempDir(), "disk"), LogicalSector: c.logicalSector}
	f, err := os.Create(d.Backing)
	if err == nil {
		err = errors.Join(f.Truncate(size), f.Close())
	}
	if err != nil {
		t.Fatalf("make the backing file of a loop device: %v", err)
	}
	if d.Path, d.DirectIO, err = attach(d.Backing, d.LogicalSector); err != nil {
		t.Fatal(err)
	}
	will := tether.NewWill(t, detachScript, filepath.Base(d.Path), d.Backing)
	t.Cleanup(func() {
		if err := errors.Join(detach(d.Path, d.Backing, patience), will.Revoke()); err != nil {
			t.Error(err)
		}
	})
	asUsual(t, d.Path)
	return d
}

// detachScript frees loop device $1 while it still belongs to file $2.
const detachScript = `
if [ "$(cat /sys/block/"$1"/loop/backing_file)" = "$2" ]; then losetup -d /dev/"$1"; fi
`

// attach binds a free loop device to file. Two that ask at once are told the same free number, and the
// slower one is refused with EBUSY: it asks again.
func attach(file string, logicalSector int) (path string, direct bool, err error) {
	// Not os.Open: it would register the file with the runtime's poller, which a FUSE file answers for.
	fd, err := unix.Open(file, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", false, fmt.Errorf("open %s for a loop device: %w", file, err)
	}
	defer unix.Close(fd)
	ctl, err := unix.Open("/dev/loop-control", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", false, fmt.Errorf("open /dev/loop-control: %w", err)
	}
	defer unix.Close(ctl)
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		n, err := unix.IoctlRetInt(ctl, unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return "", false, fmt.Errorf("ask for a free loop device: %w", err)
		}
		path = fmt.Sprintf("/dev/loop%d", n)
		direct, err = bind(path, fd, logicalSector)
		if err == nil {
			return path, direct, nil
		}
		// ENOENT: the node of a new device is made a moment later where udev makes it.
		if !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.ENOENT) || time.Now().After(end) {
			return "", false, fmt.Errorf("bind %s to %s: %w", path, file, err)
		}
	}
}

func bind(path string, file, logicalSector int) (direct bool, err error) {
	dev, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer unix.Close(dev)
	err = unix.IoctlLoopConfigure(dev, &unix.LoopConfig{
		Fd:   uint32(file),
		Size: uint32(logicalSector),
		Info: unix.LoopInfo64{Flags: unix.LO_FLAGS_DIRECT_IO},
	})
	if err != nil {
		return false, err
	}
	// The kernel drops the flag in silence where the file cannot do direct I/O.
	info, err := unix.IoctlLoopGetStatus64(dev)
	if err != nil {
		return false, err
	}
	return info.Flags&unix.LO_FLAGS_DIRECT_IO != 0, nil
}

// detach frees the loop device at path and waits until the kernel has let go of file. The ioctl succeeds on a
// busy device too and frees it at its last close, so that only the wait tells.
func detach(path, file string, within time.Duration) error {
	dev, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s to detach it: %w", path, err)
	}
	err = unix.IoctlSetInt(dev, unix.LOOP_CLR_FD, 0)
	unix.Close(dev)
	if err != nil && !errors.Is(err, unix.ENXIO) {
		return fmt.Errorf("detach %s: %w", path, err)
	}
	for end := time.Now().Add(within); bound(path, file); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("detach %s: still busy after %v; open in %s", path, within, openIn(path))
		}
	}
	return nil
}

// bound reports whether the loop device at path belongs to file, and not to nobody or to another test by now.
func bound(path, file string) bool {
	now, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(path), "loop/backing_file"))
	return err == nil && strings.TrimSuffix(strings.TrimSpace(string(now)), " (deleted)") == file
}

// openIn names the processes that have path open.
func openIn(path string) string {
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	var who []string
	for _, link := range links {
		if to, err := os.Readlink(link); err != nil || to != path {
			continue
		}
		proc := filepath.Dir(filepath.Dir(link))
		name, _ := os.ReadFile(filepath.Join(proc, "comm"))
		who = append(who, fmt.Sprintf("process %s (%s)", filepath.Base(proc), strings.TrimSpace(string(name))))
	}
	if who == nil {
		return "no process; is it mounted?"
	}
	return strings.Join(who, ", ")
}
