//go:build linux

package inventory

import (
	"bufio"
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/wire"
)

const realSize = 64 << 20

// realMachine is this machine as far as these loop devices go: the drives of other tests are none of it.
func realMachine(t *testing.T, loops ...*disk.LoopDisk) *Host {
	t.Helper()
	m := newTree(t)
	for _, path := range []string{"/proc", "/dev"} {
		if err := os.RemoveAll(filepath.Join(m.root, path)); err != nil {
			t.Fatal(err)
		}
		m.link(path, path)
	}
	m.link(os.TempDir(), os.TempDir())
	for _, l := range loops {
		name := filepath.Base(l.Path)
		m.link("/sys/block/"+name, "/sys/devices/virtual/block/"+name)
	}
	m.link("/sys/fs", "/sys/fs")
	return &Host{Root: m.root, Run: func(ctx context.Context, name string, args ...string) ([]byte, error) {
		return exec.CommandContext(ctx, name, args...).Output()
	}}
}

func listed(t *testing.T, h *Host, path string) wire.DriveRow {
	t.Helper()
	rows, err := h.Inventory(t.Context(), Options{VirtualDrives: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Path == path {
			return r
		}
	}
	t.Fatalf("%s is not among %d rows", path, len(rows))
	return wire.DriveRow{}
}

func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(need.Program(t, name), args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
}

func mountExt4(t *testing.T, dev string) (at string) {
	t.Helper()
	at = t.TempDir()
	if err := unix.Mount(dev, at, "ext4", 0, ""); err != nil {
		t.Fatalf("mount %s: %v", dev, err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(at, 0); err != nil {
			t.Errorf("unmount %s: %v", at, err)
		}
	})
	return at
}

// process starts a program that lives until the test ends, with the drive as its standard input where one is given,
// and waits for its first line.
func process(t *testing.T, stdin *os.File, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(need.Program(t, name), args...)
	cmd.Stdin = stdin
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%v did not begin: %v", cmd, err)
	}
}

func writeAt(t *testing.T, path string, data []byte, off int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_SYNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(data, off); err != nil {
		t.Fatal(err)
	}
}

func TestARealBlankDriveIsFree(t *testing.T) {
	d := disk.Loop(t, realSize)
	h := realMachine(t, d)
	row := listed(t, h, d.Path)
	expect(t, row, drive.None, drive.NoPhrase, "")
	if !drive.StartableFor(row.Identity, row.Usage).Destructive {
		t.Error("it cannot be started")
	}
	if row.Identity.SizeBytes != realSize || row.Identity.Kind != drive.Virtual ||
		!strings.HasPrefix(row.Identity.Backing, d.Backing+":") {
		t.Errorf("its identity is %+v", row.Identity)
	}
	if path, err := h.Find(t.Context(), row.Identity, Options{VirtualDrives: true}); err != nil || path != d.Path {
		t.Errorf("it was found at %q (%v), want %s", path, err, d.Path)
	}
}

func TestARealDriveOf4096ByteSectorsIsFree(t *testing.T) {
	d := disk.Loop(t, realSize, disk.LogicalSector(4096))
	row := listed(t, realMachine(t, d), d.Path)
	expect(t, row, drive.None, drive.NoPhrase, "")
	if row.Identity.LogicalBytes != 4096 {
		t.Errorf("sectors of %d bytes", row.Identity.LogicalBytes)
	}
}

