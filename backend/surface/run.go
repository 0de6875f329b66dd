package surface

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Run tests the surface of dev. The result is valid also when an error comes with it: the cause of ctx, an error of the
// observer's Checkpoint, or a *DeviceError. Bad ranges are no error.
func Run(ctx context.Context, dev Device, clock Clock, opt Options, obs Observer) (Result, error) {
	geo := dev.Geometry()
	if err := geo.Check(); err != nil {
		return Result{}, err
	}
	opt, err := opt.complete(geo)
	if err != nil {
		return Result{}, err
	}
	e := newEngine(dev, clock, opt, obs)
	e.pipe = newPipeline(dev, clock, geo.LogicalBytes, opt.BlockBytes, opt.InFlight)
	for _, r := range opt.Start.Bad {
		e.bad.add(r)
	}
	e.lastCheckpoint = clock.Now()
	e.goOn()
	err = e.passes(ctx)
	var early *earlyEnd
	if errors.As(err, &early) {
		answers := e.lookAhead(ctx)
		e.res.Unread = &Span{e.pos / e.sector, geo.SizeBytes/e.sector - 1}
		e.logf("ended early (%s): %d bytes of the %s sweep were not finished", early.why, geo.SizeBytes-e.pos, e.phase)
		e.res.AnswersFrom = answers
	}
	e.res.Complete = err == nil
	res, err := e.ended(err)
	e.obs.Progress(res.Progress)
	return res, err
}

// ended closes the engine and gives what it did. That it met a limit is no error.
func (e *engine) ended(err error) (Result, error) {
	e.pause()
	e.close()
	var early *earlyEnd
	if errors.As(err, &early) {
		e.res.EndedEarly, err = early.why, nil
	}
	e.res.Progress, e.res.BadRanges = e.where(), e.bad.ranges
	return e.res, err
}

func newEngine(dev Device, clock Clock, opt Options, obs Observer) *engine {
	geo := dev.Geometry()
	return &engine{
		dev: dev, clock: clock, opt: opt, obs: obs, geo: geo, sector: int64(geo.LogicalBytes),
		pipe: &pipeline{}, hand: newHand(),
		spare: AlignedBuffer(opt.BlockBytes), want: AlignedBuffer(geo.LogicalBytes),
		bad: rangeSet{per: int64(geo.PhysicalBytes / geo.LogicalBytes)},
	}
}

// engine is the state of one run. It belongs to Run's goroutine.
type engine struct {
	dev    Device
	clock  Clock
	obs    Observer
	opt    Options
	geo    Geometry
	sector int64
	pipe   *pipeline
	hand   *hand
	spare  []byte // of error handling: a block
	want   []byte // of error handling: a sector as it must be

	phase Phase
	pass  int
	stamp *stamper
	pos   int64 // bytes of this sweep, or of the probe, that are done
	total int64 // of a probe, in bytes, or of a seek pass, in nanoseconds

	bad          rangeSet
	chart        chart
	n            Counters
	res          Result
	errorTime    time.Duration
	lastAccident *Range // its first place
	unread       int    // reads beside a sweep, of places that may not be written yet, with a medium error

	activeSince    time.Time // zero while paused
	lastProgress   time.Time
	lastCheckpoint time.Time
}

// earlyEnd travels as an error to where the run ends.
type earlyEnd struct{ why Early }

func (e *earlyEnd) Error() string { return string(e.why) }

func (e *engine) passes(ctx context.Context) error {
	start := e.opt.Start
	for pass := max(start.Pass, 1); pass <= e.opt.Passes; pass++ {
		e.stamp = newStamper(e.opt.Nonce, uint32(pass), e.geo.LogicalBytes)
		e.stamp.zeros = e.opt.Zeros
		for _, phase := range e.opt.Mode.phases() {
			if pass == start.Pass && phase == PhaseWrite && start.Phase == PhaseVerify {
				continue
			}
			e.phase, e.pass, e.pos = phase, pass, 0
			if pass == start.Pass && phase == start.Phase {
				e.pos = start.Position
			}
			if pass > 1 {
				e.n.BytesCovered = e.geo.SizeBytes
			} else if phase != PhaseWrite {
				e.n.BytesCovered = e.pos
			}
			e.logf("pass %d of %d: %s sweep over %d bytes begins at byte %d", pass, e.opt.Passes, phase,
				e.geo.SizeBytes, e.pos)
			if err := e.sweep(ctx); err != nil {
				return err
			}
			e.logf("pass %d of %d: %s sweep ended, %d bytes", pass, e.opt.Passes, phase, e.pos)
		}
	}
	return nil
}

