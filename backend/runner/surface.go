package runner

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/surface"
)

const (
	// stuckAfter is how long a surface stage may move nothing, where the plan says nothing else.
	stuckAfter = 30 * time.Minute
	// maxSamples bounds the progress events of one stage in the journal.
	maxSamples = 2000
	// liveEvery is how often the file with the newest progress is written.
	liveEvery = time.Second
)

// nonce is what marks this job's stamps. It follows from the job's id, so that a resumed run knows its own.
func nonce(job string, stage, attempt int) (n [16]byte) {
	sum := sha256.Sum256(fmt.Appendf(nil, "burnish stamp %s %d %d", job, stage, attempt))
	copy(n[:], sum[:])
	return n
}

// nonce is what marks the stamps that this stage writes now.
func (a *at) nonce() [16]byte { return nonce(a.id, a.i, a.j.job().Stages[a.i].Attempt) }

// ours reports whether a stamp is of this job, of whatever stage and attempt.
func (a *at) ours(stamp surface.Stamp) bool { return stampOf(a.j.job(), stamp) }

func stampOf(job burnin.Job, stamp surface.Stamp) bool {
	for i, s := range job.Stages {
		for attempt := 1; attempt <= s.Begun; attempt++ {
			if stamp.Nonce == nonce(job.ID, i, attempt) {
				return true
			}
		}
	}
	return false
}

// surface goes over every byte of the drive with the engine that the plan names.
func (a *at) surface(ctx context.Context, start surface.Start) (outcome, error) {
	if a.spec.Engine == burnin.EngineBadblocks {
		return a.badblocks(ctx, start)
	}
	opt := surface.Options{
		Mode: surfaceMode(a.spec.Engine), Nonce: a.nonce(), Passes: max(a.spec.Passes, 1), BlockBytes: a.spec.BlockBytes,
		InFlight: a.spec.InFlight, BadRangeLimit: a.spec.BadRangeLimit, Start: start,
	}
	var dev surface.Device
	switch a.spec.Engine {
	case burnin.EngineRead:
		d, err := a.held.Device(false)
		if err != nil {
			return outcome{}, err
		}
		defer d.Close()
		dev = d
	case burnin.EngineStamp:
		w, err := a.openForWriting(start.Pass > 0)
		if err != nil {
			return a.ioOutcome(err), nil
		}
		dev = w
	default:
		return ended(burnin.Unknown, reason.New("engine_missing", "what", a.spec.Engine, "hint", "")), nil
	}
	a.log.say("engine %s, %d passes over %d bytes", a.spec.Engine, opt.Passes, dev.Geometry().SizeBytes)

	watch := a.observe(start)
	var res surface.Result
	var fake *surface.Fake
	err := a.watched(ctx, watch, func(ctx context.Context) (err error) {
		if res, err = surface.Run(ctx, watch.attend(dev), clock{a.heat.work}, opt, watch); err == nil && a.looksWrapped(res) {
			fake, err = a.realSize(ctx, dev, watch)
		}
		return err
	})
	watch.tellMap()
	if err == nil && res.Complete && len(res.BadRanges) == 0 && a.spec.SeekMinutes > 0 && a.req.Drive.Kind == drive.HDD {
		err = a.seek(ctx, dev, watch, &res)
	}
	a.log.say("written %d, verified %d, covered %d of %d bytes, %d bad ranges, %d healed", res.BytesWritten, res.BytesVerified,
		res.BytesCovered, dev.Geometry().SizeBytes, len(res.BadRanges), res.TransientsAll)
	totals := a.totals(res, err)
	out, err := a.judgeSurface(ctx, res, err, watch, fake)
	out.totals = totals
	return out, err
}

func (a *at) totals(res surface.Result, err error) *burnin.Totals {
	return &burnin.Totals{
		Written: res.BytesWritten, Verified: res.BytesVerified, Covered: res.BytesCovered, Zero: res.ZeroBytes,
		ActiveMs: res.Active.Milliseconds(), Complete: res.Complete && err == nil, Transient: res.TransientsAll,
		EndedEarly: res.EndedEarly, Unread: res.Unread, AnswersFrom: res.AnswersFrom,
	}
}

