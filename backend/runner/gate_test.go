package runner_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/wire"
)

// together puts drives into a machine and asks for a job on each, all of them through one gate.
func together(m *machine, n int) (drives []*memoryDrive, req wire.StartAllRequest) {
	for i := range n {
		d := m.addDrive(fmt.Sprintf("GATE%02d", i), 4*mib)
		one := order(d, stampPlan())
		one.Job, one.Gate, one.Together = fmt.Sprintf("gated%015d", i), "thegateofalljobs", n
		drives, req.Jobs = append(drives, d), append(req.Jobs, one)
	}
	return drives, req
}

// Whatever is refused of jobs that are started together, and however: all go on, or not a byte is written.
func TestOfJobsThatAreStartedTogetherAllGoOnOrNone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(rt, "jobs")
		m := newMachine(t)
		m.stagger = time.Millisecond
		drives, req := together(m, n)
		refused := 0
		for i, d := range drives {
			switch rapid.SampledFrom([]string{"free", "free", "free", "used", "held", "another", "stopped"}).Draw(rt,
				fmt.Sprint(i)) {
			case "free":
				continue
			case "used":
				d.usage = drive.Usage{Class: drive.Data, Text: "ext4"}
			case "held":
				d.held = true
			case "another":
				d.id.WWN = "0000" // another drive in its place
			case "stopped": // before it has arrived
				if _, err := m.service().Stop(context.Background(), wire.JobRequest{Job: req.Jobs[i].Job,
					GID: req.Jobs[i].GID}); err != nil {
					rt.Fatal(err)
				}
			}
			refused++
		}
		reply, err := m.service().StartAll(context.Background(), req)
		if err != nil {
			rt.Fatal(err)
		}
		if refused > 0 {
			for _, one := range req.Jobs { // it says so once that is proven
				if held, err := m.Held(m.dir + "/jobs/" + one.Job + "/lock"); held || err != nil {
					rt.Fatalf("job %s goes on, %v", one.Job, err)
				}
			}
		}
		m.wait.Wait()
		for i, d := range drives {
			one := reply.Jobs[i]
			wrote := d.Counts().BytesWritten
			if (one.Refused != nil) != (refused > 0) || (wrote > 0) != (refused == 0) {
				rt.Errorf("%d of %d refused; job %d: %v, %d bytes written", refused, n, i, one.Refused, wrote)
			}
			if runs := m.journals(req.Jobs[i].Job); refused == 0 {
				if j := foldRaw(t, runs, nil); j.State != burnin.Passed {
					rt.Errorf("job %d: %s, %v", i, j.State, j.Reason)
				}
			}
		}
	})
}

// Who started the jobs dies before all of them were asked for: those that wait at the gate end by themselves and say
// so.
func TestAGateThatNobodyOpensEndsItsJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		drives, req := together(m, 3)
		for _, one := range req.Jobs[:2] {
			if _, err := m.service().Start(context.Background(), one); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		m.wait.Wait()
		if took := time.Since(began); took > 5*time.Minute {
			t.Errorf("they waited for %s", took)
		}
		for i, one := range req.Jobs[:2] {
			j := foldRaw(t, m.journals(one.Job), nil)
			if j.State != burnin.Cancelled || j.Reason.Code != "start_given_up" || drives[i].Counts().BytesWritten > 0 {
				t.Errorf("%s, %v, %d bytes written", j.State, j.Reason, drives[i].Counts().BytesWritten)
			}
		}
		reply, err := m.service().StartAll(context.Background(), req) // asked again, later
		if err != nil {
			t.Fatal(err)
		}
		m.wait.Wait()
		for i := range req.Jobs {
			if reply.Jobs[i].Refused == nil || drives[i].Counts().BytesWritten > 0 {
				t.Errorf("job %d of a start that was given up goes on", i)
			}
		}
	})
}

// A job that is killed at its gate is given up with the others, and does not begin when its runner comes back.
func TestAJobThatIsKilledAtItsGateDoesNotBeginLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		drives, req := together(m, 2)
		one := req.Jobs[0]
		if _, err := m.service().Start(context.Background(), one); err != nil {
			t.Fatal(err)
		}
		m.killAll()
		m.wait.Wait()
		if _, err := m.service().Resume(context.Background(), one.Job); err != nil {
			t.Fatal(err)
		}
		m.wait.Wait()
		j := foldRaw(t, m.journals(one.Job), nil)
		if j.State != burnin.Cancelled || j.Reason.Code != "start_given_up" || len(j.Runs) != 2 ||
			drives[0].Counts().BytesWritten > 0 {
			t.Errorf("%s, %v, %d runs", j.State, j.Reason, len(j.Runs))
		}
	})
}

// A gate leaves the NAS with the last of its jobs.
func TestAGateGoesWithItsJobs(t *testing.T) {
	m := newMachine(t)
	_, req := together(m, 2)
	if _, err := m.service().StartAll(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	m.wait.Wait()
	var ids []string
	for _, one := range req.Jobs {
		ids = append(ids, one.Job)
	}
	if reply, err := m.service().Clean(wire.CleanRequest{Jobs: ids, Runner: true}); err != nil || !reply.RunnerRemoved {
		t.Fatalf("%+v, %v", reply, err)
	}
	if left := leftIn(t, m.dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// leftIn lists what lies in a directory that may be gone.
func leftIn(t *testing.T, dir string) (left []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	return left
}
