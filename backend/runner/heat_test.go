package runner_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
)

// slowDrive is one whose stamped pass takes some minutes, and whose temperature follows the clock.
func slowDrive(m *machine, warmth func(time.Duration) int) *memoryDrive {
	d := m.addDrive("WARM", 40*mib)
	d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 2 * time.Second})
	begin := time.Now()
	d.temp = func() *int { c := warmth(time.Since(begin)); return &c }
	return d
}

func TestAHotDriveWaitsUntilItHasCooled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		const hot, cool = 15 * time.Minute, 60 * time.Minute
		var before, during atomic.Int64
		d := slowDrive(m, func(at time.Duration) int {
			switch {
			case at < hot:
				return 40
			case at < cool/2:
				return 60
			case at < cool:
				return 56 // below the limit, but not by enough
			}
			return 55
		})
		go func() {
			time.Sleep(hot + 2*time.Minute)
			before.Store(d.Counts().BytesWritten + d.Counts().BytesRead)
			time.Sleep(cool - hot - 3*time.Minute)
			during.Store(d.Counts().BytesWritten + d.Counts().BytesRead)
		}()
		job := m.run(order(d, stampPlan()))
		s := job.Stages[2]
		if job.State != burnin.Passed {
			t.Fatalf("ended as %s, %v", job.State, job.Reason)
		}
		if before.Load() != during.Load() || before.Load() == 0 {
			t.Errorf("while it was hot the drive went from %d to %d bytes", before.Load(), during.Load())
		}
		waited := time.Duration(s.PausedMs) * time.Millisecond
		if waited < cool-hot-time.Minute || waited > cool-hot+time.Minute || s.Paused != nil {
			t.Errorf("paused for %v, paused now: %v", waited, s.Paused)
		}
		took := time.Duration(s.EndedMs-s.StartedMs) * time.Millisecond
		if active := time.Duration(s.ActiveMs) * time.Millisecond; active > took-waited {
			t.Errorf("%v of work with %v of waiting in %v", active, waited, took)
		}
		for _, w := range job.Warnings {
			if w.Code == "slow_spots" || w.Code == "request_hung" {
				t.Errorf("the pause shows as %v", w)
			}
		}
		if log := m.log(burnin.SurfaceValidate); !strings.Contains(log, "waits for the drive to cool") ||
			!strings.Contains(log, "goes on") {
			t.Errorf("%s", log)
		}
	})
}

func TestADriveThatDoesNotCoolIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		d := slowDrive(m, func(at time.Duration) int { return 31 + int(min(at/time.Minute, 40)) })
		plan := stampPlan()
		plan.Stages[2].MaxTempC, plan.Stages[2].HotMinutes, plan.Stages[2].StuckMinutes = 38, 45, 10
		job := m.run(order(d, plan))
		s := job.Stages[2]
		if job.State != burnin.Unknown || job.Reason.Code != "too_hot" || s.Reason == nil ||
			s.Reason.Code != "too_hot" || s.Paused != nil {
			t.Fatalf("ended as %s, %v; the stage: %v", job.State, job.Reason, asJSON(t, s))
		}
		if s.PausedMs < 44*60_000 || s.PausedMs > 48*60_000 {
			t.Errorf("paused for %d ms", s.PausedMs)
		}
	})
}

func TestAWordFromTheSystemEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		d := slowDrive(m, func(time.Duration) int { return 99 })
		go func() {
			time.Sleep(20 * time.Minute)
			m.killAll()
		}()
		if job := m.run(order(d, stampPlan())); job.State != burnin.Unknown || job.Reason.Code != "told_to_end" {
			t.Fatalf("ended as %s, %v", job.State, job.Reason)
		}
	})
}

// TestWeeksOfSwingingHeatKeepTheJournalShort: a stage has less than 2,000 lines whatever its length, and says how long
// it was paused in all. Whoever watches sees each pause.
func TestWeeksOfSwingingHeatKeepTheJournalShort(t *testing.T) {
	long(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Minute
		// Each swing has other lengths.
		random := rand.New(rand.NewPCG(1, 2))
		begin, next, c := time.Now(), time.Duration(0), 60
		d := slowDrive(m, func(at time.Duration) int {
			if at >= next {
				next, c = at+time.Duration(90+random.IntN(300))*time.Second, 100-c
			}
			return c
		})
		d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 20 * time.Second})
		plan := stampPlan()
		plan.Stages[2].BlockBytes, plan.Stages[2].InFlight = 8192, 1
		seen, said := 0, 0
		watch := make(chan struct{})
		go func() { // when no line says so any more
			defer close(watch)
			time.Sleep(2 * 24 * time.Hour)
			for range 100 {
				time.Sleep(time.Minute)
				all, err := m.service().List()
				if err != nil || len(all.Jobs) != 1 || all.Jobs[0].Live == nil {
					continue
				}
				seen++
				if p := all.Jobs[0].Live; p.Paused != nil && p.PausedMs > 0 {
					said++
				}
			}
		}()
		job := m.run(order(d, plan))
		<-watch
		s := job.Stages[2]
		took := time.Duration(s.EndedMs-s.StartedMs) * time.Millisecond
		if job.State != burnin.Passed || took < 4*24*time.Hour {
			t.Fatalf("ended as %s, %v, after %v (%v)", job.State, job.Reason, took, time.Since(begin))
		}
		idle := s.EndedMs - s.StartedMs - s.ActiveMs
		if s.PausedMs < idle*9/10 || s.PausedMs > idle*11/10 {
			t.Errorf("it says %d ms of pauses, where %d were no work", s.PausedMs, idle)
		}
		if lines := bytes.Count(m.journals(testJob)[0], []byte{'\n'}); lines >= 2000 {
			t.Errorf("%d lines", lines)
		}
		if said < seen/4 || said > seen*3/4 || seen == 0 {
			t.Errorf("seen %d times, and %d times that it is paused", seen, said)
		}
	})
}
