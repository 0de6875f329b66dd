package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/surface"
)

// surfaceMode is what the surface engine does for an engine of a plan.
func surfaceMode(e burnin.Engine) surface.Mode {
	if e == burnin.EngineRead {
		return surface.ModeRead
	}
	return surface.ModeStamp
}

// resumePoint gives where a stage that an earlier run has begun goes on: zero for one that begins anew, and nil for one
// that was never begun.
func (r *run) resumePoint(i int, spec burnin.StageSpec) (surface.Start, *burnin.Resumed) {
	before := r.j.job().Stages[i]
	if before.Begun == 0 || spec.Kind != burnin.SurfaceValidate {
		return surface.Start{}, nil
	}
	cp := before.Checkpoint
	if cp == nil {
		return surface.Start{}, &burnin.Resumed{Repeated: before.Done}
	}
	if spec.Engine == burnin.EngineBadblocks {
		start := surface.Start{Phase: surface.Phase(cp.Phase), Pass: cp.Pass, Position: cp.Position}
		return start, &burnin.Resumed{Phase: cp.Phase, Pass: cp.Pass, FromByte: cp.Position, Repeated: max(before.Done-cp.Done, 0)}
	}
	mode := surfaceMode(spec.Engine)
	geo := surface.Geometry{SizeBytes: r.req.Drive.SizeBytes}
	at := surface.Progress{Phase: surface.Phase(cp.Phase), Pass: cp.Pass, Position: cp.Position}
	rewind := r.Rewind
	if rewind == 0 {
		// A small drive repeats a small part too. What its cache lost all the same, the verify sweep finds.
		rewind = min(surface.RewindBytes, geo.SizeBytes/64)
	}
	start := at.Rewind(geo, rewind)
	for _, b := range before.BadRanges {
		if b.Persistent {
			start.Bad = append(start.Bad, b)
		}
	}
	repeated := max(before.Done-start.Done(mode, geo, max(spec.Passes, 1)), 0)
	return start, &burnin.Resumed{Phase: string(start.Phase), Pass: start.Pass, FromByte: start.Position, Repeated: repeated}
}

// endsChecked is how much of each end of a drive is looked at before a stage goes on.
const endsChecked = 1 << 20

// endsAreOurs proves that nobody else has put a label on the drive since the run before: its head and tail hold this
// job's stamps, or the zeros of its first destructive act, or the tail what badblocks writes there. A sector that cannot
// be read is the sweep's to judge.
func (a *at) endsAreOurs() error {
	w := a.own()
	g := w.Geometry()
	n := min(endsChecked, g.SizeBytes)
	buf := surface.AlignedBuffer(int(n))
	sector := int64(g.LogicalBytes)
	patterns := a.bbAtTail()
	for _, off := range []int64{0, g.SizeBytes - n} {
		for at := int64(0); at < n; at += sector {
			p := buf[at : at+sector]
			if _, err := w.ReadAt(p, off+at); err != nil {
				if err := mediumIsForTheSweep(err); err != nil {
					return err
				}
				continue
			}
			if stamp, ok := surface.DecodeStamp(p); ok && a.ours(stamp) || isZero(p) || off > 0 && patterns && bbPattern(p) {
				continue
			}
			return reason.New("usage_changed", "expected", "what this job wrote", "found", fmt.Sprintf("other data at LBA %d", (off+at)/sector))
		}
	}
	a.log.say("both ends of the drive hold what this job wrote")
	return nil
}

// over says why a job that has begun to erase its drive is not to go on: what it erased was brought back, somebody else
// wrote to the drive, or another job of ours did.
func (r *run) over(ctx context.Context) *reason.Said {
	if !r.deeds.began {
		return nil
	}
	if r.deeds.counted {
		return reason.New("usage_changed", "expected", "what this job left there", "found", "what somebody else has written: "+strings.TrimSuffix(r.deeds.foreign, "."))
	}
	by, doubt, err := r.erasedSince()
	if err != nil {
		return r.fault("the other jobs", err)
	}
	if by != "" {
		return reason.New("usage_changed", "expected", "what this job left there", "found", "what job "+by+" has left there since")
	}
	r.doubt = doubt
	if r.deeds.overwrote || !r.deeds.somethings {
		return nil
	}
	back, err := r.broughtBack(ctx)
	if err != nil {
		return r.failed(err, "the start")
	}
	if back {
		return reason.New("undone")
	}
	return nil
}

