package middleware

import (
	"context"
	"errors"
	"fmt"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/truenas"
)

const (
	wipeEvery   = 10 * time.Second
	settleEvery = 3 * time.Second
	// answersWithin is how long a wipe that was asked for may take to show among TrueNAS's jobs.
	answersWithin = 3 * time.Minute
	clockSlack    = 5 * time.Second
	wipeStuck     = time.Hour // without a byte
	kernelSource  = "the kernel's count of sectors written"
)

// Why a wipe is ended.
const (
	becauseStop    = "stop"
	becauseQueued  = "queued"
	becauseForeign = "foreign"
	becauseStuck   = "stuck"
	becauseMoved   = "moved"
)

// wipe has TrueNAS write to the whole drive, and counts what the kernel wrote.
func (d *Driver) wipe(ctx context.Context, i int) (ending, error) {
	if begun, ok := d.Job.note(i, noteBegun); ok {
		return d.followWipe(ctx, i, begun)
	}
	if asked, ok := d.Job.note(i, noteAsks); ok {
		return d.findWipe(ctx, i, asked, 0)
	}
	if d.Stop() {
		return ended(burnin.Cancelled, d.said(reason.StoppedByPerson)), nil
	}
	return d.askForWipe(ctx, i)
}

// askForWipe is the moment of truth.
func (d *Driver) askForWipe(ctx context.Context, i int) (ending, error) {
	last, _, said, err := d.free(ctx)
	if err != nil {
		return ending{}, err
	}
	if said == nil {
		said = d.untouched()
	}
	if said != nil {
		return ended(burnin.Unknown, said), nil
	}
	asks := note{Stage: i, What: noteAsks, Disk: d.now.Name, Seq: d.now.Seq, Written: d.now.Written, Last: last}
	if err := d.put(burnin.EvMiddleware, asks); err != nil {
		return ending{}, err
	}
	a, err := d.NAS.CallOn(ctx, d.now, truenas.MethodWipe, truenas.Wipe(d.now.Name)...)
	if errors.Is(err, ErrOtherDisk) {
		return ended(burnin.Unknown, reason.New(reason.IdentityChanged, "expected", d.Request.Drive.String(), "found",
			"another disk", "path", "/dev/"+d.now.Name)), nil
	}
	if err != nil {
		return ending{}, err
	}
	var id int64
	var refused *truenas.CallError
	out, err := a.Result(truenas.MethodWipe)
	switch {
	case errors.As(err, &refused) && refused.NothingBegan():
		return ending{}, err
	case err == nil:
		id, _ = truenas.JobID(truenas.MethodWipe, out) // what is no id is looked for
	}
	asks, _ = d.Job.note(i, noteAsks)
	return d.findWipe(ctx, i, asks, id)
}

// untouched says whether anybody may have written to the disk since the job began.
func (d *Driver) untouched() *reason.Said {
	seen := d.Job.seen
	switch {
	case seen == nil:
		return changed("a disk of which nobody counted what was written")
	case d.now.Boot != seen.boot:
		return changed("a NAS that was restarted since, so that nobody knows what was written to the disk meanwhile")
	case d.now.Seq != seen.Seq:
		return changed("a disk that was away since")
	case d.now.Written != seen.Written:
		return reason.New(reason.ForeignWrites, "foreign", (d.now.Written-seen.Written)/512)
	}
	return nil
}

