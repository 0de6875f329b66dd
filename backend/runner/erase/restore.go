package erase

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
	"burnish/backend/runner/bench"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/size"
	"burnish/backend/surface"
	"burnish/backend/wire"
)

func CannotUndo(job, why, wayOut string) *reason.Said {
	return reason.New(reason.CannotUndo, "job", job, "why", why, "way_out", wayOut)
}

// PutBack holds the drive, proves that it is the one and that nobody else has used it since, and writes. It says what
// takes long. A drive that does not answer ends it; what is back by then stays, and it may be asked again. What the
// drive was asked may still reach it, so it stays held until it has answered, or the process is gone.
func (e *Drive) PutBack(ctx context.Context, k *kit, by string, say func(format string, args ...any)) error {
	asker := e.run.Beside()
	var held holds
	err := e.putBack(ctx, k, by, asker, say, &held)
	if errors.Is(err, bench.ErrStuck) {
		go func() {
			asker.UntilQuiet()
			held.letGo()
		}()
		return CannotUndo(e.run.ID, fmt.Sprintf("its drive has not answered for %d minutes",
			int(asker.Limit.Minutes())), "Check cable, power and slot, then undo it again: nothing of what can be "+
			"brought back is lost.")
	}
	held.letGo()
	return err
}

// holds are what is let go of together, the last first.
type holds []func()

func (h *holds) add(letGo func()) { *h = append(*h, letGo) }

func (h *holds) letGo() {
	for _, f := range slices.Backward(*h) {
		f()
	}
}

func (e *Drive) putBack(ctx context.Context, k *kit, by string, asker bench.Asker,
	say func(format string, args ...any), held *holds) error {
	lock, err := e.run.Locks.Take(e.run.Dir.DriveLock(state.DriveKey(e.run.Req.Drive)), e.run.Req.GID)
	if errors.Is(err, port.ErrLocked) {
		return e.hasIt()
	}
	if err != nil {
		return err
	}
	held.add(func() { _ = lock.Close() })
	busy, err := e.run.Dir.Busy(e.run.Locks)
	if err != nil {
		return err
	}
	delete(busy, state.DriveKey(e.run.Req.Drive)) // this one
	e.run.Held, err = e.run.Host.Hold(ctx, e.run.Req.Drive, port.HoldOptions{Exclusive: true,
		Virtual: e.run.Req.VirtualDrives, SMARTTypes: e.run.Req.SMARTTypes, Job: e.run.ID, Busy: busy})
	if err != nil {
		return e.run.Failed(err, "the undo")
	}
	held.add(func() {
		if err := errors.Join(e.Uncount(), e.run.Held.Close()); err != nil {
			log.Printf("undo of job %s: %v", e.run.ID, err)
		}
	})
	defer asker.Watch(func(hangs *reason.Said, _ int) { say("%s", hangs.Error()) })()
	id, usage, err := e.Settled(ctx, inspectBy(asker), LooksAtStart, e.run.Held.Identity(), e.run.Held.Usage(), nil)
	switch {
	case err != nil:
		return err
	case !id.Same(e.run.Req.Drive):
		return e.Another(id)
	case !e.mayRestore(k, id, usage):
		return usageSaid("what this job left there", usage, "")
	}
	raw, err := e.run.Held.Device(true)
	if err != nil {
		return err
	}
	dev := bench.NewDirect(raw, asker)
	held.add(func() { _ = dev.Close() })
	if got := dev.Geometry().SizeBytes; got != k.SizeBytes {
		return reason.New(reason.IdentityChanged, "expected", e.run.Req.Drive, "found", size.Exact(got),
			"path", e.run.Held.Path())
	}
	data, err := e.run.Root().Open(kitData)
	if err != nil {
		return err
	}
	defer data.Close()
	t, n, err := state.Fold(e.run.Root())
	if err != nil {
		return err
	}
	return restore(dev, k, data, t.Job(), func() error { return e.giveUp(t, n, by) })
}

// giveUp ends a job of n runs that could go on. The request to stop comes first: it keeps the job from going on by
// itself should the journal not get its last line.
func (e *Drive) giveUp(t *burnin.Tracker, n int, by string) error {
	if t.Ended() && t.Job().State != burnin.Unknown {
		return nil
	}
	if err := state.WriteSynced(e.run.Dir.In(e.run.ID, state.StopFile), []byte(reason.Clean(by, 200)+"\n"),
		-1); err != nil {
		return state.SpaceError("the stop request", err)
	}
	if err := e.run.Begin(n+1, t); err != nil {
		return err
	}
	err := e.run.Journal.End(burnin.End{State: burnin.Cancelled, Reason: reason.New(reason.Undone)})
	if err = errors.Join(err, e.run.Journal.Close()); err != nil {
		return err
	}
	return state.SyncDir(e.run.Dir.Job(e.run.ID))
}

