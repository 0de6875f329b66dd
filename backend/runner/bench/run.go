package bench

import (
	"context"
	"errors"
	"os"
	"reflect"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/journal"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// Run is what all rooms of one run share.
type Run struct {
	*Machine
	ID      string
	Req     wire.StartRequest
	Home    *journal.Home
	Facts   port.Facts
	Journal *journal.Journal
	Held    port.Held
	Ended   <-chan struct{} // closed when the run is to end

	// Unanswered names what the drive has not answered yet, empty for nothing. It is of the stage's goroutine.
	Unanswered func() string
	Traffic    traffic
	Sense      sense
}

// Root is the job's directory as it is now.
func (r *Run) Root() *os.Root { return r.Home.Current() }

// why a run's context was cancelled
var (
	ErrPerson = errors.New("stopped by a person")
	ErrStuck  = errors.New("no progress")
	ErrEnds   = errors.New("the run was told to end")
)

// Put writes an event into the journal and takes it in.
func (r *Run) Put(kind burnin.EventKind, data any) error { return r.Journal.Put(kind, data) }

// Job is what the journal says so far.
func (r *Run) Job() burnin.Job { return r.Journal.Job() }

func (r *Run) StopAsked() bool {
	_, err := r.Root().Lstat(state.StopFile)
	return err == nil
}

// Interrupted gives the reason for which the run's context ended.
func (r *Run) Interrupted(ctx context.Context) *reason.Said {
	if errors.Is(context.Cause(ctx), ErrPerson) || r.StopAsked() {
		return r.Stopped()
	}
	stage, progress := r.Journal.Where()
	return reason.New(reason.ToldToEnd, "stage", stage, "progress", progress)
}

// Stopped is the reason of a run that a person stopped.
func (r *Run) Stopped() *reason.Said {
	stage, progress := r.Journal.Where()
	return reason.New(reason.StoppedByPerson, "stage", stage, "progress", progress)
}

// Failed gives the reason behind an error: its own if it has one.
func (r *Run) Failed(err error, stage string) *reason.Said {
	var said *reason.Said
	var broken *journal.Error
	var unsure *port.UnsureError
	switch {
	case errors.As(err, &broken):
		return reason.New(reason.JournalFailed, "error", broken.Err)
	case errors.As(err, &unsure):
		return reason.New(reason.DriveUnsure, "drive", r.Req.Drive, "what", unsure.What)
	case errors.Is(err, port.ErrAbsent):
		return reason.New(reason.DriveVanished, "stage", stage, "where", "", "error", err, "kernel", "")
	case errors.As(err, &said):
		return said
	case errors.Is(err, ErrStuck):
		return reason.New(reason.Stuck, "stage", stage, "minutes", int(r.Beside().Limit.Minutes()))
	}
	return r.Fault(stage, err)
}

func (r *Run) Fault(stage string, err error) *reason.Said {
	return reason.New(reason.RunnerFault, "stage", stage, "error", err)
}

func (r *Run) InUse(usage drive.Usage, path string) *reason.Said {
	return reason.New(reason.DriveInUse, "drive", r.Req.Drive.ID(), "path", path, "usage", usage.Text,
		"way_out", usage.WayOut())
}

// Place is where the drive hangs; nil where nothing is known of that.
func (r *Run) Place() *drive.Place {
	p := r.Held.Place()
	if reflect.ValueOf(p).IsZero() {
		return nil
	}
	p.Paths = []string{r.Held.Path()}
	return &p
}

// Flash reports whether the drive is an SSD of any kind.
func (r *Run) Flash() bool {
	return r.Req.Drive.Kind == drive.SSD || r.Req.Drive.Kind == drive.NVMe
}

// writtenWhole reports whether a stage wrote to all of the drive and ended well.
func (r *Run) writtenWhole(i int) bool {
	return r.Req.Plan.Stages[i].WritesAll() && r.Job().Stages[i].State == burnin.Passed
}

// Log opens a log of the job, which grows over all its runs.
func (r *Run) Log(name burnin.LogName) (*journal.StageLog, error) {
	f, err := r.Root().OpenFile(name.File(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return nil, state.SpaceError("the stage's log", err)
	}
	if os.Geteuid() == 0 {
		if err := f.Chown(-1, r.Req.GID); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	l := &journal.StageLog{F: f, Clock: r.Clock, Name: name.File(), Home: r.Home}
	r.Home.Mu.Lock()
	defer r.Home.Mu.Unlock()
	r.Home.Log = l
	return l, r.Home.Keep(l.Name)
}

// Begin opens the journal of run n with its head.
func (r *Run) Begin(n int, fold *burnin.Tracker) error {
	prev := fold.EndingSeen(&burnin.Observation{BootID: r.Facts.BootID, BootedMs: r.Facts.Booted.UnixMilli()})
	if prev == nil && n > 1 {
		prev = &burnin.Ending{How: burnin.EndedItself, Said: fold.Job().Reason}
	}
	var err error
	r.Journal, err = journal.OpenJournal(r.Root(), n, r.Req.GID, r.Facts, r.Clock, fold)
	if err != nil {
		return err
	}
	r.Home.Journal = r.Journal
	head := burnin.Head{
		Format: burnin.Format, MinReader: burnin.MinReader, Runner: r.Version, Job: r.ID, Run: n,
		CreatedMs: r.Req.CreatedMs,
		NAS:       burnin.NAS{MachineID: r.Facts.MachineID, Hostname: r.Facts.Hostname}, Drive: r.Req.Drive,
		Usage: r.Req.Usage,
		Grant: r.Req.Grant, Plan: r.Req.Plan, PID: os.Getpid(), Previous: prev,
	}
	if err := r.Put(burnin.EvHead, head); err != nil {
		return errors.Join(err, r.Journal.Close())
	}
	return nil
}

func (r *Run) Change(i int, out Outcome) error {
	return r.Put(burnin.EvStage, burnin.StageChange{
		Stage: i, Kind: r.Req.Plan.Stages[i].Kind, State: out.State, Reason: out.Said, Totals: out.Totals,
		Temps: out.Temps, SelfTest: out.SelfTest, PausedMs: out.PausedMs,
	})
}
