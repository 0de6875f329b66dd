//go:build linux

package inventory

import (
	"context"
	"sync"
	"time"
)

// pulse tells a drive that is slow from one that hangs: it beats whenever something comes back from the drive.
type pulse struct {
	mu   sync.Mutex
	open int // requests that wait for the drive
	last time.Time
}

// asks notes a request to the drive; its answer ends it.
func (p *pulse) asks() (answered func()) {
	p.note(1)
	return func() { p.note(-1) }
}

func (p *pulse) note(open int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open, p.last = p.open+open, time.Now()
}

// watch calls hangs once the drive has been asked and nothing has come back from it for as long as silence. It ends
// with ctx.
func (p *pulse) watch(ctx context.Context, silence time.Duration, hangs func()) {
	for {
		p.mu.Lock()
		silent := p.open > 0 && time.Since(p.last) >= silence
		p.mu.Unlock()
		if silent {
			hangs()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(silence / 16):
		}
	}
}
