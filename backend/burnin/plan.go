package burnin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"burnish/backend/smart"
)

// What a self-test stage does about a self-test that runs already.
const (
	AdoptTest   = "adopt" // its result counts, if it is of the stage's kind
	WaitForTest = "wait"  // it may end, then the stage starts its own
)

// Plan is a named, ordered list of stages. It is frozen into a job's journal when the job starts.
type Plan struct {
	Name         string         `json:"name"`
	Text         string         `json:"text,omitempty"`
	Stages       []StageSpec    `json:"stages"`
	WithoutSMART bool           `json:"without_smart,omitempty"` // the SMART stages were dropped knowingly
	Declared     smart.Declared `json:"declared,omitempty"`      // as the person says
}

// StageSpec is one stage of a plan with its options; zero options mean the defaults.
type StageSpec struct {
	Kind          StageKind `json:"kind"`
	Engine        Engine    `json:"engine,omitempty"`
	Passes        int       `json:"passes,omitempty"`
	BlockBytes    int       `json:"block_bytes,omitempty"`
	InFlight      int       `json:"in_flight,omitempty"`
	BadRangeLimit int       `json:"bad_range_limit,omitempty"`
	StuckMinutes  int       `json:"stuck_minutes,omitempty"` // no byte and no self-test progress for so long
	// a part of the drive below this share of its neighbours' speed is told as slow
	SlowPercent int `json:"slow_percent,omitempty"`
	SeekMinutes int `json:"seek_minutes,omitempty"` // after the sweeps: how long the drive's arm is worked
	// the stage waits for the drive to cool from here on; 0 is the drive's own limit
	MaxTempC   int `json:"max_temp_c,omitempty"`
	HotMinutes int `json:"hot_minutes,omitempty"` // how long it may wait before it is given up
	// badblocks: how much is gone over at once, and lost by a restart
	WindowMiB   int    `json:"window_mib,omitempty"`
	RunningTest string `json:"running_test,omitempty"` // a self-test that runs already: adopt (the default) or wait
}

// Plans gives the built-in plans, the gentlest first.
func Plans() []Plan {
	return []Plan{
		{Name: "quick", Text: "Health data and the drive's short self-test. The surface is not tested.",
			Stages: []StageSpec{
				{Kind: Precheck}, {Kind: ShortSMART}, {Kind: FinalCheck}}},
		{Name: "read-only", Text: "Self-tests and every sector read once. Nothing is written.", Stages: []StageSpec{
			{Kind: Precheck}, {Kind: ShortSMART}, {Kind: LongSMART}, {Kind: SurfaceValidate, Engine: EngineRead},
			{Kind: FinalCheck}}},
		{Name: "standard", Text: "Every sector written with a stamp of its own and read back, and the drive's " +
			"self-tests. Erases the drive.", Stages: []StageSpec{
			{Kind: Precheck}, {Kind: ShortSMART}, {Kind: CapacityProbe}, {Kind: SurfaceValidate, Engine: EngineStamp,
				Passes: 1}, {Kind: LongSMART}, {Kind: FinalCheck}}},
		{Name: "classic", Text: "badblocks with four patterns, and the drive's self-tests. Erases the drive.",
			Stages: []StageSpec{
				{Kind: Precheck}, {Kind: ShortSMART}, {Kind: LongSMART}, {Kind: SurfaceValidate,
					Engine: EngineBadblocks}, {Kind: FinalCheck}}},
		{Name: "extended", Text: "As standard, with three stamped passes and an hour of seeks. Erases the drive.",
			Stages: []StageSpec{
				{Kind: Precheck}, {Kind: ShortSMART}, {Kind: CapacityProbe}, {Kind: SurfaceValidate,
					Engine: EngineStamp, Passes: 3, SeekMinutes: 60}, {Kind: LongSMART}, {Kind: FinalCheck}}},
		{Name: "truenas", Text: "For a TrueNAS login without root: self-tests and a wipe by TrueNAS itself, counted " +
			"by the kernel. Nothing is read back. Erases the drive.",
			Stages: []StageSpec{
				{Kind: Precheck}, {Kind: ShortSMART}, {Kind: LongSMART}, {Kind: SurfaceValidate, Engine: EngineWipe},
				{Kind: FinalCheck}}},
	}
}

// Title is the plan's name as people write it. What a person called a plan of their own stays as it is, but for its
// first letter.
func (p Plan) Title() string {
	switch p.Name {
	case "truenas":
		return "TrueNAS"
	case "":
		return ""
	}
	first, size := utf8.DecodeRuneInString(p.Name)
	return string(unicode.ToUpper(first)) + p.Name[size:]
}

// PlanNamed finds a built-in plan.
func PlanNamed(name string) (Plan, bool) {
	for _, p := range Plans() {
		if p.Name == name {
			return p, true
		}
	}
	return Plan{}, false
}

