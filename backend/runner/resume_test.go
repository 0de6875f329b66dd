package runner_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// firstActReads is how much of a drive without partitions the first destructive act reads: both ends before it zeroes
// them and after it. The samples between them come to less than a MiB.
const firstActReads = 2 * 32 * mib

// breakOff starts a job and ends its run, as a NAS that shuts down does, once when says so.
func (m *machine) breakOff(d *memoryDrive, plan burnin.Plan, when func(faultdev.Counts) bool) {
	m.t.Helper()
	done := make(chan struct{})
	var over atomic.Bool // requests come from several goroutines
	d.OnRequest(func(c faultdev.Counts) {
		if when(c) && !over.Swap(true) {
			close(done)
			m.killAll()
		}
	})
	if _, err := m.service().Start(context.Background(), order(d, plan)); err != nil {
		m.t.Fatal(err)
	}
	<-done
	m.wait.Wait()
	d.OnRequest(nil)
	if job := foldRaw(m.t, m.journals(testJob), nil); job.State != burnin.Unknown {
		m.t.Fatalf("the broken run ended as %s", job.State)
	}
}

func (m *machine) resume() burnin.Job {
	m.t.Helper()
	if _, err := m.service().Resume(context.Background(), testJob); err != nil {
		m.t.Fatal(err)
	}
	m.wait.Wait()
	return foldRaw(m.t, m.journals(testJob), nil)
}

func TestAResumedStageWritesLittleAgainAndVerifiesAll(t *testing.T) {
	m := newMachine(t)
	m.rewind = 10 * mib
	const size = 100 * mib
	d := m.addDrive("RESUME", size)
	m.breakOff(d, stampPlan(), func(c faultdev.Counts) bool { return c.BytesRead > firstActReads+80*mib })
	before := foldRaw(t, m.journals(testJob), nil).Stages[2]
	if before.Checkpoint == nil || before.Checkpoint.Phase != "write" || before.Checkpoint.Position != size {
		t.Fatalf("the last checkpoint is %+v", before.Checkpoint)
	}
	written, read := d.Counts().BytesWritten, d.Counts().BytesRead
	job := m.resume()
	stage := job.Stages[2]
	if job.State != burnin.Passed || stage.BytesCovered != size {
		t.Fatalf("ended as %s (%v), covered %d", job.State, job.Reason, stage.BytesCovered)
	}
	again := d.Counts().BytesWritten - written
	if want := int64(10*mib + 32*mib); again != want {
		t.Errorf("the resumed run wrote %d bytes, want 10 MiB again and both ends at last: %d", again, want)
	}
	if all := d.Counts().BytesRead - read; all < size {
		t.Errorf("the resumed run read %d of %d bytes", all, int64(size))
	}
	// Up to all that the verify sweep had read is read once more; requests still went out while the run was told to
	// end.
	r, swept := stage.Resumed, read-firstActReads
	if r == nil || r.Phase != "write" || r.FromByte != 90*mib || r.Repeated < 10*mib || r.Repeated > 10*mib+swept {
		t.Errorf("resumed after a verify sweep of %d bytes: %+v", swept, r)
	}
	last := job.Warnings[len(job.Warnings)-1]
	if last.Code != "resumed" || !strings.Contains(last.Text, " MB were written or read once more") ||
		last.Args["bytes"].String() == "0" {
		t.Errorf("the warning says: %s", last.Text)
	}
}

func TestWhatThePowerCutTookFromTheCacheIsNotHeldAgainstTheDrive(t *testing.T) {
	m := newMachine(t)
	m.rewind = 32 * mib // more than the cache holds, as it is on large drives
	d := m.addDrive("CUT", 64*mib)
	m.breakOff(d, stampPlan(), func(c faultdev.Counts) bool { return c.BytesRead > firstActReads+8*mib })
	d.Poke(make([]byte, 20*mib), 44*mib) // the cache kept quiet about what it had not written
	job := m.resume()
	if job.State != burnin.Passed || len(job.Stages[2].BadRanges) != 0 {
		t.Errorf("ended as %s (%v), %s", job.State, job.Reason, asJSON(t, job.Stages[2].BadRanges))
	}
}

func TestABadSectorFoundBeforeTheStopIsNotForgotten(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("BEFORE", 64*mib)
	d.Set(faultdev.Fault{Effect: faultdev.FailWrite, First: 40_000, Last: 40_001})
	m.breakOff(d, stampPlan(), func(c faultdev.Counts) bool { return c.BytesRead > firstActReads+32*mib })
	d.Set()
	job := m.resume()
	if job.State != burnin.Failed || job.Reason.Code != "surface_errors" {
		t.Fatalf("ended as %s, %v", job.State, job.Reason)
	}
	if last := job.Warnings[len(job.Warnings)-1]; last.Code != "resumed" || !strings.Contains(last.Text,
		"resumed 1 time;") {
		t.Errorf("nothing says that it was resumed: %s", asJSON(t, job.Warnings))
	}
	if bad := job.Stages[2].BadRanges; len(bad) != 1 || bad[0].FirstLBA != 40_000 || bad[0].LastLBA != 40_001 ||
		bad[0].Kind != "write" {
		t.Errorf("%s", asJSON(t, bad))
	}
}