// restore checks all pieces, then has the job end, then writes them, the last first, then reads them back.
func restore(dev surface.Device, k *kit, data io.ReaderAt, job burnin.Job, end func() error) error {
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

// hasIt names the job that has the drive of this one.
func (e *Drive) hasIt() error {
	busy, err := e.run.Dir.Busy(e.run.Locks)
	if err != nil {
		return err
	}
	by := busy[state.DriveKey(e.run.Req.Drive)]
	if by == "" || by == e.run.ID {
		return CannotUndo(e.run.ID, "another job's start or undo is at work on its drive",
			"Wait for it, and ask again.")
	}
	return CannotUndo(e.run.ID, "job "+by+" has its drive", "Wait for that job. If it was started by mistake, stop "+
		"it and undo it: burnish stop "+by+", then burnish undo "+by).
		AtWindow("Wait for that job. If it was started by mistake, stop it and undo it.")
}

// mayRestore reports whether nothing uses the drive but what this job left, or what it, or a job before it whose kit it
// has taken over, was allowed to erase: an undo that was cut off has put back a part of that.
func (e *Drive) mayRestore(k *kit, id drive.Identity, usage drive.Usage) bool {
	if drive.StartableAgain(id, usage, e.History.rest).Destructive || drive.StartableUnder(id, usage,
		e.run.Req.Grant).Destructive {
		return true
	}
	return slices.ContainsFunc(k.May, func(g drive.Grant) bool {
		return drive.StartableAgain(id, usage,
			&g).Destructive
	})
}

// NoteRestored tells in the job's undo journal that what was erased is back, and in those of the jobs whose kits this
// one had taken over.
func (e *Drive) NoteRestored(what burnin.Restored) error {
	ids := []string{e.run.ID}
	for i := 0; i < len(ids); i++ {
		root, err := e.run.Dir.Root(ids[i])
		if state.ReasonCode(err) == reason.NoSuchJob {
			continue
		}
		if err != nil {
			return err
		}
		d, err := historyOf(root)
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
		err = errors.Join(err, e.note(id, burnin.EvRestored, what))
	}
	return state.SpaceError("the word that what was erased is back", err)
}

// note adds a line to the undo journal of a job that has ended. One that is not there any more needs none.
func (e *Drive) note(id string, kind burnin.EventKind, what any) error {
	root, err := e.run.Dir.Root(id)
	if state.ReasonCode(err) == reason.NoSuchJob {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	req, err := e.run.Dir.Request(id)
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
	first, err := root.ReadFile(state.RunName(1))
	if err != nil {
		return err
	}
	chain := wire.NewChain(wire.HeadLink(first))
	if err := chain.AddAll(before); err != nil {
		return err
	}
	line, err := wire.EncodeEvent(burnin.Event{
		Link: chain.Link(), Seq: int64(bytes.Count(before, []byte{'\n'})) + 1, WallMs: e.run.Wall().UnixMilli(),
		BootMs: e.run.BootTime().Milliseconds(), Boot: e.run.Facts.BootID, Kind: kind, Data: data,
	})
	if err != nil {
		return err
	}
	if err := state.WriteSynced(e.run.Dir.In(id, wire.UndoJournal), append(before, line...), req.GID); err != nil {
		return err
	}
	return state.SyncDir(e.run.Dir.Job(id))
}

// noteOthers tells jobs that were before this one on its drive what has become of what they erased: it is in this job's
// kit, or this job writes over it now. Where that cannot be noted, this job's own journal says it.
func (a *Stage) noteOthers(kind burnin.EventKind, ids []string) {
	for _, id := range ids {
		if err := a.note(id, kind, burnin.ByJob{Job: a.ID}); err != nil {
			a.Say("job %s is not told what became of what it erased: %v", id, err)
		}
	}
}

// InTheWay refuses an undo that another job of the same drive stands in the way of: one that is at work, one whose own
// undo comes first, and one whose engine has written over what was there. Where nobody knows which job was first, what
// is on the drive decides.
func (e *Drive) InTheWay() error {
	all, err := RecordsOf(e.run.Dir, e.run.Req.Drive.Same)
	if err != nil {
		return err
	}
	me := Record{id: e.run.ID, history: e.History}
	for _, p := range all {
		before, sure := order(me, p)
		switch {
		case p.id == e.run.ID, p.err != nil, !p.history.Began, !sure, !before:
		case p.history.Overwrote:
			said := CannotUndo(e.run.ID, "job "+p.id+" has written over the drive since",
				"What was there is lost; look for a backup of it.")
			return errors.Join(said, removeKit(e.run.Root()))
		case p.open():
			return CannotUndo(e.run.ID, "job "+p.id+" has erased parts of the drive since, and that can be undone",
				"Undo job "+p.id+" first: burnish undo "+p.id).AtWindow("Undo job " + p.id + " first.")
		}
	}
	return nil
}

// UndoingFile is locked by an undo beside the lock of a run, so that one is told from the other.
const UndoingFile = "undoing"
