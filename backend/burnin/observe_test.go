package burnin_test

import (
	"os"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/wire"
)

// broken gives the events of a run that wrote no end.
func broken(t *testing.T) []burnin.Event {
	t.Helper()
	raw, err := os.ReadFile("testdata/journals/told-and-resumed/run-1.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	events, err := wire.DecodeJournal(raw)
	if err != nil {
		t.Fatal(err)
	}
	return events[:len(events)-2] // neither its stage nor the run itself ended
}

func TestWhatIsSeenOfARunThatHasNotSaidAWord(t *testing.T) {
	first, silent := broken(t), []burnin.Event(nil)
	gone := burnin.Observation{Run: 2, BootID: first[0].Boot, Complete: true}
	lives, part := gone, gone
	lives.LockHeld, part.Complete = true, false
	for name, c := range map[string]struct {
		runs  [][]burnin.Event
		obs   burnin.Observation
		state burnin.State
	}{
		"it is gone, and with it the job": {[][]burnin.Event{first, silent}, gone, burnin.Unknown},
		"it has just begun":               {[][]burnin.Event{first, silent}, lives, burnin.Running},
		"there may be more of it":         {[][]burnin.Event{first, silent}, part, burnin.Running},
		"its journal has not come":        {[][]burnin.Event{first}, gone, burnin.Running},
		"it was seen before any run": {[][]burnin.Event{first}, burnin.Observation{BootID: gone.BootID,
			Complete: true}, burnin.Running},
	} {
		t.Run(name, func(t *testing.T) {
			job, err := burnin.Fold(c.runs, &c.obs)
			if err != nil || job.State != c.state || len(job.Runs) != 1 {
				t.Errorf("%s, %v, %d runs, %v", job.State, job.Reason, len(job.Runs), err)
			}
			if c.state == burnin.Unknown && (job.Reason == nil || job.Reason.Code != "runner_killed") {
				t.Errorf("the reason is %v", job.Reason)
			}
		})
	}
}
