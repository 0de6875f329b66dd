package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/surface"
)

// A drive that vanishes says nothing about itself the first time: cable, slot, power and a hand in the wrong bay look
// the same. Once it has come back, been held again, and vanishes alone again, that is evidence against it; so is a drive
// that is not there when a person has resumed its job for the second time.
const (
	// kernelSays is how long the kernel may take to log that a drive left.
	kernelSays = 5 * time.Second
	// together is how close in time two drives vanish that do so for one cause.
	together = 2 * time.Minute
	// othersNotice is how long the runs of other drives may take to tell that theirs vanished too.
	othersNotice = 15 * time.Second
)

// departure is where a stage found that its drive is not there any more, and by what.
type departure struct {
	where string // " at byte 5", empty where nobody knows
	err   error
}

// vanished is the outcome of a stage whose drive is not there any more. That it is gone is told at once, for the runs of
// drives that vanish with it: each of them looks for the others before it says what its own departure means.
func (a *at) vanished(ctx context.Context, gone departure) (outcome, error) {
	if err := a.j.put(burnin.EvAway, burnin.Away{Stage: a.i}); err != nil {
		return outcome{}, err
	}
	where, err := gone.where, gone.err
	kernel := a.kernelOf(ctx)
	said := reason.New("drive_vanished", "stage", a.spec.Kind, "where", where, "error", err, "kernel", kernel)
	if a.j.job().Vanished == 0 {
		return ended(burnin.Unknown, said), nil
	}
	others, lookErr := a.othersVanished(ctx)
	switch {
	case ctx.Err() != nil:
		return ended(burnin.Unknown, nil), nil // the stage's caller knows why
	case lookErr != nil:
		a.log.say("whether other drives vanished too is not known: %v", lookErr)
		return ended(burnin.Unknown, said), nil
	case others != "":
		return ended(burnin.Unknown, reason.New("drive_vanished", "stage", a.spec.Kind, "where", where, "error", err,
			"kernel", kernel+" The drive of job "+others+" vanished at the same time: look for what they share.")), nil
	}
	what := fmt.Sprintf("It vanished, was there again when the job was resumed, and vanished again during %s%s: %v", a.spec.Kind, where, err)
	return ended(burnin.Failed, reason.New("drive_lost", "what", what, "kernel", kernel)), nil
}

// kernelOf is what the kernel's log says of the drive's leaving, for people. It waits for that a moment.
func (a *at) kernelOf(ctx context.Context) string {
	k := a.held.KernelErrors()
	for end := time.Now().Add(kernelSays); k.Readable && k.Gone == "" && time.Now().Before(end) && ctx.Err() == nil; {
		select {
		case <-ctx.Done():
		case <-time.After(min(kernelSays/10, 20*a.poll())):
			k = a.held.KernelErrors()
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

// othersVanished names a job whose drive vanished at about this time.
func (a *at) othersVanished(ctx context.Context) (job string, err error) {
	select {
	case <-ctx.Done():
		return "", nil
	case <-time.After(othersNotice):
	}
	ids, err := a.Dir.ids()
	if err != nil {
		return "", err
	}
	now := a.Now()
	for _, id := range ids {
		if id == a.id {
			continue
		}
		root, openErr := a.Dir.root(id)
		if openErr != nil {
			continue // removed just now
		}
		gone, lookErr := vanishedLately(root, now)
		if err = errors.Join(err, lookErr, root.Close()); gone {
			return id, nil
		}
	}
	return "", err
}

// vanishedLately reports whether a job says that its drive vanished at about this time.
func vanishedLately(root *os.Root, now time.Time) (bool, error) {
	t, n, err := fold(root)
	if err != nil || n == 0 {
		return false, err
	}
	job := t.Job()
	lately := func(ms int64) bool { return now.Sub(time.UnixMilli(ms)).Abs() <= together }
	if lately(job.AwayMs) {
		return true, nil
	}
	for _, s := range job.Stages { // a run of an older version tells it only here
		if s.Reason != nil && (s.Reason.Code == "drive_vanished" || s.Reason.Code == "drive_lost") && lately(s.EndedMs) {
			return true, nil
		}
	}
	return false, nil
}

// unlessGone says of a stage that came to nothing, or whose work failed, that the drive vanished, where that is so: who
// asks a drive that is not there for its health, or opens it, gets errors of many kinds.
func (a *at) unlessGone(ctx context.Context, out outcome, err error) (outcome, error) {
	var broken *journalError
	var io *surface.IOError
	switch {
	case errors.As(err, &broken), ctx.Err() != nil, err == nil && out.state != burnin.Unknown:
		return out, err
	case out.gone != nil:
	case errors.As(err, &io) && io.Class == surface.ClassGone:
		out.gone = &departure{whereOf(io), err}
	case a.held.Alive():
		return out, err
	case err != nil:
		out.gone = &departure{"", err}
	case out.said != nil:
		out.gone = &departure{"", out.said}
	default:
		return out, err
	}
	lost, err := a.vanished(ctx, *out.gone)
	lost.totals = out.totals
	return lost, err
}

// cameBack asks a drive that had vanished how it is, before the first stage goes on.
func (a *at) cameBack(ctx context.Context) (outcome, error) {
	job := a.j.job()
	if job.Vanished == 0 || a.asked || job.Health == nil || a.req.Plan.WithoutSMART {
		return passed, nil
	}
	a.asked = true
	a.log.say("the drive had vanished; its health is asked first")
	h, err := a.readHealth(ctx)
	if err != nil {
		return outcome{}, err
	}
	out, _, err := a.review(h, passed)
	return out, err
}

// notBack is for a drive that cannot be held. One that vanished in the middle of a stage and was not there either when its
// job was resumed before is given up: it had its chance.
func (r *run) notBack(said *reason.Said) *reason.Said {
	job := r.j.job()
	if said.Code != "drive_vanished" || job.Vanished == 0 || job.Absent == 0 {
		return said
	}
	for i, s := range job.Stages {
		if s.State != burnin.Unknown || s.Reason == nil || s.Reason.Code != "drive_vanished" {
			continue
		}
		lost := reason.New("drive_lost", "kernel", "",
			"what", fmt.Sprintf("It vanished during %s, and was not there when the job was resumed, %d times", s.Kind, job.Absent+1))
		err := errors.Join(r.j.put(burnin.EvRunning, nil),
			r.j.put(burnin.EvStage, burnin.StageChange{Stage: i, Kind: s.Kind, State: burnin.Running}), r.change(i, ended(burnin.Failed, lost)))
		if err != nil {
			return r.failed(err, "the start")
		}
		if said := r.tellResumed(i, 0); said != nil {
			return said
		}
		return lost
	}
	return said
}
