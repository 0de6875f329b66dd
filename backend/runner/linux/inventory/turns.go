//go:build linux

package inventory

import (
	"context"
	"sync"
	"time"

	"burnish/backend/label"
)

const (
	maxScans = 24 // scans that begin at once: each takes up to 20 MiB of memory
	// runs of smartctl at once: on a weak machine many would keep the scans from ending in time
	maxAsks    = 8
	slotPeriod = 2 * time.Second // what takes longer gives its place to the next
)

// turn waits for a place among those that do the same, and keeps it for a while at most: a drive that hangs must not
// hold up the others.
func turn(ctx context.Context, places chan struct{}) (free func(), err error) {
	select {
	case places <- struct{}{}:
	case <-ctx.Done():
		return nil, errNoAnswer
	}
	var once sync.Once
	give := func() { once.Do(func() { <-places }) }
	late := time.AfterFunc(slotPeriod, give)
	return func() { late.Stop(); give() }, nil
}

// scan waits for a slot and reads the drive; what is held is read through the hold.
func (s *survey) scan(ctx context.Context, n *node, p *pulse) (label.Findings, error) {
	free, err := turn(ctx, s.slots)
	if err != nil {
		return label.Findings{}, err
	}
	defer free()
	defer p.asks()()
	dev, err := s.openNode(n)
	if err != nil {
		return label.Findings{}, err
	}
	defer dev.Close()
	return s.h.scan(ctx, beating{dev, p}, n, s.samples)
}

// openNode opens a node for reading; what is held is opened through the hold.
func (s *survey) openNode(n *node) (Device, error) {
	if s.held != nil && s.heldDev == n.dev {
		return reopen(s.held)
	}
	return s.h.open(n.path(), n.dev, false)
}
