package sweep

import (
	"context"
	"sync/atomic"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/surface"
)

// Observer turns the engine's word into journal lines: a bounded number of samples, each bad range at once.
type Observer struct {
	*Stage

	Answered       atomic.Int64  // requests; while it stands still, nothing moves
	lastDone       int64         // see tell
	lastAt         int64         // what was done at the last sample
	lastTime       time.Duration // when that was, by Clock.Running
	sampled        bool          // there was one
	lastLive       time.Duration
	live           bool // there was one
	ForeignSectors int64
	start          surface.Start     // where this run began
	before         burnin.Healed     // in earlier runs of the stage
	heals          burnin.Healed     // with those of this run
	toldHeals      burnin.Healed     // as the journal has it
	zero           int64             // bytes of zeros that earlier runs read
	line           burnin.Checkpoint // the newest that is a line of the journal
	part           burnin.Map        // of the drive's map, not told yet
	Err            error             // the journal's first error
}

func (o *Observer) Progress(p surface.Progress) {
	o.Answered.Store(p.Answered)
	o.Counted(p.Counters)
	o.sample(burnin.Progress{
		Stage: o.Index, Phase: burnin.Phase(p.Phase), Pass: p.Pass, Done: p.Done, Total: p.Total,
		Written: p.BytesWritten, Verified: p.BytesVerified, Covered: p.BytesCovered, ActiveMs: p.Active.Milliseconds(),
	})
}

// Tell is for engines that do not count requests: done stands still while nothing moves.
func (o *Observer) Tell(p burnin.Progress, done int64) {
	if done != o.lastDone {
		o.lastDone = done
		o.Answered.Add(1)
	}
	o.sample(p)
}

// newPart has the next sample go into the journal, whatever came before.
func (o *Observer) newPart() { o.lastAt, o.sampled = 0, false }

func (o *Observer) sample(sample burnin.Progress) { o.sampleOf(sample.Done, sample.Total, sample) }

// sampleOf puts the newest progress where it is looked for, and into the journal the first of all and then now and
// then, by how much of the total is done.
func (o *Observer) sampleOf(done, total int64, sample burnin.Progress) {
	now := o.Running()
	if !o.live || now-o.lastLive >= liveEvery {
		o.lastLive, o.live = now, true
		o.TellLive(sample)
	}
	if o.sampled && (done-o.lastAt < max(total/(maxSamples/2), 1) || now-o.lastTime < time.Second) {
		return
	}
	o.lastAt, o.lastTime, o.sampled = done, now, true
	sample.TempC = o.Held.TempC()
	o.keep(o.Put(burnin.EvProgress, sample))
}

func (o *Observer) Bad(r surface.Range) {
	o.Say("%s: LBA %d to %d %s", r.Kind, r.FirstLBA, r.LastLBA, r.Errno)
	o.keep(o.StillCounts())
	r.Unwatched = o.writtenUnwatched(r, o.start) || o.Uncounted && erase.ForeignExplains(r.Kind)
	o.keep(o.Put(burnin.EvBad, burnin.Bad{Stage: o.Index, Ranges: []surface.Range{r}}))
}

func (o *Observer) Checkpoint(c surface.Checkpoint) error {
	if o.Err != nil {
		return o.Err
	}
	foreign, err := o.Foreign()
	if err != nil {
		return err
	}
	if foreign > 0 {
		o.ForeignSectors = foreign
		return erase.ErrForeign
	}
	written, err := o.Held.SectorsWritten()
	if err != nil {
		return err
	}
	o.Counted(c.Counters)
	cp := burnin.Checkpoint{
		Zero:  o.zero + c.ZeroBytes,
		Stage: o.Index, Phase: burnin.Phase(c.Phase), Pass: c.Pass, Position: c.Position, Done: c.Done,
		Covered:       c.BytesCovered,
		KernelSectors: written, Boot: o.Facts.BootID}
	if h := o.heals; h.Count > 0 {
		cp.Healed = &h
	}
	if !o.isLine(cp, c.Total) {
		return o.Home.Checkpoint(cp)
	}
	if err := o.Put(burnin.EvCheckpoint, cp); err != nil {
		return err
	}
	o.line, o.toldHeals = cp, o.heals
	return nil
}

// maxCheckpoints bounds the checkpoints of one stage that are lines of its journal, those at the ends of sweeps left
// out.
const maxCheckpoints = 400

// isLine reports whether a checkpoint becomes a line of the journal: the others are kept beside it. A runner that knows
// only lines goes on from the newest. So each end of a sweep is one, before another begins: in between, what the kernel
// has counted since is told apart from what somebody else wrote as by any other.
func (o *Observer) isLine(cp burnin.Checkpoint, total int64) bool {
	switch {
	case cp.Phase != o.line.Phase, cp.Pass != o.line.Pass, cp.Position >= o.Req.Drive.SizeBytes:
		return true
	case o.heals.Data != o.toldHeals.Data, o.heals.Count > 2*o.toldHeals.Count:
		return true
	}
	return cp.Done-o.line.Done >= max(total/maxCheckpoints, 1)
}

func (o *Observer) Log(line string) { o.Say("%s", line) }

// mapBatch is how many parts of the drive one line of the journal tells of.
const mapBatch = 50

// Stretch gathers parts of the drive's map.
func (o *Observer) Stretch(s surface.Stretch) {
	if m := o.part; len(m.KBps) == mapBatch || len(m.KBps) > 0 && (m.Phase != burnin.Phase(s.Phase) ||
		m.Pass != s.Pass || m.First+len(m.KBps) != s.Index) {
		o.tellMap()
	}
	if len(o.part.KBps) == 0 {
		o.part = burnin.Map{Stage: o.Index, Phase: burnin.Phase(s.Phase), Pass: s.Pass, First: s.Index, Parts: s.Parts}
	}
	m := &o.part
	m.KBps = append(m.KBps, int64(float64(s.Bytes)/1000/max(s.Time.Seconds(), 1e-6)))
	m.Mean = append(m.Mean, s.Mean.Microseconds())
	m.P99 = append(m.P99, s.P99.Microseconds())
	m.Max = append(m.Max, s.Max.Microseconds())
	m.Slow += s.Slow
}

func (o *Observer) tellMap() {
	if len(o.part.KBps) > 0 {
		o.keep(o.Put(burnin.EvMap, o.part))
		o.part = burnin.Map{}
	}
}

func (o *Observer) keep(err error) {
	if o.Err == nil {
		o.Err = err
	}
}

// clock gives an engine the time.
type clock struct{ *bench.Heat }

// ClockOf is the time of work: it stands still while a stage is paused, and begins anywhere.
func ClockOf(h *bench.Heat) clock { return clock{h} }

func (c clock) Now() time.Time { return time.Unix(0, 0).Add(c.Work()) }

func (c clock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.After(d):
		return nil
	}
}

func (o *Observer) Attend(dev surface.Device) surface.Device {
	return &bench.Attended{Device: dev, Traffic: &o.Traffic, Heat: o.Heat}
}
