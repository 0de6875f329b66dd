package runner

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// home is the directory of a run's job. Somebody may remove it while the run is at work, which would leave a test that
// nobody sees and nobody can stop. So the run holds its files open, and puts them back, byte by byte. It is safe for
// concurrent use.
type home struct {
	mu   sync.Mutex
	root *os.Root
	old  []io.Closer         // of directories that were removed, with their locks
	kept map[string]*os.File // by name, for reading: all that readers follow, but for this run's own journal
	log  *stageLog           // the one that is written; nil between stages
}

// root is the job's directory as it is now.
func (r *run) root() *os.Root {
	r.home.mu.Lock()
	defer r.home.mu.Unlock()
	return r.home.root
}

// settle opens what earlier runs have left.
func (h *home) settle() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	have, err := sizes(h.root)
	if err != nil {
		return err
	}
	h.kept = map[string]*os.File{}
	for _, name := range append(keys(have), jobFile) {
		if err := h.keep(name); err != nil {
			return err
		}
	}
	return nil
}

func keys(m map[string]int64) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

// keep holds a file open for reading. The caller holds mu.
func (h *home) keep(name string) error {
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

func (h *home) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.kept {
		_ = f.Close() // it was read from only
	}
	for _, c := range append(h.old, h.root) {
		_ = c.Close() // nothing leads there any more, or nothing is written there
	}
}

// removed reports whether the job's directory is not where it was made.
func (r *run) removed() bool {
	there, err := os.Stat(r.Dir.job(r.id))
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	mine, err := r.root().Stat(".")
	return err == nil && !os.SameFile(mine, there)
}

// comeHome puts the job's directory back after somebody removed it, and says so. What cannot be put back now is tried
// again.
func (r *run) comeHome() {
	if !r.removed() {
		return
	}
	err := r.rebuild()
	if err == nil {
		// The journal keeps its first error itself; the run's next event meets it.
		_ = r.j.put(burnin.EvWarning, burnin.Warning{Said: reason.New("files_put_back", "dir", r.Dir.job(r.id))})
	}
	r.home.mu.Lock()
	defer r.home.mu.Unlock()
	if l := r.home.log; l != nil && err == nil {
		l.say("somebody removed the job's directory; its files were put back")
	}
}

// rebuild makes the directory anew. A request to stop that lies in its place stays.
func (r *run) rebuild() error {
	if err := r.Dir.make(); err != nil {
		return err
	}
	dir := r.Dir.job(r.id)
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := chgrp(dir, r.req.GID); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	lock, err := r.Locks.Take(r.Dir.in(r.id, lockFile), r.req.GID)
	if err != nil {
		return errors.Join(err, root.Close())
	}
	err = r.Dir.sign(root, os.Getpid(), r.facts.BootID)
	if err == nil {
		err = r.move(root)
	}
	if err != nil {
		return errors.Join(err, lock.Close(), root.Close())
	}
	r.home.mu.Lock()
	defer r.home.mu.Unlock()
	r.home.old = append(r.home.old, r.home.root, lock)
	r.home.root = root
	if held, err := r.Locks.Take(r.Dir.driveLock(driveKey(r.req.Drive)), r.req.GID); err == nil { // else another job may try; the drive itself is held
		r.home.old = append(r.home.old, held)
	}
	if r.atWork.Load() {
		r.home.old = append(r.home.old, r.anySlot())
	}
	return nil
}

// anySlot takes a slot for a run that is at work, which others may take just now too. Where all are taken, one job more
// is at work than was asked for, until it ends.
func (r *run) anySlot() io.Closer {
	for i := range maxSlots {
		if lock, err := r.Locks.Take(r.Dir.slot(i), r.req.GID); err == nil {
			return lock
		}
	}
	return noTurn{}
}
