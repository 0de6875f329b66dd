package label

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestABlankDriveOfAnySizeIsProvenBlank(t *testing.T) {
	for _, size := range []int64{3584, 512, 4096, 64*kib - 512, mib, 8*mib + 512, 9 * mib, 20 * 1000 * gib} {
		f := newDrive(size).scan(t)
		if !f.Blank() {
			t.Errorf("%d bytes of zeros: %v, %+v", size, kinds(f), f.Content)
		}
		least := min(size, max(8*mib+16*4096, min(size, 8*mib+512)))
		most := least + int64(len(copyPlaces(size)))*64*kib
		if size <= 8*mib+512 {
			most = least
		}
		if f.Content.Zero < least || f.Content.Zero > most {
			t.Errorf("%d zero bytes, want %d to %d", f.Content.Zero, least, most)
		}
	}
}

func TestOnesAndOwnStampsAreBlankToo(t *testing.T) {
	stamp := []byte("own stamp")
	own := func(sector []byte) bool { return bytes.HasPrefix(sector, stamp) }
	d := newDrive(mib).put(0, bytes.Repeat([]byte{0xff}, 512*1024))
	for off := int64(0); off < 256*kib; off += 512 {
		d.put(512*kib+off, append(slices.Clone(stamp), noise(uint64(off), 400)...))
	}
	f := scanWith(t, d, d.size, 512, Options{OwnStamp: own})
	want(t, "ones", f.Content.Ones, 512*kib)
	want(t, "own", f.Content.Own, 256*kib)
	want(t, "zero", f.Content.Zero, 256*kib)
	want(t, "blank", f.Blank(), true)
	want(t, "blank to one who knows no stamp", d.scan(t).Blank(), false)
}

// A job that goes on finds what badblocks left at the tail: content, but no label of anybody's.
func TestThePatternsOfBadblocksAreNoLabels(t *testing.T) {
	for _, b := range []byte{0xaa, 0x55, 0xff} {
		d := newDrive(64*mib).put(16*mib, bytes.Repeat([]byte{b}, 48<<20))
		if f := d.scan(t); len(f.Found) != 0 || f.Blank() != (b == 0xff) {
			t.Errorf("a tail of %#x: %v, blank %v", b, kinds(f), f.Blank())
		}
	}
}

func TestTwoBytesInEitherEndAreSeen(t *testing.T) {
	size := 1000 * gib
	for _, off := range []int64{0, 4*mib - 2, size - 4*mib, size - 2} {
		f := newDrive(size).put(off, []byte{0xff, 1}).scan(t)
		if f.Blank() || f.Content.UnknownAt == nil || *f.Content.UnknownAt != off/512*512 {
			t.Errorf("nine bits at %d: %+v", off, f.Content)
		}
		if f := newDrive(size).put(off, []byte{1}).scan(t); f.Content.Damaged != 512 {
			t.Errorf("a bit at %d: %+v", off, f.Content)
		}
	}
}

// A drive in use by something that leaves no label: its data lies between the ends.
func TestSamplesFindDataBetweenTheEnds(t *testing.T) {
	size := 100 * gib
	d := newDrive(size).put(40*gib, noise(3, 256<<20))
	f := scanWith(t, d, size, 512, Options{Rand: rand.New(rand.NewPCG(1, 2))})
	if f.Content.UnknownAt == nil || *f.Content.UnknownAt < 40*gib || *f.Content.UnknownAt > 40*gib+256*mib {
		t.Errorf("unknown at %v, want within the noise", f.Content.UnknownAt)
	}
	d.puts = nil
	// a sample lies in each 100 MiB
	if seen := (scanWith(t, d, size, 512, Options{}).Content.Zero - f.Content.Zero) / 4096; seen < 2 || seen > 3 {
		t.Errorf("%d samples fell into 256 MiB of noise", seen)
	}
}

