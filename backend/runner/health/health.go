package health

import (
	"context"
	"errors"
	"os/exec"
	"reflect"
	"slices"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/smart"
)

// Drive asks one run's drive how it is.
type Drive struct {
	run *bench.Run

	nvmeCLI   bool  // nvme-cli reads this drive's self-test log, smartctl does not
	noNVMeCLI error // why nvme-cli does not either
}

// NewDrive asks the drive of a run.
func NewDrive(run *bench.Run) *Drive { return &Drive{run: run} }

// Stage is a stage that asks the drive how it is.
type Stage struct {
	*bench.Stage
	*Drive
}

// NewStage is a stage of a run that asks the drive how it is.
func NewStage(a *bench.Stage, k *Drive) *Stage { return &Stage{a, k} }

// perRead is how often a drive may count one read that failed: the kernel cuts a request into pieces of 256 KiB or
// more, of which each may meet a bad sector.
const perRead = 16

// ReadHealth asks the drive for all that it says about itself. smartctl's exit code is no error: its bits are findings,
// which stand in the answer too. NVMe self-tests, which smartctl before 7.4 cannot read, are asked of nvme-cli.
func (k *Drive) ReadHealth(ctx context.Context) (smart.Health, error) {
	ctx, cancel := context.WithTimeout(ctx, bench.SmartTimeout)
	defer cancel()
	out, toolErr := k.run.Held.SMART(ctx, "--json=co", "-x")
	h, err := smart.Parse(out)
	var none *smart.NoDataError
	switch {
	case errors.As(err, &none):
		return h, none
	case err != nil:
		return h, reason.New(reason.SMARTUnreadable, "error", errors.Join(toolErr, err))
	}
	if h.Drive.Protocol == smart.NVMe && h.SelfTests == nil && !cannotSelfTest(h) {
		if log, err := k.run.Held.NVMe(ctx, "self-test-log", "-o", "json"); err == nil && h.ReadNVMeLog(log) == nil {
			k.nvmeCLI = true
		} else if err != nil {
			k.noNVMeCLI = err
		}
	}
	return h, nil
}

func cannotSelfTest(h smart.Health) bool {
	return h.Capabilities.SelfTest != nil && !*h.Capabilities.SelfTest
}

// readFarm adds what Seagate's own log says; smartctl before 7.4 does not know it, and then nothing is added.
func (k *Drive) readFarm(ctx context.Context, h *smart.Health) {
	if h.Farm != nil || !h.Drive.Seagate() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, bench.SmartTimeout)
	defer cancel()
	out, _ := k.run.Held.SMART(ctx, "--json=c", "-l", "farm")
	if farm, err := smart.Parse(out); err == nil {
		h.Farm = farm.Farm
	}
}

// snapshot puts what the drive says now into the journal, in short.
func (a *Stage) snapshot(h smart.Health) (smart.Health, error) {
	h = h.Brief()
	if c := h.TemperatureC; c != nil && a.Held.TempC() == nil {
		limit, _ := a.HeatLimits()
		a.Sense.See(int(*c), limit, 0, false)
	}
	return h, a.Put(burnin.EvHealth, burnin.HealthData{Stage: a.Index, Health: h})
}

// FirstHealth is the beginning: whether the drive answers at all, what it says of itself, and what that means.
func (a *Stage) FirstHealth(ctx context.Context) (bench.Outcome, error) {
	h, err := a.ReadHealth(ctx)
	if err == nil && h.SwitchedOff && a.Req.SMARTOn {
		if err := a.switchOn(ctx); err != nil {
			return bench.Outcome{}, err
		}
		h, err = a.ReadHealth(ctx)
	}
	var none *smart.NoDataError
	switch {
	case errors.As(err, &none):
		return a.noHealth(none.Error())
	case err != nil && !a.Req.Plan.NeedsSMART():
		a.Say("%v", err)
		return bench.Passed, nil
	case err != nil:
		return bench.Outcome{}, err
	case !h.HasData():
		return a.noHealth(strings.Join(append([]string{"smartctl finds no health data"}, h.Messages...), "; "))
	}
	if h.Drive.RAID != "" && a.Req.Plan.Destroys() {
		return bench.Ended(burnin.Unknown, reason.New(reason.RAIDVolume, "drive", a.Req.Drive.ID())), nil
	}
	a.readFarm(ctx, &h)
	farm := h.Farm // read once
	h, found := a.lookAgain(ctx, h, func(h smart.Health) []smart.Finding {
		h.Farm = farm
		return smart.Judge(h, a.declared(), false)
	})
	h.Farm = farm
	if h, err = a.snapshot(h); err != nil {
		return bench.Outcome{}, err
	}
	if err := a.driveSays(h); err != nil {
		return bench.Outcome{}, err
	}
	return a.found(found, bench.Passed)
}

// noHealth refuses a drive without health data, unless the plan has no use for any.
func (a *Stage) noHealth(why string) (bench.Outcome, error) {
	if !a.Req.Plan.NeedsSMART() {
		a.Say("no health data: %s", why)
		return bench.Passed, nil
	}
	return bench.Ended(burnin.Unknown, reason.New(reason.SMARTUnsupported, "drive", a.Req.Drive.ID(), "error", why,
		"hint", "Add --without-smart to test it knowingly without its health data.")), nil
}

