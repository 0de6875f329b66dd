package runner

import (
	"context"
	"strconv"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/surface"
)

// probePass marks the stamps of capacity probes, apart from those of all sweeps.
const probePass = 1 << 31

// factProbe is what a capacity probe has to say where it finds nothing.
const factProbe = "capacity_probed"

// capacityProbe looks for a false capacity before the long sweep does.
func (a *at) capacityProbe(ctx context.Context) (outcome, error) {
	w, err := a.openForWriting(false)
	if err != nil {
		return a.ioOutcome(err), nil
	}
	watch := a.observe(surface.Start{})
	var res surface.ProbeResult
	err = a.watched(ctx, watch, func(ctx context.Context) (err error) {
		opt := surface.ProbeOptions{Nonce: a.nonce(), Pass: probePass + uint32(len(a.j.job().Runs))}
		res, err = surface.Probe(ctx, watch.attend(w), clock{a.heat.work}, opt, watch)
		return err
	})
	if err := a.met(res.Unread, res.Errors); err != nil {
		return outcome{}, err
	}
	out, err := a.judgeProbe(ctx, res, err, watch)
	out.totals = &burnin.Totals{Written: res.BytesWritten, Verified: res.BytesVerified, ActiveMs: res.Active.Milliseconds(), Complete: err == nil}
	return out, err
}

func (a *at) judgeProbe(ctx context.Context, res surface.ProbeResult, err error, watch *observer) (outcome, error) {
	if watch.err != nil {
		return outcome{}, watch.err
	}
	if out := a.brokeOff(ctx, err); out != nil {
		return *out, nil
	}
	if out, err := a.proveAlone(); err != nil {
		return outcome{}, err
	} else if out != nil {
		return *out, nil
	}
	if f := res.Fake; f != nil && a.mayBeForeign(f) {
		return a.uncountedOutcome(amount{}), nil
	} else if f != nil {
		return a.fakeCapacity(f), nil
	}
	if res.Early != "" {
		a.log.say("evidence: %s is missing", factProbe)
		return passed, a.j.put(burnin.EvFact, burnin.Fact{Stage: a.i, ID: factProbe, OK: false, Beside: true,
			Value: "given up: the drive answered too slowly", Source: "nothing was found so far; only the sweep proves the capacity"})
	}
	value := strconv.Itoa(res.Places) + " places, " + strconv.Itoa(res.Wrong) + " with other data, " + strconv.Itoa(res.Errors) + " with errors"
	return passed, a.fact(factProbe, true, value, "stamped places read back; only the sweep proves the capacity")
}

func (a *at) stuck() outcome {
	return ended(burnin.Unknown, reason.New("stuck", "stage", a.spec.Kind, "minutes", int(a.stuckLimit().Minutes())))
}

// wrapEvidence is how many sectors from LBA 0 on have to hold the stamps of others, in step, before a sweep is taken for
// one of a drive whose addresses wrap.
const wrapEvidence = 2048

// looksWrapped reports whether a sweep found what wrapping addresses do: the head of the drive holds the stamps of sectors
// further on, in step, as many as lie behind the real end or more than go astray by themselves.
func (a *at) looksWrapped(res surface.Result) bool {
	if a.spec.Engine != burnin.EngineStamp || len(res.BadRanges) == 0 {
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
	sectors := a.req.Drive.SizeBytes / int64(a.req.Drive.LogicalBytes)
	return next >= min(wrapEvidence, sectors-distance)
}

// realSize has fresh stamps prove that addresses wrap, and where: what the sweeps show of it is a multiple of that, or one
// write that went astray. It is nil where that is not proven. It ends the tests of the surface: it overwrites what they
// wrote.
func (a *at) realSize(ctx context.Context, dev surface.Device, watch *observer) (*surface.Fake, error) {
	a.log.say("what the drive holds looks like a false capacity; fresh stamps tell")
	opt := surface.ProbeOptions{Nonce: a.nonce(), Pass: probePass + 1<<20 + uint32(len(a.j.job().Runs))}
	res, err := surface.Probe(ctx, watch.attend(dev), clock{a.heat.work}, opt, quiet{watch})
	if err != nil && ctx.Err() == nil {
		a.log.say("they cannot tell: %v", err)
		err = nil
	}
	return res.Fake, err
}

// quiet leaves the figures of the stage as they are.
type quiet struct{ *observer }

func (q quiet) Progress(surface.Progress) { q.answered.Add(1) }

func (a *at) fakeCapacity(f *surface.Fake) outcome {
	a.log.say("false capacity: it %s at byte %d, as %d probes tell", f.How, f.RealBytes, f.Probes)
	return ended(burnin.Failed, reason.New("fake_capacity", "claimed", a.req.Drive.SizeBytes, "real", f.RealBytes))
}

// zerosTold is the percentage of zeros from which on a read scan of flash says so.
const zerosTold = 1

// notOnMedium warns when much of what a read scan got may never have been read from the medium: a drive that knows which
// sectors were never written, or were discarded, answers zeros for them by itself. SSDs do, and shingled disks.
func (a *at) notOnMedium(res surface.Result, watch *observer) error {
	zero := watch.zero + res.ZeroBytes // as what is covered, over all runs
	if a.spec.Engine != burnin.EngineRead || !a.flash() && !a.held.Place().Discards || zero*100 <= zerosTold*res.BytesCovered {
		return nil
	}
	return a.warn(reason.New("not_on_medium", "percent", zero*100/res.BytesCovered))
}
