package burnin

import (
	"slices"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/surface"
)

// Job is what a job's journals say, as people and programs see it. Times are unix milliseconds of one clock, see Clock,
// 0 where not yet; sizes are bytes.
type Job struct {
	ID            string          `json:"id"`
	NAS           string          `json:"nas"` // the profile's name; filled by the desktop
	Plan          string          `json:"plan"`
	Drive         Drive           `json:"drive"`
	State         State           `json:"state"`
	Reason        *reason.Said    `json:"reason"`
	Warnings      []reason.Said   `json:"warnings"`
	SeenMs        int64           `json:"seen_ms"` // when the NAS was last asked; filled by the desktop
	CreatedMs     int64           `json:"created_ms"`
	EndedMs       int64           `json:"ended_ms"`
	Stages        []Stage         `json:"stages"`
	BytesWritten  int64           `json:"bytes_written"`
	BytesVerified int64           `json:"bytes_verified"`
	BytesCovered  int64           `json:"bytes_covered"`
	Verdict       Verdict         `json:"verdict"`
	Findings      []smart.Finding `json:"findings"`
	Health        *Health         `json:"health"` // nil where the drive was not asked
	Runs          []Run           `json:"runs"`
	Machine       NAS             `json:"machine"`
	// the permission to erase a drive in use; nil for one that was free
	Grant  *drive.Grant `json:"grant,omitempty"`
	Erased *Erased      `json:"erased,omitempty"` // nil where it has erased nothing yet
	Spec   Plan         `json:"-"`

	// Vanished is how often the drive vanished while a stage was at work; Absent how many of the newest runs, one after
	// the other, were to go on after that and found it absent. AwayMs is when a run last found it gone.
	Vanished int   `json:"-"`
	Absent   int   `json:"-"`
	AwayMs   int64 `json:"-"`
	// EndedWallMs is when its last run told its end, and AwayMs too, by the wall clock of the NAS as it was then: for
	// what is compared with that clock, or with other jobs of the same NAS.
	EndedWallMs  int64  `json:"-"`
	endedBoot    string // when that was since the machine started
	endedBootMs  int64
	MediumErrors MediumErrors `json:"-"` // over all stages
	TempC        *int         `json:"-"` // of the live figures, nil where they do not tell
	stopping     bool         // a person stopped the newest run, and the drive lets it wait

	Identity drive.Identity `json:"-"`
}

// Health is what the drive said of itself, first and last, and both side by side.
type Health struct {
	Before smart.Health `json:"before"`
	After  smart.Health `json:"after"`
	Rows   []smart.Row  `json:"rows"`
}

// Drive is the tested drive as the job's journal names it.
type Drive struct {
	ID        string  `json:"id"`
	Serial    *string `json:"serial"`
	WWN       *string `json:"wwn"`
	Model     string  `json:"model"`
	SizeBytes int64   `json:"size_bytes"`
	Path      string  `json:"path"` // where the newest run held it; of one that has not yet, the run before
	Logical   int     `json:"logical"`
	Physical  int     `json:"physical"`

	Place *drive.Place `json:"place,omitempty"` // in the newest run: link, write cache, controller
}

// DriveOf shows an identity.
func DriveOf(id drive.Identity, path string) Drive {
	d := Drive{ID: id.ID(), Model: id.Model, SizeBytes: id.SizeBytes, Path: path, Logical: id.LogicalBytes,
		Physical: id.PhysicalBytes}
	if id.Serial != "" {
		d.Serial = &id.Serial
	}
	if id.WWN != "" {
		d.WWN = &id.WWN
	}
	return d
}

// Stage is one stage of a job.
type Stage struct {
	Kind          StageKind          `json:"kind"`
	Engine        Engine             `json:"engine,omitempty"`
	State         State              `json:"state"`
	Progress      float64            `json:"progress"` // of the whole stage, 0 to 1; see progress.go
	Phase         Phase              `json:"phase,omitempty"`
	Reason        *reason.Said       `json:"reason"`
	StartedMs     int64              `json:"started_ms"`
	EndedMs       int64              `json:"ended_ms"`
	EndedWallMs   int64              `json:"-"` // by the wall clock of the NAS as it was then
	ActiveMs      int64              `json:"active_ms"`
	BytesWritten  int64              `json:"bytes_written"`
	BytesVerified int64              `json:"bytes_verified"`
	BytesCovered  int64              `json:"bytes_covered"`
	BadRanges     []surface.Range    `json:"bad_ranges"`
	TempC         *Temps             `json:"temp_c"`
	SelfTest      *smart.SelfTestRow `json:"self_test,omitempty"`
	Begun         int                `json:"begun"` // how often the stage was begun; more than 1 after a resume

	// Attempt is the number of the time that the stage was begun from its first byte: what it writes is told by it from
	// what it wrote before.
	Attempt int `json:"-"`

	// Paused is what the stage waits for now, nil if it does not; PausedMs is how long it has waited, that pause left
	// out.
	Paused   *Paused `json:"paused,omitempty"`
	PausedMs int64   `json:"paused_ms,omitempty"`

	// Resumed says where the stage went on after a broken run, nil if it never did.
	Resumed *Resumed `json:"resumed,omitempty"`
	// Meters are those of badblocks, one for each pattern.
	Meters []Meter `json:"meters,omitempty"`
	// EndedEarly is the limit that ended a sweep before its end, Unread what of the drive it did not finish.
	EndedEarly surface.Early `json:"ended_early,omitempty"`
	Unread     *surface.Span `json:"unread,omitempty"`
	// Map is how fast the drive was, by sweep and place.
	Map []Map `json:"map,omitempty"`

	// Checkpoint is where the stage can go on, nil if it has to begin anew. Done is how far it was last, in the same
	// bytes over all sweeps.
	Checkpoint *Checkpoint `json:"-"`
	Done       int64       `json:"-"`
	// Marks are the bytes at which blocks stand that the end of the stage must still find.
	Marks []int64 `json:"-"`
	// Healed is what was bad and then good in all runs of the stage; ZeroBytes what a read scan has met of zeros, as of
	// its last checkpoint.
	Healed    Healed `json:"-"`
	ZeroBytes int64  `json:"-"`

	placeRun int // of the newest line that says where the stage goes on; see Kept
	placeSeq int64

	complete bool
	pass     int // of the newest sample
	facts    []Fact
	warmth   warmth
	// what earlier attempts at this stage moved
	beforeWritten, beforeVerified, beforeActiveMs int64
}

