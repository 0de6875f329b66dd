package runner

import (
	"context"
	"slices"

	"burnish/backend/surface"
)

// span is a stretch of the drive in bytes, its end not included.
type span struct{ from, to int64 }

// noteHealed notes a stretch that badblocks pointed to and our engine finds good. A read or write error that healed is a
// warning; wrong data that is right later is a doubt about memory and path.
func (b *bbRun) noteHealed(s span, kind surface.Kind) {
	sector := int64(b.dev.Geometry().LogicalBytes)
	first, last := s.from/sector, s.to/sector-1
	for _, r := range b.res.BadRanges {
		if r.FirstLBA <= last && first <= r.LastLBA {
			return
		}
	}
	t := surface.Range{FirstLBA: first, LastLBA: last, Kind: kind}
	b.res.TransientsAll++
	b.res.Accidents++
	b.res.DataHealed = b.res.DataHealed || kind == surface.KindMismatch
	b.res.Transients = append(b.res.Transients, t)
	b.watch.Transient(t)
	b.watch.counted(b.res.Counters)
}

// around gives the stretches in which the causes of listed blocks lie: the numbers of corrupt blocks are too high by a
// batch, phantoms too, and a batch with a read error is not compared.
func (b *bbRun) around(blocks []int64) []span {
	slices.Sort(blocks)
	var out []span
	for _, n := range blocks {
		s := span{max((n-2*b.batch)*b.block, b.from), min((n+b.batch+1)*b.block, b.to)}
		if k := len(out); k > 0 && s.from <= out[k-1].to {
			out[k-1].to = max(out[k-1].to, s.to)
		} else if s.from < s.to {
			out = append(out, s)
		}
	}
	return out
}

// lookAgain has our own engine read a stretch, then write and compare it, and takes what that finds.
func (b *bbRun) lookAgain(ctx context.Context, s span) error {
	b.log.say("our own engine looks at bytes %d to %d", s.from, s.to-1)
	part := &section{Device: b.watch.attend(b.dev), span: s}
	obs := &partObserver{bbRun: b, base: s.from / int64(b.dev.Geometry().LogicalBytes), part: part}
	opt := surface.Options{Mode: surface.ModeRead, BadRangeLimit: b.spec.BadRangeLimit}
	if err := b.part(ctx, part, opt, obs); err != nil || b.res.EndedEarly != "" {
		return err
	}
	// Four stamped passes: a bit that is stuck shows in half of all data.
	opt.Mode, opt.Nonce, opt.Passes = surface.ModeStamp, b.nonce(), len(bbPatterns)
	sectors := (s.to - s.from) / int64(b.dev.Geometry().LogicalBytes)
	for _, r := range b.res.BadRanges {
		r.FirstLBA, r.LastLBA = max(r.FirstLBA-obs.base, 0), min(r.LastLBA-obs.base, sectors-1)
		if r.FirstLBA <= r.LastLBA {
			r.FoundLBA = nil
			opt.Start.Bad = append(opt.Start.Bad, r)
		}
	}
	return b.part(ctx, part, opt, obs)
}

func (b *bbRun) part(ctx context.Context, part *section, opt surface.Options, obs *partObserver) error {
	res, err := surface.Run(ctx, part, clock{b.heat.work}, opt, obs)
	b.take(res)
	for _, t := range res.Transients {
		b.res.Transients = append(b.res.Transients, obs.shift(t))
	}
	limit := b.spec.BadRangeLimit
	if limit == 0 {
		limit = surface.BadRangeLimit
	}
	if b.res.EndedEarly = res.EndedEarly; res.EndedEarly == "" && len(b.res.BadRanges) >= limit {
		b.res.EndedEarly = surface.EarlyBadRanges
	}
	return err
}

// take counts what our own engine did.
func (b *bbRun) take(res surface.Result) {
	b.res.BytesWritten += res.BytesWritten
	b.res.BytesVerified += res.BytesVerified
	b.res.TransientsAll += res.TransientsAll
	b.res.Accidents += res.Accidents
	b.res.DataHealed = b.res.DataHealed || res.DataHealed
	b.watch.counted(b.res.Counters)
}

// section is a part of a drive as a drive of its own.
type section struct {
	surface.Device
	span
}

func (s *section) Geometry() surface.Geometry {
	g := s.Device.Geometry()
	g.SizeBytes = s.to - s.from
	return g
}

func (s *section) ReadAt(p []byte, off int64) (int, error)  { return s.Device.ReadAt(p, s.from+off) }
func (s *section) WriteAt(p []byte, off int64) (int, error) { return s.Device.WriteAt(p, s.from+off) }

// partObserver tells what a part of the drive shows in the drive's own sectors.
type partObserver struct {
	*bbRun
	base int64 // first sector of the part
	part *section
}

func (o *partObserver) shift(r surface.Range) surface.Range { return shifted(r, o.base) }

func (o *partObserver) Progress(surface.Progress) { o.watch.answered.Add(1) }
func (o *partObserver) Transient(r surface.Range) { o.watch.Transient(o.shift(r)) }
func (o *partObserver) Stretch(surface.Stretch)   {}
func (o *partObserver) Log(line string)           { o.log.say("  %s", line) }
func (o *partObserver) Bad(r surface.Range) {
	r = o.shift(r)
	o.res.BadRanges = append(o.res.BadRanges, r)
	o.watch.Bad(r)
}

// Checkpoint comes between writing and comparing a part: so much is read elsewhere that no cache of a hard drive can
// answer for its medium.
func (o *partObserver) Checkpoint(c surface.Checkpoint) error {
	if o.watch.err != nil || c.Phase != surface.PhaseWrite {
		return o.watch.err
	}
	buf := surface.AlignedBuffer(1 << 20)
	off := (o.part.to + o.size/2) % o.size / int64(len(buf)) * int64(len(buf))
	for left := min(cacheBytes, o.size); left > 0; {
		n := min(int64(len(buf)), o.size-off)
		if _, err := o.own().ReadAt(buf[:n], off); err != nil {
			if err := mediumIsForTheSweep(err); err != nil {
				return err
			}
		}
		o.watch.answered.Add(1)
		if off, left = off+n, left-n; off == o.size {
			off = 0
		}
	}
	return nil
}
