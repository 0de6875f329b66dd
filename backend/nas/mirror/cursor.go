package mirror

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// Cursor folds a job's journals as they grow in a mirror: what was folded stays folded, and new whole lines are added.
//
// It gives what folding all of them anew would give. It goes on only where that is certain: the same files, none of
// them shorter, those before the newest untouched, and the line before the new ones as it was read. Otherwise, and the
// first time, it folds all. It is not safe for concurrent use.
type Cursor struct {
	m    Mirror
	job  string
	fold burnin.Tracker
	read []journalRead // in the order in which they are folded
	runs int           // how many of them are of runs; behind them is what undos and later jobs have told
}

// journalRead is how far a journal was read.
type journalRead struct {
	file string
	info fs.FileInfo // of the file, as it was then
	off  int64       // behind the last whole line
	last []byte      // that line with its newline; empty before the first, and of a journal that another follows
}

// errGap says that a cursor cannot go on from where it is.
var errGap = errors.New("the journals are others than were read")

// Cursor gives a cursor that has read nothing yet.
func (m Mirror) Cursor(job string) *Cursor { return &Cursor{m: m, job: job} }

// Fold reads what is new and gives the job, with what was last seen of it. A run whose journal has not arrived ends it.
// Errors: those of burnin.Fold and wire.ReadLines; journal_foreign where a journal is another job's. After an error
// all is read anew.
func (c *Cursor) Fold(obs *burnin.Observation) (burnin.Job, error) {
	if !burnin.ValidID(c.job) {
		return burnin.Job{}, reason.New(reason.NoSuchJob, "job", c.job)
	}
	root, err := c.m.root()
	if err != nil {
		return burnin.Job{}, err
	}
	defer root.Close()
	goesOn := len(c.read) > 0
	if !goesOn {
		c.reset()
	}
	if err = c.catchUp(root); err != nil && goesOn {
		c.reset()
		err = c.catchUp(root)
	}
	if errors.Is(err, errGap) { // it changes as it is read
		err = c.m.failed(err)
	}
	if err != nil {
		c.reset()
		return burnin.Job{}, err
	}
	return c.fold.Seen(c.runs, obs), nil
}

// Stamp is Mirror.Stamp of what was folded last.
func (c *Cursor) Stamp() string {
	stamp := ""
	for _, r := range c.read {
		stamp += stampOf(r.file, r.info)
	}
	return stamp
}

func (c *Cursor) reset() { c.fold, c.read, c.runs = burnin.Tracker{Of: c.job}, nil, 0 }

// catchUp folds the whole lines that were not read yet.
func (c *Cursor) catchUp(root *os.Root) error {
	runs := 0
	for there := true; there; {
		info, err := c.stat(root, journal(runs+1))
		if err != nil {
			return err
		}
		if there = info != nil; there {
			if err := c.take(root, runs, journal(runs+1), info); err != nil {
				return err
			}
			runs++
		}
	}
	all := runs
	if runs > 0 {
		info, err := c.stat(root, wire.UndoJournal)
		if err != nil {
			return err
		}
		if info != nil {
			if err := c.take(root, runs, wire.UndoJournal, info); err != nil {
				return err
			}
			all++
		}
	}
	if all < len(c.read) {
		return errGap
	}
	c.runs = runs
	return nil
}

// stat gives nil for a file that is not there.
func (c *Cursor) stat(root *os.Root, file string) (fs.FileInfo, error) {
	info, err := root.Stat(path.Join(c.job, file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, c.m.failed(err)
	}
	return info, nil
}

// take folds what is new of the journal that is at this place among them.
func (c *Cursor) take(root *os.Root, at int, file string, info fs.FileInfo) error {
	switch last := len(c.read) - 1; {
	case at > last:
		if last >= 0 {
			c.read[last].last = nil
		}
		c.read = append(c.read, journalRead{file: file})
	case c.read[at].file != file:
		return errGap
	case unchanged(c.read[at].info, info):
		return nil
	case at < last:
		return errGap
	}
	return c.more(root, &c.read[at])
}

func unchanged(was, is fs.FileInfo) bool {
	return os.SameFile(was, is) && was.Size() == is.Size() && was.ModTime().Equal(is.ModTime())
}

// more folds what is new of one journal.
func (c *Cursor) more(root *os.Root, r *journalRead) error {
	f, err := root.Open(path.Join(c.job, r.file))
	if errors.Is(err, fs.ErrNotExist) {
		return errGap
	}
	if err != nil {
		return c.m.failed(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return c.m.failed(err)
	}
	if r.info != nil && !os.SameFile(r.info, info) || info.Size() < r.off {
		return errGap
	}
	again := make([]byte, len(r.last))
	if _, err := f.ReadAt(again, r.off-int64(len(again))); err != nil && err != io.EOF || !bytes.Equal(again, r.last) {
		return errGap
	}
	r.info = info
	size := info.Size() - r.off
	return wire.ReadLines(io.NewSectionReader(f, r.off, size), size, func(line []byte, ev burnin.Event) error {
		if err := c.fold.Feed(ev); err != nil {
			return fmt.Errorf("%s, line %d: %w", r.file, ev.Seq, err)
		}
		r.off += int64(len(line))
		r.last = append(r.last[:0], line...)
		return nil
	})
}
