//go:build linux

package linux

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"burnish/backend/surface"
)

// device is a block device open for direct I/O. It is safe for concurrent use.
type device struct {
	file  *os.File
	geo   surface.Geometry
	drive witness
}

// witness knows what an error number does not say.
type witness interface {
	alive() bool // whether the drive is still there
	// whether the drive spoke just now of an error of its own hardware, or of a sector that it did not find
	defective() bool
}

// reopen opens the inode behind held again, past the page cache.
func reopen(held *os.File, write bool, drive witness) (*device, error) {
	flags := unix.O_RDONLY
	if write {
		flags = unix.O_RDWR
	}
	name := fmt.Sprintf("/proc/self/fd/%d", held.Fd())
	fd, err := unix.Open(name, flags|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, ioError("open", 0, 0, err, drive)
	}
	d := &device{file: os.NewFile(uintptr(fd), held.Name()), drive: drive}
	if d.geo, err = geometry(fd); err != nil {
		d.file.Close()
		return nil, err
	}
	return d, nil
}

func geometry(fd int) (g surface.Geometry, err error) {
	if g.SizeBytes, err = unix.Seek(fd, 0, io.SeekEnd); err != nil {
		return g, fmt.Errorf("size of the drive: %w", err)
	}
	if g.LogicalBytes, err = unix.IoctlGetInt(fd, unix.BLKSSZGET); err != nil {
		return g, fmt.Errorf("sector size of the drive: %w", err)
	}
	physical, err := unix.IoctlGetUint32(fd, unix.BLKPBSZGET)
	if err != nil {
		return g, fmt.Errorf("physical sector size of the drive: %w", err)
	}
	g.PhysicalBytes = max(int(physical), g.LogicalBytes)
	return g, nil
}

func (d *device) Geometry() surface.Geometry { return d.geo }
func (d *device) Close() error               { return d.file.Close() }

func (d *device) ReadAt(p []byte, off int64) (int, error) {
	return d.transfer("read", unix.Pread, p, off)
}

func (d *device) WriteAt(p []byte, off int64) (int, error) {
	return d.transfer("write", unix.Pwrite, p, off)
}

func (d *device) transfer(op string, call func(int, []byte, int64) (int, error), p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := call(int(d.file.Fd()), p[done:], off+int64(done))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return done, ioError(op, off+int64(done), int64(len(p)-done), err, d.drive)
		case n == 0:
			return done, ioError(op, off+int64(done), int64(len(p)-done), unix.ENXIO, d.drive)
		}
		done += n
	}
	return done, nil
}

// Flush empties the drive's write cache.
func (d *device) Flush() error {
	for {
		err := unix.Fsync(int(d.file.Fd()))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return ioError("flush", 0, 0, err, d.drive)
		}
		return nil
	}
}

// classes says what an error of the block layer is about (blk_errors in the kernel's block/blk-core.c). What is not
// listed says nothing about the medium.
var classes = map[unix.Errno]surface.ErrorClass{
	unix.EIO:       surface.ClassMedium, // the layer's word for anything else; a drive that is gone is asked for apart
	unix.ENODATA:   surface.ClassMedium, // critical medium error
	unix.ETIMEDOUT: surface.ClassTransport,
	unix.ENOLINK:   surface.ClassTransport,
	// critical target error: an illegal request, broken hardware, or a sector that was not found
	unix.EREMOTEIO:  surface.ClassTransport,
	unix.EAGAIN:     surface.ClassTransport,
	unix.ENOMEM:     surface.ClassTransport,
	unix.EBADE:      surface.ClassRefused, // reservation conflict
	unix.EILSEQ:     surface.ClassRefused, // protection information
	unix.EOPNOTSUPP: surface.ClassRefused,
	unix.ENOSPC:     surface.ClassRefused, // thin provisioning is out of space
	unix.EPERM:      surface.ClassRefused,
	unix.EACCES:     surface.ClassRefused,
	unix.EROFS:      surface.ClassRefused,
	unix.EINVAL:     surface.ClassRefused,
	unix.ENODEV:     surface.ClassGone,
	unix.ENXIO:      surface.ClassGone,
	unix.ENOMEDIUM:  surface.ClassGone,
	unix.ESHUTDOWN:  surface.ClassGone,
}

func ioError(op string, off, n int64, err error, drive witness) error {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return err
	}
	class, ok := classes[errno]
	if !ok {
		class = surface.ClassTransport
	}
	switch {
	case class != surface.ClassGone && !drive.alive():
		class = surface.ClassGone
	case errno == unix.EREMOTEIO && drive.defective():
		class = surface.ClassMedium
	}
	return &surface.IOError{Op: op, Offset: off, Length: n, Class: class, Errno: unix.ErrnoName(errno), Err: errno}
}
