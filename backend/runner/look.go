package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"burnish/backend/drive"
	"burnish/backend/reason"
)

// lookers is how long a process that only has the drive open may keep a run from going on: monitors and udev look at
// drives for a moment, what uses a drive stays.
const lookers = 10 * time.Second

// A look that could not tell how a drive is used is repeated: the drive, or what else was asked, may have been busy. Who holds
// a drive for a start has somebody waiting, a stage has time; Held gives each further look more of it.
const (
	looksAtStart = 2
	looksOfStage = 5
	lookAgainIn  = 10 // polls, doubled each time
)

// inspect reads identity and usage.
type inspect func(context.Context) (drive.Identity, drive.Usage, error)

// seen is what it gives.
type seen struct {
	id    drive.Identity
	usage drive.Usage
}

// inspectWatched is Inspect as what the drive is asked in a stage.
func (a *at) inspectWatched(ctx context.Context) (drive.Identity, drive.Usage, error) {
	s, err := ask(a, flight{what: "a look at its labels"}, func() (seen, error) {
		id, usage, err := a.held.Inspect(ctx)
		return seen{id, usage}, err
	})
	return s.id, s.usage, err
}

// look reads identity and usage under the hold.
func (a *at) look() (drive.Identity, drive.Usage, *reason.Said) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go func() {
		select {
		case <-a.ended:
			cancel(errEnds)
		case <-ctx.Done():
		}
	}()
	id, usage, err := a.inspectWatched(ctx)
	id, usage, err = a.settled(ctx, a.inspectWatched, looksOfStage, id, usage, err)
	if err == nil {
		usage, err = a.recall(usage)
	}
	if err = errors.Join(err, a.met(usage.FailedReads, 0)); err != nil {
		return id, usage, a.failed(err, string(a.spec.Kind))
	}
	return id, usage, nil
}

// settled reads identity and usage again for as long as what stands in the way may go by: an open file, and that there was
// no answer, which is no usage.
func (r *run) settled(ctx context.Context, look inspect, looks int, id drive.Identity, usage drive.Usage, err error) (drive.Identity, drive.Usage, error) {
	wait := lookAgainIn * r.poll()
	for end := time.Now().Add(lookers); ctx.Err() == nil; {
		unread := err != nil && r.held.Alive() && !errors.Is(err, errStuck) || err == nil && usage.Class == drive.CannotTell && !r.allowed(usage)
		pause := r.poll()
		switch {
		case unread && looks > 0:
			looks--
			pause, wait = wait, 2*wait
		case err != nil || usage.Class != drive.OpenByProcess || time.Now().After(end):
			return id, usage, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
			id, usage, err = look(ctx)
		}
	}
	return id, usage, err
}

// allowed reports whether the job may go on although nobody can tell how the drive is used: because it fails at a place where
// labels are kept, and a person allowed that, or the plan writes nothing.
func (r *run) allowed(usage drive.Usage) bool {
	return !r.req.Plan.Destroys() || r.startable(r.req.Drive, usage).Destructive
}

// usageSaid is the reason for a usage that is not what was agreed to. That it could not be read says nothing of how the
// drive is used.
func usageSaid(expected string, usage drive.Usage, differs string) *reason.Said {
	if usage.Class == drive.CannotTell {
		return reason.New("usage_unread", "what", usage.Text, "way_out", usage.UnreadWayOut())
	}
	return reason.New("usage_changed", "expected", expected, "found", fmt.Sprintf("%s: %s%s", usage.Class, usage.Text, differs))
}