// sweep goes once over every byte. Answers are taken in the order of their blocks, so that all before e.pos is done.
func (e *engine) sweep(ctx context.Context) error {
	size := e.geo.SizeBytes
	next := e.pos
	for e.pos < size {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		due := e.clock.Now().Sub(e.lastCheckpoint) >= e.opt.CheckpointEvery
		if due && e.pipe.pending() == 0 {
			if err := e.checkpoint(ctx); err != nil {
				return err
			}
			continue
		}
		for !due && !e.pipe.full() && next < size {
			req := request{phase: e.phase, stamp: e.stamp, off: next, n: int(min(int64(e.opt.BlockBytes), size-next))}
			if e.phase == PhaseWrite {
				e.n.BytesWriteAttempted += int64(req.n)
			}
			e.pipe.submit(req)
			next += int64(req.n)
		}
		l, ans, err := e.pipe.take(ctx)
		if err != nil {
			return err
		}
		if err := e.settle(ctx, l, ans); err != nil {
			return err
		}
		e.pos += int64(l.current.n)
		e.chart.add(e, l.current, ans.took)
		if e.phase != PhaseWrite {
			e.n.BytesCovered = max(e.n.BytesCovered, e.pos)
		}
		e.progress()
	}
	e.chart.end(e)
	return e.checkpoint(ctx)
}

// settle counts one block, after handling what went wrong with it.
func (e *engine) settle(ctx context.Context, l *lane, ans answer) error {
	req := l.current
	n := int64(req.n)
	e.n.Answered++
	e.n.ZeroBytes += ans.zero
	if ans.err != nil || ans.differs {
		b := &block{off: req.off, n: req.n}
		work := e.recoverRead
		if req.phase == PhaseWrite {
			work = e.recoverWrite
		}
		if err := e.listed(b, work(ctx, b, l.buf[:req.n], ans.err)); err != nil {
			return err
		}
		n -= b.lost * e.sector
	}
	switch req.phase {
	case PhaseWrite:
		e.n.BytesWritten += n
	case PhaseVerify:
		e.n.BytesVerified += n
	case PhaseRead, PhaseProbe, PhaseSeek: // they write nothing and compare nothing
	}
	return nil
}

// checkpoint is called with no request under way.
func (e *engine) checkpoint(ctx context.Context) error {
	if e.phase == PhaseWrite {
		answer, err := e.hand.do(ctx, request{off: -1}, e.dev.Flush)
		if err != nil {
			return err
		}
		e.n.Answered++
		if answer != nil {
			return flushError(answer)
		}
	}
	e.pause()
	defer e.goOn()
	err := e.obs.Checkpoint(Checkpoint{e.where()})
	e.lastCheckpoint = e.clock.Now()
	return err
}

// flushError is final: a second flush that succeeds says nothing about what the first one lost.
func flushError(err error) error {
	kind := ErrFlush
	var ioErr *IOError
	if errors.As(err, &ioErr) {
		switch ioErr.Class {
		case ClassGone:
			kind = ErrGone
		case ClassRefused:
			kind = ErrRefused
		case ClassMedium, ClassTransport: // the flush itself failed
		}
	}
	return &DeviceError{Kind: kind, Op: opFlush, LBA: -1, Err: err}
}

// close waits for what is under way, at most StopGrace.
func (e *engine) close() {
	grace, cancel := context.WithCancel(context.Background())
	defer cancel()
	if e.pipe.pending() > 0 || e.hand.busy != nil {
		waiting, stop := context.WithCancel(context.Background())
		defer stop()
		go func() {
			_ = e.clock.Sleep(waiting, StopGrace)
			cancel()
		}()
	}
	left, unsent := e.pipe.close(grace)
	for _, req := range unsent {
		if req.phase == PhaseWrite {
			e.n.BytesWriteAttempted -= int64(req.n)
		}
	}
	if req := e.hand.close(grace); req != nil {
		left = append(left, *req)
	}
	for _, req := range left {
		if req.off >= 0 {
			first, last := e.lbas(req.off, int64(req.n))
			e.res.Unanswered = append(e.res.Unanswered, Span{first, last})
		}
		e.logf("the drive has not answered a request at byte %d (-1: flush) when the run ended", req.off)
	}
}

// lbas are the first and the last logical sector of n bytes at off.
func (e *engine) lbas(off, n int64) (first, last int64) {
	return off / e.sector, (off+n)/e.sector - 1
}

func (e *engine) where() Progress {
	p := Progress{Phase: e.phase, Pass: e.pass, Position: e.pos, Counters: e.n}
	if p.Done, p.Total = min(e.pos, e.total), e.total; e.phase != PhaseProbe && e.phase != PhaseSeek {
		p.Done, p.Total = e.opt.Mode.done(e.geo, e.opt.Passes, e.phase, e.pass, e.pos)
	}
	if !e.activeSince.IsZero() {
		p.Active += e.clock.Now().Sub(e.activeSince)
	}
	return p
}

// progress tells where the run is, at most a few times a second. It is called only when something was answered.
func (e *engine) progress() {
	if now := e.clock.Now(); now.Sub(e.lastProgress) >= progressEvery {
		e.lastProgress = now
		e.obs.Progress(e.where())
	}
}

// pause and goOn keep what is not I/O out of the active time.
func (e *engine) pause() {
	e.n.Active += e.clock.Now().Sub(e.activeSince)
	e.activeSince = time.Time{}
}

func (e *engine) goOn() { e.activeSince = e.clock.Now() }

func (e *engine) logf(format string, args ...any) { e.obs.Log(fmt.Sprintf(format, args...)) }
