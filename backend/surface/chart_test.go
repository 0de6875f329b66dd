package surface_test

import (
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
)

func TestTheChartShowsASlowPlaceInEachSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := surface.Geometry{SizeBytes: 4 << 20, LogicalBytes: 512, PhysicalBytes: 512}
		dev := faultdev.New(g)
		dev.Set(
			faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 8191, Delay: 10 * time.Millisecond},
			faultdev.Fault{Effect: faultdev.Slow, First: 4100, Last: 4100, Delay: 2 * time.Second},
		)
		opt := stamp
		opt.InFlight = 1
		_, n := run(t, dev, opt)
		if len(n.stretches) != 2*32 {
			t.Fatalf("%d stretches of 2 blocks in 2 sweeps", len(n.stretches))
		}
		var bytes int64
		for i, s := range n.stretches {
			bytes += s.Bytes
			slow := s.Index == 16
			if s.Index != i%32 || s.Parts != 32 || (s.Phase == surface.PhaseWrite) != (i < 32) ||
				(s.Slow == 1) != slow || (s.Max > time.Second) != slow || s.P99 > s.Max || s.Mean > s.Max {
				t.Errorf("stretch %d: %+v", i, s)
			}
			if want := 10 * time.Millisecond; !slow && (s.Time != 2*want || s.Mean != want) {
				t.Errorf("stretch %d took %v, a request %v, want %v", i, s.Time, s.Mean, want)
			}
		}
		if bytes != 2*g.SizeBytes {
			t.Errorf("the chart speaks of %d bytes", bytes)
		}
	})
}
