package runner

import (
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/smart"
)

const (
	// maxTold bounds what one stage tells of the sectors that keep its drive awake.
	maxTold = 100
	// perRead is how often a drive may count one read that failed: the kernel cuts a request into pieces of 256 KiB or more,
	// of which each may meet a bad sector.
	perRead = 16
)

// met tells the journal of medium errors at places that no engine judges. Once all of the drive was written, a read that
// fails is of what was written.
func (a *at) met(unwritten, written int) error {
	if a.swept(outcome{}) {
		unwritten, written = 0, unwritten+written
	}
	if unwritten+written == 0 {
		return nil
	}
	a.log.say("medium errors: %d at places that were not written yet, %d at others", unwritten, written)
	return a.j.put(burnin.EvMet, burnin.Met{Stage: a.i, Unwritten: unwritten, Written: written})
}

// explained softens what a used drive counted when the test itself read sectors that it had not written yet. Such a sector
// is a warning where only the sweep's write meets it, and so it is no failure where a label, a sample or the probe's cache
// reads lie on it. In a plan that writes nothing no sweep settles it. All of it stands if an error was met at a place that
// had been written.
func (a *at) explained(found []smart.Finding, out outcome) []smart.Finding {
	job := a.j.job()
	if !a.req.Plan.Destroys() || a.declared() == smart.DeclaredNew || job.Met.Unwritten == 0 || job.Met.Written > 0 ||
		slices.ContainsFunc(job.Stages, func(s burnin.Stage) bool { return len(s.BadRanges) > 0 }) {
		return found
	}
	swept := a.swept(out)
	healed := out.totals != nil && out.totals.Transient > 0
	return smart.Explain(found, job.Findings, int64(job.Met.Unwritten)*perRead, swept, healed)
}
