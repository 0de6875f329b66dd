package surface_test

import (
	"context"
	"testing"

	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"

	"pgregory.net/rapid"
)

// injected is what a drive was given and what must be reported of it.
type injected struct {
	faults []faultdev.Fault
	bad    map[int64]surface.Kind
	found  map[int64]int64 // misplaced: whose stamp
	flips  map[int64]int64
}

// drawFaults puts faults at distinct sectors of g. A misplaced write goes back by more than what is under way at once,
// so that it lands after the sector's own write.
func drawFaults(t *rapid.T, g surface.Geometry, apart int64) injected {
	in := injected{bad: map[int64]surface.Kind{}, found: map[int64]int64{}, flips: map[int64]int64{}}
	sectors := g.SizeBytes / int64(g.LogicalBytes)
	used := map[int64]bool{}
	for range rapid.IntRange(0, 12).Draw(t, "faults") {
		first := rapid.Int64Range(0, sectors-1).Draw(t, "lba")
		last := min(first+rapid.Int64Range(0, 20).Draw(t, "more"), sectors-1)
		free := true
		for lba := first; lba <= last; lba++ {
			free = free && !used[lba]
		}
		what := rapid.SampledFrom([]string{"read", "read once", "write", "write once", "flip", "flip once",
			"drop", "misplace", "both"}).Draw(t, "fault")
		delta := apart + rapid.Int64Range(0, sectors).Draw(t, "back")
		if what == "misplace" {
			for lba := first; lba <= last; lba++ {
				free = free && lba-delta >= 0 && !used[lba-delta]
			}
		}
		if !free {
			continue
		}
		f := faultdev.Fault{First: first, Last: last, Errno: "ENODATA"}
		list := func(k surface.Kind) {
			for lba := first; lba <= last; lba++ {
				in.bad[lba] = k
			}
		}
		switch what {
		case "read":
			f.Effect = faultdev.FailRead
			list(surface.KindRead)
		case "read once":
			f.Effect, f.Times = faultdev.FailRead, rapid.IntRange(1, 2).Draw(t, "times")
		case "write":
			f.Effect = faultdev.FailWrite
			list(surface.KindWrite)
		case "write once":
			f.Effect, f.Times = faultdev.FailWrite, rapid.IntRange(1, 3).Draw(t, "times")
		case "flip", "flip once":
			f.Effect = faultdev.FlipRead
			f.Byte, f.Mask = rapid.IntRange(0, g.LogicalBytes-1).Draw(t, "byte"), byte(1)<<rapid.IntRange(0, 7).Draw(t,
				"bit")
			if what == "flip once" {
				f.Times = 1
				break
			}
			list(surface.KindMismatch)
			for lba := first; lba <= last; lba++ {
				in.flips[lba] = 1
			}
		case "drop":
			f.Effect = faultdev.DropWrite
			list(surface.KindStale)
		case "misplace":
			f.Effect, f.Delta = faultdev.Misplace, -delta
			list(surface.KindStale)
			for lba := first; lba <= last; lba++ {
				used[lba-delta] = true
				in.bad[lba-delta] = surface.KindMisplaced
				in.found[lba-delta] = lba
			}
		case "both":
			f.Effect = faultdev.FailWrite
			in.faults = append(in.faults, f)
			f.Effect = faultdev.FailRead
			list(surface.KindWrite)
		}
		for lba := first; lba <= last; lba++ {
			used[lba] = true
		}
		in.faults = append(in.faults, f)
	}
	return in
}

