package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/smart"
)

const (
	smartTimeout = 60 * time.Second // for one answer of smartctl
	startsWithin = 2 * time.Minute  // for a self-test to show in the drive's log or as running
	leastStuck   = 60 * time.Minute // how long a self-test may stay at one percentage, at the least
)

// readSMART asks the drive for all that it says about itself. smartctl's exit code is no error: its bits are findings,
// which stand in the answer too.
func (r *run) readSMART(ctx context.Context) (smart.Health, error) {
	ctx, cancel := context.WithTimeout(ctx, smartTimeout)
	defer cancel()
	out, toolErr := r.held.SMART(ctx, "--json=c", "-x")
	h, err := smart.Parse(out)
	if err != nil {
		return h, reason.New("smart_unreadable", "error", errors.Join(err, toolErr))
	}
	return h, nil
}

// health takes the drive's own word on its health.
func (a *at) health(ctx context.Context) (outcome, error) {
	h, err := a.readSMART(ctx)
	if err != nil {
		return outcome{}, err
	}
	if h.Passed == nil {
		a.log.say("the drive does not say whether it is healthy")
		return passed, nil
	}
	if err := a.fact("smart_status", *h.Passed, map[bool]string{true: "PASSED", false: "FAILED"}[*h.Passed], "the drive's SMART status"); err != nil {
		return outcome{}, err
	}
	if !*h.Passed {
		return ended(burnin.Failed, reason.New("smart_failed", "what", "its overall status is FAILED")), nil
	}
	return passed, nil
}

// noSelfTest says why a drive cannot do a self-test; nil if it can, or if it does not say.
func (r *run) noSelfTest(ctx context.Context, kind burnin.StageKind) *reason.Said {
	h, err := r.readSMART(ctx)
	if err != nil || h.Capabilities.SelfTest == nil || *h.Capabilities.SelfTest {
		return nil
	}
	return reason.New("selftest_unsupported", "test", testOf(kind))
}

func testOf(kind burnin.StageKind) smart.SelfTestType {
	if kind == burnin.LongSMART {
		return smart.Long
	}
	return smart.Short
}

// selfTest has the drive test itself. Its result is a new row on top of the drive's own log and nothing else.
func (a *at) selfTest(ctx context.Context) (outcome, error) {
	test := testOf(a.spec.Kind)
	before, err := a.readSMART(ctx)
	if err != nil {
		return outcome{}, err
	}
	if before.Running != nil {
		return ended(burnin.Unknown, reason.New("selftest_unknown", "test", test, "result", "another self-test was running already")), nil
	}
	out, err := a.held.SMART(ctx, "-t", string(test))
	a.log.say("smartctl -t %s: %s", test, firstLine(out, err))
	return a.awaitSelfTest(ctx, test, before)
}

func (a *at) awaitSelfTest(ctx context.Context, test smart.SelfTestType, before smart.Health) (outcome, error) {
	begun := time.Now()
	last, since := int64(-1), begun
	for wait := 2 * time.Second; ; wait = min(wait*2, a.pollSelfTest()) {
		select {
		case <-ctx.Done():
			a.abortSelfTest()
			return ended(burnin.Unknown, nil), nil // the stage's caller knows why
		case <-time.After(wait):
		}
		after, err := a.readSMART(ctx)
		if err != nil {
			if ctx.Err() != nil {
				continue
			}
			return outcome{}, err
		}
		row, state := smart.NewSelfTestRow(before, after, test)
		switch {
		case state == smart.Running:
			if at := remaining(after); at != last {
				last, since = at, time.Now()
				if err := a.selfTestProgress(100 - at); err != nil {
					return outcome{}, err
				}
			} else if time.Since(since) > a.selfTestLimit(after) {
				a.abortSelfTest()
				return ended(burnin.Unknown, reason.New("stuck", "stage", a.spec.Kind, "minutes", int(a.selfTestLimit(after).Minutes()))), nil
			}
		case state == smart.None && time.Since(begun) < startsWithin:
		case state == smart.Passed:
			return passed, a.fact(burnin.FactSelfTest, true, row.String(), "the drive's self-test log")
		case state == smart.Failed:
			return ended(burnin.Failed, reason.New("selftest_failed", "test", test, "result", row.String())),
				a.fact(burnin.FactSelfTest, false, row.String(), "the drive's self-test log")
		default:
			result := row.Text
			if result == "" {
				result = "the drive's log shows no result of it"
			}
			return ended(burnin.Unknown, reason.New("selftest_unknown", "test", test, "result", result)), nil
		}
	}
}

// pollSelfTest keeps from disturbing a long test.
func (a *at) pollSelfTest() time.Duration {
	if a.spec.Kind == burnin.LongSMART {
		return time.Minute
	}
	return 15 * time.Second
}

// selfTestLimit is how long the percentage may stand still: half of the drive's own estimate for the whole test, since
// many report in steps of a tenth.
func (a *at) selfTestLimit(h smart.Health) time.Duration {
	if a.spec.StuckMinutes > 0 {
		return a.stuckLimit()
	}
	estimate := h.Capabilities.ShortMinutes
	if a.spec.Kind == burnin.LongSMART {
		estimate = h.Capabilities.LongMinutes
	}
	if estimate == nil {
		return 6 * leastStuck
	}
	return max(leastStuck, time.Duration(*estimate)*time.Minute/2)
}

func remaining(h smart.Health) int64 {
	if h.Running == nil || h.Running.RemainingPercent == nil {
		return 100
	}
	return *h.Running.RemainingPercent
}

func (a *at) selfTestProgress(percent int64) error {
	p := burnin.Progress{Stage: a.i, Phase: "selftest", Done: percent, Total: 100, TempC: a.held.TempC()}
	a.writeLive(p)
	a.log.say("%d %% done", percent)
	return a.j.put(burnin.EvProgress, p)
}

// abortSelfTest ends the drive's self-test, so that a stopped job leaves nothing running.
func (a *at) abortSelfTest() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := a.held.SMART(ctx, "-X")
	a.log.say("smartctl -X: %s", firstLine(out, err))
}

// firstLine is the part of a tool's answer that is worth a line in a log.
func firstLine(out []byte, err error) string {
	text := string(out)
	if len(text) > 300 {
		text = text[len(text)-300:]
	}
	if err != nil {
		return fmt.Sprintf("%s (%v)", text, err)
	}
	return text
}