// broughtBack reports whether what the job has erased is on its drive again. An undo ends the job before it writes; those
// of before that was so did not, and the permission was for what is there again.
func (r *run) broughtBack(ctx context.Context) (bool, error) {
	k, err := readKit(r.root())
	if err != nil {
		return false, nil // who goes on from there says why it cannot
	}
	data, err := r.root().Open(kitData)
	if err != nil {
		return false, nil
	}
	defer data.Close()
	dev, err := r.held.Device(false)
	if err != nil {
		return false, err
	}
	defer dev.Close()
	return k.isBack(dev, data, func() error { return context.Cause(ctx) })
}

// placesProven is at how many places of a drive a job looks for what it wrote there.
const placesProven = 64

// wroteLast proves by what is on the drive that no other job has written to it since this one, where no clock and no
// journal says so. What cannot be proven is refused.
func (a *at) wroteLast(goesOn bool) error {
	if a.doubt == "" || !a.deeds.began {
		return nil
	}
	refused := func(found string) error {
		return reason.New("usage_changed", "expected", "what this job left there", "found", found+", and job "+a.doubt+" may have written to it since")
	}
	if !a.deeds.overwrote { // between the pieces of the kit lies what lay there
		k, err := readKit(a.root())
		if err != nil || len(k.Samples) == 0 {
			return refused("no undo kit that tells")
		}
		if other, err := k.changed(a.own()); err != nil || other >= 0 {
			return errors.Join(err, refused(fmt.Sprintf("other data at byte %d", other)))
		}
		return nil
	}
	g := a.wrote.Geometry()
	written := int64(0)
	for _, s := range a.j.job().Stages {
		switch cp := s.Checkpoint; {
		case s.Engine != burnin.EngineStamp || cp == nil:
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
		if off < edge && written == g.SizeBytes || off >= g.SizeBytes-edge {
			continue // the last act zeroes both ends
		}
		if _, err := a.own().ReadAt(buf, off); err != nil {
			if err := mediumIsForTheSweep(err); err != nil {
				return err
			}
			continue
		}
		if stamp, is := surface.DecodeStamp(buf); !is || !a.ours(stamp) {
			return refused(fmt.Sprintf("other data at byte %d", off))
		}
		found++
	}
	if found == 0 {
		return refused("nothing that tells who wrote last")
	}
	a.log.say("%d places of the drive hold what this job wrote; whether job %s was before it is not known otherwise", found, a.doubt)
	return nil
}

// nobodyMeanwhile compares the kernel's count with that of the last checkpoint: where this job has only read since, every
// write to the drive was somebody else's. After a restart of the NAS, or in the middle of a write sweep, the counts
// say nothing; see writtenUnwatched.
func (a *at) nobodyMeanwhile() error {
	for _, s := range a.j.job().Stages {
		cp := s.Checkpoint
		if cp == nil || cp.KernelSectors == 0 || cp.Boot != a.facts.BootID || s.State == burnin.Passed {
			continue
		}
		whole := cp.Position == a.req.Drive.SizeBytes
		if verifies := surface.Phase(cp.Phase) == surface.PhaseVerify; verifies == whole {
			continue // a write sweep was going on, or came next
		}
		if foreign := a.base - cp.KernelSectors; foreign > 0 {
			return reason.New("foreign_writes", "foreign", foreign)
		}
	}
	return nil
}

// writtenUnwatched reports whether a bad range that this run found are sectors that an earlier run wrote and that hold
// something else now. Nobody counted the writes between the runs, so this is no evidence against the drive.
func (a *at) writtenUnwatched(r surface.Range, start surface.Start) bool {
	if start.Pass == 0 || r.Kind == surface.KindRead || r.Kind == surface.KindWrite {
		return false
	}
	if r.Pass == start.Pass && start.Phase != surface.PhaseVerify {
		return r.FirstLBA*int64(a.req.Drive.LogicalBytes) < start.Position
	}
	return r.Pass <= start.Pass
}

func isZero(p []byte) bool {
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}
