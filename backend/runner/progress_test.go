package runner_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
)

// progressHolds proves of a job's journals, line by line, that no stage's progress falls while an attempt lasts, and
// that a surface stage has some only when something of its sweeps was done.
func progressHolds(t testing.TB, runs [][]burnin.Event) {
	t.Helper()
	var fold burnin.Tracker
	var before []burnin.Stage
	for _, run := range runs {
		for _, ev := range run {
			if fold.Apply(ev) != nil {
				return
			}
			job := fold.Job()
			for i, s := range job.Stages {
				if s.Progress < 0 || s.Progress > 1 {
					t.Fatalf("%s is at %g", s.Kind, s.Progress)
				}
				if i < len(before) && before[i].Attempt == s.Attempt && before[i].Begun == s.Begun &&
					s.Progress < before[i].Progress {
					t.Fatalf("%s falls from %g to %g by line %d of run %d, %s", s.Kind, before[i].Progress, s.Progress,
						ev.Seq, len(job.Runs), ev.Kind)
				}
				if i < len(before) && before[i].Attempt == s.Attempt && s.Progress < before[i].Progress {
					t.Fatalf("%s falls from %g to %g where it goes on", s.Kind, before[i].Progress, s.Progress)
				}
				if s.Kind == burnin.SurfaceValidate && s.State == burnin.Running && s.Progress > 0 &&
					(s.Done == 0 || s.Phase == "probe") {
					t.Fatalf("%s is at %g in phase %q, and nothing of its sweeps was done", s.Kind, s.Progress, s.Phase)
				}
			}
			before = job.Stages
		}
	}
}

// takesTime has each request of a drive take a while, so that samples are told.
func takesTime(d *memoryDrive, each time.Duration) {
	d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: each})
}

// TestAStagesProgressIsOfTheWholeAndNeverFalls runs all plans, undisturbed and broken off again and again.
func TestAStagesProgressIsOfTheWholeAndNeverFalls(t *testing.T) {
	for _, plan := range append(burnin.Plans(), classicPlan()) {
		if plan.ByTrueNAS() {
			continue // no runner does it
		}
		for name, every := range map[string]time.Duration{"whole": 0, "broken off": 7 * time.Minute} {
			t.Run(plan.Name+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := patient(t).withBadblocks(nil)
					d := m.addDrive("PLAN", 40*mib)
					d.smart = modelOf(t, ataDrive)
					takesTime(d, 3*time.Second)
					if _, err := m.service().Start(context.Background(), order(d, plan)); err != nil {
						t.Fatal(err)
					}
					for range 40 {
						if every == 0 {
							break
						}
						time.Sleep(every)
						m.killAll()
						m.wait.Wait()
						if job := foldRaw(t, m.journals(testJob), nil); job.State != burnin.Unknown ||
							len(job.Runs) == 9 {
							break
						}
						if _, err := m.service().Resume(context.Background(), testJob); err != nil {
							t.Fatal(err)
						}
					}
					m.wait.Wait()
					job := foldRaw(t, m.journals(testJob), nil) // which looks at each line's progress
					if every == 0 && job.State != burnin.Passed {
						t.Errorf("ended as %s, %v", job.State, job.Reason)
					}
				})
			})
		}
	}
}

// TestAnInterruptedStageTellsWhatOfItWasDone ends classic in its probe and in a window, and a stamped sweep.
func TestAnInterruptedStageTellsWhatOfItWasDone(t *testing.T) {
	for name, c := range map[string]struct {
		plan  burnin.Plan
		phase string
		want  string // part of the text
		not   string
	}{
		"in the probe": {classicPlan(), "probe", "during surface_validate, during its probe, before", "%"},
		"in a window":  {classicPlan(), "0x55 verify", "none of 41.9 MB verified", "probe"},
		"in a sweep":   {stampPlan(), "verify", "of 41.9 MB verified", "probe"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := patient(t).withBadblocks(nil)
				d := m.addDrive("SAID", 40*mib)
				takesTime(d, 2*time.Second)
				var asked atomic.Int64
				m.breakOff(d, c.plan, func(faultdev.Counts) bool {
					if asked.Add(1)%32 != 0 {
						return false
					}
					runs := m.journals(testJob)
					return len(runs) > 0 && strings.Contains(string(runs[0]), `"phase":"`+c.phase+`"`)
				})
				job := foldRaw(t, m.journals(testJob), nil)
				ends(t, job, burnin.Unknown, "told_to_end")
				if text := job.Reason.Text; !strings.Contains(text, c.want) || strings.Contains(text, c.not) {
					t.Errorf("%s", text)
				}
			})
		})
	}
}
