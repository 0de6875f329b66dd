package run

import (
	"context"
	"errors"
	"slices"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/runner/health"
	"burnish/backend/runner/journal"
	"burnish/backend/runner/sweep"
	"burnish/backend/size"
)

// stage is one stage at work, whatever it is for.
type stage struct {
	*sweep.Stage
	health *health.Stage
	run    *run
}

// stages goes through the plan. Stages that ended in an earlier run stay ended. It returns a reason if the run ends
// before the plan does for something that is no stage's outcome.
func (r *run) stages(ctx context.Context) *reason.Said {
	again := 0
	for i, spec := range r.Req.Plan.Stages {
		before := r.Job().Stages[i]
		if before.State == burnin.Passed || before.State == burnin.Skipped {
			continue
		}
		if ctx.Err() != nil || r.StopAsked() {
			return r.Interrupted(ctx)
		}
		if said := r.skip(ctx, i, spec); said != nil {
			if err := r.Change(i, bench.Ended(burnin.Skipped, said)); err != nil {
				return r.Failed(err, string(spec.Kind))
			}
			if err := r.Put(burnin.EvWarning, burnin.Warning{Stage: i, Said: said}); err != nil {
				return r.Failed(err, string(spec.Kind))
			}
			continue
		}
		if before.Begun > 0 {
			again++
		}
		out, err := r.stage(ctx, i, spec)
		if err != nil {
			return r.Failed(err, string(spec.Kind))
		}
		if out.State == burnin.Failed {
			return r.tellResumed(i, again)
		}
		if out.State != burnin.Passed {
			return nil // the stage's reason is the job's
		}
	}
	return r.tellResumed(len(r.Req.Plan.Stages)-1, again)
}

// tellResumed says beside a verdict that the job was resumed, and what of it was done again.
func (r *run) tellResumed(stage, again int) *reason.Said {
	if n := len(r.Job().Runs); n > 1 {
		repeated := int64(0)
		for _, s := range r.Job().Stages {
			if s.Resumed != nil {
				repeated += s.Resumed.Repeated
			}
		}
		said := reason.New(reason.Resumed, "times", n-1, "repeated", again, "bytes", repeated)
		if err := r.Put(burnin.EvWarning, burnin.Warning{Stage: stage, Said: said}); err != nil {
			return r.Failed(err, "the end")
		}
	}
	return nil
}

// skip says why a stage is left out, nil if it is not.
func (r *run) skip(ctx context.Context, i int, spec burnin.StageSpec) *reason.Said {
	switch {
	case r.Req.Plan.Skips(i):
		return reason.New(reason.WithoutSMART)
	case spec.Kind.SMART():
		return r.health.NoSelfTest(ctx, spec.Kind)
	}
	return nil
}

// stage runs one stage from its first line to its last.
func (r *run) stage(ctx context.Context, i int, spec burnin.StageSpec) (bench.Outcome, error) {
	start, resumed := r.resumePoint(i, spec)
	if err := r.Put(burnin.EvStage, burnin.StageChange{Stage: i, Kind: spec.Kind, State: burnin.Running,
		Resumed: resumed}); err != nil {
		return bench.Outcome{}, err
	}
	log, err := r.Log(spec.Kind.Log())
	if err != nil {
		return bench.Outcome{}, err
	}
	defer log.Close()
	log.Say("%s begins on %s at %s", spec.Kind, r.Req.Drive, r.Held.Path())

	st := r.newStage(i, spec, log)
	temps := st.Thermometer(ctx)
	unwatch := st.WatchTraffic()
	defer unwatch()
	out, err := st.cameBack(ctx)
	if err == nil && out.State == burnin.Passed {
		out, err = st.work(ctx, given{start, temps})
	}
	out, err = st.unlessGone(ctx, out, err)
	if err = errors.Join(err, st.TellSlow(), st.TellHangs()); err == nil {
		out, err = st.after(ctx, out)
	}
	seen, tempErr := temps.Read()
	if err = errors.Join(err, tempErr); err != nil {
		var broken *journal.Error
		if errors.As(err, &broken) {
			return bench.Outcome{}, err
		}
		out.State, out.Said = burnin.Unknown, st.Failed(err, string(spec.Kind))
	}
	out.Temps, out.PausedMs = seen, st.Heat.Untold().Milliseconds()
	if (ctx.Err() != nil || r.StopAsked()) && out.State != burnin.Passed && out.State != burnin.Failed {
		out.State, out.Said = burnin.Unknown, r.Interrupted(ctx)
		if out.Said.Kind() == reason.Person {
			out.State = burnin.Cancelled
			if err := st.UntilQuiet(); err != nil {
				return bench.Outcome{}, err
			}
		}
		log.Say("[ABORTED] %s", out.Said.Text)
	} else if out.Said != nil {
		log.Say("%s: %s", out.State, out.Said.Error())
	} else {
		log.Say("%s", out.State)
	}
	return out, r.Change(i, out)
}

