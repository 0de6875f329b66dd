package desk

import (
	"encoding/json"

	"burnish/backend/burnin"
	"burnish/backend/credentials"
	"burnish/backend/drive"
	"burnish/backend/reason"
)

// List is a list that is an empty one in JSON where it is nil, and never null.
//
//contract:json T[]
type List[T any] []T

// MarshalJSON writes a JSON array.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(l))
}

// Snapshot is all that the page shows without asking further.
type Snapshot struct {
	Seq       int64          `json:"seq"`
	NowMs     int64          `json:"now_ms"`
	Version   string         `json:"version"`
	Practice  bool           `json:"practice"`
	Temporary bool           `json:"temporary"` // what is saved here is not found again by the next window
	NAS       List[NAS]      `json:"nas"`
	Drives    List[Drive]    `json:"drives"`
	Jobs      List[Job]      `json:"jobs"`
	Plans     List[Plan]     `json:"plans"`
	Words     Words          `json:"words"`
	Questions List[Question] `json:"questions"`
}

// Delta is what changed: whole rows to put in place of those with the same id, and names of rows that are gone.
type Delta struct {
	Seq       int64          `json:"seq"`
	NowMs     int64          `json:"now_ms"`
	NAS       List[NAS]      `json:"nas"`
	Drives    List[Drive]    `json:"drives"`
	Jobs      List[Job]      `json:"jobs"`
	Questions List[Question] `json:"questions"`
	Gone      List[string]   `json:"gone"` // nas:ID, drive:KEY, job:ID, question:ID
}

// Phase says how the connection to a NAS stands.
type Phase string

// The phases of a NAS.
const (
	Idle       Phase = "idle" // nothing is to be followed there
	Connecting Phase = "connecting"
	Connected  Phase = "connected"
	Lost       Phase = "lost"    // it is tried again at next_ms, if that is not 0
	Refused    Phase = "refused" // only a person can help
)

// NAS is a saved connection and how it stands.
type NAS struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Host       string       `json:"host"`
	User       string       `json:"user"`
	Port       int          `json:"port"`
	Practice   bool         `json:"practice"`
	Phase      Phase        `json:"phase"`
	SinceMs    int64        `json:"since_ms"`
	NextMs     int64        `json:"next_ms"`
	Reason     *reason.Said `json:"reason"`
	Platform   string       `json:"platform"` // what it calls its system; empty before the first login
	Hostname   string       `json:"hostname"`
	SurveyedMs int64        `json:"surveyed_ms"`
	Surveying  bool         `json:"surveying"`
	Slots      int          `json:"slots"`
	KeepDays   int          `json:"keep_days"` // 0: until it is cleaned
	AutoResume bool         `json:"auto_resume"`
	LiveJobs   int          `json:"live_jobs"`
}

// Locking says what it takes before a plan that erases may start on a drive.
type Locking string

// The ways in which a drive is locked.
const (
	LockNone    Locking = "open"
	LockPhrase  Locking = "phrase"   // a phrase has to be typed
	LockInUse   Locking = "in_use"   // until what uses the drive has let go of it
	LockForGood Locking = "for_good" // whatever is typed
)

