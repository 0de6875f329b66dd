package bench

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/journal"
	"burnish/backend/smart"
	"burnish/backend/surface"
)

// stuckAfter is how long a surface stage may move nothing, where the plan says nothing else.
const stuckAfter = 30 * time.Minute

// Outcome is how a stage ended. Only with evidence is it passed or failed.
type Outcome struct {
	State  burnin.State
	Said   *reason.Said
	Totals *burnin.Totals
	Temps  *burnin.Temps
	// SelfTest is the row of the drive's log that a self-test stage ended with
	SelfTest *smart.SelfTestRow
	// PausedMs is how long the stage was paused beside what the journal's lines say
	PausedMs int64
	Gone     *Departure // the drive is not there any more; see unlessGone
}

var Passed = Outcome{State: burnin.Passed}

func Ended(state burnin.State, said *reason.Said) Outcome { return Outcome{State: state, Said: said} }

// Stage is one stage at work.
type Stage struct {
	*Run
	Index int
	Spec  burnin.StageSpec
	log   *journal.StageLog
	Heat  *Heat
	live  live
}

// NewStage is stage i of a run.
func NewStage(run *Run, i int, spec burnin.StageSpec, log *journal.StageLog) *Stage {
	a := &Stage{Run: run, Index: i, Spec: spec, log: log}
	a.Heat = a.newHeat()
	return a
}

// Fact tells a piece of evidence.
func (a *Stage) Fact(id string, ok bool, value, source string) error {
	return a.Counted(id, ok, value, source, burnin.Figures{})
}

// Counted is Fact with the figures that the value says in words.
func (a *Stage) Counted(id string, ok bool, value, source string, figures burnin.Figures) error {
	a.Say("evidence: %s = %s (%s)", id, value, source)
	return a.Put(burnin.EvFact, burnin.Fact{Stage: a.Index, ID: id, OK: ok, Value: value, Source: source,
		Figures: figures})
}

// Say tells people a line, in the stage's log.
func (a *Stage) Say(format string, args ...any) { a.log.Say(format, args...) }

func (a *Stage) Warn(said *reason.Said) error {
	a.Say("warning: %s", said.Error())
	return a.Put(burnin.EvWarning, burnin.Warning{Stage: a.Index, Said: said})
}

// UntilQuiet waits until nothing that this run has asked of its drive is left: before that it is not stopped.
func (a *Stage) UntilQuiet() error {
	for told := false; ; <-a.After(a.Poll()) {
		open := a.unanswered()
		if open == "" {
			return nil
		}
		if told {
			continue
		}
		told = true
		if err := a.Warn(reason.New(reason.StopWaits, "what", open)); err != nil {
			return err
		}
	}
}

func (a *Stage) Stuck() Outcome {
	return Ended(burnin.Unknown, reason.New(reason.Stuck, "stage", a.Spec.Kind,
		"minutes", int(a.StuckLimit().Minutes())))
}

func (a *Stage) StuckLimit() time.Duration { return limitOf(a.Spec) }

func limitOf(spec burnin.StageSpec) time.Duration {
	if spec.StuckMinutes > 0 {
		return time.Duration(spec.StuckMinutes) * time.Minute
	}
	return stuckAfter
}

// Beside is who asks the drive where no stage is at work. It is as patient as the most patient stage of the plan that
// writes.
func (r *Run) Beside() Asker {
	limit := time.Duration(0)
	for _, spec := range r.Req.Plan.Stages {
		if spec.WritesAll() {
			limit = max(limit, limitOf(spec))
		}
	}
	return Asker{r, cmp.Or(limit, stuckAfter)}
}

// Swept reports whether all of the drive was written since the job began.
func (a *Stage) Swept(out Outcome) bool {
	stages := a.Job().Stages
	for i, s := range a.Req.Plan.Stages {
		if !s.WritesAll() {
			continue
		}
		if stages[i].State == burnin.Passed || i == a.Index && out.Totals != nil && out.Totals.Complete {
			return true
		}
	}
	return false
}

// Failed gives the reason behind an error of a stage.
func (a *Stage) Failed(err error, stage string) *reason.Said {
	if errors.Is(err, ErrStuck) {
		return a.Stuck().Said
	}
	return a.Run.Failed(err, stage)
}

// IOOutcome turns an error of the drive, which is no bad sector, into a doubt.
func (a *Stage) IOOutcome(err error) Outcome {
	a.Say("%v", err)
	var said *reason.Said
	if errors.As(err, &said) {
		return Ended(burnin.Unknown, said)
	}
	var dev *surface.DeviceError
	var io *surface.IOError
	errors.As(err, &io)
	kind := string(a.Spec.Kind)
	switch {
	case errors.Is(err, ErrStuck):
		return a.Stuck()
	case errors.Is(err, surface.ErrGone) || io != nil && io.Class == surface.ClassGone:
		return Outcome{State: burnin.Unknown, Said: reason.New(reason.DriveVanished, "stage", kind,
			"where", WhereOf(io), "error", err, "kernel", ""),
			Gone: &Departure{Where: WhereOf(io), Err: err}}
	case errors.Is(err, surface.ErrFlush):
		return Ended(burnin.Unknown, reason.New(reason.FlushFailed, "stage", kind, "error", err))
	case errors.Is(err, surface.ErrPath) || io != nil && io.Class == surface.ClassTransport:
		return Ended(burnin.Unknown, reason.New(reason.PathSuspect, "what", err, "stage", kind))
	case errors.As(err, &dev) || io != nil:
		return Ended(burnin.Unknown, reason.New(reason.DriveError, "stage", kind, "error", err))
	}
	return Ended(burnin.Unknown, a.Failed(err, kind))
}

func WhereOf(io *surface.IOError) string {
	if io == nil {
		return ""
	}
	return fmt.Sprintf(" at byte %d", io.Offset)
}

// Departure is where a stage found that its drive is not there any more, and by what.
type Departure struct {
	Where string // " at byte 5", empty where nobody knows
	Err   error
}

// SmartTimeout is for one answer of smartctl or nvme-cli.
const SmartTimeout = 60 * time.Second

// unanswered names what the drive has not answered yet, empty where there is nothing.
func (a *Stage) unanswered() string {
	if open := a.Traffic.unanswered(); open != "" || a.Unanswered == nil {
		return open
	}
	return a.Unanswered()
}
