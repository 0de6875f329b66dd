package runner

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"reflect"
	"sync/atomic"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// Service answers verbs and executes runs on one machine.
type Service struct {
	Dir        StateDir
	Host       Host
	Locks      Locks
	Supervisor Supervisor
	Version    string
	Now        func() time.Time
	PollEvery  time.Duration // how often files and locks are looked at; 0 means half a second
	Rewind     int64         // how far before its checkpoint a surface stage goes on; 0 means surface.RewindBytes, or 1/64 of a small drive
	Stagger    time.Duration // how far apart two jobs begin their work; 0 means two seconds
	TempEvery  time.Duration // how often the kernel's sensor is read; 0 means thirty seconds
	UndoGrace  time.Duration // how long after the first destructive act all can still be undone; 0 means ten seconds
}

// ErrTold is the cause with which Run's context is cancelled when the system tells the process to end.
var ErrTold = errors.New("told to end by the system")

// why a run's context was cancelled
var (
	errPerson = errors.New("stopped by a person")
	errStuck  = errors.New("no progress")
	errEnds   = errors.New("the run was told to end")
)

func (s *Service) poll() time.Duration {
	if s.PollEvery > 0 {
		return s.PollEvery
	}
	return 500 * time.Millisecond
}

// run is one run at work.
type run struct {
	*Service
	id        string
	req       wire.StartRequest
	home      home
	facts     Facts
	j         *journal
	held      Held
	base      int64            // the kernel's count of sectors written to the drive, when it was held
	silent    []burnin.Counter // paths that the kernel did not count
	mute      string           // why one of these cannot be counted
	uncounted bool             // the kernel's count was seen not to count
	traffic   traffic
	wrote     *writes // nil until the drive is open for writing
	deeds     deeds
	ended     <-chan struct{} // closed when the run is to end
	atWork    atomic.Bool     // it has its slot, and waits no more

	sense     sense // what is known of the drive's temperature sensor
	nvmeCLI   bool  // nvme-cli reads this drive's self-test log, smartctl does not
	noNVMeCLI error // why nvme-cli does not either

	// owed names what a child waits for, empty where it has ended. It is of the stage's goroutine.
	owed func() string

	asked  bool // a drive that had vanished was asked how it is
	absent bool // the drive was looked for, and is not there

	doubt string // a job that had the drive too, and nobody knows whether before this one or after it

	again      bool // it is not the job's first run
	passedGate bool // an earlier run has passed the gate of the jobs that were started together
}

// Run executes the next run of a job: the first, or, when the one before ended without a word or as unknown, a resumed
// one. It returns when the run has told its end; an error means that it could not even be told.
func (s *Service) Run(ctx context.Context, id string) error {
	root, err := s.Dir.root(id)
	if err != nil {
		return err
	}
	defer root.Close()
	req, err := s.Dir.request(id)
	if err != nil {
		return err
	}
	lock, err := s.Locks.Take(s.Dir.in(id, lockFile), req.GID)
	if err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	defer lock.Close()
	_ = root.Remove(waitingFile) // of a run that was killed: beside this run's lock it would say that this one waits

	facts, err := s.Host.Facts()
	if err != nil {
		return err
	}
	if err := s.Dir.sign(root, os.Getpid(), facts.BootID); err != nil {
		return spaceError("the run's lock", err)
	}
	r := &run{Service: s, id: id, req: req, home: home{root: root}, facts: facts}
	defer r.home.close()
	if err := r.home.settle(); err != nil {
		return err
	}
	fold, n, err := fold(root)
	if err != nil {
		return err
	}
	if r.deeds, err = deedsOf(root); err != nil {
		return err
	}
	if state := fold.Job().State; n > 0 && fold.Ended() && state != burnin.Unknown {
		return reason.New("cannot_resume", "job", id, "state", state)
	}
	r.again, r.passedGate = n > 0, hasBegun(fold.Job())
	if err := r.begin(n+1, fold); err != nil {
		return err
	}
	err = r.live(ctx)
	return errors.Join(err, r.j.close())
}

