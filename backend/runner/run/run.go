package run

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/runner/health"
	"burnish/backend/runner/journal"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
)

// ErrTold is the cause with which Run's context is cancelled when the system tells the process to end.
var ErrTold = errors.New("told to end by the system")

// run is one run at work.
type run struct {
	*bench.Run
	*erase.Drive
	health *health.Drive

	asked  bool // a drive that had vanished was asked how it is
	absent bool // the drive was looked for, and is not there

	again      bool // it is not the job's first run
	passedGate bool // an earlier run has passed the gate of the jobs that were started together
}

// Execute executes the next run of a job: the first, or, when the one before ended without a word or as unknown, a
// resumed one. It returns when the run has told its end; an error means that it could not even be told.
func Execute(ctx context.Context, s *bench.Machine, id string) error {
	root, err := s.Dir.Root(id)
	if err != nil {
		return err
	}
	defer root.Close()
	req, err := s.Dir.Request(id)
	if err != nil {
		return err
	}
	lock, err := s.Locks.Take(s.Dir.In(id, state.LockFile), req.GID)
	if err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	defer lock.Close()
	// of a run that was killed: beside this run's lock it would say that this one waits
	_ = root.Remove(state.WaitingFile)

	facts, err := s.Host.Facts()
	if err != nil {
		return err
	}
	if err := s.Dir.Sign(root, os.Getpid(), facts.BootID); err != nil {
		return state.SpaceError("the run's lock", err)
	}
	b := &bench.Run{Machine: s, ID: id, Req: req, Home: journal.NewHome(s.Dir, s.Locks, root, req, facts.BootID),
		Facts: facts}
	defer b.Home.Close()
	if err := b.Home.Settle(); err != nil {
		return err
	}
	fold, n, err := state.Fold(root)
	if err != nil {
		return err
	}
	kept, isKept := state.ReadCheckpoint(root)
	isKept = isKept && fold.Take(kept)
	e, err := erase.NewDrive(b)
	if err != nil {
		return err
	}
	job := fold.Job()
	if state := job.State; n > 0 && fold.Ended() && state != burnin.Unknown {
		return reason.New(reason.CannotResume, "job", id, "state", state)
	}
	if err := b.Begin(n+1, fold); err != nil {
		return err
	}
	if isKept { // for whoever goes on with this job without that file
		if err := b.Put(burnin.EvCheckpoint, kept.Checkpoint); err != nil {
			return errors.Join(err, b.Journal.Close())
		}
	}
	r := &run{Run: b, Drive: e, health: health.NewDrive(b), again: n > 0, passedGate: hasBegun(job)}
	err = r.live(ctx)
	return errors.Join(err, r.Journal.Close())
}

// live tells the run from what comes behind its head to its end.
func (r *run) live(ctx context.Context) error {
	if r.StopAsked() { // before it could begin, or before it could come back
		return r.Journal.End(burnin.End{State: burnin.Cancelled, Reason: r.Stopped()})
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r.Ended, r.Journal.Ended = ctx.Done(), ctx.Done()
	watched := make(chan struct{})
	go func() { defer close(watched); r.watchStop(ctx, cancel) }()
	said := r.work(ctx)
	if said != nil && said.Code == reason.JournalFailed && ctx.Err() != nil {
		said = r.Interrupted(ctx) // the journal would have waited longer
	}
	state := burnin.Unknown
	if said == nil {
		job := r.Job()
		state, said = burnin.Outcome(&job)
	} else if said.Kind() == reason.Person {
		state = burnin.Cancelled
	}
	cancel(nil)
	<-watched
	if r.Held != nil {
		if err := r.Uncount(); err != nil {
			log.Printf("job %s: the kernel's counts are not put back: %v", r.ID, err)
		}
		if err := r.Held.Close(); err != nil {
			log.Printf("job %s: the drive is not let go in order: %v", r.ID, err)
		}
	}
	return r.Journal.End(burnin.End{State: state, Reason: said, Absent: r.absent})
}

// watchStop turns a stop request, or the word of the system, into the run's end.
func (r *run) watchStop(ctx context.Context, cancel context.CancelCauseFunc) {
	for {
		if r.StopAsked() {
			cancel(bench.ErrPerson)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-r.After(r.Poll()):
		}
		r.Home.ComeHome()
	}
}

// work does the plan. It returns the reason for which the run cannot go on, or nil when its stages tell the outcome.
func (r *run) work(ctx context.Context) *reason.Said {
	lock, err := r.Locks.Take(r.Dir.DriveLock(state.DriveKey(r.Req.Drive)), r.Req.GID)
	switch {
	case errors.Is(err, port.ErrLocked):
		return r.InUse(drive.Usage{Class: drive.BurnIn, Text: "another job of Burnish has it"}, "")
	case err != nil:
		return r.Fault("the drive's lock", err)
	}
	defer lock.Close()
	said := r.hold(ctx)
	if said != nil && r.Req.Gate != "" && !r.passedGate {
		// else the others wait until their time is over
		_, _ = r.Dir.ShutFor(r.Req.Gate, state.DriveKey(r.Req.Drive), said)
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
	r.Home.AtWork.Store(true)
	if err := r.Put(burnin.EvRunning, nil); err != nil {
		return r.Failed(err, "the start")
	}
	return r.stages(ctx)
}

// hold is the moment of truth: the drive is held first, then read, then compared.
func (r *run) hold(ctx context.Context) *reason.Said {
	busy, err := r.Dir.Busy(r.Locks)
	if err != nil {
		return r.Fault("the other jobs", err)
	}
	delete(busy, state.DriveKey(r.Req.Drive)) // this job itself; another one would have the drive's lock
	destroys := r.Req.Plan.Destroys()
	r.Held, err = r.Host.Hold(ctx, r.Req.Drive, port.HoldOptions{Exclusive: destroys, Virtual: r.Req.VirtualDrives,
		SMARTTypes: r.Req.SMARTTypes, Job: r.ID, Busy: busy})
	if err != nil && ctx.Err() != nil {
		return r.Interrupted(ctx)
	}
	if err != nil {
		return r.notBack(ctx, r.Failed(err, "the start"))
	}
	if destroys {
		if err := r.Count(); err != nil {
			return r.Failed(err, "the start")
		}
		if r.Base, err = r.Held.SectorsWritten(); err != nil {
			return r.Failed(err, "the start")
		}
	}
	id, usage := r.Held.Identity(), r.Held.Usage()
	if id, usage, err = r.Settled(ctx, r.Held.Inspect, erase.LooksAtStart, id, usage, nil); err != nil {
		return r.Failed(err, "the start")
	}
	if destroys {
		if usage, err = r.Recall(usage); err != nil {
			return r.Fault("the other jobs", err)
		}
		if said := r.Over(ctx); said != nil {
			return said
		}
	}
	if said := r.Compare(id, usage, destroys); said != nil {
		return said
	}
	if err := r.Put(burnin.EvHeld, burnin.Held{Path: r.Held.Path(), Drive: id, Usage: usage,
		Place: r.Place()}); err != nil {
		return r.Failed(err, "the start")
	}
	return nil
}
