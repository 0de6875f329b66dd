// Package reason holds every reason that Burnish gives a person: why a stage or a job ended as it did, why a start
// was refused, why a NAS cannot be used.
//
// Its rules:
//   - A reason is registered once, in the file of its kind (doubt.go, reach.go and so on), with a code that never
//     changes its meaning. Nobody makes up a reason as a free string; New panics on a code that is not registered, so
//     that a test finds it.
//   - A text is a sentence with {names} in it, {name|one|more} where a word follows a number, {name:size} for bytes as
//     people read them and {name:exact} where single bytes matter. What fills them comes from drives, tools and
//     networks: it is cleaned of control and bidirectional characters and cut, so that no drive can write over a
//     person's terminal.
//   - A reason carries the values that it was made from. Programs read those: nobody takes a fact out of a text.
//   - A hint may name what to type at the command line. Where a person at the window does something else, Window says
//     it.
//   - Kind says what a reason can do: only Evidence may end a job as failed, only Refusal stops a start for safety.
//
// The package is pure and holds no state that changes; all of it may be used from any goroutine.
package reason

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Code names a reason for programs. Codes are a contract: scripts compare them.
type Code string

// Kind says what follows from a reason.
type Kind string

// The kinds of reasons.
const (
	Evidence Kind = "evidence" // speaks against the drive: a job may end as failed
	Doubt    Kind = "doubt"    // nothing can be concluded: unknown
	Person   Kind = "person"   // a person wanted it: cancelled
	Note     Kind = "note"     // said beside a verdict, changes none
	Refusal  Kind = "refusal"  // refused for safety, nothing was touched
	Use      Kind = "use"      // wrong use or configuration
	Reach    Kind = "reach"    // the NAS cannot be reached or used
	Fault    Kind = "fault"    // Burnish's own files or its runner fail
)

// Entry is one registered reason.
type Entry struct {
	Code  Code   `json:"code"`
	Kind  Kind   `json:"kind"`
	Title string `json:"title"`
	Text  string `json:"text"` // with {names}, filled by New
	Hint  string `json:"hint"`
	// Window is the hint for a person at the window, where that is not the same.
	Window string `json:"window,omitempty"`
	Hides  []Code `json:"hides,omitempty"` // reasons that say nothing more once this one is given
	// Path: the hint sends a person to cable, slot or power. The window leaves it out beside evidence against the
	// drive.
	Path bool `json:"-"`
}

// Said is a reason as it is told: an entry with its names filled in. It is what journals, SQLite and JSON carry, and
// it is an error too. Its hint is the one for the command line; Window gives it with the other.
type Said struct {
	Code  Code   `json:"code"`
	Title string `json:"title"`
	Text  string `json:"text"`
	Hint  string `json:"hint"`
	Args  Args   `json:"args,omitempty"` // what it was made from; none in journals of before they were kept
}

// CodeOf is the code of the reason that an error is or wraps; "" where it is none.
func CodeOf(err error) Code {
	var said *Said
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}

// Same reports whether both say the same of the same values. Where one is of before values were kept, its words count.
func (s *Said) Same(other *Said) bool {
	if s == nil || other == nil {
		return s == other
	}
	return s.Code == other.Code && s.Title == other.Title && s.Text == other.Text && s.Hint == other.Hint &&
		(len(s.Args) == 0 || len(other.Args) == 0 || maps.Equal(s.Args, other.Args))
}

// windowHint is the argument that holds a hint of this one reason for a person at the window.
const windowHint = "window"

// AtWindow gives the reason a hint of its own for a person at the window, and returns it.
func (s *Said) AtWindow(hint string) *Said {
	s.Args = maps.Clone(s.Args)
	if s.Args == nil {
		s.Args = Args{}
	}
	s.Args[windowHint] = argOf(hint, maxArg)
	return s
}

// Window gives the reason with the hint for a person at the window: its own, that of the registry, or else the one
// that both have.
func (s *Said) Window() *Said {
	if s == nil {
		return nil
	}
	w := *s
	if own, ok := s.Args[windowHint]; ok {
		w.Hint = own.String()
	} else if e := byCode[s.Code]; e.Window != "" {
		w.Hint = fill(e.Window, s.Args)
	}
	return &w
}

