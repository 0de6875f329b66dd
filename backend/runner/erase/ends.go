package erase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/surface"
)

// endsChecked is how much of each end of a drive is looked at before a stage goes on.
const endsChecked = 1 << 20

// endsAreOurs proves that nobody else has put a label on the drive since the run before: its head and tail hold this
// job's stamps, or the zeros of its first destructive act, or the tail what badblocks writes there. A sector that
// cannot be read is the sweep's to judge.
func (a *Stage) endsAreOurs() error {
	w := a.Own()
	g := w.Geometry()
	n := min(endsChecked, g.SizeBytes)
	buf := surface.AlignedBuffer(int(n))
	sector := int64(g.LogicalBytes)
	patterns := a.traces.AtTail != nil && a.traces.AtTail()
	for _, off := range []int64{0, g.SizeBytes - n} {
		for at := int64(0); at < n; at += sector {
			p := buf[at : at+sector]
			if _, err := w.ReadAt(p, off+at); err != nil {
				if err := MediumIsForTheSweep(err); err != nil {
					return err
				}
				continue
			}
			if stamp, ok := surface.DecodeStamp(p); ok && a.Ours(stamp) || isZero(p) || off > 0 && patterns &&
				a.traces.Pattern(p) {
				continue
			}
			return otherData("what this job wrote", "", (off+at)/sector)
		}
	}
	a.Say("both ends of the drive hold what this job wrote")
	return nil
}

// nobodyMeanwhile compares the kernel's count with that of the last checkpoint: where this job has only read since,
// every write to the drive was somebody else's. After a restart of the NAS, or in the middle of a write sweep, the
// counts say nothing; see writtenUnwatched.
func (a *Stage) nobodyMeanwhile() error {
	for _, s := range a.Job().Stages {
		cp := s.Checkpoint
		if cp == nil || cp.KernelSectors == 0 || cp.Boot != a.Facts.BootID || s.State == burnin.Passed {
			continue
		}
		whole := cp.Position == a.Req.Drive.SizeBytes
		if verifies := surface.Phase(cp.Phase) == surface.PhaseVerify; verifies == whole {
			continue // a write sweep was going on, or came next
		}
		if foreign := a.Base - cp.KernelSectors; foreign > 0 {
			return reason.New(reason.ForeignWrites, "foreign", foreign)
		}
	}
	return nil
}

func isZero(p []byte) bool {
	return len(p) == 0 || p[0] == 0 && bytes.Equal(p[1:], p[:len(p)-1])
}

// placesProven is at how many places of a drive a job looks for what it wrote there.
const placesProven = 64

// wroteLast proves by what is on the drive that no other job has written to it since this one, where no clock and no
// journal says so. What cannot be proven is refused.
func (a *Stage) wroteLast(goesOn bool) error {
	if a.doubt == "" || !a.History.Began {
		return nil
	}
	refused := func(found string) error {
		return reason.New(reason.UsageChanged, "expected", "what this job left there",
			"found", found+", and job "+a.doubt+" may have written to it since")
	}
	if !a.History.Overwrote { // between the pieces of the kit lies what lay there
		k, err := ReadKit(a.Root())
		if err != nil || len(k.Samples) == 0 {
			return refused("no undo kit that tells")
		}
		if other, err := k.changed(a.Own()); err != nil || other >= 0 {
			return errors.Join(err, refused(fmt.Sprintf("other data at byte %d", other)))
		}
		return nil
	}
	g := a.Wrote.Geometry()
	written := int64(0)
	for _, s := range a.Job().Stages {
		switch cp := s.Checkpoint; {
		case !s.Engine.Row().Writes || s.Engine.Row().Windows || cp == nil:
		case cp.Pass <= 1 && surface.Phase(cp.Phase) == surface.PhaseWrite && s.State != burnin.Passed:
			written = max(written, cp.Position)
		default:
			written = g.SizeBytes
		}
	}
	if !goesOn || written == 0 {
		return refused("nothing that tells who wrote last")
	}
	found, buf := 0, surface.AlignedBuffer(g.LogicalBytes)
	for i := range int64(placesProven) {
		off := written / placesProven * i / int64(g.PhysicalBytes) * int64(g.PhysicalBytes)
		if off < Edge && written == g.SizeBytes || off >= g.SizeBytes-Edge {
			continue // the last act zeroes both ends
		}
		if _, err := a.Own().ReadAt(buf, off); err != nil {
			if err := MediumIsForTheSweep(err); err != nil {
				return err
			}
			continue
		}
		if stamp, is := surface.DecodeStamp(buf); !is || !a.Ours(stamp) {
			return refused(fmt.Sprintf("other data at byte %d", off))
		}
		found++
	}
	if found == 0 {
		return refused("nothing that tells who wrote last")
	}
	a.Say("%d places of the drive hold what this job wrote; whether job %s was before it is not known otherwise", found,
		a.doubt)
	return nil
}

// Over says why a job that has begun to erase its drive is not to go on: what it erased was brought back, somebody else
// wrote to the drive, or another job of ours did.
func (e *Drive) Over(ctx context.Context) *reason.Said {
	if !e.History.Began {
		return nil
	}
	if e.History.counted {
		return reason.New(reason.UsageChanged, "expected", "what this job left there",
			"found", "what somebody else has written: "+strings.TrimSuffix(e.History.foreign, "."))
	}
	by, doubt, err := e.erasedSince()
	if err != nil {
		return e.run.Fault("the other jobs", err)
	}
	if by != "" {
		return reason.New(reason.UsageChanged, "expected", "what this job left there",
			"found", "what job "+by+" has left there since")
	}
	e.doubt = doubt
	if e.History.Overwrote || !e.History.Somethings {
		return nil
	}
	back, err := e.broughtBack(ctx)
	if err != nil {
		return e.run.Failed(err, "the start")
	}
	if back {
		return reason.New(reason.Undone)
	}
	return nil
}

// broughtBack reports whether what the job has erased is on its drive again. An undo ends the job before it writes;
// those of before that was so did not, and the permission was for what is there again.
func (e *Drive) broughtBack(ctx context.Context) (bool, error) {
	k, err := ReadKit(e.run.Root())
	if err != nil {
		return false, nil // who goes on from there says why it cannot
	}
	data, err := e.run.Root().Open(kitData)
	if err != nil {
		return false, nil
	}
	defer data.Close()
	raw, err := e.run.Held.Device(false)
	if err != nil {
		return false, err
	}
	dev := bench.NewDirect(raw, e.run.Beside())
	defer dev.Close()
	return k.isBack(dev, data, func() error { return context.Cause(ctx) })
}
