package runner_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

func TestAStoppedJobWritesNothingMore(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("STOPPED", 40*mib)
	req := order(d, stampPlan())
	req.Slots = 1
	slot, err := m.Take(filepath.Join(m.dir, "slots", "0.lock"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.service().Start(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	// Something looks at the drive while the job gets its slot, so that the job waits right before its first write.
	m.mu.Lock()
	d.usage = drive.Usage{Class: drive.OpenByProcess, Text: "open in process 1"}
	m.mu.Unlock()
	slot.Close()
	m.awaitStage(2, burnin.Running)
	stopped := make(chan error, 1)
	go func() {
		_, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob})
		stopped <- err
	}()
	time.Sleep(20 * time.Millisecond)
	m.mu.Lock()
	d.usage = drive.Usage{Class: drive.None}
	m.mu.Unlock()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if job := foldRaw(t, m.journals(testJob), nil); job.State != burnin.Cancelled || d.Counts().Writes != 0 {
		t.Errorf("ended as %s (%v) after %d writes", job.State, job.Reason, d.Counts().Writes)
	}
}

func TestAStopForAJobThatIsNotHereKeepsItFromStarting(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("LATE", 40*mib)
	if reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob}); err != nil ||
		!reply.Stopped {
		t.Fatalf("%+v, %v", reply, err)
	}
	if _, err := m.service().Start(context.Background(), order(d, stampPlan())); !isReason(err, "stopped_by_person") {
		t.Errorf("the start that came after the stop: %v", err)
	}
	m.wait.Wait()
	if d.Counts().Writes+d.Counts().Reads != 0 {
		t.Error("the drive was touched")
	}
}

// A service manager brings back a run that was killed; a stop in between holds.
func TestAStoppedRunThatIsBroughtBackEndsAtOnce(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("BACK", 40*mib)
	req := order(d, stampPlan())
	if _, err := m.service().Start(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	m.wait.Wait()
	// Its journal as it is when the runner was killed in the middle.
	path := filepath.Join(m.dir, "jobs", testJob, "run-1.ndjson")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw[:len(raw)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob}); err != nil ||
		!reply.Stopped {
		t.Fatalf("%+v, %v", reply, err)
	}
	before := d.Counts().Writes
	if err := m.service().Run(context.Background(), testJob); err != nil {
		t.Fatal(err)
	}
	if job := foldRaw(t, m.journals(testJob), nil); job.State != burnin.Cancelled || d.Counts().Writes != before {
		t.Errorf("ended as %s (%v)", job.State, job.Reason)
	}
}

func TestTheLastActIsCheckedLikeTheSweeps(t *testing.T) {
	for name, fault := range map[string]faultdev.Fault{
		"cannot be written": {Effect: faultdev.FailWrite, First: 100, Last: 103},
		"does not arrive":   {Effect: faultdev.DropWrite, First: 100, Last: 103},
		"cannot be read":    {Effect: faultdev.FailRead, First: 100, Last: 103},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("ENDS", 40*mib)
			writes := int64(32 + 40*mib/(64<<10)) // both ends in pieces of a MiB, and the sweep
			d.OnRequest(func(c faultdev.Counts) {
				if c.Writes == writes && c.BytesRead > firstActReads+20*mib { // amid the verify sweep
					d.Set(fault)
				}
			})
			job := m.run(order(d, stampPlan()))
			if job.State != burnin.Failed || job.Reason.Code != "surface_errors" ||
				job.Stages[3].State != burnin.Failed {
				t.Fatalf("ended as %s (%v), final_check %s", job.State, job.Reason, job.Stages[3].State)
			}
			if bad := job.Stages[3].BadRanges; len(bad) != 1 || bad[0].FirstLBA != 100 || bad[0].LastLBA != 103 {
				t.Errorf("bad ranges: %s", asJSON(t, bad))
			}
		})
	}
}

func TestASecondStageDoesNotLiveOnWhatTheFirstOneWrote(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("TWICE", 20*mib)
	plan := stampPlan()
	plan.Stages = append(plan.Stages[:3:3], plan.Stages[2], plan.Stages[3])
	writes := int64(20*mib/(64<<10)) + 20 // the first act and the first sweep
	d.OnRequest(func(c faultdev.Counts) {
		if c.Writes == writes && c.BytesRead > 2*20*mib+mib {
			d.Set(faultdev.Fault{Effect: faultdev.DropWrite, First: 0, Last: 1 << 30})
		}
	})
	job := m.run(order(d, plan))
	if job.State == burnin.Passed {
		t.Fatal("passed, although no write of the second stage reached the drive")
	}
}

