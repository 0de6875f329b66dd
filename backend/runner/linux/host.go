//go:build linux

package linux

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/linux/inventory"
	"burnish/backend/runner/port"
	"burnish/backend/surface"
	"burnish/backend/wire"
)

// Host is this machine.
type Host struct {
	inv *inventory.Host
}

var _ port.Host = (*Host)(nil)

// NewHost looks at this machine through its own tools.
func NewHost() *Host {
	return &Host{inv: &inventory.Host{Run: Tool, Seed: rand.Uint64, OwnStamp: ownStamp}}
}

func ownStamp(sector []byte) bool {
	_, ours := surface.DecodeStamp(sector)
	return ours
}

// clockTime is what one of the kernel's clocks shows.
func clockTime(id int32) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// Facts needs no root.
func (h *Host) Facts() (port.Facts, error) {
	boot, err := firstWord("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return port.Facts{}, err
	}
	machine, err := firstWord("/etc/machine-id")
	if err != nil {
		machine, _ = firstWord("/var/lib/dbus/machine-id") // a machine without an id is known by its host key alone
	}
	host, err := os.Hostname()
	if err != nil {
		return port.Facts{}, err
	}
	return port.Facts{
		MachineID: machine, Hostname: reason.Clean(host, 255), BootID: boot,
		Booted: time.Now().Add(-clockTime(unix.CLOCK_BOOTTIME)),
		OS:     runtime.GOOS, Arch: runtime.GOARCH, UID: os.Geteuid(),
	}, nil
}

// firstWord reads a small file that holds one word.
func firstWord(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 256))
	if err != nil {
		return "", err
	}
	word := strings.Fields(string(data))
	if len(word) != 1 {
		return "", fmt.Errorf("%s does not hold one word", path)
	}
	return reason.Clean(word[0], 128), nil
}

// Inventory finds all drives.
func (h *Host) Inventory(ctx context.Context, req wire.InventoryRequest, busy map[string]string) ([]wire.DriveRow,
	error) {
	return h.inv.Inventory(ctx, inventory.Options{VirtualDrives: req.VirtualDrives, Busy: busy,
		SMARTTypes: req.SMARTTypes, TryTypes: req.TryTypes})
}

const (
	// udevWait is how long udev may look at a drive before a hold gives up.
	udevWait = 10 * time.Second
	// probeWait is how long somebody may try a drive exclusively, as zpool import and an inventory do for a moment,
	// before that counts as a claim.
	probeWait = 3 * time.Second
	// lookWithin is how long a look under a hold may take; one after another that could not tell has twice as long,
	// since the drive may be slow: up to 12 minutes.
	lookWithin = 90 * time.Second
	// settleWait is how long the kernel may take to write out what others had left in its cache.
	settleWait = 20 * time.Second
)

// Hold finds the drive by its identity, opens it, and only then reads what it is and what uses it. An exclusive hold is
// of all paths to the drive.
func (h *Host) Hold(ctx context.Context, want drive.Identity, opt port.HoldOptions) (port.Held, error) {
	look := inventory.Options{VirtualDrives: opt.Virtual, Busy: opt.Busy, Want: &want, SMARTTypes: opt.SMARTTypes}
	paths, err := h.inv.Paths(ctx, want, look)
	if err != nil {
		return nil, notFound(ctx, err)
	}
	d := &held{host: h, want: want, exclusive: opt.Exclusive, opt: look}
	d.paths = func(ctx context.Context) ([]string, error) { return h.inv.Paths(ctx, want, look) }
	if d.file, err = d.open(ctx, paths[0]); err == nil && opt.Exclusive {
		err = d.openOthers(ctx)
	}
	if err == nil && opt.Exclusive {
		d.settle(ctx)
	}
	if err == nil {
		d.identity, d.path, d.usage, err = d.inspect(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if dir, err := sysOf(d.file); err == nil {
		d.kernel = watchKernel(dir)
	}
	return d, nil
}

// busy says what keeps a drive from being held.
func (h *Host) busy(ctx context.Context, want drive.Identity, path string, look inventory.Options) error {
	usage := drive.Usage{Class: drive.OpenByProcess, Text: "something holds it exclusively"}
	seen, err := h.inv.Usage(ctx, want, look)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil && seen.Class != drive.None:
		usage = seen
	}
	return reason.New(reason.DriveInUse, "drive", want.ID(), "path", path, "usage", usage.Text,
		"way_out", usage.WayOut())
}

// held is a drive that this process holds.
type held struct {
	host      *Host
	want      drive.Identity
	exclusive bool
	paths     func(context.Context) ([]string, error) // of the drive, as they are at that moment
	file      *os.File
	opt       inventory.Options // without Held
	identity  drive.Identity
	path      string
	usage     drive.Usage
	kernel    *kernelLog
	untold    int // looks in a row that could not tell how the drive is used

	mu      sync.Mutex
	others  []*os.File // the drive's other paths
	brought int64      // sectors written by paths that came later, from before they were held
}

// open opens one path; an exclusive one waits a moment for who only looks.
func (d *held) open(ctx context.Context, path string) (*os.File, error) {
	flags := unix.O_RDONLY | unix.O_CLOEXEC
	if d.exclusive {
		flags |= unix.O_EXCL
	}
	fd, err := unix.Open(path, flags, 0)
	for end := time.Now().Add(probeWait); errors.Is(err, unix.EBUSY) && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(50 * time.Millisecond)
		fd, err = unix.Open(path, flags, 0)
	}
	if errors.Is(err, unix.EBUSY) {
		return nil, d.host.busy(ctx, d.want, path, d.opt)
	}
	if err != nil {
		return nil, reason.New(reason.NotReadable, "drive", d.want, "error", err)
	}
	file := os.NewFile(uintptr(fd), path)
	how := unix.LOCK_SH // others may read too, but nobody who writes
	if d.exclusive {
		how = unix.LOCK_EX
	}
	if err := lock(ctx, file, how); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// openOthers holds the paths to the drive that are not held yet, until there is none: one may have come meanwhile. What
// a path means is the device that it opens, so a name that moved in between is seen.
func (d *held) openOthers(ctx context.Context) error {
	for range 3 {
		paths, err := d.paths(ctx)
		if err != nil {
			return lostSight(err)
		}
		fresh := 0
		for _, path := range paths {
			if d.has(path) {
				continue
			}
			file, err := d.open(ctx, path)
			if err != nil {
				return err
			}
			before, err := int64(0), error(nil)
			if d.kernel != nil { // the drive is held already, and its count taken
				if before, err = stat(file, statWritten); err != nil {
					return errors.Join(err, file.Close())
				}
			}
			d.mu.Lock()
			d.brought += before
			d.others = append(d.others, file)
			d.mu.Unlock()
			fresh++
		}
		if fresh == 0 {
			return nil
		}
	}
	return reason.New(reason.NotReadable, "drive", d.want, "error", "the paths to it come and go")
}

// settle has the kernel write out what others had left in its cache before the drive was held: it is theirs and no
// write during the hold. A drive that cannot do it says so when it is flushed for the test; one that hangs is not
// waited for.
func (d *held) settle(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, f := range d.files() {
			_ = unix.Fsync(int(f.Fd()))
		}
	}()
	select {
	case <-done:
	case <-ctx.Done():
	case <-time.After(settleWait):
	}
}

