//go:build linux

package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/testbed/need"
)

func TestWhatIsWrittenToALoopDeviceIsInItsFile(t *testing.T) {
	d := Loop(t, 4*mib)
	fd := device(t, d.Path)
	if err := write(fd, 77, 0xab, 3); err != nil {
		t.Fatal(err)
	}
	if err := unix.Fsync(fd); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(d.Backing)
	if err != nil || !bytes.Equal(got[77*512:80*512], fill(0xab, 3*512)) {
		t.Errorf("the file does not hold it: %v", err)
	}
}

func TestTestsThatAskAtOnceGetDevicesOfTheirOwn(t *testing.T) {
	need.Loop(t)
	t.Run("all", func(t *testing.T) {
		for i := range byte(12) { // more than the eight devices that a kernel starts with
			t.Run(string('a'+rune(i)), func(t *testing.T) {
				t.Parallel()
				d := Loop(t, mib)
				fd := device(t, d.Path)
				if err := write(fd, 0, i+1, 1); err != nil {
					t.Fatal(err)
				}
				if err := unix.Fsync(fd); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(d.Backing); err != nil || got[0] != i+1 {
					t.Errorf("%s is somebody else's: %v", d.Path, err)
				}
			})
		}
	})
}

func TestADeviceLeftOpenIsReportedWithWhoHasIt(t *testing.T) {
	need.Loop(t)
	file := filepath.Join(t.TempDir(), "disk")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Truncate(file, mib)); err != nil {
		t.Fatal(err)
	}
	path, _, err := attach(file, 512)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	err = detach(path, file, 20*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "still busy") || !strings.Contains(err.Error(),
		fmt.Sprintf("process %d ", os.Getpid())) {
		t.Errorf("got %v", err)
	}
	unix.Close(fd)
	if err := detach(path, file, patience); err != nil {
		t.Errorf("once it is closed: %v", err)
	}
}
