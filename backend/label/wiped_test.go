package label

import (
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"burnish/backend/testbed/need"
)

// wiped is a drive of size bytes on which an image began at start and whose ends were zeroed since, as a quick wipe or
// a dd does that somebody stopped: table and superblock are gone, the files are not.
type wiped struct {
	io.ReaderAt
	start, size, edge int64
}

func (w wiped) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	from, to := max(off, w.edge, w.start), min(off+int64(len(p)), w.size-w.edge)
	if from >= to {
		return len(p), nil
	}
	if _, err := w.ReaderAt.ReadAt(p[from-off:to-off], from-w.start); err != nil && err != io.EOF {
		return 0, err
	}
	return len(p), nil
}

// A person who lost the table of a drive wants to rescue it, not to have it called blank.
func TestAFileSystemWithoutItsEndsIsFoundByItsCopies(t *testing.T) {
	const tib = 1 << 40
	for _, c := range []struct {
		program, kind string
		args          []string
		size          int64
	}{
		{"mkfs.ext4", "ext", []string{"-q", "-E", "nodiscard,lazy_journal_init=1", "-L", "media", "-U", anUUID},
			4 * tib},
		{"mkfs.ext4", "ext", []string{"-q", "-E", "nodiscard,lazy_journal_init=1", "-L", "media", "-U", anUUID, "-b",
			"1024"}, 400 * mib},
		{"mkfs.ext4", "ext", []string{"-q", "-E", "nodiscard,lazy_journal_init=1", "-L", "media", "-U", anUUID, "-b",
			"2048"}, 2 * gib},
		{"mkfs.ext2", "ext", []string{"-q", "-L", "media", "-U", anUUID}, 64 * gib},
		{"mkfs.xfs", "xfs", []string{"-q", "-K", "-L", "media", "-m", "uuid=" + anUUID}, 500*1000*1000*1000 + 4096},
		{"mkfs.xfs", "xfs", []string{"-q", "-K", "-L", "media", "-m", "uuid=" + anUUID}, 6 * tib},
		{"mkfs.btrfs", "btrfs", []string{"-q", "-K", "-L", "media", "-U", anUUID}, tib},
	} {
		t.Run(strings.Join(append([]string{c.program}, c.args...), " "), func(t *testing.T) {
			program := need.Program(t, c.program)
			for start, end := range map[int64]int64{0: c.size, 64 * 512: c.size - 33*512, mib: c.size / mib * mib} {
				path := image(t, end-start)
				run(t, program, append(c.args, path)...)
				file, err := os.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				found := scanWith(t, wiped{file, start, c.size, 16 * mib}, c.size, 512, Options{Samples: 64})
				f := only(t, found, c.kind)
				want(t, "uuid", f.UUID, anUUID)
				want(t, "name", f.Name, "media")
				want(t, "blank", found.Blank(), false)
				if !strings.Contains(f.Text, "found by a copy of its superblock") {
					t.Errorf("it is told as %q", f.Text)
				}
			}
		})
	}
}

func TestWhatOnlyLooksLikeACopyIsNone(t *testing.T) {
	ext := func(at map[int]any) []byte {
		all := map[int]any{0: uint32(8192), 4: uint32(1 << 20), 24: uint32(2), 32: uint32(32768), 56: uint16(0xef53),
			76: uint32(1), 90: uint16(1), 104: anID}
		for k, v := range at {
			all[k] = v
		}
		return fields(1024, all)
	}
	size := 4 * gib
	want(t, "the copy's uuid", only(t, newDrive(size).put(128*mib, ext(nil)).scan(t), "ext").UUID, anUUID)
	for what, b := range map[string][]byte{
		"a first superblock":      ext(map[int]any{90: uint16(0)}),
		"a group before the disk": ext(map[int]any{90: uint16(2)}),
		"a wrong checksum":        ext(map[int]any{100: uint32(0x400), 1020: uint32(1)}),
		"no block size":           ext(map[int]any{24: uint32(7)}),
	} {
		if f := newDrive(size).put(128*mib, b).scan(t); len(f.Found) != 0 || f.Blank() {
			t.Errorf("%s: found %v, blank %v; want unknown content", what, kinds(f), f.Blank())
		}
	}
}

func TestTheFileTableOfNTFSIsFoundWithoutItsBootSector(t *testing.T) {
	size := 1000 * gib
	record := fields(1024, map[int]any{0: "FILE", 4: uint16(48), 6: uint16(3), 24: uint32(416), 28: uint32(1024)})
	for _, start := range []int64{0, 63 * 512, mib, 17 * mib, 129 * mib} {
		f := only(t, newDrive(size).put(start+3*gib, record).scan(t), "ntfs")
		want(t, "offset", f.Offset, start+3*gib)
		want(t, "text", f.Text, "NTFS file system, found by a copy of its superblock")
	}
}

// ZFS on Linux leaves 8 MiB behind the partition that it makes of a whole drive: when the table is gone, the last two
// labels of the pool are nowhere near an end.
func TestTheLastLabelsOfAPoolAreFoundWithoutTheTable(t *testing.T) {
	size := 100*gib - 5*512
	d := newDrive(size)
	end := size/mib*mib - 9*mib
	for _, off := range []int64{end - 2*zfsLabelSize, end - zfsLabelSize} {
		d.put(off+zfsConfigAt, poolConfig(PoolActive))
	}
	f := only(t, d.scan(t), "zfs")
	want(t, "pool", f.PoolName, "tank")
	want(t, "labels", f.LabelsSeen, 2)
}

// filled is a drive that holds something between two offsets and nothing else.
type filled struct{ from, to int64 }

func (f filled) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	for at := max(f.from, off); at < min(f.to, off+int64(len(p))); at++ {
		p[at-off] = 0x5a
	}
	return len(p), nil
}

// What lies on a drive that is not full lies near where its partition began, wherever that was.
func TestSamplesAreDenserNearTheStart(t *testing.T) {
	const size = 4 << 40
	for _, start := range []int64{3*gib + 77*mib, 18*gib + 5*mib, 70*gib + 5*mib} {
		d := filled{start, start + start/20}
		for seed := range uint64(20) {
			if f := scanWith(t, d, size, 512, Options{Samples: 64, Near: 64,
				Rand: rand.New(rand.NewPCG(seed, 1))}); f.Blank() {
				t.Errorf("%d MiB at %d MiB were not seen", start/20/mib, start/mib)
			}
		}
	}
}
