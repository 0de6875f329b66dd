package burnin

import (
	"testing"

	"burnish/backend/drive"
)

// TestASampleMovesAStageOnlyByWhatIsOfTheWhole gives samples as runners of all versions wrote them.
func TestASampleMovesAStageOnlyByWhatIsOfTheWhole(t *testing.T) {
	const size = 18e12
	id := drive.Identity{SizeBytes: size, Kind: drive.HDD}
	stamp := StageSpec{Kind: SurfaceValidate, Engine: EngineStamp, Passes: 3, SeekMinutes: 60}
	read := StageSpec{Kind: SurfaceValidate, Engine: EngineRead}
	classic := StageSpec{Kind: SurfaceValidate, Engine: EngineBadblocks}
	for name, c := range map[string]struct {
		spec StageSpec
		d    Progress
		low  float64
		high float64
		how  string
	}{
		"the probe of classic": {classic, Progress{Phase: "probe", Done: 997, Total: 1000, Written: 5, Verified: 5},
			0, 0, ", during its probe, before the first sweep"},
		"badblocks in a window": {classic, Progress{Phase: "0x55 write", Done: 8 * size * 22 / 100, Total: 8 * size,
			Covered: 4e12}, 0.2199, 0.2201, " at 22 %, 4.0 of 18.0 TB verified"},
		"a write sweep": {stamp, Progress{Phase: "write", Pass: 1, Done: 9e12, Total: 6 * size}, 0.082,
			0.0834, " at 8 %, 9.0 of 18.0 TB written, none verified"},
		"a verify sweep": {stamp, Progress{Phase: "verify", Pass: 1, Done: size + 14.25e12, Total: 6 * size,
			Covered: 14.25e12}, 0.29, 0.2987, " at 29 %, 14.2 of 18.0 TB verified"},
		"a later pass": {stamp, Progress{Phase: "write", Pass: 3, Done: 4.5 * size, Total: 6 * size,
			Covered: size}, 0.74, 0.75, " at 74 %, in pass 3 of 3, 18.0 of 18.0 TB verified before"},
		"a seek pass": {stamp, Progress{Phase: "seek", Pass: 3, Done: 6 * size, Total: 6 * size,
			Covered: size, Seek: 0.5}, 0.996, 0.999, " at 99 %, during its seek pass, 18.0 of 18.0 TB verified"},
		"a seek pass, told of old": {stamp, Progress{Phase: "seek", Pass: 3, Done: 6 * size, Total: 6 * size,
			Covered: size}, 0.99, 0.998, " at 99 %, during its seek pass, 18.0 of 18.0 TB verified"},
		"a scan": {read, Progress{Phase: "read", Pass: 1, Done: size / 2, Total: size, Covered: size / 2}, 0.5, 0.5,
			" at 50 %, 9.0 of 18.0 TB read"},
	} {
		s := Stage{Kind: c.spec.Kind, Engine: c.spec.Engine}
		s.progress(c.d, c.spec, id)
		if s.Progress < c.low || s.Progress > c.high {
			t.Errorf("%s: progress %g, want %g to %g", name, s.Progress, c.low, c.high)
		}
		if got := s.how(c.spec, size); got != c.how {
			t.Errorf("%s: %q, want %q", name, got, c.how)
		}
	}
}
