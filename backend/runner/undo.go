package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/surface"
	"burnish/backend/wire"
)

// Undo puts back what a job's first destructive act erased, as long as that is all that was written. The drive is held
// and proven as for a start; every place that is about to be written must still hold the zeros of that act, or already
// what belongs there, so that it may be asked again after it was cut off. The sector that tells a machine what the
// drive holds comes last. Before the first byte is written the job is over for good: what is somebody's again is not
// erased again under the same grant.
func (s *Service) Undo(ctx context.Context, ask wire.JobRequest) (wire.UndoReply, error) {
	var reply wire.UndoReply
	root, err := s.Dir.root(ask.Job)
	if err != nil {
		return reply, err
	}
	defer root.Close()
	req, err := s.Dir.request(ask.Job)
	if err != nil {
		return reply, err
	}
	lock, err := s.Locks.Take(s.Dir.in(ask.Job, lockFile), req.GID)
	if errors.Is(err, ErrLocked) {
		undoing, err := s.Locks.Held(s.Dir.in(ask.Job, undoingFile))
		if err == nil && undoing {
			return reply, cannotUndo(ask.Job, "an undo of it is at work already", "Wait for it; its log tells how it goes: burnish logs "+ask.Job+" --stage undo")
		}
		return reply, errors.Join(err, cannotUndo(ask.Job, "it is running", "Stop it first: burnish stop "+ask.Job))
	}
	if err != nil {
		return reply, err
	}
	defer lock.Close()
	mine, err := s.Locks.Take(s.Dir.in(ask.Job, undoingFile), req.GID)
	if err != nil {
		return reply, err
	}
	defer mine.Close()
	facts, err := s.Host.Facts()
	if err != nil {
		return reply, err
	}
	r := &run{Service: s, id: ask.Job, req: req, home: home{root: root}, facts: facts}
	defer r.home.close()
	if r.deeds, err = deedsOf(root); err != nil {
		return reply, err
	}
	switch d := r.deeds; {
	case !d.began:
		return reply, cannotUndo(ask.Job, "it has erased nothing", "The drive is as it was.")
	case d.lost:
		return reply, cannotUndo(ask.Job, "a later job has written over the drive", "What was there is lost; look for a backup of it.")
	case d.overwrote:
		return reply, cannotUndo(ask.Job, "the test went on and wrote over the drive", "What was there is lost; look for a backup of it.")
	case !d.somethings:
		return reply, cannotUndo(ask.Job, "nothing was where it erased", "The drive held nothing there but zeros and stamps of earlier tests.")
	}
	if err := r.inTheWay(); err != nil {
		return reply, err
	}
	k, err := readKit(root)
	if err != nil {
		return reply, err
	}
	file, err := r.stageLog(undoLog)
	if err != nil {
		return reply, err
	}
	defer file.close()
	file.say("undo, asked for by %s", ask.By)
	if err := r.putBack(ctx, k, ask.By); err != nil {
		file.say("not done: %v", err)
		return reply, err
	}
	reply.RestoredBytes, reply.LostBytes = k.saved(), k.LostBytes
	file.say("%d bytes are back where they were and read back right; %d bytes could not be read when they were saved", reply.RestoredBytes, reply.LostBytes)
	if r.deeds.restored { // asked again
		return reply, nil
	}
	return reply, r.noteRestored(burnin.Restored{RestoredBytes: reply.RestoredBytes, LostBytes: reply.LostBytes, By: reason.Clean(ask.By, 200)})
}

// undoingFile is locked by an undo beside the lock of a run, so that one is told from the other.
const undoingFile = "undoing"

