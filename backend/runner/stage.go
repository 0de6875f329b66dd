package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/surface"
)

// outcome is how a stage ended. Only with evidence is it passed or failed.
type outcome struct {
	state  burnin.State
	said   *reason.Said
	totals *burnin.Totals
	temps  *burnin.Temps
	// selfTest is the row of the drive's log that a self-test stage ended with
	selfTest *smart.SelfTestRow
	gone     *departure // the drive is not there any more; see unlessGone
}

var passed = outcome{state: burnin.Passed}

func ended(state burnin.State, said *reason.Said) outcome { return outcome{state: state, said: said} }

// stages goes through the plan. Stages that ended in an earlier run stay ended. It returns a reason if the run ends
// before the plan does for something that is no stage's outcome.
func (r *run) stages(ctx context.Context) *reason.Said {
	again := 0
	for i, spec := range r.req.Plan.Stages {
		before := r.j.job().Stages[i]
		if before.State == burnin.Passed || before.State == burnin.Skipped {
			continue
		}
		if ctx.Err() != nil || r.stopAsked() {
			return r.interrupted(ctx)
		}
		if said := r.skip(ctx, i, spec); said != nil {
			if err := r.change(i, ended(burnin.Skipped, said)); err != nil {
				return r.failed(err, string(spec.Kind))
			}
			if err := r.j.put(burnin.EvWarning, burnin.Warning{Stage: i, Said: said}); err != nil {
				return r.failed(err, string(spec.Kind))
			}
			continue
		}
		if before.Begun > 0 {
			again++
		}
		out, err := r.stage(ctx, i, spec)
		if err != nil {
			return r.failed(err, string(spec.Kind))
		}
		if out.state == burnin.Failed {
			return r.tellResumed(i, again)
		}
		if out.state != burnin.Passed {
			return nil // the stage's reason is the job's
		}
	}
	return r.tellResumed(len(r.req.Plan.Stages)-1, again)
}

// tellResumed says beside a verdict that the job was resumed, and what of it was done again.
func (r *run) tellResumed(stage, again int) *reason.Said {
	if n := len(r.j.job().Runs); n > 1 {
		repeated := int64(0)
		for _, s := range r.j.job().Stages {
			if s.Resumed != nil {
				repeated += s.Resumed.Repeated
			}
		}
		said := reason.New("resumed", "times", n-1, "repeated", again, "bytes", repeated)
		if err := r.j.put(burnin.EvWarning, burnin.Warning{Stage: stage, Said: said}); err != nil {
			return r.failed(err, "the end")
		}
	}
	return nil
}

// skip says why a stage is left out, nil if it is not.
func (r *run) skip(ctx context.Context, i int, spec burnin.StageSpec) *reason.Said {
	switch {
	case r.req.Plan.Skips(i):
		return reason.New("without_smart")
	case spec.Kind.SMART():
		return r.noSelfTest(ctx, spec.Kind)
	}
	return nil
}