func TestAResumeRefusesADriveThatSomebodyElseHasLabelled(t *testing.T) {
	long(t)
	for name, at := range map[string]int64{"head": 510, "tail": 64*mib - 512} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("LABELLED", 64*mib)
			m.breakOff(d, stampPlan(), func(c faultdev.Counts) bool { return c.BytesRead > firstActReads+18*mib })
			d.Poke([]byte{0x55, 0xaa, 1, 2}, at)
			written := d.Counts().BytesWritten
			if at == 510 {
				d.Poke(make([]byte, 64), 0) // the stamp of the first sector is gone too
			}
			job := m.resume()
			if job.State != burnin.Unknown || job.Reason.Code != "usage_changed" || d.Counts().BytesWritten != written {
				t.Errorf("ended as %s (%v) after %d bytes", job.State, job.Reason, d.Counts().BytesWritten-written)
			}
		})
	}
}

func TestACapacityProbeFailsADriveThatWraps(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("FAKE", 64*mib)
	d.Device = faultdev.NewWrapped(d.Geometry(), 20*mib)
	standard, _ := burnin.PlanNamed("standard")
	standard.WithoutSMART = true
	job := m.run(order(d, standard))
	probe := job.Stages[2]
	if job.State != burnin.Failed || job.Reason.Code != "fake_capacity" || probe.State != burnin.Failed ||
		len(probe.BadRanges) != 0 {
		t.Fatalf("ended as %s (%v), the probe %s, %d bad ranges", job.State, job.Reason, probe.State,
			len(probe.BadRanges))
	}
	if !strings.Contains(job.Reason.Text, "67108864") || !strings.Contains(job.Reason.Text, "20971520") {
		t.Errorf("%s", job.Reason.Text)
	}
	if job.Stages[3].StartedMs != 0 && job.Stages[3].BytesWritten != 0 {
		t.Error("the sweep began after the probe had failed the drive")
	}
}

func TestASweepAloneTellsAFalseCapacityToo(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("FAKE", 64*mib)
	d.Device = faultdev.NewWrapped(d.Geometry(), 40*mib)
	job := m.run(order(d, stampPlan()))
	if job.State != burnin.Failed || job.Reason.Code != "fake_capacity" || !strings.Contains(job.Reason.Text,
		"41943040") {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
}

// What the head of a drive holds that wraps many times is of the last multiple of its real size.
func TestASweepAloneTellsTheRealSizeAndNoMultipleOfIt(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("FAKE", 64*mib)
	d.Device = faultdev.NewWrapped(d.Geometry(), 10*mib+4096)
	job := m.run(order(d, stampPlan()))
	if ends(t, job, burnin.Failed, "fake_capacity"); !strings.Contains(job.Reason.Text,
		"about 10.5 MB (10489856 bytes)") {
		t.Errorf("%s", job.Reason.Text)
	}
}

func TestOneWriteThatWentAstrayIsNoFalseCapacity(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("ASTRAY", 64*mib)
	d.Set(faultdev.Fault{Effect: faultdev.Misplace, First: 8, Last: 15, Delta: -8})
	job := m.run(order(d, stampPlan()))
	ends(t, job, burnin.Failed, "surface_errors")
	if bad := job.Stages[2].BadRanges; len(bad) != 2 || bad[0].Kind != "misplaced" || bad[1].Kind != "stale" {
		t.Errorf("%s", asJSON(t, bad))
	}
}

func TestAProbeOfAGoodDriveIsPartOfAPass(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("GOOD", 64*mib)
	standard, _ := burnin.PlanNamed("standard")
	standard.WithoutSMART = true
	job := m.run(order(d, standard))
	probe := job.Stages[2]
	if job.State != burnin.Passed || probe.State != burnin.Passed || probe.BytesWritten == 0 || probe.Progress != 1 {
		t.Errorf("ended as %s (%v), the probe %+v", job.State, job.Reason, probe)
	}
}

func TestAJobThatSomebodyWantedStoppedDoesNotGoOnByItself(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("STOPPED", 64*mib)
	m.breakOff(d, readPlan(), func(c faultdev.Counts) bool { return c.BytesRead > 20*mib })
	if _, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob, By: "somebody"}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.service().GoOn(context.Background(), testJob); !isReason(err, "stopped_by_person") ||
		len(m.journals(testJob)) != 1 {
		t.Errorf("it went on: %v", err)
	}
	if job := m.resume(); job.State != burnin.Passed {
		t.Errorf("resumed by hand it ended as %s, %v", job.State, job.Reason)
	}
	if _, err := m.service().GoOn(context.Background(), testJob); !isReason(err, "cannot_resume") {
		t.Errorf("a job that has passed went on: %v", err)
	}
}
