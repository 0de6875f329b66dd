// Package wire is the language between the desktop and burnish-runner: verbs, frames, journal lines, and the limits
// that both sides hold.
//
// A call is one SSH exec channel: `burnish-runner VERB`. On stdin stands the line Magic, then one line with the
// request as JSON; whatever comes before Magic (a sudo password that nobody asked for) is passed over unread. On stdout
// come frames, one JSON object a line. A call is over with a frame of type end or error; a stream that stops without
// one was cut. stderr is for people.
//
// The package is pure. Readers are for one goroutine each. Everything that a NAS sends is bounded here: a frame, a
// chunk, a list, a file name; what is past a limit is an error with the code nas_too_much, and what is not the
// language is nas_garbage.
package wire

import "regexp"

// Protocol is the version of verbs and frames. Both sides must have the same; the desktop puts its own runner on the
// NAS, so they do.
const Protocol = 1

// Magic is the line on stdin at which the runner begins to read.
const Magic = "BURNISH/1"

// What a NAS may send at most. Sizes are bytes.
const (
	MaxFrame      = 256 << 10 // one line on stdout, and one line of a journal
	MaxChunk      = 64 << 10  // raw bytes of a file in one data frame
	MaxInventory  = 8 << 20   // all drive frames of one inventory
	MaxTool       = 4 << 20   // output of one tool on the NAS
	MaxDrives     = 1024
	MaxJobs       = 4096      // jobs in one list
	MaxJournals   = 256 << 20 // all journals of one job
	MaxLogs       = 64 << 20  // what is copied of all logs of one job; the rest stays on the NAS
	MaxMirror     = 1 << 30   // all files of one job
	MaxCopies     = 16 << 30  // all files of all jobs of one NAS; the last quarter is for journals alone
	MaxEvents     = 64 << 20  // journals of one job whose events are asked for all at once
	MaxRequest    = 8 << 20   // a request line
	MaxJobRequest = 1 << 20   // what is asked for of one job
	MaxReply      = 16 << 20  // all frames of a call that is not a stream
)

var fileName = regexp.MustCompile(`^(run-[1-9][0-9]{0,3}\.ndjson|undo\.ndjson|[a-z][a-z_]{0,31}\.log)$`)

// ValidFile reports whether name may be a file of a job. Both sides check it before it becomes part of a path.
func ValidFile(name string) bool { return fileName.MatchString(name) }