// begin opens the journal of run n with its head.
func (r *run) begin(n int, fold *burnin.Tracker) error {
	prev := fold.EndingSeen(&burnin.Observation{BootID: r.facts.BootID, BootedMs: r.facts.Booted.UnixMilli()})
	if prev == nil && n > 1 {
		prev = &burnin.Ending{How: "ended", Said: fold.Job().Reason}
	}
	var err error
	r.j, err = openJournal(r.root(), n, r.req.GID, r.facts, r.Now, r.Host.BootTime, fold)
	if err != nil {
		return err
	}
	head := burnin.Head{
		Format: burnin.Format, MinReader: burnin.MinReader, Runner: r.Version, Job: r.id, Run: n, CreatedMs: r.req.CreatedMs,
		NAS: burnin.NAS{MachineID: r.facts.MachineID, Hostname: r.facts.Hostname}, Drive: r.req.Drive, Usage: r.req.Usage,
		Grant: r.req.Grant, Plan: r.req.Plan, PID: os.Getpid(), Previous: prev,
	}
	if err := r.j.put(burnin.EvHead, head); err != nil {
		return errors.Join(err, r.j.close())
	}
	return nil
}

// live tells the run from what comes behind its head to its end.
func (r *run) live(ctx context.Context) error {
	if r.stopAsked() { // before it could begin, or before it could come back
		return r.j.end(burnin.End{State: burnin.Cancelled, Reason: r.stopped()})
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r.ended, r.j.ended = ctx.Done(), ctx.Done()
	watched := make(chan struct{})
	go func() { defer close(watched); r.watchStop(ctx, cancel) }()
	said := r.work(ctx)
	if said != nil && said.Code == "journal_failed" && ctx.Err() != nil {
		said = r.interrupted(ctx) // the journal would have waited longer
	}
	state := burnin.Unknown
	if said == nil {
		job := r.j.job()
		state, said = burnin.Outcome(&job)
	} else if said.Kind() == reason.Person {
		state = burnin.Cancelled
	}
	cancel(nil)
	<-watched
	if r.held != nil {
		if err := r.uncount(); err != nil {
			log.Printf("job %s: the kernel's counts are not put back: %v", r.id, err)
		}
		r.held.Close()
	}
	return r.j.end(burnin.End{State: state, Reason: said, Absent: r.absent})
}

// watchStop turns a stop request, or the word of the system, into the run's end.
func (r *run) watchStop(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(r.poll())
	defer tick.Stop()
	for {
		if r.stopAsked() {
			cancel(errPerson)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r.comeHome()
	}
}

func (r *run) stopAsked() bool {
	_, err := r.root().Lstat(stopFile)
	return err == nil
}

// work does the plan. It returns the reason for which the run cannot go on, or nil when its stages tell the outcome.
func (r *run) work(ctx context.Context) *reason.Said {
	lock, err := r.Locks.Take(r.Dir.driveLock(driveKey(r.req.Drive)), r.req.GID)
	switch {
	case errors.Is(err, ErrLocked):
		return r.inUse(drive.Usage{Class: drive.BurnIn, Text: "another job of Burnish has it"}, "")
	case err != nil:
		return r.fault("the drive's lock", err)
	}
	defer lock.Close()
	said := r.hold(ctx)
	if said != nil && r.req.Gate != "" && !r.passedGate {
		_, _ = r.Dir.shutFor(r.req.Gate, driveKey(r.req.Drive), said) // else the others wait until their time is over
	}
	if said == nil {
		said = r.throughGate(ctx)
	}
	if said != nil {
		if said.Kind() == reason.Evidence {
			return nil // a stage tells it
		}
		return said
	}
	turn, said := r.poolTurn(ctx)
	if said != nil {
		return said
	}
	defer turn.Close()
	slot, said := r.slot(ctx)
	if said != nil {
		return said
	}
	defer slot.Close()
	r.atWork.Store(true)
	if err := r.j.put(burnin.EvRunning, nil); err != nil {
		return r.failed(err, "the start")
	}
	return r.stages(ctx)
}

// hold is the moment of truth: the drive is held first, then read, then compared.
func (r *run) hold(ctx context.Context) *reason.Said {
	busy, err := r.Dir.busy(r.Locks)
	if err != nil {
		return r.fault("the other jobs", err)
	}
	delete(busy, driveKey(r.req.Drive)) // this job itself; another one would have the drive's lock
	destroys := r.req.Plan.Destroys()
	r.held, err = r.Host.Hold(ctx, r.req.Drive, HoldOptions{Exclusive: destroys, Virtual: r.req.VirtualDrives, SMARTTypes: r.req.SMARTTypes, Job: r.id, Busy: busy})
	if err != nil && ctx.Err() != nil {
		return r.interrupted(ctx)
	}
	if err != nil {
		return r.notBack(ctx, r.failed(err, "the start"))
	}
	if destroys {
		if err := r.count(); err != nil {
			return r.failed(err, "the start")
		}
		if r.base, err = r.held.SectorsWritten(); err != nil {
			return r.failed(err, "the start")
		}
	}
	id, usage := r.held.Identity(), r.held.Usage()
	if id, usage, err = r.settled(ctx, r.held.Inspect, looksAtStart, id, usage, nil); err != nil {
		return r.failed(err, "the start")
	}
	if destroys {
		if usage, err = r.recall(usage); err != nil {
			return r.fault("the other jobs", err)
		}
		if said := r.over(ctx); said != nil {
			return said
		}
	}
	if said := r.compare(id, usage, destroys); said != nil {
		return said
	}
	if err := r.j.put(burnin.EvHeld, burnin.Held{Path: r.held.Path(), Drive: id, Usage: usage, Place: r.place()}); err != nil {
		return r.failed(err, "the start")
	}
	return nil
}

// place is where the drive hangs; nil where nothing is known of that.
func (r *run) place() *drive.Place {
	p := r.held.Place()
	if reflect.ValueOf(p).IsZero() {
		return nil
	}
	p.Paths = []string{r.held.Path()}
	return &p
}

// compare refuses a drive that is another one, or that is used in another way than was agreed to.
func (r *run) compare(id drive.Identity, usage drive.Usage, destroys bool) *reason.Said {
	if !id.Same(r.req.Drive) {
		return r.another(id)
	}
	can := r.startable(id, usage)
	switch {
	case usage.Sealed:
		return reason.New("drive_locked", "drive", r.req.Drive.ID(), "usage", usage.Text, "way_out", usage.WayOut())
	case destroys && !can.Destructive:
		return usageSaid(r.expected(), usage, r.req.Grant.Differs(usage))
	case !can.Read:
		return r.inUse(usage, r.held.Path())
	}
	return nil
}

// another is the reason for a held drive that does not show the identity it was agreed to by: it is another one, or does
// not say who it is.
func (r *run) another(id drive.Identity) *reason.Said {
	if id.ID() == "" {
		return reason.New("drive_unsure", "drive", r.req.Drive, "what", r.held.Path()+" does not say now which drive it is")
	}
	return reason.New("identity_changed", "expected", r.req.Drive, "found", id, "path", r.held.Path())
}

func (r *run) inUse(usage drive.Usage, path string) *reason.Said {
	return reason.New("drive_in_use", "drive", r.req.Drive.ID(), "path", path, "usage", usage.Text, "way_out", usage.WayOut())
}

// interrupted gives the reason for which the run's context ended.
func (r *run) interrupted(ctx context.Context) *reason.Said {
	if errors.Is(context.Cause(ctx), errPerson) || r.stopAsked() {
		return r.stopped()
	}
	stage, progress := r.j.where()
	return reason.New("told_to_end", "stage", stage, "progress", progress)
}

// stopped is the reason of a run that a person stopped.
func (r *run) stopped() *reason.Said {
	stage, progress := r.j.where()
	return reason.New("stopped_by_person", "stage", stage, "progress", progress)
}

// failed gives the reason behind an error: its own if it has one.
func (r *run) failed(err error, stage string) *reason.Said {
	var said *reason.Said
	var broken *journalError
	var unsure *UnsureError
	switch {
	case errors.As(err, &broken):
		return reason.New("journal_failed", "error", broken.err)
	case errors.As(err, &unsure):
		return reason.New("drive_unsure", "drive", r.req.Drive, "what", unsure.What)
	case errors.Is(err, ErrAbsent):
		return reason.New("drive_vanished", "stage", stage, "where", "", "error", err, "kernel", "")
	case errors.As(err, &said):
		return said
	}
	return r.fault(stage, err)
}

func (r *run) fault(stage string, err error) *reason.Said {
	return reason.New("runner_fault", "stage", stage, "error", err)
}
