//go:build linux

package disk

import (
	"testing"

	"golang.org/x/sys/unix"
)

// CutPower makes the ext4 file system at dir lose all that it was not told to keep, as a power cut does
// (EXT4_IOC_SHUTDOWN without a flush of its log). What stayed is there after it was unmounted and mounted again.
func CutPower(t testing.TB, dir string) {
	t.Helper()
	const shutdown, withoutFlush = 0x8004587d, 2
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.IoctlSetPointerInt(fd, shutdown, withoutFlush); err != nil {
		t.Fatal(err)
	}
}
