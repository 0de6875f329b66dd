package burnin

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/surface"
)

// Observation is what was last seen of a job's newest run at the NAS.
type Observation struct {
	Run      int       `json:"run"`
	LockHeld bool      `json:"lock_held"` // the run's process lives
	BootID   string    `json:"boot_id"`
	BootedMs int64     `json:"booted_ms"` // when the NAS started, by its wall clock
	SeenMs   int64     `json:"seen_ms"`
	Complete bool      `json:"complete"`          // the journals at hand hold all that stood there after the lock was looked at
	Missing  bool      `json:"missing,omitempty"` // the NAS does not have the job: it never began, or its files were removed
	Live     *Progress `json:"live,omitempty"`
}

// Fold gives the job that its runs' journals and the last observation amount to. runs[i] holds the events of run i+1.
// With no events at all the job is zero but for its state, which is queued: it was asked for and has not begun.
func Fold(runs [][]Event, obs *Observation) (Job, error) {
	var t Tracker
	for i, events := range runs {
		for _, ev := range events {
			if err := t.Apply(ev); err != nil {
				return Job{}, fmt.Errorf("run %d, line %d: %w", i+1, ev.Seq, err)
			}
		}
	}
	t.Observe(obs)
	return t.Job(), nil
}

// Tracker folds events one by one. The zero value is ready. It is not safe for concurrent use.
type Tracker struct {
	job   Job
	begun bool
	last  Event // the newest event of the newest run
	seq   int64
	ended bool // the newest run said how it ended
	never bool // the NAS does not have the job and no line of it is known
}

// Job gives a copy of what was folded so far, with its verdict.
func (t *Tracker) Job() Job {
	if !t.begun {
		j := Job{State: Queued, Warnings: []reason.Said{}, Stages: []Stage{}, Runs: []Run{}, Findings: []smart.Finding{},
			Verdict: Verdict{Coverage: CoverageNone, Evidence: []Evidence{}, Missing: []string{}}}
		if t.never {
			j.State, j.Reason = Unknown, reason.New("never_begun")
		}
		return j
	}
	j := t.job.clone()
	j.sum()
	j.tellFindings()
	j.Verdict = Judge(&j)
	return j
}

// Ended reports whether the newest run told its end.
func (t *Tracker) Ended() bool { return t.ended }

// Apply folds the next event. After an error the tracker is as it was before.
func (t *Tracker) Apply(ev Event) error {
	next := Tracker{job: t.job.clone(), begun: t.begun, last: ev, seq: ev.Seq, ended: t.ended} // never is over with the first line
	if err := next.apply(ev, t); err != nil {
		return err
	}
	*t = next
	return nil
}

func (t *Tracker) apply(ev Event, before *Tracker) error {
	if ev.Kind == EvHead {
		return t.head(ev, before)
	}
	switch {
	case !t.begun:
		return fmt.Errorf("a journal begins with head, not with %s", ev.Kind)
	case t.ended:
		return fmt.Errorf("%s after the end of the run", ev.Kind)
	case ev.Seq != before.seq+1:
		return fmt.Errorf("seq %d after %d", ev.Seq, before.seq)
	}
	run := &t.job.Runs[len(t.job.Runs)-1]
	switch ev.Kind {
	case EvHeld:
		var d Held
		if err := decode(ev, &d); err != nil {
			return err
		}
		t.job.Drive.Path, t.job.Drive.Place = d.Path, d.Place
		return nil
	case EvQueued:
		return nil // the head said so already; this line says for what it waits
	case EvRunning:
		return move("job", jobNext, &t.job.State, Running)
	case EvStage:
		return t.stage(ev)
	case EvProgress:
		var d Progress
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.job.Stages[d.Stage].progress(d)
		return nil
	case EvPause:
		var d Pause
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.job.Stages[d.Stage].pause(d, ev.WallMs)
		return nil
	case EvBad:
		var d Bad
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.job.Stages[d.Stage].addRanges(d.Ranges)
		return nil
	case EvCheckpoint:
		var d Checkpoint
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.job.Stages[d.Stage].checkpoint(d)
		return nil
	case EvMap:
		var d Map
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		return t.job.Stages[d.Stage].mapPart(d)
	case EvFact:
		var d Fact
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		s := &t.job.Stages[d.Stage]
		s.facts = append(s.facts, d)
		return nil
	case EvWarning:
		var d Warning
		if err := decode(ev, &d); err != nil {
			return err
		}
		t.warn(d.Said)
		return nil
	case EvHealth:
		var d HealthData
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.health(d.Health)
		return nil
	case EvFindings:
		var d FindingsData
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.find(d.Findings)
		return nil
	case EvEnd:
		var d End
		if err := decode(ev, &d); err != nil {
			return err
		}
		t.ended = true
		run.EndedMs, run.HowEnded = ev.WallMs, "ended"
		return t.end(d, ev.WallMs)
	}
	return nil // of a newer version
}

