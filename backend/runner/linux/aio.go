//go:build linux

package linux

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"burnish/backend/surface"
)

// aio keeps many requests at a device from one goroutine, by the kernel's native asynchronous I/O. It costs less
// processor time than a thread for each request: no thread is woken for an answer, and the Go scheduler loses nothing
// to a system call that waits. Answers are told through an eventfd, for which the goroutine waits in Go's own poller;
// so a drive that hangs holds up nobody else.
//
// The buffers are huge pages where the kernel has them: else each request pins hundreds of small ones.
type aio struct {
	dev     *device
	context uintptr
	eventFD int
	event   *os.File
	raw     syscall.RawConn
	memory  []byte // mapped
	buffers [][]byte
	blocks  []iocb
	events  []ioEvent // got from the kernel
	given   int       // of events
}

// iocb and ioEvent are the kernel's (linux/aio_abi.h) on a little-endian machine, as all are that the runner is built
// for.
type iocb struct {
	data    uint64
	_       [2]uint32
	opcode  uint16
	_       int16
	fd      uint32
	buf     uint64
	n       uint64
	offset  int64
	_       uint64
	flags   uint32
	eventFD uint32
}

type ioEvent struct {
	data   uint64
	_      uint64
	result int64
	_      int64
}

// Processors is how many run one drive's test at most. One makes and compares data several times faster than any drive
// takes it; with a second, each block wanders between their caches and every answer wakes a thread, which made a test
// in memory slower by a fifth and cost a third more processor time. System calls that wait have threads of their own.
const Processors = 1

const (
	aioRead, aioWrite = 0, 1 // IOCB_CMD_PREAD, IOCB_CMD_PWRITE
	aioToEventFD      = 1    // IOCB_FLAG_RESFD
	hugePage          = 2 << 20
)

var _ surface.Queuer = (*device)(nil)

// Queue implements surface.Queuer.
func (d *device) Queue(slots, n int) (surface.Queue, error) {
	q := &aio{dev: d, blocks: make([]iocb, slots), events: make([]ioEvent, 0, slots)}
	var err error
	if q.eventFD, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	q.event = os.NewFile(uintptr(q.eventFD), "eventfd")
	if q.raw, err = q.event.SyscallConn(); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, uintptr(slots), uintptr(unsafe.Pointer(&q.context)),
		0); errno != 0 {
		return nil, errors.Join(fmt.Errorf("io_setup: %w", errno), q.Close())
	}
	if err := q.allocate(slots, n); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	return q, nil
}

// allocate maps the buffers, each at the begin of a page.
func (q *aio) allocate(slots, n int) (err error) {
	page := os.Getpagesize()
	each := (n + page - 1) / page * page
	if q.memory, err = unix.Mmap(-1, 0, slots*each+hugePage, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON); err != nil {
		return fmt.Errorf("memory for %d requests of %d bytes: %w", slots, n, err)
	}
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(q.memory)))) & (hugePage - 1)
	used := q.memory[skip : skip+slots*each]
	_ = unix.Madvise(used, unix.MADV_HUGEPAGE) // small pages do too
	for i := range slots {
		q.buffers = append(q.buffers, used[i*each:i*each+n:i*each+n])
	}
	return nil
}

func (q *aio) Buffer(slot int) []byte { return q.buffers[slot] }

func (q *aio) Start(slot int, write bool, n int, off int64) error {
	b := &q.blocks[slot]
	*b = iocb{
		data: uint64(slot), opcode: aioRead, fd: uint32(q.dev.file.Fd()), offset: off, n: uint64(n),
		flags: aioToEventFD, eventFD: uint32(q.eventFD),
		buf: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(q.buffers[slot])))),
	}
	if write {
		b.opcode = aioWrite
	}
	for {
		_, _, errno := unix.Syscall(unix.SYS_IO_SUBMIT, q.context, 1, uintptr(unsafe.Pointer(&b)))
		if errno == 0 {
			return nil
		}
		if errno != unix.EINTR {
			return ioError(b.op(), off, int64(n), errno, q.dev.drive)
		}
	}
}

func (b *iocb) op() string {
	if b.opcode == aioWrite {
		return "write"
	}
	return "read"
}

func (q *aio) Next() (slot int, err error) {
	if q.given == len(q.events) {
		q.given, q.events = 0, q.events[:0]
		var failed unix.Errno
		// It never waits in the kernel, so it need not tell the scheduler.
		waited := q.raw.Read(func(uintptr) bool {
			var zero unix.Timespec
			n, _, errno := unix.RawSyscall6(unix.SYS_IO_GETEVENTS, q.context, 0, uintptr(cap(q.events)),
				uintptr(unsafe.Pointer(unsafe.SliceData(q.events))), uintptr(unsafe.Pointer(&zero)), 0)
			switch errno {
			case 0:
				q.events = q.events[:n]
			case unix.EINTR:
			default:
				failed = errno
			}
			return failed != 0 || len(q.events) > 0
		})
		if failed != 0 {
			return -1, fmt.Errorf("answers of asynchronous requests: %w", failed)
		}
		if waited != nil {
			return -1, fmt.Errorf("answers of asynchronous requests: %w", waited)
		}
	}
	e := &q.events[q.given]
	q.given++
	b := &q.blocks[e.data]
	if e.result < 0 {
		return int(e.data), ioError(b.op(), b.offset, int64(b.n), unix.Errno(-e.result), q.dev.drive)
	}
	if rest := int64(b.n) - e.result; rest > 0 {
		p, call := q.buffers[e.data][e.result:b.n], unix.Pread
		if b.opcode == aioWrite {
			call = unix.Pwrite
		}
		_, err = q.dev.transfer(b.op(), call, p, b.offset+e.result)
	}
	return int(e.data), err
}

func (q *aio) Close() error {
	var errs []error
	if q.context != 0 {
		if _, _, errno := unix.Syscall(unix.SYS_IO_DESTROY, q.context, 0, 0); errno != 0 {
			errs = append(errs, fmt.Errorf("io_destroy: %w", errno))
		}
	}
	if q.memory != nil {
		errs = append(errs, unix.Munmap(q.memory))
	}
	return errors.Join(append(errs, q.event.Close())...)
}
