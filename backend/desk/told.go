package desk

import (
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/surface"
)

// told gives a reason of a job as a person at the window reads it: stages and kinds of errors by their names for
// people, numbers with separators, the hint for the window.
func told(s *reason.Said, lacks []burnin.Lack) *reason.Said {
	if s == nil {
		return nil
	}
	w := *s.Window()
	w.Text = s.Retold(func(name string, value reason.Arg) (string, bool) {
		text := ""
		switch name {
		case "stage":
			if k := burnin.StageKind(value.String()); k.Known() {
				text = k.InSentence()
			}
		case "kind":
			text = surface.Kind(value.String()).Text()
		case "missing":
			text = burnin.Lacking(lacks)
		}
		return text, text != ""
	})
	return &w
}

// atWindow gives all reasons of a job as a person at the window reads them. Where the job failed, its reason says what
// to do: no warning beside it sends anybody to look for the fault on the way to the drive.
func atWindow(j burnin.Job) burnin.Job {
	against := j.State == burnin.Failed && j.Reason != nil && j.Reason.Kind() == reason.Evidence
	j.Reason = told(j.Reason, j.Verdict.Lacks)
	j.Warnings, j.Stages = slices.Clone(j.Warnings), slices.Clone(j.Stages)
	for i := range j.Warnings {
		w := told(&j.Warnings[i], nil)
		if e, _ := reason.Lookup(w.Code); e.Path && against {
			w.Hint = ""
		}
		j.Warnings[i] = *w
	}
	for i := range j.Stages {
		j.Stages[i].Reason = told(j.Stages[i].Reason, nil)
	}
	return j
}
