package nas

import (
	"context"
	"net"
	"strings"
	"time"
)

const (
	// napLook is how often a nap looks whether the world has changed.
	napLook = time.Second
	// wokeAfter is how far the wall clock runs ahead of the monotonic one, which stands still while a computer sleeps,
	// before that counts as a sleep.
	wokeAfter = 5 * time.Second
)

// Nap is a wait between two tries that ends early when this computer woke up or its network changed: a try is worth it
// then. It is for Keep.Sleep, and safe for concurrent use.
type Nap struct {
	Wall      func() time.Time // the wall clock
	Addresses func() string    // of this computer, as one word; nil looks at none
}

// Sleep waits for d, or less. Its error is ctx's cause.
func (n Nap) Sleep(ctx context.Context, d time.Duration) error {
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(napLook)
	defer tick.Stop()
	began, wall, at := time.Now(), n.Wall().Round(0), n.addresses()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-end.C:
			return nil
		case <-tick.C:
		}
		if n.Wall().Round(0).Sub(wall)-time.Since(began) >= wokeAfter || n.addresses() != at {
			return nil
		}
	}
}

func (n Nap) addresses() string {
	if n.Addresses == nil {
		return ""
	}
	return n.Addresses()
}

// Addresses are those that this computer has now.
func Addresses() string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	var all []string
	for _, a := range addrs {
		all = append(all, a.String())
	}
	return strings.Join(all, " ")
}
