package burnin

import (
	"encoding/json"
	"fmt"

	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/surface"
)

// Fold gives the job that its runs' journals and the last observation amount to. runs[i] holds the events of run i+1.
// With no events at all the job is zero but for its state, which is queued: it was asked for and has not begun. A run
// without events has said nothing. What was seen of a run whose journal is not among runs tells no end.
func Fold(runs [][]Event, obs *Observation) (Job, error) {
	var t Tracker
	for i, events := range runs {
		for _, ev := range events {
			if err := t.Feed(ev); err != nil {
				return Job{}, fmt.Errorf("run %d, line %d: %w", i+1, ev.Seq, err)
			}
		}
	}
	return t.Seen(len(runs), obs), nil
}

// Seen gives the job of which so many runs were folded, with the last observation. The tracker is as before: more lines
// may follow, and another observation.
func (t *Tracker) Seen(runs int, obs *Observation) Job {
	if obs == nil {
		return t.Job()
	}
	if obs.Run > runs {
		part := *obs
		part.Complete = false
		obs = &part
	}
	seen := *t
	seen.job = t.job.clone()
	seen.Observe(obs)
	return seen.told()
}

// Tracker folds events one by one. The zero value is ready. It is not safe for concurrent use.
type Tracker struct {
	// Of is the job that the events must be of; empty for any.
	Of string

	job   Job
	begun bool
	last  Event // the newest event of the newest run
	seq   int64
	ended bool // the newest run said how it ended

	clock   Clock
	missing *Observation // what was seen where the NAS does not have the job and no line of it is known
}

// Job gives a copy of what was folded so far, with its verdict.
func (t *Tracker) Job() Job {
	copied := *t
	copied.job = t.job.clone()
	return copied.told()
}

// told gives the job itself, which the tracker then must not go on with.
func (t *Tracker) told() Job {
	if !t.begun {
		j := Job{State: Queued, Warnings: []reason.Said{}, Stages: []Stage{}, Runs: []Run{},
			Findings: []smart.Finding{},
			Verdict:  Verdict{Coverage: CoverageNone, Evidence: []Evidence{}, Missing: []string{}}}
		switch {
		case t.missing == nil:
		case t.missing.Untouched:
			j.State, j.Reason = Unknown, reason.New(reason.NeverBegun)
		default:
			j.State, j.Reason = Unknown, reason.New(reason.RecordRemoved, "last", "", "drive", "")
		}
		return j
	}
	j := &t.job
	j.sum()
	j.tellFindings()
	j.Verdict = Judge(j)
	return *j
}

// Ended reports whether the newest run told its end.
func (t *Tracker) Ended() bool { return t.ended }

// Feed folds the next event. After an error the tracker is as it was before. It copies nothing but what readers of a
// Job share: each event is checked whole before it changes anything.
func (t *Tracker) Feed(ev Event) error {
	before := *t
	t.seq, t.missing = ev.Seq, nil // what was missing is over with the first line
	if err := t.apply(ev, &before); err != nil {
		t.last, t.seq, t.missing, t.clock = before.last, before.seq, before.missing, before.clock
		return err
	}
	return nil
}

// Apply is Feed for whoever may have to go back: copies of the tracker that were made before stay as they are.
func (t *Tracker) Apply(ev Event) error {
	next := *t
	next.job = t.job.clone()
	if err := next.Feed(ev); err != nil {
		return err
	}
	*t = next
	return nil
}

