// Package notice is what people are told when they do not look: the events, their words, and when they are told.
//
// Its rules:
//   - An Event is a value made from values, and its JSON is a contract (docs/notices.md): keys come, none change.
//   - Key names what happened for ever. Whoever keeps events keeps one of each key, so that telling twice tells once.
//   - Title and text are made here, for all ways alike. What stems from a NAS is cleaned and cut by jobOf and its like.
//   - No event holds a secret, an address of a way, or anything of how it is told.
//   - When something is told is decided here and by values alone: which way wants it, quiet hours, more than five in a
//     minute become one, and how long a failure is tried again.
//
// The package is pure: no clock, no I/O. All of it may be used from any goroutine.
package notice

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/report"
)

// Schema is the version of an event's JSON.
const Schema = 1

// Kind says what happened.
type Kind string

// The kinds of events. They are a contract.
const (
	JobEnded       Kind = "job_ended"
	JobResumable   Kind = "job_resumable"   // it ended as unknown and can go on: in the place of job_ended
	BatchEnded     Kind = "batch_ended"     // the last of the jobs that were started together
	DriveVanished  Kind = "drive_vanished"  // from its NAS
	DriveHot       Kind = "drive_hot"       // its test waits until it is cooler
	NASLost        Kind = "nas_lost"        // for longer than a while
	NASBack        Kind = "nas_back"        // and told as lost before
	Adopted        Kind = "adopted"         // jobs that another computer started were taken over
	NASFull        Kind = "nas_full"        // no room for what is collected of jobs
	DriveChanged   Kind = "drive_changed"   // a drive in service: a counter grew, it is new, or it moved
	SelfTestFailed Kind = "selftest_failed" // of a drive in service
	Summary        Kind = "summary"         // of a day
	Heartbeat      Kind = "heartbeat"       // Burnish runs, so that silence is a sign
	Test           Kind = "test"            // a person tries a way
	Several        Kind = "several"         // more than five in a minute
)

// Kinds are all that a way can be told of, in the order in which people choose them.
func Kinds() []Kind {
	return []Kind{JobEnded, BatchEnded, JobResumable, DriveVanished, DriveHot, NASLost, NASBack, NASFull, Adopted,
		DriveChanged, SelfTestFailed, Summary, Heartbeat}
}

// Event is one thing that happened. Its JSON is the body of a webhook.
type Event struct {
	Schema int    `json:"schema"`
	ID     string `json:"id"` // the same each time it is told; follows from Key
	Kind   Kind   `json:"event"`
	AtMs   int64  `json:"at_ms"` // when it happened, unix milliseconds
	NAS    string `json:"nas"`   // the profile's name; empty where it is about none
	Title  string `json:"title"`
	Text   string `json:"text"`
	Urgent bool   `json:"urgent"` // told in quiet hours too

	// FoundMs is when this computer learned of it; 0 where that was at once.
	FoundMs int64 `json:"found_ms,omitempty"`
	// Old marks what was over before this computer knew of the job: it is kept, and no way is told of it.
	Old bool `json:"old,omitempty"`

	Job    *Job         `json:"job"`              // null where it is about none
	Drive  *Drive       `json:"drive,omitempty"`  // of an event that is about a drive and no job
	Reason *reason.Said `json:"reason,omitempty"` // of an event that is about no job
	Jobs   []Job        `json:"jobs,omitempty"`   // of a batch, a summary, or taken over
	Counts *Counts      `json:"counts,omitempty"` // of a batch or a summary
	Events []Event      `json:"events,omitempty"` // of several
}

// Job is a job as it is told.
type Job struct {
	ID        string       `json:"id"`
	State     burnin.State `json:"state"`
	Word      string       `json:"word"` // the state with how far it goes: "passed, every byte read"
	Plan      string       `json:"plan"`
	Drive     Drive        `json:"drive"`
	Reason    *reason.Said `json:"reason"` // null where it passed
	CreatedMs int64        `json:"created_ms"`
	EndedMs   int64        `json:"ended_ms"` // 0 where it has not
}

// Drive is a drive as it is told.
type Drive struct {
	ID        string  `json:"id"`
	Serial    *string `json:"serial"` // null where it has none
	WWN       *string `json:"wwn"`
	Model     string  `json:"model"`
	SizeBytes int64   `json:"size_bytes"`
	Path      string  `json:"path"` // when it was last seen; no name for longer
}

// Counts are jobs by their end.
type Counts struct {
	Passed    int `json:"passed"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
	Unknown   int `json:"unknown"`
}

// Bounds of texts from a NAS, in bytes.
const (
	maxName = 200
	maxText = 1000
)

// jobOf is a job as it is told.
func jobOf(j burnin.Job) Job {
	return Job{ID: j.ID, State: j.State, Word: report.Word(j), Plan: reason.Clean(j.Plan, maxName),
		Drive: DriveOf(j.Drive), Reason: saidOf(j.Reason), CreatedMs: j.CreatedMs, EndedMs: j.EndedMs}
}

// DriveOf is a drive as it is told.
func DriveOf(d burnin.Drive) Drive {
	return Drive{ID: reason.Clean(d.ID, maxName), Serial: cleaned(d.Serial), WWN: cleaned(d.WWN),
		Model: reason.Clean(d.Model, maxName), SizeBytes: d.SizeBytes, Path: reason.Clean(d.Path, maxName)}
}

func cleaned(text *string) *string {
	if text == nil {
		return nil
	}
	c := reason.Clean(*text, maxName)
	return &c
}

// saidOf leaves out the values that a reason was made from: its words and its code are the contract.
func saidOf(s *reason.Said) *reason.Said {
	if s == nil {
		return nil
	}
	return &reason.Said{Code: s.Code, Title: reason.Clean(s.Title, maxText), Text: reason.Clean(s.Text, maxText),
		Hint: reason.Clean(s.Hint, maxText)}
}

// idOf makes the id of a key: letters and digits, the same for the same key.
func idOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))[:26]
}
