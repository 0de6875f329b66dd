//go:build unix

package state

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"burnish/backend/burnin"
)

func IsNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS)
}

// leastRoom is what a run may need at any moment, in bytes.
const leastRoom = 64 << 10

// Trouble says what keeps a run from writing into its directory, as far as the file system tells.
func Trouble(root *os.Root) burnin.Trouble {
	var st syscall.Statfs_t
	d, err := root.Open(".")
	if err != nil {
		return ""
	}
	defer d.Close()
	const readOnly = 1 // ST_RDONLY, or MNT_RDONLY
	switch err := syscall.Fstatfs(int(d.Fd()), &st); {
	case err != nil:
		return ""
	case st.Flags&readOnly != 0, shutDown(d):
		return burnin.TroubleReadOnly
	case st.Blocks > 0 && uint64(st.Bfree)*uint64(st.Bsize) < leastRoom:
		return burnin.TroubleFull
	}
	return ""
}

// shutDown reports whether the file system of an open file refuses writes after an error, which newer kernels of Linux
// tell in the options of its mount alone.
func shutDown(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	dev := uint64(st.Dev)
	number := fmt.Sprintf("%d:%d", dev>>8&0xfff|dev>>32&^0xfff, dev&0xff|dev>>12&^0xff) // as Linux packs them
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[2] != number {
			continue
		}
		for _, option := range strings.Split(fields[len(fields)-1], ",") {
			if option == "ro" || option == "emergency_ro" || option == "shutdown" {
				return true
			}
		}
	}
	return false
}
