package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// putBack is what the copies of a removed directory's files are called until all of them are there; no reader looks at
// such names.
const putBack = ".back-"

// copies are files made anew in a directory, by name.
type copies struct {
	root *os.Root
	made map[string]*os.File
}

// move copies all that is kept, and the journal, into a new directory, and goes on with the copies once all of them are
// there. Where that fails the run goes on with what it had. Nothing is written meanwhile.
func (h *Home) move(root *os.Root) (err error) {
	j := h.Journal
	if !j.mu.TryLock() { // a line is written just now, or waits for room
		return errors.New("the journal is being written")
	}
	defer j.mu.Unlock()
	h.Mu.Lock()
	defer h.Mu.Unlock()
	if h.Log != nil {
		h.Log.mu.Lock()
		defer h.Log.mu.Unlock()
	}
	c := copies{root, map[string]*os.File{}}
	defer func() {
		if err != nil {
			c.drop()
		}
	}()
	for name, from := range h.kept {
		if err := c.add(from, -1, name, h.gid); err != nil {
			return err
		}
	}
	if err := c.add(j.file, j.size, j.name, h.gid); err != nil {
		return err
	}
	var log *os.File
	if h.Log != nil {
		if log, err = root.OpenFile(putBack+h.Log.Name, os.O_WRONLY|os.O_APPEND, 0); err != nil {
			return fmt.Errorf("%s: %w", h.Log.Name, err)
		}
		defer func() {
			if err != nil {
				_ = log.Close()
			}
		}()
	}
	if err := keepRoom(root); err != nil {
		return fmt.Errorf("%s: %w", ReserveFile, err)
	}
	if err := c.publish(); err != nil {
		return err
	}
	// Nothing leads to the old files any more; their errors are nobody's.
	if h.Log != nil {
		_ = h.Log.F.Close()
		h.Log.F = log
	}
	_ = j.file.Close()
	j.file, j.root = c.made[j.name], root
	for name, from := range h.kept {
		_ = from.Close()
		h.kept[name] = c.made[name]
	}
	return nil
}

// add copies a file that is open, up to size or, below 0, whole.
func (c copies) add(from *os.File, size int64, name string, gid int) error {
	if size < 0 {
		info, err := from.Stat()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		size = info.Size()
	}
	to, err := c.root.OpenFile(putBack+name, os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o640)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c.made[name] = to
	if os.Geteuid() == 0 && gid >= 0 {
		err = to.Chown(-1, gid)
	}
	if err == nil {
		_, err = io.Copy(to, io.NewSectionReader(from, 0, size))
	}
	if err == nil {
		err = to.Sync()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// publish gives the copies their names.
func (c copies) publish() error {
	for name := range c.made {
		if err := c.root.Rename(putBack+name, name); err != nil {
			return err
		}
	}
	dir, err := c.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// drop takes the copies away again.
func (c copies) drop() {
	for name, f := range c.made {
		_ = f.Close()
		_ = c.root.Remove(putBack + name)
	}
	_ = c.root.Remove(ReserveFile)
}
