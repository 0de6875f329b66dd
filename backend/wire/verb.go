package wire

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
)

// Verb is what burnish-runner is asked to do.
type Verb string

// The verbs. run is started by start and resume, never over SSH.
const (
	VerbVersion   Verb = "version"
	VerbInventory Verb = "inventory"
	VerbStart     Verb = "start"
	VerbStartAll  Verb = "startall"
	VerbRun       Verb = "run"
	VerbFollow    Verb = "follow"
	VerbList      Verb = "list"
	VerbRead      Verb = "read"
	VerbStop      Verb = "stop"
	VerbResume    Verb = "resume"
	VerbUndo      Verb = "undo"
	VerbClean     Verb = "clean"
	VerbSlots     Verb = "slots"
)

// VersionReply says what runs where. It needs no root.
type VersionReply struct {
	Protocol  int    `json:"protocol"`
	Version   string `json:"version"`
	OS        string `json:"os"`
	Arch      string `json:"arch"`
	UID       int    `json:"uid"`
	MachineID string `json:"machine_id"`
	Hostname  string `json:"hostname"`
	BootID    string `json:"boot_id"`
	BootedMs  int64  `json:"booted_ms"`
	NowMs     int64  `json:"now_ms"`
}

// InventoryRequest asks for all drives: a drive frame each, then end. It needs root.
type InventoryRequest struct {
	VirtualDrives bool `json:"virtual_drives"` // loop, nbd and virtio devices count as drives
	// SMARTTypes are smartctl's device types (-d) of drives of which it does not find the right one, by DriveRow.Key.
	SMARTTypes map[string]string `json:"smart_types,omitempty"`
	// TryTypes are drives, by DriveRow.Key, of which smartctl finds none: the usual ones are tried, and nothing is
	// written.
	TryTypes []string `json:"try_types,omitempty"`
}

// DriveRow is one drive of an inventory.
type DriveRow struct {
	Identity drive.Identity `json:"identity"`
	Path     string         `json:"path"`
	TempC    *int           `json:"temp_c"`
	Usage    drive.Usage    `json:"usage"`
	SMART    *bool          `json:"smart,omitempty"` // whether the drive answers SMART requests; nil where nobody asked
	Job      string         `json:"job,omitempty"`   // a job of ours that has it

	Place drive.Place `json:"place"`
	// the drive's own word on its health; nil where it gave none
	Passed        *bool    `json:"passed,omitempty"`
	TempLimitC    *int     `json:"temp_limit_c,omitempty"` // what the drive bears, by its own word
	TempCriticalC *int     `json:"temp_critical_c,omitempty"`
	Unknown       []string `json:"unknown,omitempty"`      // what could not be found out: "serial", "temperature", …
	SMARTSilent   bool     `json:"smart_silent,omitempty"` // smartctl was asked and gave no answer in time
	// told by the NAS to a login without root: no plan starts on it
	Rootless bool `json:"rootless,omitempty"`

	SMARTSaid string `json:"smart_said,omitempty"` // what smartctl complained of
	SMARTOff  bool   `json:"smart_off,omitempty"`  // the drive has SMART, and it is switched off
	SMARTType string `json:"smart_type,omitempty"` // the device type by which smartctl was asked, where one was given
	SMARTFits string `json:"smart_fits,omitempty"` // one that was tried and reads the drive
	SMARTKey  string `json:"smart_key,omitempty"`  // see Key; empty where it is the drive's id
}

// Key names the drive for SMARTTypes. It is the drive's id without what smartctl alone can read: with the right device
// type a USB drive gives a serial number of its own in the place of its bridge's.
func (r DriveRow) Key() string {
	if r.SMARTKey != "" {
		return r.SMARTKey
	}
	return r.Identity.ID()
}

