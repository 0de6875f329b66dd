package health

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/smart"
)

const (
	startsWithin = 2 * time.Minute  // for a self-test to show in the drive's log or as running
	settleWithin = 30 * time.Second // for the row of a test that has ended to show in the log
	firstLook    = 2 * time.Second
	leastStuck   = 60 * time.Minute // how long a self-test may stay at one percentage, at the least
	maxMisses    = 5                // answers in a row that cannot be read before a self-test is given up
	shortMinutes = 2                // what standards allow a short test
	slowestRate  = 50e6             // bytes per second by which a long test is estimated where the drive does not say
)

// NoSelfTest says why a drive cannot do a self-test; nil if it can, or if it does not say.
func (k *Drive) NoSelfTest(ctx context.Context, kind burnin.StageKind) *reason.Said {
	h, err := k.ReadHealth(ctx)
	if err != nil || !cannotSelfTest(h) {
		return nil
	}
	return reason.New(reason.SelfTestUnsupported, "test", kind.Row().SelfTest)
}

// SelfTest is one self-test of the drive, from asking for it to its row in the drive's log.
type selfTest struct {
	*Stage
	temps *bench.Thermometer
	test  smart.SelfTestType
	ours  bool   // it was started by this job, so it may be aborted
	blind string // why the drive's log shows no new row, empty if it could
	gone  <-chan error
}

// SelfTest has the drive test itself. Its result is a new row on top of the drive's own log and nothing else: not what
// the tool that starts it says, nor how it exits.
func (a *Stage) SelfTest(ctx context.Context, temps *bench.Thermometer) (bench.Outcome, error) {
	awake, cancel := context.WithCancel(ctx)
	defer cancel()
	gone, err := a.keepAwake(awake)
	if err != nil {
		return bench.Outcome{}, err
	}
	t := &selfTest{Stage: a, temps: temps, test: a.Spec.Kind.Row().SelfTest, gone: gone}
	now, err := a.ReadHealth(ctx)
	if err != nil {
		return bench.Outcome{}, err
	}
	if out, done, err := t.resumed(ctx, now); done || err != nil {
		return out, err
	}
	if now.Running != nil {
		out, done, err := t.foreign(ctx, now)
		if done || err != nil {
			return out, err
		}
		if now, err = a.ReadHealth(ctx); err != nil {
			return bench.Outcome{}, err
		}
	}
	a.LeaveAlone(ctx)
	t.restFirst(ctx, now)
	if said := t.start(ctx, now); said != nil {
		return bench.Ended(burnin.Unknown, said), nil
	}
	t.ours = true
	row, state, out, err := t.await(ctx, now)
	if err != nil || out.State != "" {
		return out, err
	}
	return t.conclude(row, state)
}

// resumed looks for the test that an earlier run of this stage started: drives go on testing themselves while no runner
// is there. Done means that it gave the stage's outcome.
func (t *selfTest) resumed(ctx context.Context, now smart.Health) (out bench.Outcome, done bool, err error) {
	job := t.Job()
	if job.Stages[t.Index].Begun < 2 || job.Health == nil {
		return bench.Outcome{}, false, nil
	}
	before := job.Health.After
	row, state := smart.NewSelfTestRow(before, now.Brief(), t.test)
	if state == smart.Running {
		t.Say("the %s self-test of the run before this one is still at work", t.test)
		t.ours = true
		row, state, out, err = t.await(ctx, before)
		if err != nil || out.State != "" {
			return out, true, err
		}
	}
	if state != smart.Passed && state != smart.Failed {
		return bench.Outcome{}, false, nil
	}
	t.Say("the self-test that an earlier run began has ended")
	out, err = t.conclude(row, state)
	return out, true, err
}

// foreign lets a test end that somebody else started. Its result counts where the plan allows it and the kind is right.
func (t *selfTest) foreign(ctx context.Context, now smart.Health) (out bench.Outcome, done bool, err error) {
	t.Say("a self-test that Burnish did not start is at work; it is left to end")
	row, state, out, err := t.await(ctx, now)
	if err != nil || out.State != "" {
		return out, true, err
	}
	if t.Spec.RunningTest == burnin.WaitForTest || state != smart.Passed && state != smart.Failed {
		return bench.Outcome{}, false, nil
	}
	if err := t.Warn(reason.New(reason.SelfTestAdopted, "test", t.test)); err != nil {
		return bench.Outcome{}, true, err
	}
	out, err = t.conclude(row, state)
	return out, true, err
}

