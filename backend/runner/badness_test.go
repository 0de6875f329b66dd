package runner_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
)

// dying has a part of a drive fail, each time after so long.
func dying(d *memoryDrive, after time.Duration) {
	const first, last = 40_000, 40_511
	d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: first, Last: last, Errno: "ENODATA"},
		faultdev.Fault{Effect: faultdev.Slow, First: first, Last: last, Delay: after})
}

func TestADriveThatDiesSlowlyIsFailedOrItsErrorsAreUnconfirmed(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		state burnin.State
		code  reason.Code
	}{
		"a minute and a half each":      {90 * time.Second, burnin.Failed, "surface_errors"},
		"three minutes each":            {3 * time.Minute, burnin.Failed, "surface_errors"},
		"too long to be read again":     {40 * time.Minute, burnin.Unknown, "unconfirmed_errors"},
		"long, but it failed twice":     {20 * time.Minute, burnin.Failed, "surface_errors"},
		"as soon as it is asked for it": {0, burnin.Failed, "surface_errors"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				m.poll = time.Second
				d := m.addDrive("DYING", 64*mib)
				dying(d, c.after)
				plan := readPlan()
				plan.Stages[1].StuckMinutes = 240
				job := m.run(order(d, plan))
				ends(t, job, c.state, c.code)
				if early := strings.Contains(job.Reason.Text, "the test ended early, in the read sweep at byte "+
					"19922944, 19.9 of 67.1 MB"); early != (c.after > 0) {
					t.Errorf("%s", job.Reason.Text)
				}
				if s := job.Stages[1]; (s.EndedEarly == surface.EarlyErrorTime) != (c.after > 0) ||
					(s.Unread != nil) != (c.after > 0) {
					t.Errorf("ended early %q, unread %+v", s.EndedEarly, s.Unread)
				}
			})
		})
	}
}

func TestAFailureThatEndedEarlySaysHowFarItCame(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("LIMIT", 64*mib)
	d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 40_000, Last: 40_001},
		faultdev.Fault{Effect: faultdev.FailRead, First: 60_000, Last: 60_000},
		faultdev.Fault{Effect: faultdev.FailRead, First: 80_000, Last: 80_000})
	plan := stampPlan()
	plan.Stages[2].BadRangeLimit = 2
	job := m.run(order(d, plan))
	ends(t, job, burnin.Failed, "surface_errors")
	if want := "2 bad ranges, 3 sectors so far (the test ended early, in the verify sweep at byte 30670848, 30.6 " +
		"of 67.1 MB); the first is at LBA 40000 (read)."; job.Reason.Text != want {
		t.Errorf("%s, want %s", job.Reason.Text, want)
	}
}

// inVerify breaks the job off in the middle of its verify sweep.
func inVerify(c faultdev.Counts) bool { return c.BytesRead > firstActReads+48*mib }

func TestWhatAWatchedRunProvedIsEvidenceAfterARestart(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("PROVEN", 64*mib)
	d.Set(faultdev.Fault{Effect: faultdev.FlipRead, First: 40_000, Last: 40_000, Byte: 5, Mask: 1})
	m.breakOff(d, stampPlan(), inVerify)
	d.Poke(bytes.Repeat([]byte{7}, 4096), 25*mib) // and somebody wrote while the NAS was down
	job := m.resume()
	ends(t, job, burnin.Failed, "surface_errors")
	if !strings.HasPrefix(job.Reason.Text, "1 bad range, 1 sector in all; the first is at LBA 40000 (mismatch)") {
		t.Errorf("%s", job.Reason.Text)
	}
}

func TestWhatNobodyWatchedStaysADoubtHoweverOftenItIsResumed(t *testing.T) {
	long(t)
	m := newMachine(t)
	d := m.addDrive("UNWATCHED", 64*mib)
	m.breakOff(d, stampPlan(), inVerify)
	d.Poke(bytes.Repeat([]byte{7}, 4096), 25*mib)
	for range 2 {
		job := m.resume()
		ends(t, job, burnin.Unknown, "resumed_mismatch")
		if bad := job.Stages[2].BadRanges; len(bad) != 1 || !bad[0].Unwatched || bad[0].Sectors() != 8 {
			t.Errorf("%s", asJSON(t, bad))
		}
	}
}

func TestWhatTheResumedRunWroteItselfIsEvidence(t *testing.T) {
	m := newMachine(t)
	m.rewind = 32 * mib
	d := m.addDrive("REWRITTEN", 64*mib)
	m.breakOff(d, stampPlan(), inVerify)
	d.Set(faultdev.Fault{Effect: faultdev.FlipRead, First: 100_000, Last: 100_000, Byte: 5, Mask: 1})
	ends(t, m.resume(), burnin.Failed, "surface_errors")
}

