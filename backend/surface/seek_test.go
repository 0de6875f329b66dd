package surface_test

import (
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
)

func TestASeekPassMovesOverTheWholeDriveForItsTimeAndWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := surface.Geometry{SizeBytes: 4<<20 + 512*7, LogicalBytes: 512, PhysicalBytes: 512}
		dev := faultdev.New(g)
		dev.Set(
			faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 20, Delay: 10 * time.Millisecond},
			faultdev.Fault{Effect: faultdev.FailRead, First: 0, Last: 0, Errno: "ENODATA"},
		)
		n := &notes{}
		begin := time.Now()
		res, err := surface.Seek(t.Context(), dev, clock{}, surface.SeekOptions{Budget: time.Minute}, n)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < time.Minute || took > time.Minute+time.Second {
			t.Errorf("a budget of a minute ended after %v", took)
		}
		if res.Seeks < 5000 || res.Mean < 10*time.Millisecond || res.Done != res.Total ||
			dev.Counts().Writes+dev.Counts().Flushes != 0 {
			t.Errorf("%+v", res)
		}
		wantBad(t, res.BadRanges, surface.Range{FirstLBA: 0, LastLBA: 0, Kind: surface.KindRead, Persistent: true,
			Errno: "ENODATA", Class: surface.ClassMedium, Phase: surface.PhaseSeek})
	})
}
