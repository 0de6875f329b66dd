package erase

import (
	"encoding/json"
	"strings"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// TestWhatSomebodyElseWroteIsKnownFromTheValueOfTheRefusal also from journals of before reasons kept their values, and
// never from words that happen to stand in another value.
func TestWhatSomebodyElseWroteIsKnownFromTheValueOfTheRefusal(t *testing.T) {
	old := otherData("what this job left there", "", 4711)
	old.Args = nil
	for name, c := range map[string]struct {
		said *reason.Said
		want string
	}{
		"by its value": {otherData("what this job left there", "data: ", 4711),
			"It found other data at LBA 4711"},
		"of before values were kept":       {old, "It found other data at LBA 4711."},
		"words that stand in a drive":      {reason.New(reason.UsageChanged, "expected", "x", "found", "other data at LBA 7"), ""},
		"another refusal":                  {reason.New(reason.UsageChanged, "expected", "none", "found", "a pool"), ""},
		"another reason with such a value": {reason.New(reason.Hot, "lba", 3), ""},
	} {
		data, err := json.Marshal(burnin.StageChange{Reason: c.said})
		if err != nil {
			t.Fatal(err)
		}
		var d writeHistory
		if err := d.apply(burnin.EvStage, data); err != nil || d.foreign != c.want {
			t.Errorf("%s: %q, want %q (%v)", name, d.foreign, c.want, err)
		}
		line := false
		for _, part := range tellsWrites {
			line = line || strings.Contains(string(data), string(part))
		}
		if !line && c.want != "" {
			t.Errorf("%s: its line is passed over: %s", name, data)
		}
	}
}
