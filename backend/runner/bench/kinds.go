package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
)

// What is particular to some kinds of drives: those that keep a map of their blocks (SSDs, disks with shingled tracks),
// those with several actuators, those on PCIe.

const (
	// idleRate is how fast such a drive settles in the background what was written to it, in bytes per second, at the
	// least.
	idleRate = 500e6
	// idleMost is how long it is left alone at most.
	idleMost = 5 * time.Minute
)

// LeaveAlone gives a drive that was just written as a whole time for its work in the background, which makes self-tests
// slow or stuck.
func (a *Stage) LeaveAlone(ctx context.Context) {
	job := a.Job()
	before := a.Index - 1
	for before > 0 && job.Stages[before].State == burnin.Skipped {
		before--
	}
	if !a.writtenWhole(before) || !a.Flash() && !slices.ContainsFunc(job.Warnings,
		func(w reason.Said) bool { return w.Code == reason.Shingled }) {
		return
	}
	wait := min(time.Duration(float64(a.Req.Drive.SizeBytes)/idleRate*float64(time.Second)), idleMost)
	a.Say("all of the drive was just written: it is left alone for %v to settle that", wait.Round(time.Millisecond))
	select {
	case <-a.After(wait):
	case <-ctx.Done():
	}
}

// TellFlash says what a test leaves behind on a drive that takes back unused blocks, and what it cost.
func (a *Stage) TellFlash() error {
	written := int64(0)
	for i, s := range a.Job().Stages {
		if a.writtenWhole(i) {
			written += s.BytesWritten
		}
	}
	if written == 0 || !a.Held.Place().Discards {
		return nil
	}
	endurance := "" // a shingled disk takes blocks back too, and does not wear
	h := a.Job().Health
	switch {
	case h != nil && h.After.EnduranceUsedPercent != nil:
		endurance = fmt.Sprintf(" The drive counts %d %% of its rated endurance as used", *h.After.EnduranceUsedPercent)
		if was := h.Before.EnduranceUsedPercent; was != nil {
			endurance += fmt.Sprintf(", %d %% before the test", *was)
		}
		endurance += "."
	case a.Flash():
		endurance = " The drive does not say how much of its rated endurance is used."
	}
	return a.Warn(reason.New(reason.FlashFull, "bytes", written, "endurance", endurance))
}

// TellActuators says that a sweep is slower than the drive could be.
func (a *Stage) TellActuators() error {
	count := a.Held.Place().Actuators
	sweeps := func(s burnin.StageSpec) bool { return s.Kind.Surface() }
	if count < 2 || !slices.ContainsFunc(a.Req.Plan.Stages, sweeps) {
		return nil
	}
	return a.Warn(reason.New(reason.OneActuator, "count", count))
}

// TellLink warns of an NVMe drive whose link is slower or narrower than the drive can; what ATA drives say of theirs is
// judged with their health.
func (a *Stage) TellLink() error {
	l := a.Held.Place().Link
	if a.Req.Drive.Kind != drive.NVMe || l == nil || l.Max == "" || l.Now == l.Max {
		return nil
	}
	return a.Warn(reason.New(reason.LinkSlow, "now", l.Now, "max", l.Max))
}
