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
	if last := n.progress[len(n.progress)-1]; last.Phase != surface.PhaseProbe || last.Done != last.Total || last.Total == 0 {
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
		if res.Fake == nil || res.Fake.How != surface.FakeEnds || max(res.Fake.RealBytes-real, real-res.Fake.RealBytes) > 4096 {
			t.Errorf("ends at %d: %+v", real, res.Fake)
		}
	}
}

func TestWhatElseIsWrongWithADriveIsNotItsCapacity(t *testing.T) {
	g := surface.Geometry{SizeBytes: 64<<20 + 7*512, LogicalBytes: 512, PhysicalBytes: 512}
	for name, faults := range map[string][]faultdev.Fault{
		"unreadable places":             {{Effect: faultdev.FailRead, First: 0, Last: 0}, {Effect: faultdev.FailRead, First: 65536, Last: 65600}},
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
	if res, err := surface.Probe(t.Context(), dev, clock{}, probing, &notes{}); !errors.Is(err, surface.ErrGone) || res.Fake != nil {
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
	if res, err := surface.Probe(ctx, dev, clock{}, probing, &notes{}); err != stopped || res.Fake != nil {
		t.Errorf("%v, %+v", err, res)
	}
}
