package runner

import (
	"context"
	"errors"

	"burnish/backend/burnin"
	"burnish/backend/surface"
)

// leaveClean is the last destructive act: head and tail are zeroed, so that neither a stamp nor a label of an earlier
// life greets whoever gets the drive. No sweep comes after it, so the sweep's own engine does it: what fails is written and
// read again, and each sector that does not take its zeros is found here. A job that was resumed behind its last sweep does
// it all the same.
func (a *at) leaveClean(ctx context.Context) (outcome, error) {
	w, err := a.openForWriting(true)
	if err != nil {
		return a.ioOutcome(err), nil
	}
	a.log.say("zeroing the first and last %d MiB: the drive is left without labels", edge>>20)
	watch := a.observe(surface.Start{})
	var last surface.Result
	err = a.watched(ctx, watch, func(ctx context.Context) error {
		for _, s := range merged(endsOf(w.Geometry().SizeBytes)) {
			res, err := a.zero(ctx, w, s, watch)
			res.TransientsAll, res.Accidents, res.Answered = res.TransientsAll+last.TransientsAll, res.Accidents+last.Accidents, res.Answered+last.Answered
			watch.counted(res.Counters)
			if last = res; err != nil || !last.Complete {
				return err
			}
		}
		return nil
	})
	watch.tellHealed()
	if watch.err != nil {
		return outcome{}, watch.err
	}
	if errors.Is(err, errForeign) {
		return a.foreignOutcome(watch.foreignSectors, nil)
	}
	if out := a.brokeOff(ctx, err); out != nil {
		return *out, nil
	}
	if foreign, err := a.foreign(); err != nil || foreign > 0 {
		return a.foreignOutcome(foreign, err)
	}
	if err := a.warnHealed(watch); err != nil {
		return outcome{}, err
	}
	bad := weigh(a.j.job().Stages[a.i].BadRanges, a.uncounted)
	n := bad.proven.sectors + bad.unwatched.sectors + bad.unconfirmed.sectors
	if err := a.fact("ends_clean", n == 0 && last.Complete, counted(n, "bad sector"), "read back after the last write"); err != nil {
		return outcome{}, err
	}
	if out := a.judgeBad(bad, last); out != nil {
		return *out, nil
	}
	if out := a.unsteady(); out != nil {
		return *out, nil
	}
	return passed, nil
}

// zero writes zeros over a stretch of the drive and reads them back.
func (a *at) zero(ctx context.Context, w *writes, s extent, watch *observer) (surface.Result, error) {
	part := &section{Device: watch.attend(w), span: span(s)}
	obs := &endObserver{watch, s.from / int64(w.Geometry().LogicalBytes)}
	return surface.Run(ctx, part, clock{a.heat.work}, surface.Options{Mode: surface.ModeStamp, Zeros: true}, obs)
}

// endObserver tells what an end of the drive shows in the drive's own sectors. It moves no figures of the stage.
type endObserver struct {
	*observer
	base int64 // first sector
}

func (o *endObserver) Progress(p surface.Progress) { o.answered.Add(1) }
func (o *endObserver) Bad(r surface.Range)         { o.observer.Bad(shifted(r, o.base)) }
func (o *endObserver) Transient(r surface.Range)   { o.observer.Transient(shifted(r, o.base)) }
func (o *endObserver) Stretch(surface.Stretch)     {}

func (o *endObserver) Checkpoint(surface.Checkpoint) error {
	foreign, err := o.foreign()
	if err == nil && foreign > 0 {
		o.foreignSectors, err = foreign, errForeign
	}
	return errors.Join(err, o.err)
}

// shifted gives a range of a part of the drive in the drive's own sectors.
func shifted(r surface.Range, base int64) surface.Range {
	r.FirstLBA, r.LastLBA = r.FirstLBA+base, r.LastLBA+base
	if r.FoundLBA != nil {
		found := *r.FoundLBA + base
		r.FoundLBA = &found
	}
	return r
}

// brokeOff is the outcome of an engine that did not come to its end; nil where it did.
func (a *at) brokeOff(ctx context.Context, err error) *outcome {
	var out outcome
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errStuck):
		out = a.stuck()
	case errors.Is(err, errHot):
		out = ended(burnin.Unknown, a.heat.said())
	case ctx.Err() != nil:
		out = ended(burnin.Unknown, nil) // the stage's caller knows why
	default:
		out = a.ioOutcome(err)
	}
	return &out
}