func TestWrongDataThatHealedIsADoubtAlsoAfterARestart(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("HEALED", 64*mib)
	d.Set(faultdev.Fault{Effect: faultdev.FlipRead, First: 40_000, Last: 40_000, Byte: 5, Mask: 1, Times: 1})
	m.breakOff(d, stampPlan(), inVerify)
	m.vanish()
	job := m.resume()
	ends(t, job, burnin.Unknown, "path_suspect")
	if !warned(job, "transient_errors") {
		t.Errorf("warnings: %s", asJSON(t, job.Warnings))
	}
}

func TestWrongDataThatHealedIsADoubtHoweverMuchElseHealed(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("MANY", 64*mib)
	faults := []faultdev.Fault{{Effect: faultdev.FlipRead, First: 90_000, Last: 90_000, Byte: 5, Mask: 1, Times: 1}}
	for lba := int64(17 * mib / 512); len(faults) <= 300; lba += 128 {
		faults = append(faults, faultdev.Fault{Effect: faultdev.FailRead, First: lba, Last: lba, Times: 1})
	}
	d.OnRequest(func(c faultdev.Counts) {
		if c.Writes == 32 { // both ends are zeroed: what looks at the drive before that meets none of them
			d.Set(faults...)
		}
	})
	job := m.run(order(d, stampPlan()))
	ends(t, job, burnin.Unknown, "path_suspect")
	if s := asJSON(t, job.Warnings); !strings.Contains(s, "301 places") {
		t.Errorf("%s", s)
	}
}

func TestZerosOfABrokenReadScanAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		d := m.addDrive("ZEROS", 64*mib)
		d.id.Kind = drive.SSD
		d.Poke(bytes.Repeat([]byte{1}, 34*mib), 30*mib)
		d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 4 * time.Second})
		m.breakOff(d, readPlan(), func(c faultdev.Counts) bool { return c.BytesRead > 58*mib })
		if cp := foldRaw(t, m.journals(testJob), nil).Stages[1].Checkpoint; cp == nil || cp.Position < 30*mib {
			t.Fatalf("checkpoint %+v", cp)
		}
		job := m.resume()
		if s := asJSON(t, job.Warnings); job.State != burnin.Passed ||
			!strings.Contains(s, "46 % of what was read are zeros") {
			t.Errorf("ended as %s (%v), %s", job.State, job.Reason, s)
		}
	})
}

func seekPlan() burnin.Plan {
	plan := readPlan()
	plan.Stages[1].SeekMinutes, plan.Stages[1].StuckMinutes = 1, 240
	return plan
}

// afterSweep sets faults once the sweep of a read plan has gone over the drive.
func afterSweep(d *memoryDrive, faults ...faultdev.Fault) {
	done := false
	d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 5 * time.Millisecond})
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesRead > 64*mib && !done {
			done = true
			d.Set(append(faults, faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30,
				Delay: 5 * time.Millisecond})...)
		}
	})
}

func evidence(job burnin.Job, id string) (e burnin.Evidence) {
	for _, e := range job.Verdict.Evidence {
		if e.ID == id {
			return e
		}
	}
	return e
}

func TestASeekPassIsPartOfTheEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		d := m.addDrive("SEEK", 64*mib)
		afterSweep(d, faultdev.Fault{Effect: faultdev.FailRead, First: 0, Last: 0, Times: 1})
		job := m.run(order(d, seekPlan()))
		if e := evidence(job, "seek_pass"); job.State != burnin.Passed || !e.OK || !strings.Contains(e.Value,
			"seeks, 5ms each") {
			t.Errorf("ended as %s (%v), %+v", job.State, job.Reason, e)
		}
		if s := asJSON(t, job.Warnings); !strings.Contains(s, "1 place gave an error") {
			t.Errorf("%s", s)
		}
	})
}

func TestASeekPassThatMeetsALimitIsNotComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		d := m.addDrive("SEEKS", 64*mib)
		afterSweep(d, faultdev.Fault{Effect: faultdev.FailRead, First: 0, Last: 0, Times: 2},
			faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 0, Delay: 40 * time.Minute})
		job := m.run(order(d, seekPlan()))
		ends(t, job, burnin.Unknown, "unconfirmed_errors")
		if e := evidence(job, "seek_pass"); e.ID == "" || e.OK || !strings.Contains(job.Reason.Text,
			"the seek pass ended early") {
			t.Errorf("%+v, %s", e, job.Reason.Text)
		}
	})
}

func TestAProbeThatGivesUpSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		d := m.addDrive("SLOW", 64*mib)
		d.OnRequest(func(c faultdev.Counts) {
			if c.Writes == 32 { // both ends are zeroed, and nothing else
				d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 20 * mib / 512, Last: 40 * mib / 512,
					Delay: 30 * time.Second, Times: 25})
			}
		})
		standard, _ := burnin.PlanNamed("standard")
		standard.WithoutSMART = true
		job := m.run(order(d, standard))
		if e := evidence(job, "capacity_probed"); job.State != burnin.Passed || e.OK || !strings.Contains(e.Value,
			"too slowly") {
			t.Errorf("ended as %s (%v), %+v", job.State, job.Reason, e)
		}
	})
}
