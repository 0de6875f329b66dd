//go:build linux

package runner_test

import (
	"context"
	"os"
	"testing"

	"burnish/backend/burnin"
)

// A run that finds no room leaves no journal behind, so that nobody waits for what it has to say: neither where there
// is no room for its last word, nor where there is none for its first.
func TestARunThatFindsNoRoomWasNone(t *testing.T) {
	long(t)
	for name, room := range map[string]int64{"none": 0, "for the last word alone": 64 << 10} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.onTmpfs("size=2m")
			d := slowly(m)
			if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
				t.Fatal(err)
			}
			await(t, "the sweep is at work", func() bool { return d.Counts().BytesWritten > 40*mib })
			m.killAll()
			m.wait.Wait()
			hog := m.fill(room)
			if err := m.service().Run(context.Background(), testJob); err == nil {
				t.Error("without room it goes on")
			}
			if all, err := m.service().List(); err != nil || len(all.Jobs) != 1 || all.Jobs[0].Run != 1 {
				t.Errorf("%+v, %v", all, err)
			}
			if err := os.Remove(hog.Name()); err != nil {
				t.Fatal(err)
			}
			d.Set()
			if reply, err := m.service().Resume(context.Background(), testJob); err != nil || reply.Run != 2 {
				t.Errorf("with room: %+v, %v", reply, err)
			}
			m.wait.Wait()
			ends(t, m.seen(), burnin.Passed, "")
		})
	}
}
