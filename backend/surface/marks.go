package surface

import "context"

// MarkOptions say how marks are written and read back.
type MarkOptions struct {
	Nonce         [16]byte
	Pass          uint32 // of the stamps: none of a sweep's or a probe's
	BadRangeLimit int    // default BadRangeLimit
	CacheBytes    int64  // read elsewhere before marks are read back; default 1 GiB, at most the drive
	Bad           []Range
}

// markBytes is the length of a mark on a drive.
func markBytes(g Geometry) int64 { return min(int64(max(bufferAlign, g.PhysicalBytes)), g.SizeBytes) }

// Mark writes one stamped block. Errors and contexts end it as they end Run; what cannot be written is listed as by a
// write sweep.
func Mark(ctx context.Context, dev Device, clock Clock, opt MarkOptions, off int64, obs Observer) (Result, error) {
	return marking(dev, clock, opt, obs, PhaseWrite, func(e *engine) error {
		b := &block{off: off, n: int(markBytes(e.geo))}
		p := AlignedBuffer(b.n)
		e.stamp.fill(p, off/e.sector)
		answer, err := e.once(ctx, opWrite, p, off)
		if err == nil && answer != nil {
			err = e.recoverWrite(ctx, b, p, answer)
		}
		e.n.BytesWritten += int64(b.n) - b.lost*e.sector
		return e.listed(b, err)
	})
}

// CheckMarks empties the write cache, reads enough elsewhere that no cache can answer for the medium, and compares
// marks that were written before, by this run or an earlier one, as a verify sweep does: what is wrong is read three
// more times. Where addresses wrap, what was written behind the real end has overwritten them.
func CheckMarks(ctx context.Context, dev Device, clock Clock, opt MarkOptions, offs []int64, obs Observer) (Result,
	error) {
	return marking(dev, clock, opt, obs, PhaseVerify, func(e *engine) error {
		cache := opt.CacheBytes
		if cache == 0 {
			cache = 1 << 30
		}
		if err := e.settleCaches(ctx, min(cache, e.geo.SizeBytes)); err != nil {
			return err
		}
		p := AlignedBuffer(int(markBytes(e.geo)))
		for _, off := range offs {
			b := &block{off: off, n: len(p)}
			answer, err := e.once(ctx, opRead, p, off)
			if err == nil && (answer != nil || !e.stamp.matches(p, off/e.sector, e.want)) {
				err = e.recoverRead(ctx, b, p, answer)
			}
			e.n.BytesVerified += int64(b.n) - b.lost*e.sector
			if err := e.listed(b, err); err != nil {
				return err
			}
		}
		return nil
	})
}

// marking is an engine that works on marks instead of sweeping.
func marking(dev Device, clock Clock, opt MarkOptions, obs Observer, phase Phase, work func(*engine) error) (Result,
	error) {
	geo := dev.Geometry()
	if err := geo.Check(); err != nil {
		return Result{}, err
	}
	run, err := Options{Mode: ModeStamp, Nonce: opt.Nonce, BadRangeLimit: opt.BadRangeLimit}.complete(geo)
	if err != nil {
		return Result{}, err
	}
	e := newEngine(dev, clock, run, obs)
	for _, r := range opt.Bad {
		e.bad.add(r)
	}
	e.stamp, e.phase, e.pass = newStamper(opt.Nonce, opt.Pass, geo.LogicalBytes), phase, int(opt.Pass)
	e.goOn()
	return e.ended(work(e))
}

// settleCaches flushes the drive and reads from its middle on until what was written can no longer come from a cache.
func (e *engine) settleCaches(ctx context.Context, cacheBytes int64) error {
	answer, err := e.hand.do(ctx, request{off: -1}, e.dev.Flush)
	if err != nil {
		return err
	}
	e.n.Answered++
	if answer != nil {
		return flushError(answer)
	}
	size, block := e.geo.SizeBytes, int64(len(e.spare))
	off := size / 2 / startUnit * startUnit
	for left := cacheBytes; left > 0; {
		if off >= size {
			off = 0
		}
		n := min(block, size-off)
		medium, err := e.attempt(ctx, opRead, e.spare[:n], off, nil)
		if err != nil {
			return err
		}
		if medium != nil { // the sweep's to judge
			e.unread++
		}
		off, left = off+n, left-n
		e.pos += n
	}
	return nil
}
