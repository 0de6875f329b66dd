package burnin

// Paused says what a stage waits for, and since when by the NAS's clock.
type Paused struct {
	SinceMs int64  `json:"since_ms"`
	Why     string `json:"why"` // the code of a reason
	TempC   int    `json:"temp_c"`
	LimitC  int    `json:"limit_c"`
}

func (s *Stage) pause(d Pause, atMs int64) {
	s.goOn(atMs)
	if d.On && s.State == Running {
		s.Paused = &Paused{SinceMs: atMs, Why: d.Why, TempC: d.TempC, LimitC: d.LimitC}
	}
}

// goOn ends a pause, if there is one. A clock that was set back makes none of it negative.
func (s *Stage) goOn(atMs int64) {
	if s.Paused != nil {
		s.PausedMs += max(atMs-s.Paused.SinceMs, 0)
		s.Paused = nil
	}
}

// waits takes in the pauses that no line tells.
func (s *Stage) waits(p Progress) {
	s.PausedMs += max(p.PausedMs, 0)
	if s.Paused == nil && p.Paused != nil {
		now := *p.Paused
		s.Paused = &now
	}
}