// stage runs one stage from its first line to its last.
func (r *run) stage(ctx context.Context, i int, spec burnin.StageSpec) (outcome, error) {
	start, resumed := r.resumePoint(i, spec)
	if err := r.j.put(burnin.EvStage, burnin.StageChange{Stage: i, Kind: spec.Kind, State: burnin.Running, Resumed: resumed}); err != nil {
		return outcome{}, err
	}
	log, err := r.stageLog(spec.Kind)
	if err != nil {
		return outcome{}, err
	}
	defer log.close()
	log.say("%s begins on %s at %s", spec.Kind, r.req.Drive, r.held.Path())

	at := &at{run: r, i: i, spec: spec, log: log}
	at.heat = at.newHeat()
	temps := at.thermometer(ctx)
	unwatch := at.watchTraffic()
	defer unwatch()
	out, err := at.cameBack(ctx)
	if err == nil && out.state == burnin.Passed {
		out, err = at.work(ctx, start, temps)
	}
	out, err = at.unlessGone(ctx, out, err)
	if err = errors.Join(err, at.tellSlow()); err == nil {
		out, err = at.after(ctx, out)
	}
	seen, tempErr := temps.read()
	if err = errors.Join(err, tempErr); err != nil {
		var broken *journalError
		if errors.As(err, &broken) {
			return outcome{}, err
		}
		out.state, out.said = burnin.Unknown, at.failed(err, string(spec.Kind))
	}
	out.temps = seen
	if (ctx.Err() != nil || r.stopAsked()) && out.state != burnin.Passed && out.state != burnin.Failed {
		out.state, out.said = burnin.Unknown, r.interrupted(ctx)
		if out.said.Kind() == reason.Person {
			out.state = burnin.Cancelled
			if err := at.untilQuiet(); err != nil {
				return outcome{}, err
			}
		}
		log.say("[ABORTED] %s", out.said.Text)
	} else if out.said != nil {
		log.say("%s: %s", out.state, out.said.Error())
	} else {
		log.say("%s", out.state)
	}
	return out, r.change(i, out)
}

// untilQuiet waits until nothing that this run has asked of its drive is left: before that it is not stopped.
func (a *at) untilQuiet() error {
	for told := false; ; time.Sleep(a.poll()) {
		owed := a.owing()
		if owed == "" {
			return nil
		}
		if told {
			continue
		}
		told = true
		if err := a.warn(reason.New("stop_waits", "what", owed)); err != nil {
			return err
		}
	}
}

// owing names what the drive has not answered yet, empty where there is nothing.
func (a *at) owing() string {
	if owed := a.traffic.owed(); owed != "" || a.owed == nil {
		return owed
	}
	return a.owed()
}

// failed gives the reason behind an error of a stage.
func (a *at) failed(err error, stage string) *reason.Said {
	if errors.Is(err, errStuck) {
		return a.stuck().said
	}
	return a.run.failed(err, stage)
}

// work does what the stage is for.
func (a *at) work(ctx context.Context, start surface.Start, temps *thermometer) (outcome, error) {
	switch a.spec.Kind {
	case burnin.Precheck:
		return a.precheck(ctx)
	case burnin.ShortSMART, burnin.LongSMART:
		return a.selfTest(ctx, temps)
	case burnin.CapacityProbe:
		return a.capacityProbe(ctx)
	case burnin.SurfaceValidate:
		return a.surface(ctx, start)
	case burnin.FinalCheck:
		return a.finalCheck(ctx)
	}
	return ended(burnin.Unknown, reason.New("engine_missing", "what", a.spec.Kind, "hint", "")), nil
}

func (r *run) change(i int, out outcome) error {
	return r.j.put(burnin.EvStage, burnin.StageChange{
		Stage: i, Kind: r.req.Plan.Stages[i].Kind, State: out.state, Reason: out.said, Totals: out.totals, Temps: out.temps, SelfTest: out.selfTest,
	})
}

// at is one stage at work.
type at struct {
	*run
	i    int
	spec burnin.StageSpec
	log  *stageLog
	heat *heat
}

// fact tells a piece of evidence.
func (a *at) fact(id string, ok bool, value, source string) error {
	a.log.say("evidence: %s = %s (%s)", id, value, source)
	return a.j.put(burnin.EvFact, burnin.Fact{Stage: a.i, ID: id, OK: ok, Value: value, Source: source})
}

func (a *at) warn(said *reason.Said) error {
	a.log.say("warning: %s", said.Error())
	return a.j.put(burnin.EvWarning, burnin.Warning{Stage: a.i, Said: said})
}

