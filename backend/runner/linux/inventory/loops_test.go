//go:build linux

package inventory

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
)

// loopOver makes a loop device over path with losetup's flags, until the test ends.
func loopOver(t *testing.T, path string, flags ...string) *disk.LoopDisk {
	t.Helper()
	out, err := exec.Command(need.Program(t, "losetup"), append(flags, "--show", "-f", path)...).Output()
	if err != nil {
		t.Fatalf("losetup over %s: %v", path, err)
	}
	over := &disk.LoopDisk{Path: strings.TrimSpace(string(out))}
	t.Cleanup(func() { tool(t, "losetup", "-d", over.Path) })
	return over
}

// nodeOf makes another node of a device at path.
func nodeOf(t *testing.T, dev, path string) {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(dev, &st); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mknod(path, unix.S_IFBLK|0o600, int(st.Rdev)); err != nil {
		t.Skipf("needs a file system that takes device nodes: %v", err)
	}
}

// backingFile is what sysfs says that a loop device is over.
func backingFile(t *testing.T, l *disk.LoopDisk) string {
	t.Helper()
	data, err := os.ReadFile("/sys/block/" + filepath.Base(l.Path) + "/loop/backing_file")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

// The path that a loop device was made with is a word. What it is over is known by number, whatever became of the path.
func TestALoopDeviceOverADriveByAPathThatNamesNothing(t *testing.T) {
	need.Loop(t)
	for name, over := range map[string]func(t *testing.T, dev, dir string) *disk.LoopDisk{
		"its node was removed": func(t *testing.T, dev, dir string) *disk.LoopDisk {
			node := filepath.Join(dir, "sdx")
			nodeOf(t, dev, node)
			l := loopOver(t, node)
			if err := os.Remove(node); err != nil {
				t.Fatal(err)
			}
			return l
		},
		"a file has its path now": func(t *testing.T, dev, dir string) *disk.LoopDisk {
			node := filepath.Join(dir, "sdx")
			nodeOf(t, dev, node)
			l := loopOver(t, node)
			if err := os.Rename(node, node+".old"); err != nil {
				t.Fatal(err)
			}
			os.WriteFile(node+".old2", make([]byte, 4096), 0o600)
			if err := os.Rename(node+".old2", filepath.Join(dir, "sdx")); err != nil {
				t.Fatal(err)
			}
			os.Remove(node + ".old")
			return l
		},
		"another drive has its path now": func(t *testing.T, dev, dir string) *disk.LoopDisk {
			node := filepath.Join(dir, "sdx")
			nodeOf(t, dev, node)
			l := loopOver(t, node)
			os.Remove(node)
			nodeOf(t, disk.Loop(t, realSize).Path, node)
			return l
		},
		"made in a mount namespace of its own": func(t *testing.T, dev, dir string) *disk.LoopDisk {
			var st unix.Stat_t
			if err := unix.Stat(dev, &st); err != nil {
				t.Fatal(err)
			}
			script := fmt.Sprintf("mount -t tmpfs none %[1]s && mknod %[1]s/sdx b %[2]d %[3]d && losetup --show -f "+
				"%[1]s/sdx",
				dir, unix.Major(st.Rdev), unix.Minor(st.Rdev))
			out, err := exec.Command(need.Program(t, "unshare"), "-m", "sh", "-c", script).Output()
			if err != nil {
				t.Skipf("needs mount namespaces: %v", err)
			}
			l := &disk.LoopDisk{Path: strings.TrimSpace(string(out))}
			t.Cleanup(func() { tool(t, "losetup", "-d", l.Path) })
			return l
		},
		"over another loop device over it": func(t *testing.T, dev, dir string) *disk.LoopDisk {
			node := filepath.Join(dir, "sdx")
			nodeOf(t, dev, node)
			between := loopOver(t, node)
			os.Remove(node)
			nodeOf(t, between.Path, node)
			l := loopOver(t, node)
			os.Remove(node)
			return l
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := disk.Loop(t, realSize)
			tool(t, "mkfs.ext4", "-q", d.Path)
			l := over(t, d.Path, t.TempDir())
			t.Logf("it is over %q", backingFile(t, l))
			h := everyLoop(t)
			row := listed(t, h, d.Path)
			expect(t, row, drive.OpenByProcess, drive.NoPhrase, " is a loop device over "+filepath.Base(d.Path))
			if !strings.Contains(whyOf(row.Usage), filepath.Base(l.Path)+" is a loop device over") {
				t.Errorf("%s is not named:\n%s", l.Path, whyOf(row.Usage))
			}
			at := mountExt4(t, l.Path)
			expect(t, listed(t, h, d.Path), drive.Mounted, drive.NoPhrase, "mounted at "+at)
			if row := listed(t, h, l.Path); drive.StartableFor(row.Identity, row.Usage).Destructive ||
				row.Usage.Unlockable() {
				t.Errorf("the loop device itself can be erased:\n%s", whyOf(row.Usage))
			}
		})
	}
}

// everyLoop is this machine with all its loop devices.
func everyLoop(t *testing.T) *Host {
	t.Helper()
	names, err := filepath.Glob("/sys/block/loop*/loop")
	if err != nil {
		t.Fatal(err)
	}
	var loops []*disk.LoopDisk
	for _, n := range names {
		loops = append(loops, &disk.LoopDisk{Path: "/dev/" + filepath.Base(filepath.Dir(n))})
	}
	return realMachine(t, loops...)
}