// newStage gives stage i, with all that a stage of any kind may use.
func (r *run) newStage(i int, spec burnin.StageSpec, log *journal.StageLog) *stage {
	a := bench.NewStage(r.Run, i, spec, log)
	e := erase.NewStage(a, r.Drive)
	if traces := engines[spec.Engine].traces; traces != nil {
		e.Expect(traces(e))
	}
	return &stage{Stage: sweep.NewStage(e), health: health.NewStage(a, r.health), run: r}
}

// precheck looks whether the drive can be tested at all. Who it is and what uses it was proven when it was held.
func (a *stage) precheck(ctx context.Context) (bench.Outcome, error) {
	id, usage := a.Held.Identity(), a.Held.Usage()
	a.Say("usage: %s (%s)", usage.Class, usage.Text)
	for _, why := range usage.Why {
		a.Say("  %s: %s%s", why.Layer, why.Answer, map[bool]string{false: " (not sure)"}[why.Sure])
	}
	if t := a.Held.TempC(); t != nil {
		a.Say("temperature: %d °C", *t)
	}
	if err := a.Fact("identity_held", true, id.ID(), "VPD pages and sysfs under the hold"); err != nil {
		return bench.Outcome{}, err
	}
	dev, err := a.Held.Device(false)
	if err != nil {
		return bench.Outcome{}, err
	}
	defer dev.Close()
	if g := dev.Geometry(); g.SizeBytes != id.SizeBytes {
		return bench.Ended(burnin.Unknown, reason.New(reason.IdentityChanged, "expected", id,
			"found", size.Exact(g.SizeBytes), "path", a.Held.Path())), nil
	}
	if err := dev.Geometry().Check(); err != nil && a.goesOverSurface() {
		return bench.Ended(burnin.Unknown, reason.New(reason.SectorsUnfit, "drive", id,
			"error", strings.TrimPrefix(err.Error(), "surface: "))), nil
	}
	if id.HiddenBytes > 0 {
		if err := a.Warn(reason.New(reason.HiddenCapacity, "bytes", id.HiddenBytes)); err != nil {
			return bench.Outcome{}, err
		}
	}
	if err := errors.Join(a.TellLink(), a.TellActuators()); err != nil {
		return bench.Outcome{}, err
	}
	if said, err := a.findEngines(); err != nil || said != nil {
		return bench.Ended(burnin.Unknown, said), err
	}
	if a.Req.Plan.WithoutSMART {
		return bench.Passed, nil
	}
	return a.health.FirstHealth(ctx)
}

// goesOverSurface reports whether the run itself reads or writes the drive from end to end, or all over it.
func (a *stage) goesOverSurface() bool {
	return slices.ContainsFunc(a.Req.Plan.Stages, func(s burnin.StageSpec) bool { return s.Kind.Row().Moves })
}

// after is what follows the work of every stage: the drive's health again, and what the kernel logged if the stage did
// not go well.
func (a *stage) after(ctx context.Context, out bench.Outcome) (bench.Outcome, error) {
	var err error
	place := a.Spec.Kind.Row().Place
	if place == burnin.Between { // the first and the last stage compare it themselves
		if out, err = a.health.Reviewed(ctx, out); err != nil {
			return out, err
		}
	}
	if out.State == burnin.Passed && place != burnin.AtEnd {
		return out, nil
	}
	return out, a.health.WarnKernel()
}

// finalCheck looks at the drive once more, leaves it clean, and proves that it is the one that was tested.
func (a *stage) finalCheck(ctx context.Context) (bench.Outcome, error) {
	if a.Req.Plan.Destroys() {
		if out, err := a.LeaveClean(ctx); err != nil || out.State != burnin.Passed {
			return out, err
		}
		if foreign, err := a.Foreign(); err != nil || foreign > 0 {
			return a.ForeignOutcome(foreign, err)
		}
	}
	id, usage, err := a.InspectWatched(ctx)
	if err != nil {
		id, usage, err = a.Settled(ctx, a.InspectWatched, erase.LooksOfStage, id, usage, err)
	}
	if err != nil {
		return bench.Outcome{}, err
	}
	same := id.Same(a.Req.Drive)
	if err := a.Fact(burnin.FactIdentity, same, id.ID(), "VPD pages and sysfs under the hold"); err != nil {
		return bench.Outcome{}, err
	}
	if !same {
		return bench.Ended(burnin.Unknown, a.Another(id)), nil
	}
	// Who looks at the drive now harms nothing that was proven: the hold kept others from claiming it, and the count of
	// foreign writes says that nobody wrote.
	a.Say("usage: %s (%s)", usage.Class, usage.Text)
	if err := a.WarnSlowAtLast(); err != nil {
		return bench.Outcome{}, err
	}
	out, err := a.health.LastHealth(ctx)
	if err != nil || out.State != burnin.Passed {
		return out, err
	}
	return out, a.TellFlash()
}
