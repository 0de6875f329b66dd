package burnin

import (
	"encoding/json"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/surface"
)

// Format is the version of the journal that this code writes. A journal says in its head which Format a reader must
// know at least; it grows only when old readers would misread.
const (
	Format    = 1
	MinReader = 1
)

// EventKind names what a journal line says.
type EventKind string

// The kinds of events, in the order in which a run tells them.
const (
	EvHead     EventKind = "head"     // first line of every run
	EvHeld     EventKind = "held"     // the drive is held, identity and usage were proven under the hold
	EvQueued   EventKind = "queued"   // waits for a slot
	EvRunning  EventKind = "running"  // the plan goes on
	EvStage    EventKind = "stage"    // a stage changes its state
	EvProgress EventKind = "progress" // bytes moved, or the drive's own word on a self-test
	EvBad      EventKind = "bad"      // bad ranges
	EvFact     EventKind = "fact"     // a piece of evidence, for or against
	EvWarning  EventKind = "warning"  // said beside the verdict
	EvWrites   EventKind = "writes"   // the first destructive act comes next
	EvWiped    EventKind = "wiped"    // it is done: the drive's ends and those of its partitions are zeroed
	// EvOverwrites says that an engine writes to the rest of the drive from here on; nothing brings that back.
	EvOverwrites EventKind = "overwrites"
	EvMap        EventKind = "map" // how fast a part of the drive is
	// EvCheckpoint says from where a surface stage can go on; what lies before it was flushed.
	EvCheckpoint EventKind = "checkpoint"
	EvHealed     EventKind = "healed" // what was bad and then good, told where no checkpoint does
	EvPause      EventKind = "pause"  // a stage waits for something that goes by, or goes on
	// a stage found its drive gone; why, and what that says, comes when the stage ends
	EvAway         EventKind = "away"
	EvHealth       EventKind = "health"   // what the drive says of its health, in short
	EvFindings     EventKind = "findings" // the rules that speak of the drive's health
	EvMediumErrors EventKind = "met"      // medium errors that the run met beside what an engine lists
	// the kernel's counts of the drive's paths are switched on for the run, or put back
	EvCounting EventKind = "counting"
	// what TrueNAS's middleware was asked for, and began; for whoever goes on with the job
	EvMiddleware EventKind = "middleware"
	EvEnd        EventKind = "end" // last line of a run that ended by itself
	// The rest stands in a journal of its own, since by then the job has ended: what the first destructive act erased
	// is back; it is in the undo kit of a later job; a later job has written over it.
	EvRestored EventKind = "restored"
	EvTaken    EventKind = "taken"
	EvLost     EventKind = "lost"
)

// Event is one line of a journal.
type Event struct {
	Seq    int64  `json:"seq"`  // 1, 2, 3 within its run
	WallMs int64  `json:"t"`    // the NAS's wall clock, unix milliseconds
	BootMs int64  `json:"bt"`   // milliseconds since the NAS started, sleep included
	Boot   string `json:"boot"` // the kernel's boot id
	// Link stands for all lines before this one, see package wire; empty in journals of before there were links.
	Link string          `json:"link,omitempty"`
	Kind EventKind       `json:"kind"`
	Data json.RawMessage `json:"data,omitempty"`
}

// NAS is how a NAS is known beside its host key.
type NAS struct {
	MachineID string `json:"machine_id"`
	Hostname  string `json:"hostname"`
}

// Head opens a run's journal.
type Head struct {
	Format    int            `json:"format"`
	MinReader int            `json:"min_reader"`
	Runner    string         `json:"runner"` // version of the runner
	Job       string         `json:"job"`
	Run       int            `json:"run"`
	CreatedMs int64          `json:"created_ms"` // when the job was asked for
	NAS       NAS            `json:"nas"`
	Drive     drive.Identity `json:"drive"`
	Usage     drive.Class    `json:"usage"`
	Grant     *drive.Grant   `json:"grant,omitempty"` // what a person allowed; nil for a drive that was free
	Plan      Plan           `json:"plan"`
	PID       int            `json:"pid"`
	Previous  *Ending        `json:"previous,omitempty"` // how the run before this one ended
}

