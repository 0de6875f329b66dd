package sweep

import (
	"burnish/backend/burnin"
	"burnish/backend/runner/bench"
	"burnish/backend/surface"
)

// modeOf is what the surface engine does for an engine of a plan.
func modeOf(e burnin.Engine) surface.Mode {
	if e.Row().Writes {
		return surface.ModeStamp
	}
	return surface.ModeRead
}

// Resume gives where a stage goes on that an earlier run has begun and that has a checkpoint.
func Resume(r *bench.Run, spec burnin.StageSpec, before burnin.Stage) (surface.Start, *burnin.Resumed) {
	cp := before.Checkpoint
	mode := modeOf(spec.Engine)
	geo := surface.Geometry{SizeBytes: r.Req.Drive.SizeBytes}
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
	return start, &burnin.Resumed{Phase: string(start.Phase), Pass: start.Pass, FromByte: start.Position,
		Repeated: repeated}
}

// writtenUnwatched reports whether a bad range that this run found are sectors that an earlier run wrote and that hold
// something else now. Nobody counted the writes between the runs, so this is no evidence against the drive.
func (a *Stage) writtenUnwatched(r surface.Range, start surface.Start) bool {
	if start.Pass == 0 || r.Kind == surface.KindRead || r.Kind == surface.KindWrite {
		return false
	}
	if r.Pass == start.Pass && start.Phase != surface.PhaseVerify {
		return r.FirstLBA*int64(a.Req.Drive.LogicalBytes) < start.Position
	}
	return r.Pass <= start.Pass
}
