package surface

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	rereads       = 3 // of what was found bad
	transportTry  = 3 // times a request is sent again after a transport error
	transportWait = time.Second
	// bad physical sectors that are read again in one go; the first of a run alone, so that it is confirmed before the
	// error budget is spent
	unitBatch = 8
	failsMin  = 2 // times that a physical sector has to fail alone to stay bad where there is no time for more
)

// block collects what error handling finds in one block.
type block struct {
	off      int64
	n        int
	bad      []badSector
	suspects []badSector // data that is not what it must be, to be read again
	lost     int64       // logical sectors that were not written or not read
}

// unit is a physical sector that could not be read or written as a whole; at the drive's end it may be shorter.
type unit struct {
	off   int64
	n     int
	err   *IOError
	fails int   // times that it was read alone, in vain
	asked int64 // of its logical sectors, those that were read one by one since
	good  bool  // one of these could be read
}

// units cuts a block into physical sectors, leaving out those of which every sector is known to be useless.
func (e *engine) units(b *block, yield func(unit) error) error {
	end := b.off + int64(b.n)
	for off := b.off; off < end; {
		u := unit{off: off, n: int(min(int64(e.geo.PhysicalBytes), end-off))}
		off += int64(u.n)
		if n := int64(u.n) / e.sector; e.useless(u) == n {
			b.lost += n
			continue
		}
		if err := yield(u); err != nil {
			return err
		}
	}
	return nil
}

// useless counts the sectors of a unit that need no request any more: in a write sweep those that could not be written
// in an earlier pass, else all that are listed.
func (e *engine) useless(u unit) int64 {
	first, last := e.lbas(u.off, int64(u.n))
	if e.phase == PhaseWrite {
		return e.bad.count(first, last, KindWrite)
	}
	return e.bad.count(first, last)
}

// eachSector goes over the logical sectors of a unit that are not useless.
func (e *engine) eachSector(b *block, u unit, do func(lba int64) error) error {
	first, last := e.lbas(u.off, int64(u.n))
	for lba := first; lba <= last; lba++ {
		if e.useless(unit{off: lba * e.sector, n: int(e.sector)}) > 0 {
			b.lost++
			continue
		}
		if err := do(lba); err != nil {
			return err
		}
	}
	return nil
}

// attempt sends one read or write in error handling, again if the path fails. Prior is the answer that the request got
// already, if any. A medium error is returned apart from what ends the run.
func (e *engine) attempt(ctx context.Context, op string, p []byte, off int64, prior error) (medium *IOError,
	err error) {
	answer, wait := prior, transportWait
	for try := 0; ; try++ {
		if try > 0 || prior == nil {
			if answer, err = e.once(ctx, op, p, off); err != nil {
				return nil, err
			}
		}
		var ioErr *IOError
		switch {
		case answer == nil && ioErrOf(prior, ClassTransport) != nil:
			e.healed(off, len(p), Kind(op), ioErrOf(prior, ClassTransport))
			return nil, nil
		case answer == nil:
			return nil, nil
		case !errors.As(answer, &ioErr):
			return nil, fmt.Errorf("surface: %s at LBA %d: %w", op, off/e.sector, answer)
		}
		switch {
		case ioErr.Class == ClassMedium:
			return ioErr, nil
		case ioErr.Class != ClassTransport:
			return nil, e.deviceError(op, off, ioErr)
		case try == transportTry:
			return nil, e.deviceError(op, off, ioErr)
		}
		if prior == nil {
			prior = answer
		}
		e.logf("%s at LBA %d: %v; trying again in %v", op, off/e.sector, ioErr, wait)
		e.pause()
		err := e.clock.Sleep(ctx, wait)
		e.goOn()
		if err != nil {
			return nil, err
		}
		wait *= 2
	}
}

// ioErrOf is err as an I/O error of the class, or nil.
func ioErrOf(err error, class ErrorClass) *IOError {
	var ioErr *IOError
	if errors.As(err, &ioErr) && ioErr.Class == class {
		return ioErr
	}
	return nil
}

func (e *engine) deviceError(op string, off int64, ioErr *IOError) error {
	kind := map[ErrorClass]error{ClassTransport: ErrPath, ClassRefused: ErrRefused, ClassGone: ErrGone}[ioErr.Class]
	if kind == nil {
		return fmt.Errorf("surface: %s at LBA %d: an error of unknown class %q: %w", op, off/e.sector, ioErr.Class,
			ioErr)
	}
	return &DeviceError{Kind: kind, Op: op, LBA: off / e.sector, Err: ioErr}
}

// once sends one request of error handling, within the error budget.
func (e *engine) once(ctx context.Context, op string, p []byte, off int64) (answer, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if e.errorTime >= e.opt.ErrorBudget {
		return nil, &earlyEnd{EarlyErrorTime}
	}
	start := e.clock.Now()
	call := func() error {
		spoil(p, int(e.sector))
		return readFull(e.dev, p, off)
	}
	if op == opWrite {
		e.n.BytesWriteAttempted += int64(len(p))
		call = func() error { return writeFull(e.dev, p, off) }
	}
	answer, err = e.hand.do(ctx, request{off: off, n: len(p)}, call)
	e.errorTime += e.clock.Now().Sub(start)
	if err == nil {
		e.n.Answered++
		e.progress()
	}
	return answer, err
}

// listed lists what was found in a block, also where err ended the search.
func (e *engine) listed(b *block, err error) error {
	if listErr := e.list(b); err == nil {
		err = listErr
	}
	return err
}

// list puts the bad sectors of a block into the run's list and tells them.
func (e *engine) list(b *block) error {
	slices.SortFunc(b.bad, func(x, y badSector) int { return cmp.Compare(x.lba, y.lba) })
	var ranges []Range
	for _, s := range b.bad {
		if !e.bad.has(s.lba) {
			ranges = append(ranges, s.toRange(e.phase, e.pass))
		}
	}
	for _, r := range merge(ranges) {
		e.bad.add(r)
		e.obs.Bad(r)
		e.logf("bad: LBA %d to %d, %s, persistent %v %s", r.FirstLBA, r.LastLBA, r.Kind, r.Persistent, r.Errno)
		if len(e.bad.ranges) >= e.opt.BadRangeLimit {
			return &earlyEnd{EarlyBadRanges}
		}
	}
	if e.bad.units >= e.opt.BadSectorLimit {
		return &earlyEnd{EarlyBadSectors}
	}
	return nil
}

// healed notes n bytes that were answered with an error and could then be read or written.
func (e *engine) healed(off int64, n int, kind Kind, ioErr *IOError) {
	first, last := e.lbas(off, int64(n))
	e.transient(Range{FirstLBA: first, LastLBA: last, Kind: kind, Errno: ioErr.Errno, Class: ioErr.Class,
		Phase: e.phase, Pass: e.pass}, false)
}

// healedSectors notes data that was bad, then good.
func (e *engine) healedSectors(gone []badSector) {
	var ranges []Range
	for _, s := range gone {
		ranges = append(ranges, s.toRange(e.phase, e.pass))
	}
	for _, r := range merge(ranges) {
		e.transient(r, true)
	}
}

func (e *engine) transient(r Range, data bool) {
	e.n.TransientsAll++
	e.accident(r)
	first := data && !e.n.DataHealed
	e.n.DataHealed = e.n.DataHealed || data
	if len(e.res.Transients) < transientLimit || first {
		e.res.Transients = append(e.res.Transients, r)
		e.obs.Transient(r)
		e.logf("good when tried again: LBA %d to %d, %s %s", r.FirstLBA, r.LastLBA, r.Kind, r.Errno)
	}
}
