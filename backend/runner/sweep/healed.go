package sweep

import (
	"fmt"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/surface"
)

// What healed is told with each checkpoint, wrong data at once: a run that is broken off takes none of it with it.

// Observe watches a stage that begins there.
func (a *Stage) Observe(start surface.Start) *Observer {
	s := a.Job().Stages[a.Index]
	return &Observer{Stage: a, start: start, before: s.Healed, heals: s.Healed, toldHeals: s.Healed, zero: s.ZeroBytes}
}

func (o *Observer) Transient(r surface.Range) {
	o.Say("%s: LBA %d to %d %s, right when read again", r.Kind, r.FirstLBA, r.LastLBA, r.Errno)
	if o.heals.Count == 0 {
		o.heals.LBA = r.FirstLBA
	}
	o.heals.Count = max(o.heals.Count, o.before.Count+1)
	o.heals.Accidents = max(o.heals.Accidents, o.before.Accidents+1)
	if r.Kind != surface.KindRead && r.Kind != surface.KindWrite && !o.heals.Data {
		o.heals.Data = true
		o.tellHealed()
	}
}

// Counted takes this run's figures.
func (o *Observer) Counted(c surface.Counters) {
	o.heals.Count = max(o.heals.Count, o.before.Count+c.TransientsAll)
	o.heals.Accidents = max(o.heals.Accidents, o.before.Accidents+c.Accidents)
	o.heals.Answered = max(o.heals.Answered, o.before.Answered+c.Answered)
	o.heals.Data = o.heals.Data || c.DataHealed
}

// tellHealed puts it into the journal where that does not know it yet.
func (o *Observer) tellHealed() {
	told := o.toldHeals
	if told.Answered = o.heals.Answered; o.heals != told {
		o.keep(o.Put(burnin.EvHealed, burnin.HealedData{Stage: o.Index, Healed: o.heals}))
		o.toldHeals = o.heals
	}
}

// Healed is what a checkpoint says of it.
func (o *Observer) Healed() *burnin.Healed {
	if o.heals.Count == 0 {
		return nil
	}
	h := o.heals
	o.toldHeals = h
	return &h
}

// warnHealed tells people.
func (a *Stage) warnHealed(watch *Observer) error {
	h := watch.heals
	if h.Count == 0 {
		return nil
	}
	return a.Warn(reason.New(reason.TransientErrors, "count", h.Count, "lba", h.LBA))
}

// unsteady is the outcome of a job in which more healed than an honest drive and an honest path explain; nil where it
// is not. None of it is held against the drive, but nobody can trust what goes that way.
func (a *Stage) unsteady() *bench.Outcome {
	job := a.Job()
	accidents, bytes, active := int64(job.MediumErrors.Written), int64(0), time.Duration(0)
	for _, s := range job.Stages {
		accidents += max(s.Healed.Accidents, min(s.Healed.Count, 1))
		bytes += s.BytesWritten + max(s.BytesVerified, s.BytesCovered)
		active += time.Duration(s.ActiveMs) * time.Millisecond
	}
	most := surface.Accidental(bytes, active)
	a.Say("errors that were gone when tried again: %d, apart from each other; up to %d are no wonder", accidents, most)
	if accidents <= most {
		return nil
	}
	k := a.Held.KernelErrors()
	code, what := reason.Code(reason.PathSuspect), fmt.Sprintf("%d times errors came and were gone when tried "+
		"again; a good drive on a good path comes to %d at most", accidents, most)
	if k.Readable && k.Medium > 0 && k.Path == 0 {
		code = reason.DriveUnsteady
	}
	out := bench.Ended(burnin.Unknown, reason.New(code, "what", what, "stage", a.Spec.Kind, "kernel", k.First))
	return &out
}
