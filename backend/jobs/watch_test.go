package jobs

import (
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
)

// A runner is killed, and right after it the connection: whoever connects again must not wait for ever for somebody to
// look whether the job came back.
func TestAKilledJobIsLookedAtAgainAfterAReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watch{killed: map[string]time.Time{}}
		job := burnin.Job{Runs: []burnin.Run{{Run: 1, HowEnded: "vanished"}}}
		lost, looked := false, false
		if !w.mayComeBack("j", job, func() { looked = looked || !lost }) {
			t.Fatal("it is given up at once")
		}
		lost = true
		time.Sleep(comesBack / 2)
		if !w.mayComeBack("j", job, func() { looked = true }) {
			t.Fatal("it is given up too early")
		}
		time.Sleep(comesBack)
		synctest.Wait()
		if !looked || w.mayComeBack("j", job, func() {}) {
			t.Errorf("looked at again: %v", looked)
		}
	})
}
