package runner

import (
	"fmt"

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
	w := a.wrote
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
