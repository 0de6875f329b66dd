//go:build linux

package disk

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"burnish/backend/testbed/need"
)

const mib = 1 << 20

// device opens a block device past the page cache.
func device(t *testing.T, path string) int {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// aligned is a buffer at a page's start, as O_DIRECT wants it.
func aligned(n int) []byte {
	b := make([]byte, n+4096)
	skip := 4096 - int(uintptr(unsafe.Pointer(&b[0]))%4096)
	return b[skip : skip+n : skip+n]
}

func read(fd int, lba int64, sectors int) ([]byte, error) {
	p := aligned(sectors * SectorBytes)
	n, err := unix.Pread(fd, p, lba*SectorBytes)
	return p[:max(n, 0)], err
}

func write(fd int, lba int64, b byte, sectors int) error {
	p := aligned(sectors * SectorBytes)
	copy(p, fill(b, len(p)))
	_, err := unix.Pwrite(fd, p, lba*SectorBytes)
	return err
}

func TestOnlyTheBadSectorFailsToRead(t *testing.T) {
	d := Faulty(t, 16*mib)
	fd := device(t, d.Path)
	bad := d.FailReads(Sectors{5000, 5001})
	for lba, want := range map[int64]error{4999: nil, 5000: unix.EIO, 5001: unix.EIO, 5002: nil} {
		if _, err := read(fd, lba, 1); !errors.Is(err, want) {
			t.Errorf("sector %d: got %v, want %v", lba, err, want)
		}
	}
	if p, err := read(fd, 4096, 2048); !errors.Is(err, unix.EIO) || len(p) != 0 {
		t.Errorf("a MiB around them: got %d bytes, %v", len(p), err)
	}
	bad.Heal()
	if p, err := read(fd, 4096, 2048); err != nil || len(p) != mib {
		t.Errorf("after healing: got %d bytes, %v", len(p), err)
	}
}

func TestOnlyTheBadSectorFailsToWriteAndOnlyOnce(t *testing.T) {
	d := Faulty(t, 16*mib)
	fd := device(t, d.Path)
	bad := d.FailWrites(Sector(6000), Times(1))
	for lba, want := range map[int64]error{5999: nil, 6000: unix.EIO, 6001: nil} {
		if err := write(fd, lba, 1, 1); !errors.Is(err, want) {
			t.Errorf("sector %d: got %v, want %v", lba, err, want)
		}
	}
	if err := write(fd, 6000, 1, 1); err != nil || bad.Hits() != 1 {
		t.Errorf("the second try: %v, %d hits", err, bad.Hits())
	}
}

func TestADirectReadSeesTheDiskAndNotACache(t *testing.T) {
	d := Faulty(t, 16*mib)
	fd := device(t, d.Path)
	if err := write(fd, 100, 0x11, 8); err != nil {
		t.Fatal(err)
	}
	flip := d.FlipBits(100*512+3, 0x40)
	if p, err := read(fd, 100, 8); err != nil || p[3] != 0x51 || p[2] != 0x11 || p[4] != 0x11 {
		t.Errorf("a flipped bit: got % x, %v", p[:5], err)
	}
	flip.Heal()
	if p, err := read(fd, 100, 8); err != nil || p[3] != 0x11 {
		t.Errorf("after healing: got % x, %v", p[:5], err)
	}
	if err := d.Poke([]byte{0x99}, 101*512); err != nil {
		t.Fatal(err)
	}
	if p, err := read(fd, 100, 8); err != nil || p[512] != 0x99 {
		t.Errorf("what changed below is not seen: got %#x, %v", p[512], err)
	}
}

func TestWritesThatAreLostOrGoAstrayOrWrapLookLikeSuccess(t *testing.T) {
	d := Faulty(t, 16*mib)
	fd := device(t, d.Path)
	half := int64(8 * mib / 512)
	d.DropWrites(Sector(10))
	d.MisplaceWrites(Sector(20), 5)
	d.Wrap(8 * mib)
	for i, lba := range []int64{10, 20, half + 30} {
		if err := write(fd, lba, byte(i+1), 1); err != nil {
			t.Fatalf("sector %d: %v", lba, err)
		}
	}
	for lba, want := range map[int64]byte{10: 0, 20: 0, 25: 2, 30: 3, half + 30: 3} {
		if p, err := read(fd, lba, 1); err != nil || p[0] != want {
			t.Errorf("sector %d: got %d, %v, want %d", lba, p[0], err, want)
		}
	}
}

func TestBytesAndFlushesAreCounted(t *testing.T) {
	d := Faulty(t, 16*mib)
	fd := device(t, d.Path)
	before := d.Counts()
	if err := write(fd, 0, 1, 8192); err != nil {
		t.Fatal(err)
	}
	if err := unix.Fsync(fd); err != nil {
		t.Fatal(err)
	}
	if got := d.Counts(); got.BytesWritten-before.BytesWritten != 4*mib || got.Flushes-before.Flushes != 1 {
		t.Errorf("before %+v, after %+v", before, got)
	}
	d.FailFlushes(Times(1))
	if err := unix.Fsync(fd); !errors.Is(err, unix.EIO) {
		t.Errorf("a failing flush: got %v", err)
	}
	if err := unix.Fsync(fd); err != nil {
		t.Errorf("the flush after it: %v", err)
	}
}

func TestADiskHangsAndVanishesAndComesBack(t *testing.T) {
	d := Faulty(t, 16*mib)
	fd := device(t, d.Path)
	hang := d.Hang(Sector(700))
	done := make(chan error, 1)
	go func() {
		_, err := read(fd, 700, 1)
		done <- err
	}()
	for hang.Hits() == 0 {
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-done:
		t.Errorf("it did not hang: %v", err)
	default:
	}
	gone := d.Vanish()
	hang.Heal()
	if err := <-done; !errors.Is(err, unix.EIO) {
		t.Errorf("released on a disk that is gone: got %v", err)
	}
	if err := write(fd, 0, 1, 1); !errors.Is(err, unix.EIO) {
		t.Errorf("a write to a disk that is gone: got %v", err)
	}
	gone.Heal()
	if err := write(fd, 0, 1, 1); err != nil {
		t.Errorf("back again: %v", err)
	}
}

func TestADiskHasTheSizeAndTheSectorsAskedFor(t *testing.T) {
	for _, c := range []struct {
		size   int64
		sector int
	}{{8*mib + 7*512, 512}, {8*mib + 3*4096, 4096}} {
		for kind, path := range map[string]string{
			"loop":   Loop(t, c.size, LogicalSector(c.sector)).Path,
			"faulty": Faulty(t, c.size, LogicalSector(c.sector)).Path,
		} {
			fd := device(t, path)
			sector, err := unix.IoctlGetInt(fd, unix.BLKSSZGET)
			size, err2 := unix.Seek(fd, 0, unix.SEEK_END)
			if sector != c.sector || size != c.size || err != nil || err2 != nil {
				t.Errorf("%s: %d bytes in sectors of %d (%v, %v), want %+v", kind, size, sector, err, err2, c)
			}
			last := c.size/512 - int64(c.sector)/512
			if err := write(fd, last, 1, c.sector/512); err != nil {
				t.Errorf("%s: the last sector: %v", kind, err)
			}
		}
	}
}

func TestBadblocksFindsTheBlockThatIsBad(t *testing.T) {
	badblocks := need.Program(t, "badblocks")
	d := Faulty(t, 16*mib)
	d.FailReads(Sector(1234 * 8))
	out, err := exec.Command(badblocks, "-b", "4096", d.Path).Output()
	if err != nil || strings.TrimSpace(string(out)) != "1234" {
		t.Errorf("it found %q, %v", out, err)
	}
}

// The test binary plays the one that is killed in the middle of a request.
const roleOfVictim = "BURNISH_DISK_VICTIM"

func TestVictim(t *testing.T) {
	if os.Getenv(roleOfVictim) == "" {
		return // it only has a part in TestAKilledTestLeavesNothingBehind
	}
	healthy, d := Loop(t, mib), Faulty(t, mib)
	fd := device(t, d.Path)
	hang := d.Hang(All)
	go read(fd, 0, 1)
	for hang.Hits() == 0 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(healthy.Path, d.Path)
	select {}
}

func TestAKilledTestLeavesNothingBehind(t *testing.T) {
	need.Loop(t)
	need.FUSE(t)
	need.Program(t, "nbdfuse")
	tmp, err := os.MkdirTemp("", "v")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tmp) })
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), roleOfVictim+"=1", "TMPDIR="+tmp)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var healthy, faulty string
	if _, err := fmt.Fscan(out, &healthy, &faulty); err != nil {
		t.Fatalf("the victim named no devices: %v", err)
	}
	victim.Process.Kill()
	victim.Wait()

	left := func() []string {
		var left []string
		files, _ := filepath.Glob("/sys/block/loop*/loop/backing_file")
		for _, f := range files {
			if text, _ := os.ReadFile(f); strings.HasPrefix(string(text), tmp) {
				left = append(left, string(text))
			}
		}
		if mounts, _ := os.ReadFile("/proc/self/mounts"); strings.Contains(string(mounts), tmp) {
			left = append(left, "a mount")
		}
		dirs, _ := filepath.Glob(filepath.Join(tmp, "bd*"))
		return append(left, dirs...)
	}
	for end := time.Now().Add(patience); len(left()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s and %s: still there: %q", healthy, faulty, left())
		}
	}
}