func TestWhatIsReportedIsWhatWasInjectedLBAByLBA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logical := rapid.SampledFrom([]int{512, 512, 4096}).Draw(t, "logical")
		g := surface.Geometry{LogicalBytes: logical, PhysicalBytes: rapid.SampledFrom([]int{logical, 4096}).Draw(t,
			"physical")}
		g.SizeBytes = rapid.Int64Range(1, 600<<10/int64(logical)).Draw(t, "sectors") * int64(logical)
		opt := surface.Options{
			Mode: surface.ModeStamp, Nonce: nonce, Passes: rapid.IntRange(1, 2).Draw(t, "passes"),
			BlockBytes: rapid.SampledFrom([]int{4096, 16 << 10, 64 << 10}).Draw(t, "block"), InFlight: rapid.IntRange(1,
				5).Draw(t, "in flight"),
			BadRangeLimit: 1 << 20, BadSectorLimit: 1 << 20,
		}
		const spare = 2 // blocks that a queue may have begun beyond those in flight, while the oldest is not answered
		in := drawFaults(t, g, int64((opt.InFlight+spare)*opt.BlockBytes/logical))
		dev := faultdev.New(g)
		noise := make([]byte, g.SizeBytes)
		surface.FillStamp(noise, [16]byte{7}, 1, 0, logical)
		dev.Poke(noise, 0)
		dev.Set(in.faults...)
		n := &notes{}
		res, err := surface.Run(context.Background(), ways(dev)[rapid.IntRange(0, 1).Draw(t, "queue")], clock{}, opt, n)
		if err != nil || !res.Complete || res.EndedEarly != "" || res.BytesCovered != g.SizeBytes {
			t.Fatalf("%v, %+v", err, res)
		}
		checkRanges(t, "result", res.BadRanges, in)
		checkRanges(t, "observer", n.bad, in)
		for i := 1; i < len(res.BadRanges); i++ {
			if res.BadRanges[i-1].LastLBA >= res.BadRanges[i].FirstLBA {
				t.Fatalf("ranges not sorted: %+v", res.BadRanges)
			}
		}
		writeBad := int64(0)
		for _, k := range in.bad {
			if k == surface.KindWrite {
				writeBad++
			}
		}
		if want := int64(opt.Passes) * (g.SizeBytes - writeBad*int64(logical)); res.BytesWritten != want {
			t.Fatalf("%d bytes written, want %d", res.BytesWritten, want)
		}
		if c := dev.Counts(); c.BytesWritten != res.BytesWriteAttempted {
			t.Fatalf("%d bytes reached the drive, %d are said to have been tried", c.BytesWritten,
				res.BytesWriteAttempted)
		}
		// Whatever could be written was: no neighbour of a fault was left out.
		disk, want := make([]byte, g.SizeBytes), make([]byte, g.SizeBytes)
		dev.Peek(disk, 0)
		surface.FillStamp(want, nonce, uint32(opt.Passes), 0, logical)
		for lba := int64(0); lba < g.SizeBytes/int64(logical); lba++ {
			k := in.bad[lba]
			at := lba * int64(logical)
			if same := string(disk[at:at+int64(logical)]) == string(want[at:at+int64(logical)]); !same &&
				(k == "" || k == surface.KindRead || k == surface.KindMismatch) {
				t.Fatalf("LBA %d (%q) was not written", lba, k)
			}
		}
	})
}

func checkRanges(t *rapid.T, who string, ranges []surface.Range, in injected) {
	got := map[int64]surface.Kind{}
	for _, r := range ranges {
		if !r.Persistent || r.Pass != 1 || (r.FoundLBA != nil) != (r.Kind == surface.KindMisplaced) ||
			(r.FirstDiff != nil) != (r.Kind == surface.KindMismatch) {
			t.Fatalf("%s: %+v", who, r)
		}
		var flips int64
		for lba := r.FirstLBA; lba <= r.LastLBA; lba++ {
			if _, twice := got[lba]; twice {
				t.Fatalf("%s: LBA %d is listed twice", who, lba)
			}
			got[lba] = r.Kind
			flips += in.flips[lba]
			if r.Kind == surface.KindMisplaced && *r.FoundLBA+lba-r.FirstLBA != in.found[lba] {
				t.Fatalf("%s: LBA %d holds the stamp of %d, said is %d", who, lba, in.found[lba],
					*r.FoundLBA+lba-r.FirstLBA)
			}
		}
		if flips != r.FlippedBits {
			t.Fatalf("%s: %d flipped bits, want %d: %+v", who, r.FlippedBits, flips, r)
		}
	}
	for lba, k := range got {
		if in.bad[lba] != k {
			t.Fatalf("%s: LBA %d is said to be %q, injected was %q", who, lba, k, in.bad[lba])
		}
	}
	for lba, k := range in.bad {
		if got[lba] != k {
			t.Fatalf("%s: LBA %d is said to be %q, injected was %q", who, lba, got[lba], k)
		}
	}
}