// watched has an engine work and ends it when no request has been answered for too long. Requests that even then get no
// answer are left behind by the engine; they end with the process.
func (a *at) watched(ctx context.Context, watch *observer, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := a.stuckLimit()
	go func() {
		tick := time.NewTicker(min(limit/10, 10*time.Second))
		defer tick.Stop()
		answered, since := int64(-1), time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if a.j.stands.Load() {
				since = time.Now()
				continue
			}
			if _, hot := a.heat.hot(); hot {
				since = time.Now() // a pause is no standstill
				if a.heat.giveUp() {
					cancel(errHot)
				}
				continue
			}
			if now := watch.answered.Load(); now != answered {
				answered, since = now, time.Now()
			} else if time.Since(since) >= limit {
				cancel(errStuck)
			}
		}
	}()
	return work(ctx)
}

// judgeSurface turns what the engine did into an outcome.
func (a *at) judgeSurface(ctx context.Context, res surface.Result, err error, watch *observer, fake *surface.Fake) (outcome, error) {
	watch.counted(res.Counters)
	watch.tellHealed()
	if watch.err != nil {
		return outcome{}, watch.err // the journal failed
	}
	if errors.Is(err, errForeign) {
		return a.foreignOutcome(watch.foreignSectors, nil)
	}
	if a.wrote != nil && ctx.Err() == nil && err == nil {
		if out, err := a.proveAlone(); err != nil {
			return outcome{}, err
		} else if out != nil {
			return *out, nil
		}
	}
	if err := errors.Join(a.notOnMedium(res, watch), a.warnSlow()); err != nil {
		return outcome{}, err
	}
	if err := a.warnHealed(watch); err != nil {
		return outcome{}, err
	}
	if out := a.brokeOff(ctx, err); out != nil {
		return *out, nil
	}
	bad := weigh(a.j.job().Stages[a.i].BadRanges, a.uncounted)
	switch out := a.judgeBad(bad, res); {
	case fake != nil && !a.mayBeForeign(fake):
		return a.fakeCapacity(fake), nil
	case fake != nil && bad.proven.sectors == 0:
		return a.uncountedOutcome(bad.unwatched), nil
	case out != nil:
		return *out, nil
	case watch.heals.Data:
		return ended(burnin.Unknown, reason.New("path_suspect", "what", "wrong data that was right when read again", "stage", a.spec.Kind)), nil
	}
	if out := a.unsteady(); out != nil {
		return *out, nil
	}
	if !res.Complete {
		return ended(burnin.Unknown, reason.New("evidence_incomplete", "state", "complete", "missing", unfinished(res))), nil
	}
	return passed, nil
}

// pathSpoke reports whether all that is wrong are errors of no certain kind (EIO is the kernel's word for anything), and the kernel's log, read without a gap, lays them to the way to the drive: then they are no evidence against it.
func (a *at) pathSpoke(bad []surface.Range) bool {
	k := a.held.KernelErrors()
	return a.uncertain(bad) && k.Readable && k.Path > 0 && k.Medium == 0
}

// uncertain reports whether all that is wrong are errors of no certain kind.
func (a *at) uncertain(bad []surface.Range) bool {
	return !slices.ContainsFunc(bad, func(r surface.Range) bool { return r.Errno != "EIO" })
}

func (a *at) stuckLimit() time.Duration {
	if a.spec.StuckMinutes > 0 {
		return time.Duration(a.spec.StuckMinutes) * time.Minute
	}
	return stuckAfter
}

// ioOutcome turns an error of the drive, which is no bad sector, into a doubt.
func (a *at) ioOutcome(err error) outcome {
	a.log.say("%v", err)
	var said *reason.Said
	if errors.As(err, &said) {
		return ended(burnin.Unknown, said)
	}
	var dev *surface.DeviceError
	var io *surface.IOError
	errors.As(err, &io)
	kind := string(a.spec.Kind)
	switch {
	case errors.Is(err, errStuck):
		return a.stuck()
	case errors.Is(err, surface.ErrGone) || io != nil && io.Class == surface.ClassGone:
		return outcome{state: burnin.Unknown, said: reason.New("drive_vanished", "stage", kind, "where", whereOf(io), "error", err, "kernel", ""),
			gone: &departure{whereOf(io), err}}
	case errors.Is(err, surface.ErrFlush):
		return ended(burnin.Unknown, reason.New("flush_failed", "stage", kind, "error", err))
	case errors.Is(err, surface.ErrPath) || io != nil && io.Class == surface.ClassTransport:
		return ended(burnin.Unknown, reason.New("path_suspect", "what", err, "stage", kind))
	case errors.As(err, &dev) || io != nil:
		return ended(burnin.Unknown, reason.New("drive_error", "stage", kind, "error", err))
	}
	return ended(burnin.Unknown, a.failed(err, kind))
}

func whereOf(io *surface.IOError) string {
	if io == nil {
		return ""
	}
	return fmt.Sprintf(" at byte %d", io.Offset)
}