// noteRestored tells in the job's undo journal that what was erased is back, and in those of the jobs whose kits this one
// had taken over.
func (r *run) noteRestored(what burnin.Restored) error {
	ids := []string{r.id}
	for i := 0; i < len(ids); i++ {
		root, err := r.Dir.root(ids[i])
		if reasonCode(err) == "no_such_job" {
			continue
		}
		if err != nil {
			return err
		}
		d, err := deedsOf(root)
		if err = errors.Join(err, root.Close()); err != nil {
			return err
		}
		for _, id := range d.took {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	var err error
	for _, id := range slices.Backward(ids) { // its own last: where that stands all do
		err = errors.Join(err, r.note(id, burnin.EvRestored, what))
	}
	return spaceError("the word that what was erased is back", err)
}

// note adds a line to the undo journal of a job that has ended. One that is not there any more needs none.
func (r *run) note(id string, kind burnin.EventKind, what any) error {
	root, err := r.Dir.root(id)
	if reasonCode(err) == "no_such_job" {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	req, err := r.Dir.request(id)
	if err != nil {
		return err
	}
	before, err := root.ReadFile(wire.UndoJournal)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := json.Marshal(what)
	if err != nil {
		return err
	}
	line, err := wire.EncodeEvent(burnin.Event{
		Seq: int64(bytes.Count(before, []byte{'\n'})) + 1, WallMs: r.Now().UnixMilli(), BootMs: r.Host.BootTime().Milliseconds(), Boot: r.facts.BootID, Kind: kind, Data: data,
	})
	if err != nil {
		return err
	}
	if err := writeSynced(r.Dir.in(id, wire.UndoJournal), append(before, line...), req.GID); err != nil {
		return err
	}
	return syncDir(r.Dir.job(id))
}

// noteOthers tells jobs that were before this one on its drive what has become of what they erased: it is in this job's
// kit, or this job writes over it now. Where that cannot be noted, this job's own journal says it.
func (a *at) noteOthers(kind burnin.EventKind, ids []string) {
	for _, id := range ids {
		if err := a.note(id, kind, burnin.ByJob{Job: a.id}); err != nil {
			a.log.say("job %s is not told what became of what it erased: %v", id, err)
		}
	}
}

// inTheWay refuses an undo that another job of the same drive stands in the way of: one that is at work, one whose own
// undo comes first, and one whose engine has written over what was there. Where nobody knows which job was first, what
// is on the drive decides.
func (r *run) inTheWay() error {
	all, err := r.Dir.pasts(r.req.Drive.Same)
	if err != nil {
		return err
	}
	me := past{id: r.id, deeds: r.deeds}
	for _, p := range all {
		before, sure := order(me, p)
		switch {
		case p.id == r.id, p.err != nil, !p.deeds.began, !sure, !before:
		case p.deeds.overwrote:
			said := cannotUndo(r.id, "job "+p.id+" has written over the drive since", "What was there is lost; look for a backup of it.")
			return errors.Join(said, removeKit(r.root()))
		case p.open():
			return cannotUndo(r.id, "job "+p.id+" has erased parts of the drive since, and that can be undone", "Undo job "+p.id+" first: burnish undo "+p.id)
		}
	}
	return nil
}

// undoLog names the log of undo beside those of the stages.
const undoLog burnin.StageKind = wire.UndoLog

func cannotUndo(job, why, wayOut string) *reason.Said {
	return reason.New("cannot_undo", "job", job, "why", why, "way_out", wayOut)
}

// putBack holds the drive, proves that it is the one and that nobody else has used it since, and writes.
func (r *run) putBack(ctx context.Context, k *kit, by string) error {
	lock, err := r.Locks.Take(r.Dir.driveLock(driveKey(r.req.Drive)), r.req.GID)
	if errors.Is(err, ErrLocked) {
		return r.hasIt()
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	busy, err := r.Dir.busy(r.Locks)
	if err != nil {
		return err
	}
	delete(busy, driveKey(r.req.Drive)) // this one
	r.held, err = r.Host.Hold(ctx, r.req.Drive, HoldOptions{Exclusive: true, Virtual: r.req.VirtualDrives, SMARTTypes: r.req.SMARTTypes, Job: r.id, Busy: busy})
	if err != nil {
		return r.failed(err, "the undo")
	}
	defer func() {
		if err := errors.Join(r.uncount(), r.held.Close()); err != nil {
			log.Printf("undo of job %s: %v", r.id, err)
		}
	}()
	id, usage, err := r.settled(ctx, r.held.Inspect, looksAtStart, r.held.Identity(), r.held.Usage(), nil)
	switch {
	case err != nil:
		return err
	case !id.Same(r.req.Drive):
		return r.another(id)
	case !r.mayRestore(k, id, usage):
		return usageSaid("what this job left there", usage, "")
	}
	dev, err := r.held.Device(true)
	if err != nil {
		return err
	}
	defer dev.Close()
	if size := dev.Geometry().SizeBytes; size != k.SizeBytes {
		return reason.New("identity_changed", "expected", r.req.Drive, "found", fmt.Sprintf("%d bytes", size), "path", r.held.Path())
	}
	data, err := r.root().Open(kitData)
	if err != nil {
		return err
	}
	defer data.Close()
	t, n, err := fold(r.root())
	if err != nil {
		return err
	}
	return restore(dev, k, data, t.Job(), func() error { return r.giveUp(t, n, by) })
}

// hasIt names the job that has the drive of this one.
func (r *run) hasIt() error {
	busy, err := r.Dir.busy(r.Locks)
	if err != nil {
		return err
	}
	by := busy[driveKey(r.req.Drive)]
	if by == "" || by == r.id {
		return cannotUndo(r.id, "another job's start or undo is at work on its drive", "Wait for it, and ask again.")
	}
	return cannotUndo(r.id, "job "+by+" has its drive", "Wait for that job. If it was started by mistake, stop it and undo it: burnish stop "+by+", then burnish undo "+by)
}

// mayRestore reports whether nothing uses the drive but what this job left, or what it, or a job before it whose kit it
// has taken over, was allowed to erase: an undo that was cut off has put back a part of that.
func (r *run) mayRestore(k *kit, id drive.Identity, usage drive.Usage) bool {
	if drive.StartableAgain(id, usage, r.deeds.rest).Destructive || drive.StartableUnder(id, usage, r.req.Grant).Destructive {
		return true
	}
	return slices.ContainsFunc(k.May, func(g drive.Grant) bool { return drive.StartableAgain(id, usage, &g).Destructive })
}

// giveUp ends a job of n runs that could go on. The request to stop comes first: it keeps the job from going on by itself should
// the journal not get its last line.
func (r *run) giveUp(t *burnin.Tracker, n int, by string) error {
	if t.Ended() && t.Job().State != burnin.Unknown {
		return nil
	}
	if err := writeSynced(r.Dir.in(r.id, stopFile), []byte(reason.Clean(by, 200)+"\n"), -1); err != nil {
		return spaceError("the stop request", err)
	}
	if err := r.begin(n+1, t); err != nil {
		return err
	}
	err := r.j.end(burnin.End{State: burnin.Cancelled, Reason: reason.New("undone")})
	if err = errors.Join(err, r.j.close()); err != nil {
		return err
	}
	return syncDir(r.Dir.job(r.id))
}

// restore checks all pieces, then has the job end, then writes them, the last first, then reads them back.
func restore(dev Device, k *kit, data io.ReaderAt, job burnin.Job, end func() error) error {
	got := surface.AlignedBuffer(pieceBytes)
	misfit, err := k.misfit(dev, data, job, func() error { return nil })
	if err == nil && misfit != nil {
		err = misfit
	}
	if err == nil {
		err = end()
	}
	if err != nil {
		return err
	}
	err = k.each(data, func(p piece, was []byte) error {
		if p.Blank {
			return nil
		}
		_, err := dev.WriteAt(was, p.Off)
		return err
	})
	if err == nil {
		err = dev.Flush()
	}
	if err != nil {
		return err
	}
	return k.each(data, func(p piece, was []byte) error {
		if p.Blank {
			return nil
		}
		g := got[:p.Len]
		if _, err := dev.ReadAt(g, p.Off); err != nil {
			return err
		}
		if !bytes.Equal(g, was) {
			return fmt.Errorf("bytes %d to %d do not read back as they were written", p.Off, p.Off+int64(p.Len)-1)
		}
		return nil
	})
}
