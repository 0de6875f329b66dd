// Package middleware drives jobs of plan truenas: on a TrueNAS, for a login that cannot become root, by what TrueNAS's
// own middleware does for it. No program of Burnish runs on the NAS. The job is a journal on the desktop, and each Step
// takes it as far as it goes at that moment; between two steps TrueNAS goes on with what it was asked for, and any
// process of this computer may do the next one.
//
// Its rules:
//   - What TrueNAS is asked for stands in the journal before it is asked. After a crash it is looked for, and never
//     asked for twice: a wipe that nobody finds leaves the job unknown.
//   - TrueNAS's word on its wipe is no evidence. The kernel's count of what was written to the disk is, from before
//     it was asked to after its end, in one stay of the disk in one boot; and it must be what a wipe writes, to the
//     byte.
//   - Names move. A disk is found by its identity, at each step anew, and the wipe is called in the moment in which the
//     kernel's own number of the disk was compared. The identity is read right before and right after.
//   - A wipe is known by id, time, arguments and boot. What is not found so is lost, never done.
//   - Whatever TrueNAS knows as used is refused, and so is a disk to which anybody wrote since the job began.
//   - Nothing is ended but what the job itself has begun.
//
// The package is pure but for its ports. A Driver is for one goroutine, and only one may hold a job's journal.
package middleware

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/truenas"
)

// Disk is what the kernel of the NAS says of the disk of a name.
type Disk struct {
	Name        string
	Boot        string
	NowMs, UpMs int64

	Seq           string // empty: no disk has the name
	SizeBytes     int64
	ReadOnly      bool
	Written, Busy int64
	Uses          []string
}

// ErrOtherDisk is CallOn's word that the name was another disk's, so that nothing was called.
var ErrOtherDisk = errors.New("the name is another disk's now")

// NAS is what is asked of the NAS. Errors of all but ErrOtherDisk say that nobody knows what came of it.
type NAS interface {
	Disk(ctx context.Context, name string) (Disk, error)
	Call(ctx context.Context, method string, args ...string) (truenas.Answer, error)
	CallOn(ctx context.Context, d Disk, method string, args ...string) (truenas.Answer, error)
}

// Journal keeps events; what it took is on the medium.
type Journal interface{ Append(burnin.Event) error }

// Request is what a person asked for.
type Request struct {
	Job       string
	CreatedMs int64
	NAS       burnin.NAS
	Runner    string // version of this program
	Plan      burnin.Plan
	Drive     drive.Identity
	Usage     drive.Class
	Grant     *drive.Grant
	TooLate   bool // it was asked for long ago and never began: it does not begin now
}

// Driver takes a job on.
type Driver struct {
	NAS     NAS
	Journal Journal
	Job     *Job
	Request Request
	Stop    func() bool // a person wants it stopped

	// Live is how far the running stage is, as of the last step; nil where it does not say.
	Live *burnin.Progress

	now   Disk // of the newest look: its clock
	still struct {
		written, upMs int64
		set           bool
	}
	moved struct {
		done, upMs int64
		set        bool
	}
}

// Step does all that can be done now. wait is after how long there is something to do again; it is 0 once the job has
// ended. After an error the job is as it was: of the NAS it may be tried again, of the journal the job must be loaded
// anew.
func (d *Driver) Step(ctx context.Context) (wait time.Duration, err error) {
	d.Live = nil
	for !d.Job.Ended() {
		if err := d.look(ctx, d.name()); err != nil {
			return 0, err
		}
		if wait, err = d.turn(ctx); err != nil || wait > 0 {
			return wait, err
		}
	}
	return 0, nil
}

// Seen is the newest look at the kernel of the NAS.
func (d *Driver) Seen() Disk { return d.now }

// name is how the disk was called last.
func (d *Driver) name() string {
	if d.now.Seq != "" {
		return d.now.Name
	}
	for stage := len(d.Request.Plan.Stages); stage >= 0; stage-- {
		for _, what := range []string{noteBegun, noteAsks, noteSeen} {
			if n, ok := d.Job.note(stage, what); ok && n.Disk != "" {
				return n.Disk
			}
		}
	}
	return ""
}

// noDisk is a name that no disk has: of it the kernel tells its clock alone.
const noDisk = "none"

func (d *Driver) look(ctx context.Context, name string) (err error) {
	d.now, err = d.NAS.Disk(ctx, cmp.Or(name, noDisk))
	return err
}

// put tells an event.
func (d *Driver) put(kind burnin.EventKind, data any) error {
	line, err := json.Marshal(data)
	if err != nil {
		return err
	}
	ev := burnin.Event{Seq: d.Job.seq + 1, WallMs: d.now.NowMs, BootMs: d.now.UpMs, Boot: d.now.Boot, Kind: kind,
		Data: line}
	if err := d.Journal.Append(ev); err != nil {
		return err
	}
	return d.Job.add(ev)
}

// ending is how a stage ends. One without a state goes on.
type ending struct {
	state    burnin.State
	said     *reason.Said
	totals   *burnin.Totals
	selfTest *selfTestRow
	wait     time.Duration // of one that goes on
}

