package run

import (
	"context"
	"fmt"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/badblocks"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/runner/sweep"
	"burnish/backend/surface"
)

// given is what a stage may need beside itself.
type given struct {
	start surface.Start // where a surface stage begins
	temps *bench.Thermometer
}

// works is what stages of each kind are for; what else they differ in is in burnin.Kinds.
var works = map[burnin.StageKind]func(context.Context, *stage, given) (bench.Outcome, error){
	burnin.Precheck: func(ctx context.Context, a *stage, _ given) (bench.Outcome, error) {
		return a.precheck(ctx)
	},
	burnin.ShortSMART: selfTest,
	burnin.LongSMART:  selfTest,
	burnin.CapacityProbe: func(ctx context.Context, a *stage, _ given) (bench.Outcome, error) {
		return a.CapacityProbe(ctx)
	},
	burnin.SurfaceValidate: func(ctx context.Context, a *stage, g given) (bench.Outcome, error) {
		if e := engines[a.Spec.Engine]; e.work != nil {
			return e.work(ctx, a.Stage, g.start)
		}
		return nobodyDoes(a.Spec.Engine), nil
	},
	burnin.FinalCheck: func(ctx context.Context, a *stage, _ given) (bench.Outcome, error) {
		return a.finalCheck(ctx)
	},
}

func selfTest(ctx context.Context, a *stage, g given) (bench.Outcome, error) {
	return a.health.SelfTest(ctx, g.temps)
}

// engine is the room of an engine: what it does, where it goes on, and what it may have left on a drive that was broken
// off. What else engines differ in is in burnin.Engines.
type engine struct {
	work   func(context.Context, *sweep.Stage, surface.Start) (bench.Outcome, error)
	resume func(*bench.Run, burnin.StageSpec, burnin.Stage) (surface.Start, *burnin.Resumed)
	traces func(*erase.Stage) erase.Traces // nil: nothing but stamps
}

// engines is the work of each engine.
var engines = map[burnin.Engine]engine{
	burnin.EngineRead:      {work: sweep.Read, resume: sweep.Resume},
	burnin.EngineStamp:     {work: sweep.Stamp, resume: sweep.Resume},
	burnin.EngineBadblocks: {work: badblocks.Validate, resume: badblocks.Resume, traces: badblocks.TracesOf},
	burnin.EngineWipe:      {}, // TrueNAS's middleware does it
}

// work does what the stage is for.
func (a *stage) work(ctx context.Context, g given) (bench.Outcome, error) {
	if work := works[a.Spec.Kind]; work != nil {
		return work(ctx, a, g)
	}
	return nobodyDoes(a.Spec.Kind), nil
}

// nobodyDoes is the outcome of a stage, or an engine, of which this runner knows no work.
func nobodyDoes(what any) bench.Outcome {
	return bench.Ended(burnin.Unknown, reason.New(reason.EngineMissing, "what", what, "hint", ""))
}

// resumePoint gives where a stage that an earlier run has begun goes on: zero for one that begins anew, and nil for one
// that was never begun.
func (r *run) resumePoint(i int, spec burnin.StageSpec) (surface.Start, *burnin.Resumed) {
	switch before := r.Job().Stages[i]; {
	case before.Begun == 0 || !spec.Kind.Surface():
		return surface.Start{}, nil
	case before.Checkpoint == nil || engines[spec.Engine].resume == nil:
		return surface.Start{}, &burnin.Resumed{Repeated: before.Done}
	default:
		return engines[spec.Engine].resume(r.Run, spec, before)
	}
}

// findEngines looks for the programs that the plan's engines need, and says what it found.
func (a *stage) findEngines() (*reason.Said, error) {
	found := map[string]bool{}
	for _, s := range a.Req.Plan.Stages {
		engine := s.Engine.Row()
		if engine.Needs == "" || found[engine.Needs] {
			continue
		}
		found[engine.Needs] = true
		path, err := a.Held.Find(engine.Needs)
		if err != nil {
			return reason.New(reason.EngineMissing, "what", engine.Needs, "hint", engine.Hint), nil
		}
		if err := a.Fact("engine_found", true, fmt.Sprintf("%s at %s", engine.Needs, path), "the NAS"); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
