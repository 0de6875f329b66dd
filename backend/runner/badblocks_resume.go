package runner

import (
	"context"
	"errors"

	"burnish/backend/burnin"
	"burnish/backend/surface"
)

// checkpoint says that a resumed run goes on behind a window, whose head is stamped.
func (b *bbRun) checkpoint(ctx context.Context, at int64) error {
	foreign, err := b.foreign()
	if err != nil {
		return err
	}
	if foreign > 0 {
		b.watch.foreignSectors = foreign
		return errForeign
	}
	if err := b.flush(ctx); err != nil {
		return err
	}
	return b.j.put(burnin.EvCheckpoint, burnin.Checkpoint{
		Stage: b.i, Phase: "window", Pass: 1, Position: at, Done: 2 * int64(len(bbPatterns)) * at, Covered: at, Mark: &b.from, Healed: b.watch.healed()})
}

// flush empties the drive's cache: badblocks goes round that of the kernel, and leaves that of the drive as it is.
func (b *bbRun) flush(ctx context.Context) error {
	err := b.own().Flush()
	var io *surface.IOError
	switch {
	case errors.As(err, &io):
		return &surface.DeviceError{Kind: surface.ErrFlush, Op: "flush", LBA: -1, Err: err}
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// bbAtTail reports whether a badblocks that was broken off may have left its patterns in the tail of the drive: in its last
// window, or right behind it, where a drive may have lost what it had not flushed. The head it has always left as zeros,
// since a stage that goes on has its first window behind it.
func (a *at) bbAtTail() bool {
	cp := a.j.job().Stages[a.i].Checkpoint
	if a.spec.Engine != burnin.EngineBadblocks || cp == nil {
		return false
	}
	g := a.wrote.Geometry()
	block := bbBlock(g.SizeBytes, int64(g.PhysicalBytes))
	return cp.Position+bbStep(a.spec, g.SizeBytes, block) >= g.SizeBytes/block*block
}

// bbPattern reports whether a sector holds one of badblocks' patterns from end to end. No label looks like that; a single
// other byte may be one.
func bbPattern(p []byte) bool {
	for _, b := range p {
		if b != p[0] {
			return false
		}
	}
	return len(p) > 0 && (p[0] == 0xaa || p[0] == 0x55 || p[0] == 0xff || p[0] == 0)
}
