package notice

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

func job(state burnin.State, serial string) burnin.Job {
	j := burnin.Job{ID: "0123456789abcdef", NAS: "tank", Plan: "standard", State: state, CreatedMs: 1_000_000,
		EndedMs: 1_000_000 + (51*60+7)*60_000, Runs: make([]burnin.Run, 1)}
	j.Drive = burnin.Drive{ID: serial + "@5000c500a1b2c3d4", Serial: &serial, Model: "ST18000NM000J", SizeBytes: 18e12,
		Path: "/dev/sdq"}
	switch state {
	case burnin.Passed:
		j.Verdict.Coverage = burnin.CoverageVerified
	case burnin.Failed:
		j.Reason = reason.New(reason.SMARTFailed, "what", "The drive says that it fails")
	default:
		j.Reason = reason.New(reason.RunnerKilled, "stage", "surface_validate", "progress", " at 43 %")
	}
	return j
}

// The JSON of an event is a contract: each key as docs/notices.md shows it.
func TestAnEndedJobIsToldAsTheContractSays(t *testing.T) {
	got, err := json.MarshalIndent(OfJobEnded(job(burnin.Failed, "ZR5C0E9V")), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "schema": 1,
  "id": "kgpdxqq2jcgjuqfjyh3efkndrc",
  "event": "job_ended",
  "at_ms": 185020000,
  "nas": "tank",
  "title": "Failed: ST18000NM000J ZR5C0E9V",
  "text": "Plan standard on tank, 2 d 3 h. The drive's health data speaks against it. The drive says that it fails. Replace the drive.",
  "urgent": true,
  "job": {
    "id": "0123456789abcdef",
    "state": "failed",
    "word": "failed",
    "plan": "standard",
    "drive": {
      "id": "ZR5C0E9V@5000c500a1b2c3d4",
      "serial": "ZR5C0E9V",
      "wwn": null,
      "model": "ST18000NM000J",
      "size_bytes": 18000000000000,
      "path": "/dev/sdq"
    },
    "reason": {
      "code": "smart_failed",
      "title": "The drive's health data speaks against it",
      "text": "The drive says that it fails",
      "hint": "Replace the drive."
    },
    "created_ms": 1000000,
    "ended_ms": 185020000
  }
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestAnEventIsReadAsItWasWritten(t *testing.T) {
	e := OfBatchEnded("tank", 7, []burnin.Job{job(burnin.Passed, "A"), job(burnin.Unknown, "B")})
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back Event
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff)
	}
}

func TestWhatHappenedOnceHasOneID(t *testing.T) {
	failed, again := job(burnin.Failed, "A"), job(burnin.Failed, "A")
	if OfJobEnded(failed).ID != OfJobEnded(again).ID {
		t.Error("the same end has two ids")
	}
	again.Runs = make([]burnin.Run, 2)
	ids := []string{OfJobEnded(failed).ID, OfJobEnded(again).ID, OfJobResumable(failed, 1).ID,
		OfNASLost("tank", 1, 2, nil).ID, OfNASLost("tank", 3, 4, nil).ID, OfNASBack("tank", 1, 9).ID, OfHeartbeat(1).ID,
		OfSummary(1, nil).ID, OfTest("a", 1).ID}
	if slices.Sort(ids); len(slices.Compact(ids)) != 9 {
		t.Error("two events have one id")
	}
}

