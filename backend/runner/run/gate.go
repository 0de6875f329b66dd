package run

import (
	"context"
	"fmt"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/state"
)

// throughGate waits until the gate of the run's job opens. The drive is held meanwhile, and nothing was done to it.
func (r *run) throughGate(ctx context.Context) *reason.Said {
	if r.Req.Gate == "" || r.passedGate {
		return nil
	}
	wait := state.GateWait(r.Req.Together) + state.GateSpare
	if r.again {
		wait = 0 // who started it waits for the first run alone
	}
	limit := r.After(wait)
	for {
		how, err := r.Dir.GateSays(r.Req.Gate)
		if err != nil {
			return r.Fault("the gate of the jobs", err)
		}
		if how != "" {
			return state.GaveUp(how)
		}
		select {
		case <-ctx.Done():
			return r.Interrupted(ctx)
		case <-limit:
			late := state.GateClosed + fmt.Sprintf("not all of them held their drives within %s",
				state.GateWait(r.Req.Together).Round(time.Second))
			if how, err = r.Dir.Settle(r.Req.Gate, late); err != nil {
				how = late // who opens it has given up long before
			}
			return state.GaveUp(how)
		case <-r.After(r.Poll()):
		}
	}
}

// hasBegun reports whether a job has ever passed its gate: what a stage did stands in its journals.
func hasBegun(j burnin.Job) bool {
	for _, s := range j.Stages {
		if s.StartedMs != 0 {
			return true
		}
	}
	return false
}
