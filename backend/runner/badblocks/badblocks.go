package badblocks

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/runner/port"
	"burnish/backend/runner/sweep"
	"burnish/backend/surface"
)

// badblocks is a trap: its exit code is 0 with bad blocks, the numbers of corrupt blocks are too high by -c, a read
// error hides corruption before it, a write error brings phantoms behind it, its blocks do not reach the drive's last
// bytes, a drive that wraps its addresses passes, and a drive that was pulled is all bad and "success". So its lists
// are only hints where to look: each listed block is read and written again by our own engine, with all that lies
// around it, and only what that finds counts. The rest of the drive, and its capacity, our engine tests too.
const (
	// bbWindow is the most of the drive that is gone over at once, and lost by a restart; of a drive below 2 TiB it is
	// 1/64. bbLeast is the least: each half of a pattern goes over the whole window, so that with twice the cache of
	// any hard drive (512 MiB) none of it is left in that cache when its turn to be read back comes.
	bbWindow = 32 << 30
	bbLeast  = 1 << 30
	// bbWindows is the most windows that a drive has, since each is a line of the journal: those of a drive above 27 TB
	// are larger.
	bbWindows = 800
	// bbBatch is how much badblocks moves at once (-b times -c).
	bbBatch = 4 << 20
	// bbListMax ends a window on a drive that is bad all over (-e); our engine then says how bad.
	bbListMax = 4096
	// cacheBytes is read elsewhere before a place that was just written is read back.
	cacheBytes = 1 << 30
)

// bbProgram is what it is called on the NAS.
var bbProgram = burnin.EngineBadblocks.Row().Needs

var bbPatterns = []string{"0xaa", "0x55", "0xff", "0x00"}

// bbPhases are the two halves of each pattern.
var bbPhases = [][2]burnin.Phase{{burnin.PhaseAAWrite, burnin.PhaseAAVerify},
	{burnin.Phase55Write, burnin.Phase55Verify}, {burnin.PhaseFFWrite, burnin.PhaseFFVerify},
	{burnin.Phase00Write, burnin.Phase00Verify}}

// bbRun is one badblocks stage at work.
type bbRun struct {
	*sweep.Stage
	watch *sweep.Observer
	dev   *erase.Writes
	size  int64 // of the drive, in bytes
	block int64 // -b
	batch int64 // -c
	from  int64 // the begin of the window at work, in bytes
	to    int64 // its end
	res   surface.Result
	fake  *surface.Fake    // what the marks gave away
	moved surface.Counters // by badblocks
	begin time.Duration
}

// bbBlock is the block size for a drive: block numbers have 32 bits.
func bbBlock(size, physical int64) int64 {
	b := max(4096, physical)
	for size/b >= 1<<32-1 {
		b *= 2
	}
	return b
}

// bbStep is how much of a drive is a window.
func bbStep(spec burnin.StageSpec, size, block int64) int64 {
	step := max(min(bbWindow, size/64), bbLeast, size/bbWindows)
	if spec.WindowMiB > 0 {
		step = int64(spec.WindowMiB) << 20
	}
	return max(step/block, 1) * block
}

// Validate goes over every byte of the drive with badblocks, and looks again where it points to.
func Validate(ctx context.Context, a *sweep.Stage, start surface.Start) (bench.Outcome, error) {
	dev, err := a.OpenForWriting(start.Position > 0)
	if err != nil {
		return a.IOOutcome(err), nil
	}
	g := dev.Geometry()
	b := &bbRun{Stage: a, watch: a.Observe(start), dev: dev, size: g.SizeBytes, block: bbBlock(g.SizeBytes,
		int64(g.PhysicalBytes)), begin: a.Heat.Work()}
	b.batch = max(bbBatch/b.block, 1)
	b.res.BytesCovered = start.Position
	b.res.BadRanges = slices.Clone(a.Job().Stages[a.Index].BadRanges)
	if k := a.Req.Drive.Kind; k == drive.SSD || k == drive.NVMe {
		if err := a.Warn(reason.New(reason.CachePossible)); err != nil {
			return bench.Outcome{}, err
		}
	}
	if start.Position == 0 {
		if out, err := a.CapacityProbe(ctx); err != nil || out.State != burnin.Passed {
			out.Totals = nil // what a probe moves here and there is no sweep
			return out, err
		}
	}
	said := (*reason.Said)(nil)
	err = a.Watched(ctx, b.watch, func(ctx context.Context) (err error) {
		said, err = b.windows(ctx, start.Position)
		return err
	})
	b.res.BytesWritten += b.moved.BytesWritten
	b.res.BytesVerified += b.moved.BytesVerified
	b.res.Answered += (b.moved.BytesWritten + b.moved.BytesVerified) / bbBatch
	b.res.Active = a.Heat.Work() - b.begin
	out, judged := a.JudgeSurface(ctx, b.res, err, b.watch, b.fake)
	if said != nil && out.State != burnin.Failed && ctx.Err() == nil {
		out = bench.Ended(burnin.Unknown, said)
	}
	out.Totals = a.Totals(b.res, err)
	return out, judged
}

