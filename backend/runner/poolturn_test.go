package runner_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// TestADriveOfALivePoolIsReadOneAtATime: two members of one pool take turns, a drive of another pool goes on beside
// them, and so does a plan that only asks for the drive's word.
func TestADriveOfALivePoolIsReadOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = 100 * time.Millisecond
		brief := burnin.Plan{Name: "brief", WithoutSMART: true, Stages: []burnin.StageSpec{{Kind: burnin.Precheck},
			{Kind: burnin.FinalCheck}}}
		jobs := map[string]struct {
			guid string
			plan burnin.Plan
		}{"first": {"1", readPlan()}, "second": {"1", readPlan()}, "other": {"2", readPlan()}, "brief": {"1", brief}}
		id := func(name string) string { return fmt.Sprintf("%020s", name) }
		n := int64(0)
		for name, c := range jobs {
			d := m.addDrive("POOL"+name, 4*mib)
			d.usage = drive.Usage{Class: drive.Pool, Text: "pool tank", PoolName: "tank" + c.guid, PoolGUID: c.guid,
				PhraseKind: drive.PoolPhrase}
			d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 20 * time.Second})
			req := order(d, c.plan)
			n++
			req.Job, req.CreatedMs, req.Slots, req.Usage = id(name), n, 8, drive.Pool
			if _, err := m.service().Start(context.Background(), req); err != nil {
				t.Fatal(err)
			}
		}
		m.wait.Wait()
		spans := map[string][2]int64{}
		waited := 0
		for name := range jobs {
			events, err := wire.DecodeJournal(m.journals(id(name))[0])
			if err != nil {
				t.Fatal(err)
			}
			job, err := burnin.Fold([][]burnin.Event{events}, nil)
			if err != nil || job.State != burnin.Passed {
				t.Errorf("%s ended as %s, %v, %v", name, job.State, job.Reason, err)
			}
			var span [2]int64
			for _, ev := range events {
				switch ev.Kind {
				case burnin.EvQueued:
					waited++
				case burnin.EvRunning:
					span[0] = ev.WallMs
				case burnin.EvEnd:
					span[1] = ev.WallMs
				}
			}
			spans[name] = span
		}
		over := func(a, b string) bool { return spans[a][0] < spans[b][1] && spans[b][0] < spans[a][1] }
		if over("first", "second") {
			t.Errorf("two drives of one pool were read at once: %v", spans)
		}
		if !over("first", "other") && !over("second", "other") {
			t.Errorf("a drive of another pool waited: %v", spans)
		}
		if waited == 0 {
			t.Error("no journal says that its job waited")
		}
	})
}