// Drive is a drive as it was when the NAS was last surveyed.
type Drive struct {
	Key    string  `json:"key"`
	NAS    string  `json:"nas"`
	ID     string  `json:"id"`
	Serial *string `json:"serial"`
	WWN    *string `json:"wwn"`
	Model  string  `json:"model"`
	// how it stores; missing where only its job tells of it, and that cannot be read
	Kind        drive.Kind `json:"kind,omitempty"`
	SizeBytes   int64      `json:"size_bytes"`
	HiddenBytes int64      `json:"hidden_bytes"` // that it has and does not show
	Path        string     `json:"path"`
	Bay         string     `json:"bay"`
	Transport   string     `json:"transport"`
	TempC       *int       `json:"temp_c"`
	SMART       *bool      `json:"smart"`      // whether it answers SMART requests; null where nobody could ask
	Passed      *bool      `json:"passed"`     // the drive's own word on its health; null where it gives none
	SMARTSaid   string     `json:"smart_said"` // what smartctl complained of; may be empty
	SMARTOff    bool       `json:"smart_off"`  // it is there, and switched off
	// the device type that was given to smartctl; empty where it found one itself
	SMARTType  string           `json:"smart_type"`
	UsageClass drive.Class      `json:"usage_class"`
	UsageText  string           `json:"usage_text"`
	Parts      List[string]     `json:"parts"` // of the text, the first says what holds it; may be empty
	PhraseKind drive.PhraseKind `json:"phrase_kind"`
	// what has to be typed to unlock it; empty where nothing does, or it cannot be shown
	Phrase        string    `json:"phrase"`
	WayOut        string    `json:"way_out"`
	Why           List[Why] `json:"why"`
	ReadOK        bool      `json:"read_ok"`
	DestructiveOK bool      `json:"destructive_ok"`
	Locking       Locking   `json:"locking"`
	Rootless      bool      `json:"rootless"` // told to a login without root: only plans that TrueNAS does run on it
	// it was not there when the NAS was last looked at; a job of it has not ended well
	Missing bool   `json:"missing"`
	Job     string `json:"job"`
	Grant   *Grant `json:"grant"`
}

// Why is one layer's answer on what uses a drive.
type Why struct {
	Layer  drive.Layer `json:"layer"`
	Answer string      `json:"answer"`
	Sure   bool        `json:"sure"`
}

// Grant is a permission that has not been spent.
type Grant struct {
	ID        string `json:"id"`
	Drive     string `json:"drive"`
	Usage     string `json:"usage"`
	ExpiresMs int64  `json:"expires_ms"`
}

// Job is a job as one row.
type Job struct {
	ID            string           `json:"id"`
	NAS           string           `json:"nas"`
	NASName       string           `json:"nas_name"`
	DriveKey      string           `json:"drive_key"`
	DriveID       string           `json:"drive_id"`
	DriveKind     drive.Kind       `json:"drive_kind,omitempty"` // missing where the job cannot be read
	DrivePath     string           `json:"drive_path"`           // when its newest run began
	Serial        string           `json:"serial"`
	Model         string           `json:"model"`
	SizeBytes     int64            `json:"size_bytes"`
	Plan          string           `json:"plan"`
	Destroys      bool             `json:"destroys"`
	State         burnin.State     `json:"state"`
	Reason        *reason.Said     `json:"reason"`
	Warnings      int              `json:"warnings"`
	Coverage      burnin.Coverage  `json:"coverage"`
	Stages        List[Segment]    `json:"stages"`
	Stage         burnin.StageKind `json:"stage,omitempty"` // the one that runs, else the last; missing before the first
	Phase         burnin.Phase     `json:"phase,omitempty"`
	StageProgress float64          `json:"stage_progress"`
	Progress      float64          `json:"progress"`
	BPS           *float64         `json:"bps"`
	MeanBPS       *float64         `json:"mean_bps"`
	TempC         *int             `json:"temp_c"`
	LeftMs        *int64           `json:"left_ms"`
	StageLeftMs   *int64           `json:"stage_left_ms"`
	CreatedMs     int64            `json:"created_ms"`
	StartedMs     int64            `json:"started_ms"`
	EndedMs       int64            `json:"ended_ms"`
	SeenMs        int64            `json:"seen_ms"`
	Paused        *reason.Said     `json:"paused"`
	Stopping      *reason.Said     `json:"stopping"` // a person stopped it and it has not ended yet
	CanStop       bool             `json:"can_stop"`
	CanResume     bool             `json:"can_resume"`
	CanUndo       bool             `json:"can_undo"` // stopped first where it has not ended
	// what was erased before the sweeps, and the way back, in words; empty for nothing
	Erased     string         `json:"erased"`
	Undo       burnin.WayBack `json:"undo,omitempty"`
	BadSectors int64          `json:"bad_sectors"`
	BytesMoved int64          `json:"bytes_moved"` // written and read back, over all sweeps
}

