package sweep

import (
	"context"
	"strconv"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/surface"
)

// probePass marks the stamps of capacity probes, apart from those of all sweeps.
const probePass = 1 << 31

// factProbe is what a capacity probe has to say where it finds nothing.
const factProbe = "capacity_probed"

// CapacityProbe looks for a false capacity before the long sweep does.
func (a *Stage) CapacityProbe(ctx context.Context) (bench.Outcome, error) {
	w, err := a.OpenForWriting(false)
	if err != nil {
		return a.IOOutcome(err), nil
	}
	watch := a.Observe(surface.Start{})
	var res surface.ProbeResult
	err = a.Watched(ctx, watch, func(ctx context.Context) (err error) {
		opt := surface.ProbeOptions{Nonce: a.Nonce(), Pass: probePass + uint32(len(a.Job().Runs))}
		res, err = surface.Probe(ctx, watch.Attend(w), ClockOf(a.Heat), opt, watch)
		return err
	})
	if err := a.MediumErrors(res.Unread, res.Errors); err != nil {
		return bench.Outcome{}, err
	}
	out, err := a.judgeProbe(ctx, res, err, watch)
	out.Totals = &burnin.Totals{Written: res.BytesWritten, Verified: res.BytesVerified,
		ActiveMs: res.Active.Milliseconds(), Complete: err == nil}
	return out, err
}

func (a *Stage) judgeProbe(ctx context.Context, res surface.ProbeResult, err error, watch *Observer) (bench.Outcome,
	error) {
	if watch.Err != nil {
		return bench.Outcome{}, watch.Err
	}
	if out := a.brokeOff(ctx, err); out != nil {
		return *out, nil
	}
	if out, err := a.ProveAlone(); err != nil {
		return bench.Outcome{}, err
	} else if out != nil {
		return *out, nil
	}
	if f := res.Fake; f != nil && a.mayBeForeign(f) {
		return a.uncountedOutcome(amount{}), nil
	} else if f != nil {
		return a.fakeCapacity(f), nil
	}
	if res.Early != "" {
		a.Say("evidence: %s is missing", factProbe)
		return bench.Passed, a.Put(burnin.EvFact, burnin.Fact{Stage: a.Index, ID: factProbe, OK: false, Beside: true,
			Value: "given up: the drive answered too slowly", Source: "nothing was found so far; only the sweep " +
				"proves the capacity"})
	}
	value := strconv.Itoa(res.Places) + " places, " + strconv.Itoa(res.Wrong) + " with other data, " +
		strconv.Itoa(res.Errors) + " with errors"
	return bench.Passed, a.Fact(factProbe, true, value, "stamped places read back; only the sweep proves the capacity")
}

// wrapEvidence is how many sectors from LBA 0 on have to hold the stamps of others, in step, before a sweep is taken
// for one of a drive whose addresses wrap.
const wrapEvidence = 2048

// looksWrapped reports whether a sweep found what wrapping addresses do: the head of the drive holds the stamps of
// sectors further on, in step, as many as lie behind the real end or more than go astray by themselves.
func (a *Stage) looksWrapped(res surface.Result) bool {
	if !a.Spec.WritesAll() || len(res.BadRanges) == 0 {
		return false
	}
	first := res.BadRanges[0]
	if first.FirstLBA != 0 || first.FoundLBA == nil || !first.Persistent || *first.FoundLBA == 0 {
		return false
	}
	distance := *first.FoundLBA
	next := int64(0)
	for _, r := range res.BadRanges {
		if r.FirstLBA != next || r.FoundLBA == nil || !r.Persistent || (*r.FoundLBA-r.FirstLBA)%distance != 0 {
			break
		}
		next = r.LastLBA + 1
	}
	sectors := a.Req.Drive.SizeBytes / int64(a.Req.Drive.LogicalBytes)
	return next >= min(wrapEvidence, sectors-distance)
}

// RealSize has fresh stamps prove that addresses wrap, and where: what the sweeps show of it is a multiple of that, or
// one write that went astray. It is nil where that is not proven. It ends the tests of the surface: it overwrites what
// they wrote.
func (a *Stage) RealSize(ctx context.Context, dev surface.Device, watch *Observer) (*surface.Fake, error) {
	a.Say("what the drive holds looks like a false capacity; fresh stamps tell")
	opt := surface.ProbeOptions{Nonce: a.Nonce(), Pass: probePass + 1<<20 + uint32(len(a.Job().Runs))}
	res, err := surface.Probe(ctx, watch.Attend(dev), ClockOf(a.Heat), opt, quiet{watch})
	if err != nil && ctx.Err() == nil {
		a.Say("they cannot tell: %v", err)
		err = nil
	}
	return res.Fake, err
}

// quiet leaves the figures of the stage as they are.
type quiet struct{ *Observer }

func (q quiet) Progress(surface.Progress) { q.Answered.Add(1) }

func (a *Stage) fakeCapacity(f *surface.Fake) bench.Outcome {
	a.Say("false capacity: it %s at byte %d, as %d probes tell", f.How, f.RealBytes, f.Probes)
	return bench.Ended(burnin.Failed, reason.New(reason.FakeCapacity, "claimed", a.Req.Drive.SizeBytes,
		"real", f.RealBytes))
}

// zerosTold is the percentage of zeros from which on a read scan of flash says so.
const zerosTold = 1

// notOnMedium warns when much of what a read scan got may never have been read from the medium: a drive that knows
// which sectors were never written, or were discarded, answers zeros for them by itself. SSDs do, and shingled disks.
func (a *Stage) notOnMedium(res surface.Result, watch *Observer) error {
	zero := watch.zero + res.ZeroBytes // as what is covered, over all runs
	if a.Spec.WritesAll() || !a.Flash() && !a.Held.Place().Discards ||
		zero*100 <= zerosTold*res.BytesCovered {
		return nil
	}
	return a.Warn(reason.New(reason.NotOnMedium, "percent", zero*100/res.BytesCovered))
}
