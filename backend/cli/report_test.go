package cli

import (
	gobytes "bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"burnish/backend/demo"
	"burnish/backend/jobs"
	"burnish/backend/nas"
)

// The demo on one sound, one bad and one locked drive: the whole command line, without root. The report of the bad one
// names its sector in each form.
func TestTheDemoAndItsReports(t *testing.T) {
	var cases []demo.Case
	for _, c := range demo.Cases() {
		switch c.Drive.Identity.Serial {
		case "BRN5S201", "BRN9N301", "BRN0B106":
			c.Drive.BytesPerSecond = 0
			cases = append(cases, c)
		}
	}
	program := func(string) ([]byte, error) { return []byte("the runner's program"), nil }
	dir := t.TempDir()
	run := func(args ...string) (int, string, string) {
		var out, errs gobytes.Buffer
		code := Main(context.Background(), append([]string{"--data-dir", dir}, args...), Env{
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "test", Home: t.TempDir(),
			Now: time.Now,
			Open: func(ctx context.Context, dir string) (*jobs.Service, func() error, error) {
				return jobs.OpenWith(ctx, dir, nas.Options{Runner: program})
			},
			Practice: func(ctx context.Context, dir string) (*jobs.Service, []demo.Case, func() error, error) {
				svc, closeAll, err := demo.Open(ctx, dir, "test", program, cases)
				return svc, cases, closeAll, err
			},
		})
		return code, out.String(), errs.String()
	}
	code, out, errs := run("demo", "--headless", "--json")
	if code != ExitDone {
		t.Errorf("exit code %d: %s", code, errs)
	}
	var bad string
	for line := range strings.Lines(out) {
		var row outcomeRow
		if json.Unmarshal([]byte(line), &row) != nil || row.Serial == "" {
			continue
		}
		if row.Serial == "BRN5S201" {
			bad = row.Job
		}
	}
	if bad == "" {
		t.Fatalf("no job of the bad drive: %s %s", out, errs)
	}
	for _, format := range []string{"html", "json", "csv"} {
		file := filepath.Join(t.TempDir(), "report")
		if code, _, errs := run("report", bad, "--format", format, "-o", file); code != ExitDone {
			t.Fatalf("%s: %d %s", format, code, errs)
		}
		data, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(data), "17017") {
			t.Errorf("%s: LBA 17017 is not in it (%v)", format, err)
		}
	}
	if page, err := os.ReadFile(filepath.Join(dir, "report.html")); err != nil || !strings.Contains(string(page),
		"BRN9N301") {
		t.Errorf("the summary does not name the sound drive (%v)", err)
	}
	for i := range cases { // what the drives deserve is compared, not assumed
		if cases[i].LBA != 0 {
			cases[i].LBA++
		}
	}
	if code, _, errs := run("demo", "--headless", "--json"); code != ExitUnknown || !strings.Contains(errs,
		"demo_differs") {
		t.Errorf("a demo that differs: %d %s", code, errs)
	}
}