// Segment is a stage of a job's bar. Weights are parts of 1, after the time that the stage is thought to take.
type Segment struct {
	Kind     burnin.StageKind `json:"kind"`
	State    burnin.State     `json:"state"`
	Weight   float64          `json:"weight"`
	Progress float64          `json:"progress"`
}

// JobWhole is a job with all that is known of it. Full is as `burnish show --json` prints it, with the hints
// for the window.
type JobWhole struct {
	Job  Job        `json:"job"`
	Full burnin.Job `json:"full"`
}

// Point is one sample of a job's journal. A speed is null where it cannot be told.
type Point struct {
	TMs       int64        `json:"t_ms"`
	BytesDone int64        `json:"bytes_done"`
	BPS       *float64     `json:"bps"`
	TempC     *int         `json:"temp_c"`
	Phase     burnin.Phase `json:"phase,omitempty"`
}

// Series is how a job went.
type Series struct {
	Job    string      `json:"job"`
	Points List[Point] `json:"points"`
}

// LogChunk is a piece of a log, by bytes of the file.
type LogChunk struct {
	Text string `json:"text"`
	From int64  `json:"from"`
	Next int64  `json:"next"`
	Size int64  `json:"size"`
}

// Plan is a plan that can be started.
type Plan struct {
	Name     string          `json:"name"`
	Title    string          `json:"title"` // the name as people write it
	Text     string          `json:"text"`
	Destroys bool            `json:"destroys"`
	Rootless bool            `json:"rootless"` // TrueNAS does it, for a login without root, and for no other
	Stages   List[PlanStage] `json:"stages"`
	Builtin  bool            `json:"builtin"`
}

// PlanStage is one stage of a plan.
type PlanStage struct {
	Kind   burnin.StageKind `json:"kind"`
	Engine burnin.Engine    `json:"engine,omitempty"` // of a surface stage
	Passes int              `json:"passes"`
}

// Question is what a login asks a person.
type Question struct {
	ID    string            `json:"id"`
	NAS   string            `json:"nas"`
	About credentials.About `json:"about"`
	Text  string            `json:"text"`
	Echo  bool              `json:"echo"`
	Again bool              `json:"again"`
}

// Steps are how far adding or testing a NAS has got.
type Steps struct {
	NAS   string     `json:"nas"` // empty for one that is being added
	Steps List[Step] `json:"steps"`
}

// StepID names a step.
type StepID string

// The steps of adding or testing a NAS, in their order.
const (
	StepConnect StepID = "connect"
	StepLogin   StepID = "login"
	StepRights  StepID = "rights"
	StepSave    StepID = "save"
	StepRunner  StepID = "runner"
	StepDrives  StepID = "drives"
)

// StepState says how far a step is.
type StepState string

// The states of a step.
const (
	StepWaits   StepState = "waits"
	StepRunning StepState = "running"
	StepPassed  StepState = "passed"
	StepFailed  StepState = "failed"
	StepSkipped StepState = "skipped" // one before it failed
)

// Step is one step of adding or testing a NAS.
type Step struct {
	ID    StepID       `json:"id"`
	State StepState    `json:"state"`
	Title string       `json:"title"`
	Text  string       `json:"text"`
	Said  *reason.Said `json:"said"`
}

// plans shows the built-in plans.
func plans() []Plan {
	var all []Plan
	for _, p := range burnin.Plans() {
		row := Plan{Name: p.Name, Title: p.Title(), Text: p.Text, Destroys: p.Destroys(), Rootless: p.ByTrueNAS(),
			Builtin: true}
		for _, s := range p.Stages {
			row.Stages = append(row.Stages, PlanStage{Kind: s.Kind, Engine: s.Engine, Passes: s.Passes})
		}
		all = append(all, row)
	}
	return all
}
