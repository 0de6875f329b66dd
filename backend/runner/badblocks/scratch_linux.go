package badblocks

import (
	"os"

	"golang.org/x/sys/unix"
)

// scratch is a file in memory, for what a program says: it is whole whatever the NAS's disk has room for, and gone with
// this process.
func scratch(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