// windows goes over the drive from a byte on. A reason means that badblocks did not do its work.
func (b *bbRun) windows(ctx context.Context, from int64) (*reason.Said, error) {
	whole := b.size / b.block * b.block
	step := bbStep(b.Spec, b.size, b.block)
	for b.from = from; b.from < whole; b.from = b.to {
		b.to = min(b.from+step, whole)
		hints, kind, said, err := b.window(ctx)
		if err != nil || said != nil {
			return said, err
		}
		for _, s := range hints {
			if err := b.lookAgain(ctx, s); err != nil || b.res.EndedEarly != "" {
				return nil, err
			}
			b.noteHealed(s, kind)
		}
		if err := b.mark(ctx); err != nil {
			return nil, err
		}
		b.res.BytesCovered = b.to
		if err := b.checkpoint(ctx, b.to); err != nil {
			return nil, err
		}
	}
	b.from, b.to = whole, b.size
	if whole < b.size {
		b.Say("the last %d bytes are no whole block for badblocks; our own engine tests them", b.size-whole)
		if err := b.lookAgain(ctx, sweep.Span{From: whole, To: b.size}); err != nil || b.res.EndedEarly != "" {
			return nil, err
		}
	}
	if err := b.checkMarks(ctx); err != nil || b.res.EndedEarly != "" {
		return nil, err
	}
	b.res.BytesCovered, b.res.Complete = b.size, true
	return nil, nil
}

// window has badblocks go over one window and gives where it points to, and whether to data or to errors.
func (b *bbRun) window(ctx context.Context) (hints []sweep.Span, kind surface.Kind, said *reason.Said, err error) {
	first, last := b.from/b.block, b.to/b.block-1
	out, err := scratch("badblocks list")
	if err != nil {
		return nil, "", nil, err
	}
	defer out.Close()
	errs, err := scratch("badblocks output")
	if err != nil {
		return nil, "", nil, err
	}
	defer errs.Close()
	args := []string{"-b", strconv.FormatInt(b.block, 10), "-c", strconv.FormatInt(b.batch, 10), "-e",
		strconv.Itoa(bbListMax), "-wsvX",
		port.DriveArg, strconv.FormatInt(last, 10), strconv.FormatInt(first, 10)}
	b.Say("badblocks on blocks %d to %d of %d bytes", first, last, b.block)
	// What it writes cannot be counted by us. A block that fails is tried alone once more, so that this is the most.
	written, err := b.Held.SectorsWritten()
	if err != nil {
		return nil, "", nil, err
	}
	child, err := b.Held.Spawn(port.Spawn{Program: bbProgram, Args: args, Stdout: out, Stderr: errs})
	if err != nil {
		return nil, "", reason.New(reason.EngineFailed, "engine", bbProgram, "how", "before it began", "said", err), nil
	}
	told, err := b.follow(ctx, child, errs)
	if err != nil {
		return nil, "", nil, err
	}
	now, err := b.Held.SectorsWritten()
	if err != nil {
		return nil, "", nil, err
	}
	sweeps := int64(len(bbPatterns))
	most := sweeps * (b.to - b.from)
	if told.found > 0 || told.aborted {
		most *= 2
	}
	b.dev.Tried.Add(min((now-written)*512, most))

	clean, how := child.Ended()
	list, err := readAll(out, 16*(bbListMax+1)*2)
	if err != nil {
		return nil, "", nil, err
	}
	blocks, garbage, more := bbList(list, first, last+b.batch, 2*bbListMax)
	b.Say("badblocks ended %s; %d blocks listed, errors %v; %s", how, len(blocks), told.errors, told.said())
	whole := clean && garbage == 0 && !more && told.found == int64(len(blocks)) && (told.whole(len(bbPatterns)) ||
		told.aborted && told.pass && len(blocks) > 0)
	if !whole {
		return nil, "", reason.New(reason.EngineFailed, "engine", bbProgram, "how", how, "said", told.said()), nil
	}
	if told.found == 0 {
		b.dev.Done.Add(sweeps * (b.to - b.from))
	}
	b.moved.BytesWritten += sweeps * (b.to - b.from)
	b.moved.BytesVerified += sweeps * (b.to - b.from)
	if kind = surface.KindRead; told.errors[2] > 0 {
		kind = surface.KindMismatch
	}
	return b.around(blocks), kind, nil, b.watch.Err
}

