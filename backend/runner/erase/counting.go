package erase

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/surface"
	"burnish/backend/wire"
)

// The kernel's count of sectors written shows the writes of others, where the kernel counts. It does not where somebody
// has switched that off (queue/iostats 0, a tuning of many guides), and for the many paths of an NVMe drive taken
// together some kernels never do. So the count is switched on for as long as the drive is held, and put back
// afterwards: the journal knows how it was, for the next run where this one is killed. Whether it then counts is
// proven, before the first write by a read, and from then on by the run's own writes: a count below what this run wrote
// does not count. A count that does not count is no evidence, neither for a drive nor against it.

// counting is a Held whose kernel can be told to count what goes to its drive.
type counting interface {
	// Counters tells for each path to the drive whether its requests are counted; OtherPaths gives all but the first.
	Counters() ([]burnin.Counter, error)
	// SetCounter switches that of one path. One that is another disk by now, or gone, is left alone.
	SetCounter(burnin.Counter) error
	// SectorsRead is the kernel's count of 512-byte sectors read, for each path as Counters lists them.
	SectorsRead() ([]int64, error)
}

// Count has the kernel count what goes to the drive by all of its paths.
func (e *Drive) Count() error {
	h, ok := e.run.Held.(counting)
	if !ok {
		return nil
	}
	now, err := h.Counters()
	if err != nil {
		return err
	}
	left, err := e.countersLeft()
	if err != nil {
		return err
	}
	var off []burnin.Counter
	for _, c := range now {
		was, changed := left[c.Disk]
		if known := slices.ContainsFunc(e.offPaths, func(s burnin.Counter) bool { return s.Disk == c.Disk }); !known &&
			(!c.On || changed && !was) {
			c.On = false
			off = append(off, c)
		}
	}
	if len(off) == 0 {
		return nil
	}
	if err := e.run.Put(burnin.EvCounting, burnin.Counting{Paths: off}); err != nil {
		return err
	}
	e.offPaths = append(e.offPaths, off...)
	for _, c := range off {
		c.On = true
		if err := h.SetCounter(c); err != nil {
			e.whyOff = fmt.Sprintf("it cannot be switched on for %s: %v", c.Path, err)
		}
	}
	return nil
}

// Uncount puts back what this run, or one that was killed, has switched on. An undo, which has no journal, only does
// the latter.
func (e *Drive) Uncount() error {
	h, ok := e.run.Held.(counting)
	if !ok {
		return nil
	}
	var errs []error
	if e.run.Journal == nil {
		left, err := e.countersLeft()
		errs = append(errs, err)
		for disk, was := range left {
			e.offPaths = append(e.offPaths, burnin.Counter{Disk: disk, On: was})
		}
	}
	if len(e.offPaths) == 0 {
		return errors.Join(errs...)
	}
	for _, c := range e.offPaths {
		errs = append(errs, h.SetCounter(c))
	}
	if err := errors.Join(errs...); err != nil || e.run.Journal == nil {
		return err // the next run tries it again
	}
	return e.run.Put(burnin.EvCounting, burnin.Counting{Paths: e.offPaths, Back: true})
}

// countersLeft gives the disks, and whether they counted before, that runs on this drive have switched on since the
// machine started and not put back.
func (e *Drive) countersLeft() (map[string]bool, error) {
	ids, err := e.run.Dir.Ids()
	if err != nil {
		return nil, err
	}
	var told []burnin.Event
	for _, id := range ids {
		if req, err := e.run.Dir.Request(id); err != nil || !req.Drive.Same(e.run.Req.Drive) {
			continue
		}
		root, err := e.run.Dir.Root(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed just now
		}
		if err != nil {
			return nil, err
		}
		events, err := countingsOf(root)
		err = errors.Join(err, root.Close())
		if err != nil && id == e.run.ID {
			return nil, err
		}
		if err != nil { // what it switched on stays on, which harms nobody
			log.Printf("what job %s has switched on is not known: %v", id, err)
		}
		told = append(told, events...)
	}
	told = slices.DeleteFunc(told, func(ev burnin.Event) bool { return ev.Boot != e.run.Facts.BootID })
	slices.SortStableFunc(told, func(a, b burnin.Event) int { return cmp.Compare(a.BootMs, b.BootMs) })
	return leftBy(told)
}

// leftBy gives what such lines, the oldest first, have switched on and not put back.
func leftBy(told []burnin.Event) (map[string]bool, error) {
	left := map[string]bool{}
	for _, ev := range told {
		c, _, err := burnin.CountingOf(ev)
		if err != nil {
			return nil, err
		}
		for _, p := range c.Paths {
			if c.Back {
				delete(left, p.Disk)
			} else {
				left[p.Disk] = p.On || left[p.Disk]
			}
		}
	}
	return left, nil
}

// countingsOf gives the lines of a job's journals that tell of counts.
func countingsOf(root *os.Root) (told []burnin.Event, err error) {
	for i := 1; i <= state.Runs(root); i++ {
		data, err := root.ReadFile(state.RunName(i))
		if err != nil {
			return told, err
		}
		for line := range bytes.Lines(data) {
			if !bytes.Contains(line, []byte(`"`+string(burnin.EvCounting)+`"`)) {
				continue
			}
			events, err := wire.DecodeJournal(line)
			if err != nil {
				return told, fmt.Errorf("%s: %w", state.RunName(i), err)
			}
			for _, ev := range events {
				if _, is, err := burnin.CountingOf(ev); err != nil {
					return told, fmt.Errorf("%s: %w", state.RunName(i), err)
				} else if is {
					told = append(told, ev)
				}
			}
		}
	}
	return told, nil
}

