package truenas

import (
	"fmt"
	"strings"

	"burnish/backend/reason"
)

// Answer is what midclt printed for one call, and how it ended.
type Answer struct {
	Out, Err string
	Status   int
}

// Refusal says why a call did nothing.
type Refusal string

// The refusals.
const (
	NotAllowed Refusal = "not_allowed" // the login lacks the role, or any
	NoMethod   Refusal = "no_method"   // this version of TrueNAS has no such method
	BadCall    Refusal = "bad_call"    // what was asked for cannot be
	Unanswered Refusal = "unanswered"  // no answer, or no middleware: what was asked for may have begun
	Failed     Refusal = "failed"      // any other word
)

// CallError is a call that the middleware did not answer with a result.
type CallError struct {
	Method  string
	Refusal Refusal
	Text    string // its first line
}

func (e *CallError) Error() string {
	if need := roles[e.Method]; e.Refusal == NotAllowed && need != "" {
		return fmt.Sprintf("midclt call %s: %s; it needs %s", e.Method, e.Text, need)
	}
	return fmt.Sprintf("midclt call %s: %s", e.Method, e.Text)
}

// NothingBegan reports whether the call was refused before anything was done: any other word leaves that open.
func (e *CallError) NothingBegan() bool {
	return e.Refusal == NotAllowed || e.Refusal == NoMethod || e.Refusal == BadCall
}

// roles says which rights a method needs, in words.
var roles = map[string]string{
	MethodDisks:        "the role DISK_READ (24.10: READONLY_ADMIN)",
	MethodDetails:      "the role REPORTING_READ",
	MethodTemperatures: "the role REPORTING_READ",
	MethodResults:      "the role REPORTING_READ",
	MethodTest:         "the role FULL_ADMIN",
	MethodTestAbort:    "the role FULL_ADMIN",
	MethodWipe:         "the role DISK_WRITE from 25.10 on, FULL_ADMIN before",
}

// words are how the middleware and midclt begin to say each refusal, over their versions.
var words = []struct {
	begins  string
	refusal Refusal
}{
	{"Not authorized", NotAllowed}, {"[EACCES] Not authorized", NotAllowed},
	{"Not authenticated", NotAllowed}, {"[ENOTAUTHENTICATED]", NotAllowed},
	{"Method does not exist", NoMethod}, {"[ENOMETHOD]", NoMethod},
	{"[EINVAL]", BadCall},
	{"Call timeout", Unanswered}, {"Failed to run middleware call", Unanswered},
	{"WebSocket connection closed", Unanswered},
}

// Result gives what a call printed as its result, or why there is none.
func (a Answer) Result(method string) ([]byte, error) {
	if a.Status == 0 && strings.TrimSpace(a.Out) != "" {
		return []byte(a.Out), nil
	}
	said, _, _ := strings.Cut(strings.TrimSpace(a.Err), "\n")
	if said == "" {
		said = fmt.Sprintf("it ended with status %d and said nothing", a.Status)
	}
	e := &CallError{method, Failed, reason.Clean(said, 200)}
	for _, w := range words {
		if strings.HasPrefix(said, w.begins) {
			e.Refusal = w.refusal
		}
	}
	return nil, e
}