// StartRequest starts a job. The same id asked again answers with that job and starts nothing.
type StartRequest struct {
	Job       string         `json:"job"`
	CreatedMs int64          `json:"created_ms"`
	Plan      burnin.Plan    `json:"plan"`
	Drive     drive.Identity `json:"drive"`
	Usage     drive.Class    `json:"usage"` // what the person saw and agreed to
	// the permission to erase a drive in that usage; nil for one that is free
	Grant         *drive.Grant      `json:"grant,omitempty"`
	VirtualDrives bool              `json:"virtual_drives"`
	SMARTTypes    map[string]string `json:"smart_types,omitempty"` // of this drive, as in InventoryRequest
	SMARTOn       bool              `json:"smart_on,omitempty"`    // SMART may be switched on, where it is off
	Slots         int               `json:"slots"`                 // how many jobs run at once on this NAS
	GID           int               `json:"gid"`                   // the login's group, which may read the job's files
	// Gate is the same id for all jobs that are started together, and Together how many they are: once each holds its
	// drive all go on, or none does. Empty for a job that is started alone.
	Gate     string `json:"gate,omitempty"`
	Together int    `json:"together,omitempty"`
}

// StartAllRequest starts jobs that pass one gate.
type StartAllRequest struct {
	Jobs []StartRequest `json:"jobs"`
}

// StartAllReply answers for each job, in the order of the request. Where one was refused none goes on.
type StartAllReply struct {
	Jobs []Started `json:"jobs"`
}

// Started is the answer for one of several jobs.
type Started struct {
	StartReply
	Refused *reason.Said `json:"refused,omitempty"` // why it was not begun; of one that was given up, that
}

// StartReply is the answer to start and resume.
type StartReply struct {
	Job      string `json:"job"`
	Run      int    `json:"run"`
	Existing bool   `json:"existing"` // start: this id was there already
}

// JobRequest names one job: stop, resume, undo.
type JobRequest struct {
	Job string `json:"job"`
	By  string `json:"by,omitempty"` // stop: who asks, for the log
	// GID: stop: the login's group, which may look at what is put in the place of a job that is not there yet.
	GID int `json:"gid,omitempty"`
	// Auto: resume: no person asks. A job that somebody wanted stopped does not go on then.
	Auto bool `json:"auto,omitempty"`
}

// UndoJournal is the file in which an undo tells what became of it. The job has ended by then, and a run's journal has
// no line behind its end; readers of before there was one pass over it.
const UndoJournal = "undo.ndjson"

// StopReply says what stop found. Stopped means: the run's lock is free and its process is gone.
type StopReply struct {
	Stopped    bool `json:"stopped"`
	WasRunning bool `json:"was_running"`
}

// UndoReply says what undo put back, in bytes.
type UndoReply struct {
	RestoredBytes int64 `json:"restored_bytes"`
	LostBytes     int64 `json:"lost_bytes"` // could not be read when they were to be saved
}

// JobStatus is a job as the NAS has it now. Sizes were read after the lock was looked at: whoever has that many bytes
// of each file has all that a run with a free lock will ever have written.
type JobStatus struct {
	Job     string `json:"job"`
	Missing bool   `json:"missing,omitempty"` // there is no such job
	// Last is what was left of it by who removed it; Missing is set too.
	Last *burnin.LastWord `json:"last,omitempty"`
	// Forbidden says that a stop request alone stands in the place of a job that was not there.
	Forbidden bool `json:"forbidden,omitempty"`

	Damaged   string           `json:"damaged,omitempty"` // it cannot be looked at, and why; nothing else is known
	Run       int              `json:"run"`               // the newest; 0 before the first
	LockHeld  bool             `json:"lock_held"`
	StopAsked bool             `json:"stop_asked,omitempty"` // a request to stop stands, and the run has not ended yet
	BootID    string           `json:"boot_id"`              // of the NAS now
	BootedMs  int64            `json:"booted_ms"`
	NowMs     int64            `json:"now_ms"`
	Sizes     map[string]int64 `json:"sizes"`
	Live      *burnin.Progress `json:"live,omitempty"`
	Trouble   burnin.Trouble   `json:"trouble,omitempty"` // with the state directory
}

// ListReply lists jobs of the state directory; all of them come in as many such frames as they need. list needs no
// root.
type ListReply struct {
	Jobs []JobStatus `json:"jobs"`
}

// FollowRequest asks for the growth of jobs' files from cursors on: journals first, then logs in turns, with a job
// frame whenever something about a job changes and a beat when nothing does. It ends at stdin's end, or, with Once,
// when everything there is has been sent. It needs no root.
type FollowRequest struct {
	Jobs []FollowJob `json:"jobs"`
	Once bool        `json:"once"`
}

