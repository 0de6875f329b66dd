package sweep

import (
	"context"
	"errors"

	"burnish/backend/burnin"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/surface"
)

// LeaveClean is the last destructive act: head and tail are zeroed, so that neither a stamp nor a label of an earlier
// life greets whoever gets the drive. No sweep comes after it, so the sweep's own engine does it: what fails is written
// and read again, and each sector that does not take its zeros is found here. A job that was resumed behind its last
// sweep does it all the same.
func (a *Stage) LeaveClean(ctx context.Context) (bench.Outcome, error) {
	w, err := a.OpenForWriting(true)
	if err != nil {
		return a.IOOutcome(err), nil
	}
	a.Say("zeroing the first and last %d MiB: the drive is left without labels", erase.Edge>>20)
	watch := a.Observe(surface.Start{})
	var last surface.Result
	err = a.Watched(ctx, watch, func(ctx context.Context) error {
		for _, s := range erase.Merged(erase.EndsOf(w.Geometry().SizeBytes)) {
			res, err := a.zero(ctx, w, s, watch)
			res.TransientsAll, res.Accidents, res.Answered = res.TransientsAll+last.TransientsAll,
				res.Accidents+last.Accidents, res.Answered+last.Answered
			watch.Counted(res.Counters)
			if last = res; err != nil || !last.Complete {
				return err
			}
		}
		return nil
	})
	watch.tellHealed()
	if watch.Err != nil {
		return bench.Outcome{}, watch.Err
	}
	if errors.Is(err, erase.ErrForeign) {
		return a.ForeignOutcome(watch.ForeignSectors, nil)
	}
	if out := a.brokeOff(ctx, err); out != nil {
		return *out, nil
	}
	if foreign, err := a.Foreign(); err != nil || foreign > 0 {
		return a.ForeignOutcome(foreign, err)
	}
	if err := a.warnHealed(watch); err != nil {
		return bench.Outcome{}, err
	}
	bad := weigh(a.Job().Stages[a.Index].BadRanges, a.Uncounted)
	n := bad.proven.sectors + bad.unwatched.sectors + bad.unconfirmed.sectors
	if err := a.Fact("ends_clean", n == 0 && last.Complete, bench.Counted(n, "bad sector"),
		"read back after the last write"); err != nil {
		return bench.Outcome{}, err
	}
	if out := a.judgeBad(bad, last, watch.heals); out != nil {
		return *out, nil
	}
	if out := a.unsteady(); out != nil {
		return *out, nil
	}
	return bench.Passed, nil
}

// zero writes zeros over a stretch of the drive and reads them back.
func (a *Stage) zero(ctx context.Context, w *erase.Writes, s erase.Extent, watch *Observer) (surface.Result, error) {
	part := &Section{Device: watch.Attend(w), Span: Span{From: s.From, To: s.To}}
	obs := &endObserver{watch, s.From / int64(w.Geometry().LogicalBytes)}
	return surface.Run(ctx, part, ClockOf(a.Heat), surface.Options{Mode: surface.ModeStamp, Zeros: true}, obs)
}

// endObserver tells what an end of the drive shows in the drive's own sectors. It moves no figures of the stage.
type endObserver struct {
	*Observer
	base int64 // first sector
}

func (o *endObserver) Progress(p surface.Progress) { o.Answered.Add(1) }

func (o *endObserver) Bad(r surface.Range) { o.Observer.Bad(Shifted(r, o.base)) }

func (o *endObserver) Transient(r surface.Range) { o.Observer.Transient(Shifted(r, o.base)) }

func (o *endObserver) Stretch(surface.Stretch) {}

func (o *endObserver) Checkpoint(surface.Checkpoint) error {
	foreign, err := o.Foreign()
	if err == nil && foreign > 0 {
		o.ForeignSectors, err = foreign, erase.ErrForeign
	}
	return errors.Join(err, o.Err)
}

// Shifted gives a range of a part of the drive in the drive's own sectors.
func Shifted(r surface.Range, base int64) surface.Range {
	r.FirstLBA, r.LastLBA = r.FirstLBA+base, r.LastLBA+base
	if r.FoundLBA != nil {
		found := *r.FoundLBA + base
		r.FoundLBA = &found
	}
	return r
}

// brokeOff is the outcome of an engine that did not come to its end; nil where it did.
func (a *Stage) brokeOff(ctx context.Context, err error) *bench.Outcome {
	var out bench.Outcome
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bench.ErrStuck):
		out = a.Stuck()
	case errors.Is(err, bench.ErrHot):
		out = bench.Ended(burnin.Unknown, a.Heat.Said())
	case ctx.Err() != nil:
		out = bench.Ended(burnin.Unknown, nil) // the stage's caller knows why
	default:
		out = a.IOOutcome(err)
	}
	return &out
}
