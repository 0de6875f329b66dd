package burnin

import (
	"fmt"
	"time"

	"burnish/backend/reason"
)

// LastWord is what is left of a job on its NAS once a computer that did not start it has removed it: enough for the one
// that did to know that it ran, and how it ended there. It is hearsay: no job passes or fails by it.
type LastWord struct {
	State     State        `json:"state"`
	Reason    *reason.Said `json:"reason,omitempty"`
	Coverage  Coverage     `json:"coverage,omitempty"`
	EndedMs   int64        `json:"ended_ms"` // like RemovedMs by the wall clock of the NAS
	RemovedMs int64        `json:"removed_ms"`
	By        string       `json:"by"` // who removed it
}

// Last gives the last word of a job that somebody removes.
func Last(j Job, by string, removedMs int64) *LastWord {
	return &LastWord{State: j.State, Reason: j.Reason, Coverage: j.Verdict.Coverage, EndedMs: j.EndedMs,
		RemovedMs: removedMs, By: by}
}

// says tells a last word to people.
func (l *LastWord) says() string {
	how := string(l.State)
	if l.State == Passed {
		how += fmt.Sprintf(" (surface: %s)", l.Coverage)
	}
	if l.Reason != nil {
		how += ": " + l.Reason.Title
	}
	return fmt.Sprintf(" %s removed it on %s; it had ended as %s.", reason.Clean(l.By, 200),
		time.UnixMilli(l.RemovedMs).UTC().Format("2006-01-02 15:04 MST"), reason.Clean(how, 200))
}

// Removed is the reason of a job that a NAS began and no longer has, and of which not all was copied here.
func Removed(plan Plan, last *LastWord) *reason.Said {
	said := ""
	if last != nil {
		said = last.says()
	}
	return reason.New(reason.RecordRemoved, "last", said, "drive", plan.Aim())
}

// Unanswered is the reason of a job of which only this is known: its NAS was asked to start it, and does not have it.
func Unanswered(plan Plan) *reason.Said {
	return reason.New(reason.StartUnanswered, "drive", plan.Aim())
}

// Aim says what a plan does to its drive, as a sentence behind others.
func (p Plan) Aim() string {
	if p.Destroys() {
		return " The drive was to be erased."
	}
	return " The plan erases nothing."
}
