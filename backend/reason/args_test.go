package reason_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"burnish/backend/reason"
)

func TestAReasonKeepsWhatItWasMadeFrom(t *testing.T) {
	s := reason.New(reason.FakeCapacity, "claimed", int64(18_000_207_937_536), "real", int64(2_000_398_934_016))
	if s.Text != "It claims 18.0 TB (18000207937536 bytes), but what is written beyond about 2.0 TB (2000398934016 "+
		"bytes) is lost or lands elsewhere." {
		t.Errorf("%q", s.Text)
	}
	data, err := json.Marshal(s)
	if err != nil || !strings.Contains(string(data), `"args":{"claimed":18000207937536,"real":2000398934016}`) {
		t.Fatalf("%s, %v", data, err)
	}
	var back *reason.Said
	if err := json.Unmarshal(data, &back); err != nil || !back.Same(s) {
		t.Errorf("%+v, %v", back, err)
	}
	if n, ok := back.Args["claimed"].Int(); n != 18_000_207_937_536 || !ok {
		t.Errorf("%d, %v", n, ok)
	}
	if s := reason.New(reason.NeverBegun); s.Args != nil {
		t.Errorf("%v", s.Args)
	}
	// What says itself in words is a text.
	s = reason.New(reason.Internal, "error", errors.New("a\x1bb"), "limit", time.Minute)
	if _, number := s.Args["limit"].Int(); number || s.Args["limit"].String() != "1m0s" ||
		s.Args["error"].String() != "a\ufffdb" {
		t.Errorf("%+v", s.Args)
	}
}

func TestReasonsOfBeforeTheyKeptValuesAndOfLaterOnesAreRead(t *testing.T) {
	for in, want := range map[string]string{
		`{"code":"stuck","title":"a","text":"b","hint":"c"}`: `{"code":"stuck","title":"a","text":"b","hint":"c"}`,
		`{"code":"stuck","title":"a","text":"b","hint":"c","args":{"n":9007199254740993,"s":"x\u001b\u202ey","l":[1],
			"o":{"a":1},"z":null,"":"no","t":true}}`: `{"code":"stuck","title":"a","text":"b","hint":"c",` +
			`"args":{"n":9007199254740993,"s":"x` + "\ufffd\ufffd" + `y"}}`,
		`{"code":"stuck","title":"a","text":"b","hint":"c","args":7}`: `{"code":"stuck","title":"a","text":"b",` +
			`"hint":"c"}`,
	} {
		var s reason.Said
		if err := json.Unmarshal([]byte(in), &s); err != nil {
			t.Error(err)
		}
		if got, err := json.Marshal(&s); err != nil || string(got) != want {
			t.Errorf("%s, %v", got, err)
		}
	}
	long, _ := json.Marshal(map[string]string{"s": strings.Repeat("x", 1e6)})
	many := map[string]int{}
	for i := range 1000 {
		many[strings.Repeat("n", i%30+1)+string(rune('a'+i%26))] = i
	}
	lots, _ := json.Marshal(many)
	for _, in := range [][]byte{long, lots, []byte(`{"n":1` + strings.Repeat("0", 1e5) + `}`)} {
		var a reason.Args
		if err := json.Unmarshal(in, &a); err != nil {
			t.Error(err)
		}
		if out, err := json.Marshal(a); err != nil || len(out) > 2000 || len(a) > 24 {
			t.Errorf("%d bytes, %d of them, %v", len(out), len(a), err)
		}
	}
}

func TestTheSameReasonIsKnownAgain(t *testing.T) {
	a, b := reason.New(reason.Hot, "temperature", 61, "stage", "s", "limit", 60), reason.New(reason.Hot, "temperature",
		61, "stage", "s", "limit", 60)
	old := &reason.Said{Code: a.Code, Title: a.Title, Text: a.Text, Hint: a.Hint}
	other := reason.New(reason.FakeCapacity, "claimed", int64(2e12), "real", int64(1e12))
	near := reason.New(reason.FakeCapacity, "claimed", int64(2e12), "real", int64(1e12+512))
	var none *reason.Said
	if !a.Same(b) || !a.Same(old) || !old.Same(a) || !none.Same(nil) {
		t.Error("the same is told as another")
	}
	if a.Same(other) || other.Same(near) || none.Same(a) || a.Same(nil) {
		t.Error("others are told as the same")
	}
}

// typed is how a hint reads that sends a person to the command line.
var typed = regexp.MustCompile(`(^|[\s(])--[a-z]|\bburnish [a-z]+|command line|at a terminal|\bNAME\b`)

func TestNoHintSendsAPersonAtTheWindowToTheCommandLine(t *testing.T) {
	n := 0
	for _, e := range reason.All() {
		hint := func(s string) string { return strings.ReplaceAll(s, "the service burnish by hand", "") }
		if typed.MatchString(hint(e.Hint)) {
			n++
		}
		if got := hint(reason.New(e.Code).Window().Hint); typed.MatchString(got) {
			t.Errorf("%s: %q", e.Code, got)
		}
		if e.Window == e.Hint && e.Hint != "" {
			t.Errorf("%s says the same twice", e.Code)
		}
	}
	if n < 20 {
		t.Errorf("only %d hints name what to type: this test does not look at them", n)
	}
}

func TestTheWindowHasItsOwnHint(t *testing.T) {
	s := reason.New(reason.NoSuchPlan, "plan", "x")
	if s.Hint != "burnish plans lists the built-in ones." || s.Window().Hint != "Choose another plan." ||
		s.Window().Window().Hint != "Choose another plan." {
		t.Errorf("%+v", s)
	}
	s = reason.New(reason.WrongUse, "what", "x", "hint", "Give --user.").AtWindow("Type the user.")
	if s.Hint != "Give --user." || s.Window().Hint != "Type the user." {
		t.Errorf("%+v", s)
	}
	if s := reason.New(reason.Stuck, "stage", "a", "minutes", 3); s.Window().Hint != s.Hint {
		t.Errorf("%+v", s.Window())
	}
	if s := (&reason.Said{Code: "of_later", Hint: "h"}); s.Window().Hint != "h" || (*reason.Said)(nil).Window() != nil {
		t.Errorf("%+v", s.Window())
	}
}

// TestNoTextSaysBytesByTheirNumberAlone: sizes are said as people read them.
func TestNoTextSaysBytesByTheirNumberAlone(t *testing.T) {
	bare := regexp.MustCompile(`\} bytes?\b|\|byte`)
	for _, e := range reason.All() {
		if m := bare.FindString(e.Text + " " + e.Hint + " " + e.Window); m != "" {
			t.Errorf("%s: %q; write {name:size} or {name:exact}", e.Code, m)
		}
	}
}

// TestWhatSendsToTheCableIsMarked: beside evidence against the drive the window leaves such a hint out.
func TestWhatSendsToTheCableIsMarked(t *testing.T) {
	for _, e := range reason.All() {
		sends := regexp.MustCompile(`(?i)\b(cable|slot)\b`).MatchString(e.Hint)
		if e.Kind == reason.Note && sends != e.Path {
			t.Errorf("%s: path is %v; its hint: %s", e.Code, e.Path, e.Hint)
		}
	}
}
