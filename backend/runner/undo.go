package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"

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
		return reply, cannotUndo(ask.Job, "it is running", "Stop it first: burnish stop "+ask.Job)
	}
	if err != nil {
		return reply, err
	}
	defer lock.Close()
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
	case d.overwrote:
		return reply, cannotUndo(ask.Job, "the test went on and wrote over the drive", "What was there is lost; look for a backup of it.")
	case !d.somethings:
		return reply, cannotUndo(ask.Job, "nothing was where it erased", "The drive held nothing there but zeros and stamps of earlier tests.")
	}
	if by, err := r.erasedSince(); err != nil {
		return reply, err
	} else if by != nil {
		if by.CreatedMs > req.CreatedMs { // two clocks say so; one may have been wrong
			err = removeKit(root)
		}
		said := cannotUndo(ask.Job, "job "+by.Job+" has written to the drive since", "What was there is lost; look for a backup of it.")
		return reply, errors.Join(said, err)
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
	return reply, nil
}

// undoLog names the log of undo beside those of the stages.
const undoLog burnin.StageKind = wire.UndoLog

func cannotUndo(job, why, wayOut string) error {
	return reason.New("cannot_undo", "job", job, "why", why, "way_out", wayOut)
}

// putBack holds the drive, proves that it is the one and that nobody else has used it since, and writes.
func (r *run) putBack(ctx context.Context, k *kit, by string) error {
	lock, err := r.Locks.Take(r.Dir.driveLock(driveKey(r.req.Drive)), r.req.GID)
	if errors.Is(err, ErrLocked) {
		return r.inUse(drive.Usage{Class: drive.BurnIn, Text: "another job of Burnish has it"}, "")
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
	r.held, err = r.Host.Hold(ctx, r.req.Drive, HoldOptions{Exclusive: true, Virtual: r.req.VirtualDrives, Job: r.id, Busy: busy})
	if err != nil {
		return r.failed(err, "the undo")
	}
	defer func() {
		if err := r.held.Close(); err != nil {
			log.Printf("undo of job %s: %v", r.id, err)
		}
	}()
	id, usage, err := r.settled(ctx, r.held.Identity(), r.held.Usage())
	switch {
	case err != nil:
		return err
	case !id.Same(r.req.Drive):
		return r.another(id)
	case !drive.StartableAgain(id, usage, r.deeds.rest).Destructive && !drive.StartableUnder(id, usage, r.req.Grant).Destructive:
		return reason.New("usage_changed", "expected", "what this job left there", "found", fmt.Sprintf("%s: %s", usage.Class, usage.Text))
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
	err := k.each(data, func(p piece, was []byte) error {
		other, err := p.untouched(dev, was, job)
		if err == nil && other >= 0 {
			err = cannotUndo(job.ID, fmt.Sprintf("something was written since at byte %d", other), "Look at the drive again; nothing was changed.")
		}
		return err
	})
	if err == nil {
		var other int64
		if other, err = k.changed(dev); err == nil && other >= 0 {
			err = cannotUndo(job.ID, fmt.Sprintf("the drive was written to since, at byte %d", other), "What was there is lost; look for a backup of it.")
		}
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
