package badblocks

import (
	"context"
	"errors"

	"burnish/backend/burnin"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/surface"
)

// Resume gives where a stage goes on that an earlier run has begun and that has a checkpoint.
func Resume(_ *bench.Run, _ burnin.StageSpec, before burnin.Stage) (surface.Start, *burnin.Resumed) {
	cp := before.Checkpoint
	start := surface.Start{Phase: surface.Phase(cp.Phase), Pass: cp.Pass, Position: cp.Position}
	return start, &burnin.Resumed{Phase: string(cp.Phase), Pass: cp.Pass, FromByte: cp.Position,
		Repeated: max(before.Done-cp.Done, 0)}
}

// checkpoint says that a resumed run goes on behind a window, whose head is stamped.
func (b *bbRun) checkpoint(ctx context.Context, at int64) error {
	foreign, err := b.Foreign()
	if err != nil {
		return err
	}
	if foreign > 0 {
		b.watch.ForeignSectors = foreign
		return erase.ErrForeign
	}
	if err := b.flush(ctx); err != nil {
		return err
	}
	return b.Put(burnin.EvCheckpoint, burnin.Checkpoint{
		Stage: b.Index, Phase: burnin.PhaseWindow, Pass: 1, Position: at, Done: 2 * int64(len(bbPatterns)) * at,
		Covered: at, Mark: &b.from, Healed: b.watch.Healed()})
}

// flush empties the drive's cache: badblocks goes round that of the kernel, and leaves that of the drive as it is.
func (b *bbRun) flush(ctx context.Context) error {
	err := b.Own().Flush()
	var io *surface.IOError
	switch {
	case errors.As(err, &io):
		return &surface.DeviceError{Kind: surface.ErrFlush, Op: "flush", LBA: -1, Err: err}
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}
