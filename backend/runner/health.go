package runner

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/smart"
)

// smartTimeout is for one answer of smartctl or nvme-cli.
const smartTimeout = 60 * time.Second

// readHealth asks the drive for all that it says about itself. smartctl's exit code is no error: its bits are findings,
// which stand in the answer too. NVMe self-tests, which smartctl before 7.4 cannot read, are asked of nvme-cli.
func (r *run) readHealth(ctx context.Context) (smart.Health, error) {
	ctx, cancel := context.WithTimeout(ctx, smartTimeout)
	defer cancel()
	out, toolErr := r.held.SMART(ctx, "--json=co", "-x")
	h, err := smart.Parse(out)
	var none *smart.NoDataError
	switch {
	case errors.As(err, &none):
		return h, none
	case err != nil:
		return h, reason.New("smart_unreadable", "error", errors.Join(toolErr, err))
	}
	if h.Drive.Protocol == smart.NVMe && h.SelfTests == nil && !cannotSelfTest(h) {
		if log, err := r.held.NVMe(ctx, "self-test-log", "-o", "json"); err == nil && h.ReadNVMeLog(log) == nil {
			r.nvmeCLI = true
		} else if err != nil {
			r.noNVMeCLI = err
		}
	}
	return h, nil
}

func cannotSelfTest(h smart.Health) bool {
	return h.Capabilities.SelfTest != nil && !*h.Capabilities.SelfTest
}

// readFarm adds what Seagate's own log says; smartctl before 7.4 does not know it, and then nothing is added.
func (r *run) readFarm(ctx context.Context, h *smart.Health) {
	if h.Farm != nil || !h.Drive.Seagate() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, smartTimeout)
	defer cancel()
	out, _ := r.held.SMART(ctx, "--json=c", "-l", "farm")
	if farm, err := smart.Parse(out); err == nil {
		h.Farm = farm.Farm
	}
}

// snapshot puts what the drive says now into the journal, in short.
func (a *at) snapshot(h smart.Health) (smart.Health, error) {
	h = h.Brief()
	if c := h.TemperatureC; c != nil && a.held.TempC() == nil {
		limit, _ := a.heatLimits()
		a.sense.see(int(*c), limit, 0, false)
	}
	return h, a.j.put(burnin.EvHealth, burnin.HealthData{Stage: a.i, Health: h})
}

// firstHealth is the beginning: whether the drive answers at all, what it says of itself, and what that means.
func (a *at) firstHealth(ctx context.Context) (outcome, error) {
	h, err := a.readHealth(ctx)
	if err == nil && h.SwitchedOff && a.req.SMARTOn {
		if err := a.switchOn(ctx); err != nil {
			return outcome{}, err
		}
		h, err = a.readHealth(ctx)
	}
	var none *smart.NoDataError
	switch {
	case errors.As(err, &none):
		return a.noHealth(none.Error())
	case err != nil && !a.req.Plan.NeedsSMART():
		a.log.say("%v", err)
		return passed, nil
	case err != nil:
		return outcome{}, err
	case !h.HasData():
		return a.noHealth(strings.Join(append([]string{"smartctl finds no health data"}, h.Messages...), "; "))
	}
	if h.Drive.RAID != "" && a.req.Plan.Destroys() {
		return ended(burnin.Unknown, reason.New("raid_volume", "drive", a.req.Drive.ID())), nil
	}
	a.readFarm(ctx, &h)
	farm := h.Farm // read once
	h, found := a.lookAgain(ctx, h, func(h smart.Health) []smart.Finding {
		h.Farm = farm
		return smart.Judge(h, a.declared(), false)
	})
	h.Farm = farm
	if h, err = a.snapshot(h); err != nil {
		return outcome{}, err
	}
	if err := a.driveSays(h); err != nil {
		return outcome{}, err
	}
	return a.found(found, passed)
}

// noHealth refuses a drive without health data, unless the plan has no use for any.
func (a *at) noHealth(why string) (outcome, error) {
	if !a.req.Plan.NeedsSMART() {
		a.log.say("no health data: %s", why)
		return passed, nil
	}
	return ended(burnin.Unknown, reason.New("smart_unsupported", "drive", a.req.Drive.ID(), "error", why, "hint", "Add --without-smart to test it knowingly without its health data.")), nil
}

// switchOn switches the drive's SMART on, to which the person who started the job agreed. Whether it is on, its next answer
// tells.
func (a *at) switchOn(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, smartTimeout)
	defer cancel()
	out, err := a.held.SMART(ctx, "-s", "on")
	a.log.say("smartctl -s on: %s", lastWords(out, err))
	return a.warn(reason.New("smart_switched_on"))
}

