package burnin

import (
	"time"

	"burnish/backend/reason"
)

// Observation is what was last seen of a job's newest run at the NAS.
type Observation struct {
	Run       int    `json:"run"`
	LockHeld  bool   `json:"lock_held"`            // the run's process lives
	StopAsked bool   `json:"stop_asked,omitempty"` // a request to stop it stands
	BootID    string `json:"boot_id"`
	BootedMs  int64  `json:"booted_ms"`       // when the NAS started, by its wall clock
	UpMs      int64  `json:"up_ms,omitempty"` // for how long it ran then; 0 where that was not noted
	SeenMs    int64  `json:"seen_ms"`
	// the journals at hand hold all that stood there after the lock was looked at
	Complete bool `json:"complete"`
	Missing  bool `json:"missing,omitempty"` // the NAS does not have the job: it never began, or its files were removed
	// Untouched is with Missing: it is known that no run of the job ever began. Without it nobody knows.
	Untouched bool      `json:"untouched,omitempty"`
	Last      *LastWord `json:"last,omitempty"` // with Missing: what whoever removed it left for who started it
	Live      *Progress `json:"live,omitempty"`
	Trouble   Trouble   `json:"trouble,omitempty"`
}

// LeftFor is for how long a NAS has run, as of an observation, since a job's last run ended on it: a lower bound where
// it was restarted since, and by no wall clock.
func (j *Job) LeftFor(obs Observation) time.Duration {
	left := obs.UpMs
	if obs.BootID == j.endedBoot {
		left -= j.endedBootMs
	}
	return time.Duration(max(left, 0)) * time.Millisecond
}

// Trouble is what keeps a run from writing into the state directory of its NAS; empty for nothing.
type Trouble string

// The troubles.
const (
	TroubleFull     Trouble = "full"
	TroubleReadOnly Trouble = "read_only"
)

// says tells a trouble to people.
func (t Trouble) says() string {
	switch t {
	case TroubleFull:
		return "the disk of the NAS that holds the state directory is full"
	case TroubleReadOnly:
		return "the file system of the NAS that holds the state directory has become read-only"
	}
	return ""
}

// vanished closes a run that ended without a word, from what the next run saw of it.
func (t *Tracker) vanished(last Event, prev *Ending) {
	how, atMs := EndedSilent, last.WallMs
	var said *reason.Said
	if prev != nil {
		how, said = prev.How, prev.Said // when: by its last line, on the clock of this job
	}
	if said == nil {
		said = t.during(reason.RunnerKilled)
	}
	run := &t.job.Runs[len(t.job.Runs)-1]
	run.HowEnded, run.EndedMs = how, atMs
	t.job.endedBoot, t.job.endedBootMs = last.Boot, last.BootMs
	t.job.State, t.job.Reason, t.job.EndedMs = Unknown, said, atMs
	t.close(Unknown, said, atMs)
	t.ended = true
}

// Observe applies what was seen of the newest run, of which all that is at hand was folded. It changes something only
// if no run since the last that said a word has told an end.
func (t *Tracker) Observe(obs *Observation) {
	switch {
	case obs == nil || t.ended:
		return
	case !t.begun:
		if obs.Missing {
			t.missing = obs
		}
		return
	case obs.Missing && obs.Last != nil:
		t.vanished(t.last, &Ending{How: EndedSilent, Said: Removed(t.job.Spec, obs.Last), AtMs: t.last.WallMs})
		return
	case obs.Missing:
		t.vanished(t.last, &Ending{How: EndedSilent, Said: t.during(reason.JournalGone, "drive", t.job.Spec.Aim()),
			AtMs: t.last.WallMs})
		return
	}
	switch newest := t.job.Runs[len(t.job.Runs)-1].Run; {
	case obs.Run < newest, obs.Run > newest && obs.LockHeld:
		return // it was seen before that run began, or of a run that has not said a word yet
	case obs.LockHeld:
		if obs.StopAsked && !t.job.stopping {
			t.job.stopping = true
			t.warn(reason.New(reason.Stopping))
		}
		if what := obs.Trouble.says(); what != "" {
			t.warn(reason.New(reason.JournalWaits, "what", what))
		}
		if p := obs.Live; p != nil && p.Stage >= 0 && p.Stage < len(t.job.Stages) &&
			t.job.Stages[p.Stage].State == Running {
			t.job.Stages[p.Stage].progress(*p, t.job.Spec.Stages[p.Stage], t.job.Identity)
			t.job.Stages[p.Stage].waits(*p)
			t.job.TempC = p.TempC
		}
	case obs.Complete: // a newer run that is gone without a word has changed nothing
		t.vanished(t.last, t.EndingSeen(obs))
	}
}

// EndingSeen says how the newest run ended, from its last line and what was seen after it: nil if it told its end.
func (t *Tracker) EndingSeen(obs *Observation) *Ending {
	if !t.begun || t.ended {
		return nil
	}
	if what := obs.Trouble.says(); what != "" && obs.BootID == t.last.Boot {
		stage, progress := t.Where()
		return &Ending{How: EndedSilent, Said: reason.New(reason.JournalFailed, "error", "the run ended without a "+
			"word during "+stage+progress+", and "+what), AtMs: t.last.WallMs}
	}
	if obs.BootID == t.last.Boot {
		return &Ending{How: EndedSilent, Said: t.during(reason.RunnerKilled), AtMs: t.last.WallMs}
	}
	when := time.UnixMilli(obs.BootedMs).UTC().Format("2006-01-02 15:04 MST")
	return &Ending{How: EndedRestart, Said: t.during(reason.NASRestarted, "when", when), AtMs: t.last.WallMs}
}

// during gives a reason that says in which stage, and how far in it, the job was.
func (t *Tracker) during(code reason.Code, pairs ...any) *reason.Said {
	stage, progress := t.Where()
	return reason.New(code, append(pairs, "stage", stage, "progress", progress)...)
}

// Where says in words in which stage the job is, and how far.
func (t *Tracker) Where() (stage, progress string) {
	j := &t.job
	i := j.Current()
	if i < 0 || j.State == Queued {
		return "the wait for its turn", ""
	}
	s := &j.Stages[i]
	return string(s.Kind), s.how(j.Spec.Stages[i], j.Identity.SizeBytes)
}
