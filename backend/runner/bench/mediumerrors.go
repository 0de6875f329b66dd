package bench

import "burnish/backend/burnin"

// MediumErrors tells the journal of medium errors at places that no engine judges. Once all of the drive was written, a
// read that fails is of what was written.
func (a *Stage) MediumErrors(unwritten, written int) error {
	if a.Swept(Outcome{}) {
		unwritten, written = 0, unwritten+written
	}
	if unwritten+written == 0 {
		return nil
	}
	a.Say("medium errors: %d at places that were not written yet, %d at others", unwritten, written)
	return a.Put(burnin.EvMediumErrors, burnin.MediumErrors{Stage: a.Index, Unwritten: unwritten, Written: written})
}
