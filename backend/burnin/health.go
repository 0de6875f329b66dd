package burnin

import (
	"burnish/backend/reason"
	"burnish/backend/smart"
)

// maxFindings bounds what rules say of one drive.
const maxFindings = 100

// health keeps what the drive said first and last.
func (t *Tracker) health(h smart.Health) {
	both := Health{Before: h, After: h}
	if t.job.Health != nil {
		both.Before = t.job.Health.Before
	}
	both.Rows = smart.Rows(both.Before, both.After)
	t.job.Health = &both // never changed again: copies of a job share it
}

// find takes findings in. What is said of the same item again replaces what was said before, in the worse severity: a
// drive that was too hot once was too hot, however cool it ended.
func (t *Tracker) find(found []smart.Finding) {
	for _, f := range found {
		known := false
		for i, was := range t.job.Findings {
			if was.Rule == f.Rule && was.Item == f.Item {
				f.Severity = smart.Worst([]smart.Finding{was, f})
				t.job.Findings[i], known = f, true
			}
		}
		if !known && len(t.job.Findings) < maxFindings {
			t.job.Findings = append(t.job.Findings, f)
		}
	}
}

// tellFindings puts the findings that are no evidence, but worth a word, beside the verdict.
func (j *Job) tellFindings() {
	for _, f := range j.Findings {
		if f.Severity == smart.Warn && len(j.Warnings) < maxWarnings {
			j.Warnings = append(j.Warnings, *reason.New(reason.SMARTWarning, "says", f.Says, "figures", f.Figures()))
		}
	}
}

// warmth adds up samples of a temperature.
type warmth struct {
	n, sum   int
	min, max int
}

func (w *warmth) add(c int) *Temps {
	if w.n == 0 {
		w.min, w.max = c, c
	}
	w.n, w.sum, w.min, w.max = w.n+1, w.sum+c, min(w.min, c), max(w.max, c)
	return &Temps{Min: w.min, Avg: w.sum / w.n, Max: w.max, Samples: w.n}
}
