package runner_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// holdUp has the drive take so long for what comes when which says so, once.
func holdUp(d *memoryDrive, by time.Duration, which func(faultdev.Counts) bool) {
	var once atomic.Bool
	d.OnRequest(func(c faultdev.Counts) {
		if which(c) && once.CompareAndSwap(false, true) {
			time.Sleep(by)
		}
	})
}

// moments of a job on a drive of 40 MiB: its first act zeroes 32, its sweep writes 40, its last wipe 32 again.
var moments = map[string]func(faultdev.Counts) bool{
	"the saving":                func(c faultdev.Counts) bool { return c.Writes == 0 && c.BytesRead > 5*mib },
	"the first act":             func(c faultdev.Counts) bool { return c.BytesWritten > 5*mib },
	"the flush of the first":    func(c faultdev.Counts) bool { return c.Flushes == 1 },
	"the proof of the first":    func(c faultdev.Counts) bool { return c.Flushes == 1 && c.BytesRead > 55*mib },
	"a flush of the sweep":      func(c faultdev.Counts) bool { return c.Flushes == 2 },
	"the last wipe":             func(c faultdev.Counts) bool { return c.BytesWritten > 75*mib },
	"the flush of the last one": func(c faultdev.Counts) bool { return c.Flushes == 3 },
}

func TestARequestThatHangsIsToldWhereverItComes(t *testing.T) {
	for name, moment := range moments {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := patient(t)
				d := m.addDrive("HANGS", 40*mib)
				holdUp(d, 150*time.Second, moment)
				job := m.run(order(d, stampPlan()))
				ends(t, job, burnin.Passed, "")
				if !warned(job, "request_hung") {
					t.Errorf("warnings %s", asJSON(t, job.Warnings))
				}
				for _, w := range job.Warnings {
					if w.Code == "request_hung" && strings.Contains(name, "flush") != strings.HasPrefix(w.Text,
						"A flush of its cache had no answer for 1") {
						t.Errorf("%s", w.Text)
					}
				}
			})
		})
	}
}

func TestADriveThatNeverAnswersIsStuckWhereverThatIs(t *testing.T) {
	for name, moment := range moments {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := patient(t)
				d := m.addDrive("STUCK", 40*mib)
				holdUp(d, 5*time.Hour, moment)
				plan := stampPlan()
				for i := range plan.Stages {
					plan.Stages[i].StuckMinutes = 10
				}
				began := time.Now()
				job := m.run(order(d, plan))
				ends(t, job, burnin.Unknown, "stuck")
				if took := time.Since(began); took > 20*time.Minute || !warned(job, "request_hung") ||
					!strings.Contains(job.Reason.Text, " 10 minutes") {
					t.Errorf("it took %v: %s; warnings %s", took, job.Reason.Text, asJSON(t, job.Warnings))
				}
				time.Sleep(5 * time.Hour)
			})
		})
	}
}

func TestASlowAnswerBesideTheSweepsIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		moment string
		takes  time.Duration
		told   bool
	}{
		"a write of the first act":    {"the first act", 7 * time.Second, true},
		"a read of the kit":           {"the saving", 7 * time.Second, true},
		"a flush that takes a minute": {"a flush of the sweep", time.Minute, true},
		"a flush of some seconds":     {"a flush of the sweep", 7 * time.Second, false},
		"an answer within a second":   {"the first act", time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := patient(t)
				d := m.addDrive("SLOW", 40*mib)
				holdUp(d, c.takes, moments[c.moment])
				job := m.run(order(d, stampPlan()))
				ends(t, job, burnin.Passed, "")
				if warned(job, "slow_answers") != c.told {
					t.Errorf("warnings %s", asJSON(t, job.Warnings))
				}
			})
		})
	}
}

func TestALookThatHangsIsToldAndEndsAsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := patient(t)
		d := m.addDrive("LOOK", 40*mib)
		d.look = func(drive.Usage) drive.Usage { time.Sleep(2 * time.Hour); return drive.Usage{} }
		job := m.run(order(d, stampPlan()))
		ends(t, job, burnin.Unknown, "stuck")
		if !warned(job, "request_hung") || d.Counts().Writes != 0 {
			t.Errorf("%d writes, warnings %s", d.Counts().Writes, asJSON(t, job.Warnings))
		}
		time.Sleep(3 * time.Hour)
	})
}

// The first act has no engine; a stop is proven there as anywhere.
func TestAStopWaitsForWhatTheFirstActIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		d := m.addDrive("OWED", 40*mib)
		holdUp(d, 10*time.Minute, moments["the flush of the first"])
		if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
			t.Fatal(err)
		}
		m.awaitStage(2, burnin.Running)
		time.Sleep(time.Minute)
		_, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob})
		if !isReason(err, "not_stopped") {
			t.Errorf("the stop: %v", err)
		}
		if job := foldRaw(t, m.journals(testJob), nil); job.State != burnin.Running || !warned(job, "stop_waits") {
			t.Errorf("it is %s, warnings %s", job.State, asJSON(t, job.Warnings))
		}
		m.wait.Wait()
		ends(t, foldRaw(t, m.journals(testJob), nil), burnin.Cancelled, "stopped_by_person")
	})
}

func TestWhatADriveDoesNotAnswerIsNoChangeOfUsage(t *testing.T) {
	silent := drive.Usage{Class: drive.CannotTell, Text: "does not answer", PhraseKind: drive.NoPhrase}
	sick := drive.Usage{Class: drive.CannotTell,
		Text: "medium error at byte 41942528, where labels are kept (1 places)", PhraseKind: drive.SerialPhrase}
	for name, c := range map[string]struct {
		look  func(n int64, is drive.Usage) drive.Usage // the nth look, the first being the hold's own
		state burnin.State
		code  reason.Code
		says  string
	}{
		"it is silent for some looks": {func(n int64, is drive.Usage) drive.Usage {
			return map[bool]drive.Usage{true: silent, false: is}[n%4 != 0]
		}, burnin.Passed, "", ""},
		"it is silent from the sweep on": {func(n int64,
			is drive.Usage) drive.Usage {
			return map[bool]drive.Usage{true: silent, false: is}[n > 2]
		}, burnin.Unknown, "usage_unread", "does not answer"},
		"it fails where labels are": {func(n int64, is drive.Usage) drive.Usage { return sick }, burnin.Unknown,
			"usage_unread", "medium error at byte 41942528"},
		"somebody took it after silence": {func(n int64, is drive.Usage) drive.Usage {
			return map[bool]drive.Usage{true: silent, false: {Class: drive.Mounted, Text: "mounted"}}[n < 3]
		}, burnin.Unknown, "usage_changed", "mounted"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				m.poll = 100 * time.Millisecond
				d := m.addDrive("QUIET", 40*mib)
				n := int64(0)
				d.look = func(is drive.Usage) drive.Usage { n++; return c.look(n, is) }
				job := m.run(order(d, stampPlan()))
				ends(t, job, c.state, c.code)
				if c.code != "" && (!strings.Contains(job.Reason.Text, c.says) || c.code == "usage_unread" &&
					strings.Contains(job.Reason.Hint, "unlock it again")) {
					t.Errorf("%s %s", job.Reason.Text, job.Reason.Hint)
				}
			})
		})
	}
}
