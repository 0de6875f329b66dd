package bench

import (
	"sync"

	"burnish/backend/burnin"
	"burnish/backend/runner/state"
)

// live is the newest progress of a stage, for whoever watches, with its pauses that no line of the journal tells.
type live struct {
	mu     sync.Mutex
	newest burnin.Progress
	told   bool // there was one
	paused *burnin.Paused
	before int64
}

// TellLive puts the newest progress where it is looked for.
func (a *Stage) TellLive(p burnin.Progress) {
	a.live.mu.Lock()
	defer a.live.mu.Unlock()
	a.live.newest, a.live.told = p, true
	a.writeLive()
}

// livePause says there that the stage waits, nil where it goes on, and for how long it has waited before.
func (a *Stage) livePause(now *burnin.Paused, beforeMs int64) {
	a.live.mu.Lock()
	defer a.live.mu.Unlock()
	a.live.paused, a.live.before = now, beforeMs
	if a.live.told {
		a.writeLive()
	}
}

// writeLive wants mu.
func (a *Stage) writeLive() {
	p := a.live.newest
	p.Paused, p.PausedMs = a.live.paused, a.live.before
	state.WriteLive(a.Root(), a.Req.GID, a.ID, p)
}