func TestWritesBetweenTwoRunsAreNobodysFault(t *testing.T) {
	const wiped, sweep = 32, 40 * mib / (64 << 10) // requests: zeros over both ends, and one sweep
	for name, c := range map[string]struct {
		reads int64         // of the verify sweep, when the run ends
		each  time.Duration // that a request takes: the journal keeps a sample a second, and checkpoints every 30
		phase burnin.Phase  // in the journal by then
	}{
		"the verify sweep has just begun":       {2, 0, "write"}, // a sample a second at most
		"the journal tells of the write sweep":  {sweep - 40, 2 * time.Millisecond, "write"},
		"the journal tells of the verify sweep": {sweep - 40, 20 * time.Millisecond, "verify"},
		"behind a checkpoint of it":             {sweep - 40, 500 * time.Millisecond, "verify"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				d := m.addDrive("BETWEEN", 40*mib)
				d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: c.each})
				var before atomic.Int64 // the verify sweep
				m.breakOff(d, stampPlan(), func(n faultdev.Counts) bool {
					if n.Writes < wiped+sweep {
						return false
					}
					before.CompareAndSwap(0, n.Reads)
					return n.Reads >= before.Load()+c.reads
				})
				if got := foldRaw(t, m.journals(testJob), nil).Stages[2].Phase; got != c.phase {
					t.Fatalf("the journal tells of the %s sweep", got)
				}
				d.Set()
				d.Poke([]byte("somebody else's data"), 30*mib)
				d.foreign += 8
				ends(t, m.resume(), burnin.Unknown, "foreign_writes")
			})
		})
	}
}

func TestAJobResumedBehindItsSweepsLeavesTheDriveCleanToo(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("BEHIND", 40*mib)
	job := m.run(order(d, stampPlan()))
	if job.State != burnin.Passed {
		t.Fatal(job.Reason)
	}
	// As if the runner had been killed in final_check: the journal ends there, and the ends hold the sweep's stamps.
	path := filepath.Join(m.dir, "jobs", testJob, "run-1.ndjson")
	events, err := wire.DecodeJournal(m.journals(testJob)[0])
	if err != nil {
		t.Fatal(err)
	}
	var kept []byte
	for _, ev := range events {
		line, err := wire.EncodeEvent(ev)
		if err != nil {
			t.Fatal(err)
		}
		if ev.Kind == burnin.EvFact && len(kept) > 0 && job.Stages[3].StartedMs > 0 && string(ev.Data) != "" &&
			stageOf(t, ev) == 3 {
			break
		}
		kept = append(kept, line...)
	}
	if err := os.WriteFile(path, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := m.service().Resume(context.Background(), testJob); err != nil {
		t.Fatal(err)
	}
	m.wait.Wait()
	job = foldRaw(t, m.journals(testJob), nil)
	before := d.Counts().BytesWritten
	if job.State != burnin.Passed || len(job.Runs) != 2 {
		t.Fatalf("ended as %s (%v)", job.State, job.Reason)
	}
	if before < 40*mib+3*32*mib {
		t.Errorf("only %d bytes were written: the second run did not clean the ends", before)
	}
}

func stageOf(t *testing.T, ev burnin.Event) int {
	t.Helper()
	var f burnin.Fact
	if err := jsonInto(ev.Data, &f); err != nil {
		t.Fatal(err)
	}
	return f.Stage
}

func TestCleanLeavesWhatIsNotOurs(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("OTHERS", 4*mib)
	m.run(order(d, readPlan()))
	for _, name := range []string{"bin/precious", "jobs/cronfile", "drives/list", "slots/machine", "notes.txt"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(m.dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.service().Clean(wire.CleanRequest{Jobs: []string{testJob}, Runner: true}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bin/precious", "jobs/cronfile", "drives/list", "slots/machine", "notes.txt"} {
		if _, err := os.Stat(filepath.Join(m.dir, name)); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
	if _, err := os.Stat(filepath.Join(m.dir, "jobs", testJob)); err == nil {
		t.Error("the job is still there")
	}
}