// findWipe looks for the wipe that was asked for among TrueNAS's jobs, by the id that TrueNAS answered with. That is 0
// where the answer was lost: then it must be the only one that it can be.
func (d *Driver) findWipe(ctx context.Context, i int, asked note, id int64) (ending, error) {
	if d.now.Boot != asked.boot {
		return ended(burnin.Unknown, d.restarted()), nil
	}
	out, err := d.result(ctx, truenas.MethodJobs, truenas.Wipes()...)
	if err != nil {
		return ending{}, err
	}
	jobs, err := truenas.Jobs(out)
	if err != nil {
		return ended(burnin.Unknown, reason.New(reason.MidcltRefused, "error", err)), nil
	}
	var found []truenas.Job
	for _, j := range jobs {
		ours := id == 0 || j.ID == id
		if ours && j.ID > asked.Last && truenas.WipeOf(j, asked.Disk) &&
			j.StartedMs >= asked.atMs-clockSlack.Milliseconds() {
			found = append(found, j)
		}
	}
	switch since := time.Duration(d.now.UpMs-asked.bootMs) * time.Millisecond; {
	case len(found) == 0 && since < answersWithin:
		return goesOn(settleEvery), nil
	case len(found) != 1:
		return ended(burnin.Unknown, reason.New(reason.WipeUnanswered, "disk", asked.Disk, "found", len(found),
			"bytes", max(d.now.Written-asked.Written, 0))), nil
	}
	job := found[0]
	if err := d.put(burnin.EvMiddleware, note{Stage: i, What: noteBegun, Disk: asked.Disk, Seq: asked.Seq,
		Written: asked.Written, Job: &job}); err != nil {
		return ending{}, err
	}
	begun, _ := d.Job.note(i, noteBegun)
	_, said, err := d.find(ctx) // right after
	if err != nil {
		return ending{}, err
	}
	if said != nil && said.Code == reason.IdentityChanged { // one that vanished ends its wipe by itself
		return d.abort(ctx, i, begun, becauseMoved)
	}
	return d.followWipe(ctx, i, begun)
}

// followWipe looks how the wipe stands.
func (d *Driver) followWipe(ctx context.Context, i int, begun note) (ending, error) {
	if d.now.Boot != begun.boot {
		return ended(burnin.Unknown, d.restarted()), nil // it ends with its machine
	}
	out, err := d.result(ctx, truenas.MethodJobs, truenas.JobByID(begun.Job.ID)...)
	if err != nil {
		return ending{}, err
	}
	jobs, err := truenas.Jobs(out)
	if err != nil {
		return ended(burnin.Unknown, reason.New(reason.MidcltRefused, "error", err)), nil
	}
	if len(jobs) != 1 || !jobs[0].Same(*begun.Job) {
		return ended(burnin.Unknown, d.said(reason.WipeLost, "id", begun.Job.ID)), nil
	}
	if err := d.look(ctx, begun.Disk); err != nil { // after the word on the job
		return ending{}, err
	}
	if d.now.Boot != begun.boot {
		return ended(burnin.Unknown, d.restarted()), nil
	}
	job, done := jobs[0], d.now.Written-begun.Written
	here := d.now.Seq == begun.Seq
	if here && done > 0 {
		err := d.progress(burnin.Progress{Stage: i, Phase: "write", Pass: 1, Done: min(done, d.whole()),
			Total: d.whole(), Written: done})
		if err != nil {
			return ending{}, err
		}
	}
	aborts, aborting := d.Job.note(i, noteAborts)
	switch job.State {
	case truenas.Success:
		return d.wiped(ctx, i, begun)
	case truenas.Aborted:
		return d.wipeAborted(i, begun, aborts)
	case truenas.Broken:
		return ended(burnin.Unknown, d.wipeFailed(job, here, done)), nil
	case truenas.Waiting, truenas.Running: // below
	default:
		return goesOn(wipeEvery), nil // a state of a newer TrueNAS
	}
	switch {
	case aborting:
		return d.abort(ctx, i, begun, aborts.Why)
	case d.Stop():
		return d.abort(ctx, i, begun, becauseStop)
	case job.State == truenas.Waiting:
		return d.abort(ctx, i, begun, becauseQueued)
	case here && done > d.whole():
		return d.abort(ctx, i, begun, becauseForeign)
	case d.stands(done) >= d.wipeLimit(i):
		return d.abort(ctx, i, begun, becauseStuck)
	}
	return goesOn(wipeEvery), nil
}

func (d *Driver) whole() int64 { return truenas.Wiped(d.Request.Drive.SizeBytes) }

func (d *Driver) wipeLimit(i int) time.Duration {
	if m := d.Request.Plan.Stages[i].StuckMinutes; m > 0 {
		return time.Duration(m) * time.Minute
	}
	return wipeStuck
}

// abort has TrueNAS end the wipe. What waits for another one is only flagged, and ends when its turn comes.
func (d *Driver) abort(ctx context.Context, i int, begun note, why string) (ending, error) {
	if _, ok := d.Job.note(i, noteAborts); !ok {
		err := d.put(burnin.EvMiddleware, note{Stage: i, What: noteAborts, Disk: begun.Disk, Job: begun.Job, Why: why})
		if err != nil {
			return ending{}, err
		}
	}
	a, err := d.NAS.Call(ctx, truenas.MethodJobAbort, truenas.AbortJob(begun.Job.ID)...)
	if err == nil {
		_, err = a.Result(truenas.MethodJobAbort)
	}
	return goesOn(settleEvery), err
}

