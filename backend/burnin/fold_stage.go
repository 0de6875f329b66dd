package burnin

import (
	"fmt"

	"burnish/backend/reason"
)

func (t *Tracker) stage(ev Event, wallMs int64) error {
	var d StageChange
	if err := t.decodeFor(ev, &d, &d.Stage); err != nil {
		return err
	}
	s := &t.job.Stages[d.Stage]
	if s.Kind != d.Kind {
		return fmt.Errorf("stage %d is %s, not %s", d.Stage, s.Kind, d.Kind)
	}
	if err := move(string(s.Kind), stageNext, &s.State, d.State); err != nil {
		return err
	}
	s.Reason, s.SelfTest = d.Reason, d.SelfTest
	if d.State == Unknown && gone(d.Reason) {
		t.job.Vanished++
	}
	s.goOn(ev.WallMs)
	if d.State != Running {
		s.PausedMs += max(d.PausedMs, 0)
		if d.Temps != nil {
			s.TempC = d.Temps
		}
		s.EndedMs, s.EndedWallMs = ev.WallMs, wallMs
		if s.StartedMs == 0 {
			s.StartedMs = ev.WallMs
		}
		s.totals(d.Totals)
		if s.State == Passed {
			s.Progress = 1
		}
		return nil
	}
	s.Begun++
	t.place(s, ev.Seq)
	if s.StartedMs == 0 {
		s.StartedMs = ev.WallMs
	}
	if d.Resumed == nil || d.Resumed.Pass == 0 {
		s.Attempt, s.Progress, s.Done, s.BytesCovered, s.Phase, s.pass = s.Begun, 0, 0, 0, "", 0
	}
	s.resume(d.Resumed)
	s.EndedMs, s.complete, s.facts = 0, false, nil
	s.EndedEarly, s.Unread = "", nil
	s.TempC, s.warmth = nil, warmth{}
	s.beforeWritten, s.beforeVerified, s.beforeActiveMs = s.BytesWritten, s.BytesVerified, s.ActiveMs
	return nil
}

// gone reports whether a reason says that the drive was not there.
func gone(said *reason.Said) bool { return said != nil && said.Code == reason.DriveVanished }

func (s *Stage) totals(d *Totals) {
	if d == nil {
		return
	}
	s.moved(d.Written, d.Verified, d.Covered, d.ActiveMs)
	s.complete, s.EndedEarly, s.Unread = d.Complete, d.EndedEarly, d.Unread
}

func (s *Stage) moved(written, verified, covered, activeMs int64) {
	s.BytesWritten = s.beforeWritten + written
	s.BytesVerified = s.beforeVerified + verified
	s.BytesCovered = covered
	s.ActiveMs = s.beforeActiveMs + activeMs
}
