//go:build linux

package inventory

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// window is the size of the aligned buffer that direct reads go through: whole sectors of any size up to 64 KiB.
const window = 64 << 10

// direct is a block device open for reading past the page cache: what is read is on the drive, and a medium error
// keeps its own code (ENODATA), which the page cache turns into EIO. It is for one goroutine.
type direct struct {
	fd  int
	buf []byte
}

// OpenDevice opens the block device at path for direct reads. Another device than dev under that name is an error,
// and so is, with exclusive, one that somebody has claimed (EBUSY).
func OpenDevice(path string, dev Number, exclusive bool) (Device, error) {
	flags := unix.O_RDONLY | unix.O_DIRECT | unix.O_CLOEXEC
	if exclusive {
		flags |= unix.O_EXCL
	}
	fd, err := unix.Open(path, flags, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	found, err := blockNumber(fd)
	if err == nil && found != dev {
		err = fmt.Errorf("%s is device %v, not %v", path, found, dev)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return newDirect(fd)
}

// reopen opens the inode behind f again for direct reads.
func reopen(f *os.File) (Device, error) {
	fd, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), unix.O_RDONLY|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "reopen", Path: f.Name(), Err: err}
	}
	return newDirect(fd)
}

func newDirect(fd int) (Device, error) {
	buf, err := unix.Mmap(-1, 0, window, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("memory for direct reads: %w", err)
	}
	return &direct{fd: fd, buf: buf}, nil
}

func (d *direct) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := unix.Pread(d.fd, d.buf[:min(window, len(p)-done)], off+int64(done))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return done, err
		case n == 0:
			return done, io.EOF
		}
		done += copy(p[done:], d.buf[:n])
	}
	return done, nil
}

func (d *direct) Close() error {
	return errors.Join(unix.Munmap(d.buf), unix.Close(d.fd))
}

// blockNumber is the number of the block device that fd is open on.
func blockNumber(fd int) (Number, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Number{}, fmt.Errorf("stat the open drive: %w", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFBLK {
		return Number{}, errors.New("what is open is no block device")
	}
	return number(uint64(st.Rdev)), nil
}

func number(rdev uint64) Number { return Number{unix.Major(rdev), unix.Minor(rdev)} }