func (t *Tracker) head(ev Event, before *Tracker) error {
	var d Head
	if err := decode(ev, &d); err != nil {
		return err
	}
	if d.MinReader > Format {
		return reason.New("newer_data", "what", "the journal of job "+d.Job, "version", d.Runner)
	}
	if ev.Seq != 1 {
		return fmt.Errorf("head stands on line %d", ev.Seq)
	}
	if err := d.Plan.Check(); err != nil {
		return err
	}
	run := Run{Run: d.Run, BootID: ev.Boot, PID: d.PID, StartedMs: ev.WallMs}
	if t.begun {
		if d.Job != t.job.ID {
			return fmt.Errorf("run %d is of job %s, not of %s", d.Run, d.Job, t.job.ID)
		}
		if !before.ended {
			t.vanished(before.last, d.Previous)
		}
		if err := move("job", jobNext, &t.job.State, Queued); err != nil {
			return err
		}
		t.job.Reason, t.job.EndedMs = nil, 0
		t.job.Drive.Path, t.ended = d.Path, false
		t.job.Runs = append(t.job.Runs, run)
		return nil
	}
	t.begun, t.ended = true, false
	t.job = Job{
		ID: d.Job, Plan: d.Plan.Name, Spec: d.Plan, Drive: DriveOf(d.Drive, d.Path), Identity: d.Drive, Machine: d.NAS, Grant: d.Grant,
		State: Queued, CreatedMs: d.CreatedMs, Warnings: []reason.Said{}, Runs: []Run{run}, Findings: []smart.Finding{},
	}
	for _, s := range d.Plan.Stages {
		t.job.Stages = append(t.job.Stages, Stage{Kind: s.Kind, Engine: s.Engine, State: Pending, BadRanges: []surface.Range{}})
	}
	return nil
}

func (t *Tracker) stage(ev Event) error {
	var d StageChange
	if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
		return err
	}
	s := &t.job.Stages[d.Stage]
	if s.Kind != d.Kind {
		return fmt.Errorf("stage %d is %s, not %s", d.Stage, s.Kind, d.Kind)
	}
	if err := move(string(s.Kind), stageNext, &s.State, d.State); err != nil {
		return err
	}
	s.Reason, s.SelfTest = d.Reason, d.SelfTest
	s.goOn(ev.WallMs)
	if d.State != Running {
		if d.Temps != nil {
			s.TempC = d.Temps
		}
		s.EndedMs = ev.WallMs
		if s.StartedMs == 0 {
			s.StartedMs = ev.WallMs
		}
		s.totals(d.Totals)
		if s.State == Passed {
			s.Progress = 1
		}
		return nil
	}
	s.Begun++
	if s.StartedMs == 0 {
		s.StartedMs = ev.WallMs
	}
	if d.Resumed == nil || d.Resumed.Pass == 0 {
		s.Attempt = s.Begun
	}
	s.resume(d.Resumed)
	s.EndedMs, s.Progress, s.BytesCovered, s.complete, s.facts = 0, 0, 0, false, nil
	s.TempC, s.warmth = nil, warmth{}
	s.beforeWritten, s.beforeVerified, s.beforeActiveMs = s.BytesWritten, s.BytesVerified, s.ActiveMs
	return nil
}

func (s *Stage) progress(d Progress) {
	s.Phase, s.Done = d.Phase, d.Done
	if d.Meters != nil {
		s.Meters = d.Meters
	}
	if d.Total > 0 {
		s.Progress = min(float64(d.Done)/float64(d.Total), 1)
	}
	s.moved(d.Written, d.Verified, d.Covered, d.ActiveMs)
	if d.TempC != nil {
		s.TempC = s.warmth.add(*d.TempC)
	}
}

func (s *Stage) totals(d *Totals) {
	if d == nil {
		return
	}
	s.moved(d.Written, d.Verified, d.Covered, d.ActiveMs)
	s.complete = d.Complete
}

func (s *Stage) moved(written, verified, covered, activeMs int64) {
	s.BytesWritten = s.beforeWritten + written
	s.BytesVerified = s.beforeVerified + verified
	s.BytesCovered = covered
	s.ActiveMs = s.beforeActiveMs + activeMs
}

