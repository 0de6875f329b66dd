package runner_test

import (
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
)

// jumping are ways in which somebody sets the NAS's wall clock right, or wrong, in the middle of a wait.
var jumping = map[string]time.Duration{"a year on": year, "a year back": -year}

func TestAClockThatJumpsDoesNotEndThePauseOfAHotDrive(t *testing.T) {
	for name, by := range jumping {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				m.poll = time.Second
				const hot, cool = 15 * time.Minute, 45 * time.Minute
				d := slowDrive(m, func(at time.Duration) int {
					if at >= hot && at < cool {
						return 60
					}
					return 40
				})
				go func() {
					time.Sleep((hot + cool) / 2)
					m.jump(by)
				}()
				job := m.run(order(d, stampPlan()))
				if job.State != burnin.Passed {
					t.Fatalf("ended as %s, %v", job.State, job.Reason)
				}
				if active := time.Duration(job.Stages[2].ActiveMs) * time.Millisecond; active < 10*time.Minute ||
					active > 3*time.Hour {
					t.Errorf("%v of work", active)
				}
			})
		})
	}
}

func TestAClockThatJumpsNeitherHidesNorMakesAHang(t *testing.T) {
	for name, by := range jumping {
		for what, takes := range map[string]time.Duration{"a hang": 200 * time.Second, "none": 2 * time.Second} {
			t.Run(name+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := newMachine(t)
					d := m.addDrive("JUMPS", 40*mib)
					d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 40_000, Last: 40_000, Times: 1, Delay: takes})
					go func() {
						time.Sleep(takes / 2)
						m.jump(by)
					}()
					job := m.run(order(d, stampPlan()))
					if job.State != burnin.Passed || warned(job, "request_hung") != (takes > time.Minute) {
						t.Errorf("ended as %s, %v, warnings %s", job.State, job.Reason, asJSON(t, job.Warnings))
					}
				})
			})
		}
	}
}
