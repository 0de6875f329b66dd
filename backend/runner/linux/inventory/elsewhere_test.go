//go:build linux

package inventory

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
)

// elsewhere runs a script in a mount namespace of its own, in which dir is a file system in memory, until the test
// ends. The script ends with a line of its own.
func elsewhere(t *testing.T, dir, script string) {
	t.Helper()
	need.Root(t)
	if out, err := exec.Command(need.Program(t, "unshare"), "-m", "true").CombinedOutput(); err != nil {
		t.Skipf("needs mount namespaces: %s", out)
	}
	process(t, nil, "unshare", "-m", "sh", "-c",
		fmt.Sprintf("cd / && exec 2>&1 && mount -t tmpfs none %s && %s && echo on && exec sleep 600", dir, script))
}

// deviceNumber is for mknod.
func deviceNumber(t *testing.T, path string) string {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
}

// What a container mounts, by a node of its own /dev, is in no list of ours.
func TestADriveThatIsMountedElsewhere(t *testing.T) {
	for kind, mkfs := range map[string][]string{"ext4": {"mkfs.ext4", "-q"}, "btrfs": {"mkfs.btrfs", "-q", "-f"}} {
		t.Run(kind, func(t *testing.T) {
			d := disk.Loop(t, 2*realSize)
			tool(t, mkfs[0], append(mkfs[1:], d.Path)...)
			at := t.TempDir()
			if err := unix.Mount(d.Path, at, kind, 0, ""); err != nil {
				t.Skipf("needs a kernel that mounts %s: %v", kind, err)
			}
			if err := unix.Unmount(at, 0); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			elsewhere(t, dir, fmt.Sprintf("mknod %[1]s/sdx b %[2]s && mkdir %[1]s/in && mount -t %[3]s %[1]s/sdx "+
				"%[1]s/in",
				dir, deviceNumber(t, d.Path), kind))
			row := listed(t, realMachine(t, d), d.Path)
			expect(t, row, drive.Mounted, drive.NoPhrase, "mounted at "+dir+"/in (of process ")
			if !strings.Contains(whyOf(row.Usage), "EBUSY") {
				t.Errorf("the kernel's word is missing:\n%s", whyOf(row.Usage))
			}
		})
	}
}

func TestALoopDeviceOverADriveThatIsMountedElsewhere(t *testing.T) {
	d := disk.Loop(t, realSize)
	tool(t, "mkfs.ext4", "-q", d.Path)
	node := filepath.Join(t.TempDir(), "sdx")
	nodeOf(t, d.Path, node)
	l := loopOver(t, node)
	unix.Unlink(node)
	dir := t.TempDir()
	elsewhere(t, dir, fmt.Sprintf("mount %s %s", l.Path, dir))
	expect(t, listed(t, everyLoop(t), d.Path), drive.Mounted, drive.NoPhrase,
		"is a loop device over "+filepath.Base(d.Path)+", mounted at "+dir+" (of process ")
}

// A file system that the kernel has open has its device, whatever name the mount shows for it.
func TestTheDeviceOfABtrfsWhoseMountNamesNothing(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.link("/sys/fs/btrfs/aa-bb/devices/sda", "x")
	m.file("/proc/self/mountinfo", "1 0 0:55 / /data rw - btrfs /sdx rw\n")
	expect(t, m.list(Options{})["/dev/sda"], drive.Btrfs, drive.NoPhrase, "sda is the device of the btrfs file "+
		"system aa-bb")
}

// The kernel shows no number of what it swaps to. By a node that was removed it may be anything.
func TestSwapByANodeThatWasRemoved(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.file("/proc/swaps", "Filename Type\n/dev/sda\\040(deleted) partition 1 0 -2\n")
	expect(t, m.list(Options{})["/dev/sda"], drive.CannotTell, drive.NoPhrase, "/dev/sda (deleted)")
}
