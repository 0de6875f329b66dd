package middleware

import (
	"context"
	"errors"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/truenas"
)

type selfTestRow = smart.SelfTestRow

const (
	logSource    = "the drive's self-test log, as TrueNAS shows it"
	startsWithin = 2 * time.Minute // for a self-test to show, as running or in the log
	shortEvery   = 15 * time.Second
	longEvery    = time.Minute
	testStuck    = 24 * time.Hour // at one percentage: the largest drives take hours for a tenth
)

func testOf(kind burnin.StageKind) smart.SelfTestType {
	if kind == burnin.LongSMART {
		return smart.Long
	}
	return smart.Short
}

// tests reads what TrueNAS shows of the drive's self-tests, as health data that package smart compares. It wakes the
// drive.
func (d *Driver) tests(ctx context.Context, disk truenas.Disk) (smart.Health, error) {
	out, err := d.result(ctx, truenas.MethodResults, truenas.Filter(disk))
	if err != nil {
		return smart.Health{}, err
	}
	t, err := truenas.Results(out, disk.Name)
	if err != nil {
		return smart.Health{}, &truenas.CallError{Method: truenas.MethodResults, Refusal: truenas.Failed,
			Text: err.Error()}
	}
	return smart.Health{SelfTests: t.Rows, Running: t.Running}, nil
}

// selfTest has the drive test itself. Its result is a new row on top of the drive's log and nothing else.
func (d *Driver) selfTest(ctx context.Context, i int, kind burnin.StageKind) (ending, error) {
	test := testOf(kind)
	every := shortEvery
	if test == smart.Long {
		every = longEvery
	}
	disk, said, err := d.find(ctx)
	if err != nil {
		return ending{}, err
	}
	if said != nil {
		return ended(burnin.Unknown, said), nil
	}
	now, err := d.tests(ctx, disk)
	if err != nil {
		return ending{}, err
	}
	asked, was := d.Job.note(i, noteAsks)
	if !was {
		switch {
		case d.Stop():
			return ended(burnin.Cancelled, d.said(reason.StoppedByPerson)), nil
		case now.Running != nil: // somebody else's: it may end
			return goesOn(every), nil
		}
		err := d.put(burnin.EvMiddleware, note{Stage: i, What: noteAsks, Disk: disk.Name, Rows: now.SelfTests})
		if err != nil {
			return ending{}, err
		}
		return d.askForTest(ctx, i, disk, test)
	}
	before := smart.Health{SelfTests: asked.Rows}
	if before.SelfTests == nil {
		before.SelfTests = []selfTestRow{}
	}
	if d.Stop() {
		return d.stopTest(ctx, i, disk, now)
	}
	row, state := smart.NewSelfTestRow(before, now, test)
	switch state {
	case smart.Running:
		return d.testGoesOn(i, now, every)
	case smart.Passed:
		return ending{state: burnin.Passed, selfTest: &row}, d.fact(burnin.Fact{Stage: i,
			ID: burnin.FactSelfTest, OK: true, Value: row.String(), Source: logSource})
	case smart.Failed:
		why := reason.New(reason.SelfTestFailed, "test", test, "result",
			strings.TrimPrefix(row.String(), string(row.Type)+" self-test: "))
		return ending{state: burnin.Failed, said: why, selfTest: &row}, d.fact(burnin.Fact{Stage: i,
			ID: burnin.FactSelfTest, OK: false, Value: row.String(), Source: logSource})
	case smart.Aborted:
		return ending{state: burnin.Unknown, selfTest: &row, said: reason.New(reason.SelfTestAborted, "test", test,
			"result", row.Text)}, nil
	case smart.None, smart.Unknown: // below
	}
	begun, answered := d.Job.note(i, noteBegun)
	if answered {
		asked = begun
	}
	switch since := time.Duration(d.now.UpMs-asked.bootMs) * time.Millisecond; {
	case d.now.Boot != asked.boot:
		return ended(burnin.Unknown, d.restarted()), nil
	case since < startsWithin:
		return goesOn(shortEvery), nil
	case !answered && state == smart.None: // the answer was lost, and it never showed
		return d.askForTest(ctx, i, disk, test)
	}
	result := smart.Blind(before, now)
	if result == "" {
		result = "it was asked for, but the drive's log shows no result of it"
	}
	return ended(burnin.Unknown, reason.New(reason.SelfTestUnknown, "test", test, "result", result, "hint",
		"Look in TrueNAS for who else tests this drive, then start a new job.")), nil
}

