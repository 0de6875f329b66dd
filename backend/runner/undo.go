package runner

import (
	"context"
	"errors"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/runner/journal"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// Undo puts back what a job's first destructive act erased, as long as that is all that was written. The drive is held
// and proven as for a start; every place that is about to be written must still hold the zeros of that act, or already
// what belongs there, so that it may be asked again after it was cut off. The sector that tells a machine what the
// drive holds comes last. Before the first byte is written the job is over for good: what is somebody's again is not
// erased again under the same grant.
func (s *Service) Undo(ctx context.Context, ask wire.JobRequest) (wire.UndoReply, error) {
	var reply wire.UndoReply
	root, err := s.Dir.Root(ask.Job)
	if err != nil {
		return reply, err
	}
	defer root.Close()
	req, err := s.Dir.Request(ask.Job)
	if err != nil {
		return reply, err
	}
	lock, err := s.Locks.Take(s.Dir.In(ask.Job, state.LockFile), req.GID)
	if errors.Is(err, port.ErrLocked) {
		undoing, err := s.Locks.Held(s.Dir.In(ask.Job, erase.UndoingFile))
		if err == nil && undoing {
			return reply, erase.CannotUndo(ask.Job, "an undo of it is at work already",
				"Wait for it; its log tells how it goes: burnish logs "+ask.Job+" --stage undo").
				AtWindow("Wait for it.")
		}
		return reply, errors.Join(err, erase.CannotUndo(ask.Job, "it is running", "Stop it first: burnish stop "+
			ask.Job).AtWindow("Stop it first."))
	}
	if err != nil {
		return reply, err
	}
	defer lock.Close()
	mine, err := s.Locks.Take(s.Dir.In(ask.Job, erase.UndoingFile), req.GID)
	if err != nil {
		return reply, err
	}
	defer mine.Close()
	facts, err := s.Host.Facts()
	if err != nil {
		return reply, err
	}
	r := &bench.Run{Machine: &s.Machine, ID: ask.Job, Req: req, Home: journal.NewHome(s.Dir, s.Locks, root, req,
		facts.BootID), Facts: facts}
	defer r.Home.Close()
	e, err := erase.NewDrive(r)
	if err != nil {
		return reply, err
	}
	switch d := e.History; {
	case !d.Began:
		return reply, erase.CannotUndo(ask.Job, "it has erased nothing", "The drive is as it was.")
	case d.Lost:
		return reply, erase.CannotUndo(ask.Job, "a later job has written over the drive",
			"What was there is lost; look for a backup of it.")
	case d.Overwrote:
		return reply, erase.CannotUndo(ask.Job, "the test went on and wrote over the drive",
			"What was there is lost; look for a backup of it.")
	case !d.Somethings:
		return reply, erase.CannotUndo(ask.Job, "nothing was where it erased", "The drive held nothing there but "+
			"zeros and stamps of earlier tests.")
	}
	if err := e.InTheWay(); err != nil {
		return reply, err
	}
	k, err := erase.ReadKit(root)
	if err != nil {
		return reply, err
	}
	file, err := r.Log(burnin.LogUndo)
	if err != nil {
		return reply, err
	}
	defer file.Close()
	file.Say("undo, asked for by %s", ask.By)
	if err := e.PutBack(ctx, k, ask.By, file.Say); err != nil {
		file.Say("not done: %v", err)
		return reply, err
	}
	reply.RestoredBytes, reply.LostBytes = k.Saved(), k.LostBytes
	file.Say("%d bytes are back where they were and read back right; %d bytes could not be read when they were saved",
		reply.RestoredBytes, reply.LostBytes)
	if e.History.Restored { // asked again
		return reply, nil
	}
	return reply, e.NoteRestored(burnin.Restored{RestoredBytes: reply.RestoredBytes, LostBytes: reply.LostBytes,
		By: reason.Clean(ask.By, 200)})
}
