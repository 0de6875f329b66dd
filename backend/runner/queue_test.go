package runner_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// started gives when each job began its work.
func (m *machine) started(jobs []string) map[string]time.Time { return m.when(jobs, burnin.EvRunning) }

// when gives by the wall clock when each job told an event of a kind.
func (m *machine) when(jobs []string, kind burnin.EventKind) map[string]time.Time {
	at := map[string]time.Time{}
	for _, id := range jobs {
		for _, raw := range m.journals(id) {
			events, err := wire.DecodeJournal(raw)
			if err != nil {
				m.t.Fatal(err)
			}
			for _, ev := range events {
				if ev.Kind == kind {
					at[id] = time.UnixMilli(ev.WallMs)
				}
			}
		}
	}
	return at
}

func TestAQueueDrainsInItsOrderWithinItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.poll = 100 * time.Millisecond
		var jobs []string
		for i := range 14 {
			d := m.addDrive(fmt.Sprintf("QUEUE%02d", i), 4*mib)
			d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 20 * time.Second})
			req := order(d, readPlan())
			req.Job, req.CreatedMs, req.Slots = fmt.Sprintf("job%017d", i), int64(1_700_000_000_000+i), 4
			if _, err := m.service().Start(context.Background(), req); err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, req.Job)
		}
		time.Sleep(12 * time.Second)
		two := 2
		was, err := m.service().Slots(wire.SlotsRequest{})
		if err != nil || was.Working != 4 || len(was.Waiting) != 10 || was.Waiting[0] != jobs[4] {
			t.Fatalf("%+v, %v", was, err)
		}
		now, err := m.service().Slots(wire.SlotsRequest{Limit: &two, First: []string{jobs[13], jobs[9]}})
		if err != nil || now.Limit != 2 || !slices.Equal(now.Waiting[:3], []string{jobs[13], jobs[9], jobs[4]}) {
			t.Fatalf("%+v, %v", now, err)
		}
		m.wait.Wait()
		at := m.started(jobs)
		want := append(slices.Clone(jobs[:4]), jobs[13], jobs[9])
		want = append(want, jobs[4:9]...)
		want = append(want, jobs[10:13]...)
		got := slices.Clone(jobs)
		slices.SortFunc(got, func(a, b string) int { return at[a].Compare(at[b]) })
		if !slices.Equal(got, want) {
			t.Errorf("began in the order %v", got)
		}
		for i := range got[1:] {
			if apart := at[got[i+1]].Sub(at[got[i]]); apart < 2*time.Second {
				t.Errorf("%s began %v after the one before it", got[i+1], apart)
			}
		}
		for _, id := range jobs {
			if job := foldRaw(t, m.journals(id), nil); job.State != burnin.Passed {
				t.Errorf("%s ended as %s, %v", id, job.State, job.Reason)
			}
		}
		ended := m.when(jobs, burnin.EvEnd)
		most := 0
		for _, id := range got[6:] { // began after the limit was set and those before it had time to end
			n := 0
			for _, other := range got {
				if !at[other].After(at[id]) && ended[other].After(at[id]) {
					n++
				}
			}
			most = max(most, n)
		}
		if most > 2 {
			t.Errorf("%d jobs at once", most)
		}
	})
}