// Ending is how a run ended, as seen by whoever came after it.
type Ending struct {
	How  HowEnded     `json:"how"`
	Said *reason.Said `json:"said,omitempty"`
	AtMs int64        `json:"at_ms,omitempty"`
}

// Held says what was found under the hold.
type Held struct {
	Path  string         `json:"path"`
	Drive drive.Identity `json:"drive"`
	Usage drive.Usage    `json:"usage"`
	Place *drive.Place   `json:"place,omitempty"` // where it hangs, as this run found it
}

// FirstAct says what of the drive was saved before its ends are zeroed, in bytes.
type FirstAct struct {
	SavedBytes int64 `json:"saved_bytes"` // 0 where there was nothing but blank and old stamps
	LostBytes  int64 `json:"lost_bytes"`  // could not be read

	ErasedBytes int64 `json:"erased_bytes,omitempty"` // of the ends; 0 in journals of before it was told
	// After names the jobs that had begun to erase the drive before this one: no clock orders them, they were there.
	// Took are those of them whose undo kits this one's holds too.
	After []string `json:"after,omitempty"`
	Took  []string `json:"took,omitempty"`
}

// Wiped says what claims of before the first destructive act are left: copies of labels amid the drive, a pool that
// lists the drive still.
type Wiped struct {
	Rest    drive.Grant `json:"rest"`
	GraceMs int64       `json:"grace_ms,omitempty"` // for so long nothing else is written, and all can be brought back
}

// Restored says what an undo has put back, in bytes.
type Restored struct {
	RestoredBytes int64  `json:"restored_bytes"`
	LostBytes     int64  `json:"lost_bytes"` // could not be read when they were saved, and are zeros
	By            string `json:"by,omitempty"`
}

// ByJob names the later job of taken and lost.
type ByJob struct {
	Job string `json:"job"`
}

// QueuedData says what a job waits for.
type QueuedData struct {
	Slots int    `json:"slots"`
	Pool  string `json:"pool,omitempty"` // whose other drives are read by a job, one at a time
}

// StageChange moves one stage.
type StageChange struct {
	Stage  int          `json:"stage"` // index in the plan
	Kind   StageKind    `json:"kind"`
	State  State        `json:"state"`
	Reason *reason.Said `json:"reason,omitempty"`
	Totals *Totals      `json:"totals,omitempty"` // when a surface stage ends
	// Resumed says that the stage goes on where an earlier run was broken off.
	Resumed *Resumed `json:"resumed,omitempty"`
	Temps   *Temps   `json:"temps,omitempty"` // when a stage ends
	// SelfTest is the row of the drive's log that a self-test stage ended with.
	SelfTest *smart.SelfTestRow `json:"self_test,omitempty"`
	PausedMs int64              `json:"paused_ms,omitempty"` // when a stage ends: the pauses that no line told
}

// Temps is how warm the drive was during a stage, in °C.
type Temps struct {
	Min     int `json:"min"`
	Avg     int `json:"avg"`
	Max     int `json:"max"`
	Limit   int `json:"limit"`
	Samples int `json:"samples"`
}

// Totals is what a surface stage did, in bytes and milliseconds.
type Totals struct {
	Written   int64 `json:"written"`   // over all sweeps
	Verified  int64 `json:"verified"`  // over all sweeps, read and (where stamped) compared
	Covered   int64 `json:"covered"`   // distinct bytes of the drive that were checked
	Zero      int64 `json:"zero"`      // of those read, zeros (read engine)
	ActiveMs  int64 `json:"active_ms"` // I/O without gates and pauses
	Complete  bool  `json:"complete"`  // each sweep went over every byte of the drive
	Transient int64 `json:"transient"` // errors that healed on re-reading

	EndedEarly  surface.Early `json:"ended_early,omitempty"`  // the limit that ended it
	Unread      *surface.Span `json:"unread,omitempty"`       // ended early: what the last sweep did not finish
	AnswersFrom *int64        `json:"answers_from,omitempty"` // ended early: an LBA beyond that could be read
}

