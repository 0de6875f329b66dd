package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/runner/journal"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/surface"
)

// A drive that vanishes says nothing about itself the first time: cable, slot, power and a hand in the wrong bay look
// the same. Once it has come back, been held again, and vanishes alone again, that is evidence against it; so is a
// drive that is not there, alone, when its job has been resumed twice, one time after the other. A drive is not there
// only where a look that could see all drives saw none like it (Host.Hold): what may be it, plugged in elsewhere, is
// doubt.
const (
	// kernelSays is how long the kernel may take to log that a drive left.
	kernelSays = 5 * time.Second
	// together is how close in time two drives vanish that do so for one cause.
	together = 2 * time.Minute
	// othersNotice is how long the runs of other drives may take to tell that theirs vanished too.
	othersNotice = 15 * time.Second
	// findsDrives is how long after its start a machine may still be finding its drives.
	findsDrives = 5 * time.Minute
)

// vanished is the outcome of a stage whose drive is not there any more. That it is gone is told at once, for the runs
// of drives that vanish with it: each of them looks for the others before it says what its own departure means.
func (a *stage) vanished(ctx context.Context, gone bench.Departure) (bench.Outcome, error) {
	if other := a.otherWay(); other != "" {
		what := fmt.Sprintf("%s was no longer there%s: %v; the drive still answers by %s", a.Held.Path(), gone.Where,
			gone.Err, other)
		return bench.Ended(burnin.Unknown, reason.New(reason.PathSuspect, "what", what, "stage", a.Spec.Kind)), nil
	}
	if err := a.Put(burnin.EvAway, burnin.Away{Stage: a.Index}); err != nil {
		return bench.Outcome{}, err
	}
	where, err := gone.Where, gone.Err
	kernel := a.kernelOf(ctx)
	said := reason.New(reason.DriveVanished, "stage", a.Spec.Kind, "where", where, "error", err, "kernel", kernel)
	if a.Job().Vanished == 0 {
		return bench.Ended(burnin.Unknown, said), nil
	}
	others, lookErr := a.run.othersVanished(ctx, nil)
	switch {
	case ctx.Err() != nil:
		return bench.Ended(burnin.Unknown, nil), nil // the stage's caller knows why
	case lookErr != nil:
		a.Say("whether other drives vanished too is not known: %v", lookErr)
		return bench.Ended(burnin.Unknown, said), nil
	case others != "":
		return bench.Ended(burnin.Unknown, reason.New(reason.DriveVanished, "stage", a.Spec.Kind, "where", where,
			"error", err,
			"kernel", kernel+" The drive of job "+others+" vanished at the same time: look for what they share.")), nil
	}
	what := fmt.Sprintf("It vanished, was there again when the job was resumed, and vanished again during %s%s: %v",
		a.Spec.Kind, where, err)
	return bench.Ended(burnin.Failed, reason.New(reason.DriveLost, "what", what, "kernel", kernel)), nil
}

// otherWay names a path by which the drive is still there, when the one that is used is not.
func (a *stage) otherWay() string {
	h, ok := a.Held.(erase.ManyPaths)
	if !ok {
		return ""
	}
	ways, _ := h.OtherPaths() // those that could be opened
	found := ""
	for _, w := range ways {
		p := surface.AlignedBuffer(w.Geometry().LogicalBytes)
		if _, err := w.ReadAt(p, 0); found == "" && (err == nil || erase.MediumIsForTheSweep(err) == nil) {
			found = w.Path
		}
		_ = w.Close()
	}
	return found
}

// kernelOf is what the kernel's log says of the drive's leaving, for people. It waits for that a moment.
func (a *stage) kernelOf(ctx context.Context) string {
	k := a.Held.KernelErrors()
	for end := a.Running() + kernelSays; k.Readable && k.Gone == "" && a.Running() < end && ctx.Err() == nil; {
		select {
		case <-ctx.Done():
		case <-a.After(min(kernelSays/10, 20*a.Poll())):
			k = a.Held.KernelErrors()
		}
	}
	switch {
	case k.Gone != "":
		return " The kernel logged: " + k.Gone + "."
	case k.Any():
		return " The kernel logged first: " + k.First + "."
	case k.Readable:
		return " The kernel logged nothing of it."
	}
	return ""
}

// othersVanished names a job whose drive vanished at about this time, or is away still and left when this one did.
func (r *run) othersVanished(ctx context.Context, left []int64) (job string, err error) {
	select {
	case <-ctx.Done():
		return "", nil
	case <-r.After(othersNotice):
	}
	ids, err := r.Dir.Ids()
	if err != nil {
		return "", err
	}
	now := r.Wall().UnixMilli()
	for _, id := range ids {
		if id == r.ID {
			continue
		}
		root, openErr := r.Dir.Root(id)
		if openErr != nil {
			continue // removed just now
		}
		t, n, lookErr := state.Fold(root)
		err = errors.Join(err, lookErr, root.Close())
		if lookErr != nil || n == 0 {
			continue
		}
		other := t.Job()
		times := leftAt(&other)
		if near(times, []int64{now}) || isAway(&other) && near(times, left) {
			return id, nil
		}
	}
	return "", err
}

