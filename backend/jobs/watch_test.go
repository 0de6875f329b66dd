package jobs

import (
	"sync/atomic"
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
		var lost, looked atomic.Bool // what is looked at again is looked at by goroutines of their own
		if !w.mayComeBack("j", job, func() {
			if !lost.Load() {
				looked.Store(true)
			}
		}) {
			t.Fatal("it is given up at once")
		}
		lost.Store(true)
		time.Sleep(comesBack / 2)
		if !w.mayComeBack("j", job, func() { looked.Store(true) }) {
			t.Fatal("it is given up too early")
		}
		time.Sleep(comesBack)
		synctest.Wait()
		if !looked.Load() || w.mayComeBack("j", job, func() {}) {
			t.Errorf("looked at again: %v", looked.Load())
		}
	})
}
