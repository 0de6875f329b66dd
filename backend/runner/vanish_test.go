package runner_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/port"
	"burnish/backend/surface/faultdev"
)

// pulled runs a plan on a drive that vanishes in the middle of it.
func pulled(m *machine, d *memoryDrive, plan burnin.Plan) burnin.Job {
	d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 50_000, Last: 50_000})
	return m.run(order(d, plan))
}

// tryResume asks for a resume that may be refused, waits for what came of it, and folds the job.
func (m *machine) tryResume() (burnin.Job, error) {
	_, err := m.service().Resume(context.Background(), testJob)
	m.wait.Wait()
	return foldRaw(m.t, m.journals(testJob), nil), err
}

func TestWhatTheKernelSaysOfADriveThatVanishedIsTold(t *testing.T) {
	for word, want := range map[string]string{
		"sd 2:0:0:0: Device offlined - not ready after error recovery": "The kernel logged: sd 2:0:0:0: Device offlined",
		"": "The kernel logged nothing of it.",
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("GONE", 40*mib)
			d.kernel = port.KernelErrors{Readable: true, Gone: word}
			job := pulled(m, d, readPlan())
			ends(t, job, burnin.Unknown, "drive_vanished")
			if text := job.Reason.Text; !strings.Contains(text, want) || !strings.Contains(text, " at byte ") ||
				job.Stages[1].Reason.Text != text {
				t.Errorf("%s", text)
			}
			if log := m.log(burnin.SurfaceValidate); !strings.Contains(log, want) {
				t.Errorf("the stage's log: %s", log)
			}
		})
	}
}

func TestADriveThatIsBackGoesOnAndPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("BACK", 40*mib)
		ends(t, pulled(m, d, stampPlan()), burnin.Unknown, "drive_vanished")
		d.Set()
		job := m.resume()
		if job.State != burnin.Passed || !warned(job, "resumed") {
			t.Errorf("ended as %s (%v), %s", job.State, job.Reason, asJSON(t, job.Warnings))
		}
	})
}

func TestADriveThatVanishesTwiceHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("TWICE", 40*mib)
		ends(t, pulled(m, d, readPlan()), burnin.Unknown, "drive_vanished")
		d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 60_000, Last: 60_000})
		job := m.resume()
		ends(t, job, burnin.Failed, "drive_lost")
		if !warned(job, "resumed") {
			t.Errorf("nothing says that it was resumed: %s", asJSON(t, job.Warnings))
		}
		if s := job.Stages[1]; s.State != burnin.Failed || len(s.BadRanges) != 0 ||
			job.Stages[2].State != burnin.Skipped {
			t.Errorf("the stages: %s", asJSON(t, job.Stages))
		}
	})
}

func TestDrivesThatVanishTogetherAccuseWhatTheyShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("ONE", 40*mib)
		ends(t, pulled(m, d, readPlan()), burnin.Unknown, "drive_vanished")
		time.Sleep(time.Hour)

		d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 60_000, Last: 60_000})
		other := m.addDrive("OTHER", 40*mib)
		other.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 1_000, Last: 1_000})
		req := order(other, readPlan())
		req.Job = "other0other0other0000"
		if _, err := m.service().Start(context.Background(), req); err != nil {
			t.Fatal(err)
		}
		job := m.resume()
		ends(t, job, burnin.Unknown, "drive_vanished")
		if !strings.Contains(job.Reason.Text, req.Job) {
			t.Errorf("%s", job.Reason.Text)
		}
	})
}