// end closes the job as far as its evidence carries the word.
func (t *Tracker) end(d End, atMs int64) error {
	t.job.EndedMs = atMs
	state, said := d.State, d.Reason
	switch {
	case !state.Ended() || state == Skipped:
		return &TransitionError{What: "job", From: t.job.State, To: d.State}
	case state == Passed:
		if v := Judge(&t.job); len(v.Missing) > 0 {
			state, said = Unknown, incomplete(Passed, v.Missing)
		}
	case state == Failed && !speaksAgainst(&t.job):
		state, said = Unknown, incomplete(Failed, []string{"evidence against the drive"})
	}
	if state != Passed && said == nil {
		said = incomplete(state, []string{"the reason"})
	}
	if err := move("job", jobNext, &t.job.State, state); err != nil {
		return err
	}
	t.job.Reason = said
	t.close(state, said, atMs)
	return nil
}

// close leaves no stage behind that a job in its state cannot have.
func (t *Tracker) close(state State, said *reason.Said, atMs int64) {
	for i := range t.job.Stages {
		s := &t.job.Stages[i]
		switch {
		case s.State == Running:
			s.goOn(atMs)
			s.EndedMs, s.Reason, s.State = atMs, said, Unknown
			if state == Cancelled {
				s.State = Cancelled
			}
		case s.State == Pending && state != Unknown:
			s.State, s.Reason = Skipped, reason.New("never_reached")
		}
	}
}

// vanished closes a run that ended without a word, from what the next run saw of it.
func (t *Tracker) vanished(last Event, prev *Ending) {
	how, atMs := "vanished", last.WallMs
	var said *reason.Said
	if prev != nil {
		how, said = prev.How, prev.Said
		if prev.AtMs != 0 {
			atMs = prev.AtMs
		}
	}
	if said == nil {
		said = t.during("runner_killed")
	}
	run := &t.job.Runs[len(t.job.Runs)-1]
	run.HowEnded, run.EndedMs = how, atMs
	t.job.State, t.job.Reason, t.job.EndedMs = Unknown, said, atMs
	t.close(Unknown, said, atMs)
	t.ended = true
}

// Observe applies what was seen of the newest run. It changes something only if that run has not told its end.
func (t *Tracker) Observe(obs *Observation) {
	switch {
	case obs == nil || t.ended:
		return
	case !t.begun:
		t.never = obs.Missing
		return
	case obs.Missing:
		t.vanished(t.last, &Ending{How: "vanished", Said: t.during("journal_gone"), AtMs: t.last.WallMs})
		return
	case obs.Run != t.job.Runs[len(t.job.Runs)-1].Run:
		return
	}
	if obs.LockHeld {
		if p := obs.Live; p != nil && p.Stage >= 0 && p.Stage < len(t.job.Stages) && t.job.Stages[p.Stage].State == Running {
			t.job.Stages[p.Stage].progress(*p)
		}
		return
	}
	if obs.Complete {
		t.vanished(t.last, t.EndingSeen(obs))
	}
}

// EndingSeen says how the newest run ended, from its last line and what was seen after it: nil if it told its end.
func (t *Tracker) EndingSeen(obs *Observation) *Ending {
	if !t.begun || t.ended {
		return nil
	}
	if obs.BootID == t.last.Boot {
		return &Ending{How: "vanished", Said: t.during("runner_killed"), AtMs: t.last.WallMs}
	}
	when := time.UnixMilli(obs.BootedMs).UTC().Format("2006-01-02 15:04 MST")
	return &Ending{How: "restarted", Said: t.during("nas_restarted", "when", when), AtMs: t.last.WallMs}
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
	s := j.Stages[i]
	if s.Progress > 0 && s.Progress < 1 {
		progress = " at " + strconv.Itoa(int(s.Progress*100)) + " %"
	}
	return string(s.Kind), progress
}

// maxWarnings bounds what stands beside a verdict.
const maxWarnings = 100

func (t *Tracker) warn(said *reason.Said) {
	if said == nil || len(t.job.Warnings) >= maxWarnings {
		return
	}
	for _, w := range t.job.Warnings {
		if w == *said {
			return
		}
	}
	t.job.Warnings = append(t.job.Warnings, *said)
}

func decode(ev Event, into any) error {
	if err := json.Unmarshal(ev.Data, into); err != nil {
		return fmt.Errorf("%s: %w", ev.Kind, err)
	}
	return nil
}

func (t *Tracker) decodeFor(ev Event, into any, stage *int) error {
	if err := decode(ev, into); err != nil {
		return err
	}
	if *stage < 0 || *stage >= len(t.job.Stages) {
		return fmt.Errorf("%s: there is no stage %d", ev.Kind, *stage)
	}
	return nil
}