// start asks the drive to test itself, by the tool that can also read the result. It gives a reason only where nothing
// could be asked; whether the test runs is seen in the log.
func (t *selfTest) start(ctx context.Context, now smart.Health) *reason.Said {
	ctx, cancel := context.WithTimeout(ctx, bench.SmartTimeout)
	defer cancel()
	switch {
	case now.Drive.Protocol == smart.NVMe && t.nvmeCLI:
		code := "1"
		if t.test == smart.Long {
			code = "2"
		}
		out, err := t.Held.NVMe(ctx, "device-self-test", "-s", code)
		t.Say("nvme device-self-test -s %s: %s", code, lastWords(out, err))
	case now.Drive.Protocol == smart.NVMe && now.SelfTests == nil:
		return t.noTool(now)
	default:
		out, err := t.Held.SMART(ctx, "-t", string(t.test))
		t.Say("smartctl -t %s: %s", t.test, lastWords(out, err))
	}
	return nil
}

// noTool says why neither tool of the NAS can tell the result of an NVMe drive's self-test.
func (t *selfTest) noTool(now smart.Health) *reason.Said {
	what, install, quoted := "smartctl does not show its self-test log, as before version 7.4",
		"Install nvme-cli, or smartmontools 7.4 or newer, on the NAS; then resume the job.", false
	if said := now.SelfTestTrouble(); said != "" {
		quoted = true
		what, install = fmt.Sprintf("smartctl cannot read its self-test log: %q", said),
			"Nothing is known against this drive. Install nvme-cli on the NAS, which may read it, then resume the "+
				"job; or use a plan without self-tests."
	}
	switch {
	case noTool(t.noNVMeCLI):
		what += "; nvme-cli is not installed"
	case t.noNVMeCLI != nil:
		what += fmt.Sprintf("; nvme-cli failed: %v", t.noNVMeCLI)
		if quoted {
			install = "Nothing is known against this drive: both tools fail to read its log. A newer firmware of " +
				"the drive may help; until then, use a plan without self-tests."
		}
	}
	return reason.New(reason.SelfTestNoTool, "what", what, "hint", install)
}

// await follows a test until its result is known. An outcome with a state ends the stage at once.
func (t *selfTest) await(ctx context.Context, before smart.Health) (smart.SelfTestRow, smart.SelfTestState,
	bench.Outcome, error) {
	t.Heat.AtWork.Store(true)
	w := &progress{selfTest: t, last: -1, moved: t.Running()}
	begun, seen, misses := t.Running(), before.Running != nil, 0
	var over time.Duration // when the test was first seen to have ended without a row
	ended := false         // it was
	var none smart.SelfTestRow
	for wait := firstLook; ; wait = min(wait*2, t.pollEvery()) {
		select {
		case <-ctx.Done():
			if t.ours {
				t.abort()
			}
			return none, "", bench.Ended(burnin.Unknown, nil), nil // the stage's caller knows why
		case err := <-t.gone:
			return none, "", t.IOOutcome(err), nil
		case <-t.After(wait):
		}
		after, err := t.ReadHealth(ctx)
		if err != nil {
			if misses++; misses >= maxMisses && ctx.Err() == nil {
				return none, "", bench.Outcome{}, unreadable(err)
			}
			t.Say("%v", err)
			continue
		}
		misses = 0
		t.temps.Of(after)
		if t.Heat.Harms() {
			if t.ours {
				t.abort()
			}
			return none, "", bench.Ended(burnin.Unknown, t.Heat.Said()), nil
		}
		row, state := smart.NewSelfTestRow(before, after, t.test)
		switch {
		case state == smart.Running:
			seen = true
			if err := w.at(after); err != nil {
				return none, "", bench.Outcome{}, err
			}
			if limit := w.limit(after); t.Running()-w.moved > limit {
				if t.ours {
					t.abort()
				}
				return none, "", bench.Ended(burnin.Unknown, reason.New(reason.Stuck, "stage", t.Spec.Kind,
					"minutes", int(limit.Minutes()))), nil
			}
			continue
		case state == smart.Passed, state == smart.Failed, state == smart.Aborted:
			return row, state, bench.Outcome{}, nil
		case !seen && t.Running()-begun < startsWithin:
			continue // not begun, as far as can be seen
		case seen && (!ended || t.Running()-over < settleWithin):
			if !ended {
				over, ended = t.Running(), true
			}
			wait = firstLook / 2
			continue
		}
		t.whyNone(seen, before, after, row)
		return row, state, bench.Outcome{}, nil
	}
}

