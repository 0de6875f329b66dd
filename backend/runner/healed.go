package runner

import (
	"burnish/backend/burnin"
	"burnish/backend/surface"
)

// What healed is told with each checkpoint, wrong data at once: a run that is broken off takes none of it with it.

// observe watches a stage that begins there.
func (a *at) observe(start surface.Start) *observer {
	s := a.j.job().Stages[a.i]
	return &observer{at: a, start: start, before: s.Healed, heals: s.Healed, toldHeals: s.Healed, zero: s.ZeroBytes}
}

func (o *observer) Transient(r surface.Range) {
	o.log.say("%s: LBA %d to %d %s, right when read again", r.Kind, r.FirstLBA, r.LastLBA, r.Errno)
	if o.heals.Count == 0 {
		o.heals.LBA = r.FirstLBA
	}
	o.heals.Count = max(o.heals.Count, o.before.Count+1)
	if r.Kind != surface.KindRead && r.Kind != surface.KindWrite && !o.heals.Data {
		o.heals.Data = true
		o.tellHealed()
	}
}

// counted takes this run's figures.
func (o *observer) counted(c surface.Counters) {
	o.heals.Count = max(o.heals.Count, o.before.Count+c.TransientsAll)
	o.heals.Data = o.heals.Data || c.DataHealed
}

// tellHealed puts it into the journal where that does not know it yet.
func (o *observer) tellHealed() {
	if o.heals != o.toldHeals {
		o.keep(o.j.put(burnin.EvHealed, burnin.HealedData{Stage: o.i, Healed: o.heals}))
		o.toldHeals = o.heals
	}
}

// healed is what a checkpoint says of it.
func (o *observer) healed() *burnin.Healed {
	if o.heals.Count == 0 {
		return nil
	}
	h := o.heals
	o.toldHeals = h
	return &h
}
