package runner_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

func TestADriveThatHangsIsToldWithItsPlaceAndTheTestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("HANGS", 40*mib)
		d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 40_000, Last: 40_000, Times: 1, Delay: 150 * time.Second})
		job := m.run(order(d, stampPlan()))
		if job.State != burnin.Passed {
			t.Fatalf("ended as %s, %v", job.State, job.Reason)
		}
		hangs := 0
		for _, w := range job.Warnings {
			if w.Code == "request_hung" {
				hangs++
				if !strings.Contains(w.Text, "LBA 39936") { // the block of 128 sectors that holds it
					t.Errorf("%s", w.Text)
				}
			}
		}
		if hangs != 1 {
			t.Errorf("%d warnings of one hang: %s", hangs, asJSON(t, job.Warnings))
		}
	})
}

// TestHangsOfAWholeDayDoNotFillTheJournal: the first are told one by one, the others as one.
func TestHangsOfAWholeDayDoNotFillTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = 5 * time.Second // nobody stops it
		d := m.addDrive("HANGS", 40*mib)
		d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Times: 16, Delay: 150 * time.Second})
		job := m.run(order(d, stampPlan()))
		one, all := 0, 0
		for _, w := range job.Warnings {
			switch w.Code {
			case "request_hung":
				one++
			case "requests_hung":
				all++
				if n, ok := w.Args["count"].Int(); !ok || n <= 10 || !strings.Contains(w.Text, "150 seconds") {
					t.Errorf("%s", w.Text)
				}
			}
		}
		if one != 10 || all != 1 {
			t.Errorf("%d hangs told one by one, %d times together: %s", one, all, asJSON(t, job.Warnings))
		}
	})
}

func TestADriveThatHangsForGoodIsStuck(t *testing.T) {
	long(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("STUCK", 40*mib)
		d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 40_000, Last: 40_000, Times: 1, Delay: 3 * time.Hour})
		job := m.run(order(d, stampPlan()))
		if job.State != burnin.Unknown || job.Reason.Code != "stuck" || len(job.Warnings) == 0 {
			t.Errorf("ended as %s (%v), warnings %s", job.State, job.Reason, asJSON(t, job.Warnings))
		}
		time.Sleep(3 * time.Hour)
	})
}

func TestSlowPlacesAreToldAndMapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("SLOW", 40*mib)
		d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 10 * time.Millisecond},
			faultdev.Fault{Effect: faultdev.Slow, First: 40_000, Last: 41_000, Delay: 200 * time.Millisecond})
		job := m.run(order(d, stampPlan()))
		if job.State != burnin.Passed {
			t.Fatalf("ended as %s, %v", job.State, job.Reason)
		}
		told := 0
		for _, w := range job.Warnings {
			if w.Code == "slow_spots" {
				told++
			}
		}
		maps := job.Stages[2].Map
		if told != 2 || len(maps) != 2 || maps[0].Phase != "write" || maps[1].Phase != "verify" ||
			len(maps[0].KBps) != 80 {
			t.Fatalf("%d warnings, %d maps: %s", told, len(maps), asJSON(t, job.Warnings))
		}
		for _, m := range maps {
			if m.KBps[39]*5 > m.KBps[30] || m.KBps[30] == 0 || m.Max[39] < 200_000 {
				t.Errorf("%s: part 39 made %d kB/s, part 30 %d, its slowest request took %d µs", m.Phase, m.KBps[39],
					m.KBps[30], m.Max[39])
			}
		}
	})
}

func TestARequestThatTookSecondsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("RETRIES", 40*mib)
		d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 40_000, Last: 40_000, Times: 1, Delay: 7 * time.Second})
		job := m.run(order(d, stampPlan()))
		if job.State != burnin.Passed || !warned(job, "slow_requests") || job.Stages[2].Map[0].Slow == 0 {
			t.Errorf("ended as %s, %v, warnings %s", job.State, job.Reason, asJSON(t, job.Warnings))
		}
	})
}

