package badblocks

import (
	"burnish/backend/runner/erase"
)

// TracesOf tells what badblocks may have left on the drive of a stage of its own.
func TracesOf(a *erase.Stage) erase.Traces {
	return erase.Traces{Pattern: bbPattern, Before: func() int64 { return firstWindow(a) },
		AtTail: func() bool { return atTail(a) }}
}

// firstWindow gives up to which byte the patterns of badblocks may stand where its stage has no checkpoint yet.
func firstWindow(a *erase.Stage) int64 {
	stage := a.Job().Stages[a.Index]
	if stage.Begun < 2 || stage.Checkpoint != nil {
		return 0
	}
	g := a.Wrote.Geometry()
	return bbStep(a.Spec, g.SizeBytes, bbBlock(g.SizeBytes, int64(g.PhysicalBytes)))
}

// atTail reports whether a badblocks that was broken off may have left its patterns in the tail of the drive: in its
// last window, or right behind it, where a drive may have lost what it had not flushed. The head it has always left as
// zeros, since a stage that goes on has its first window behind it.
func atTail(a *erase.Stage) bool {
	cp := a.Job().Stages[a.Index].Checkpoint
	if cp == nil {
		return false
	}
	g := a.Wrote.Geometry()
	block := bbBlock(g.SizeBytes, int64(g.PhysicalBytes))
	return cp.Position+bbStep(a.Spec, g.SizeBytes, block) >= g.SizeBytes/block*block
}

// bbPattern reports whether a sector holds one of badblocks' patterns from end to end. No label looks like that; a
// single other byte may be one.
func bbPattern(p []byte) bool {
	for _, b := range p {
		if b != p[0] {
			return false
		}
	}
	return len(p) > 0 && (p[0] == 0xaa || p[0] == 0x55 || p[0] == 0xff || p[0] == 0)
}
