package nas

import (
	"context"
	"slices"
	"sync"
)

// lanes are the channels that a connection may have open at once. A server's limit (MaxSessions) is not told; it is
// learnt from a refusal. Where there is room for nothing else, a follow yields to a call.
type lanes struct {
	mu      sync.Mutex
	limit   int
	used    int
	waiting []*lane // in order of arrival
	follows []*lane // follows that hold a lane
}

// lane is the right to one channel, held or waited for.
type lane struct {
	lanes  *lanes
	follow bool
	ready  chan struct{} // closed when the lane is held
	yield  chan struct{} // closed when a follow is to make room
	asked  bool          // yield is closed
	over   bool
}

// take waits for a lane. Calls go before follows.
func (l *lanes) take(ctx context.Context, follow bool) (*lane, error) {
	w := &lane{lanes: l, follow: follow, ready: make(chan struct{}), yield: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	l.settle()
	l.mu.Unlock()
	select {
	case <-w.ready:
		return w, nil
	case <-ctx.Done():
		w.release()
		return nil, ctx.Err()
	}
}

// release gives the lane back, or the place among those that wait. Releasing twice is fine.
func (w *lane) release() {
	l := w.lanes
	l.mu.Lock()
	defer l.mu.Unlock()
	w.free()
}

// refused gives the lane back after the server refused its channel, and reports whether waiting for others helps:
// then the limit is now what the server let in.
func (w *lane) refused() bool {
	l := w.lanes
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used < 2 {
		return false
	}
	l.limit = min(l.limit, l.used-1)
	w.free()
	return true
}

// free must be called with the lock held.
func (w *lane) free() {
	l := w.lanes
	if w.over {
		return
	}
	w.over = true
	is := func(other *lane) bool { return other == w }
	if i := slices.IndexFunc(l.waiting, is); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	} else {
		l.used--
		l.follows = slices.DeleteFunc(l.follows, is)
	}
	l.settle()
}

// settle lets in whom there is room for, and asks a follow to yield if calls can wait for nothing else. It must be
// called with the lock held.
func (l *lanes) settle() {
	for l.used < l.limit && len(l.waiting) > 0 {
		i := max(0, slices.IndexFunc(l.waiting, func(w *lane) bool { return !w.follow }))
		w := l.waiting[i]
		l.waiting = slices.Delete(l.waiting, i, i+1)
		l.used++
		if w.follow {
			l.follows = append(l.follows, w)
		}
		close(w.ready)
	}
	callWaits := slices.ContainsFunc(l.waiting, func(w *lane) bool { return !w.follow })
	if callWaits && len(l.follows) > 0 && len(l.follows) == l.used {
		// One is enough; when it has gone, this is asked again.
		if f := l.follows[0]; !f.asked {
			f.asked = true
			close(f.yield)
		}
	}
}

// yielding reports whether a follow was asked to make room.
func (w *lane) yielding() bool {
	select {
	case <-w.yield:
		return true
	default:
		return false
	}
}
