package burnin

import (
	"slices"
	"strings"

	"burnish/backend/reason"
	"burnish/backend/smart"
)

// StageKind names a stage. The names are a contract.
type StageKind string

// The stages. Each has a row in kinds.
const (
	Precheck        StageKind = "precheck"
	ShortSMART      StageKind = "short_smart"
	LongSMART       StageKind = "long_smart"
	CapacityProbe   StageKind = "capacity_probe"
	SurfaceValidate StageKind = "surface_validate"
	FinalCheck      StageKind = "final_check"
)

// Place is where a stage may stand in a plan.
type Place int

// The places.
const (
	Between Place = iota // as often as one likes
	AtBegin              // first, once
	AtEnd                // last, once
)

// KindRow is a row of the table of stage kinds: all by which one kind of stage differs from another, but for its work
// itself, which is in backend/runner/run. Who wants to know something of a stage asks for a column and names no kind.
type KindRow struct {
	Kind  StageKind
	Title string // for people
	Place Place

	// Surface: an engine goes over the whole drive. Only such a stage takes an engine and passes; it has checkpoints,
	// bad ranges, maps of speed, and totals without which it is no evidence. What its engine differs in: EngineRow.
	Surface bool
	// SelfTest is the drive's own test that the stage waits for; empty for none. Such a stage needs SMART: it is left
	// out of a plan without it.
	SelfTest smart.SelfTestType
	// Moves: the runner itself reads or writes the drive's medium from end to end or at places all over it. That
	// pauses while the drive is too hot, and needs sectors of a size that it can handle.
	Moves bool
	// Writes: it writes to the drive, whatever its engine.
	Writes bool
	// SkippedFor are the reasons for which it may be left out of a job that passes.
	SkippedFor []reason.Code
	// Time is how long such a stage is thought to take.
	Time StageTime

	facts []requirement
}

// StageTime is a guess, for the bar of a job: so many times the time that one sweep over the drive takes, but no more
// than MostSeconds, where that is not 0. That of a surface stage comes on top of what its engine's sweeps take.
type StageTime struct {
	Sweeps      float64
	MostSeconds float64
}

// Seconds is the guess where a sweep takes so many seconds.
func (t StageTime) Seconds(sweep float64) float64 {
	if t.MostSeconds > 0 {
		return min(t.Sweeps*sweep, t.MostSeconds)
	}
	return t.Sweeps * sweep
}

// whole reports whether such a stage takes the longer the larger the drive is.
func (t StageTime) whole() bool { return t.Sweeps > 0 && t.MostSeconds == 0 }

// requirement is a fact without which a stage is no evidence.
type requirement struct {
	fact string
	of   demand
}

// demand says of which jobs a fact is required.
type demand int

const (
	always      demand = iota
	ifWritten          // where the stage writes to the drive
	ifCounted          // where its engine's evidence is the kernel's count
	ifAsked            // where the plan asks the drive for its health; TrueNAS's middleware does not tell it
	ifSelfTests        // where the drive was asked, and has tested itself
)

var noSelfTest = []reason.Code{reason.WithoutSMART, reason.SelfTestUnsupported, reason.SelfTestNoMethod}

var kinds = []KindRow{
	{Kind: Precheck, Title: "Precheck", Place: AtBegin, Time: StageTime{0.25, 20}},
	{Kind: ShortSMART, Title: "Short self-test", SelfTest: smart.Short, Time: StageTime{0.5, 120},
		SkippedFor: noSelfTest,
		facts:      []requirement{{fact: FactSelfTest}}},
	{Kind: LongSMART, Title: "Long self-test", SelfTest: smart.Long, Time: StageTime{Sweeps: 1},
		SkippedFor: noSelfTest,
		facts:      []requirement{{fact: FactSelfTest}}},
	{Kind: CapacityProbe, Title: "Capacity probe", Moves: true, Writes: true, Time: StageTime{0.5, 120},
		SkippedFor: []reason.Code{reason.EngineMissing}, facts: []requirement{{fact: FactForeignWrites}}},
	{Kind: SurfaceValidate, Title: "Surface test", Surface: true, Moves: true,
		facts: []requirement{{FactForeignWrites, ifWritten}, {FactWritten, ifCounted}}},
	{Kind: FinalCheck, Title: "Final check", Place: AtEnd, Time: StageTime{0.25, 20},
		facts: []requirement{{fact: FactIdentity}, {FactHealth, ifAsked}, {FactSelfTestLog, ifSelfTests}}},
}

// Kinds gives the table of stage kinds, in the order in which the built-in plans have them.
func Kinds() []KindRow { return slices.Clone(kinds) }

// Row is the kind's row of the table; that of a kind that there is not is zero.
func (k StageKind) Row() KindRow {
	for _, r := range kinds {
		if r.Kind == k {
			return r
		}
	}
	return KindRow{}
}

// Whole reports whether such a stage goes over the whole drive, or has the drive do so.
func (r KindRow) Whole() bool { return r.Surface || r.Time.whole() }

// Known reports whether there is such a kind.
func (k StageKind) Known() bool { return k.Row().Kind == k && k != "" }

// LogName is the name of a log of a job, without its .log.
type LogName string

// The logs: of the stages, of an undo, and what the runner itself says.
const (
	LogPrecheck        LogName = LogName(Precheck)
	LogShortSMART      LogName = LogName(ShortSMART)
	LogLongSMART       LogName = LogName(LongSMART)
	LogCapacityProbe   LogName = LogName(CapacityProbe)
	LogSurfaceValidate LogName = LogName(SurfaceValidate)
	LogFinalCheck      LogName = LogName(FinalCheck)
	LogUndo            LogName = "undo"
	LogRunner          LogName = "runner"
)

// File is the name of its file in the job's directory.
func (l LogName) File() string { return string(l) + ".log" }

// Known reports whether a job may have such a log.
func (l LogName) Known() bool { return l == LogUndo || l == LogRunner || StageKind(l).Known() }

// Log is the name of the log of such stages.
func (k StageKind) Log() LogName { return LogName(k) }

// InSentence is the kind's title in the midst of a sentence: "the short self-test".
func (k StageKind) InSentence() string { return "the " + strings.ToLower(k.Row().Title) }

// SMART reports whether the stage needs the drive's own health data.
func (k StageKind) SMART() bool { return k.Row().SelfTest != "" }

// Surface reports whether an engine goes over the whole drive.
func (k StageKind) Surface() bool { return k.Row().Surface }

// mayBeSkipped says for which reasons a stage may be left out of a job that passes.
func (k StageKind) mayBeSkipped(why reason.Code) bool {
	return slices.Contains(k.Row().SkippedFor, why)
}

// requires lists the facts without which a stage is no evidence.
func (j *Job) requires(i int) []string {
	spec := j.Spec.Stages[i]
	var all []string
	for _, r := range spec.Kind.Row().facts {
		is := true
		switch r.of {
		case always:
		case ifWritten:
			is = spec.Destroys()
		case ifCounted:
			is = spec.Engine.Row().Counted
		case ifAsked:
			is = j.Spec.NeedsSMART() && !j.Spec.ByTrueNAS()
		case ifSelfTests:
			is = j.Spec.NeedsSMART() &&
				slices.ContainsFunc(j.Stages, func(s Stage) bool { return s.SelfTest != nil })
		}
		if is {
			all = append(all, r.fact)
		}
	}
	return all
}