func (d *Driver) askForTest(ctx context.Context, i int, disk truenas.Disk, test smart.SelfTestType) (ending, error) {
	out, err := d.result(ctx, truenas.MethodTest, truenas.Request(disk, test))
	if err != nil {
		return ending{}, err
	}
	if err := truenas.Begun(out); err != nil {
		return ended(burnin.Unknown, reason.New(reason.MidcltRefused, "error", err)), nil
	}
	return goesOn(shortEvery), d.put(burnin.EvMiddleware, note{Stage: i, What: noteBegun, Disk: disk.Name})
}

// leftOut skips a self-test for which this version of TrueNAS has no method. Whatever else is wrong shows once it runs.
func (d *Driver) leftOut(ctx context.Context, i int, kind burnin.StageKind) (bool, error) {
	a, err := d.NAS.Call(ctx, truenas.MethodResults, truenas.Filter(truenas.Disk{Name: d.name()}))
	if err != nil {
		return false, err
	}
	var refused *truenas.CallError
	if _, err := a.Result(truenas.MethodResults); !errors.As(err, &refused) || refused.Refusal != truenas.NoMethod {
		return false, nil
	}
	why := reason.New(reason.SelfTestNoMethod, "method", truenas.MethodTest)
	skip := burnin.StageChange{Stage: i, Kind: kind, State: burnin.Skipped, Reason: why}
	if err := d.put(burnin.EvStage, skip); err != nil {
		return true, err
	}
	return true, d.put(burnin.EvWarning, burnin.Warning{Stage: i, Said: why})
}

func (d *Driver) testGoesOn(i int, now smart.Health, every time.Duration) (ending, error) {
	p := burnin.Progress{Stage: i, Phase: burnin.PhaseSelfTest, Total: 100}
	if left := now.Running.RemainingPercent; left != nil {
		p.Done = 100 - *left
	}
	if d.stands(p.Done) >= testStuck {
		return ended(burnin.Unknown, reason.New(reason.Stuck, "stage", d.Job.Job().Stages[i].Kind, "minutes",
			int(testStuck.Minutes()))), nil
	}
	return goesOn(every), d.progress(p)
}

// stands is for how long a figure has not changed, as far as this driver has seen it.
func (d *Driver) stands(done int64) time.Duration {
	if !d.moved.set || d.moved.done != done || d.moved.upMs > d.now.UpMs {
		d.moved.set, d.moved.done, d.moved.upMs = true, done, d.now.UpMs
	}
	return time.Duration(d.now.UpMs-d.moved.upMs) * time.Millisecond
}

// stopTest ends the drive's self-test, and the stage once it has ended.
func (d *Driver) stopTest(ctx context.Context, i int, disk truenas.Disk, now smart.Health) (ending, error) {
	if now.Running == nil {
		return ended(burnin.Cancelled, d.said(reason.StoppedByPerson)), nil
	}
	if _, ok := d.Job.note(i, noteAborts); !ok {
		err := d.put(burnin.EvMiddleware, note{Stage: i, What: noteAborts, Disk: disk.Name, Why: becauseStop})
		if err != nil {
			return ending{}, err
		}
	}
	_, err := d.result(ctx, truenas.MethodTestAbort, truenas.AbortTest(disk.Name)...)
	return goesOn(settleEvery), err
}

// logged looks whether the drive's log still shows what the self-tests of the job ended with.
func (d *Driver) logged(ctx context.Context, i int, disk truenas.Disk) (ending, error) {
	job := d.Job.Job()
	var now *smart.Health
	for _, s := range job.Stages {
		if s.SelfTest == nil {
			continue
		}
		if now == nil {
			h, err := d.tests(ctx, disk)
			if err != nil {
				return ending{}, err
			}
			now = &h
		}
		ok := smart.HasSelfTestRow(*now, *s.SelfTest)
		if err := d.fact(burnin.Fact{Stage: i, ID: burnin.FactSelfTestLog, OK: ok, Value: s.SelfTest.String(),
			Source: logSource}); err != nil {
			return ending{}, err
		}
		if !ok {
			return ended(burnin.Unknown, reason.New(reason.SelfTestUnknown, "test", s.SelfTest.Type, "result",
				"the drive's log no longer shows it", "hint", "Start a new job.")), nil
		}
	}
	return ended(burnin.Passed, nil), nil
}
