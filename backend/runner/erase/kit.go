package erase

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/label"
	"burnish/backend/runner/state"
	"burnish/backend/surface"
)

// The undo kit is what the first destructive act erases: kitData holds the pieces that were not blank, one after the
// other, and kitIndex, written when all of it is on the medium, says where each belongs. Both are for root alone, since
// they hold parts of somebody's files.
const (
	kitData  = "undo.kit"
	kitIndex = "undo.json"
)

const (
	maxPartitions = 16               // whose ends are saved and zeroed besides the drive's own
	maxLostReads  = 64               // of a kit: a drive with more holes is not read any further for it
	undoGrace     = 10 * time.Second // long enough to see what was started and to stop it
)

// firstAct saves what is about to be lost, zeroes it, proves what is left, and gives a person a moment to change their
// mind. A drive that counts as free is saved too: the look that found nothing read samples, and knew the labels that it
// knows.
func (a *Stage) firstAct() error {
	spans := EndsOf(a.Wrote.Geometry().SizeBytes)
	if err := a.nobodyYet(); err != nil {
		return err
	}
	switch {
	case a.History.rest != nil: // an earlier run did it, and the stage begins anew
		if err := errors.Join(a.leftAsOurs(spans), a.nobodyMeanwhile()); err != nil {
			return err
		}
	case a.History.Began:
		var err error
		if spans, err = a.halfErased(spans); err != nil {
			return err
		}
	default:
		k, err := a.kit()
		if err != nil {
			return err
		}
		spans = k.spans()
	}
	if err := a.wipe(spans, "the first destructive act"); err != nil {
		return err
	}
	if err := a.provePaths(); err != nil {
		return err
	}
	if err := a.tellRest(); err != nil {
		return err
	}
	if a.waitsAfter() {
		if err := a.grace(); err != nil {
			return err
		}
	}
	return a.dropKit()
}

// kit makes the undo kit.
func (a *Stage) kit() (*kit, error) {
	others, after, err := a.takeKits()
	defer func() {
		for _, t := range others {
			t.close()
		}
	}()
	if err != nil {
		return nil, err
	}
	k, err := a.saveKit(spansOf(a.edges(), others), others)
	if err != nil {
		return nil, err
	}
	if err := a.nobodyYet(); err != nil { // the saving took its time
		return nil, err
	}
	act := burnin.FirstAct{SavedBytes: k.Saved(), LostBytes: k.LostBytes, ErasedBytes: bytesOf(k.spans()), After: after}
	for _, t := range others {
		act.Took = append(act.Took, t.job.ID)
	}
	if err := a.told(burnin.EvWrites, act); err != nil {
		return nil, err
	}
	a.noteOthers(burnin.EvTaken, act.Took)
	return k, nil
}

// tellRest looks what of the claims that were allowed is left after the first destructive act. One that was not there
// before is somebody's.
func (a *Stage) tellRest() error {
	id, usage, said := a.look()
	if said != nil {
		return said
	}
	before := a.Req.Grant
	if a.History.rest != nil {
		before = a.History.rest
	}
	switch {
	case !id.Same(a.Req.Drive):
		return a.Another(id)
	case !drive.StartableAgain(id, usage, before).Destructive:
		return usageSaid(a.expected(), usage, "")
	}
	a.Say("left on the drive: %s (%s)", usage.Class, usage.Text)
	wiped := burnin.Wiped{Rest: drive.Grant{Class: usage.Class, PoolGUID: usage.PoolGUID, Claims: usage.Claims}}
	if a.waitsAfter() {
		wiped.GraceMs = a.graceFor().Milliseconds()
	}
	return a.told(burnin.EvWiped, wiped)
}

// waitsAfter reports whether a person has a moment to stop the job after its first destructive act: where there is
// something to bring back, and wherever somebody had to allow it.
func (a *Stage) waitsAfter() bool {
	return (a.History.Somethings || a.Req.Grant != nil) && !a.History.Overwrote
}

func (a *Stage) graceFor() time.Duration { return cmp.Or(a.UndoGrace, undoGrace) }

// grace waits while nothing else is written.
func (a *Stage) grace() error {
	wait := a.graceFor()
	a.Say("for %v from now on, burnish stop and then burnish undo bring back what was on the drive", wait)
	select {
	case <-a.After(wait):
		return nil
	case <-a.Ended:
		return errors.New("ended before anything else was written")
	}
}

// dropKit removes the kit once it is of no use.
func (a *Stage) dropKit() error {
	if err := a.told(burnin.EvOverwrites, nil); err != nil {
		return err
	}
	a.noteOthers(burnin.EvLost, a.History.after)
	return removeKit(a.Root())
}

