package erase

import (
	"context"
	"errors"
	"fmt"
	"time"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
)

// lookers is how long a process that only has the drive open may keep a run from going on: monitors and udev look at
// drives for a moment, what uses a drive stays.
const lookers = 10 * time.Second

// A look that could not tell how a drive is used is repeated: the drive, or what else was asked, may have been busy.
// Who holds a drive for a start has somebody waiting, a stage has time; Held gives each further look more of it.
const (
	LooksAtStart = 2
	LooksOfStage = 5
	lookAgainIn  = 10 // polls, doubled each time
)

// inspect reads identity and usage.
type inspect func(context.Context) (drive.Identity, drive.Usage, error)

// seen is what it gives.
type seen struct {
	id    drive.Identity
	usage drive.Usage
}

// InspectWatched is Inspect as what the drive is asked in a stage.
func (a *Stage) InspectWatched(ctx context.Context) (drive.Identity, drive.Usage, error) {
	return inspectBy(a.Asker())(ctx)
}

// inspectBy is Inspect as what somebody asks the drive.
func inspectBy(by bench.Asker) inspect {
	return func(ctx context.Context) (drive.Identity, drive.Usage, error) {
		s, err := bench.Ask(by, bench.Flight{What: "a look at its labels"}, func() (seen, error) {
			id, usage, err := by.Held.Inspect(ctx)
			return seen{id, usage}, err
		})
		return s.id, s.usage, err
	}
}

// look reads identity and usage under the hold.
func (a *Stage) look() (drive.Identity, drive.Usage, *reason.Said) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go func() {
		select {
		case <-a.Ended:
			cancel(bench.ErrEnds)
		case <-ctx.Done():
		}
	}()
	id, usage, err := a.InspectWatched(ctx)
	id, usage, err = a.Settled(ctx, a.InspectWatched, LooksOfStage, id, usage, err)
	if err == nil {
		usage, err = a.Recall(usage)
	}
	if err = errors.Join(err, a.MediumErrors(usage.FailedReads, 0)); err != nil {
		return id, usage, a.Failed(err, string(a.Spec.Kind))
	}
	return id, usage, nil
}

// Settled reads identity and usage again for as long as what stands in the way may go by: an open file, and that there
// was no answer, which is no usage.
func (e *Drive) Settled(ctx context.Context, look inspect, looks int, id drive.Identity, usage drive.Usage,
	err error) (drive.Identity, drive.Usage, error) {
	wait := lookAgainIn * e.run.Poll()
	for end := e.run.Running() + lookers; ctx.Err() == nil; {
		unread := err != nil && e.run.Held.Alive() && !errors.Is(err, bench.ErrStuck) || err == nil &&
			usage.Class == drive.CannotTell && !e.allowed(usage)
		pause := e.run.Poll()
		switch {
		case unread && looks > 0:
			looks--
			pause, wait = wait, 2*wait
		case err != nil || usage.Class != drive.OpenByProcess || e.run.Running() > end:
			return id, usage, err
		}
		select {
		case <-ctx.Done():
		case <-e.run.After(pause):
			id, usage, err = look(ctx)
		}
	}
	return id, usage, err
}

// allowed reports whether the job may go on although nobody can tell how the drive is used: because it fails at a place
// where labels are kept, and a person allowed that, or the plan writes nothing.
func (e *Drive) allowed(usage drive.Usage) bool {
	return !e.run.Req.Plan.Destroys() || e.startable(e.run.Req.Drive, usage).Destructive
}

// usageSaid is the reason for a usage that is not what was agreed to. That it could not be read says nothing of how the
// drive is used.
func usageSaid(expected string, usage drive.Usage, differs string) *reason.Said {
	if usage.Class == drive.CannotTell {
		return reason.New(reason.UsageUnread, "what", usage.Text, "way_out", usage.UnreadWayOut())
	}
	return reason.New(reason.UsageChanged, "expected", expected, "found", fmt.Sprintf("%s: %s%s", usage.Class,
		usage.Text, differs))
}