// driveSays tells the drive's own word apart from what the rules make of its figures.
func (a *at) driveSays(h smart.Health) error {
	word := "not said"
	if h.Passed != nil {
		word = map[bool]string{true: "PASSED", false: "FAILED"}[*h.Passed]
	}
	return a.j.put(burnin.EvFact, burnin.Fact{
		Stage: a.i, ID: "drive_says", OK: h.Passed != nil && *h.Passed, Value: word, Source: "the drive's own overall status", Beside: true,
	})
}

func (r *run) declared() smart.Declared { return smart.Declared(r.req.Plan.Declared) }

// reviewed reads the drive's health after a stage, keeps it, and lets the rules speak. A stage whose own work went well
// fails if they speak against the drive.
func (a *at) reviewed(ctx context.Context, out outcome) (outcome, error) {
	before := a.j.job().Health
	if before == nil || ctx.Err() != nil || a.req.Plan.WithoutSMART || a.silent(out) {
		return out, nil
	}
	h, err := a.readHealth(ctx)
	if err != nil {
		a.log.say("the drive's health cannot be read after this stage: %v", err)
		return out, nil
	}
	if what := smart.Unsaid(before.Before, h); len(what) > 0 {
		if err := a.warn(reason.New("smart_gap", "stage", a.spec.Kind, "what", strings.Join(what, ", "))); err != nil {
			return outcome{}, err
		}
	}
	out, _, _, err = a.review(ctx, h, out)
	return out, err
}

// silent reports whether the stage ended because the drive no longer answers; it is not asked again then, since a
// request to such a drive may never return.
func (a *at) silent(out outcome) bool {
	return out.said != nil && (out.said.Code == "drive_vanished" || out.said.Code == "drive_lost" || out.said.Code == "stuck" && !a.spec.Kind.SMART())
}

// review compares what the drive says with what it said first, and keeps it. It gives the answer that it kept.
func (a *at) review(ctx context.Context, h smart.Health, out outcome) (outcome, smart.Health, []smart.Finding, error) {
	before := a.j.job().Health
	h, found := a.lookAgain(ctx, h, func(h smart.Health) []smart.Finding {
		h = h.Brief()
		first := h
		if before != nil {
			first = before.Before
		}
		h.Farm = first.Farm // read once
		return a.explained(smart.Review(first, h, a.declared(), a.swept(out)), out)
	})
	h, err := a.snapshot(h)
	if err != nil {
		return outcome{}, h, nil, err
	}
	out, err = a.found(found, out)
	return out, h, found, err
}

// swept reports whether all of the drive was written since the job began.
func (a *at) swept(out outcome) bool {
	stages := a.j.job().Stages
	for i, s := range a.req.Plan.Stages {
		if s.Kind != burnin.SurfaceValidate || s.Engine == burnin.EngineRead {
			continue
		}
		if stages[i].State == burnin.Passed || i == a.i && out.totals != nil && out.totals.Complete {
			return true
		}
	}
	return false
}

// found keeps what the rules say and ends the stage as failed if they speak against the drive. A failure that the stage
// found itself says more and stays.
func (a *at) found(all []smart.Finding, out outcome) (outcome, error) {
	var news []smart.Finding
	known := a.j.job().Findings
	for _, f := range all {
		if !contains(known, f) {
			news = append(news, f)
			a.log.say("%s", f)
		}
	}
	if len(news) > 0 {
		if err := a.j.put(burnin.EvFindings, burnin.FindingsData{Stage: a.i, Findings: news}); err != nil {
			return outcome{}, err
		}
	}
	if out.state == burnin.Failed {
		return out, nil
	}
	for _, f := range all {
		if f.Severity == smart.Fail {
			out.state, out.said = burnin.Failed, reason.New("smart_failed", "what", strings.TrimSuffix(f.Says, ".")+": "+f.Figures()+".")
			return out, nil
		}
	}
	return out, nil
}

func contains(all []smart.Finding, f smart.Finding) bool {
	for _, known := range all {
		if reflect.DeepEqual(known, f) {
			return true
		}
	}
	return false
}

