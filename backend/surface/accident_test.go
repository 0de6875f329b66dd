package surface_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
)

const tb = 1_000_000_000_000

func TestHowManyAccidentsAreNoWonder(t *testing.T) {
	for _, c := range []struct {
		name   string
		bytes  int64
		active time.Duration
		most   int64
	}{
		{"a stick for a second", 200 << 20, time.Second, 3},
		{"an SSD of 1 TB, written and read", 2 * tb, time.Hour, 5},
		{"a drive of 4 TB", 8 * tb, 14 * time.Hour, 8},
		{"a drive of 20 TB", 40 * tb, 50 * time.Hour, 16},
		{"three passes over 24 TB", 144 * tb, 180 * time.Hour, 34},
	} {
		if most := surface.Accidental(c.bytes, c.active); most != c.most {
			t.Errorf("%s: %d, want %d", c.name, most, c.most)
		}
	}
}

// More work explains more accidents, never fewer; and an honest drive, whose accidents come as the model says, is
// hardly ever called suspect.
func TestMoreWorkExplainsMoreAccidents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.Int64Range(0, 1000*tb).Draw(t, "bytes")
		hours := rapid.IntRange(0, 2000).Draw(t, "hours")
		more := rapid.Int64Range(0, 100*tb).Draw(t, "more")
		active := time.Duration(hours) * time.Hour
		most := surface.Accidental(bytes, active)
		mean := float64(bytes)*8e-14 + float64(hours)*0.01
		if most < 3 || float64(most) < mean || float64(most) > 2*mean+20 {
			t.Errorf("%d where %.2f are to be expected", most, mean)
		}
		if again := surface.Accidental(bytes+more, active+time.Hour); again < most {
			t.Errorf("%d for more, %d for less", again, most)
		}
	})
}

// Errors of one moment are one accident; those that come again and again are many.
func TestErrorsThatHealAreCountedAsAccidents(t *testing.T) {
	const mib = 1 << 20
	geo := surface.Geometry{SizeBytes: 200 * mib, LogicalBytes: 512, PhysicalBytes: 512}
	for name, c := range map[string]struct {
		faults []faultdev.Fault
		least  int64
		most   int64
	}{
		"none": {nil, 0, 0},
		"one sector, in each sweep": {[]faultdev.Fault{{Effect: faultdev.FailRead, First: 9000, Last: 9000, Times: 1},
			{Effect: faultdev.FailWrite, First: 9000, Last: 9000, Times: 1}}, 2, 2},
		"a scratch over 2 MiB": {[]faultdev.Fault{{Effect: faultdev.FailRead, First: 8192, Last: 12287, Times: 7}}, 1,
			1},
		"all that was under way": {[]faultdev.Fault{{Effect: faultdev.FailRead, First: 100 * 2048, Last: 104*2048 - 1,
			Times: 4}}, 1, 1},
		"each twentieth read": {[]faultdev.Fault{{Effect: faultdev.FailRead, First: 0, Last: 1 << 30, Every: 20}}, 8,
			40},
		"each twentieth write": {[]faultdev.Fault{{Effect: faultdev.FailWrite, First: 0, Last: 1 << 30, Every: 20}}, 8,
			40},
		"each second read": {[]faultdev.Fault{{Effect: faultdev.FailRead, First: 0, Last: 1 << 30, Every: 2}}, 1, 100},
	} {
		t.Run(name, func(t *testing.T) {
			dev := faultdev.New(geo)
			dev.Set(c.faults...)
			res, err := surface.Run(context.Background(), dev, wall{}, surface.Options{Mode: surface.ModeStamp}, deaf{})
			if err != nil || res.Accidents < c.least || res.Accidents > c.most || res.TransientsAll < res.Accidents {
				t.Errorf("%d accidents of %d places, %d bad ranges, %v", res.Accidents, res.TransientsAll,
					len(res.BadRanges), err)
			}
		})
	}
}

type deaf struct{}

func (deaf) Progress(surface.Progress)           {}
func (deaf) Bad(surface.Range)                   {}
func (deaf) Transient(surface.Range)             {}
func (deaf) Checkpoint(surface.Checkpoint) error { return nil }
func (deaf) Stretch(surface.Stretch)             {}
func (deaf) Log(string)                          {}

type wall struct{}

func (wall) Now() time.Time { return time.Now() }
func (wall) Sleep(ctx context.Context, d time.Duration) error {
	time.Sleep(d)
	return nil
}

func TestWhatStaysBadByChance(t *testing.T) {
	for _, c := range []struct {
		healed, answered int64
		doubt            bool
	}{
		{0, 1000, false}, {1, 40_000_000, false}, {20, 2000, false}, {20, 100, true}, {1900, 4000, true}, {5, 5, true},
		{3, 0, false},
		{10_000, 10_000_000, false}, {1_000_000, 10_000_000, true},
	} {
		if p := surface.ByChance(c.healed, c.answered); (p >= 1e-3) != c.doubt {
			t.Errorf("%d of %d: %g", c.healed, c.answered, p)
		}
	}
}
