package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/surface"
	"burnish/backend/wire"
)

// golden reads the journals that runners have written.
func golden(t *testing.T) map[string]Input {
	t.Helper()
	dirs, err := filepath.Glob("../burnin/testdata/journals/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no journals: %v", err)
	}
	out := map[string]Input{}
	for _, dir := range dirs {
		in := Input{Burnish: "test", WrittenMs: 1_700_000_000_000}
		for n := 1; ; n++ {
			data, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("run-%d.ndjson", n)))
			if err != nil {
				break
			}
			events, err := wire.DecodeJournal(data)
			if err != nil {
				t.Fatal(err)
			}
			in.Events = append(in.Events, events)
			in.Files = append(in.Files, File{fmt.Sprintf("run-%d.ndjson", n), int64(len(data)),
				strings.Repeat("ab", 32)})
		}
		if in.Job, err = burnin.Fold(in.Events, nil); err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(dir)] = in
	}
	return out
}

func html(t *testing.T, all ...Input) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, "Report", all...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Each journal there is gives a page that says the state with how far it goes, the reason, each bad range and the hash
// of each file, and that fetches and runs nothing.
func TestAPageSaysWhatTheJournalSays(t *testing.T) {
	for name, in := range golden(t) {
		page := html(t, in)
		want := []string{Word(in.Job), in.Job.ID, in.Files[0].SHA256}
		if in.Job.Reason != nil {
			want = append(want, escaped(in.Job.Reason.Title))
		}
		for _, s := range in.Job.Stages {
			for _, r := range s.BadRanges {
				want = append(want, fmt.Sprintf("<td>%d</td><td>%d</td><td>%s</td>", r.FirstLBA, r.LastLBA, r.Kind))
			}
		}
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the page does not say %q", name, w)
			}
		}
		for _, bad := range []string{"<script", "http://", "https://", "src=", "url(", "@import", "javascript:"} {
			if strings.Contains(strings.ToLower(page), bad) {
				t.Errorf("%s: the page holds %q", name, bad)
			}
		}
	}
}

// escaped escapes as the page does.
func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

const hostile = `"><script>alert(1)</script>{{.}}</style>` + "\x1b[2J\u202e\n=HYPERLINK(1)"

// hostileInput is a job of which each text that a NAS or a drive gives is hostile.
func hostileInput() Input {
	serial, wwn := hostile, hostile
	j := burnin.Job{ID: "0123456789abcdefghij", NAS: hostile, Plan: hostile, State: burnin.Failed}
	j.Drive = burnin.Drive{ID: hostile, Serial: &serial, WWN: &wwn, Model: hostile, Path: hostile, SizeBytes: 4096,
		Logical: 512}
	j.Identity = drive.Identity{Firmware: hostile}
	j.Machine = burnin.NAS{Hostname: hostile, MachineID: hostile}
	j.Reason = &reason.Said{Code: "surface_errors", Title: hostile, Text: hostile, Hint: hostile}
	j.Warnings = []reason.Said{{Code: "hot", Title: hostile, Text: hostile}}
	j.Stages = []burnin.Stage{{Kind: burnin.SurfaceValidate, State: burnin.Failed,
		BadRanges: []surface.Range{{FirstLBA: 3, LastLBA: 4, Kind: surface.KindRead, Errno: hostile}}}}
	j.Verdict.Evidence = []burnin.Evidence{{ID: hostile, Value: "+1", Source: "@x"}}
	j.Verdict.Lacks = []burnin.Lack{{Source: "=1", ID: "-1"}}
	return Input{Job: j, Burnish: "test", Files: []File{{Name: hostile}}}
}

func TestHostileTextIsTextInHTML(t *testing.T) {
	page := html(t, hostileInput(), hostileInput())
	for _, bad := range []string{"<script", "\x1b", "\u202e"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if n := strings.Count(page, "</style>"); n != 1 {
		t.Errorf("%d ends of the style", n)
	}
	// Outside its head the page is well-formed XML but for void elements: nothing was broken out of.
	body := page[strings.Index(page, "<body>") : strings.Index(page, "</body>")+len("</body>")]
	dec := xml.NewDecoder(strings.NewReader(body))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	allowed := strings.Fields("body h1 h2 h3 p table tr th td a section div strong br svg polyline figure " +
		"figcaption span code")
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := tok.(xml.StartElement); ok && !slices.Contains(allowed, start.Name.Local) {
			t.Errorf("an element %q", start.Name.Local)
		}
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for _, in := range append(slices.Collect(values(golden(t))), hostileInput()) {
		var b bytes.Buffer
		if err := CSV(&b, in); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) < 2+len(in.Job.Stages) {
			t.Errorf("%d rows", len(rows))
		}
		for _, row := range rows {
			for _, c := range row {
				if c != "" && strings.ContainsRune("=+-@\t\r\n", rune(c[0])) || strings.ContainsAny(c, "\x1b\u202e\n") {
					t.Errorf("a cell %q", c)
				}
			}
		}
	}
	for text, want := range map[string]string{"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", " =1": "' =1",
		"1-2": "1-2", "": ""} {
		if got := cell(text); got != want {
			t.Errorf("cell(%q) = %q", text, got)
		}
	}
}

func values(m map[string]Input) func(func(Input) bool) {
	return func(yield func(Input) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// The JSON is what show --json prints, and one key.
func TestJSONIsTheJobAndOneKeyMore(t *testing.T) {
	for name, in := range golden(t) {
		var b bytes.Buffer
		if err := JSON(&b, in); err != nil {
			t.Fatal(err)
		}
		var got, want map[string]json.RawMessage
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		job, _ := json.Marshal(in.Job)
		if err := json.Unmarshal(job, &want); err != nil {
			t.Fatal(err)
		}
		var extra about
		if err := json.Unmarshal(got["report"], &extra); err != nil || extra.Word != Word(in.Job) ||
			len(extra.Runners) != len(in.Events) {
			t.Errorf("%s: report %s (%v)", name, got["report"], err)
		}
		delete(got, "report")
		for key := range want {
			var a, b bytes.Buffer
			_ = json.Compact(&a, got[key])
			_ = json.Compact(&b, want[key])
			if !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Errorf("%s: %s differs", name, key)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d keys, not %d", name, len(got), len(want))
		}
	}
}

// A chart keeps the lowest and the highest value however many points there are.
func TestThinningKeepsADip(t *testing.T) {
	var points []point
	for i := range 5000 {
		points = append(points, point{float64(i) / 5000, 100})
	}
	points[3333].value, points[1234].value = 7, 190
	thinned := thin(points)
	if len(thinned) > 2*maxPoints {
		t.Errorf("%d points", len(thinned))
	}
	for _, want := range []point{points[3333], points[1234]} {
		if !slices.Contains(thinned, want) {
			t.Errorf("%v is lost", want)
		}
	}
	if _, ok := draw("", "", true, "", "", points[:1]); ok {
		t.Error("one point is no curve")
	}
}

func TestTheWordSaysHowFarItGoes(t *testing.T) {
	for coverage, want := range map[burnin.Coverage]string{
		burnin.CoverageNone: "passed, surface not tested", burnin.CoverageRead: "passed, every byte read",
		burnin.CoverageVerified: "passed, every byte written and verified",
	} {
		j := burnin.Job{State: burnin.Passed}
		j.Verdict.Coverage = coverage
		if got := Word(j); got != want {
			t.Errorf("%s: %q", coverage, got)
		}
		if page := html(t, Input{Job: j}); !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
