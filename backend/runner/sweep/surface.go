package sweep

import (
	"context"
	"errors"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/surface"
)

// Stage is a stage that goes over the drive.
type Stage struct{ *erase.Stage }

// NewStage is a stage of a run that goes over the drive.
func NewStage(a *erase.Stage) *Stage { return &Stage{a} }

const (
	// maxSamples bounds the progress events of one stage in the journal.
	maxSamples = 2000
	// liveEvery is how often the file with the newest progress is written.
	liveEvery = time.Second
)

// Read reads every byte of the drive.
func Read(ctx context.Context, a *Stage, start surface.Start) (bench.Outcome, error) {
	dev, err := a.Held.Device(false)
	if err != nil {
		return bench.Outcome{}, err
	}
	defer dev.Close()
	return a.surface(ctx, start, dev)
}

// Stamp writes every byte of the drive, and reads it back.
func Stamp(ctx context.Context, a *Stage, start surface.Start) (bench.Outcome, error) {
	dev, err := a.OpenForWriting(start.Pass > 0)
	if err != nil {
		return a.IOOutcome(err), nil
	}
	return a.surface(ctx, start, dev)
}

// surface goes over every byte of the drive with our own engine.
func (a *Stage) surface(ctx context.Context, start surface.Start, dev surface.Device) (bench.Outcome, error) {
	opt := surface.Options{
		Mode: modeOf(a.Spec.Engine), Nonce: a.Nonce(), Passes: max(a.Spec.Passes, 1),
		BlockBytes: a.Spec.BlockBytes,
		InFlight:   a.Spec.InFlight, BadRangeLimit: a.Spec.BadRangeLimit, Start: start,
	}
	a.Say("engine %s, %d passes over %d bytes", a.Spec.Engine, opt.Passes, dev.Geometry().SizeBytes)

	watch := a.Observe(start)
	var res surface.Result
	var fake *surface.Fake
	err := a.Watched(ctx, watch, func(ctx context.Context) (err error) {
		if res, err = surface.Run(ctx, watch.Attend(dev), ClockOf(a.Heat), opt, watch); err == nil &&
			a.looksWrapped(res) {
			fake, err = a.RealSize(ctx, dev, watch)
		}
		return err
	})
	watch.tellMap()
	if err == nil && res.Complete && len(res.BadRanges) == 0 && a.Spec.SeekMinutes > 0 &&
		a.Req.Drive.Kind == drive.HDD {
		err = a.seek(ctx, dev, watch, &res)
	}
	a.Say("written %d, verified %d, covered %d of %d bytes, %d bad ranges, %d healed", res.BytesWritten,
		res.BytesVerified,
		res.BytesCovered, dev.Geometry().SizeBytes, len(res.BadRanges), res.TransientsAll)
	totals := a.Totals(res, err)
	out, err := a.JudgeSurface(ctx, res, err, watch, fake)
	out.Totals = totals
	return out, err
}

func (a *Stage) Totals(res surface.Result, err error) *burnin.Totals {
	return &burnin.Totals{
		Written: res.BytesWritten, Verified: res.BytesVerified, Covered: res.BytesCovered, Zero: res.ZeroBytes,
		ActiveMs: res.Active.Milliseconds(), Complete: res.Complete && err == nil, Transient: res.TransientsAll,
		EndedEarly: res.EndedEarly, Unread: res.Unread, AnswersFrom: res.AnswersFrom,
	}
}

// Watched has an engine work and ends it when no request has been answered for too long. Requests that even then get no
// answer are left behind by the engine; they end with the process.
func (a *Stage) Watched(ctx context.Context, watch *Observer, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := a.StuckLimit()
	go func() {
		answered, since := int64(-1), a.Running()
		for {
			select {
			case <-ctx.Done():
				return
			case <-a.After(min(limit/10, 10*time.Second)):
			}
			if a.Journal.Stands.Load() {
				since = a.Running()
				continue
			}
			if a.Heat.Hot() {
				since = a.Running() // a pause is no standstill
				if a.Heat.GiveUp() {
					cancel(bench.ErrHot)
				}
				continue
			}
			if now := watch.Answered.Load(); now != answered {
				answered, since = now, a.Running()
			} else if a.Running()-since >= limit {
				cancel(bench.ErrStuck)
			}
		}
	}()
	return work(ctx)
}

// JudgeSurface turns what the engine did into an outcome.
func (a *Stage) JudgeSurface(ctx context.Context, res surface.Result, err error, watch *Observer,
	fake *surface.Fake) (bench.Outcome, error) {
	watch.Counted(res.Counters)
	watch.tellHealed()
	if watch.Err != nil {
		return bench.Outcome{}, watch.Err // the journal failed
	}
	if errors.Is(err, erase.ErrForeign) {
		return a.ForeignOutcome(watch.ForeignSectors, nil)
	}
	if a.Wrote != nil && ctx.Err() == nil && err == nil {
		if out, err := a.ProveAlone(); err != nil {
			return bench.Outcome{}, err
		} else if out != nil {
			return *out, nil
		}
	}
	if err := errors.Join(a.notOnMedium(res, watch), a.warnSlow()); err != nil {
		return bench.Outcome{}, err
	}
	if err := a.warnHealed(watch); err != nil {
		return bench.Outcome{}, err
	}
	if out := a.brokeOff(ctx, err); out != nil {
		return *out, nil
	}
	bad := weigh(a.Job().Stages[a.Index].BadRanges, a.Uncounted)
	switch out := a.judgeBad(bad, res, watch.heals); {
	case fake != nil && !a.mayBeForeign(fake):
		return a.fakeCapacity(fake), nil
	case fake != nil && bad.proven.sectors == 0:
		return a.uncountedOutcome(bad.unwatched), nil
	case out != nil:
		return *out, nil
	case watch.heals.Data:
		return bench.Ended(burnin.Unknown, reason.New(reason.PathSuspect, "what", "wrong data that was right when "+
			"read again", "stage", a.Spec.Kind)), nil
	}
	if out := a.unsteady(); out != nil {
		return *out, nil
	}
	if !res.Complete {
		return bench.Ended(burnin.Unknown, reason.New(reason.EvidenceIncomplete,
			"state", "complete", "missing", unfinished(res))), nil
	}
	return bench.Passed, nil
}

// pathSpoke reports whether all that is wrong are errors of no certain kind (EIO is the kernel's word for anything),
// and the kernel's log, read without a gap, lays them to the way to the drive: then they are no evidence against it.
func (a *Stage) pathSpoke(bad []surface.Range) bool {
	k := a.Held.KernelErrors()
	return a.uncertain(bad) && k.Readable && k.Path > 0 && k.Medium == 0
}

// uncertain reports whether all that is wrong are errors of no certain kind.
func (a *Stage) uncertain(bad []surface.Range) bool {
	return !slices.ContainsFunc(bad, func(r surface.Range) bool { return r.Errno != "EIO" })
}