// lastHealth is the end: the drive's word once more, what changed since the beginning, whether its log shows the tests
// that ran, and what the kernel logged of it.
func (a *at) lastHealth(ctx context.Context) (outcome, error) {
	job := a.j.job()
	if err := a.kernelFact(); err != nil {
		return outcome{}, err
	}
	if a.req.Plan.WithoutSMART || job.Health == nil && !a.req.Plan.NeedsSMART() {
		return passed, nil
	}
	h, err := a.wholeHealth(ctx, job.Health)
	if err != nil {
		return outcome{}, err
	}
	if err := a.driveSays(h); err != nil {
		return outcome{}, err
	}
	out, h, found, err := a.review(ctx, h, passed)
	if err != nil {
		return outcome{}, err
	}
	changed := 0
	for _, row := range a.j.job().Health.Rows {
		if row.Changed {
			changed++
		}
	}
	if job.Health != nil {
		if said, why := a.notComparable(job.Health.Before, h, found); said != nil {
			if out.state == burnin.Passed {
				out = ended(burnin.Unknown, said)
			}
			return out, a.fact(burnin.FactHealth, false, why, "the drive's figures first and last")
		}
	}
	worst := smart.Worst(found)
	value := fmt.Sprintf("%d figures differ from the beginning, %d findings", changed, len(found))
	if worst != "" {
		value += ", the worst: " + string(worst)
	}
	if err := a.fact(burnin.FactHealth, worst != smart.Fail, value, "the drive's figures first and last"); err != nil {
		return outcome{}, err
	}
	return out, a.selfTestLogFact(h.Brief())
}

// A drive that says less at the end than at first is asked again: one command that failed once is no gap.
const (
	lastTries = 3
	lastPause = time.Minute
)

// wholeHealth reads the drive's health at the end, until it says all that it said at first or has been asked often enough.
func (a *at) wholeHealth(ctx context.Context, known *burnin.Health) (h smart.Health, err error) {
	for try := 1; ; try++ {
		h, err = a.readHealth(ctx)
		if err == nil && (known == nil || len(smart.Unsaid(known.Before, h)) == 0) || try == lastTries || ctx.Err() != nil {
			return h, err
		}
		a.log.say("the drive says less than at first, or nothing (%v); it is asked again", err)
		select {
		case <-ctx.Done():
		case <-time.After(lastPause):
		}
	}
}

// notComparable says why the last figures prove nothing beside the first, nil if they can be compared.
func (a *at) notComparable(first, last smart.Health, found []smart.Finding) (*reason.Said, string) {
	for _, f := range found {
		if f.Rule == "other_drive" {
			return reason.New("identity_changed", "expected", f.Before, "found", f.After, "path", a.held.Path()), "not compared: smartctl shows another drive, " + f.Figures()
		}
	}
	if what := smart.Unsaid(first, last); len(what) > 0 {
		why := "the drive no longer says what it said at first (" + strings.Join(what, ", ") + ")"
		return reason.New("smart_unreadable", "error", why), "not compared: " + why
	}
	return nil, ""
}

// selfTestLogFact compares the drive's log with the tests that this job ran.
func (a *at) selfTestLogFact(h smart.Health) error {
	job := a.j.job()
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
			return a.fact(burnin.FactSelfTestLog, false, "no longer there: "+s.SelfTest.String(), "the drive's self-test log at the end")
		}
	}
	if ours == 0 {
		return nil
	}
	rows, known := smart.NewSelfTestRows(job.Health.Before, h)
	rows = slices.DeleteFunc(slices.Clone(rows), func(r smart.SelfTestRow) bool { return r.Type == smart.Vendor }) // the firmware's own
	if known && len(rows) > begun {
		if err := a.warn(reason.New("selftest_foreign", "count", len(rows)-begun)); err != nil {
			return err
		}
	}
	return a.fact(burnin.FactSelfTestLog, true, fmt.Sprintf("%d of ours, %d new rows in all", ours, len(rows)), "the drive's self-test log at the end")
}

// kernelFact tells what the kernel logged of the drive. It decides nothing: cables and controllers speak there too.
func (a *at) kernelFact() error {
	k := a.held.KernelErrors()
	value := "none since the drive was held"
	switch {
	case k.Any():
		value = fmt.Sprintf("%d failed reads, %d failed writes, %d resets; the first: %s", k.Reads, k.Writes, k.Resets, k.First)
	case !k.Readable:
		value = "the kernel's log could not be read, or not without a gap"
	}
	a.log.say("kernel errors: %s", value)
	return a.j.put(burnin.EvFact, burnin.Fact{
		Stage: a.i, ID: "no_kernel_errors", OK: k.Readable && !k.Any(), Value: value, Source: "the kernel's log", Beside: true,
	})
}

// warnKernel says once beside the verdict what the kernel logged of the drive.
func (a *at) warnKernel() error {
	k := a.held.KernelErrors()
	if !k.Any() {
		return nil
	}
	return a.warn(reason.New("kernel_errors", "reads", k.Reads, "writes", k.Writes, "resets", k.Resets, "first", k.First))
}

// noTool reports whether a tool is not on the NAS at all.
func noTool(err error) bool { return errors.Is(err, exec.ErrNotFound) }