// proveCount reads one sector by each path and looks whether the kernel has counted that. It comes before the first
// write, so that a job says before it erases anything that nobody counts. A path of which nothing can be read proves
// nothing; the run's own writes do then.
func (a *Stage) proveCount() error {
	h, ok := a.Held.(counting)
	if !ok || a.Uncounted {
		return nil
	}
	if a.whyOff != "" {
		return a.doesNotCount(a.whyOff)
	}
	dev, err := a.Held.Device(false)
	if err != nil {
		return err
	}
	defer dev.Close()
	ways := []port.WayIn{{Path: a.Held.Path(), Device: dev}}
	if m, ok := a.Held.(ManyPaths); ok {
		others, err := m.OtherPaths()
		for _, w := range others {
			defer w.Close()
		}
		if err != nil {
			return err
		}
		ways = append(ways, others...)
	}
	for i, w := range ways {
		before, err := h.SectorsRead()
		if err != nil || i >= len(before) {
			return err
		}
		g := w.Geometry()
		buf := surface.AlignedBuffer(g.PhysicalBytes)
		read := false
		for _, off := range []int64{g.SizeBytes / 2, 0, g.SizeBytes / 4} {
			if _, err = (bench.NewDirect(w.Device, a.Asker())).ReadAt(buf,
				off/int64(len(buf))*int64(len(buf))); err == nil {
				read = true
				break
			}
			if err := MediumIsForTheSweep(err); err != nil {
				return err
			}
		}
		after, err := h.SectorsRead()
		if err != nil || i >= len(after) {
			return err
		}
		if read && after[i] == before[i] {
			return a.doesNotCount(w.Path + " was read, and no read was counted")
		}
	}
	return nil
}

// doesNotCount says, once a run, that nobody knows who writes to the drive.
func (a *Stage) doesNotCount(how string) error {
	if a.Uncounted {
		return nil
	}
	a.Uncounted = true
	return a.Warn(reason.New(reason.WritesUncounted, "how", how))
}

// Foreign gives how many sectors of 512 bytes the kernel counts beyond what this run tried to write; fewer than none
// are requests that failed, or a kernel that does not count. It is only right while no request is in flight. Of a drive
// that is not open for writing there is nothing to count.
func (a *Stage) Foreign() (int64, error) {
	if a.Wrote == nil {
		return 0, nil
	}
	if err := a.StillCounts(); err != nil {
		return 0, err
	}
	now, err := a.Held.SectorsWritten()
	if err != nil {
		return 0, err
	}
	return now - a.Wrote.base - a.Wrote.Tried.Load()/512, nil
}

// StillCounts compares the count with what this run certainly wrote. It may be asked while requests are under way: the
// kernel has counted a request by the time it is answered.
func (a *Stage) StillCounts() error {
	if a.Wrote == nil || a.Uncounted {
		return nil
	}
	done := a.Wrote.Done.Load() / 512
	now, err := a.Held.SectorsWritten()
	if err != nil {
		return err
	}
	if counted := now - a.Wrote.base; counted < done {
		return a.doesNotCount(fmt.Sprintf("this run wrote %d sectors, and %d were counted", done, counted))
	}
	return nil
}

// nobodyYet proves, right before the first write, that nobody has written to the drive since it was held: what a look
// at labels and samples does not find, the kernel's count does.
func (a *Stage) nobodyYet() error {
	foreign, err := a.Foreign()
	if err == nil && foreign > 0 {
		err = reason.New(reason.ForeignWrites, "foreign", foreign)
	}
	return err
}

const countSource = "the kernel's count of sectors written"

// ProveAlone tells whether this run alone wrote to the drive. A non-nil outcome ends the stage.
func (a *Stage) ProveAlone() (*bench.Outcome, error) {
	foreign, err := a.Foreign()
	if err != nil {
		return nil, err
	}
	if foreign > 0 {
		out, err := a.ForeignOutcome(foreign, nil)
		return &out, err
	}
	if a.Uncounted {
		a.Say("evidence: %s is missing", burnin.FactForeignWrites)
		return nil, a.Put(burnin.EvFact, burnin.Fact{Stage: a.Index, ID: burnin.FactForeignWrites, OK: false,
			Beside: true,
			Value:  "not counted", Source: countSource + ", which does not count"})
	}
	return nil, a.Fact(burnin.FactForeignWrites, true, "0 sectors", countSource)
}

func (a *Stage) ForeignOutcome(foreign int64, err error) (bench.Outcome, error) {
	if err != nil {
		return bench.Outcome{}, err
	}
	if err := a.Counted(burnin.FactForeignWrites, false, fmt.Sprintf("%d sectors", foreign), countSource,
		burnin.Figures{Count: foreign}); err != nil {
		return bench.Outcome{}, err
	}
	return bench.Ended(burnin.Unknown, reason.New(reason.ForeignWrites, "foreign", foreign)), nil
}

var ErrForeign = errors.New("somebody else wrote to the drive")

// ForeignExplains reports whether somebody else's write explains what is wrong with a sector as well as the drive does.
func ForeignExplains(k surface.Kind) bool { return k != surface.KindRead && k != surface.KindWrite }
