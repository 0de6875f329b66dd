package badblocks

import (
	"context"

	"burnish/backend/runner/sweep"
	"burnish/backend/surface"
)

// badblocks reads back each window before it goes on to the next, so that a drive whose addresses wrap looks whole to
// it: each window holds what was written last. So the head of each window keeps one stamped block, and after the last
// window all of these must still be there: whatever is written behind a real end lands on the begin of the drive.

// markPass is the pass of these stamps, apart from those of sweeps and probes.
const markPass = 1 << 30

func (b *bbRun) markOptions() surface.MarkOptions {
	return surface.MarkOptions{Nonce: b.Nonce(), Pass: markPass, BadRangeLimit: b.Spec.BadRangeLimit,
		CacheBytes: cacheBytes, Bad: b.res.BadRanges}
}

// mark stamps the head of the window that is done. The checkpoint behind the window tells of it.
func (b *bbRun) mark(ctx context.Context) error {
	if err := b.MayWrite(); err != nil {
		return err
	}
	res, err := surface.Mark(ctx, b.watch.Attend(b.dev), sweep.ClockOf(b.Heat), b.markOptions(), b.from,
		&markObserver{b})
	b.take(res)
	return err
}

// checkMarks compares the heads of all windows that have a stamp, those of earlier runs too. Where some are not what
// they must be, it looks whether the drive wraps.
func (b *bbRun) checkMarks(ctx context.Context) error {
	marks := b.Job().Stages[b.Index].Marks
	if len(marks) == 0 {
		return nil
	}
	b.Say("the heads of %d windows are read back", len(marks))
	before := len(b.res.BadRanges)
	res, err := surface.CheckMarks(ctx, b.watch.Attend(b.dev), sweep.ClockOf(b.Heat), b.markOptions(), marks,
		&markObserver{b})
	b.take(res)
	if err != nil || res.EndedEarly != "" {
		b.res.EndedEarly = res.EndedEarly
		return err
	}
	for _, r := range b.res.BadRanges[before:] {
		if r.Persistent && (r.Kind == surface.KindStale || r.Kind == surface.KindMisplaced) {
			b.fake, err = b.RealSize(ctx, b.dev, b.watch)
			return err
		}
	}
	return nil
}

// markObserver tells what the marks show as found by the one pass that there is.
type markObserver struct{ *bbRun }

func (o *markObserver) Progress(surface.Progress) { o.watch.Answered.Add(1) }

func (o *markObserver) Transient(r surface.Range) { r.Pass = 1; o.watch.Transient(r) }

func (o *markObserver) Stretch(surface.Stretch) {}

func (o *markObserver) Log(line string) { o.Say("  %s", line) }

func (o *markObserver) Checkpoint(surface.Checkpoint) error { return o.watch.Err }

func (o *markObserver) Bad(r surface.Range) {
	r.Pass = 1
	o.res.BadRanges = append(o.res.BadRanges, r)
	o.watch.Bad(r)
}