// Each of these drives has vanished before: what they share is to blame for the second time too.
func TestDrivesThatVanishTogetherASecondTimeHaveNotFailed(t *testing.T) {
	for name, c := range map[string]struct {
		together int
		state    burnin.State
		code     reason.Code
	}{"four at once": {4, burnin.Unknown, "drive_vanished"}, "one alone": {1, burnin.Failed, "drive_lost"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				var drives []*memoryDrive
				var jobs []string
				for i := range 4 {
					d := m.addDrive(fmt.Sprintf("SHELF%d", i), 40*mib)
					d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 50_000, Last: 50_000})
					req := order(d, readPlan())
					req.Job = fmt.Sprintf("shelf%015d", i)
					ends(t, m.run(req), burnin.Unknown, "drive_vanished")
					drives, jobs = append(drives, d), append(jobs, req.Job)
				}
				time.Sleep(time.Hour)
				for i := range c.together {
					drives[i].Set(faultdev.Fault{Effect: faultdev.Vanish, First: 60_000, Last: 60_000})
					if _, err := m.service().Resume(context.Background(), jobs[i]); err != nil {
						t.Fatal(err)
					}
				}
				m.wait.Wait()
				for _, id := range jobs[:c.together] {
					ends(t, foldRaw(t, m.journals(id), nil), c.state, c.code)
				}
			})
		})
	}
}

func TestADriveThatIsNotThereHasFailedOnlyAfterItHadItsChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("AWAY", 40*mib)
		ends(t, pulled(m, d, readPlan()), burnin.Unknown, "drive_vanished")
		m.mu.Lock()
		delete(m.drives, d.id.ID())
		m.mu.Unlock()

		job, err := m.tryResume()
		if !isReason(err, "drive_vanished") {
			t.Errorf("the first resume: %v", err)
		}
		ends(t, job, burnin.Unknown, "drive_vanished")
		job, err = m.tryResume()
		if !isReason(err, "drive_lost") {
			t.Errorf("the second resume: %v", err)
		}
		ends(t, job, burnin.Failed, "drive_lost")
		if !warned(job, "resumed") {
			t.Errorf("nothing says that it was resumed: %s", asJSON(t, job.Warnings))
		}
		if s := job.Stages[1]; s.State != burnin.Failed || s.Reason.Code != "drive_lost" {
			t.Errorf("the stage: %s", asJSON(t, s))
		}
	})
}

// takeOut takes a drive out of the machine, or puts it back.
func (m *machine) takeOut(d *memoryDrive, out bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if out {
		delete(m.drives, d.id.ID())
	} else {
		m.drives[d.id.ID()] = d
	}
}

func TestADriveThatMayBeThereElsewhereIsNotAbsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("DOCK", 40*mib)
		ends(t, pulled(m, d, readPlan()), burnin.Unknown, "drive_vanished")
		m.takeOut(d, true)
		look := func(unsure string) burnin.Job {
			m.mu.Lock()
			m.unsure = unsure
			m.mu.Unlock()
			job, err := m.tryResume()
			if !isReason(err, job.Reason.Code) {
				t.Errorf("the resume said %v, the job %v", err, job.Reason)
			}
			return job
		}
		const there = "/dev/sdq bears its serial number, but shows worldwide name 5000c500a1 instead of none"
		for range 3 {
			job := look(there)
			ends(t, job, burnin.Unknown, "drive_unsure")
			if !strings.Contains(job.Reason.Text, there) {
				t.Errorf("where it is and what differs is not said: %s", job.Reason.Text)
			}
		}
		ends(t, look(""), burnin.Unknown, "drive_vanished")
		ends(t, look(there), burnin.Unknown, "drive_unsure") // between the two it may have been there
		ends(t, look(""), burnin.Unknown, "drive_vanished")
		ends(t, look(""), burnin.Failed, "drive_lost")
	})
}

