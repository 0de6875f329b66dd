package surface

import (
	"context"
	"fmt"
	"time"
	"unsafe"
)

// Geometry is the size of a drive and of its sectors.
type Geometry struct {
	SizeBytes     int64 // a multiple of LogicalBytes, not necessarily of PhysicalBytes
	LogicalBytes  int   // the unit of addresses: a power of two from 512 to 4096
	PhysicalBytes int   // the unit in which the medium fails: LogicalBytes times a power of two, at most 64 KiB
}

// Check says why a drive of this size and with these sectors cannot be tested; nil if it can.
func (g Geometry) Check() error {
	l, p := g.LogicalBytes, g.PhysicalBytes
	switch {
	case l < 512 || l > 4096 || l&(l-1) != 0:
		return fmt.Errorf("surface: logical sectors of %d bytes cannot be tested; 512 to 4096 can", l)
	case p < l || p > 64<<10 || p&(p-1) != 0:
		return fmt.Errorf("surface: physical sectors of %d bytes do not fit logical sectors of %d", p, l)
	case g.SizeBytes <= 0 || g.SizeBytes%int64(l) != 0:
		return fmt.Errorf("surface: a size of %d bytes is not a number of sectors of %d bytes", g.SizeBytes, l)
	}
	return nil
}

// Device is the drive under test. Its methods are called from several goroutines at once. Offsets and lengths are
// multiples of Geometry.LogicalBytes, and buffers come from AlignedBuffer or begin a multiple of LogicalBytes into one.
// ReadAt and WriteAt move all of p or return an *IOError; what a failed write left behind is not known.
type Device interface {
	Geometry() Geometry
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	Flush() error // empties the drive's write cache; an error is an *IOError with Length 0
}

// ErrorClass says what an I/O error is about.
type ErrorClass string

// The classes of I/O errors.
const (
	ClassMedium    ErrorClass = "medium"    // the drive could not read or write these sectors: evidence against it
	ClassTransport ErrorClass = "transport" // the path to the drive failed: try again, then nothing is known
	ClassRefused   ErrorClass = "refused"   // reservation, data protection, read-only: the drive was not tested
	ClassGone      ErrorClass = "gone"      // the device is not there any more
)

// IOError is what a Device answers when a request failed.
type IOError struct {
	Op     string // "read", "write" or "flush"
	Offset int64  // of the request, in bytes
	Length int64
	Class  ErrorClass
	Errno  string // symbolic, such as "ENODATA"
	Err    error
}

func (e *IOError) Error() string {
	if e.Op == opFlush {
		return fmt.Sprintf("flush: %s (%s): %v", e.Errno, e.Class, e.Err)
	}
	return fmt.Sprintf("%s of %d bytes at byte %d: %s (%s): %v", e.Op, e.Length, e.Offset, e.Errno, e.Class, e.Err)
}

func (e *IOError) Unwrap() error { return e.Err }

const (
	opRead  = "read"
	opWrite = "write"
	opFlush = "flush"
)

// Clock is the time that a run goes by. Now must be monotonic.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error // ends early with ctx's cause when ctx ends
}

// bufferAlign suits O_DIRECT on every drive with sectors of up to 4096 bytes.
const bufferAlign = 4096

// AlignedBuffer returns n zero bytes that begin at an address which is a multiple of 4096.
func AlignedBuffer(n int) []byte {
	b := make([]byte, n+bufferAlign)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) & (bufferAlign - 1)
	return b[skip : skip+n : skip+n]
}
