package surface

import (
	"context"
	"errors"
	"time"
)

// SeekOptions say how long Seek works a drive.
type SeekOptions struct {
	Budget        time.Duration
	BadRangeLimit int // default BadRangeLimit
}

// SeekResult is what a seek pass did. Its bad ranges are of kind read, and were read again as those of a sweep.
type SeekResult struct {
	Progress
	Seeks      int64
	Mean, Max  time.Duration // of a request
	BadRanges  []Range
	Transients []Range
	Early      Early
	Complete   bool // it went on for its time
}

// wings is how many steps a butterfly goes from both ends of the drive to its middle.
const wings = 512

// Seek has the drive's arm move for the time of the budget: a physical sector each from both ends in turn, towards the
// middle, then as many at random places. It reads only, and proves nothing of the surface; a weak actuator shows in
// errors and long requests. Errors and contexts end it as they end Run.
func Seek(ctx context.Context, dev Device, clock Clock, opt SeekOptions, obs Observer) (SeekResult, error) {
	geo := dev.Geometry()
	if err := geo.Check(); err != nil {
		return SeekResult{}, err
	}
	run, err := Options{Mode: ModeRead, BadRangeLimit: opt.BadRangeLimit}.complete(geo)
	if err != nil {
		return SeekResult{}, err
	}
	e := newEngine(dev, clock, run, obs)
	e.phase, e.total = PhaseSeek, int64(opt.Budget)
	e.goOn()
	var res SeekResult
	err = e.seek(ctx, opt.Budget, &res)
	e.pause()
	e.close()
	res.Complete = err == nil
	var early *earlyEnd
	if errors.As(err, &early) {
		err, res.Early = nil, early.why
	}
	res.Progress, res.BadRanges, res.Transients = e.where(), e.bad.ranges, e.res.Transients
	e.obs.Progress(res.Progress)
	e.logf("%d seeks, %v a request, at most %v", res.Seeks, res.Mean, res.Max)
	return res, err
}

func (e *engine) seek(ctx context.Context, budget time.Duration, res *SeekResult) error {
	unit := int64(e.geo.PhysicalBytes)
	units := max(e.geo.SizeBytes/unit, 1)
	buf := e.spare[:min(unit, e.geo.SizeBytes)]
	begin, sum := e.clock.Now(), time.Duration(0)
	for n := int64(0); ; n++ {
		now := e.clock.Now()
		if e.pos = int64(now.Sub(begin)); e.pos >= int64(budget) {
			return nil
		}
		at := n / 2 % wings * (units / 2) / wings
		switch {
		case n/(2*wings)%2 == 1:
			at = int64(mix(uint64(n)*weyl) % uint64(units))
		case n%2 == 1:
			at = units - 1 - at
		}
		off := at * unit
		answer, err := e.hand.do(ctx, request{off: off, n: len(buf)}, func() error { return readFull(e.dev, buf, off) })
		if err != nil {
			return err
		}
		took := e.clock.Now().Sub(now)
		sum += took
		e.n.Answered++
		res.Seeks++
		res.Mean, res.Max = sum/time.Duration(res.Seeks), max(res.Max, took)
		if answer != nil {
			b := &block{off: off, n: len(buf)}
			if err := e.listed(b, e.recoverRead(ctx, b, buf, answer)); err != nil {
				return err
			}
		}
		e.progress()
	}
}
