package surface_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"

	"pgregory.net/rapid"
)

var probing = surface.ProbeOptions{Nonce: nonce, Pass: 1 << 31}

func probe(t testing.TB, dev surface.Device) surface.ProbeResult {
	t.Helper()
	n := &notes{}
	res, err := surface.Probe(context.Background(), dev, clock{}, probing, n)
	if err != nil {
		t.Fatalf("the probe ended with %v", err)
	}
	if len(n.bad) != 0 || len(n.checkpoints) != 0 {
		t.Errorf("a probe lists no bad sectors and is no sweep: %+v, %d checkpoints", n.bad, len(n.checkpoints))
	}
	if last := n.progress[len(n.progress)-1]; last.Phase != surface.PhaseProbe || last.Done != last.Total ||
		last.Total == 0 {
		t.Errorf("progress ended at %+v", last)
	}
	return res
}

func TestAProbeOfAGoodDriveFindsNothing(t *testing.T) {
	for _, g := range []surface.Geometry{
		{SizeBytes: 512, LogicalBytes: 512, PhysicalBytes: 512},
		{SizeBytes: 64<<10 + 512, LogicalBytes: 512, PhysicalBytes: 4096},
		{SizeBytes: 64<<20 + 7*512, LogicalBytes: 512, PhysicalBytes: 512},
		{SizeBytes: 64<<20 + 7*4096, LogicalBytes: 4096, PhysicalBytes: 4096},
	} {
		t.Run(fmt.Sprint(g), func(t *testing.T) {
			dev := faultdev.New(g)
			res := probe(t, dev)
			if res.Fake != nil || res.Wrong+res.Errors != 0 || res.Places == 0 {
				t.Errorf("%+v", res)
			}
			for _, at := range []int64{0, g.SizeBytes - int64(g.LogicalBytes)} {
				sector := make([]byte, g.LogicalBytes)
				dev.Peek(sector, at)
				if s, ok := surface.DecodeStamp(sector); !ok || s.Pass != 1<<31 {
					t.Errorf("byte %d was not probed", at)
				}
			}
			if c := dev.Counts(); c.BytesWritten != res.BytesWriteAttempted || c.Flushes == 0 {
				t.Errorf("the drive saw %+v, said %+v", c, res.Counters)
			}
		})
	}
}

func TestADriveThatWrapsAnywhereIsFakeAndItsSizeIsToldExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logical := rapid.SampledFrom([]int64{512, 4096}).Draw(t, "logical")
		g := surface.Geometry{SizeBytes: (16 << 20) + 7*logical, LogicalBytes: int(logical), PhysicalBytes: 4096}
		real := rapid.Int64Range(g.SizeBytes/64/logical, g.SizeBytes/logical*15/16).Draw(t, "real sectors") * logical
		dev := faultdev.NewWrapped(g, real)
		res, err := surface.Probe(context.Background(), dev, clock{}, probing, &notes{})
		if err != nil || res.Fake == nil || res.Fake.How != surface.FakeWraps || res.Fake.RealBytes != real {
			t.Fatalf("wraps at %d of %d: %v, %+v, %+v", real, g.SizeBytes, err, res, res.Fake)
		}
	})
}

func TestADriveThatKeepsNothingBeyondItsRealEndIsFake(t *testing.T) {
	g := surface.Geometry{SizeBytes: 64<<20 + 7*512, LogicalBytes: 512, PhysicalBytes: 512}
	for _, real := range []int64{1 << 20, 8_000_000, 32 << 20, 60 << 20} {
		dev := faultdev.New(g)
		dev.Set(faultdev.Fault{Effect: faultdev.DropWrite, First: real / 512, Last: g.SizeBytes / 512})
		res := probe(t, dev)
		if res.Fake == nil || res.Fake.How != surface.FakeEnds || max(res.Fake.RealBytes-real,
			real-res.Fake.RealBytes) > 4096 {
			t.Errorf("ends at %d: %+v", real, res.Fake)
		}
	}
}