// precheck looks whether the drive can be tested at all. Who it is and what uses it was proven when it was held.
func (a *at) precheck(ctx context.Context) (outcome, error) {
	id, usage := a.held.Identity(), a.held.Usage()
	a.log.say("usage: %s (%s)", usage.Class, usage.Text)
	for _, why := range usage.Why {
		a.log.say("  %s: %s%s", why.Layer, why.Answer, map[bool]string{false: " (not sure)"}[why.Sure])
	}
	if t := a.held.TempC(); t != nil {
		a.log.say("temperature: %d °C", *t)
	}
	if err := a.fact("identity_held", true, id.ID(), "VPD pages and sysfs under the hold"); err != nil {
		return outcome{}, err
	}
	dev, err := a.held.Device(false)
	if err != nil {
		return outcome{}, err
	}
	defer dev.Close()
	if g := dev.Geometry(); g.SizeBytes != id.SizeBytes {
		return ended(burnin.Unknown, reason.New("identity_changed", "expected", id, "found", fmt.Sprintf("%d bytes", g.SizeBytes), "path", a.held.Path())), nil
	}
	if err := dev.Geometry().Check(); err != nil && a.goesOverSurface() {
		return ended(burnin.Unknown, reason.New("sectors_unfit", "drive", id, "error", strings.TrimPrefix(err.Error(), "surface: "))), nil
	}
	if id.HiddenBytes > 0 {
		if err := a.warn(reason.New("hidden_capacity", "bytes", id.HiddenBytes)); err != nil {
			return outcome{}, err
		}
	}
	if err := errors.Join(a.tellLink(), a.tellActuators()); err != nil {
		return outcome{}, err
	}
	if said, err := a.findEngines(); err != nil || said != nil {
		return ended(burnin.Unknown, said), err
	}
	if a.req.Plan.WithoutSMART {
		return passed, nil
	}
	return a.firstHealth(ctx)
}

// goesOverSurface reports whether the plan reads or writes all of the drive.
func (a *at) goesOverSurface() bool {
	return slices.ContainsFunc(a.req.Plan.Stages, func(s burnin.StageSpec) bool {
		return s.Kind == burnin.SurfaceValidate || s.Kind == burnin.CapacityProbe
	})
}

// after is what follows the work of every stage: the drive's health again, and what the kernel logged if the stage did
// not go well.
func (a *at) after(ctx context.Context, out outcome) (outcome, error) {
	var err error
	if a.spec.Kind != burnin.Precheck && a.spec.Kind != burnin.FinalCheck {
		if out, err = a.reviewed(ctx, out); err != nil {
			return out, err
		}
	}
	if out.state == burnin.Passed && a.spec.Kind != burnin.FinalCheck {
		return out, nil
	}
	return out, a.warnKernel()
}

// finalCheck looks at the drive once more, leaves it clean, and proves that it is the one that was tested.
func (a *at) finalCheck(ctx context.Context) (outcome, error) {
	if a.req.Plan.Destroys() {
		if out, err := a.leaveClean(ctx); err != nil || out.state != burnin.Passed {
			return out, err
		}
		if foreign, err := a.foreign(); err != nil || foreign > 0 {
			return a.foreignOutcome(foreign, err)
		}
	}
	id, usage, err := a.inspectWatched(ctx)
	if err != nil {
		id, usage, err = a.settled(ctx, a.inspectWatched, looksOfStage, id, usage, err)
	}
	if err != nil {
		return outcome{}, err
	}
	same := id.Same(a.req.Drive)
	if err := a.fact(burnin.FactIdentity, same, id.ID(), "VPD pages and sysfs under the hold"); err != nil {
		return outcome{}, err
	}
	if !same {
		return ended(burnin.Unknown, a.another(id)), nil
	}
	// Who looks at the drive now harms nothing that was proven: the hold kept others from claiming it, and the count of
	// foreign writes says that nobody wrote.
	a.log.say("usage: %s (%s)", usage.Class, usage.Text)
	if err := a.warnSlowAtLast(); err != nil {
		return outcome{}, err
	}
	out, err := a.lastHealth(ctx)
	if err != nil || out.state != burnin.Passed {
		return out, err
	}
	return out, a.tellFlash()
}