// ParsePlan reads a plan that a person wrote. It refuses fields it does not know, so that a typing mistake cannot
// quietly become a default.
func ParsePlan(data []byte) (Plan, error) {
	var p Plan
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return Plan{}, fmt.Errorf("plan is not right: %w", err)
	}
	if dec.More() {
		return Plan{}, errors.New("plan is not right: more than one JSON value")
	}
	return p, p.Check()
}

// maxStages bounds a plan.
const maxStages = 32

// Check says what is wrong with a plan, if anything.
func (p Plan) Check() error {
	if p.Name == "" || len(p.Name) > 64 {
		return errors.New("a plan needs a name of at most 64 bytes")
	}
	if len(p.Stages) < 2 || len(p.Stages) > maxStages {
		return fmt.Errorf("a plan has 2 to %d stages, this one has %d", maxStages, len(p.Stages))
	}
	if p.Stages[0].Kind.Row().Place != AtBegin || p.Stages[len(p.Stages)-1].Kind.Row().Place != AtEnd {
		return errors.New("a plan begins with precheck and ends with final_check")
	}
	if !slices.Contains([]smart.Declared{"", smart.DeclaredNew, smart.DeclaredUsed, smart.DeclaredUnknown},
		p.Declared) {
		return fmt.Errorf("declared is new, used or unknown, not %q", p.Declared)
	}
	if p.ByTrueNAS() {
		if err := p.checkTrueNAS(); err != nil {
			return err
		}
	}
	for i, s := range p.Stages {
		if err := s.check(); err != nil {
			return fmt.Errorf("stage %d: %w", i+1, err)
		}
		if i > 0 && i < len(p.Stages)-1 && s.Kind.Row().Place != Between {
			return fmt.Errorf("stage %d: %s stands only at the beginning or the end", i+1, s.Kind)
		}
	}
	return nil
}

func (s StageSpec) check() error {
	tests := []string{AdoptTest, WaitForTest}
	switch row := s.Kind.Row(); {
	case !s.Kind.Known():
		return fmt.Errorf("there is no stage %q", s.Kind)
	case row.Surface && !s.Engine.Known():
		return noEngine(s.Kind, s.Engine)
	case !row.Surface && (s.Engine != "" || s.Passes != 0):
		return fmt.Errorf("%s takes no engine and no passes", s.Kind)
	case !row.Surface && s.RunningTest != "" && (row.SelfTest == "" || !slices.Contains(tests, s.RunningTest)):
		return fmt.Errorf("running_test is %s or %s, on a self-test stage, not %q", AdoptTest, WaitForTest,
			s.RunningTest)
	}
	within := func(name string, v, lo, hi int) error {
		if v != 0 && (v < lo || v > hi) {
			return fmt.Errorf("%s is %d to %d, not %d", name, lo, hi, v)
		}
		return nil
	}
	if s.BlockBytes%4096 != 0 {
		return fmt.Errorf("block_bytes is a multiple of 4096, not %d", s.BlockBytes)
	}
	return errors.Join(
		within("passes", s.Passes, 1, 16),
		within("block_bytes", s.BlockBytes, 4096, 4<<20),
		within("in_flight", s.InFlight, 1, 32),
		within("bad_range_limit", s.BadRangeLimit, 1, 4096),
		within("slow_percent", s.SlowPercent, 1, 99),
		within("seek_minutes", s.SeekMinutes, 1, 7*24*60),
		within("max_temp_c", s.MaxTempC, 25, 100),
		within("hot_minutes", s.HotMinutes, 1, 7*24*60),
		within("window_mib", s.WindowMiB, 16, 1<<20),
		within("stuck_minutes", s.StuckMinutes, 1, 7*24*60))
}

// Destroys reports whether the plan writes to the drive.
func (p Plan) Destroys() bool {
	return slices.ContainsFunc(p.Stages, StageSpec.Destroys)
}

// ByTrueNAS reports whether TrueNAS's middleware does the plan, for a login that cannot become root.
func (p Plan) ByTrueNAS() bool {
	return slices.ContainsFunc(p.Stages, func(s StageSpec) bool { return s.Engine.Row().ByTrueNAS })
}

// checkTrueNAS says what TrueNAS's middleware does not do: anything but self-tests and one wipe.
func (p Plan) checkTrueNAS() error {
	wipes := 0
	for _, s := range p.Stages {
		switch row := s.Kind.Row(); {
		case row.Surface && s.Engine == EngineWipe:
			wipes++
		case row.Surface, row.Writes:
			return fmt.Errorf("in a plan with the engine %s there is no other work on the surface", EngineWipe)
		}
	}
	if wipes != 1 {
		return fmt.Errorf("a plan has the engine %s once, not %d times", EngineWipe, wipes)
	}
	return nil
}

// NeedsSMART reports whether any stage that will run needs the drive's own health data.
func (p Plan) NeedsSMART() bool {
	return !p.WithoutSMART && slices.ContainsFunc(p.Stages, func(s StageSpec) bool { return s.Kind.SMART() })
}

// Skips reports whether the stage is left out by the plan's own word.
func (p Plan) Skips(i int) bool { return p.WithoutSMART && p.Stages[i].Kind.SMART() }
