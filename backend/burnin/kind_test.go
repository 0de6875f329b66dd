package burnin

import (
	"slices"
	"testing"

	"burnish/backend/drive"
	"burnish/backend/reason"
)

// TestTheTableOfStageKindsIsWhole: who adds a kind fills its row. That each has work is held in backend/runner/run, and
// that each name has a row too: golangci's exhaustive wants all names there.
func TestTheTableOfStageKindsIsWhole(t *testing.T) {
	begin, end := 0, 0
	seen := map[StageKind]bool{}
	for _, r := range Kinds() {
		if seen[r.Kind] {
			t.Errorf("%s has two rows", r.Kind)
		}
		seen[r.Kind] = true
		if r.Kind == "" || r.Title == "" || r.Kind.Row().Title != r.Title || !r.Kind.Known() {
			t.Errorf("%+v is no row", r)
		}
		if r.Surface == (r.Time.Sweeps > 0) {
			t.Errorf("%s: the time of a surface stage is that of its engine, any other's stands in its row", r.Kind)
		}
		if r.Writes && !r.Moves || r.Surface && !r.Moves {
			t.Errorf("%s writes, or goes over the drive, and moves nothing", r.Kind)
		}
		if (r.SelfTest != "") != slices.Contains(r.SkippedFor, reason.WithoutSMART) {
			t.Errorf("%s: a self-test, and nothing else, is left out of a plan without SMART", r.Kind)
		}
		if (r.Writes || r.Surface) != slices.ContainsFunc(r.facts, func(f requirement) bool {
			return f.fact == FactForeignWrites
		}) {
			t.Errorf("%s: who writes must prove that nobody else did", r.Kind)
		}
		switch r.Place {
		case AtBegin:
			begin++
		case AtEnd:
			end++
		case Between:
		}
	}
	if begin != 1 || end != 1 {
		t.Errorf("%d kinds begin a plan, %d end one", begin, end)
	}
	if StageKind("shred").Known() || StageKind("").Known() {
		t.Error("a kind that there is not is known")
	}
}

func TestTheTableOfEnginesIsWhole(t *testing.T) {
	seen := map[Engine]bool{}
	for _, r := range Engines() {
		if seen[r.Engine] {
			t.Errorf("%s has two rows", r.Engine)
		}
		seen[r.Engine] = true
		if r.Engine == "" || r.Checked == "" || !r.Engine.Known() || (r.Needs != "") != (r.Hint != "") {
			t.Errorf("%+v is no row", r)
		}
		if r.Coverage.place() <= CoverageNone.place() {
			t.Errorf("%s covers the surface, and says %q", r.Engine, r.Coverage)
		}
		if len(r.Sweeps) == 0 || r.Writes != slices.Contains(r.Sweeps, sweepWrite) {
			t.Errorf("%s: its sweeps are %v", r.Engine, r.Sweeps)
		}
		for _, name := range r.Sweeps {
			if !slices.ContainsFunc(Phases(), func(p PhaseRow) bool { return p.Name == name && p.Sweep }) {
				t.Errorf("%s: there are no words for its sweep %s", r.Engine, name)
			}
		}
	}
	if Engine("shred").Known() || Engine("").Known() {
		t.Error("an engine that there is not is known")
	}
}

// TestHowOftenAStageGoesOverTheDrive: also an engine that only reads goes over it in each pass.
func TestHowOftenAStageGoesOverTheDrive(t *testing.T) {
	for _, c := range []struct {
		spec StageSpec
		want int
	}{
		{StageSpec{Kind: SurfaceValidate, Engine: EngineRead}, 1},
		{StageSpec{Kind: SurfaceValidate, Engine: EngineRead, Passes: 2}, 2},
		{StageSpec{Kind: SurfaceValidate, Engine: EngineStamp}, 2},
		{StageSpec{Kind: SurfaceValidate, Engine: EngineStamp, Passes: 3}, 6},
		{StageSpec{Kind: SurfaceValidate, Engine: EngineBadblocks, Passes: 3}, 8},
		{StageSpec{Kind: LongSMART}, 0},
	} {
		if got := c.spec.Sweeps(); got != c.want {
			t.Errorf("%+v: %d sweeps, not %d", c.spec, got, c.want)
		}
	}
	long := StageSpec{Kind: LongSMART, SeekMinutes: 60}
	if ms := long.SeekMs(drive.HDD); ms != 0 {
		t.Errorf("a self-test seeks for %d ms", ms)
	}
}

// TestEachStageKindHasItsLog: the page knows the logs as a union, and a new kind has to come into it.
func TestEachStageKindHasItsLog(t *testing.T) {
	logs := []LogName{LogPrecheck, LogShortSMART, LogLongSMART, LogCapacityProbe, LogSurfaceValidate, LogFinalCheck}
	for _, r := range Kinds() {
		if !slices.Contains(logs, r.Kind.Log()) || !r.Kind.Log().Known() {
			t.Errorf("no constant names the log of %s", r.Kind)
		}
	}
	if len(logs) != len(Kinds()) || LogName("boot").Known() || LogName("").Known() || !LogUndo.Known() {
		t.Error("a log is known that no job has, or one is not that a job may have")
	}
}