// FollowJob is one job to follow: how many bytes of each file the asker has.
type FollowJob struct {
	Job  string           `json:"job"`
	Have map[string]int64 `json:"have"`
}

// Data is a piece of a file.
type Data struct {
	Job   string `json:"job"`
	File  string `json:"file"`
	Off   int64  `json:"off"`
	Bytes []byte `json:"bytes"` // at most MaxChunk
}

// ReadRequest asks for at most MaxChunk bytes of a file; the answer is one data frame.
type ReadRequest struct {
	Job  string `json:"job"`
	File string `json:"file"`
	Off  int64  `json:"off"`
}

// SlotsRequest asks how jobs take turns, and changes it while they wait. It needs root.
type SlotsRequest struct {
	// of jobs at once; 0 leaves it to each job's own request; nil changes nothing
	Limit *int     `json:"limit,omitempty"`
	First []string `json:"first,omitempty"` // jobs that come next, in this order
}

// SlotsReply says how jobs take turns.
type SlotsReply struct {
	Limit   int      `json:"limit"` // 0: that of each job's own request
	Working int      `json:"working"`
	Waiting []string `json:"waiting"` // the next first
}

// CleanRequest asks to remove jobs that have ended; with Runner the runner itself and the state directory go too if
// no job is left.
type CleanRequest struct {
	Jobs   []string `json:"jobs"`
	Runner bool     `json:"runner"`
	// Sums are the SHA-256, in hex, of the files that the asker has of each job. A job of which a file differs is kept.
	Sums map[string]map[string]string `json:"sums,omitempty"`
	// Leave are those of Jobs of which a last word is left: the asker did not start them.
	Leave []string `json:"leave,omitempty"`
	// Heard are jobs whose last words whoever started them has read: they are no longer needed.
	Heard []string `json:"heard,omitempty"`
	By    string   `json:"by,omitempty"`  // who asks
	GID   int      `json:"gid,omitempty"` // the login's group
	// Forget removes also jobs that alone know something of their drive: how what they erased is brought back, or that
	// somebody else wrote to it.
	Forget bool `json:"forget,omitempty"`
}

// CleanReply says what went and what stayed.
type CleanReply struct {
	Removed       []string `json:"removed"`
	Kept          []string `json:"kept"` // still running, or unknown and fit to be resumed
	RunnerRemoved bool     `json:"runner_removed"`
	// Knows says, of those that were kept for it, what they alone know of their drive.
	Knows map[string]string `json:"knows,omitempty"`
}

// WriteRequest puts magic and request on the runner's stdin.
func WriteRequest(w io.Writer, req any) error {
	line, err := json.Marshal(req)
	if err != nil {
		return err
	}
	_, err = w.Write([]byte(Magic + "\n" + string(line) + "\n"))
	return err
}

// maxBeforeMagic bounds what may stand before Magic.
const maxBeforeMagic = 64 << 10

// ReadRequestFrom finds Magic and decodes the request after it. Its errors never quote the input: a password may be
// in it. The reader is left right behind the request line.
func ReadRequestFrom(r *bufio.Reader, req any) error {
	for passed := 0; ; {
		line, err := readLine(r, maxBeforeMagic)
		if err != nil {
			return reason.New(reason.BadRequest, "error", "the request did not begin")
		}
		if strings.TrimRight(line, "\r") == Magic {
			break
		}
		if passed += len(line) + 1; passed > maxBeforeMagic {
			return reason.New(reason.BadRequest, "error", "the request did not begin")
		}
	}
	line, err := readLine(r, MaxRequest)
	if err != nil {
		return reason.New(reason.BadRequest, "error", "the request was cut off")
	}
	dec := json.NewDecoder(strings.NewReader(line))
	dec.DisallowUnknownFields()
	if dec.Decode(req) != nil {
		return reason.New(reason.BadRequest, "error", "the request is not right")
	}
	return nil
}

var errTooLong = errors.New("the line is too long")

func readLine(r *bufio.Reader, max int) (string, error) {
	var b strings.Builder
	for {
		part, err := r.ReadSlice('\n')
		if b.Len()+len(part) > max {
			return "", errTooLong
		}
		b.Write(part)
		switch {
		case err == nil:
			return strings.TrimSuffix(b.String(), "\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err
		}
	}
}
