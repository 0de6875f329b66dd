package bench

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

const (
	// coolBy is how far below its limit a drive has to be before a paused stage goes on, in °C.
	coolBy = 5
	// harmBy is how far above its limit a drive is taken to suffer harm that does not say where it does, in °C.
	harmBy = 5
	// hotFor is how long a stage may wait for its drive to cool, where the plan says nothing else.
	hotFor = time.Hour
	// maxPauses is how many pauses of a stage are lines of the journal: a drive may swing about its limit for weeks.
	// Who watches sees the others too, and the stage's end says how long they took in all.
	maxPauses = 100
)

// ErrHot is the cause with which an engine ends whose drive does not cool down.
var ErrHot = errors.New("too hot")

// Heat pauses a stage while its drive is too hot. From the sample on that is at the limit no new request begins, and a
// child of the stage is stopped; the stage goes on when the drive is well below the limit. Paused time is no time of
// Work: engines see a clock that stands still meanwhile, and nothing counts as stuck. It is safe for concurrent use.
type Heat struct {
	*Stage
	limit, harm int
	patience    time.Duration

	AtWork atomic.Bool // the drive tests itself

	mu     sync.Mutex
	felt   bool          // there was a sample
	seen   time.Duration // when the newest sample was, by Clock.Running
	last   int           // the newest sample
	hot    bool          // the stage is paused
	since  time.Duration // when the pause began, by Clock.Running
	paused time.Duration // in earlier pauses of this stage
	pauses int           // how many there were, with the one that lasts
	untold time.Duration // of paused: in those that no line tells
	cool   chan struct{} // closed while the drive may work

	once sync.Once
	over chan struct{} // closed when the stage is given up
}

func (a *Stage) newHeat() *Heat {
	h := &Heat{Stage: a, patience: hotFor, cool: make(chan struct{}), over: make(chan struct{})}
	close(h.cool)
	h.limit, h.harm = a.HeatLimits()
	if a.Spec.MaxTempC > 0 {
		h.limit = a.Spec.MaxTempC
	}
	if h.harm <= h.limit {
		h.harm = h.limit + harmBy
	}
	if a.Spec.HotMinutes > 0 {
		h.patience = time.Duration(a.Spec.HotMinutes) * time.Minute
	}
	return h
}

// see takes in a sample.
func (h *Heat) see(c int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, hot := h.Running(), h.hot
	moves := h.Spec.Kind.Row().Moves
	since := time.Duration(0)
	if h.felt {
		since = now - h.seen
	}
	h.Sense.See(c, h.limit, since, moves && !hot || h.AtWork.Load())
	h.felt, h.seen, h.last = true, now, c
	switch still := h.Sense.Rests(); {
	case !moves:
		return // a drive's test of itself cannot be paused
	case still && !hot:
		return
	case still:
		h.Say("the sensor has not moved since this run began: whether it tells of any heat is tried at work")
		h.goOn(now)
	case !hot && c >= h.limit:
		h.hot, h.since, h.cool = true, now, make(chan struct{})
		h.pauses++
	case hot && c <= h.limit-coolBy:
		h.goOn(now)
	default:
		return
	}
	h.tell(!hot)
}

// goOn ends the pause. The caller holds mu.
func (h *Heat) goOn(now time.Duration) {
	h.paused += now - h.since
	if h.pauses > maxPauses {
		h.untold += now - h.since
	}
	h.hot = false
	close(h.cool)
}

// tell says that a pause begins or ends. The journal keeps its first error itself; the stage's own events meet it.
func (h *Heat) tell(on bool) {
	what := "goes on"
	if on {
		what = "waits for the drive to cool"
	}
	if h.pauses > maxPauses {
		h.tellLive(on)
		return
	}
	h.Say("%d °C, the limit is %d °C: %s %s", h.last, h.limit, h.Spec.Kind, what)
	_ = h.Put(burnin.EvPause, burnin.Pause{Stage: h.Index, On: on, Why: "too_hot", TempC: h.last, LimitC: h.limit})
	if !on && h.pauses == maxPauses {
		h.Say("there were %d such pauses; further ones are told together, when the stage ends", h.pauses)
	}
}

// tellLive says to whoever watches that a pause begins or ends. The caller holds mu.
func (h *Heat) tellLive(on bool) {
	var now *burnin.Paused
	if on {
		now = &burnin.Paused{SinceMs: h.Wall().UnixMilli(), Why: string(reason.TooHot), TempC: h.last, LimitC: h.limit}
	}
	h.livePause(now, h.untold.Milliseconds())
}

// Untold is how long the stage was paused beside what the journal's lines say.
func (h *Heat) Untold() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hot && h.pauses > maxPauses {
		return h.untold + h.Running() - h.since
	}
	return h.untold
}

// Hot reports whether the stage is paused.
func (h *Heat) Hot() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hot
}

// near reports whether the newest sample is close to the limit.
func (h *Heat) near() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last >= h.limit-2*coolBy
}

// Harms reports whether the drive may take harm, by a sensor that is believed.
func (h *Heat) Harms() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last >= h.harm && !h.Sense.Rests()
}

// Said is the reason of a stage that the heat ended.
func (h *Heat) Said() *reason.Said {
	h.mu.Lock()
	defer h.mu.Unlock()
	return reason.New(reason.TooHot, "temperature", h.last, "limit", h.limit)
}

// Work is the time that an engine goes by: that of Clock.Running, which stands still while the stage is paused.
func (h *Heat) Work() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Running()
	if h.hot {
		now = h.since
	}
	return now - h.paused
}

// wait returns when the drive may work, or nothing is worth waiting for any more.
func (h *Heat) wait() {
	for {
		h.mu.Lock()
		cool := h.cool
		h.mu.Unlock()
		select {
		case <-cool:
		case <-h.Ended:
			return
		case <-h.over:
			return
		}
		if !h.Hot() {
			return
		}
	}
}

// GiveUp reports whether the pause has lasted too long, and lets go of who waits.
func (h *Heat) GiveUp() bool {
	h.mu.Lock()
	early := !h.hot || h.Running()-h.since < h.patience
	h.mu.Unlock()
	if early {
		return false
	}
	h.once.Do(func() { close(h.over) })
	return true
}