func TestEachEventHasWords(t *testing.T) {
	why := reason.New(reason.ConnectionLost, "nas", "tank", "error", "no route to host")
	passed, failed := job(burnin.Passed, "A"), job(burnin.Failed, "B")
	d := DriveOf(passed.Drive)
	var many []Event
	for _, serial := range strings.Split(strings.Repeat("X ", 24), " ")[:24] {
		many = append(many, OfJobEnded(job(burnin.Passed, serial)))
	}
	for _, c := range []struct {
		e           Event
		title, text string // text is a part
	}{
		{OfJobEnded(passed), "Passed: ST18000NM000J A",
			"Plan standard on tank, 2 d 3 h. Passed, every byte written and verified."},
		{OfJobResumable(job(burnin.Unknown, "C"), 1), "Can go on: ST18000NM000J C", "ended without a word"},
		{OfDriveHot(passed, 1, reason.New(reason.Cooling, "temperature", 61, "limit", 60)),
			"Too hot, waits: ST18000NM000J A", "61 °C"},
		{OfBatchEnded("tank", 1, []burnin.Job{passed, failed}), "Done on tank: 1 failed, 1 passed",
			"Passed: ST18000NM000J A\nFailed: ST18000NM000J B (The drive's health data speaks against it)"},
		{OfNASLost("tank", 1, 2, why), "tank cannot be reached", "Jobs go on there."},
		{OfAdopted("tank", 1, []burnin.Job{passed, failed}), "Taken over on tank: 2 jobs", "Passed: "},
		{OfNASBack("tank", 1, 2), "tank is reached again", "follows"},
		{OfNASFull("tank", 1, reason.New(reason.NoSpace, "dir", "/x", "error", "full")), "tank has no room left", "."},
		{OfDrive(DriveVanished, "tank", "1", 1, d, nil), "Gone: ST18000NM000J A", "tank"},
		{OfDrive(DriveChanged, "tank", "1", 1, d, why), "Changed: ST18000NM000J A", "tank"},
		{OfDrive(SelfTestFailed, "tank", "1", 1, d, nil), "Self-test failed: ST18000NM000J A", "tank"},
		{OfSummary(1, []burnin.Job{passed}), "In the last day: 1 passed", "Passed: "},
		{OfSummary(1, nil), "In the last day no job ended", ""},
		{OfHeartbeat(1), "Burnish runs", "stays away"},
		{OfTest("w", 1), "A test by Burnish", "this way"},
		{OfSeveral(1, many), "24 notices: 24 passed", "and 4 more"},
	} {
		if c.e.Title != c.title || !strings.Contains(c.e.Text, c.text) || c.e.ID == "" || c.e.Schema != Schema {
			t.Errorf("%s: %q, %q", c.e.Kind, c.e.Title, c.e.Text)
		}
	}
}

func TestTextFromANASWritesOverNothing(t *testing.T) {
	j := job(burnin.Failed, "A\x1b[2J\u202eB")
	j.Drive.Model, j.NAS = "evil\r\nBcc: everybody@example.org", "tank\x00"
	text, err := json.Marshal(OfJobEnded(j))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{`\u001b`, `\r`, `\n`, "\u202e", `\u0000`} {
		if strings.Contains(string(text), bad) {
			t.Errorf("%q is in %s", bad, text)
		}
	}
}

func TestAWayIsToldWhatItWants(t *testing.T) {
	failed, passed := OfJobEnded(job(burnin.Failed, "A")), OfJobEnded(job(burnin.Passed, "A"))
	resumable, old := OfJobResumable(job(burnin.Unknown, "A"), 1), failed
	old.Old = true
	usual, some := Way{Name: "a", Events: Usual()}, Way{Name: "b", Events: []string{"job_ended:failed", "heartbeat"}}
	for _, c := range []struct {
		w    Way
		e    Event
		want bool
	}{
		{usual, failed, true}, {usual, passed, true}, {usual, OfHeartbeat(1), false}, {usual, OfSummary(1, nil), false},
		{some, failed, true}, {some, passed, false}, {some, OfHeartbeat(1), true}, {some, OfNASBack("x", 1, 1), false},
		{usual, resumable, true}, {some, resumable, false}, {usual, old, false},
		{Way{Name: "c", Events: []string{"job_ended"}}, resumable, true},
		{Way{Name: "d", Events: []string{"job_ended:unknown"}}, resumable, true},
		{Way{Name: "e", Events: []string{"job_ended:failed"}}, resumable, false},
	} {
		if got := c.w.Wants(c.e); got != c.want {
			t.Errorf("%s wants %s: %v", c.w.Name, c.e.Title, got)
		}
	}
	var said *reason.Said
	for _, bad := range []Way{{}, {Name: "a\n"}, {Name: "a", Events: []string{"job_started"}},
		{Name: "m", Method: Mail}, {Name: "m", Method: Mail, Post: &Post{To: []string{"a@b"}, From: "a@b", Host: "h",
			Port: 25, TLS: "maybe"}}} {
		if err := bad.Check(); !errors.As(err, &said) || said.Code != reason.BadWay {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// Events come whenever they like; each is in one message, soon, and there are never more messages in a minute.
func TestMoreThanFiveInAMinuteBecomeOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gaps := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 60).Draw(t, "seconds between events")
		var due, messages []int // by second
		next, at, told := 0, gaps[0], 0
		for now := 0; told < len(gaps); now++ {
			for next < len(gaps) && at <= now {
				due = append(due, now)
				if next++; next < len(gaps) {
					at += gaps[next]
				}
			}
			recent := 0
			for _, m := range messages {
				if now-m < int(Span/time.Second) {
					recent++
				}
			}
			if len(due) == 0 {
				continue
			}
			if now-due[0] > int(Span/time.Second) {
				t.Fatalf("an event of %d waits at %d", due[0], now)
			}
			switch Gather(recent, len(due)) {
			case Each:
				for range due {
					messages = append(messages, now)
				}
				recent += len(due)
			case Together:
				messages = append(messages, now)
				recent++
			case Hold:
				continue
			}
			if recent > Most {
				t.Fatalf("%d messages in a minute at %d", recent, now)
			}
			told, due = told+len(due), nil
		}
		if len(gaps) <= Most && len(messages) != len(gaps) {
			t.Fatalf("%d events became %d messages", len(gaps), len(messages))
		}
	})
	if Gather(0, 6) != Together || Gather(0, 5) != Each || Gather(5, 1) != Hold {
		t.Error("six at once are not one")
	}
}

