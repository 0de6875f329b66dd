package burnin

import (
	"fmt"

	"burnish/backend/drive"
	"burnish/backend/size"
)

// A stage's progress is of the whole stage, and never falls while an attempt at it lasts:
//   - A surface stage consists of its sweeps, and on a hard drive of the seek pass that its plan adds; that pass counts
//     by the time that such a drive is thought to need.
//   - What a surface stage does before its first sweep (the probe of the capacity) covers nothing and counts for
//     nothing.
//   - A stage that goes on from a checkpoint keeps its progress, although it repeats a little. One that begins anew has
//     none.
//   - Words tell beside the share what was done: of what the drive holds how much was written, read or verified.

// Pace is how many bytes a second such a drive is thought to move, as long as nothing was measured.
func Pace(k drive.Kind) float64 {
	switch k {
	case drive.SSD:
		return 400e6
	case drive.NVMe:
		return 1500e6
	case drive.HDD, drive.Virtual:
	}
	return 180e6
}

// SeekMs is how long a stage works the drive's arm after its sweeps; only hard drives have one.
func (s StageSpec) SeekMs(k drive.Kind) int64 {
	if k != drive.HDD || !s.Kind.Surface() {
		return 0
	}
	return int64(s.SeekMinutes) * 60_000
}

// seekShare is the part of a surface stage that its seek pass is.
func (s StageSpec) seekShare(id drive.Identity) float64 {
	seek := float64(s.SeekMs(id.Kind))
	sweeps := float64(s.Sweeps()) * max(float64(id.SizeBytes)/Pace(id.Kind)*1000, 60_000)
	return seek / (seek + sweeps)
}

// progress takes a sample in.
func (s *Stage) progress(d Progress, spec StageSpec, id drive.Identity) {
	s.Phase = d.Phase
	if d.TempC != nil {
		s.TempC = s.warmth.add(*d.TempC)
	}
	if s.probes() {
		s.ActiveMs = s.beforeActiveMs + d.ActiveMs
		return
	}
	s.Done, s.pass = d.Done, d.Pass
	if d.Meters != nil {
		s.Meters = d.Meters
	}
	if d.Total > 0 {
		share := min(float64(d.Done)/float64(d.Total), 1)
		if s.Kind.Surface() {
			seek := spec.seekShare(id)
			share *= 1 - seek
			if s.Seeks() {
				share += seek * min(max(d.Seek, 0), 1)
			}
		}
		s.Progress = max(s.Progress, share)
	}
	s.moved(d.Written, d.Verified, d.Covered, d.ActiveMs)
}

// probes reports whether a surface stage has not begun its sweeps.
func (s *Stage) probes() bool { return s.Kind.Surface() && s.Phase == phaseProbe }

// Seeks reports whether a surface stage has its sweeps behind it and works the drive's arm.
func (s *Stage) Seeks() bool { return s.Kind.Surface() && s.Phase == phaseSeek }

// how says how far a stage is, as the end of a sentence; empty where there is nothing to say.
func (s *Stage) how(spec StageSpec, whole int64) string {
	if s.probes() {
		return ", during its probe, before the first sweep"
	}
	if s.Progress <= 0 || s.Progress >= 1 {
		return ""
	}
	how := fmt.Sprintf(" at %d %%", int(s.Progress*100))
	if !s.Kind.Surface() || whole <= 0 {
		return how
	}
	if s.Seeks() {
		how += ", during its seek pass"
	}
	engine := s.Engine.Row()
	switch sweeps := engine.Writes && !engine.Windows; { // first written, then verified, over the whole drive
	case sweeps && s.pass > 1 && !s.Seeks():
		return how + fmt.Sprintf(", in pass %d of %d, %s verified before", s.pass, max(1, spec.Passes),
			size.Part(whole, whole))
	case sweeps && s.Phase == sweepWrite && engine.Counted:
		return how + ", " + size.Part(s.Done, whole) + " written"
	case sweeps && s.Phase == sweepWrite:
		return how + ", " + size.Part(s.Done, whole) + " written, none verified"
	}
	return how + ", " + size.Part(s.BytesCovered, whole) + " " + engine.Checked
}