// Error gives the text after the title, for logs and wrapped errors.
func (s *Said) Error() string {
	if s.Text == "" {
		return s.Title
	}
	return s.Title + ": " + s.Text
}

// Kind looks up what follows from the reason; a code of a newer version counts as Doubt.
func (s *Said) Kind() Kind {
	if e, ok := byCode[s.Code]; ok {
		return e.Kind
	}
	return Doubt
}

// maxValue bounds one value put into a text, in bytes.
const maxValue = 300

// New gives the reason with its text and hint filled from pairs of name and value. It panics on an unregistered code
// or an odd number of pairs: both are mistakes of the caller that its tests show.
func New(code Code, pairs ...any) *Said {
	e, ok := byCode[code]
	if !ok {
		panic("reason: code " + string(code) + " is not registered")
	}
	args := ArgsOf(pairs...)
	return &Said{Code: code, Title: e.Title, Text: fill(e.Text, args), Hint: fill(e.Hint, args), Args: args}
}

// fill puts values in the place of their {names}; {name|one|more} is a number and what follows it where it is 1 and
// where it is not; {name:size} and {name:exact} are bytes, {name:plain} is a number that names something. A value that
// is a sentence loses its full stop where the text goes on with a mark of its own.
func fill(text string, args Args) string { return fillBy(text, args, voice{}) }

func fillBy(text string, args Args, v voice) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		out.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			if ok {
				out.WriteString("{" + rest)
			}
			return out.String()
		}
		whole := "{" + name + "}"
		name, form, _ := strings.Cut(name, ":")
		name, words, counted := strings.Cut(name, "|")
		arg, known := args[name]
		value := whole
		if known {
			value = v.say(name, form, arg)
		}
		switch {
		case known && counted:
			one, more, _ := strings.Cut(words, "|")
			if value != "1" {
				one = more
			}
			value += " " + one
		case known && after != "" && strings.ContainsRune(".;,:", rune(after[0])):
			value = unended(value)
		}
		if known && out.Len() == 0 && v.ours(name, arg) {
			value = capital(value)
		}
		out.WriteString(value)
		text = after
	}
}

// unended takes the full stop from the end of a sentence that is a part of another one.
func unended(s string) string {
	if short, ok := strings.CutSuffix(s, "."); ok && !strings.HasSuffix(short, ".") {
		return short
	}
	return s
}

// Count gives a number with its word: "1 drive", "2 drives".
func Count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// Within gives an error's text for the midst of a sentence: without its full stop.
func Within(err error) string { return unended(err.Error()) }

// fresh lists what leaves nothing to go on with: what the job had found out is worth nothing any more, or is gone.
var fresh = map[Code]bool{
	ForeignWrites: true, ResumedMismatch: true, EvidenceIncomplete: true, RecordRemoved: true,
	NeverBegun: true, StartUnanswered: true, MismatchUncounted: true,
	WipeAborted: true, WipeFailed: true, WipeLost: true, WipeQueued: true, WipeUnanswered: true, WipeUnwritten: true,
}

// NeedsNewJob reports whether a job that ended as unknown for this reason cannot be gone on with.
func (s *Said) NeedsNewJob() bool { return s != nil && fresh[s.Code] }

// Lookup finds a registered reason.
func Lookup(code Code) (Entry, bool) {
	e, ok := byCode[code]
	return e, ok
}

// All gives the registry in its order of writing.
func All() []Entry {
	return append([]Entry(nil), registry...)
}

// Clean makes text from outside fit to be shown: no control or bidirectional characters, valid UTF-8, at most max bytes
// and a mark where it was cut.
func Clean(s string, max int) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) || Bidi(r) || r == '\u2028' || r == '\u2029' {
			r = utf8.RuneError
		}
		if b.Len()+utf8.RuneLen(r) > max {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Bidi reports whether r can turn the direction of the text around it.
func Bidi(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || (r >= '\u202a' && r <= '\u202e') ||
		(r >= '\u2066' && r <= '\u2069')
}