func TestDrivesOfAShelfThatIsOffHaveNotFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		var drives []*memoryDrive
		var jobs []string
		for i := range 4 {
			d := m.addDrive(fmt.Sprintf("OFF%d", i), 40*mib)
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 50_000, Last: 50_000})
			req := order(d, readPlan())
			req.Job = fmt.Sprintf("offshelf%012d", i)
			if _, err := m.service().Start(context.Background(), req); err != nil {
				t.Fatal(err)
			}
			drives, jobs = append(drives, d), append(jobs, req.Job)
		}
		m.wait.Wait()
		for _, d := range drives {
			m.takeOut(d, true)
		}
		resume := func(id string) burnin.Job {
			_, _ = m.service().Resume(context.Background(), id)
			m.wait.Wait()
			return foldRaw(t, m.journals(id), nil)
		}
		for range 3 { // one after the other, as a person clicks who takes his time
			for _, id := range jobs {
				time.Sleep(time.Hour)
				ends(t, resume(id), burnin.Unknown, "drive_vanished")
			}
		}
		for _, d := range drives[1:] { // the shelf is on again, and one drive is still missing
			d.Set()
			m.takeOut(d, false)
		}
		for _, id := range jobs[1:] {
			if job := resume(id); job.State != burnin.Passed {
				t.Errorf("%s: %s, %v", id, job.State, job.Reason)
			}
		}
		for range 2 {
			time.Sleep(time.Hour)
			if job := resume(jobs[0]); job.State == burnin.Failed {
				ends(t, job, burnin.Failed, "drive_lost")
				return
			}
		}
		t.Error("the drive that alone did not come back is not told")
	})
}

func TestAMachineThatHasJustStartedMayNotHaveFoundItsDrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("SLOW", 40*mib)
		ends(t, pulled(m, d, readPlan()), burnin.Unknown, "drive_vanished")
		m.takeOut(d, true)
		m.up = time.Minute
		for range 3 {
			job, _ := m.tryResume()
			ends(t, job, burnin.Unknown, "drive_vanished")
		}
	})
}

func TestAPathThatGoesIsNotTheDrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("TWOWAYS", 40*mib)
		d.paths = []*faultdev.Device{faultdev.New(d.Geometry())}
		for range 3 {
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 50_000, Last: 50_000})
			var job burnin.Job
			if len(m.journals(testJob)) == 0 {
				job = m.run(order(d, readPlan()))
			} else {
				job = m.resume()
			}
			ends(t, job, burnin.Unknown, "path_suspect")
			if !strings.Contains(job.Reason.Text, "/dev/TWOWAYS-2") {
				t.Errorf("which way still leads to it is not said: %s", job.Reason.Text)
			}
		}
	})
}

func TestAJobWhoseDriveWasNeverThereAfterARestartIsNotFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("MOVED", 40*mib)
		m.breakOff(d, readPlan(), func(c faultdev.Counts) bool { return c.BytesRead > 20*mib })
		m.mu.Lock()
		delete(m.drives, d.id.ID())
		m.mu.Unlock()
		for range 3 {
			job, _ := m.tryResume()
			ends(t, job, burnin.Unknown, "drive_vanished")
		}
	})
}

func TestADriveThatComesBackWithAFailingWordHasFailedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := patient(t)
		d := m.addDrive("SICK", 40*mib)
		d.smart = modelOf(t, ataDrive)
		plan := readPlan()
		plan.WithoutSMART = false
		ends(t, pulled(m, d, plan), burnin.Unknown, "drive_vanished")
		d.Set()
		d.smart.capture["smart_status"] = map[string]any{"passed": false}
		read := d.Counts().BytesRead
		ends(t, m.resume(), burnin.Failed, "smart_failed")
		if again := d.Counts().BytesRead - read; again > 0 {
			t.Errorf("%d bytes of it were read first", again)
		}
	})
}

func TestADriveThatVanishesWhileItTestsItselfIsSaidToHaveVanished(t *testing.T) {
	asked(t, ataDrive, longPlan(), func(m *smartModel, d *memoryDrive) {
		m.takes = time.Hour
		begun := time.Now()
		m.before = func(m *smartModel) {
			if time.Since(begun) > 10*time.Minute {
				m.fails, d.dead = 1, true
			}
		}
	}, func(t *testing.T, job burnin.Job, _ *smartModel, _ *machine) {
		ends(t, job, burnin.Unknown, "drive_vanished")
		if job.Stages[1].State != burnin.Unknown {
			t.Errorf("the stage is %s", job.Stages[1].State)
		}
	})
}
