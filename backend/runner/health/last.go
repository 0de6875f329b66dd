package health

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/smart"
)

// LastHealth is the end: the drive's word once more, what changed since the beginning, whether its log shows the tests
// that ran, and what the kernel logged of it.
func (a *Stage) LastHealth(ctx context.Context) (bench.Outcome, error) {
	job := a.Job()
	if err := a.kernelFact(); err != nil {
		return bench.Outcome{}, err
	}
	if a.Req.Plan.WithoutSMART || job.Health == nil && !a.Req.Plan.NeedsSMART() {
		return bench.Passed, nil
	}
	h, err := a.wholeHealth(ctx, job.Health)
	if err != nil {
		return bench.Outcome{}, err
	}
	if err := a.driveSays(h); err != nil {
		return bench.Outcome{}, err
	}
	out, h, found, err := a.Review(ctx, h, bench.Passed)
	if err != nil {
		return bench.Outcome{}, err
	}
	changed := 0
	for _, row := range a.Job().Health.Rows {
		if row.Changed {
			changed++
		}
	}
	if job.Health != nil {
		if said, why := a.notComparable(job.Health.Before, h, found); said != nil {
			if out.State == burnin.Passed {
				out = bench.Ended(burnin.Unknown, said)
			}
			return out, a.Fact(burnin.FactHealth, false, why, "the drive's figures first and last")
		}
	}
	worst := smart.Worst(found)
	value := fmt.Sprintf("%d figures differ from the beginning, %d findings", changed, len(found))
	if worst != "" {
		value += ", the worst: " + string(worst)
	}
	if err := a.Fact(burnin.FactHealth, worst != smart.Fail, value, "the drive's figures first and last"); err != nil {
		return bench.Outcome{}, err
	}
	return out, a.selfTestLogFact(h.Brief())
}

// A drive that says less at the end than at first is asked again: one command that failed once is no gap.
const (
	lastTries = 3
	lastPause = time.Minute
)

// wholeHealth reads the drive's health at the end, until it says all that it said at first or has been asked often
// enough.
func (a *Stage) wholeHealth(ctx context.Context, known *burnin.Health) (h smart.Health, err error) {
	for try := 1; ; try++ {
		h, err = a.ReadHealth(ctx)
		if err == nil && (known == nil || len(smart.Unsaid(known.Before, h)) == 0) || try == lastTries ||
			ctx.Err() != nil {
			return h, err
		}
		a.Say("the drive says less than at first, or nothing (%v); it is asked again", err)
		select {
		case <-ctx.Done():
		case <-a.After(lastPause):
		}
	}
}

// notComparable says why the last figures prove nothing beside the first, nil if they can be compared.
func (a *Stage) notComparable(first, last smart.Health, found []smart.Finding) (*reason.Said, string) {
	for _, f := range found {
		if f.Rule == "other_drive" {
			return reason.New(reason.IdentityChanged, "expected", f.Before, "found", f.After, "path", a.Held.Path()),
				"not compared: smartctl shows another drive, " + f.Figures()
		}
	}
	if what := smart.Unsaid(first, last); len(what) > 0 {
		why := "the drive no longer says what it said at first (" + strings.Join(what, ", ") + ")"
		return reason.New(reason.SMARTUnreadable, "error", why), "not compared: " + why
	}
	return nil, ""
}

// selfTestLogFact compares the drive's log with the tests that this job ran.
func (a *Stage) selfTestLogFact(h smart.Health) error {
	job := a.Job()
	ours, begun := 0, 0
	for _, s := range job.Stages {
		if !s.Kind.SMART() {
			continue
		}
		begun += s.Begun
		if s.SelfTest == nil {
			continue
		}
		ours++
		if !smart.HasSelfTestRow(h, *s.SelfTest) {
			return a.Fact(burnin.FactSelfTestLog, false, "no longer there: "+s.SelfTest.String(),
				"the drive's self-test log at the end")
		}
	}
	if ours == 0 {
		return nil
	}
	rows, known := smart.NewSelfTestRows(job.Health.Before, h)
	// the firmware's own
	rows = slices.DeleteFunc(slices.Clone(rows), func(r smart.SelfTestRow) bool { return r.Type == smart.Vendor })
	if known && len(rows) > begun {
		if err := a.Warn(reason.New(reason.SelfTestForeign, "count", len(rows)-begun)); err != nil {
			return err
		}
	}
	return a.Fact(burnin.FactSelfTestLog, true, fmt.Sprintf("%d of ours, %d new rows in all", ours, len(rows)),
		"the drive's self-test log at the end")
}

// kernelFact tells what the kernel logged of the drive. It decides nothing: cables and controllers speak there too.
func (a *Stage) kernelFact() error {
	k := a.Held.KernelErrors()
	value := "none since the drive was held"
	switch {
	case k.Any():
		value = fmt.Sprintf("%d failed reads, %d failed writes, %d resets; the first: %s", k.Reads, k.Writes, k.Resets,
			k.First)
	case !k.Readable:
		value = "the kernel's log could not be read, or not without a gap"
	}
	a.Say("kernel errors: %s", value)
	return a.Put(burnin.EvFact, burnin.Fact{
		Stage: a.Index, ID: "no_kernel_errors", OK: k.Readable && !k.Any(), Value: value, Source: "the kernel's log",
		Beside: true,
	})
}

// WarnKernel says once beside the verdict what the kernel logged of the drive.
func (a *Stage) WarnKernel() error {
	k := a.Held.KernelErrors()
	if !k.Any() {
		return nil
	}
	return a.Warn(reason.New(reason.KernelErrors, "reads", k.Reads, "writes", k.Writes, "resets", k.Resets,
		"first", k.First))
}
