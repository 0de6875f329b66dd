package notice

import (
	"fmt"
	"strings"
	"time"

	"burnish/backend/reason"
)

// More than Most messages in Span become one.
const (
	Most = 5
	Span = time.Minute
)

// Gathering says what to do with events that are to be told now.
type Gathering int

// What to do.
const (
	Each     Gathering = iota // each in a message of its own
	Together                  // all in one message
	Hold                      // none, until the oldest message of the last Span is older than that
)

// Gather decides for due events, after so many messages in the last Span. In no Span more than Most messages are told,
// and nothing waits for longer than Span.
func Gather(recent, due int) Gathering {
	switch room := Most - recent; {
	case room <= 0:
		return Hold
	case due <= room:
		return Each
	}
	return Together
}

// Quiet are the hours in which only what is urgent is told. From and To are minutes of the day by the clock on the
// wall; From after To means over midnight, and both equal that there are none.
type Quiet struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// NeverQuiet is how people write that there are no quiet hours.
const NeverQuiet = "off"

// ParseQuiet reads "22:00-07:00", or "off": bad_way.
func ParseQuiet(text string) (Quiet, error) {
	if text == NeverQuiet {
		return Quiet{}, nil
	}
	from, to, ok := strings.Cut(text, "-")
	begin, errFrom := time.Parse("15:04", strings.TrimSpace(from))
	end, errTo := time.Parse("15:04", strings.TrimSpace(to))
	if !ok || errFrom != nil || errTo != nil || begin.Equal(end) {
		return Quiet{}, reason.New(reason.BadWay, "what", "quiet hours are written as 22:00-07:00, or off")
	}
	return Quiet{begin.Hour()*60 + begin.Minute(), end.Hour()*60 + end.Minute()}, nil
}

// String is what ParseQuiet reads.
func (q Quiet) String() string {
	if q.From == q.To {
		return NeverQuiet
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d", q.From/60, q.From%60, q.To/60, q.To%60)
}

// Until gives the end of the quiet hours that now lies in; false outside of them. now has the person's time zone.
func (q Quiet) Until(now time.Time) (time.Time, bool) {
	at := now.Hour()*60 + now.Minute()
	inside := q.From <= at && at < q.To
	if q.From > q.To {
		inside = at >= q.From || at < q.To
	}
	if !inside {
		return time.Time{}, false
	}
	day := now.Day()
	if q.From > q.To && at >= q.From {
		day++
	}
	end := time.Date(now.Year(), now.Month(), day, 0, q.To, 0, 0, now.Location())
	if !end.After(now) { // the clock is set back over the end
		end = now.Add(time.Hour)
	}
	return end, true
}

// GiveUp is how long a message is tried again.
const GiveUp = 24 * time.Hour

// steps are the pauses between tries; the last one goes on.
var steps = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute,
	30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}

// slow is the least pause after an answer that does not heal by itself: a person has to do something.
const slow = time.Hour

// maxAsked bounds the pause that a server asks for.
const maxAsked = 6 * time.Hour

// Answer is what came of telling.
type Answer struct {
	Text  string        `json:"text"`           // what the server said, for people; no secret is in it
	Code  int           `json:"code,omitempty"` // HTTP's or SMTP's; 0 for none
	Took  time.Duration `json:"-"`
	Fault Fault         `json:"fault,omitempty"` // empty where it was told
	After time.Duration `json:"-"`               // the server asks to be left alone for so long
}

// Fault is why it was not told.
type Fault string

// The faults.
const (
	Away    Fault = "away"    // no answer, or one that passes: try again
	Refused Fault = "refused" // it will say the same again until a person has changed something
	Content Fault = "content" // this message is refused, others may not be
)

// Again says when a message is tried again after so many tries that failed, the first of them at first; false means
// never. Whatever time went by while no Burnish ran, it gives up only after a try that came later than GiveUp.
func Again(first, now time.Time, tries int, a Answer) (time.Time, bool) {
	if now.Sub(first) >= GiveUp || a.Fault == Content && tries >= 3 {
		return time.Time{}, false
	}
	pause := steps[min(max(tries, 1), len(steps))-1]
	if a.Fault == Refused {
		pause = max(pause, slow)
	}
	next := now.Add(max(pause, min(a.After, maxAsked)))
	if end := first.Add(GiveUp); next.After(end) {
		next = end // the last try
	}
	return next, true
}
