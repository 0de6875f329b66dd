package burnin

import (
	"fmt"

	"burnish/backend/reason"
	"burnish/backend/size"
)

// WayBack says what has become of what a job's first destructive act erased.
type WayBack string

// The ways back.
const (
	BackPossible WayBack = "possible"      // it was saved, and nothing else was written to the drive by a job of ours
	BackNeedless WayBack = "nothing_there" // it held nothing but zeros and stamps of earlier tests
	BackLost     WayBack = "overwritten"   // this job, or the one in By, went on and wrote over the drive
	BackTaken    WayBack = "taken_over"    // the undo of the job in By brings it back
	BackDone     WayBack = "brought_back"  // an undo did so
)

// Erased is what a job erased before its sweeps, the ends of the drive and of its partitions, and the way back.
type Erased struct {
	Bytes      int64   `json:"bytes"`       // 0 in journals of before it was told
	SavedBytes int64   `json:"saved_bytes"` // of what was there
	LostBytes  int64   `json:"lost_bytes"`  // could not be read when it was to be saved
	Undo       WayBack `json:"undo"`
	By         string  `json:"by,omitempty"`
	GraceMs    int64   `json:"grace_ms,omitempty"` // how long the job waits after it, while it does

	RestoredMs    int64 `json:"restored_ms,omitempty"`
	RestoredBytes int64 `json:"restored_bytes,omitempty"`
}

// Text says it in a sentence or two, with what to type at the command line.
func (e *Erased) Text(job string, live bool) string { return e.says(job, live, true) }

// AtWindow says the same to a person at the window.
func (e *Erased) AtWindow(job string, live bool) string { return e.says(job, live, false) }

func (e *Erased) says(job string, live, typed bool) string {
	what := "Its ends were erased"
	if e.Bytes > 0 {
		what = "Its ends and those of its partitions were erased, " + size.Text(e.Bytes)
	}
	undo := func(id string) string {
		if typed {
			return ": burnish undo " + id
		}
		return "."
	}
	switch {
	case e.Undo == BackDone:
		return broughtBack(e).Text
	case e.Undo == BackTaken:
		return what + ". The undo of job " + e.By + " brings back what was there" + undo(e.By)
	case e.Undo == BackNeedless:
		return what + "; they held nothing but zeros and stamps of earlier tests."
	case e.Undo == BackLost && e.By != "":
		return what + ". Job " + e.By + " has written over the drive since: what was there is lost."
	case e.Undo == BackLost:
		return what + ", and then the test wrote over the drive: what was there is lost."
	case live && e.GraceMs > 0:
		says := fmt.Sprintf("%s. Nothing else is written for %d s: stop it within them, and what was there can be "+
			"brought back", what, e.GraceMs/1000)
		if typed {
			says += fmt.Sprintf(" (burnish stop %s, then burnish undo %s)", job, job)
		}
		return says + "."
	case live:
		return what + ". What was there was saved: stop it before it goes on, and it can be brought back."
	}
	return what + ". What was there can be brought back until something else writes to the drive or the job is " +
		"removed from the NAS" + undo(job)
}

func broughtBack(e *Erased) *reason.Said {
	lost := ""
	if e.LostBytes > 0 {
		lost = fmt.Sprintf(" Of it %s could not be read before it was erased and is zeros now.",
			size.Exact(e.LostBytes))
	}
	return reason.New(reason.BroughtBack, "bytes", e.RestoredBytes, "lost", lost)
}

// erases folds what a run tells of its first destructive act.
func (t *Tracker) erases(ev Event) error {
	e := new(Erased)
	if before := t.job.Erased; before != nil {
		*e = *before // readers have the one before
	}
	switch ev.Kind {
	case EvWrites:
		var d *FirstAct
		if err := decode(ev, &d); err != nil {
			return err
		}
		if d == nil { // of a runner that saved nothing
			d = new(FirstAct)
		}
		*e = Erased{Bytes: d.ErasedBytes, SavedBytes: d.SavedBytes, LostBytes: d.LostBytes, Undo: BackNeedless}
		if d.SavedBytes > 0 {
			e.Undo = BackPossible
		}
	case EvWiped:
		var d Wiped
		if err := decode(ev, &d); err != nil {
			return err
		}
		e.GraceMs = d.GraceMs
	case EvOverwrites:
		if e.GraceMs = 0; e.Undo == BackPossible {
			e.Undo = BackLost
		}
	default: // no other line tells of what was erased
	}
	t.job.Erased = e
	return nil
}

// afterEnd folds what is told of the drive once the job has ended, by an undo or by a later job. It reports whether ev
// is of that kind.
func (t *Tracker) afterEnd(ev Event) (bool, error) {
	e := new(Erased)
	if before := t.job.Erased; before != nil {
		*e = *before
	}
	switch ev.Kind {
	case EvRestored:
		var d Restored
		if err := decode(ev, &d); err != nil {
			return true, err
		}
		e.Undo, e.By, e.RestoredMs, e.RestoredBytes, e.LostBytes = BackDone, "", ev.WallMs, d.RestoredBytes, d.LostBytes
		if t.job.State == Cancelled {
			t.job.Reason = broughtBack(e)
		}
	case EvTaken, EvLost:
		var d ByJob
		if err := decode(ev, &d); err != nil {
			return true, err
		}
		if e.Undo != BackPossible && e.Undo != BackTaken {
			return true, nil
		}
		e.By, e.Undo = d.Job, BackTaken
		if ev.Kind == EvLost {
			e.Undo = BackLost
		}
	default:
		return false, nil
	}
	t.job.Erased = e
	return true, nil
}