func ended(state burnin.State, said *reason.Said) ending { return ending{state: state, said: said} }

func goesOn(wait time.Duration) ending { return ending{wait: wait} }

// turn does one thing.
func (d *Driver) turn(ctx context.Context) (time.Duration, error) {
	if !d.Job.Begun() {
		return 0, d.begin()
	}
	job := d.Job.Job()
	if job.State == burnin.Queued {
		return 0, d.put(burnin.EvRunning, struct{}{})
	}
	for i, s := range job.Stages {
		switch s.State {
		case burnin.Pending:
			switch {
			case d.Stop():
				return 0, d.end(burnin.Cancelled, d.said(reason.StoppedByPerson))
			case d.Request.Plan.Skips(i):
				return 0, d.put(burnin.EvStage, burnin.StageChange{Stage: i, Kind: s.Kind, State: burnin.Skipped,
					Reason: reason.New(reason.WithoutSMART)})
			case s.Kind.SMART():
				if left, err := d.leftOut(ctx, i, s.Kind); left || err != nil {
					return 0, err
				}
			}
			return 0, d.put(burnin.EvStage, burnin.StageChange{Stage: i, Kind: s.Kind, State: burnin.Running})
		case burnin.Running:
			return d.work(ctx, i, s.Kind)
		default: // it has ended
		}
	}
	state, said := burnin.Outcome(&job)
	return 0, d.end(state, said)
}

func (d *Driver) begin() error {
	r := d.Request
	err := d.put(burnin.EvHead, burnin.Head{Format: burnin.Format, MinReader: burnin.MinReader, Runner: r.Runner,
		Job: r.Job, Run: 1, CreatedMs: r.CreatedMs, NAS: r.NAS, Drive: r.Drive, Usage: r.Usage, Grant: r.Grant,
		Plan: r.Plan})
	switch {
	case err != nil:
		return err
	case r.TooLate:
		return d.end(burnin.Unknown, reason.New(reason.NeverBegun))
	}
	return nil
}

func (d *Driver) work(ctx context.Context, i int, kind burnin.StageKind) (time.Duration, error) {
	var e ending
	var err error
	switch kind {
	case burnin.Precheck:
		e, err = d.precheck(ctx, i)
	case burnin.ShortSMART, burnin.LongSMART:
		e, err = d.selfTest(ctx, i, kind)
	case burnin.SurfaceValidate:
		e, err = d.wipe(ctx, i)
	case burnin.FinalCheck:
		e, err = d.finalCheck(ctx, i)
	default:
		e = ended(burnin.Unknown, reason.New(reason.BadPlan, "plan", d.Request.Plan.Name, "error",
			"TrueNAS has nothing for a stage "+string(kind)))
	}
	var refused *truenas.CallError
	switch {
	case errors.As(err, &refused) && refused.Refusal == truenas.Unanswered:
		return 0, reason.New(reason.MidcltRefused, "error", err) // its middleware is away: it may come back
	case errors.As(err, &refused):
		e = ended(burnin.Unknown, reason.New(reason.MidcltRefused, "error", err))
	case err != nil:
		return 0, err
	}
	if e.state == "" {
		return e.wait, nil
	}
	change := burnin.StageChange{Stage: i, Kind: kind, State: e.state, Reason: e.said, Totals: e.totals,
		SelfTest: e.selfTest}
	if err := d.put(burnin.EvStage, change); err != nil {
		return 0, err
	}
	if e.state == burnin.Passed || e.state == burnin.Skipped {
		return 0, nil
	}
	job := d.Job.Job()
	return 0, d.end(burnin.Outcome(&job))
}

func (d *Driver) end(state burnin.State, said *reason.Said) error {
	return d.put(burnin.EvEnd, burnin.End{State: state, Reason: said})
}

// said gives a reason that tells in which stage, and how far in it, the job was.
func (d *Driver) said(code reason.Code, pairs ...any) *reason.Said {
	stage, progress := d.Job.fold.Where()
	return reason.New(code, append(pairs, "stage", stage, "progress", progress)...)
}

func (d *Driver) restarted() *reason.Said {
	when := time.UnixMilli(d.now.NowMs - d.now.UpMs).UTC().Format("2006-01-02 15:04 MST")
	return d.said(reason.NASRestarted, "when", when)
}

// result calls a method and gives what it answered with.
func (d *Driver) result(ctx context.Context, method string, args ...string) ([]byte, error) {
	a, err := d.NAS.Call(ctx, method, args...)
	if err != nil {
		return nil, err
	}
	return a.Result(method)
}

// fact tells a fact, once: a step that was cut off behind it is done again.
func (d *Driver) fact(f burnin.Fact) error {
	if d.Job.facts[f] {
		return nil
	}
	return d.put(burnin.EvFact, f)
}

// progress tells how far a stage is: each time to who watches, to the journal by thousandths.
func (d *Driver) progress(p burnin.Progress) error {
	d.Live = &p
	if told, ok := d.Job.told[p.Stage]; ok && told == thousandths(p) {
		return nil
	}
	return d.put(burnin.EvProgress, p)
}
