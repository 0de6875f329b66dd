package burnin

import (
	"fmt"
	"slices"
	"strings"
)

// Engine names what does a surface stage. The names are a contract.
type Engine string

// The engines. Each has a row in engines.
const (
	EngineRead      Engine = "read"      // reads every byte, writes nothing
	EngineStamp     Engine = "stamp"     // writes stamped sectors, then reads and compares every byte
	EngineBadblocks Engine = "badblocks" // four patterns with the NAS's badblocks
	EngineWipe      Engine = "wipe"      // TrueNAS's own wipe, for a login without root; nothing is read back
)

// EngineRow is a row of the table of engines: all by which one differs from another, but for its work itself, which is
// in backend/runner/run.
type EngineRow struct {
	Engine Engine
	Writes bool
	// Coverage is how far the word "passed" goes after it, Checked what has become of a byte that it covers, in words.
	Coverage Coverage
	Checked  string
	// Sweeps are those of one pass, in their order; each is one of the engine's phases. Their number is the share that
	// each has of the stage's progress.
	Sweeps []Phase
	// OnePass: a plan's passes mean nothing to it.
	OnePass bool
	// Windows: it goes through all its sweeps over one part of the drive before it comes to the next. So what is
	// covered is verified, at any moment.
	Windows bool
	// Counted: nothing is read, so nothing is covered; what the kernel counted as written is the evidence.
	Counted bool
	// ByTrueNAS: TrueNAS's middleware does it, not burnish-runner. A plan with such an engine is done so as a whole.
	ByTrueNAS bool
	// Needs is the program that the NAS has to have for it, Hint what to do where it has not; empty for none.
	Needs string
	Hint  string
}

// Phases of surface stages: the sweeps of the engines, and what comes before the first and after the last.
const (
	sweepRead   Phase = "read"
	sweepWrite  Phase = "write"
	sweepVerify Phase = "verify"
	phaseProbe  Phase = "probe"
	phaseSeek   Phase = "seek"
)

// Phases that have no row in the table, since their names are their words.
const (
	PhaseSelfTest Phase = "selftest"
	PhaseWindow   Phase = "window" // of checkpoints of badblocks

	// each pattern of badblocks, and its half
	PhaseAAWrite  Phase = "0xaa write"
	PhaseAAVerify Phase = "0xaa verify"
	Phase55Write  Phase = "0x55 write"
	Phase55Verify Phase = "0x55 verify"
	PhaseFFWrite  Phase = "0xff write"
	PhaseFFVerify Phase = "0xff verify"
	Phase00Write  Phase = "0x00 write"
	Phase00Verify Phase = "0x00 verify"
)

// Phase is what a stage does just now.
type Phase string

// PhaseRow is a row of the table of phases.
type PhaseRow struct {
	Name  Phase
	Title string // for people
	Sweep bool   // it goes once over the whole drive
}

// Phases gives the table of phases.
func Phases() []PhaseRow {
	return []PhaseRow{
		{sweepWrite, "write", true}, {sweepVerify, "verify", true}, {sweepRead, "read", true},
		{phaseProbe, "probe before the first sweep", false}, {phaseSeek, "seek pass", false},
	}
}

var engines = []EngineRow{
	{Engine: EngineRead, Coverage: CoverageRead, Checked: "read", Sweeps: []Phase{sweepRead}},
	{Engine: EngineStamp, Writes: true, Coverage: CoverageVerified, Checked: "verified",
		Sweeps: []Phase{sweepWrite, sweepVerify}},
	{Engine: EngineBadblocks, Writes: true, Coverage: CoverageVerified, Checked: "verified",
		Sweeps: []Phase{sweepWrite, sweepVerify, sweepWrite, sweepVerify, sweepWrite, sweepVerify, sweepWrite,
			sweepVerify},
		OnePass: true, Windows: true,
		Needs: "badblocks", Hint: "Install e2fsprogs on the NAS, or choose the plan standard."},
	{Engine: EngineWipe, Writes: true, Coverage: CoverageWritten, Checked: "checked", Sweeps: []Phase{sweepWrite},
		OnePass: true, Counted: true, ByTrueNAS: true},
}

// Engines gives the table of engines, the gentlest first.
func Engines() []EngineRow { return slices.Clone(engines) }

// Row is the engine's row of the table; that of an engine that there is not, or of none, is zero.
func (e Engine) Row() EngineRow {
	for _, r := range engines {
		if r.Engine == e {
			return r
		}
	}
	return EngineRow{}
}

// Known reports whether there is such an engine.
func (e Engine) Known() bool { return e.Row().Engine == e && e != "" }

// noEngine refuses an engine by naming those that there are.
func noEngine(k StageKind, e Engine) error {
	var names []string
	for _, r := range engines {
		names = append(names, string(r.Engine))
	}
	last := len(names) - 1
	return fmt.Errorf("%s needs an engine (%s or %s), not %q", k, strings.Join(names[:last], ", "), names[last], e)
}

// Sweeps is how often a stage goes over the whole drive with its engine; 0 for one that has none.
func (s StageSpec) Sweeps() int {
	row := s.Engine.Row()
	if row.OnePass {
		return len(row.Sweeps)
	}
	return len(row.Sweeps) * max(1, s.Passes)
}

// Destroys reports whether the stage writes to the drive.
func (s StageSpec) Destroys() bool { return s.Kind.Row().Writes || s.Engine.Row().Writes }

// WritesAll reports whether the stage writes to all of the drive.
func (s StageSpec) WritesAll() bool { return s.Kind.Surface() && s.Engine.Row().Writes }