// Run is one life of a runner process for a job.
type Run struct {
	Run       int      `json:"run"`
	BootID    string   `json:"boot_id"`
	PID       int      `json:"pid"`
	StartedMs int64    `json:"started_ms"`
	EndedMs   int64    `json:"ended_ms"`
	HowEnded  HowEnded `json:"how_ended"`
}

// HowEnded says how a run ended.
type HowEnded string

// The ways in which a run ends.
const (
	NotEnded     HowEnded = ""          // it runs
	EndedItself  HowEnded = "ended"     // by its own word
	EndedSilent  HowEnded = "vanished"  // without one
	EndedRestart HowEnded = "restarted" // without one, since the NAS restarted
)

// Current gives the index of the stage that runs, or of the last one begun; -1 before the first.
func (j *Job) Current() int {
	at := -1
	for i, s := range j.Stages {
		if s.State == Running {
			return i
		}
		if s.StartedMs != 0 {
			at = i
		}
	}
	return at
}

// sum adds up what the sweeps moved; what a probe moves here and there is no sweep.
func (j *Job) sum() {
	j.BytesWritten, j.BytesVerified, j.BytesCovered = 0, 0, 0
	for _, s := range j.Stages {
		if !s.Kind.Surface() {
			continue
		}
		j.BytesWritten += s.BytesWritten
		j.BytesVerified += s.BytesVerified
		j.BytesCovered = max(j.BytesCovered, s.BytesCovered)
	}
}

// Stopping reports whether a person stopped the job and it has not ended yet.
func (j *Job) Stopping() bool { return j.stopping && !j.State.Ended() }

// Told gives the job as people are shown it: what a job did not reach is skipped once it has ended, in whichever state.
// Where it is resumed, that comes after all.
func (j Job) Told() Job {
	if !j.State.Ended() {
		return j
	}
	j.Stages = slices.Clone(j.Stages)
	for i := range j.Stages {
		if s := &j.Stages[i]; s.State == Pending {
			s.State, s.Reason = Skipped, reason.New(reason.NeverReached)
		}
	}
	return j
}

// clone copies a job so that its reader and the fold that goes on share nothing that changes.
func (j *Job) clone() Job {
	c := *j
	c.Warnings = slices.Clone(j.Warnings)
	c.Findings = slices.Clone(j.Findings)
	c.Runs = slices.Clone(j.Runs)
	c.Stages = slices.Clone(j.Stages)
	for i := range c.Stages {
		c.Stages[i].BadRanges = append([]surface.Range{}, j.Stages[i].BadRanges...)
		c.Stages[i].facts = slices.Clone(j.Stages[i].facts)
	}
	return c
}

// addRanges puts new bad ranges to a stage's list; sectors that are listed already keep their first entry, so that a
// stage that was begun again lists each sector once.
func (s *Stage) addRanges(add []surface.Range) {
	for _, r := range add {
		s.BadRanges = append(s.BadRanges, without(r, s.BadRanges)...)
	}
	slices.SortFunc(s.BadRanges, func(a, b surface.Range) int {
		switch {
		case a.FirstLBA < b.FirstLBA:
			return -1
		case a.FirstLBA > b.FirstLBA:
			return 1
		}
		return 0
	})
}

// without gives the pieces of r that no range of listed holds.
func without(r surface.Range, listed []surface.Range) []surface.Range {
	left := []surface.Range{r}
	for _, l := range listed {
		var next []surface.Range
		for _, p := range left {
			if l.LastLBA < p.FirstLBA || l.FirstLBA > p.LastLBA {
				next = append(next, p)
				continue
			}
			if p.FirstLBA < l.FirstLBA {
				head := p
				head.LastLBA = l.FirstLBA - 1
				next = append(next, head)
			}
			if p.LastLBA > l.LastLBA {
				tail := p
				tail.FirstLBA = l.LastLBA + 1
				if p.FoundLBA != nil {
					found := *p.FoundLBA + (tail.FirstLBA - p.FirstLBA)
					tail.FoundLBA = &found
				}
				next = append(next, tail)
			}
		}
		left = next
	}
	return left
}