// wipeAborted ends the stage once nothing more is written: TrueNAS calls a wipe aborted while its last MiB is on its
// way.
func (d *Driver) wipeAborted(i int, begun, aborts note) (ending, error) {
	if d.now.Seq == begun.Seq {
		same := d.still.set && d.still.written == d.now.Written && d.now.Busy == 0
		if !same || d.now.UpMs-d.still.upMs < settleEvery.Milliseconds() {
			if !same {
				d.still.set, d.still.written, d.still.upMs = true, d.now.Written, d.now.UpMs
			}
			return goesOn(settleEvery), nil
		}
	}
	done := max(d.now.Written-begun.Written, 0)
	switch aborts.Why {
	case becauseStop:
		return ended(burnin.Cancelled, d.said(reason.StoppedByPerson)), nil
	case becauseQueued:
		return ended(burnin.Unknown, reason.New(reason.WipeQueued, "disk", begun.Disk)), nil
	case becauseForeign:
		return ended(burnin.Unknown, reason.New(reason.ForeignWrites, "foreign", (done-d.whole())/512)), nil
	case becauseStuck:
		return ended(burnin.Unknown, reason.New(reason.Stuck, "stage", burnin.SurfaceValidate, "minutes",
			int(d.wipeLimit(i).Minutes()))), nil
	case becauseMoved:
		return ended(burnin.Unknown, reason.New(reason.IdentityChanged, "expected", d.Request.Drive.String(), "found",
			"another disk, right after the wipe had begun", "path", "/dev/"+begun.Disk)), nil
	}
	return ended(burnin.Unknown, d.said(reason.WipeAborted, "id", begun.Job.ID)), nil
}

// wipeFailed says what is known of a wipe that ended with an error. TrueNAS tells no place, and does not try again: it
// is no evidence against the drive.
func (d *Driver) wipeFailed(job truenas.Job, here bool, done int64) *reason.Said {
	if !here {
		return d.said(reason.DriveVanished, "where", "", "error", "TrueNAS's wipe ended with "+job.Error, "kernel", "")
	}
	return reason.New(reason.WipeFailed, "error", job.Error, "bytes", max(done, 0))
}

// wiped weighs a wipe that TrueNAS calls done.
func (d *Driver) wiped(ctx context.Context, i int, begun note) (ending, error) {
	if d.now.Seq != begun.Seq {
		return ended(burnin.Unknown, d.said(reason.DriveVanished, "where", "", "error",
			"the kernel counts from nothing again, so it was away", "kernel", "")), nil
	}
	disk, said, err := d.find(ctx)
	if err != nil {
		return ending{}, err
	}
	if said == nil && disk.Name != begun.Disk {
		said = reason.New(reason.IdentityChanged, "expected", d.Request.Drive.String()+" at /dev/"+begun.Disk, "found",
			"it", "path", "/dev/"+disk.Name)
	}
	if said != nil {
		return ended(burnin.Unknown, said), nil
	}
	done, whole := d.now.Written-begun.Written, d.whole()
	figures := burnin.Figures{Count: done, Of: whole}
	value := fmt.Sprintf("%d of %d bytes", done, whole)
	for _, f := range []burnin.Fact{
		{ID: burnin.FactWritten, OK: done >= whole, Value: value, Figures: figures},
		{ID: burnin.FactForeignWrites, OK: done <= whole, Value: value, Figures: figures},
	} {
		f.Stage, f.Source = i, kernelSource
		if err := d.fact(f); err != nil {
			return ending{}, err
		}
	}
	totals := &burnin.Totals{Written: done, Complete: done == whole}
	switch {
	case done < whole:
		return ending{state: burnin.Unknown, totals: totals, said: reason.New(reason.WipeUnwritten,
			"written", max(done, 0), "whole", whole)}, nil
	case done > whole:
		return ending{state: burnin.Unknown, totals: totals, said: reason.New(reason.ForeignWrites, "foreign",
			(done-whole)/512)}, nil
	}
	tail := d.Request.Drive.SizeBytes - whole
	return ending{state: burnin.Passed, totals: totals}, d.put(burnin.EvWarning, burnin.Warning{Stage: i,
		Said: reason.New(reason.WrittenOnly, "tail", tail)})
}
