package port

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"burnish/backend/drive"
	"burnish/backend/surface"
	"burnish/backend/wire"
)

// Host is the machine that the drives are in.
type Host interface {
	// Facts says which machine this is and since when it runs.
	Facts() (Facts, error)
	// Inventory finds all drives. busy names the jobs of ours that hold drives, by drive id.
	Inventory(ctx context.Context, req wire.InventoryRequest, busy map[string]string) ([]wire.DriveRow, error)
	// Hold finds the drive by its identity, opens it and reads identity and usage under the hold. Exclusive keeps
	// everybody else from claiming it for as long as the result is open. An error that is ErrAbsent means that a look
	// which could see all drives saw none like it; *UnsureError, that it may be there.
	Hold(ctx context.Context, want drive.Identity, opt HoldOptions) (Held, error)
}

// Clock is a machine's time, the one that all rooms go by. It is safe for concurrent use.
type Clock interface {
	// Wall is the time of day as the machine has it, for what is told and kept. Whoever sets it makes it jump, by a
	// year too: no duration is taken from it.
	Wall() time.Time
	// BootTime is CLOCK_BOOTTIME: time since the machine started, sleep included. It orders what happened.
	BootTime() time.Duration
	// Running is CLOCK_MONOTONIC: the time for which the machine has run. All durations of work and of waiting are of
	// it, since a machine that sleeps asks its drives nothing.
	Running() time.Duration
	// After gives a channel on which a value comes when d has gone by.
	After(d time.Duration) <-chan time.Time
}

// ErrAbsent is what Hold gives where the machine does not have the drive.
var ErrAbsent = errors.New("no device is this drive")

// UnsureError is what Hold and Inspect give where nobody can tell whether a device is the drive, or whether it is
// there: what bears a part of its identity, several that claim to be it, drives that did not answer.
type UnsureError struct {
	What string // and where: a clause
}

func (e *UnsureError) Error() string { return "it is not certain which device is the drive: " + e.What }

// HoldOptions says how to hold a drive.
type HoldOptions struct {
	Exclusive bool // for plans that write
	Virtual   bool // loop, nbd and virtio devices count as drives
	// SMARTTypes are as in wire.InventoryRequest; all of the held drive's SMART goes by them.
	SMARTTypes map[string]string
	Job        string
	Busy       map[string]string
}

// Held is a drive that this process holds. Its methods are for one goroutine, but for SectorsWritten, TempC,
// TempLimits, SMART, KernelErrors and Alive.
type Held interface {
	Path() string
	Identity() drive.Identity // as read under the hold
	Usage() drive.Usage       // as read under the hold; the hold itself is no usage
	// Inspect reads identity and usage again; *UnsureError where the drive does not say now who it is.
	Inspect(ctx context.Context) (drive.Identity, drive.Usage, error)
	// Device gives the drive for I/O through the held descriptor.
	Device(write bool) (Device, error)
	// SectorsWritten is the kernel's count of 512-byte sectors written to the drive by anybody.
	SectorsWritten() (int64, error)
	// Place says where the drive hangs now; what of it is empty is not known.
	Place() drive.Place
	TempC() *int
	// TempLimits gives what the kernel's sensor knows of the drive's limits in °C; nil where it knows none.
	TempLimits() (high, critical *int)
	// SMART runs smartctl with these arguments on the drive and gives its standard output, at most wire.MaxTool. What
	// the exit code says is in the error, with the output beside it.
	SMART(ctx context.Context, args ...string) ([]byte, error)
	// NVMe runs a command of nvme-cli on the drive; exec.ErrNotFound means that the NAS does not have it.
	NVMe(ctx context.Context, command string, args ...string) ([]byte, error)
	// KernelErrors counts what the kernel logged of this drive since it was held.
	KernelErrors() KernelErrors
	// Alive reports whether the machine still has the drive. It asks nothing of the drive itself.
	Alive() bool
	// Find gives the path of a program of the NAS; exec.ErrNotFound means that it is not there.
	Find(program string) (string, error)
	// Spawn starts a program of the NAS that works on the held drive.
	Spawn(Spawn) (Process, error)
	Close() error
}

// Spawn says what to start. The program gets the held drive as an open descriptor; each argument DriveArg becomes the
// name by which it finds it, which leads to the held inode and to no other.
type Spawn struct {
	Program string
	Args    []string
	Stdout  *os.File // files, so that nothing that reads them can hold the program up
	Stderr  *os.File
}

// DriveArg stands for the held drive in the arguments of a Spawn.
const DriveArg = "{drive}"

// Process is a program at work for this run. It dies with this process.
type Process interface {
	PID() int
	// Done is closed when it has ended, and all that it had started with it.
	Done() <-chan struct{}
	// Ended says how it ended, for people: an exit code proves nothing. It waits for Done.
	Ended() (clean bool, how string)
	// Pause stops it and all that it has started where they are, or lets them go on.
	Pause(on bool)
	// Kill ends it and all that it has started. It does not wait; who needs the proof waits for Done.
	Kill()
}

// KernelErrors is what the kernel logged of one drive.
type KernelErrors struct {
	Readable bool   // its log was read without a gap
	Reads    int    // failed reads
	Writes   int    // failed writes
	Resets   int    // of the drive's link or controller
	First    string // the first such line

	Medium  int    // times that the drive itself gave up a place: medium and hardware errors
	Path    int    // times that the way to it failed: damaged transfers, errors of a controller
	OnePath string // the first such line
	Gone    string // the newest line that says that the drive left
}

// Any reports whether there was one.
func (k KernelErrors) Any() bool { return k.Reads+k.Writes+k.Resets > 0 }

// Device is an open drive. Closing it keeps the hold.
type Device interface {
	surface.Device
	io.Closer
}

// Facts is which machine this is.
type Facts struct {
	MachineID string
	Hostname  string
	BootID    string
	Booted    time.Time
	OS, Arch  string
	UID       int
}

// ErrLocked is what Locks.Take gives when somebody else has the lock.
var ErrLocked = errors.New("the lock is taken")

// Locks are advisory locks on files, held by a process and free the moment it ends, however it ends.
type Locks interface {
	// Take locks the file without waiting, creating it if need be with the given group.
	Take(path string, gid int) (io.Closer, error)
	// Held reports whether anybody has the lock. It needs only the right to read the file; no file is no lock.
	Held(path string) (bool, error)
}

// Supervisor starts a run as a process that outlives the SSH session, and ends it.
type Supervisor interface {
	// Launch starts `run` for the job; output of the process goes to the file logPath.
	Launch(ctx context.Context, job string, run int, logPath string) error
	// Cancel keeps a run that was killed from being brought back.
	Cancel(ctx context.Context, job string, runs int) error
	// Terminate asks the process to end (SIGTERM).
	Terminate(pid int) error
	// Gone reports whether no such process is left.
	Gone(pid int) bool
}

// WayIn is a further path to the held drive, open for reading.
type WayIn struct {
	Path string
	Device
}
