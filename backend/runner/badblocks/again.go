package badblocks

import (
	"context"
	"slices"

	"burnish/backend/runner/erase"
	"burnish/backend/runner/sweep"
	"burnish/backend/surface"
)

// noteHealed notes a stretch that badblocks pointed to and our engine finds good. A read or write error that healed is
// a warning; wrong data that is right later is a doubt about memory and path.
func (b *bbRun) noteHealed(s sweep.Span, kind surface.Kind) {
	sector := int64(b.dev.Geometry().LogicalBytes)
	first, last := s.From/sector, s.To/sector-1
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
	b.watch.Counted(b.res.Counters)
}

// around gives the stretches in which the causes of listed blocks lie: the numbers of corrupt blocks are too high by a
// batch, phantoms too, and a batch with a read error is not compared.
func (b *bbRun) around(blocks []int64) []sweep.Span {
	slices.Sort(blocks)
	var out []sweep.Span
	for _, n := range blocks {
		s := sweep.Span{From: max((n-2*b.batch)*b.block, b.from), To: min((n+b.batch+1)*b.block, b.to)}
		if k := len(out); k > 0 && s.From <= out[k-1].To {
			out[k-1].To = max(out[k-1].To, s.To)
		} else if s.From < s.To {
			out = append(out, s)
		}
	}
	return out
}

// lookAgain has our own engine read a stretch, then write and compare it, and takes what that finds.
func (b *bbRun) lookAgain(ctx context.Context, s sweep.Span) error {
	b.Say("our own engine looks at bytes %d to %d", s.From, s.To-1)
	part := &sweep.Section{Device: b.watch.Attend(b.dev), Span: s}
	obs := &partObserver{bbRun: b, base: s.From / int64(b.dev.Geometry().LogicalBytes), part: part}
	opt := surface.Options{Mode: surface.ModeRead, BadRangeLimit: b.Spec.BadRangeLimit}
	if err := b.part(ctx, part, opt, obs); err != nil || b.res.EndedEarly != "" {
		return err
	}
	// Four stamped passes: a bit that is stuck shows in half of all data.
	opt.Mode, opt.Nonce, opt.Passes = surface.ModeStamp, b.Nonce(), len(bbPatterns)
	sectors := (s.To - s.From) / int64(b.dev.Geometry().LogicalBytes)
	for _, r := range b.res.BadRanges {
		r.FirstLBA, r.LastLBA = max(r.FirstLBA-obs.base, 0), min(r.LastLBA-obs.base, sectors-1)
		if r.FirstLBA <= r.LastLBA {
			r.FoundLBA = nil
			opt.Start.Bad = append(opt.Start.Bad, r)
		}
	}
	return b.part(ctx, part, opt, obs)
}

func (b *bbRun) part(ctx context.Context, part *sweep.Section, opt surface.Options, obs *partObserver) error {
	res, err := surface.Run(ctx, part, sweep.ClockOf(b.Heat), opt, obs)
	b.take(res)
	for _, t := range res.Transients {
		b.res.Transients = append(b.res.Transients, obs.shift(t))
	}
	limit := b.Spec.BadRangeLimit
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
	b.res.Answered += res.Answered
	b.res.DataHealed = b.res.DataHealed || res.DataHealed
	b.watch.Counted(b.res.Counters)
}

// partObserver tells what a part of the drive shows in the drive's own sectors.
type partObserver struct {
	*bbRun
	base int64 // first sector of the part
	part *sweep.Section
}

func (o *partObserver) shift(r surface.Range) surface.Range { return sweep.Shifted(r, o.base) }

func (o *partObserver) Progress(surface.Progress) { o.watch.Answered.Add(1) }

func (o *partObserver) Transient(r surface.Range) { o.watch.Transient(o.shift(r)) }

func (o *partObserver) Stretch(surface.Stretch) {}

func (o *partObserver) Log(line string) { o.Say("  %s", line) }

func (o *partObserver) Bad(r surface.Range) {
	r = o.shift(r)
	o.res.BadRanges = append(o.res.BadRanges, r)
	o.watch.Bad(r)
}

// Checkpoint comes between writing and comparing a part: so much is read elsewhere that no cache of a hard drive can
// answer for its medium.
func (o *partObserver) Checkpoint(c surface.Checkpoint) error {
	if o.watch.Err != nil || c.Phase != surface.PhaseWrite {
		return o.watch.Err
	}
	buf := surface.AlignedBuffer(1 << 20)
	off := (o.part.To + o.size/2) % o.size / int64(len(buf)) * int64(len(buf))
	for left := min(cacheBytes, o.size); left > 0; {
		n := min(int64(len(buf)), o.size-off)
		if _, err := o.Own().ReadAt(buf[:n], off); err != nil {
			if err := erase.MediumIsForTheSweep(err); err != nil {
				return err
			}
		}
		o.watch.Answered.Add(1)
		if off, left = off+n, left-n; off == o.size {
			off = 0
		}
	}
	return nil
}
