package runner_test

import (
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
)

// jumping are what happens to a NAS's clock in the middle of a wait: somebody sets it right, or wrong, or it sleeps.
var jumping = map[string]func(*machine){
	"a year on":          func(m *machine) { m.jump(year) },
	"a year back":        func(m *machine) { m.jump(-year) },
	"asleep for a night": func(m *machine) { m.sleep(8 * time.Hour) },
}

func TestAClockThatJumpsDoesNotEndThePauseOfAHotDrive(t *testing.T) {
	for name, happens := range jumping {
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
					happens(m)
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
	for name, happens := range jumping {
		for what, takes := range map[string]time.Duration{"a hang": 200 * time.Second, "none": 2 * time.Second} {
			t.Run(name+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := newMachine(t)
					d := m.addDrive("JUMPS", 40*mib)
					d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 40_000, Last: 40_000, Times: 1, Delay: takes})
					go func() {
						time.Sleep(takes / 2)
						happens(m)
					}()
					job := m.run(order(d, stampPlan()))
					if job.State != burnin.Passed || warned(job, "request_hung") != (takes > time.Minute) ||
						warned(job, "slow_requests") && takes < time.Minute {
						t.Errorf("ended as %s, %v, warnings %s", job.State, job.Reason, asJSON(t, job.Warnings))
					}
				})
			})
		}
	}
}
