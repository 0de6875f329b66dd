package surface

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ProbeOptions say how Probe looks for a false capacity. A zero value means the default.
type ProbeOptions struct {
	Nonce      [16]byte
	Pass       uint32 // of the stamps: none of a sweep's, and another one each time that a job probes
	Places     int    // scattered over the drive; default 2048
	CacheBytes int64  // read elsewhere between writing and reading back; default 1 GiB, at most the drive
}

// The sizes of a probe.
const (
	// denseMax bounds the stretch at the head of the drive that is stamped as a whole. The head that is looked at goes
	// beyond it, and is longer than the distance from one place to the next: wherever addresses wrap, the first place
	// behind the real end lands in it.
	denseMax = 256 << 20
	// evidenceMin is how many places have to tell the same before anything is concluded, and tailMin the part of all
	// places that a drive has to lose at its end before that is a matter of capacity.
	evidenceMin, tailMin = 8, 64
	// refineRounds narrow the real end down, each by the number of refinePlaces.
	refineRounds, refinePlaces = 3, 32
	// probeBudget bounds a probe of a drive that answers slowly; what it has not found by then is left to the sweep.
	probeBudget = 10 * time.Minute
)

// ProbeResult is what a probe did and found. It lists no bad sectors: an error at one place is the sweep's to judge.
type ProbeResult struct {
	Progress
	Places int   // that were written and read back
	Errors int   // of these, answered with an error
	Wrong  int   // of these, held something else
	Unread int   // reads of places that the probe had not written, answered with a medium error
	Early  Early // "" unless it took too long
	Fake   *Fake // nil if nothing speaks for a false capacity, which does not prove a true one
}

func (o ProbeOptions) complete(g Geometry) ProbeOptions {
	if o.Places == 0 {
		o.Places = 2048
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 1 << 30
	}
	o.CacheBytes = min(o.CacheBytes, g.SizeBytes)
	return o
}

// Probe writes stamped blocks at scattered places of the drive, at powers of two, at fractions of its size and at both
// its ends, empties the write cache, reads enough elsewhere that no cache can answer for the medium, and reads them
// back, and with them the head of the drive, in which the first place behind a real end lands where addresses wrap. A
// drive that does that, or that keeps nothing beyond some place, shows it here in about a minute instead of a day.
// Errors and contexts end it as they end Run; the observer's Bad and Checkpoint are not called.
func Probe(ctx context.Context, dev Device, clock Clock, opt ProbeOptions, obs Observer) (ProbeResult, error) {
	geo := dev.Geometry()
	if err := geo.Check(); err != nil {
		return ProbeResult{}, err
	}
	opt = opt.complete(geo)
	run, err := Options{Mode: ModeStamp, Nonce: opt.Nonce, ErrorBudget: probeBudget}.complete(geo)
	if err != nil {
		return ProbeResult{}, err
	}
	p := &prober{engine: newEngine(dev, clock, run, obs), probe: opt, unit: max(bufferAlign, geo.PhysicalBytes)}
	p.stamp, p.phase = newStamper(opt.Nonce, opt.Pass, geo.LogicalBytes), PhaseProbe
	p.goOn()
	err = p.look(ctx)
	p.pause()
	p.close()
	var early *earlyEnd
	if errors.As(err, &early) {
		err, p.found.Early = nil, early.why
		p.logf("the probe took too long (%s); the sweep goes over all of the drive", early.why)
	}
	p.found.Progress, p.found.Unread = p.where(), p.unread
	p.obs.Progress(p.found.Progress)
	return p.found, err
}

// prober is an engine that looks at places instead of sweeping.
type prober struct {
	*engine
	probe ProbeOptions
	unit  int // of a place, in bytes
	found ProbeResult
}

// place is a stretch of the drive that was stamped.
type place struct {
	off    int64
	n      int
	failed bool // with an error
	wrong  bool // it holds something else
	blind  bool // it is not read back: it is there for what it does to another place
}

func (p *prober) look(ctx context.Context) error {
	places, head := p.places()
	for _, pl := range places {
		p.total += int64(pl.n)
		if !pl.blind {
			p.total += int64(pl.n)
		}
	}
	p.total += p.probe.CacheBytes + head.to - head.from
	p.logf("capacity probe: %d places, %d bytes to move", len(places), p.total)
	jumps, err := p.test(ctx, places)
	if err != nil {
		return err
	}
	strays, err := p.strays(ctx, head)
	if err != nil {
		return err
	}
	jumps = append(jumps, strays...)
	for _, pl := range places {
		if pl.blind && !pl.failed {
			continue
		}
		p.found.Places++
		if pl.failed {
			p.found.Errors++
		}
		if pl.wrong {
			p.found.Wrong++
		}
	}
	p.logf("capacity probe: %d of %d places hold something else, %d answered with an error, %d sectors of the head "+
		"hold what was written elsewhere", p.found.Wrong, p.found.Places, p.found.Errors, len(strays))
	if p.found.Wrong == 0 && len(jumps) == 0 {
		return nil
	}
	if fake, err := p.wraps(ctx, jumps); err != nil || fake != nil {
		p.found.Fake = fake
		return err
	}
	p.found.Fake, err = p.ends(ctx, places)
	return err
}