func TestSamplesAreSpreadEvenlyAndMoveWithTheRandomness(t *testing.T) {
	places := func(r *rand.Rand) []int64 {
		var out []int64
		d := &recorder{drive: newDrive(1000 * gib)}
		kept := map[int64]bool{}
		for _, off := range copyPlaces(d.size) {
			kept[off/(64*kib)*64*kib] = true
		}
		scanWith(t, d, d.size, 512, Options{Samples: 100, Rand: r})
		for _, off := range d.offsets {
			if off > 5*mib && off < d.size-17*mib && !kept[off] {
				out = append(out, off)
			}
		}
		return out
	}
	a, b := places(rand.New(rand.NewPCG(1, 1))), places(rand.New(rand.NewPCG(2, 2)))
	want(t, "samples", len(a), 100)
	if slices.Equal(a, b) {
		t.Error("different randomness drew the same places")
	}
	for i, off := range a {
		if share := off / (10 * gib); share != int64(i) && share != int64(i)-1 {
			t.Errorf("sample %d is at %d, outside its share", i, off)
		}
	}
}

type recorder struct {
	*drive
	offsets []int64
}

func (r *recorder) ReadAt(p []byte, off int64) (int, error) {
	r.offsets = append(r.offsets, off)
	return r.drive.ReadAt(p, off)
}

func TestAnUnreadableLabelPlaceIsAGapAndTheRestIsStillFound(t *testing.T) {
	d := newDrive(gib)
	gptOn(d, 512, slot{typeZFS, "", 4 * mib, 900 * mib})
	member(d, 4*mib, 896*mib, poolConfig(PoolActive))
	d.bad = []extent{{512, 512}, {4*mib + zfsConfigAt, 512}}
	f := d.scan(t)
	want(t, "pool", one(t, f, "zfs").PoolName, "tank")
	one(t, f, "gpt_backup")
	if len(f.Unreadable) != 2 || f.Unreadable[0].Offset != 0 || f.Unreadable[0].Length != 4096 ||
		!errors.Is(f.Unreadable[0].Err, errMedium) {
		t.Errorf("gaps are %v, want the two bad places", f.Unreadable)
	}
	want(t, "blank", f.Blank(), false)
}

func TestADeadDriveIsAllGapAndEndsEarly(t *testing.T) {
	d := newDrive(20 * 1000 * gib)
	d.bad = []extent{{0, d.size}}
	f := scanWith(t, d, d.size, 512, Options{})
	if len(f.Found) != 0 || len(f.Unreadable) == 0 || f.Blank() {
		t.Errorf("a drive that reads nothing: %d labels, %d gaps", len(f.Found), len(f.Unreadable))
	}
	last := f.Content.Unreadable[len(f.Content.Unreadable)-1]
	want(t, "end of the last gap", last.Offset+last.Length, d.size)
	if d.calls > 600 {
		t.Errorf("%d reads were tried on a dead drive", d.calls)
	}
	t.Logf("%d reads", d.calls)
}

func TestABadHeadDoesNotHideTheTail(t *testing.T) {
	d := newDrive(100*gib).put(100*gib-512, []byte("GEOM::ELI"))
	d.bad = []extent{{0, gib}}
	f := scanWith(t, d, d.size, 512, Options{})
	one(t, f, "geli")
	if f.Content.UnknownAt == nil || *f.Content.UnknownAt != 100*gib-512 {
		t.Error("the tail was not classified")
	}
}

func TestOnlySensibleArgumentsAreTaken(t *testing.T) {
	d := newDrive(mib)
	for _, c := range []struct {
		size   int64
		sector int
		opt    Options
	}{{0, 512, Options{}}, {511, 512, Options{}}, {-1, 512, Options{}}, {mib, 0, Options{}}, {mib, 1 << 20, Options{}},
		{mib, 512, Options{Samples: -1}}} {
		if _, err := Scan(d, c.size, c.sector, c.opt); err == nil {
			t.Errorf("a scan of %d bytes in sectors of %d with %+v was taken", c.size, c.sector, c.opt)
		}
	}
	if _, err := Scan(nil, mib, 512, Options{}); err == nil {
		t.Error("a scan without a reader was taken")
	}
}

func TestOddSectorSizesAreReadInWholeSectors(t *testing.T) {
	for _, sector := range []int{520, 528, 4160, 8192, 65536} {
		d := newDrive(int64(sector) * 5000)
		d.sector = sector
		if f := d.scan(t); !f.Blank() {
			t.Errorf("sectors of %d bytes: %v %v", sector, kinds(f), f.Unreadable)
		}
	}
}

