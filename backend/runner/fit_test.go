package runner_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

func TestADriveWhoseSizeIsNoNumberOfItsSectorsIsRefusedAtPrecheck(t *testing.T) {
	for name, geo := range map[string]surface.Geometry{
		"sectors of 4096 bytes, and 512 more":    {SizeBytes: 40*mib + 512, LogicalBytes: 4096, PhysicalBytes: 4096},
		"sectors of 4096 bytes, and 512 too few": {SizeBytes: 40*mib - 512, LogicalBytes: 4096, PhysicalBytes: 4096},
		"physical sectors smaller than logical":  {SizeBytes: 40 * mib, LogicalBytes: 4096, PhysicalBytes: 512},
	} {
		for _, plan := range []burnin.Plan{stampPlan(), readPlan(), probedPlan(1 << 20)} {
			m := newMachine(t)
			d := m.addDrive("ODD", geo.SizeBytes)
			d.id.LogicalBytes, d.id.PhysicalBytes, d.Device = geo.LogicalBytes, geo.PhysicalBytes, faultdev.New(geo)
			job := m.run(order(d, plan))
			if job.State != burnin.Unknown || job.Reason.Code != "sectors_unfit" ||
				job.Stages[0].State != burnin.Unknown || d.Counts().Writes != 0 {
				t.Errorf("%s, plan %s: ended as %s (%v), precheck %s, %d writes", name, plan.Name, job.State,
					job.Reason, job.Stages[0].State, d.Counts().Writes)
			}
			if strings.Contains(job.Reason.Text, "surface:") {
				t.Errorf("%s", job.Reason.Text)
			}
		}
	}
}

// Who looks at a job whose stop is not proven sees that it was asked for.
func TestAStopThatIsNotProvenIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = time.Second
		d := m.addDrive("ASKED", 40*mib)
		holdUp(d, 10*time.Minute, moments["the first act"])
		if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
			t.Fatal(err)
		}
		m.awaitStage(2, burnin.Running)
		see := func() (wire.JobStatus, burnin.Job) {
			all, err := m.service().List()
			if err != nil || len(all.Jobs) != 1 {
				t.Fatalf("%+v, %v", all, err)
			}
			st := all.Jobs[0]
			return st, foldRaw(t, m.journals(testJob), &burnin.Observation{Run: st.Run, LockHeld: st.LockHeld,
				StopAsked: st.StopAsked, BootID: st.BootID})
		}
		if st, job := see(); st.StopAsked || job.Stopping() {
			t.Errorf("nobody stopped it: %+v", st)
		}
		if _, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob}); !isReason(err,
			"not_stopped") {
			t.Errorf("the stop: %v", err)
		}
		if st, job := see(); !st.StopAsked || !job.Stopping() || job.State != burnin.Running {
			t.Errorf("%+v, %s", st, job.State)
		}
		m.wait.Wait()
		if st, job := see(); st.StopAsked || job.Stopping() || job.State != burnin.Cancelled {
			t.Errorf("it has ended: %+v, %s", st, job.State)
		}
	})
}