// whyNone tells the log what is known of a test that left no row, and keeps what kept the row from showing.
func (t *selfTest) whyNone(seen bool, before, after smart.Health, row smart.SelfTestRow) {
	t.blind = smart.Blind(before, after)
	switch {
	case t.blind != "":
		t.Say("the test shows no row: %s", t.blind)
	case !seen:
		t.Say("the test never showed, neither as running nor in the drive's log")
	case after.LastSelfTest != "":
		t.Say("the test left no row; the drive's status says: %s", after.LastSelfTest)
	default:
		t.Say("the test left no row: %s", row.Text)
	}
}

// conclude turns a row into the stage's outcome.
func (t *selfTest) conclude(row smart.SelfTestRow, state smart.SelfTestState) (bench.Outcome, error) {
	const source = "the drive's self-test log"
	switch state {
	case smart.Passed:
		return bench.Outcome{State: burnin.Passed, SelfTest: &row}, t.Fact(burnin.FactSelfTest, true, row.String(),
			source)
	case smart.Failed:
		return bench.Outcome{State: burnin.Failed, Said: reason.New(reason.SelfTestFailed, "test", t.test,
				"result", strings.TrimPrefix(row.String(), string(row.Type)+" self-test: ")), SelfTest: &row},
			t.Fact(burnin.FactSelfTest, false, row.String(), source)
	case smart.Aborted:
		return bench.Outcome{State: burnin.Unknown, Said: reason.New(reason.SelfTestAborted, "test", t.test,
			"result", row.Text), SelfTest: &row}, nil
	case smart.Running, smart.Unknown, smart.None: // no result, below
	}
	result, hint := row.Text, "Check that nothing else resets the drive or starts tests, then resume the job."
	switch {
	case t.blind != "":
		result, hint = t.blind, "Nothing is known against this drive: its log can show no result of any test. Use a "+
			"plan without self-tests, or read the drive's own log by its maker's tool."
	case result == "":
		result = "it was asked for, but the drive's log shows no result of it"
	}
	return bench.Ended(burnin.Unknown, reason.New(reason.SelfTestUnknown, "test", t.test, "result", result,
		"hint", hint)), nil
}

// abort ends the drive's self-test, so that a stopped job leaves nothing running, and looks whether it did.
func (t *selfTest) abort() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if t.nvmeCLI {
		out, err := t.Held.NVMe(ctx, "device-self-test", "-s", "0xf")
		t.Say("nvme device-self-test -s 0xf: %s", lastWords(out, err))
	} else {
		out, err := t.Held.SMART(ctx, "-X")
		t.Say("smartctl -X: %s", lastWords(out, err))
	}
	for range 5 {
		h, err := t.ReadHealth(ctx)
		if err == nil && h.Running == nil {
			t.Say("the drive's self-test is no longer running")
			return
		}
		select {
		case <-ctx.Done():
		case <-t.After(time.Second):
			continue
		}
		break
	}
	t.Say("the drive may still be testing itself")
}

// pollEvery keeps from disturbing a long test.
func (t *selfTest) pollEvery() time.Duration {
	if t.test == smart.Long {
		return time.Minute
	}
	return 15 * time.Second
}

// unreadable gives the reason behind an answer that could not be read, also where smartctl saw no drive at all.
func unreadable(err error) error {
	var said *reason.Said
	if errors.As(err, &said) {
		return err
	}
	return reason.New(reason.SMARTUnreadable, "error", err)
}

// lastWords is the part of a tool's answer that is worth a line in a log.
func lastWords(out []byte, err error) string {
	text := strings.Join(strings.Fields(string(out)), " ")
	if len(text) > 300 {
		text = "…" + strings.ToValidUTF8(text[len(text)-300:], "")
	}
	if err != nil {
		return fmt.Sprintf("%s (%v)", text, err)
	}
	return text
}

// restFirst lets a drive rest whose sensor is in doubt, before a self-test that cannot be paused. It ends early where
// the sensor moves.
func (t *selfTest) restFirst(ctx context.Context, now smart.Health) {
	t.temps.Of(now)
	if !t.Heat.Harms() || !t.Sense.Doubtful() {
		return
	}
	t.Say("the sensor says that the drive is too hot and has not moved yet: the drive rests before its self-test")
	for begun := t.Running(); t.Sense.Doubtful() && !t.Sense.Rests() &&
		t.Running()-begun < bench.RestFor+bench.RestEvery; {
		select {
		case <-ctx.Done():
			return
		case <-t.After(bench.RestEvery):
		}
		if h, err := t.ReadHealth(ctx); err == nil {
			t.temps.Of(h)
		}
	}
}