func TestWhatAWholeDriveCostsToRead(t *testing.T) {
	d := newDrive(20 * 1000 * gib)
	scanWith(t, d, d.size, 512, Options{})
	if limit := 8*mib + 4*mib + 200*64*kib + 3*mib; d.read > limit {
		t.Errorf("read %d KiB, said to be at most %d KiB", d.read/kib, limit/kib)
	}
}

func TestNoiseIsUnknownAndBearsNoLabel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 4096).Draw(t, "sectors") * 512
		d := newDrive(size).put(0, noise(rapid.Uint64().Draw(t, "seed"), int(size)))
		f := scanWith(t, d, size, 512, Options{})
		if len(f.Found) != 0 || f.Content.UnknownAt == nil || *f.Content.UnknownAt != 0 || f.Blank() {
			t.Fatalf("noise: %v, %+v", kinds(f), f.Content)
		}
	})
}

func TestOneLabelOnABlankDriveIsTheOneFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(4*mib/512, 64*mib/512).Draw(t, "sectors") * 512
		i := rapid.IntRange(0, 3).Draw(t, "label")
		whole := size / zfsLabelSize * zfsLabelSize
		c := []struct {
			kind string
			off  int64
			data []byte
		}{
			{"zfs", whole - zfsLabelSize + zfsConfigAt, poolConfig(PoolExported)},
			{"md", (size/512 - 16) &^ 7 * 512, mdV1Block(nil)},
			{"geli", size - 512, []byte("GEOM::ELI")},
			{"lvm", 512 * rapid.Int64Range(0, 3).Draw(t, "sector"),
				fields(512, map[int]any{0: "LABELONE", 20: uint32(32), 24: "LVM2 001"})},
		}[i]
		only(t, newDrive(size).put(c.off, c.data).scan(t), c.kind)
	})
}

// A bad drive is not somebody's: a blank drive with a few wrong bits, or a sector that cannot be read, is still blank.
func TestABlankDriveWithBadSectorsIsBlank(t *testing.T) {
	img := make([]byte, 32<<20)
	img[12<<20], img[13<<20+77], img[14<<20+500] = 0x10, 0x81, 0xff
	got, err := Scan(bytes.NewReader(img), int64(len(img)), 512, Options{Samples: 1 << 20})
	if err != nil || !got.Blank() || got.Content.Damaged != 3*512 {
		t.Errorf("%+v, %v", got.Content, err)
	}
	img[15<<20], img[16<<20] = 1, 1
	if got, _ := Scan(bytes.NewReader(img), int64(len(img)), 512, Options{Samples: 1 << 20}); got.Blank() {
		t.Error("five sectors that are not blank count as blank")
	}
	img = make([]byte, 32<<20)
	copy(img[12<<20:], "somebody's data")
	if got, _ := Scan(bytes.NewReader(img), int64(len(img)), 512, Options{Samples: 1 << 20}); got.Blank() {
		t.Error("a few words of text count as blank")
	}
	got, err = Scan(failing{bytes.NewReader(make([]byte, 32<<20)), 10 << 20, 10<<20 + 512}, 32<<20, 512,
		Options{Samples: 1024})
	if err != nil || !got.Blank() || got.Failed == 0 {
		t.Errorf("one sector that cannot be read: %+v, %d failed reads, %v", got.Content, got.Failed, err)
	}
	none := Options{Samples: 1024, Medium: func(error) bool { return false }}
	if got, _ := Scan(failing{bytes.NewReader(make([]byte, 32<<20)), 10 << 20, 10<<20 + 512}, 32<<20, 512,
		none); got.Failed != 0 {
		t.Errorf("%d failed reads of a medium that gave none", got.Failed)
	}
}

// failing cannot be read from one offset to another.
type failing struct {
	*bytes.Reader
	from, to int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off < f.to && off+int64(len(p)) > f.from {
		return 0, errors.New("medium error")
	}
	return f.Reader.ReadAt(p, off)
}

// Blank says whether the drive is proven to hold nothing: no label, nothing unreadable, and every byte looked at is
// zero, 0xFF or an own stamp.
func (f Findings) Blank() bool {
	return len(f.Found) == 0 && len(f.Unreadable) == 0 && len(f.Content.Unreadable) == 0 && f.Content.UnknownAt == nil
}
