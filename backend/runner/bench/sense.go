package bench

import (
	"fmt"
	"sync"
	"time"

	"burnish/backend/reason"
)

// A drive's temperature moves: within minutes it falls by a degree when the drive rests, and rises by one when it
// works. A sensor whose very first word was that the drive is too hot, and that then said the same to the degree
// through both, is not believed any more: it is told, and guards nothing. Until that is proven it is believed, and the
// drive is spared.
const (
	RestFor = 15 * time.Minute // how long a drive rests before such a sensor is tried
	tryFor  = 15 * time.Minute // how long the drive works then, before the sensor is given up
	// RestEvery is how often a drive that rests before its self-test is asked.
	RestEvery = time.Minute
	// stillFor is how long a sensor was watched at least before it is said that it never moved. Within less, one that
	// works may well say the same.
	stillFor = RestFor
)

// sense is what a run has learnt of the drive's sensor over all stages. The zero value knows nothing. It is safe for
// concurrent use.
type sense struct {
	mu             sync.Mutex
	first, looks   int
	moved, hot     bool // hot: its first word was over the limit
	rested, worked time.Duration
}

// See takes a sample in, with the time since the one before and whether the drive worked meanwhile.
func (s *sense) See(c, limit int, since time.Duration, working bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looks == 0 {
		s.first, s.hot = c, c >= limit
	}
	s.looks++
	switch {
	case c != s.first:
		s.moved = true
	case working:
		s.worked += since
	default:
		s.rested += since
	}
}

// Doubtful reports whether the sensor was hot from the first and has not moved.
func (s *sense) Doubtful() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hot && !s.moved
}

// Rests reports whether such a sensor has stood still through a rest: then work tells more than another rest.
func (s *sense) Rests() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hot && !s.moved && s.rested >= RestFor
}

// word says what is odd about the sensor, empty for nothing, and whether that is proven.
func (s *sense) word(limit int) (what string, proven bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.hot || s.moved || s.rested+s.worked < stillFor:
		return "", false
	case s.rested >= RestFor && s.worked >= tryFor:
		return fmt.Sprintf("whether the drive rests or works, it says %d °C, with a limit of %d °C, and does not "+
			"move by a degree; it guards nothing any more", s.first, limit), true
	}
	return fmt.Sprintf("at each of %d looks it said %d °C, with a limit of %d °C; that may be a fault of the "+
		"sensor, or the drive is as hot as that", s.looks, s.first, limit), false
}

// warnHot says beside the verdict that the drive was over its limit, or that its sensor says so and never moves: the
// latter once in a run, and once more where it is proven.
func (a *Stage) warnHot(c, limit int) error {
	what, proven := a.Sense.word(limit)
	if what == "" && a.Sense.Doubtful() && a.Index < len(a.Req.Plan.Stages)-1 {
		return nil // more is known after the next stage
	}
	if what == "" {
		return a.Warn(reason.New(reason.Hot, "temperature", c, "stage", a.Spec.Kind, "limit", limit))
	}
	told := 0
	for _, w := range a.Job().Warnings {
		if w.Code == reason.SensorStill {
			told++
		}
	}
	if told > 1 || told == 1 && !proven {
		return nil
	}
	return a.Warn(reason.New(reason.SensorStill, "what", what))
}