func TestWhatElseIsWrongWithADriveIsNotItsCapacity(t *testing.T) {
	g := surface.Geometry{SizeBytes: 64<<20 + 7*512, LogicalBytes: 512, PhysicalBytes: 512}
	for name, faults := range map[string][]faultdev.Fault{
		"unreadable places": {{Effect: faultdev.FailRead, First: 0, Last: 0}, {Effect: faultdev.FailRead,
			First: 65536, Last: 65600}},
		"an end that cannot be read":    {{Effect: faultdev.FailRead, First: 100_000, Last: 131_078}},
		"an end that cannot be written": {{Effect: faultdev.FailWrite, First: 100_000, Last: 131_078}},
		"flipped bits":                  {{Effect: faultdev.FlipRead, First: 0, Last: 200_000, Byte: 300, Mask: 1}},
		"a misplaced write":             {{Effect: faultdev.Misplace, First: 65536, Last: 65543, Delta: -30000}},
		"all writes misplaced a bit":    {{Effect: faultdev.Misplace, First: 0, Last: 131_078, Delta: 4}},
		"a dropped write":               {{Effect: faultdev.DropWrite, First: 131_070, Last: 131_078}},
		"nothing is ever kept":          {{Effect: faultdev.DropWrite, First: 0, Last: 131_078}},
	} {
		t.Run(name, func(t *testing.T) {
			dev := faultdev.New(g)
			dev.Set(faults...)
			if res := probe(t, dev); res.Fake != nil {
				t.Errorf("%+v", res.Fake)
			}
		})
	}
}

func TestAProbeThatMeetsAPathThatIsGoneEndsWithThat(t *testing.T) {
	dev := faultdev.New(geo)
	dev.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 1000, Last: 1100})
	if res, err := surface.Probe(t.Context(), dev, clock{}, probing, &notes{}); !errors.Is(err, surface.ErrGone) ||
		res.Fake != nil {
		t.Errorf("%v, %+v", err, res)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	dev.Set()
	dev.OnRequest(func(c faultdev.Counts) {
		if c.Writes == dev.Counts().Writes && c.Reads > 3 {
			cancel(stopped)
		}
	})
	if res, err := surface.Probe(ctx, dev, clock{}, probing, &notes{}); !errors.Is(err, stopped) || res.Fake != nil {
		t.Errorf("%v, %+v", err, res)
	}
}

// sparse is a drive of any size that remembers of each block of 4096 bytes only whose stamp it got last.
type sparse struct {
	claimed, real int64
	held          map[int64]int64 // block of the medium: first LBA of the stamp
}

func (d *sparse) Geometry() surface.Geometry {
	return surface.Geometry{SizeBytes: d.claimed, LogicalBytes: 512, PhysicalBytes: 4096}
}

func (d *sparse) Flush() error { return nil }

func (d *sparse) WriteAt(p []byte, off int64) (int, error) {
	for at := int64(0); at < int64(len(p)); at += 4096 {
		s, _ := surface.DecodeStamp(p[at:])
		d.held[(off+at)%d.real/4096] = s.LBA
	}
	return len(p), nil
}

func (d *sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	for at := int64(0); at < int64(len(p)); at += 4096 {
		if lba, ok := d.held[(off+at)%d.real/4096]; ok {
			surface.FillStamp(p[at:at+4096], probing.Nonce, probing.Pass, lba, 512)
		}
	}
	return len(p), nil
}

func wrapsAt(t interface{ Fatalf(string, ...any) }, claimed, real int64) {
	d := &sparse{claimed, real, map[int64]int64{}}
	res, err := surface.Probe(context.Background(), d, clock{}, probing, &notes{})
	if err != nil || res.Fake == nil || res.Fake.How != surface.FakeWraps || res.Fake.RealBytes != real {
		t.Fatalf("claims %d, wraps at %d: %v, %+v, %+v", claimed, real, err, res, res.Fake)
	}
}

// Sizes that drives are sold with are no round fractions of each other.
func TestALargeDriveThatHoldsLessIsFoundWhateverItHolds(t *testing.T) {
	for _, c := range [][2]int64{
		{8_001_563_222_016, 3_000_592_982_016}, {12_000_138_625_024, 4_000_787_030_016},
		{20_000_588_955_648, 13_370_000_003_072},
		{20_000_588_955_648, 20_000_588_955_648 - 1<<20}, {4_000_787_030_016, 3_999_999_999_999 / 4096 * 4096},
		{24_000_277_250_048, 64_023_257_088},
	} {
		wrapsAt(t, c[0], c[1])
	}
	if testing.Short() {
		return
	}
	for i := range 10 {
		claimed := rapid.Int64Range(1e8/4, 24e9/4).Example(i) * 4096
		wrapsAt(t, claimed, rapid.Int64Range(claimed/4096/64, claimed/4096-16).Example(i)*4096)
	}
}
