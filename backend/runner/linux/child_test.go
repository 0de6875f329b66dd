//go:build linux

package linux

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/runner/port"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
)

// TestAChildOfADriveThatIsGoneMakesNoFileInItsPlace has cp and badblocks work on a drive whose node was taken away, as
// udev does when a drive leaves.
func TestAChildOfADriveThatIsGoneMakesNoFileInItsPlace(t *testing.T) {
	need.Root(t)
	need.Loop(t)
	need.Program(t, "badblocks")
	d := disk.Loop(t, 8<<20)
	var st unix.Stat_t
	if err := unix.Stat(d.Path, &st); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	node := filepath.Join(dir, "sdx")
	if err := unix.Mknod(node, unix.S_IFBLK|0o600, int(st.Rdev)); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(node, unix.O_RDONLY|unix.O_EXCL|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	h := &held{file: os.NewFile(uintptr(fd), node), path: node}
	defer h.Close()
	if err := os.Remove(node); err != nil {
		t.Fatal(err)
	}
	work := func(program string, args ...string) (clean bool) {
		t.Helper()
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		p, err := h.Spawn(port.Spawn{Program: program, Args: args, Stdout: out, Stderr: out})
		if err != nil {
			t.Fatal(err)
		}
		clean, how := p.Ended()
		text, _ := os.ReadFile(out.Name())
		t.Logf("%s ended %s: %s", program, how, text)
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s left %v in the place of the drive (%v)", program, left, err)
		}
		return clean
	}
	data := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(data, bytes.Repeat([]byte("what cp wrote "), 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	if !work("cp", data, port.DriveArg) {
		t.Error("a drive without its node cannot be written through the hold")
	}
	there := make([]byte, 14)
	if f, err := os.Open(d.Path); err != nil {
		t.Fatal(err)
	} else if _, err := f.ReadAt(there, 0); err != nil || string(there) != "what cp wrote " || f.Close() != nil {
		t.Errorf("the drive holds %q (%v)", there, err)
	}
	if !work("badblocks", "-wsX", port.DriveArg, "2047") {
		t.Error("badblocks did not work on it")
	}
}