// stretch is a part of the drive in bytes, its end not included.
type stretch struct{ from, to int64 }

// places gives where to look, in order and without overlap, and what more of the drive's head is read. The head comes
// in pieces as far as it is stamped.
func (p *prober) places() ([]place, stretch) {
	size, unit := p.geo.SizeBytes, int64(p.unit)
	dense := min(max(4*size/int64(p.probe.Places), 64<<10), denseMax, size)
	dense -= dense % unit
	blind := map[int64]bool{}
	var at []int64
	up := func(off int64) int64 {
		off = (off + unit - 1) / unit * unit
		at = append(at, off)
		return off
	}
	step := max(size/int64(p.probe.Places), unit)
	for i := range size / step {
		up(i*step + int64(mix(p.stamp.a+uint64(i))%uint64(max(step/8, 1))))
	}
	head := stretch{dense, dense}
	if reach := step/2 + step/8 + 2*unit; reach > dense && dense < size {
		// One more place in the middle between two: so half of the head is enough. Reading them back would tell nothing
		// new.
		head.to = min(reach, size)
		for i := range size / step {
			blind[up(i*step+step/2+int64(mix(p.stamp.b+uint64(i))%uint64(step/8)))] = true
		}
	}
	for n := unit; n < size; n *= 2 {
		at = append(at, n-unit, n)
	}
	for k := int64(2); k <= 64; k++ {
		up(size / k)
	}
	for ten := int64(1e6); ten < size; ten *= 1000 {
		for _, m := range []int64{1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 250, 256, 500, 512} {
			up(m * ten)
		}
	}
	last := (size - 1) / unit * unit
	at = append(at, last)
	slices.Sort(at)

	var out []place
	for off := int64(0); off < dense; off += startUnit {
		out = append(out, place{off: off, n: int(min(startUnit, dense-off))})
	}
	for _, off := range slices.Compact(at) {
		if off >= dense && off <= last {
			out = append(out, place{off: off, n: int(min(unit, size-off)), blind: blind[off]})
		}
	}
	return out, head
}

// strays reads a part of the drive that was not stamped as a whole, and gives the sectors that hold the stamp of
// another one. Its medium errors are the sweep's.
func (p *prober) strays(ctx context.Context, part stretch) ([]moved, error) {
	var jumps []moved
	for off := part.from; off < part.to; {
		b := p.spare[:min(int64(len(p.spare)), part.to-off)]
		medium, err := p.attempt(ctx, opRead, b, off, nil)
		if err != nil {
			return nil, err
		}
		if medium != nil {
			p.unread++
		}
		for at := int64(0); medium == nil && at < int64(len(b)); at += p.sector {
			lba := (off + at) / p.sector
			if stamp, ours := p.read(b[at : at+p.sector]); ours && stamp.LBA != lba {
				jumps = append(jumps, moved{lba, stamp.LBA})
			}
		}
		off += int64(len(b))
		p.pos += int64(len(b))
	}
	return jumps, nil
}

// test writes all places, in order, and reads them back but for those that are blind. It marks them, and gives the
// sectors that hold another one's stamp.
func (p *prober) test(ctx context.Context, places []place) ([]moved, error) {
	for i := range places {
		pl := &places[i]
		b := p.spare[:pl.n]
		p.stamp.fill(b, pl.off/p.sector)
		medium, err := p.attempt(ctx, opWrite, b, pl.off, nil)
		if err != nil {
			return nil, err
		}
		if pl.failed = medium != nil; !pl.failed {
			p.n.BytesWritten += int64(pl.n)
		}
		p.pos += int64(pl.n)
	}
	if err := p.settleCaches(ctx, p.probe.CacheBytes); err != nil {
		return nil, err
	}
	var jumps []moved
	for i := range places {
		pl := &places[i]
		if pl.blind {
			continue
		}
		p.pos += int64(pl.n)
		if pl.failed {
			continue
		}
		b := p.spare[:pl.n]
		medium, err := p.attempt(ctx, opRead, b, pl.off, nil)
		if err != nil {
			return nil, err
		}
		if pl.failed = medium != nil; pl.failed {
			continue
		}
		p.n.BytesVerified += int64(pl.n)
		for at := int64(0); at < int64(pl.n); at += p.sector {
			lba := (pl.off + at) / p.sector
			stamp, ours := p.read(b[at : at+p.sector])
			switch {
			case !ours:
				pl.wrong = true
			case stamp.LBA != lba:
				pl.wrong = true
				jumps = append(jumps, moved{lba, stamp.LBA})
			}
		}
	}
	return jumps, nil
}

func (p *prober) read(sector []byte) (Stamp, bool) {
	stamp, ok := DecodeStamp(sector)
	return stamp, ok && stamp.Nonce == p.probe.Nonce && stamp.Pass == p.probe.Pass
}
