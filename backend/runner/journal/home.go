package journal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// NewHome is the home of a run whose directory is open.
func NewHome(dir state.Dir, locks port.Locks, root *os.Root, req wire.StartRequest, bootID string) *Home {
	return &Home{dir: dir, locks: locks, root: root, id: req.Job, drive: state.DriveKey(req.Drive), gid: req.GID,
		boot: bootID}
}

// Home is the directory of a run's job. Somebody may remove it while the run is at work, which would leave a test that
// nobody sees and nobody can stop. So the run holds its files open, and puts them back, byte by byte. It is safe for
// concurrent use.
type Home struct {
	dir     state.Dir
	locks   port.Locks
	id      string // of the job
	drive   string // by which its drive is locked
	gid     int
	boot    string
	Journal *Journal
	AtWork  atomic.Bool // the run has its slot, and waits no more

	Mu   sync.Mutex
	root *os.Root
	old  []io.Closer         // of directories that were removed, with their locks
	kept map[string]*os.File // by name, for reading: all that readers follow, but for this run's own journal
	Log  *StageLog           // the one that is written; nil between stages
}

// Current is the job's directory as it is now.
func (h *Home) Current() *os.Root {
	h.Mu.Lock()
	defer h.Mu.Unlock()
	return h.root
}

// Settle opens what earlier runs have left.
func (h *Home) Settle() error {
	h.Mu.Lock()
	defer h.Mu.Unlock()
	have, err := state.Sizes(h.root)
	if err != nil {
		return err
	}
	h.kept = map[string]*os.File{}
	for _, name := range append(keys(have), state.JobFile) {
		if err := h.Keep(name); err != nil {
			return err
		}
	}
	if err := h.Keep(state.CheckpointFile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func keys(m map[string]int64) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

// Keep holds a file open for reading. The caller holds mu.
func (h *Home) Keep(name string) error {
	f, err := h.root.Open(name)
	if err != nil {
		return err
	}
	if before := h.kept[name]; before != nil {
		_ = before.Close() // it was read from only
	}
	if h.kept == nil {
		h.kept = map[string]*os.File{}
	}
	h.kept[name] = f
	return nil
}

func (h *Home) Close() {
	h.Mu.Lock()
	defer h.Mu.Unlock()
	for _, f := range h.kept {
		_ = f.Close() // it was read from only
	}
	for _, c := range append(h.old, h.root) {
		_ = c.Close() // nothing leads there any more, or nothing is written there
	}
}

// removed reports whether the job's directory is not where it was made.
func (h *Home) removed() bool {
	there, err := os.Stat(h.dir.Job(h.id))
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	mine, err := h.Current().Stat(".")
	return err == nil && !os.SameFile(mine, there)
}

// ComeHome puts the job's directory back after somebody removed it, and says so. What cannot be put back now is tried
// again.
func (h *Home) ComeHome() {
	if !h.removed() {
		return
	}
	err := h.rebuild()
	if err == nil {
		// The journal keeps its first error itself; the run's next event meets it.
		_ = h.Journal.Put(burnin.EvWarning, burnin.Warning{Said: reason.New(reason.FilesPutBack,
			"dir", h.dir.Job(h.id))})
	}
	h.Mu.Lock()
	defer h.Mu.Unlock()
	if l := h.Log; l != nil && err == nil {
		l.Say("somebody removed the job's directory; its files were put back")
	}
}

// rebuild makes the directory anew. A request to stop that lies in its place stays.
func (h *Home) rebuild() error {
	if err := h.dir.Make(); err != nil {
		return err
	}
	dir := h.dir.Job(h.id)
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := state.Chgrp(dir, h.gid); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	lock, err := h.locks.Take(h.dir.In(h.id, state.LockFile), h.gid)
	if err != nil {
		return errors.Join(err, root.Close())
	}
	err = h.dir.Sign(root, os.Getpid(), h.boot)
	if err == nil {
		err = h.move(root)
	}
	if err != nil {
		return errors.Join(err, lock.Close(), root.Close())
	}
	h.Mu.Lock()
	defer h.Mu.Unlock()
	h.old = append(h.old, h.root, lock)
	h.root = root
	// else another job may try; the drive itself is held
	if held, err := h.locks.Take(h.dir.DriveLock(h.drive), h.gid); err == nil {
		h.old = append(h.old, held)
	}
	if h.AtWork.Load() {
		h.old = append(h.old, h.anySlot())
	}
	return nil
}

// anySlot takes a slot for a run that is at work, which others may take just now too. Where all are taken, one job more
// is at work than was asked for, until it ends.
func (h *Home) anySlot() io.Closer {
	for i := range state.MaxSlots {
		if lock, err := h.locks.Take(h.dir.Slot(i), h.gid); err == nil {
			return lock
		}
	}
	return state.NoTurn{}
}
