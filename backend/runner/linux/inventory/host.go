//go:build linux

package inventory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"burnish/backend/drive"
	"burnish/backend/label"
)

const (
	defaultDeadline = 30 * time.Second // a drive that sleeps takes half of it to wake
	inspectDeadline = 90 * time.Second // more samples, of one drive that may be slow to wake
	briefly         = 3 * time.Second  // what need not be waited for
	listSamples     = 64               // places looked at per drive for a list
	// and there in each doubling of the distance from the start of a drive that looks blank
	listNear       = 16
	inspectSamples = 1024    // and where a drive is about to be written to
	inspectNear    = 64      // and there in each doubling of the distance from the start: some 10 s of a hard drive
	maxFile        = 1 << 20 // bytes of a file of /sys, /proc or /etc
	maxText        = 300     // bytes of one answer
)

// Host is the machine whose drives are asked for. Run must be set; the zero value of all else is this machine.
type Host struct {
	// Root stands for "/": /sys, /proc, /dev, /etc and /var are looked for below it.
	Root string
	// Run runs a program of the machine and gives its standard output, bounded, with the exit status in the error. It
	// looks the program up itself; an error that is exec.ErrNotFound means that there is none.
	Run func(ctx context.Context, name string, args ...string) ([]byte, error)
	// Open opens the block device at path, which must have this number; nil means OpenDevice.
	Open func(path string, dev Number, exclusive bool) (Device, error)
	// Loop asks what the loop device at path is made of, which must have this number; nil asks the kernel.
	Loop func(path string, dev Number) (Loop, error)
	// Seed gives a number from which the places of samples are drawn; nil means always the same places.
	Seed func() uint64
	// OwnStamp says whether one logical sector bears the stamp of an earlier test; nil means none does.
	OwnStamp func(sector []byte) bool
	// Deadline is how long a drive or a layer may take in an inventory; 0 means 30 s.
	Deadline time.Duration
}

// Options are what one call is told by its caller.
type Options struct {
	VirtualDrives bool              // loop, nbd, virtio and Xen devices count as drives
	Busy          map[string]string // by drive id: the job of ours that has it
	Within        time.Duration     // Inspect: how long it may take; 0 means 90 s
	Held          []*os.File        // Inspect: further paths of the drive that this process holds exclusively
	SMARTTypes    map[string]string // smartctl's device types, by the id that a drive has without smartctl
	TryTypes      []string          // Inventory: drives, by the same, of which the usual types are tried
	Want          *drive.Identity   // Inspect: who it was held as; where that cannot be read now, *Unsure
}

// Number is a device number.
type Number struct{ Major, Minor uint32 }

func (n Number) String() string { return fmt.Sprintf("%d:%d", n.Major, n.Minor) }

// Device is a drive open for reading. Its errors are the kernel's, for errors.Is.
type Device interface {
	io.ReaderAt
	io.Closer
}

// ErrNotFound is what Find and Paths give when no device is that drive, and none may be.
var ErrNotFound = errors.New("no device is this drive")

// errNoAnswer is what a layer or a drive that hangs gave.
var errNoAnswer = errors.New("does not answer")

// await runs f and gives its result, or errNoAnswer once ctx is over. f is then left behind: a system call on a dead
// drive cannot be ended.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, errNoAnswer
	}
}

func (h *Host) deadline() time.Duration {
	if h.Deadline > 0 {
		return h.Deadline
	}
	return defaultDeadline
}

// silence is how long a drive may give nothing at all, as one does that wakes, before a list goes on without it.
func (h *Host) silence() time.Duration { return h.deadline() / 2 }

func (h *Host) open(path string, dev Number, exclusive bool) (Device, error) {
	if h.Open != nil {
		return h.Open(h.at(path), dev, exclusive)
	}
	return OpenDevice(h.at(path), dev, exclusive)
}

// run runs a tool and does not wait for one that cannot be ended.
func (h *Host) run(ctx context.Context, name string, args ...string) ([]byte, error) {
	return await(ctx, func() ([]byte, error) { return h.Run(ctx, name, args...) })
}

// missing reports whether a tool is not installed.
func missing(err error) bool { return errors.Is(err, exec.ErrNotFound) }

func (h *Host) scanOptions(samples int) label.Options {
	opt := label.Options{Samples: samples, OwnStamp: h.OwnStamp, Medium: mediumError}
	if samples >= inspectSamples {
		opt.Near = inspectNear
	}
	if h.Seed != nil {
		opt.Rand = rand.New(rand.NewPCG(h.Seed(), h.Seed()))
	}
	return opt
}

// at is a path of the machine as this process finds it.
func (h *Host) at(path string) string {
	if h.Root == "" {
		return path
	}
	return filepath.Join(h.Root, path)
}

func (h *Host) exists(path string) bool {
	_, err := os.Stat(h.at(path))
	return err == nil
}

// readFile gives a whole file of the machine. One of more than maxFile bytes is an error: half of it proves nothing.
func (h *Host) readFile(path string) ([]byte, error) { return readBounded(h.at(path)) }

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s holds more than %d bytes", path, maxFile)
	}
	return data, err
}

// text gives a one-line file of sysfs, trimmed; empty when there is none.
func text(elem ...string) string {
	data, err := readBounded(filepath.Join(elem...))
	if err != nil {
		return ""
	}
	return strings.Trim(string(data), " \t\r\n\x00")
}