// follow waits for the child, telling how far it is, and ends it when ctx ends.
func (b *bbRun) follow(ctx context.Context, child port.Process, errs *os.File) (*bbOutput, error) {
	told, off := &bbOutput{}, int64(0)
	buf := make([]byte, 16<<10)
	read := func() {
		for {
			n, _ := errs.ReadAt(buf, off)
			if n == 0 {
				return
			}
			told.feed(buf[:n])
			off += int64(n)
		}
	}
	stopped := false
	for {
		if hot := b.Heat.Hot(); hot != stopped {
			stopped = hot
			child.Pause(hot)
		}
		select {
		case <-child.Done():
			read()
			b.meters(told)
			return told, nil
		case <-ctx.Done():
			child.Kill()
			select {
			case <-child.Done():
				b.Say("badblocks was ended and is gone")
			case <-b.After(surface.StopGrace):
				b.Say("badblocks (process %d) waits for the drive and cannot be ended before it answers", child.PID())
				b.Unanswered = func() string {
					select {
					case <-child.Done():
						return ""
					default:
						return fmt.Sprintf("badblocks (process %d)", child.PID())
					}
				}
			}
			return nil, context.Cause(ctx)
		case <-b.After(b.Poll()):
			read()
			b.meters(told)
		}
	}
}

// meters tells where each half of each pattern is.
func (b *bbRun) meters(told *bbOutput) {
	p := burnin.Progress{Stage: b.Index, Total: 2 * int64(len(bbPatterns)) * b.size}
	window := b.to - b.from
	for i, pattern := range bbPatterns {
		m := burnin.Meter{Pattern: pattern, Write: b.from, Verify: b.from}
		for half, bytes := range []*int64{&m.Write, &m.Verify} {
			k := 2*i + half
			switch {
			case k >= len(told.phases):
			case told.phases[k].done:
				*bytes = b.to
			default:
				// Its percentage is that of the block's number in all blocks up to the window's end.
				*bytes = b.from + min(max(int64(told.phases[k].percent/100*float64(b.to))-b.from, 0), window)
			}
			if k == len(told.phases)-1 {
				p.Phase, p.Pass = bbPhases[i][half], i+1
			}
		}
		p.Done += m.Write + m.Verify
		p.Written += m.Write - b.from
		p.Verified += m.Verify - b.from
		p.Meters = append(p.Meters, m)
	}
	if p.Phase == "" {
		return
	}
	p.Written += b.moved.BytesWritten + b.res.BytesWritten
	p.Verified += b.moved.BytesVerified + b.res.BytesVerified
	p.Covered, p.ActiveMs = b.res.BytesCovered, (b.Heat.Work() - b.begin).Milliseconds()
	b.watch.Tell(p, p.Done)
}

// readAll reads a file from its beginning, at most limit bytes.
func readAll(f *os.File, limit int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	buf := make([]byte, min(info.Size(), limit))
	_, err = f.ReadAt(buf, 0)
	return buf, err
}
