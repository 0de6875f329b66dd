package surface

import (
	"context"
	"time"
)

// aheadBudget is how long a run that met a limit looks for the end of what is bad.
const aheadBudget = 5 * time.Minute

// lookAhead reads single physical sectors beyond where a run ended early, in steps that double, and gives the LBA of
// the first that could be read: whether a track is dead or a whole head, without a year of retries.
func (e *engine) lookAhead(ctx context.Context) *int64 {
	unit := int64(e.geo.PhysicalBytes)
	buf, begin := e.spare[:unit], e.clock.Now()
	for step := int64(e.opt.BlockBytes); e.clock.Now().Sub(begin) < aheadBudget; step *= 2 {
		off := e.pos + step
		if off > e.geo.SizeBytes-unit {
			break
		}
		off -= off % unit
		spoil(buf, int(e.sector))
		answer, err := e.hand.do(ctx, request{off: off, n: len(buf)}, func() error { return readFull(e.dev, buf, off) })
		if err != nil {
			return nil
		}
		e.n.Answered++
		lba := off / e.sector
		if answer == nil {
			e.logf("beyond the bad place LBA %d can be read", lba)
			return &lba
		}
		e.logf("beyond the bad place LBA %d cannot be read either: %v", lba, answer)
	}
	e.logf("no place beyond could be read")
	return nil
}