func TestADriveThatIsSlowForItsModelIsTold(t *testing.T) {
	long(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		var last burnin.Job
		for i, delay := range []time.Duration{100, 100, 120} {
			d := m.addDrive("MODEL"+string(rune('A'+i)), 40*mib)
			d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: delay * time.Millisecond})
			req := order(d, stampPlan())
			req.Job = testJob[:19] + string(rune('a'+i))
			last = m.run(req)
			slow := 0
			for _, w := range last.Warnings {
				if w.Code == "slow_for_model" {
					slow++
				}
			}
			if want := map[int]int{2: 2}[i]; slow != want { // write and verify
				t.Errorf("drive %d: %d warnings, want %d: %s", i, slow, want, asJSON(t, last.Warnings))
			}
		}
	})
}

// Two tests of one drive are one word of one drive: it may be that one which is fast.
func TestADriveThatWasTestedTwiceIsOneSiblingAlone(t *testing.T) {
	long(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		twice, last := m.addDrive("TWICE", 40*mib), m.addDrive("LAST", 40*mib)
		twice.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 100 * time.Millisecond})
		last.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 120 * time.Millisecond})
		var job burnin.Job
		for i, d := range []*memoryDrive{twice, twice, last} {
			req := order(d, stampPlan())
			req.Job = testJob[:19] + string(rune('a'+i))
			job = m.run(req)
		}
		if job.State != burnin.Passed || warned(job, "slow_for_model") {
			t.Errorf("ended as %s, %v, warnings %s", job.State, job.Reason, asJSON(t, job.Warnings))
		}
	})
}

func TestOnlyDrivesThatHangAlikeAreComparedInSpeed(t *testing.T) {
	long(t)
	hang := func(cache, link string, actuators int) drive.Place {
		return drive.Place{WriteCache: cache, Link: &drive.Link{Now: link}, Actuators: actuators}
	}
	usual := hang("write back", "6.0 Gbps", 0)
	for name, c := range map[string]struct {
		place    drive.Place
		firmware string
		told     bool
	}{
		"alike":                  {usual, "SN04", true},
		"its write cache is off": {hang("write through", "6.0 Gbps", 0), "SN04", false},
		"a slower link":          {hang("write back", "3.0 Gbps", 0), "SN04", false},
		"two actuators":          {hang("write back", "6.0 Gbps", 2), "SN04", false},
		"another firmware":       {usual, "SN03", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				var last burnin.Job
				for i, delay := range []time.Duration{100, 100, 120} {
					d := m.addDrive("HANG"+string(rune('A'+i)), 40*mib)
					d.place, d.id.Firmware = usual, "SN04"
					if i == 2 {
						d.place, d.id.Firmware = c.place, c.firmware
					}
					d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30,
						Delay: delay * time.Millisecond})
					req := order(d, stampPlan())
					req.Job = testJob[:19] + string(rune('a'+i))
					last = m.run(req)
				}
				if last.State != burnin.Passed || warned(last, "slow_for_model") != c.told {
					t.Errorf("ended as %s, warnings %s", last.State, asJSON(t, last.Warnings))
				}
				if warned(last, "one_actuator") != (c.place.Actuators > 1) {
					t.Errorf("%d actuators: %s", c.place.Actuators, asJSON(t, last.Warnings))
				}
				if last.Drive.Place == nil || last.Drive.Place.WriteCache != c.place.WriteCache {
					t.Errorf("where it hangs: %+v", last.Drive.Place)
				}
			})
		})
	}
}

func TestAStoppedJobIsNotCalledStoppedBeforeItsDriveAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		d := m.addDrive("SILENT", 40*mib)
		d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 40_000, Last: 40_000, Times: 1, Delay: 10 * time.Minute})
		if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
			t.Fatal(err)
		}
		m.awaitStage(2, burnin.Running)
		time.Sleep(time.Minute)
		_, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob})
		if !isReason(err, "not_stopped") || !strings.Contains(err.Error(), "stopping, the drive does not answer") {
			t.Errorf("the stop: %v", err)
		}
		job := foldRaw(t, m.journals(testJob), nil)
		if job.State != burnin.Running || job.Stages[2].State != burnin.Running || !warned(job, "stop_waits") ||
			!job.Stopping() {
			t.Errorf("it is %s, the stage %s, warnings %s", job.State, job.Stages[2].State, asJSON(t, job.Warnings))
		}
		m.wait.Wait()
		ends(t, foldRaw(t, m.journals(testJob), nil), burnin.Cancelled, "stopped_by_person")
		if log := m.log(burnin.SurfaceValidate); strings.Count(log, "[ABORTED]") != 1 {
			t.Errorf("%s", log)
		}
	})
}
