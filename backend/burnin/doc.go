// Package burnin is the domain: what a plan, a stage and a job are, how their states may change, and what a verdict
// needs. It is pure: no I/O, no clock, no state of its own.
//
// Its rules:
//   - A job's state is Fold(journals, observation) and nothing else. Runner and desktop fold the same events with the
//     same code; neither keeps a state beside it.
//   - Transitions are data (see transitions). An event that asks for another one is an error that names both states.
//   - Passed needs every stage passed and every piece of evidence that the plan asks for (Judge). An end event that
//     claims more than its journal shows is folded to unknown with evidence_incomplete.
//   - Failed needs a reason of kind evidence. What speaks neither for nor against the drive is unknown.
//   - A run that ended without a word is derived from what was observed: the run's lock free, boot ids compared, and
//     the journal known to be complete up to that moment. Without such an observation the job keeps its state.
//
// Journals are append-only; a torn last line is no event. Events of a kind that this version does not know are passed
// over; a journal whose head asks for a newer reader is refused whole.
package burnin

import (
	"io"
	"regexp"
)

// State is the state of a job or of a stage. The names are a contract.
type State string

// The states. Jobs are queued, running or ended; stages are pending, running, ended or skipped.
const (
	Queued    State = "queued"
	Pending   State = "pending"
	Running   State = "running"
	Passed    State = "passed"
	Failed    State = "failed"
	Cancelled State = "cancelled"
	Unknown   State = "unknown"
	Skipped   State = "skipped"
)

// Ended reports whether nothing more happens by itself.
func (s State) Ended() bool {
	switch s {
	case Passed, Failed, Cancelled, Unknown, Skipped:
		return true
	case Queued, Pending, Running:
	}
	return false
}

var validID = regexp.MustCompile(`^[0-9a-z]{16,32}$`)

// ValidID reports whether s may name a job. Both sides check it before it becomes part of a path.
func ValidID(s string) bool { return validID.MatchString(s) }

// NewID makes a job id of 20 characters (about 103 bits) from random.
func NewID(random io.Reader) (string, error) {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	id := make([]byte, 0, 20)
	var b [1]byte
	for len(id) < cap(id) {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", err
		}
		if b[0] < 252 { // 7*36: no letter more likely than another
			id = append(id, alphabet[b[0]%36])
		}
	}
	return string(id), nil
}