func TestQuietHoursEndWhenTheClockSaysSo(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	night := Quiet{From: 22 * 60, To: 7 * 60}
	for _, c := range []struct {
		q        Quiet
		now, end string // empty: not quiet
	}{
		{night, "2026-06-01T21:59:59+02:00", ""},
		{night, "2026-06-01T22:00:00+02:00", "2026-06-02T07:00:00+02:00"},
		{night, "2026-06-02T06:59:00+02:00", "2026-06-02T07:00:00+02:00"},
		{night, "2026-06-02T07:00:00+02:00", ""},
		{night, "2026-03-28T23:00:00+01:00", "2026-03-29T07:00:00+02:00"}, // the night in which an hour is missing
		{night, "2026-10-24T23:00:00+02:00", "2026-10-25T07:00:00+01:00"}, // and the one with an hour twice
		{night, "2026-12-31T23:30:00+01:00", "2027-01-01T07:00:00+01:00"},
		{Quiet{From: 60, To: 120}, "2026-06-01T01:30:00+02:00", "2026-06-01T02:00:00+02:00"},
		{Quiet{}, "2026-06-01T00:00:00+02:00", ""},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		end, quiet := c.q.Until(now.In(berlin))
		if got := end.Format(time.RFC3339); quiet != (c.end != "") || quiet && got != c.end {
			t.Errorf("at %s: %v until %s, want %q", c.now, quiet, got, c.end)
		}
	}
	for text, want := range map[string]bool{"22:00-07:00": true, "off": true, "01:30-02:00": true, "22-7": false,
		"24:00-01:00": false, "": false, "22:00": false, "07:00-07:00": false} {
		if q, err := ParseQuiet(text); (err == nil) != want || want && q.String() != text {
			t.Errorf("%q is %v, %v", text, q, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		q := Quiet{rapid.IntRange(0, 1439).Draw(t, "from"), rapid.IntRange(0, 1439).Draw(t, "to")}
		now := time.Unix(rapid.Int64Range(1.7e9, 1.9e9).Draw(t, "now"), 0).In(berlin)
		if end, quiet := q.Until(now); quiet && (!end.After(now) || end.Sub(now) > 25*time.Hour) {
			t.Fatalf("%v at %v until %v", q, now, end)
		}
	})
}

func TestAFailureIsTriedAgainForADay(t *testing.T) {
	first := time.Unix(1_800_000_000, 0)
	count := func(a Answer) (n int, last time.Duration) {
		for now, tries := first, 1; ; tries++ {
			next, again := Again(first, now, tries, a)
			if !again {
				return tries, now.Sub(first)
			}
			if pause := next.Sub(now); pause <= 0 && now.Sub(first) < GiveUp {
				t.Fatalf("after %d tries a pause of %v", tries, pause)
			}
			now = next
		}
	}
	if n, last := count(Answer{Fault: Away}); n < 10 || n > 20 || last != GiveUp {
		t.Errorf("%d tries in %v", n, last)
	}
	if n, last := count(Answer{Fault: Refused}); n < 5 || n > 15 || last != GiveUp {
		t.Errorf("refused: %d tries in %v", n, last)
	}
	if n, _ := count(Answer{Fault: Content}); n != 3 {
		t.Errorf("a message that is refused: %d tries", n)
	}
	if n, _ := count(Answer{Fault: Away, After: 999 * time.Hour}); n < 5 {
		t.Errorf("a server that wants to be left alone for ever: %d tries", n)
	}
	if next, _ := Again(first, first, 1, Answer{Fault: Away, After: time.Hour}); next.Sub(first) != time.Hour {
		t.Errorf("asked for an hour, got %v", next.Sub(first))
	}
	// The lid was closed for a week after the first try: one more try comes in any case.
	if _, again := Again(first, first.Add(7*24*time.Hour), 2, Answer{Fault: Away}); again {
		t.Error("it goes on after the try that came late")
	}
}