func removeKit(root *os.Root) error {
	for _, name := range []string{kitIndex, kitData} {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// edges are the ends of the drive and of the partitions that its tables name, in order, none twice.
func (a *Stage) edges() []Extent {
	g := a.Wrote.Geometry()
	spans := EndsOf(g.SizeBytes)
	found, err := label.Scan(directReader{a.Own(), a.MayWrite}, g.SizeBytes, g.LogicalBytes, label.Options{Samples: 1,
		Medium: isMedium})
	if err != nil {
		a.Say("the partitions' ends are not looked for: %v", err)
		return spans
	}
	_ = a.MediumErrors(found.Failed, 0) // the journal keeps its first error itself
	sector := int64(g.LogicalBytes)
	parts := 0
	for _, f := range found.Found {
		for _, p := range f.Partitions {
			from, to := p.Start/sector*sector, (p.Start+p.Length)/sector*sector
			if parts == maxPartitions || from < 0 || to > g.SizeBytes || to <= from {
				continue
			}
			parts++
			spans = append(spans, Extent{from, min(from+Edge, to)}, Extent{max(to-Edge, from), to})
		}
	}
	return Merged(spans)
}

// Merged sorts spans and joins those that touch.
func Merged(spans []Extent) []Extent {
	slices.SortFunc(spans, func(x, y Extent) int { return cmp.Compare(x.From, y.From) })
	var out []Extent
	for _, s := range spans {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
		} else if s.To > s.From {
			out = append(out, s)
		}
	}
	return out
}

// directReader reads through an aligned buffer, for who brings any other, for as long as the run is not to end.
type directReader struct {
	dev surface.Device
	may func() error
}

func (d directReader) ReadAt(p []byte, off int64) (int, error) {
	if err := d.may(); err != nil {
		return 0, err
	}
	buf := surface.AlignedBuffer(len(p))
	n, err := d.dev.ReadAt(buf, off)
	return copy(p, buf[:n]), err
}

func isMedium(err error) bool { return err != nil && MediumIsForTheSweep(err) == nil }

func bytesOf(spans []Extent) (n int64) {
	for _, s := range spans {
		n += s.To - s.From
	}
	return n
}

// saveKit copies spans of the drive into the job's directory, with what others hold of them in the place of what their
// jobs have left there. When it returns the copy is on the medium.
func (a *Stage) saveKit(spans []Extent, others []*taken) (*kit, error) {
	a.Say("saving what the first destructive act erases")
	f, err := a.Root().OpenFile(kitData, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, state.SpaceError("the undo kit", err)
	}
	k := &kit{SizeBytes: a.Wrote.Geometry().SizeBytes}
	for _, t := range others {
		a.Say("what job %s has erased is taken over from its undo kit", t.job.ID)
		k.May, k.LostBytes = append(k.May, t.may...), k.LostBytes+t.kit.LostBytes
	}
	s := saver{Stage: a, kit: k, out: f, buf: surface.AlignedBuffer(pieceBytes), others: others}
	err = errors.Join(pieces(spans, s.save), a.MediumErrors(s.failed, 0))
	if err == nil {
		err = k.take(a.Own(), a.MayWrite)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, state.SpaceError("the undo kit", err)
	}
	index, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	if err := writeAlone(a.Root(), kitIndex, index); err != nil {
		return nil, state.SpaceError("the undo kit", err)
	}
	a.Say("%d bytes saved, %d could not be read", k.Saved(), k.LostBytes)
	return k, state.SyncDir(a.Dir.Job(a.ID))
}

// saver is a kit in the making.
type saver struct {
	*Stage
	kit  *kit
	out  io.Writer
	buf  []byte
	lost int // sectors that were not read

	failed int // reads

	others []*taken
}

func (s *saver) save(off int64, n int) error {
	if err := s.MayWrite(); err != nil { // a slow drive takes its time
		return err
	}
	p := s.buf[:n]
	if err := s.read(p, off); err != nil {
		return err
	}
	for _, t := range s.others {
		if err := t.lay(p, off); err != nil {
			return err
		}
	}
	sector := s.Wrote.Geometry().LogicalBytes
	one := piece{Off: off, Len: n, Blank: blank(p, sector)}
	s.kit.Pieces = append(s.kit.Pieces, one)
	if one.Blank {
		return nil
	}
	_, err := s.out.Write(p)
	return err
}

// read reads a piece; what the medium does not give any more is zeros.
func (s *saver) read(p []byte, off int64) error {
	if s.lost < maxLostReads {
		_, err := s.Own().ReadAt(p, off)
		if err == nil || MediumIsForTheSweep(err) != nil {
			return err
		}
		s.failed++
	}
	g := s.Wrote.Geometry()
	for at := 0; at < len(p); at += g.PhysicalBytes {
		part := p[at:min(at+g.PhysicalBytes, len(p))]
		err := error(&surface.IOError{Class: surface.ClassMedium})
		if s.lost < maxLostReads {
			if _, err = s.Own().ReadAt(part, off+int64(at)); err != nil {
				s.failed++
			}
		}
		if err == nil {
			continue
		}
		if err := MediumIsForTheSweep(err); err != nil {
			return err
		}
		clear(part)
		s.lost++
		s.kit.LostBytes += int64(len(part))
	}
	return nil
}

// blank reports whether all sectors are zeros, 0xFF or stamps of a test: nothing that anybody misses.
func blank(p []byte, sector int) bool {
	ones := bytes.Repeat([]byte{0xff}, sector)
	for at := 0; at < len(p); at += sector {
		s := p[at : at+sector]
		if _, stamp := surface.DecodeStamp(s); !stamp && !isZero(s) && !bytes.Equal(s, ones) {
			return false
		}
	}
	return true
}

// writeAlone writes a small file all or nothing, for its owner alone.
func writeAlone(root *os.Root, name string, data []byte) error {
	tmp := name + ".new"
	f, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return root.Rename(tmp, name)
}
