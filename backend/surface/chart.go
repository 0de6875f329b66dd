package surface

import (
	"math/bits"
	"time"
)

// maxParts is into how many equal parts a drive is divided for its chart; a small one into fewer, since requests that
// are under way together are answered together, and a part has to hold several such rounds.
const (
	maxParts      = 1000
	roundsPerPart = 2
)

// Stretch is how fast one part of the drive was in one sweep.
type Stretch struct {
	Phase Phase
	Pass  int
	Index int // of the part
	Parts int // of the drive
	Bytes int64
	Time  time.Duration // active, all requests together
	Mean  time.Duration // of a request
	P99   time.Duration // of a request, to an eighth
	Max   time.Duration // of a request
	Slow  int64         // requests that took longer than a second
}

// chart measures the part that a sweep is in.
type chart struct {
	at       Stretch
	began    time.Duration // active time
	requests int64
	sum      time.Duration
	hist     [64 * histSteps]int32 // by the logarithm of the microseconds
}

const histSteps = 8

// add counts a request that was answered.
func (c *chart) add(e *engine, req request, took time.Duration) {
	least := int64(e.opt.BlockBytes) * int64(e.opt.InFlight) * roundsPerPart
	parts := max(min(maxParts, e.geo.SizeBytes/least), 1)
	part := (e.geo.SizeBytes + parts - 1) / parts
	index := int(req.off / part)
	c.at.Phase, c.at.Pass, c.at.Index, c.at.Parts = e.phase, e.pass, index, int(parts)
	c.at.Bytes += int64(req.n)
	c.at.Max = max(c.at.Max, took)
	if took > time.Second {
		c.at.Slow++
	}
	c.requests++
	c.sum += took
	c.hist[bucket(took)]++
	if int((req.off+int64(req.n))/part) != index {
		c.end(e)
	}
}

// end tells the part that was measured, and begins the next.
func (c *chart) end(e *engine) {
	now := e.where().Active
	if c.requests > 0 {
		c.at.Time = now - c.began
		c.at.Mean = c.sum / time.Duration(c.requests)
		left := c.requests / 100
		for i := len(c.hist) - 1; i >= 0; i-- {
			if left -= int64(c.hist[i]); left < 0 {
				c.at.P99 = min(bound(i), c.at.Max)
				break
			}
		}
		e.obs.Stretch(c.at)
	}
	*c = chart{began: now}
}

// bucket and bound divide each power of two of microseconds into histSteps.
func bucket(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0)) * histSteps
	if us < histSteps {
		return 0
	}
	n := bits.Len64(us) - 1
	return n*histSteps - 3*histSteps + int(us>>(n-3)&(histSteps-1))
}

// bound is the least time above those of a bucket.
func bound(i int) time.Duration {
	return time.Duration(uint64(histSteps+i%histSteps+1)<<(i/histSteps)/histSteps) * time.Microsecond
}
