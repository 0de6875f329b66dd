package surface

import (
	"context"
	"fmt"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"
)

func TestBuffersAreAligned(t *testing.T) {
	for _, n := range []int{1, 512, 4096, 1<<20 + 512} {
		b := AlignedBuffer(n)
		if at := uintptr(unsafe.Pointer(&b[0])); at%4096 != 0 || len(b) != n || cap(b) != n {
			t.Errorf("%d bytes at %x, %d long", n, at, len(b))
		}
	}
}

func TestTheBorderBetweenDamagedAndOld(t *testing.T) {
	nonce := [16]byte{5}
	want, other := make([]byte, 512), make([]byte, 512)
	FillStamp(want, nonce, 2, 77, 512)
	FillStamp(other, [16]byte{6}, 1, 77, 512)
	older, moved := make([]byte, 512), make([]byte, 512)
	FillStamp(older, nonce, 1, 77, 512)
	FillStamp(moved, nonce, 2, 78, 512)
	torn := func(good int) []byte { return append(append([]byte(nil), want[:good]...), other[good:]...) }
	tail := append(append([]byte(nil), other[:384]...), want[384:]...) // head lost, a quarter right
	hurt := append([]byte(nil), moved...)
	hurt[300] ^= 1
	for name, c := range map[string]struct {
		got  []byte
		want Kind
	}{
		"zeros":                      {make([]byte, 512), KindStale},
		"another job's":              {other, KindStale},
		"an older pass's":            {older, KindStale},
		"of another LBA":             {moved, KindMisplaced},
		"of another LBA, damaged":    {hurt, KindMisplaced},
		"only the header is right":   {torn(40), KindMismatch},
		"all but the tail":           {torn(500), KindMismatch},
		"three quarters, headless":   {append(append([]byte(nil), other[:128]...), want[128:]...), KindMismatch},
		"seven eighths are not ours": {append(append([]byte(nil), other[:448]...), want[448:]...), KindStale},
		"a quarter, headless":        {tail, KindMismatch},
	} {
		f := classify(c.got, want, 77, nonce, 2)
		// A quarter is the border itself: three quarters of noise flip 3/8 of all bits on average.
		if name == "a quarter, headless" {
			if f.kind != KindMismatch && f.kind != KindStale {
				t.Errorf("%s: %s", name, f.kind)
			}
			continue
		}
		if f.kind != c.want {
			t.Errorf("%s: %s, want %s", name, f.kind, c.want)
		}
	}
}

func TestARangeSetHoldsWhatWasAddedAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rangeSet{per: 8}
		want, units := map[int64]Kind{}, map[int64]bool{}
		for range rapid.IntRange(0, 40).Draw(t, "adds") {
			first := rapid.Int64Range(0, 200).Draw(t, "first")
			r := Range{FirstLBA: first, LastLBA: first + rapid.Int64Range(0, 9).Draw(t, "more"),
				Kind: rapid.SampledFrom([]Kind{KindRead, KindWrite}).Draw(t, "kind")}
			if s.count(r.FirstLBA, r.LastLBA) > 0 {
				continue
			}
			s.add(r)
			for lba := r.FirstLBA; lba <= r.LastLBA; lba++ {
				want[lba], units[lba/8] = r.Kind, true
			}
		}
		for lba := int64(0); lba < 220; lba++ {
			if s.has(lba) != (want[lba] != "") || s.count(lba, lba, KindRead) == 1 != (want[lba] == KindRead) {
				t.Fatalf("LBA %d, want %q: %+v", lba, want[lba], s.ranges)
			}
		}
		for i := 1; i < len(s.ranges); i++ {
			if s.ranges[i-1].LastLBA >= s.ranges[i].FirstLBA || s.ranges[i-1].joins(s.ranges[i]) {
				t.Fatalf("not sorted or not merged: %+v", s.ranges)
			}
		}
		if s.units != int64(len(units)) {
			t.Fatalf("%d physical sectors, want %d: %+v", s.units, len(units), s.ranges)
		}
	})
}

func BenchmarkFillStamp(b *testing.B) {
	for _, sector := range []int{512, 4096} {
		b.Run(fmt.Sprint(sector), func(b *testing.B) {
			buf := AlignedBuffer(1 << 20)
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				FillStamp(buf, [16]byte{1}, 1, int64(i)*2048, sector)
			}
		})
	}
}

func BenchmarkCompare(b *testing.B) {
	for _, sector := range []int{512, 4096} {
		b.Run(fmt.Sprint(sector), func(b *testing.B) {
			buf, want := AlignedBuffer(1<<20), make([]byte, sector)
			st := newStamper([16]byte{1}, 1, sector)
			st.fill(buf, 0)
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				if !st.matches(buf, 0, want) {
					b.Fatal("differs")
				}
			}
		})
	}
}

