//go:build linux

package linux

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"burnish/backend/runner/port"
)

// Locks are OFD locks on files.
type Locks struct{}

var _ port.Locks = Locks{}

func whole(kind int16) *unix.Flock_t {
	return &unix.Flock_t{Type: kind, Whence: io.SeekStart}
}

// Take locks the file, creating it readable for the group; gid -1 keeps the group that it gets.
func (Locks) Take(path string, gid int) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, whole(unix.F_WRLCK)); err != nil {
		f.Close()
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
			return nil, port.ErrLocked
		}
		return nil, err
	}
	if os.Geteuid() == 0 {
		if err := f.Chown(-1, gid); err != nil {
			f.Close()
			return nil, err
		}
	}
	return f, nil
}

// Held asks for the lock without taking it.
func (Locks) Held(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	l := whole(unix.F_WRLCK)
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, l); err != nil {
		return false, err
	}
	return l.Type != unix.F_UNLCK, nil
}
