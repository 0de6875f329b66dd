package burnin

import (
	"fmt"
	"strconv"

	"burnish/backend/reason"
	"burnish/backend/smart"
)

// Verdict is what a job's evidence amounts to so far.
type Verdict struct {
	Coverage Coverage   `json:"coverage"`
	Evidence []Evidence `json:"evidence"`
	Missing  []string   `json:"missing"`         // what a pass still needs, as "source: id"
	Lacks    []Lack     `json:"lacks,omitempty"` // the same
}

// Lack is an item of evidence that a pass still needs.
type Lack struct {
	Source string `json:"source"` // a stage, or the source of a finding
	ID     string `json:"id"`
}

func (v *Verdict) lacks(source, id string) {
	v.Missing = append(v.Missing, source+": "+id)
	v.Lacks = append(v.Lacks, Lack{source, id})
}

// Evidence is one item for or against the drive.
type Evidence struct {
	ID     string `json:"id"`
	OK     bool   `json:"ok"`
	Value  string `json:"value"`
	Source string `json:"source"`
	Figures
}

// Figures are what a Value says in words, where it counts; none in journals of before they were kept.
type Figures struct {
	Count int64 `json:"count,omitempty"`
	Of    int64 `json:"of,omitempty"`
}

// The facts that a runner must have told before a job may pass.
const (
	FactIdentity      = "identity_same"     // final_check: the drive is the one that was held at the start
	FactForeignWrites = "no_foreign_writes" // surface stages that write: the kernel counted no more writes than ours
	FactWritten       = "written_counted"   // surface stages by count: the kernel counted all that should be written
	FactSelfTest      = "selftest_passed"   // SMART stages: a new top row in the drive's own log says passed
	FactHealth        = "health_compared"   // final_check, where the plan asks the drive: nothing speaks against it
	FactSelfTestLog   = "selftest_log"      // final_check, after self-tests: the drive's log still shows them
)

// Judge weighs a job: what its evidence is, and what is missing for a pass. It trusts no end event.
func Judge(j *Job) Verdict {
	v := Verdict{Coverage: CoverageNone, Evidence: []Evidence{}, Missing: []string{}}
	need := func(ok bool, id, value, source string, figures Figures) {
		v.Evidence = append(v.Evidence, Evidence{id, ok, value, source, figures})
		if !ok {
			v.lacks(source, id)
		}
	}
	for i := range j.Stages {
		s := &j.Stages[i]
		source := string(s.Kind)
		if s.State == Skipped {
			if s.Reason == nil || !s.Kind.mayBeSkipped(s.Reason.Code) {
				need(false, EvidenceStage, string(s.State), source, Figures{})
			}
			continue
		}
		for _, f := range s.facts {
			v.Evidence = append(v.Evidence, Evidence{f.ID, f.OK, f.Value, f.Source, f.Figures})
			if !f.OK && !f.Beside {
				v.lacks(source, f.ID)
			}
		}
		if s.Kind.Surface() {
			v.judgeSurface(j, s, need)
		}
		for _, id := range j.requires(i) {
			if !s.told(id) {
				v.lacks(source, id)
			}
		}
		need(s.State == Passed, EvidenceStage, string(s.State), source, Figures{})
	}
	for _, f := range j.Findings {
		if f.Severity == smart.Fail {
			need(false, f.Rule, f.Figures(), f.Source, Figures{})
		}
	}
	return v
}

func (v *Verdict) judgeSurface(j *Job, s *Stage, need func(ok bool, id, value, source string, figures Figures)) {
	if s.Engine.Row().Counted {
		v.judgeCounted(s, need)
		return
	}
	whole := s.complete && s.BytesCovered == j.Drive.SizeBytes
	need(s.complete, EvidenceSweeps, strconv.FormatBool(s.complete), string(s.Kind),
		Figures{})
	covered, of := s.BytesCovered, j.Drive.SizeBytes
	need(covered == of, EvidenceCovered, fmt.Sprintf("%d of %d", covered, of), string(s.Kind), Figures{covered, of})
	need(len(s.BadRanges) == 0, EvidenceRanges, strconv.Itoa(len(s.BadRanges)), string(s.Kind),
		Figures{Count: int64(len(s.BadRanges))})
	if whole {
		v.Coverage = v.Coverage.further(s.Engine.Row().Coverage)
	}
}

// judgeCounted weighs a stage that reads nothing: the facts of the kernel's count are its evidence.
func (v *Verdict) judgeCounted(s *Stage, need func(ok bool, id, value, source string, figures Figures)) {
	need(s.complete, EvidenceSweeps, strconv.FormatBool(s.complete), string(s.Kind), Figures{})
	if s.complete {
		v.Coverage = s.Engine.Row().Coverage.further(v.Coverage)
	}
}

func (s *Stage) told(id string) bool {
	for _, f := range s.facts {
		if f.ID == id {
			return true
		}
	}
	return false
}

// Outcome gives the state and the reason with which a job ends when no stage is left to run.
func Outcome(j *Job) (State, *reason.Said) {
	for _, want := range []State{Failed, Cancelled, Unknown} {
		for _, s := range j.Stages {
			if s.State == want && s.Reason != nil {
				return want, s.Reason
			}
		}
	}
	if v := Judge(j); len(v.Missing) > 0 {
		return Unknown, incomplete(Passed, v.Missing)
	}
	return Passed, nil
}

func incomplete(claimed State, missing []string) *reason.Said {
	what := missing[0]
	if n := len(missing) - 1; n > 0 {
		what += fmt.Sprintf(" and %d more", n)
	}
	return reason.New(reason.EvidenceIncomplete, "state", claimed, "missing", what)
}

// speaksAgainst reports whether a job's journal holds evidence against its drive.
func speaksAgainst(j *Job) bool {
	for _, s := range j.Stages {
		if s.State == Failed && s.Reason != nil && s.Reason.Kind() == reason.Evidence {
			return true
		}
	}
	return false
}