// BenchmarkCold makes and compares sectors that no cache holds, as on a processor whose caches are smaller than the
// blocks under way.
func BenchmarkCold(b *testing.B) {
	const blocks, block, sector = 128, 1 << 20, 512
	all, want := AlignedBuffer(blocks*block), make([]byte, sector)
	st := newStamper([16]byte{1}, 1, sector)
	run := func(name string, work func(p []byte, lba int64)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(block)
			for i := 0; b.Loop(); i = (i + 1) % blocks {
				work(all[i*block:(i+1)*block], int64(i)*block/sector)
			}
		})
	}
	st.fill(all, 0)
	run("fill", st.fill)
	run("compare", func(p []byte, lba int64) {
		if !st.matches(p, lba, want) {
			b.Fatal("differs")
		}
	})
}

// null is a drive that costs nothing: it keeps nothing, and a read is answered with the data that must be there.
type null struct {
	geo Geometry
	st  *stamper
}

func (n null) Geometry() Geometry                       { return n.geo }
func (n null) WriteAt(p []byte, off int64) (int, error) { return len(p), nil }
func (n null) Flush() error                             { return nil }
func (n null) ReadAt(p []byte, off int64) (int, error) {
	n.st.fill(p, off/int64(n.geo.LogicalBytes))
	return len(p), nil
}

type quiet struct{}

func (quiet) Progress(Progress)           {}
func (quiet) Bad(Range)                   {}
func (quiet) Transient(Range)             {}
func (quiet) Checkpoint(Checkpoint) error { return nil }
func (quiet) Log(string)                  {}
func (quiet) Stretch(Stretch)             {}

type wallClock struct{}

func (wallClock) Now() time.Time                             { return time.Now() }
func (wallClock) Sleep(context.Context, time.Duration) error { return nil }

// BenchmarkRun is a write and a verify sweep; a read costs what a fill costs.
func BenchmarkRun(b *testing.B) {
	const size = 1 << 30
	dev := null{Geometry{SizeBytes: size, LogicalBytes: 512, PhysicalBytes: 4096}, newStamper([16]byte{1}, 1, 512)}
	b.SetBytes(2 * size)
	b.ReportAllocs()
	for b.Loop() {
		res, err := Run(context.Background(), dev, wallClock{}, Options{Mode: ModeStamp, Nonce: [16]byte{1}}, quiet{})
		if err != nil || !res.Complete || res.BadRanges != nil {
			b.Fatal(err, res)
		}
	}
}

func TestEachFlippedBitIsSeenInAnySectorByAnyProcessor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{512, 1024, 4096}).Draw(t, "sector")
		lba := rapid.Int64Range(0, 1<<40).Draw(t, "lba")
		st := newStamper([16]byte{byte(rapid.IntRange(0, 255).Draw(t, "nonce"))},
			uint32(rapid.IntRange(1, 9).Draw(t, "pass")), size)
		buf, want := AlignedBuffer(4*size), make([]byte, size)
		st.fill(buf, lba)
		if !st.matches(buf, lba, want) {
			t.Fatal("a stamp does not match itself")
		}
		bit := rapid.IntRange(0, len(buf)*8-1).Draw(t, "bit")
		buf[bit/8] ^= 1 << (bit % 8)
		if st.matches(buf, lba, want) {
			t.Fatalf("bit %d is flipped and not seen", bit)
		}

		keys := [batch]uint64{}
		for i := range keys {
			_, _, _, _, _, _, _, _, keys[i] = st.head(lba+int64(i), 0)
		}
		n := rapid.IntRange(1, batch).Draw(t, "sectors")
		fast, plain := make([]byte, n*size), make([]byte, n*size)
		fillBodies(fast, &st.tab, &keys, size)
		fillPortable(plain, &st.tab, &keys, size)
		if string(fast) != string(plain) {
			t.Fatal("this processor's own code makes another body")
		}
		at := rapid.IntRange(0, n-1).Draw(t, "body")*size + rapid.IntRange(headBytes, size-1).Draw(t, "body byte")
		fast[at] ^= 1 << (bit % 8)
		if !sameBodies(plain, &st.tab, &keys, size) || !samePortable(plain, &st.tab, &keys, size) {
			t.Fatal("what was made does not match")
		}
		if sameBodies(fast, &st.tab, &keys, size) || samePortable(fast, &st.tab, &keys, size) {
			t.Fatalf("a flipped bit in byte %d is not seen", at)
		}
	})
}

func TestABootSignatureByChanceIsSeenByAnyProcessor(t *testing.T) {
	for _, size := range []int{512, 4096} {
		st, seen := newStamper([16]byte{7}, 1, size), 0
		var keys [batch]uint64
		fast, plain := make([]byte, batch*size), make([]byte, batch*size)
		for lba := int64(0); lba < 1<<28/int64(size); lba += batch {
			for i := range keys {
				_, _, _, _, _, _, _, _, keys[i] = st.head(lba+int64(i), 0)
			}
			boot := fillBodies(fast, &st.tab, &keys, size)
			if boot != holdsBoot(fast) {
				t.Fatalf("sectors of %d bytes from LBA %d: a boot signature is told as %v", size, lba, boot)
			}
			if boot {
				seen++
				if !fillPortable(plain, &st.tab, &keys, size) {
					t.Fatal("the portable code does not see it")
				}
			}
		}
		if seen == 0 {
			t.Fatal("the test has seen none")
		}
	}
}