func TestALoopDeviceOverAPartitionByAPathThatNamesNothing(t *testing.T) {
	d := disk.Loop(t, realSize)
	tool(t, "addpart", d.Path, "1", "2048", "65536")
	t.Cleanup(func() { tool(t, "delpart", d.Path, "1") })
	node := filepath.Join(t.TempDir(), "sdx1")
	nodeOf(t, d.Path+"p1", node)
	l := loopOver(t, node)
	os.Remove(node)
	expect(t, listed(t, everyLoop(t), d.Path), drive.OpenByProcess, drive.NoPhrase,
		filepath.Base(l.Path)+" is a loop device over "+filepath.Base(d.Path)+"p1")
}

// To write to a loop device over a drive is to write to that drive: who uses the one uses the other.
func TestALoopDeviceOverADriveInUse(t *testing.T) {
	for name, use := range map[string]func(t *testing.T, d *disk.LoopDisk) drive.Class{
		"mounted": func(t *testing.T, d *disk.LoopDisk) drive.Class {
			tool(t, "mkfs.ext4", "-q", d.Path)
			mountExt4(t, d.Path)
			return drive.Mounted
		},
		"claimed": func(t *testing.T, d *disk.LoopDisk) drive.Class {
			process(t, nil, "python3", "-c", `import os,sys,time
os.open(sys.argv[1], os.O_RDONLY|os.O_EXCL); print("on", flush=True); time.sleep(600)`, d.Path)
			return drive.OpenByProcess
		},
		"open": func(t *testing.T, d *disk.LoopDisk) drive.Class {
			process(t, nil, "python3", "-c", `import os,sys,time
os.open(sys.argv[1], os.O_RDWR); print("on", flush=True); time.sleep(600)`, d.Path)
			return drive.OpenByProcess
		},
		"another loop device over it": func(t *testing.T, d *disk.LoopDisk) drive.Class {
			node := filepath.Join(t.TempDir(), "sdx")
			nodeOf(t, d.Path, node)
			loopOver(t, node)
			return drive.OpenByProcess
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := disk.Loop(t, realSize)
			l := loopOver(t, d.Path)
			expect(t, listed(t, everyLoop(t), l.Path), drive.None, drive.NoPhrase, "") // nobody else uses it
			class := use(t, d)
			expect(t, listed(t, everyLoop(t), l.Path), class, drive.NoPhrase,
				filepath.Base(d.Path)+", over which it lies")
		})
	}
}

func TestTwoLoopDevicesOverOneFileByTwoPaths(t *testing.T) {
	d := disk.Loop(t, realSize)
	tool(t, "mkfs.ext4", "-q", d.Path)
	other := filepath.Join(t.TempDir(), "image")
	if err := os.Link(d.Backing, other); err != nil {
		t.Fatal(err)
	}
	l := loopOver(t, other)
	expect(t, listed(t, everyLoop(t), d.Path), drive.OpenByProcess, drive.NoPhrase,
		filepath.Base(l.Path)+" is over the same file")
	os.Remove(other)
	at := mountExt4(t, l.Path)
	expect(t, listed(t, everyLoop(t), d.Path), drive.Mounted, drive.NoPhrase, "mounted at "+at)
}

func TestALoopDeviceWhoseFileWasRemovedIsStillADrive(t *testing.T) {
	need.Loop(t)
	file := filepath.Join(t.TempDir(), "image")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Truncate(file, realSize)); err != nil {
		t.Fatal(err)
	}
	l := loopOver(t, file)
	was := listed(t, everyLoop(t), l.Path)
	os.Remove(file)
	row := listed(t, everyLoop(t), l.Path)
	expect(t, row, drive.None, drive.NoPhrase, "")
	if !row.Identity.Same(was.Identity) {
		t.Errorf("it was %v, and is %v", was.Identity, row.Identity)
	}
}

// What cannot be asked may be over any drive, unless only a file that is served can keep the kernel from answering.
func TestALoopDeviceThatDoesNotSayWhatItIsOver(t *testing.T) {
	for name, c := range map[string]struct {
		answer  error
		backing string
		class   drive.Class
	}{
		"no node of it":                    {unix.ENOENT, "/images/a", drive.CannotTell},
		"may not be asked":                 {unix.EPERM, "/images/a", drive.CannotTell},
		"hangs":                            {errNoAnswer, "/images/a", drive.CannotTell},
		"hangs, over what names nothing":   {errNoAnswer, "/sdx", drive.CannotTell},
		"hangs, over a file of a server":   {errNoAnswer, "/served/deep/a", drive.None},
		"hangs, mounted over the server":   {errNoAnswer, "/served/local/a", drive.CannotTell},
		"hangs, beside what a server has":  {errNoAnswer, "/served2/a", drive.CannotTell},
		"the program that served it ended": {unix.ENOTCONN, "/images/a", drive.None},
		"unbound meanwhile":                {unix.ENXIO, "/images/a", drive.None},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTree(t)
			m.sata("sda", 1)
			m.block("loop4", virtual, gib, map[string]string{"loop/backing_file": c.backing})
			m.loops["loop4"] = func() (Loop, error) { return Loop{}, c.answer }
			m.file("/proc/self/mountinfo", "1 0 0:21 / / rw - ext4 /dev/x rw\n2 1 0:50 / /served rw - fuse.sshfs a "+
				"rw\n3 2 0:51 / /served/local rw - tmpfs a rw\n")
			rows := m.list(Options{VirtualDrives: true})
			row := rows["/dev/sda"]
			expect(t, row, c.class, drive.NoPhrase, "")
			if c.class == drive.CannotTell && !strings.Contains(row.Usage.Text, "loop4") {
				t.Errorf("it is not said of what: %s", row.Usage.Text)
			}
			if own, there := rows["/dev/loop4"]; there == errors.Is(c.answer, unix.ENXIO) || there &&
				own.Usage.Class != drive.CannotTell {
				t.Errorf("loop4 is there: %v, and %s", there, own.Usage.Class)
			}
		})
	}
}