// leftAt lists when a job found its drive gone.
func leftAt(job *burnin.Job) []int64 {
	times := []int64{job.AwayMs}
	for _, s := range job.Stages { // a run of an older version tells it only here
		if s.Reason != nil && (s.Reason.Code == reason.DriveVanished || s.Reason.Code == reason.DriveLost) {
			times = append(times, s.EndedWallMs)
		}
	}
	return times
}

// isAway reports whether the last word of a job is that its drive is not there.
func isAway(job *burnin.Job) bool {
	return job.State.Ended() && job.Reason != nil && (job.Reason.Code == reason.DriveVanished ||
		job.Reason.Code == reason.DriveLost)
}

// near reports whether two of these times are about the same.
func near(a, b []int64) bool {
	for _, at := range a {
		for _, by := range b {
			if at != 0 && by != 0 && time.Duration(at-by).Abs()*time.Millisecond <= together {
				return true
			}
		}
	}
	return false
}

// unlessGone says of a stage that came to nothing, or whose work failed, that the drive vanished, where that is so: who
// asks a drive that is not there for its health, or opens it, gets errors of many kinds.
func (a *stage) unlessGone(ctx context.Context, out bench.Outcome, err error) (bench.Outcome, error) {
	var broken *journal.Error
	var io *surface.IOError
	switch {
	case errors.As(err, &broken), ctx.Err() != nil, err == nil && out.State != burnin.Unknown:
		return out, err
	case out.Gone != nil:
	case errors.As(err, &io) && io.Class == surface.ClassGone:
		out.Gone = &bench.Departure{Where: bench.WhereOf(io), Err: err}
	case a.Held.Alive():
		return out, err
	case err != nil:
		out.Gone = &bench.Departure{Where: "", Err: err}
	case out.Said != nil:
		out.Gone = &bench.Departure{Where: "", Err: out.Said}
	default:
		return out, err
	}
	lost, err := a.vanished(ctx, *out.Gone)
	lost.Totals = out.Totals
	return lost, err
}

// cameBack asks a drive that had vanished how it is, before the first stage goes on.
func (a *stage) cameBack(ctx context.Context) (bench.Outcome, error) {
	job := a.Job()
	if job.Vanished == 0 || a.run.asked || job.Health == nil || a.Req.Plan.WithoutSMART {
		return bench.Passed, nil
	}
	a.run.asked = true
	a.Say("the drive had vanished; its health is asked first")
	h, err := a.health.ReadHealth(ctx)
	if err != nil {
		return bench.Outcome{}, err
	}
	out, _, _, err := a.health.Review(ctx, h, bench.Passed)
	return out, err
}

// notBack is for a drive that cannot be held. One that vanished in the middle of a stage and was not there either when
// its job was resumed before is given up, unless others are missing with it: it had its chance.
func (r *run) notBack(ctx context.Context, said *reason.Said) *reason.Said {
	job := r.Job()
	stage := vanishedIn(&job)
	if said.Code != reason.DriveVanished || job.Vanished == 0 || stage < 0 || r.BootTime() < findsDrives {
		return said
	}
	r.absent = true
	left := leftAt(&job)
	if err := r.Put(burnin.EvAway, burnin.Away{Stage: stage}); err != nil {
		return r.Failed(err, "the start")
	}
	if job.Absent == 0 {
		return said
	}
	switch others, err := r.othersVanished(ctx, left); {
	case ctx.Err() != nil:
		return r.Interrupted(ctx)
	case err != nil:
		r.absent = false // whether others are missing too is not known
		return said
	case others != "":
		r.absent = false
		return reason.New(reason.DriveVanished, "stage", "the start", "where", "", "error", port.ErrAbsent,
			"kernel", " The drive of job "+others+" is not there either: look for what they share.")
	}
	kind := job.Stages[stage].Kind
	lost := reason.New(reason.DriveLost, "kernel", "",
		"what", fmt.Sprintf("It vanished during %s, and was not there when the job was resumed, %d times", kind,
			job.Absent+1))
	err := errors.Join(r.Put(burnin.EvRunning, nil),
		r.Put(burnin.EvStage, burnin.StageChange{Stage: stage, Kind: kind, State: burnin.Running}),
		r.Change(stage, bench.Ended(burnin.Failed, lost)))
	if err != nil {
		return r.Failed(err, "the start")
	}
	if said := r.tellResumed(stage, 0); said != nil {
		return said
	}
	return lost
}

// vanishedIn gives the stage whose last word is that the drive vanished, -1 for none.
func vanishedIn(job *burnin.Job) int {
	for i, s := range job.Stages {
		if s.State == burnin.Unknown && s.Reason != nil && s.Reason.Code == reason.DriveVanished {
			return i
		}
	}
	return -1
}