// has reports whether a path leads to a device that is held.
func (d *held) has(path string) bool {
	var at unix.Stat_t
	if unix.Stat(path, &at) != nil {
		return false
	}
	for _, f := range d.files() {
		var st unix.Stat_t
		if unix.Fstat(int(f.Fd()), &st) == nil && st.Rdev == at.Rdev {
			return true
		}
	}
	return false
}

// files are all paths that are held.
func (d *held) files() []*os.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file == nil {
		return nil
	}
	return append([]*os.File{d.file}, d.others...)
}

// inspect reads the drive through the first path, with all others known as held by this process and its ends read
// through each of them.
func (d *held) inspect(ctx context.Context) (drive.Identity, string, drive.Usage, error) {
	look := d.opt
	look.Held = d.files()[1:]
	look.Within = lookWithin << min(d.untold, 3)
	id, path, usage, err := d.host.inv.Inspect(ctx, d.file, look)
	var unsure *inventory.Unsure
	if errors.As(err, &unsure) {
		err = &port.UnsureError{What: unsure.What}
	}
	if err == nil {
		usage = d.oneDrive(ctx, usage)
	}
	if d.untold++; err == nil && usage.Class != drive.CannotTell {
		d.untold = 0
	}
	return id, path, usage, err
}

// lock takes the lock that udev respects: while it is held exclusively, closing the drive starts no storm of probes. It
// also keeps a test that writes and one that reads apart where they know nothing of each other.
func lock(ctx context.Context, file *os.File, how int) error {
	for end := time.Now().Add(udevWait); ; {
		err := unix.Flock(int(file.Fd()), how|unix.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(end):
			return reason.New(reason.DriveInUse, "drive", file.Name(), "path", file.Name(),
				"usage", "another program holds its lock",
				"way_out", drive.RuleOf(drive.OpenByProcess).WayOut)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (d *held) Path() string             { return d.path }
func (d *held) Identity() drive.Identity { return d.identity }
func (d *held) Usage() drive.Usage       { return d.usage }

func (d *held) Close() error {
	if d.kernel != nil {
		d.kernel.close()
	}
	var err error
	for _, f := range d.files() {
		err = errors.Join(err, f.Close())
	}
	return err
}

func (d *held) Inspect(ctx context.Context) (drive.Identity, drive.Usage, error) {
	if d.exclusive {
		var unsure *port.UnsureError
		if err := d.openOthers(ctx); err != nil && !errors.As(err, &unsure) {
			return drive.Identity{}, drive.Usage{}, err
		}
	}
	id, _, usage, err := d.inspect(ctx)
	return id, usage, err
}

func (d *held) Device(write bool) (port.Device, error) { return reopen(d.file, write, d) }

// sysOf is an open drive's directory in sysfs, found by its number, never by its name.
func sysOf(file *os.File) (string, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &st); err != nil {
		return "", err
	}
	return fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev)), nil
}

// defective asks the kernel's log.
func (d *held) defective() bool { return d.kernel != nil && d.kernel.defective() }

// SMART asks smartctl by the drive's name of today, after proving that the name still leads to the held drive.
func (d *held) SMART(ctx context.Context, args ...string) ([]byte, error) {
	if err := d.named(); err != nil {
		return nil, err
	}
	for _, typ := range d.opt.SMARTTypes { // of this drive alone
		args = append([]string{"-d", typ}, args...)
	}
	return Tool(ctx, "smartctl", append(args, d.path)...)
}

// TempC is the drive's temperature as the kernel has it; nil where it has none.
func (d *held) TempC() *int { return d.host.inv.Temperature(d.file) }

// Place is where the first path to the drive hangs.
func (d *held) Place() drive.Place { return d.host.inv.Place(d.file) }

// TempLimits are those of the drive as its sensor in the kernel has them.
func (d *held) TempLimits() (high, critical *int) { return d.host.inv.TemperatureLimits(d.file) }
