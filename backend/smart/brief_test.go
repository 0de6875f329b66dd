package smart

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is kept of a capture must be judged as the capture is.
func TestABriefHealthIsJudgedLikeTheWholeOne(t *testing.T) {
	for name, data := range captures(t) {
		h, err := Parse(data)
		if err != nil {
			continue
		}
		line, err := json.Marshal(h.Brief())
		if err != nil {
			t.Fatal(err)
		}
		if len(line) > 32<<10 {
			t.Errorf("%s: a brief health of %d bytes", name, len(line))
		}
		var kept Health
		if err := json.Unmarshal(line, &kept); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(h.Brief(), kept); d != "" {
			t.Errorf("%s: kept is another (-was +is):\n%s", name, d)
		}
		whole, brief := marks(Judge(h, DeclaredNew, true)), marks(Judge(kept, DeclaredNew, true))
		if d := cmp.Diff(whole, brief); d != "" {
			t.Errorf("%s: judged otherwise (-whole +brief):\n%s", name, d)
		}
		if got := Compare(kept, kept, DeclaredUnknown); len(got) > 0 {
			t.Errorf("%s: findings between a health and itself: %v", name, got)
		}
	}
}

func marks(all []Finding) map[string]Severity {
	out := map[string]Severity{}
	for _, f := range all {
		out[f.Rule] = f.Severity
	}
	return out
}

func TestABriefHealthIsBounded(t *testing.T) {
	h := Health{Messages: []string{"x"}}
	for i := range int64(500) {
		long := strings.Repeat("ä", 300)
		h.Attributes = append(h.Attributes, Attribute{ID: i, Name: long, Text: long})
		h.SelfTests = append(h.SelfTests, SelfTestRow{Type: Short, Text: long, Hours: &i})
		h.ErrorLog = append(h.ErrorLog, ErrorLogEntry{Number: i, Text: long})
	}
	b := h.Brief()
	line, err := json.Marshal(b)
	if err != nil || len(line) > 64<<10 {
		t.Errorf("%d bytes, %v", len(line), err)
	}
	if len(b.SelfTests) != briefRows || *b.SelfTests[0].Hours != 0 {
		t.Error("not the newest rows are kept")
	}
	if len(h.Attributes[0].Name) != 600 {
		t.Error("the whole health was changed")
	}
}

func TestAFindingIsReadBackAsItWas(t *testing.T) {
	for _, f := range []Finding{
		{Rule: "a", Severity: Fail, Before: int64(0), After: int64(1<<62 + 1)},
		{Rule: "b", Severity: Warn, Item: "x", Before: nil, After: "PASSED"},
	} {
		line, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var got Finding
		if err := json.Unmarshal(line, &got); err != nil || got != f {
			t.Errorf("%s gives %+v, %v", line, got, err)
		}
	}
	var f Finding
	if json.Unmarshal([]byte(`{"rule":"a","before":1.5}`), &f) == nil || json.Unmarshal([]byte(`{"rule":"a","after":{}}`), &f) == nil {
		t.Error("values that no finding has were taken")
	}
}

func TestRowsPutTwoCapturesSideBySide(t *testing.T) {
	before, after := parsed(t, []byte(disk)), parsed(t, edited(t, disk, raw("5", 8), edit{"power_on_time.hours", 21}))
	changed := map[string]string{}
	for _, r := range Rows(before, after) {
		if r.Changed {
			changed[fmt.Sprintf("%d %s", r.ID, r.Name)] = fmt.Sprintf("%d %d", *r.Before, *r.After)
		}
	}
	for _, r := range Rows(before, after) {
		if r.Says == "" {
			t.Errorf("%d %s: what it means is not said", r.ID, r.Name)
		}
		if judged := r.ID == 5 || r.Name == "reallocated"; judged != (r.Rule == "reallocated") {
			t.Errorf("%d %s is judged by %q", r.ID, r.Name, r.Rule)
		}
	}
	want := map[string]string{"0 power_on_hours": "20 21", "0 reallocated": "0 8", "5 Reallocated_Sector_Ct": "0 8"}
	if d := cmp.Diff(want, changed); d != "" {
		t.Errorf("changed rows (-want +got):\n%s", d)
	}
}

func TestUnknownTextsOfADriveAreNull(t *testing.T) {
	line, err := json.Marshal(NewReport(Health{Drive: Drive{Serial: "X", Protocol: ATA}}, nil, DeclaredUnknown))
	if err != nil || !strings.Contains(string(line), `"model":null`) || !strings.Contains(string(line), `"serial":"X"`) ||
		!strings.Contains(string(line), `"passed":null`) || !strings.Contains(string(line), `"findings":[]`) {
		t.Errorf("%s, %v", line, err)
	}
	var d Drive
	if err := json.Unmarshal([]byte(`{"model":null,"serial":"X","protocol":"ata"}`), &d); err != nil || d.Serial != "X" || d.Model != "" || d.Protocol != ATA {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestNVMeLogOfNVMeCLI(t *testing.T) {
	const old = `{"smartctl":{"exit_status":0},"device":{"name":"/dev/nvme0n1","protocol":"NVMe"},"power_on_time":{"hours":50},"smart_status":{"passed":true}}`
	read := func(log string) (Health, error) {
		h := parsed(t, []byte(old))
		return h, h.ReadNVMeLog([]byte(log))
	}
	before, err := read(`{"Current Device Self-Test Operation":0,"Current Device Self-Test Completion":0,"List of Valid Reports":[{"Self test result":15}]}`)
	if err != nil || before.SelfTests == nil || len(before.SelfTests) != 0 || before.Running != nil {
		t.Fatalf("an empty log: %+v, %v", before.SelfTests, err)
	}
	running, err := read(`{"Current Device Self-Test Operation":1,"Current Device Self-Test Completion":40,"List of Valid Reports":[]}`)
	if err != nil || running.Running == nil || *running.Running.RemainingPercent != 60 ||
		running.Running.Type != Short {
		t.Errorf("a running test: %+v, %v", running.Running, err)
	}
	after, err := read(`{"Current Device Self-Test Operation":0,"Current Device Self-Test Completion":0,"List of Valid Reports":[
		{"Self test result":7,"Self test code":1,"Segment number":3,"Power on hours":50,"Failing LBA":4711},{"Self test result":15},{"Self test result":0,"Self test code":9,"Power on hours":99999}]}`)
	if row, state := NewSelfTestRow(before, after, Short); err != nil || state != Failed || *row.LBA != 4711 ||
		len(after.SelfTests) != 1 {
		t.Errorf("a failed test: %+v %s, %v", row, state, err)
	}
	for _, bad := range []string{``, `[]`, `{}`, `{"Current Device Self-Test Operation":0}`, `NVMe status: Invalid Field`} {
		if h, err := read(bad); err == nil || h.SelfTests != nil {
			t.Errorf("%q was taken for a log", bad)
		}
	}
}

func FuzzReadNVMeLog(f *testing.F) {
	f.Add([]byte(`{"Current Device Self-Test Operation":2,"Current Device Self-Test Completion":40,"List of Valid Reports":[{"Self test result":0,"Self test code":1,"Power on hours":50},null,{"Self test result":15}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var h Health
		err := h.ReadNVMeLog(data)
		if err != nil && (h.SelfTests != nil || h.Running != nil) {
			t.Errorf("an error, and yet %+v", h)
		}
		for _, row := range h.SelfTests {
			if row.Result == Passed && row.Text != nvmeResults[0] {
				t.Errorf("passed, with the text %q", row.Text)
			}
		}
	})
}