// switchOn switches the drive's SMART on, to which the person who started the job agreed. Whether it is on, its next
// answer tells.
func (a *Stage) switchOn(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bench.SmartTimeout)
	defer cancel()
	out, err := a.Held.SMART(ctx, "-s", "on")
	a.Say("smartctl -s on: %s", lastWords(out, err))
	return a.Warn(reason.New(reason.SMARTSwitchedOn))
}

// driveSays tells the drive's own word apart from what the rules make of its figures.
func (a *Stage) driveSays(h smart.Health) error {
	word := "not said"
	if h.Passed != nil {
		word = map[bool]string{true: "PASSED", false: "FAILED"}[*h.Passed]
	}
	return a.Put(burnin.EvFact, burnin.Fact{
		Stage: a.Index, ID: "drive_says", OK: h.Passed != nil && *h.Passed, Value: word,
		Source: "the drive's own overall status", Beside: true,
	})
}

func (k *Drive) declared() smart.Declared { return k.run.Req.Plan.Declared }

// Reviewed reads the drive's health after a stage, keeps it, and lets the rules speak. A stage whose own work went well
// fails if they speak against the drive.
func (a *Stage) Reviewed(ctx context.Context, out bench.Outcome) (bench.Outcome, error) {
	before := a.Job().Health
	if before == nil || ctx.Err() != nil || a.Req.Plan.WithoutSMART || a.answersNoMore(out) {
		return out, nil
	}
	h, err := a.ReadHealth(ctx)
	if err != nil {
		a.Say("the drive's health cannot be read after this stage: %v", err)
		return out, nil
	}
	if what := smart.Unsaid(before.Before, h); len(what) > 0 {
		if err := a.Warn(reason.New(reason.SMARTGap, "stage", a.Spec.Kind, "what", strings.Join(what,
			", "))); err != nil {
			return bench.Outcome{}, err
		}
	}
	out, _, _, err = a.Review(ctx, h, out)
	return out, err
}

// answersNoMore reports whether the stage ended because the drive no longer answers; it is not asked again then, since
// a request to such a drive may never return.
func (a *Stage) answersNoMore(out bench.Outcome) bool {
	return out.Said != nil && (out.Said.Code == reason.DriveVanished || out.Said.Code == reason.DriveLost ||
		out.Said.Code == reason.Stuck && !a.Spec.Kind.SMART())
}

// Review compares what the drive says with what it said first, and keeps it. It gives the answer that it kept.
func (a *Stage) Review(ctx context.Context, h smart.Health, out bench.Outcome) (bench.Outcome, smart.Health,
	[]smart.Finding, error) {
	before := a.Job().Health
	h, found := a.lookAgain(ctx, h, func(h smart.Health) []smart.Finding {
		h = h.Brief()
		first := h
		if before != nil {
			first = before.Before
		}
		h.Farm = first.Farm // read once
		return a.explained(smart.Review(first, h, a.declared(), a.Swept(out)), out)
	})
	h, err := a.snapshot(h)
	if err != nil {
		return bench.Outcome{}, h, nil, err
	}
	out, err = a.found(found, out)
	return out, h, found, err
}

// found keeps what the rules say and ends the stage as failed if they speak against the drive. A failure that the stage
// found itself says more and stays.
func (a *Stage) found(all []smart.Finding, out bench.Outcome) (bench.Outcome, error) {
	var news []smart.Finding
	known := a.Job().Findings
	for _, f := range all {
		if !contains(known, f) {
			news = append(news, f)
			a.Say("%s", f)
		}
	}
	if len(news) > 0 {
		if err := a.Put(burnin.EvFindings, burnin.FindingsData{Stage: a.Index, Findings: news}); err != nil {
			return bench.Outcome{}, err
		}
	}
	if out.State == burnin.Failed {
		return out, nil
	}
	for _, f := range all {
		if f.Severity == smart.Fail {
			out.State, out.Said = burnin.Failed, reason.New(reason.SMARTFailed, "what", strings.TrimSuffix(f.Says,
				".")+": "+f.Figures()+".")
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

// noTool reports whether a tool is not on the NAS at all.
func noTool(err error) bool { return errors.Is(err, exec.ErrNotFound) }

// explained softens what a used drive counted when the test itself read sectors that it had not written yet. Such a
// sector is a warning where only the sweep's write meets it, and so it is no failure where a label, a sample or the
// probe's cache reads lie on it. In a plan that writes nothing no sweep settles it. All of it stands if an error was
// met at a place that had been written.
func (a *Stage) explained(found []smart.Finding, out bench.Outcome) []smart.Finding {
	job := a.Job()
	met := job.MediumErrors
	if !a.Req.Plan.Destroys() || a.declared() == smart.DeclaredNew || met.Unwritten == 0 || met.Written > 0 ||
		slices.ContainsFunc(job.Stages, func(s burnin.Stage) bool { return len(s.BadRanges) > 0 }) {
		return found
	}
	swept := a.Swept(out)
	healed := out.Totals != nil && out.Totals.Transient > 0
	return smart.Explain(found, job.Findings, int64(met.Unwritten)*perRead, swept, healed)
}