func TestWhatIsOnARealDrive(t *testing.T) {
	noise := make([]byte, 1<<20)
	rand.Read(noise)
	for name, c := range map[string]struct {
		make func(t *testing.T, d *disk.LoopDisk)
		word string
	}{
		"noise without any label": {func(t *testing.T, d *disk.LoopDisk) { writeAt(t, d.Path, noise, 0) }, ""},
		"noise at the very end": {func(t *testing.T, d *disk.LoopDisk) {
			writeAt(t, d.Path, noise[:512],
				realSize-512)
		}, "unknown content"},
		"ext4": {func(t *testing.T, d *disk.LoopDisk) { tool(t, "mkfs.ext4", "-q", "-L", "photos", d.Path) },
			"photos"},
		"swap space": {func(t *testing.T, d *disk.LoopDisk) { tool(t, "mkswap", d.Path) }, "swap"},
		"physical volume": {func(t *testing.T, d *disk.LoopDisk) {
			tool(t, "pvcreate", "-q", "--config", "devices{use_devicesfile=0}", d.Path)
		}, "LVM"},
		"closed LUKS": {func(t *testing.T, d *disk.LoopDisk) {
			key := filepath.Join(t.TempDir(), "key")
			os.WriteFile(key, []byte("secret"), 0o600)
			tool(t, "cryptsetup", "luksFormat", "-q", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations",
				"1000", "--key-file", key, d.Path)
		}, "LUKS"},
		"btrfs": {func(t *testing.T, d *disk.LoopDisk) { tool(t, "mkfs.btrfs", "-q", "-f", "-M", d.Path) }, "btrfs"},
		"a partition table": {func(t *testing.T, d *disk.LoopDisk) {
			mbr := make([]byte, 512)
			copy(mbr[446:], []byte{0, 0, 2, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0})
			mbr[510], mbr[511] = 0x55, 0xaa
			writeAt(t, d.Path, mbr, 0)
		}, "partition"},
	} {
		t.Run(name, func(t *testing.T) {
			d := disk.Loop(t, realSize)
			c.make(t, d)
			row := listed(t, realMachine(t, d), d.Path)
			expect(t, row, drive.Data, drive.SerialPhrase, c.word)
		})
	}
}

func TestAMountedDrive(t *testing.T) {
	d := disk.Loop(t, realSize)
	tool(t, "mkfs.ext4", "-q", d.Path)
	at := mountExt4(t, d.Path)
	expect(t, listed(t, realMachine(t, d), d.Path), drive.Mounted, drive.NoPhrase, "mounted at "+at)
}

func TestADriveThatTheMachineSwapsTo(t *testing.T) {
	d := disk.Loop(t, realSize)
	tool(t, "mkswap", d.Path)
	if out, err := exec.Command(need.Program(t, "swapon"), d.Path).CombinedOutput(); err != nil {
		t.Skipf("needs a kernel that may swap: %s", out)
	}
	t.Cleanup(func() { exec.Command("swapoff", d.Path).Run() })
	expect(t, listed(t, realMachine(t, d), d.Path), drive.Swap, drive.NoPhrase, "swaps")
}

func TestADriveThatAProcessHasOpen(t *testing.T) {
	d := disk.Loop(t, realSize)
	f, err := os.Open(d.Path)
	if err != nil {
		t.Fatal(err)
	}
	process(t, f, "sh", "-c", "echo on; sleep 600 <&0 & wait")
	f.Close()
	expect(t, listed(t, realMachine(t, d), d.Path), drive.OpenByProcess, drive.NoPhrase, "(sh)")
}

func TestADriveThatAProcessHoldsExclusively(t *testing.T) {
	d := disk.Loop(t, realSize)
	process(t, nil, "python3", "-c", `import os,sys,time
os.open(sys.argv[1], os.O_RDONLY|os.O_EXCL); print("on", flush=True); time.sleep(600)`, d.Path)
	row := listed(t, realMachine(t, d), d.Path)
	expect(t, row, drive.OpenByProcess, drive.NoPhrase, "python3")
	if !strings.Contains(whyOf(row.Usage), "EBUSY") {
		t.Errorf("the kernel's word is missing:\n%s", whyOf(row.Usage))
	}
}

func TestAMountedLoopDeviceOverADrive(t *testing.T) {
	d := disk.Loop(t, realSize)
	tool(t, "mkfs.ext4", "-q", d.Path)
	out, err := exec.Command(need.Program(t, "losetup"), "--show", "-f", d.Path).Output()
	if err != nil {
		t.Fatal(err)
	}
	over := &disk.LoopDisk{Path: strings.TrimSpace(string(out))}
	t.Cleanup(func() { tool(t, "losetup", "-d", over.Path) })
	at := mountExt4(t, over.Path)
	expect(t, listed(t, realMachine(t, d, over), d.Path), drive.Mounted, drive.NoPhrase, "mounted at "+at)
}

