package desk

import (
	"burnish/backend/burnin"
	"burnish/backend/surface"
)

// Words are what there is to say of stages, engines and coverages, from the tables of package burnin: the page knows
// none of them by name. They are the same for as long as the program lives.
type Words struct {
	Stages    List[StageWords]    `json:"stages"`
	Engines   List[EngineWords]   `json:"engines"`
	Phases    List[PhaseWords]    `json:"phases"`
	Coverages List[CoverageWords] `json:"coverages"`
	Evidence  List[EvidenceWords] `json:"evidence"`
	Bad       List[BadWords]      `json:"bad"`
}

// StageWords are those of a stage kind.
type StageWords struct {
	Kind     burnin.StageKind `json:"kind"`
	Title    string           `json:"title"`
	Log      burnin.LogName   `json:"log"`       // how Log is asked for it
	Surface  bool             `json:"surface"`   // an engine goes over the whole drive
	Moves    bool             `json:"moves"`     // bytes, so that there is a speed
	SelfTest bool             `json:"self_test"` // the drive tests itself
}

// EngineWords are those of an engine.
type EngineWords struct {
	Engine  burnin.Engine      `json:"engine"`
	Writes  bool               `json:"writes"`
	Checked string             `json:"checked"`  // what has become of a byte that it covers
	Sweeps  List[burnin.Phase] `json:"sweeps"`   // the phases of one pass, in their order; the last one checks
	OnePass bool               `json:"one_pass"` // a plan's passes mean nothing to it
}

// PhaseWords are those of a phase of a surface stage.
type PhaseWords struct {
	Name  burnin.Phase `json:"name"`
	Title string       `json:"title"`
	Sweep bool         `json:"sweep"` // it goes once over the whole drive
}

// CoverageWords are those of a coverage.
type CoverageWords struct {
	Coverage burnin.Coverage `json:"coverage"`
	Text     string          `json:"text"`
}

// EvidenceWords are those of a kind of evidence. Findings have sentences of their own.
type EvidenceWords struct {
	ID      string `json:"id"`
	Holds   string `json:"holds"`   // where it is so
	Fails   string `json:"fails"`   // where it is not
	Missing string `json:"missing"` // goes on after "Not known: "
	Against bool   `json:"against"` // where it is not so and its stage failed, it speaks against the drive
	Tells   bool   `json:"tells"`   // its value says more than the sentence
}

// BadWords say what is wrong with a sector, behind "it".
type BadWords struct {
	Kind surface.Kind `json:"kind"`
	Text string       `json:"text"`
}

func words() Words {
	var w Words
	for _, r := range burnin.Kinds() {
		w.Stages = append(w.Stages, StageWords{Kind: r.Kind, Title: r.Title, Log: r.Kind.Log(),
			Surface: r.Surface, Moves: r.Moves, SelfTest: r.SelfTest != ""})
	}
	for _, r := range burnin.Engines() {
		w.Engines = append(w.Engines, EngineWords{Engine: r.Engine, Writes: r.Writes, Checked: r.Checked,
			Sweeps: r.Sweeps, OnePass: r.OnePass})
	}
	for _, p := range burnin.Phases() {
		w.Phases = append(w.Phases, PhaseWords(p))
	}
	for _, r := range burnin.Coverages() {
		w.Coverages = append(w.Coverages, CoverageWords{r.Coverage, r.Text})
	}
	for _, r := range burnin.EvidenceRows() {
		w.Evidence = append(w.Evidence, EvidenceWords(r))
	}
	for _, k := range surface.Kinds() {
		w.Bad = append(w.Bad, BadWords{k, k.Text()})
	}
	return w
}
