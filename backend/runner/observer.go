package runner

import (
	"context"
	"sync/atomic"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface"
)

// observer turns the engine's word into journal lines: a bounded number of samples, each bad range at once.
type observer struct {
	*at

	answered       atomic.Int64 // requests; while it stands still, nothing moves
	lastDone       int64        // see tell
	lastAt         int64        // what was done at the last sample
	lastTime       time.Time    // zero before the first
	lastLive       time.Time
	foreignSectors int64
	start          surface.Start // where this run began
	before         burnin.Healed // in earlier runs of the stage
	heals          burnin.Healed // with those of this run
	toldHeals      burnin.Healed // as the journal has it
	zero           int64         // bytes of zeros that earlier runs read
	part           burnin.Map    // of the drive's map, not told yet
	err            error         // the journal's first error
}

func (o *observer) Progress(p surface.Progress) {
	o.answered.Store(p.Answered)
	o.counted(p.Counters)
	o.sample(burnin.Progress{
		Stage: o.i, Phase: string(p.Phase), Pass: p.Pass, Done: p.Done, Total: p.Total,
		Written: p.BytesWritten, Verified: p.BytesVerified, Covered: p.BytesCovered, ActiveMs: p.Active.Milliseconds(),
	})
}

// tell is for engines that do not count requests: done stands still while nothing moves.
func (o *observer) tell(p burnin.Progress, done int64) {
	if done != o.lastDone {
		o.lastDone = done
		o.answered.Add(1)
	}
	o.sample(p)
}

// newPart has the next sample go into the journal, whatever came before.
func (o *observer) newPart() { o.lastAt, o.lastTime = 0, time.Time{} }

func (o *observer) sample(sample burnin.Progress) { o.sampleOf(sample.Done, sample.Total, sample) }

// sampleOf puts the newest progress where it is looked for, and into the journal the first of all and then now and then,
// by how much of the total is done.
func (o *observer) sampleOf(done, total int64, sample burnin.Progress) {
	now := o.Now()
	if now.Sub(o.lastLive) >= liveEvery {
		o.lastLive = now
		o.writeLive(sample)
	}
	first := o.lastTime.IsZero()
	if !first && (done-o.lastAt < max(total/(maxSamples/2), 1) || now.Sub(o.lastTime) < time.Second) {
		return
	}
	o.lastAt, o.lastTime = done, now
	sample.TempC = o.held.TempC()
	o.keep(o.j.put(burnin.EvProgress, sample))
}

func (o *observer) Bad(r surface.Range) {
	o.log.say("%s: LBA %d to %d %s", r.Kind, r.FirstLBA, r.LastLBA, r.Errno)
	o.keep(o.stillCounts())
	r.Unwatched = o.writtenUnwatched(r, o.start) || o.uncounted && foreignExplains(r.Kind)
	o.keep(o.j.put(burnin.EvBad, burnin.Bad{Stage: o.i, Ranges: []surface.Range{r}}))
}

func (o *observer) Checkpoint(c surface.Checkpoint) error {
	if o.err != nil {
		return o.err
	}
	foreign, err := o.foreign()
	if err != nil {
		return err
	}
	if foreign > 0 {
		o.foreignSectors = foreign
		return errForeign
	}
	written, err := o.held.SectorsWritten()
	if err != nil {
		return err
	}
	o.counted(c.Counters)
	return o.j.put(burnin.EvCheckpoint, burnin.Checkpoint{
		Zero: o.zero + c.ZeroBytes, Healed: o.healed(),
		Stage: o.i, Phase: string(c.Phase), Pass: c.Pass, Position: c.Position, Done: c.Done, Covered: c.BytesCovered,
		KernelSectors: written, Boot: o.facts.BootID})
}

func (o *observer) Log(line string) { o.log.say("%s", line) }

// mapBatch is how many parts of the drive one line of the journal tells of.
const mapBatch = 50

// Stretch gathers parts of the drive's map.
func (o *observer) Stretch(s surface.Stretch) {
	if m := o.part; len(m.KBps) == mapBatch || len(m.KBps) > 0 && (m.Phase != string(s.Phase) || m.Pass != s.Pass || m.First+len(m.KBps) != s.Index) {
		o.tellMap()
	}
	if len(o.part.KBps) == 0 {
		o.part = burnin.Map{Stage: o.i, Phase: string(s.Phase), Pass: s.Pass, First: s.Index, Parts: s.Parts}
	}
	m := &o.part
	m.KBps = append(m.KBps, int64(float64(s.Bytes)/1000/max(s.Time.Seconds(), 1e-6)))
	m.Mean = append(m.Mean, s.Mean.Microseconds())
	m.P99 = append(m.P99, s.P99.Microseconds())
	m.Max = append(m.Max, s.Max.Microseconds())
	m.Slow += s.Slow
}

func (o *observer) tellMap() {
	if len(o.part.KBps) > 0 {
		o.keep(o.j.put(burnin.EvMap, o.part))
		o.part = burnin.Map{}
	}
}

func (o *observer) keep(err error) {
	if o.err == nil {
		o.err = err
	}
}

// clock gives an engine the time.
type clock struct{ now func() time.Time }

func (c clock) Now() time.Time { return c.now() }

func (c clock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