func (t *Tracker) apply(ev Event, before *Tracker) error {
	wallMs := ev.WallMs
	t.clock.begin(ev)
	ev.WallMs = t.clock.At(ev)
	t.last = ev
	if ev.Kind == EvHead {
		return t.head(ev, before)
	}
	if t.begun {
		if is, err := t.afterEnd(ev); is {
			t.last, t.seq = before.last, before.seq // it is no line of a run
			return err
		}
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
		return t.stage(ev, wallMs)
	case EvProgress:
		var d Progress
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.job.Stages[d.Stage].progress(d, t.job.Spec.Stages[d.Stage], t.job.Identity)
		return nil
	case EvPause:
		var d Pause
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.job.Stages[d.Stage].pause(d, ev.WallMs)
		return nil
	case EvAway:
		t.job.AwayMs = wallMs
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
		t.place(&t.job.Stages[d.Stage], ev.Seq)
		return nil
	case EvHealed:
		var d HealedData
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.job.Stages[d.Stage].Healed = d.Healed
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
		if len(s.facts) >= maxFacts {
			return fmt.Errorf("fact: more than %d of one stage", maxFacts)
		}
		s.facts = append(s.facts, d)
		return nil
	case EvWarning:
		var d Warning
		if err := decode(ev, &d); err != nil {
			return err
		}
		t.warn(d.Said)
		t.job.stopping = t.job.stopping || d.Said != nil && d.Said.Code == reason.StopWaits
		return nil
	case EvHealth:
		var d HealthData
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.health(d.Health)
		return nil
	case EvMediumErrors:
		var d MediumErrors
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.job.MediumErrors.Unwritten += d.Unwritten
		t.job.MediumErrors.Written += d.Written
		return nil
	case EvFindings:
		var d FindingsData
		if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
			return err
		}
		t.find(d.Findings)
		return nil
	case EvWrites, EvWiped, EvOverwrites:
		return t.erases(ev)
	case EvEnd:
		var d End
		if err := decode(ev, &d); err != nil {
			return err
		}
		if err := t.end(d, ev.WallMs); err != nil {
			return err
		}
		t.ended = true
		t.job.EndedWallMs, t.job.endedBoot, t.job.endedBootMs = wallMs, ev.Boot, ev.BootMs
		run.EndedMs, run.HowEnded = ev.WallMs, EndedItself
		return nil
	case EvHead, EvCounting, EvMiddleware, EvRestored, EvTaken, EvLost:
		return nil // a head opens a run, above; the others are for whoever goes on with the job
	}
	return nil // of a newer version
}

func (t *Tracker) head(ev Event, before *Tracker) error {
	var d Head
	if err := decode(ev, &d); err != nil {
		return err
	}
	if d.MinReader > Format {
		return reason.New(reason.NewerData, "what", "the journal of job "+d.Job, "version", d.Runner)
	}
	if ev.Seq != 1 {
		return fmt.Errorf("head stands on line %d", ev.Seq)
	}
	if err := d.Plan.Check(); err != nil {
		return err
	}
	if t.Of != "" && d.Job != t.Of {
		return foreign(t.Of, "job "+d.Job)
	}
	if t.begun && t.job.ID == d.Job && !t.job.Identity.Same(d.Drive) {
		return foreign(d.Job, "another drive, "+d.Drive.ID())
	}
	run := Run{Run: d.Run, BootID: ev.Boot, PID: d.PID, StartedMs: ev.WallMs}
	if t.begun {
		if d.Job != t.job.ID {
			return foreign(t.job.ID, "job "+d.Job)
		}
		if !before.ended {
			t.vanished(before.last, d.Previous)
		}
		if err := move("job", jobNext, &t.job.State, Queued); err != nil {
			return err
		}
		t.job.Reason, t.job.EndedMs, t.job.stopping = nil, 0, false
		t.ended = false
		t.job.Runs = append(t.job.Runs, run)
		return nil
	}
	t.begun, t.ended = true, false
	t.job = Job{
		ID: d.Job, Plan: d.Plan.Name, Spec: d.Plan, Drive: DriveOf(d.Drive, ""), Identity: d.Drive, Machine: d.NAS,
		Grant: d.Grant,
		State: Queued, CreatedMs: d.CreatedMs, Warnings: []reason.Said{}, Runs: []Run{run}, Findings: []smart.Finding{},
	}
	for _, s := range d.Plan.Stages {
		t.job.Stages = append(t.job.Stages, Stage{Kind: s.Kind, Engine: s.Engine, State: Pending,
			BadRanges: []surface.Range{}})
	}
	return nil
}

// foreign says that a journal which lies among those of a job is not its own.
func foreign(job, of string) error { return reason.New(reason.JournalForeign, "job", job, "of", of) }

// end closes the job as far as its evidence carries the word.
func (t *Tracker) end(d End, atMs int64) error {
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
	t.job.Reason, t.job.EndedMs = said, atMs
	if t.job.Absent++; !d.Absent || t.job.Vanished == 0 {
		t.job.Absent = 0
	}
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
			s.State, s.Reason = Skipped, reason.New(reason.NeverReached)
		}
	}
}

// maxFacts bounds what one stage may tell for and against a drive.
const maxFacts = 4096

// maxWarnings bounds what stands beside a verdict.
const maxWarnings = 100

func (t *Tracker) warn(said *reason.Said) {
	if said == nil || len(t.job.Warnings) >= maxWarnings {
		return
	}
	for _, w := range t.job.Warnings {
		if w.Same(said) {
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