// Progress is one sample.
type Progress struct {
	Stage int `json:"stage"`
	// write, verify, read, probe, seek, selftest, or the pattern of badblocks and its half
	Phase    Phase `json:"phase,omitempty"`
	Pass     int   `json:"pass,omitempty"`
	Done     int64 `json:"done"` // bytes over all sweeps, or percent of a self-test
	Total    int64 `json:"total"`
	Written  int64 `json:"written,omitempty"`
	Verified int64 `json:"verified,omitempty"`
	Covered  int64 `json:"covered,omitempty"`
	ActiveMs int64 `json:"active_ms,omitempty"`
	TempC    *int  `json:"temp_c,omitempty"`

	Meters []Meter `json:"meters,omitempty"` // badblocks
	// the share of a seek pass that is done; Done and Total are those of the sweeps
	Seek float64 `json:"seek,omitempty"`

	// Paused and PausedMs are of the newest progress alone, beside the journal: what the stage waits for now, and how
	// long it has waited, where no line says so.
	Paused   *Paused `json:"paused,omitempty"`
	PausedMs int64   `json:"paused_ms,omitempty"`
}

// Meter is how far one pattern of badblocks is, in bytes of the drive, its two halves apart.
type Meter struct {
	Pattern string `json:"pattern"`
	Write   int64  `json:"write"`
	Verify  int64  `json:"verify"`
}

// Pause says that a stage waits, and that it goes on. The first pauses of a stage are lines; see StageChange.PausedMs.
type Pause struct {
	Stage  int    `json:"stage"`
	On     bool   `json:"on"`
	Why    string `json:"why"` // too_hot
	TempC  int    `json:"temp_c"`
	LimitC int    `json:"limit_c"`
}

// Away is the stage that found its drive gone.
type Away struct {
	Stage int `json:"stage"`
}

// Bad lists new bad ranges of a stage, in logical sectors.
type Bad struct {
	Stage  int             `json:"stage"`
	Ranges []surface.Range `json:"ranges"`
}

// MediumErrors counts requests that the drive answered with a medium error and that no engine judges: looks at labels
// and samples, the undo kit, what empties caches, what keeps a drive awake.
type MediumErrors struct {
	Stage     int `json:"stage"`
	Unwritten int `json:"unwritten,omitempty"` // reads of what the job had not written yet: the drive may have come so
	Written   int `json:"written,omitempty"`
}

// Fact is one piece of evidence.
type Fact struct {
	Stage  int    `json:"stage"`
	ID     string `json:"id"`
	OK     bool   `json:"ok"`
	Value  string `json:"value"`
	Source string `json:"source"`
	Beside bool   `json:"beside,omitempty"` // told, but a pass does not depend on it
	Figures
}

// HealthData is what the drive said of its health at one moment. The first of a job is what all later ones are
// compared with.
type HealthData struct {
	Stage  int          `json:"stage"`
	Health smart.Health `json:"health"` // brief
}

// FindingsData lists what the rules say of the drive so far. A rule that spoke of an item before is replaced, but never
// softened.
type FindingsData struct {
	Stage    int             `json:"stage"`
	Findings []smart.Finding `json:"findings"`
}

// Counting says of which paths the kernel counted nothing. Before it is switched on it is told how it was; Back says
// that it is put back to that.
type Counting struct {
	Paths []Counter `json:"paths"`
	Back  bool      `json:"back,omitempty"`
}

// Counter is one path to the drive.
type Counter struct {
	Path string `json:"path"` // for people
	Disk string `json:"disk"` // as the kernel numbers disks since it started
	On   bool   `json:"on"`   // what goes through it is counted
}

// CountingOf gives what an event of this kind says; is is false for any other.
func CountingOf(ev Event) (c Counting, is bool, err error) {
	if ev.Kind != EvCounting {
		return c, false, nil
	}
	return c, true, decode(ev, &c)
}

// Warning is said beside the verdict.
type Warning struct {
	Stage int          `json:"stage"`
	Said  *reason.Said `json:"said"`
}

// End closes a run. Without a totals line for every surface stage and all evidence, Passed is not believed.
type End struct {
	State  State        `json:"state"`
	Reason *reason.Said `json:"reason,omitempty"` // nil only for passed
	// Absent says that a look which could see all drives, on a machine that had had time to find them, saw none like
	// it.
	Absent bool `json:"absent,omitempty"`
}