func TestMembersOfARealBtrfsOnTwoDrives(t *testing.T) {
	a, b := disk.Loop(t, 256<<20), disk.Loop(t, 256<<20)
	tool(t, "mkfs.btrfs", "-q", "-f", "-d", "single", "-m", "raid1", a.Path, b.Path)
	at := t.TempDir()
	if err := unix.Mount(a.Path, at, "btrfs", 0, "device="+b.Path); err != nil {
		t.Skipf("needs a kernel that mounts btrfs: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(at, 0) })
	h := realMachine(t, a, b)
	for _, d := range []*disk.LoopDisk{a, b} {
		expect(t, listed(t, h, d.Path), drive.Btrfs, drive.NoPhrase, "mounted at "+at)
	}
}

func TestInspectUnderTheOwnHold(t *testing.T) {
	d := disk.Loop(t, realSize)
	h := realMachine(t, d)
	want := listed(t, h, d.Path).Identity
	held, err := os.OpenFile(d.Path, os.O_RDONLY|unix.O_EXCL, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	look := func() drive.Usage {
		t.Helper()
		id, path, u, err := h.Inspect(t.Context(), held, Options{VirtualDrives: true})
		if p := (&Host{}).Place(held); p.WriteCache == "" || !p.Discards {
			t.Errorf("where it hangs: %+v", p)
		}
		if err != nil || path != d.Path || !id.Same(want) {
			t.Fatalf("under the hold it is %v at %q (%v), want %v at %s", id, path, err, want, d.Path)
		}
		return u
	}
	if u := look(); u.Class != drive.None {
		t.Errorf("a blank drive under its own hold is %s (%s)\n%s", u.Class, u.Text, whyOf(u))
	}
	writeAt(t, d.Path, []byte("somebody's"), realSize/2) // through the hold, which is only advisory
	if u := look(); u.Class != drive.None && u.Class != drive.Data {
		t.Errorf("with one sector written it is %s (%s)", u.Class, u.Text)
	}
	writeAt(t, d.Path, []byte("somebody's"), 0)
	if u := look(); u.Class != drive.Data {
		t.Errorf("with its first sector written it is %s (%s)", u.Class, u.Text)
	}
	process(t, held, "sh", "-c", "echo on; sleep 600 <&0 & wait")
	if u := look(); u.Class != drive.OpenByProcess {
		t.Errorf("open in another process it is %s (%s)", u.Class, u.Text)
	}
}

func TestInspectRefusesWhatIsNoDrive(t *testing.T) {
	need.Root(t)
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, _, _, err := (&Host{}).Inspect(t.Context(), f, Options{}); err == nil {
		t.Error("/dev/null was taken for a drive")
	}
}

func TestANodeThatIsAnotherDeviceIsNotOpened(t *testing.T) {
	d := disk.Loop(t, realSize)
	if dev, err := OpenDevice(d.Path, Number{8, 0}, false); err == nil {
		dev.Close()
		t.Error("a node with another number was opened")
	}
}

// A drive that hangs is not to be told of, and that alone: all others are shown as they are, and soon.
func TestARealDriveThatHangsCostsItsOwnRowOnly(t *testing.T) {
	hangs := disk.Faulty(t, realSize)
	good := disk.Loop(t, realSize)
	h := realMachine(t, good, &disk.LoopDisk{Path: hangs.Path})
	want := listed(t, h, good.Path).Identity
	hangs.Hang(disk.All)
	began := time.Now()
	rows, err := h.Inventory(t.Context(), Options{VirtualDrives: true})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows {
		class := drive.None
		if r.Path == hangs.Path {
			class = drive.CannotTell
		}
		expect(t, r, class, drive.NoPhrase, "")
	}
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("the list took %v", took)
	}
	began = time.Now()
	if path, err := h.Find(t.Context(), want, Options{VirtualDrives: true}); err != nil || path != good.Path {
		t.Errorf("the other one is at %q, %v", path, err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("to find the other one took %v", took)
	}
}
