//go:build linux

package inventory

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
)

// pythonOpeners begins a program that may open the drive (argv[1]) in a thread and end its first one.
const pythonOpeners = `import ctypes, mmap, os, platform, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
path = sys.argv[1]
def ended():
    return open("/proc/%d/stat" % os.getpid()).read().rsplit(")", 1)[1].split()[0] == "Z"
def hold(mode, mapped=False):
    fd = os.open(path, mode)
    if mapped:
        prot = mmap.PROT_READ | (mmap.PROT_WRITE if mode == os.O_RDWR else 0)
        # not mmap.mmap: it keeps the file open
        at = libc.mmap(None, ctypes.c_size_t(1 << 20), prot, mmap.MAP_SHARED, fd, ctypes.c_long(0))
        assert at != ctypes.c_void_p(-1).value
        os.close(fd)
def stay():
    print("on", flush=True)
    time.sleep(600)
def unshared(mode):
    assert libc.unshare(0x400) == 0  # CLONE_FILES
    hold(mode)
    stay()
def alone(mode, mapped):
    hold(mode, mapped)
    while not ended():
        time.sleep(0.001)
    stay()
def end_leader():
    libc.syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)
`

// A process has more than the list of its first thread: threads that outlive it, threads with a list of their own, and
// what is mapped and in no list at all.
func TestWhatTheFirstThreadsListDoesNotShow(t *testing.T) {
	for name, script := range map[string]string{
		"the first thread has ended": "threading.Thread(target=alone, args=(os.O_RDWR, " +
			"False)).start(); end_leader()",
		"the first thread has ended, it only reads": "threading.Thread(target=alone, args=(os.O_RDONLY, " +
			"False)).start(); end_leader()",
		"a thread with a list of its own": "threading.Thread(target=unshared, " +
			"args=(os.O_RDWR,)).start(); time.sleep(600)",
		"a thread with its own list, it only reads": "threading.Thread(target=unshared, " +
			"args=(os.O_RDONLY,)).start(); time.sleep(600)",
		"a mapping, closed":              "hold(os.O_RDWR, True); stay()",
		"a mapping to read from, closed": "hold(os.O_RDONLY, True); stay()",
		"a mapping, closed, the first thread ended": "threading.Thread(target=alone, args=(os.O_RDWR, " +
			"True)).start(); end_leader()",
		"a mapping of a process that a thread began": "hold(os.O_RDWR, True); " +
			"threading.Thread(target=stay).start(); time.sleep(600)",
	} {
		t.Run(name, func(t *testing.T) {
			d := disk.Loop(t, realSize)
			process(t, nil, "python3", "-c", pythonOpeners+script, d.Path)
			expect(t, listed(t, realMachine(t, d), d.Path), drive.OpenByProcess, drive.NoPhrase, "(python3)")
		})
	}
}

func TestWhatAProcessMapsByANodeThatIsGone(t *testing.T) {
	d := disk.Loop(t, realSize)
	node := filepath.Join(t.TempDir(), "sdx")
	nodeOf(t, d.Path, node)
	process(t, nil, "python3", "-c", pythonOpeners+"hold(os.O_RDWR, True); os.unlink(path); stay()", node)
	expect(t, listed(t, realMachine(t, d), d.Path), drive.OpenByProcess, drive.NoPhrase, "(python3)")
}

func TestAMapOfMemoryIsRead(t *testing.T) {
	for line, want := range map[string]mapping{
		"00400000-0040b000 r-xp 00000000 fd:00 1234   /usr/bin/my prog": {"400000-40b000",
			"fd:00 1234   /usr/bin/my prog", false},
		"7f0000000000-7f0000001000 rw-s 00001000 00:06 77 /sdx (deleted)": {"7f0000000000-7f0000001000",
			"00:06 77 /sdx (deleted)", true},
		"7f0000000000-7f0000001000 rw-p 00001000 00:06 77 /dev/sdx": {"7f0000000000-7f0000001000", "00:06 77 /dev/sdx",
			false},
	} {
		if got, ok := parseMapping(line); !ok || got != want {
			t.Errorf("%q: %+v (%v), want %+v", line, got, ok, want)
		}
	}
	for _, line := range []string{"", "7ffd0000-7ffd1000 rw-p 00000000 00:00 0   [stack]",
		"7ffd0000-7ffd1000 rw-p 00000000 00:00 0", "x"} {
		if got, ok := parseMapping(line); ok {
			t.Errorf("%q is taken for the mapping of a file: %+v", line, got)
		}
	}
}

// Containers on btrfs have subvolumes: by device, number and path a node of one looks like that of another.
func TestTwoContainersMapDrivesByNodesThatLookAlike(t *testing.T) {
	need.Root(t)
	pool, at := disk.Loop(t, 128<<20), t.TempDir()
	tool(t, "mkfs.btrfs", "-q", "-f", pool.Path)
	if err := unix.Mount(pool.Path, at, "btrfs", 0, ""); err != nil {
		t.Skipf("needs a kernel that mounts btrfs: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(at, unix.MNT_DETACH) })
	in := t.TempDir()
	var drives []*disk.LoopDisk
	for _, subvolume := range []string{"a", "b"} {
		d := disk.Loop(t, realSize)
		drives = append(drives, d)
		tool(t, "btrfs", "subvolume", "create", filepath.Join(at, subvolume))
		nodeOf(t, d.Path, filepath.Join(at, subvolume, "sdx"))
		process(t, nil, "unshare", "-m", "sh", "-c", `mount -o subvol="$1" "$2" "$3" && exec python3 -c "$4" "$3/sdx"`,
			"sh", subvolume, pool.Path, in, pythonOpeners+"hold(os.O_RDWR, True); stay()")
	}
	for _, d := range drives {
		expect(t, listed(t, realMachine(t, drives...), d.Path), drive.OpenByProcess, drive.NoPhrase, "(python3)")
	}
}
