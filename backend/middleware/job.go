package middleware

import (
	"encoding/json"
	"fmt"

	"burnish/backend/burnin"
	"burnish/backend/smart"
	"burnish/backend/truenas"
)

// What a note says.
const (
	noteSeen   = "seen"   // the disk as the kernel showed it when the job began
	noteAsks   = "asks"   // the next thing is to ask TrueNAS: for a wipe, or for a self-test
	noteBegun  = "begun"  // TrueNAS has begun it
	noteAborts = "aborts" // the next thing is to ask TrueNAS to end it
)

// note is what the driver keeps in the journal beside what every job tells (burnin.EvMiddleware): enough to find again
// what TrueNAS was asked for.
type note struct {
	Stage int    `json:"stage"`
	What  string `json:"what"`

	Disk    string `json:"disk,omitempty"` // its name then
	Seq     string `json:"seq,omitempty"`  // the kernel's number of it
	Written int64  `json:"written,omitempty"`
	// Last is the highest id of TrueNAS's jobs before it was asked, Job the one that it began.
	Last int64        `json:"last,omitempty"`
	Job  *truenas.Job `json:"job,omitempty"`
	// Rows are those of the self-test log before it was asked.
	Rows []smart.SelfTestRow `json:"rows,omitempty"`
	Why  string              `json:"why,omitempty"` // aborts: stop, queued, foreign, stuck

	boot   string
	atMs   int64 // by the clock of the NAS
	bootMs int64 // since it started
}

// Job is what the journal of a job tells: what burnin folds of it, and the notes.
type Job struct {
	fold  burnin.Tracker
	seq   int64
	lines int
	seen  *note
	notes map[int]map[string]note // by stage and what, the newest
	told  map[int]int64           // by stage: thousandths of the progress that was told last
	facts map[burnin.Fact]bool
}

// Load folds the events of a journal.
func Load(events []burnin.Event) (*Job, error) {
	j := &Job{notes: map[int]map[string]note{}, told: map[int]int64{},
		facts: map[burnin.Fact]bool{}}
	for _, ev := range events {
		if err := j.add(ev); err != nil {
			return nil, fmt.Errorf("line %d: %w", ev.Seq, err)
		}
	}
	return j, nil
}

func (j *Job) add(ev burnin.Event) error {
	if err := j.fold.Feed(ev); err != nil {
		return err
	}
	j.seq = ev.Seq
	j.lines++
	switch ev.Kind {
	case burnin.EvMiddleware:
		var n note
		if err := json.Unmarshal(ev.Data, &n); err != nil {
			return err
		}
		n.boot, n.atMs, n.bootMs = ev.Boot, ev.WallMs, ev.BootMs
		if n.What == noteSeen {
			j.seen = &n
		}
		if j.notes[n.Stage] == nil {
			j.notes[n.Stage] = map[string]note{}
		}
		j.notes[n.Stage][n.What] = n
	case burnin.EvProgress:
		var p burnin.Progress
		if err := json.Unmarshal(ev.Data, &p); err != nil {
			return err
		}
		j.told[p.Stage] = thousandths(p)
	case burnin.EvFact:
		var f burnin.Fact
		if err := json.Unmarshal(ev.Data, &f); err != nil {
			return err
		}
		j.facts[f] = true
	default: // burnin folds it
	}
	return nil
}

func thousandths(p burnin.Progress) int64 {
	if p.Total <= 0 {
		return 0
	}
	return int64(float64(p.Done) / float64(p.Total) * 1000)
}

// note gives the newest note of a stage.
func (j *Job) note(stage int, what string) (note, bool) {
	n, ok := j.notes[stage][what]
	return n, ok
}

// Begun reports whether the journal has a line.
func (j *Job) Begun() bool { return j.lines > 0 }

// Ended reports whether the job has told its end.
func (j *Job) Ended() bool { return j.fold.Ended() }

// Job gives the folded job.
func (j *Job) Job() burnin.Job { return j.fold.Job() }
