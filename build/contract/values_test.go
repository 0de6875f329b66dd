package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/demo"
	"burnish/backend/desk"
	"burnish/backend/runner/bin"
	"burnish/backend/wire"
)

// page is api.ts as it is read here, by itself: what each interface has, and the types that stand for others.
type page struct {
	t       *testing.T
	members map[string]map[string]string // by interface and name; a name that may be missing ends with ?
	aliases map[string]string
}

func readPage(t *testing.T) page {
	t.Helper()
	raw, err := os.ReadFile("../../frontend/src/shared/api.ts")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?s)/\*\*.*?\*/\n?`).ReplaceAllString(string(raw), "")
	p := page{t, map[string]map[string]string{}, map[string]string{}}
	for _, m := range regexp.MustCompile(`(?s)export interface (\w+) \{\n(.*?)\n\}`).FindAllStringSubmatch(text, -1) {
		p.members[m[1]] = map[string]string{}
		for line := range strings.Lines(m[2]) {
			name, is, _ := strings.Cut(strings.TrimSpace(line), ": ")
			p.members[m[1]][name] = is
		}
	}
	for _, m := range regexp.MustCompile(`export type (\w+) =((?:\s*\|? ?(?:'[^']*'|"[^"]*"))+)`).FindAllStringSubmatch(text, -1) {
		p.aliases[m[1]] = strings.Trim(strings.Join(strings.Fields(m[2]), " "), "| ")
	}
	return p
}

// fits reports where a value is not of its type.
func (p page) fits(value any, is, where string) {
	p.t.Helper()
	if rest, ok := strings.CutSuffix(is, " | null"); ok && !strings.HasPrefix(is, "(") {
		if value == nil {
			return
		}
		is = rest
	}
	if all, ok := p.aliases[is]; ok {
		is = all
	}
	elem, isList := strings.CutSuffix(is, "[]")
	item, isRecord := strings.CutPrefix(is, "Record<string, ")
	switch v := value.(type) {
	case []any:
		if isList {
			for i, x := range v {
				p.fits(x, strings.Trim(elem, "()"), fmt.Sprintf("%s[%d]", where, i))
			}
			return
		}
	case map[string]any:
		if isRecord {
			for k, x := range v {
				p.fits(x, strings.TrimSuffix(item, ">"), where+"."+k)
			}
			return
		}
		if members, ok := p.members[is]; ok {
			p.has(v, members, where)
			return
		}
	case bool:
		if is == "boolean" {
			return
		}
	case float64:
		if slices.Contains(strings.Split(is, " | "), "number") {
			return
		}
	case string:
		if all := strings.Split(is, " | "); slices.Contains(all, "string") || slices.Contains(all, "'"+v+"'") ||
			slices.Contains(all, `"`+v+`"`) {
			return
		}
	}
	p.t.Errorf("%s is %v, not %s", where, value, is)
}

func (p page) has(value map[string]any, members map[string]string, where string) {
	p.t.Helper()
	for name, is := range members {
		bare, optional := strings.CutSuffix(name, "?")
		x, there := value[bare]
		switch {
		case there:
			p.fits(x, is, where+"."+bare)
		case !optional:
			p.t.Errorf("%s.%s is missing", where, bare)
		}
	}
	for name := range value {
		if _, ok := members[name]; !ok && members[name+"?"] == "" {
			p.t.Errorf("%s.%s is not in the contract", where, name)
		}
	}
}

func (p page) fitsGo(value any, is string) {
	p.t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		p.t.Fatal(err)
	}
	var read any
	if err := json.Unmarshal(raw, &read); err != nil {
		p.t.Fatal(err)
	}
	p.fits(read, is, is)
}

// TestValuesAreAsTheContractSays: what encoding/json makes of jobs and rows has each name of the contract, none beside
// them, and each value is of its type.
func TestValuesAreAsTheContractSays(t *testing.T) {
	p := readPage(t)
	dirs, err := filepath.Glob("../../backend/burnin/testdata/journals/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no journals", err)
	}
	for _, dir := range dirs {
		var runs [][]burnin.Event
		files, err := filepath.Glob(filepath.Join(dir, "run-*.ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			events, err := wire.DecodeJournal(raw)
			if err != nil {
				t.Fatal(err)
			}
			runs = append(runs, events)
			for cut := range events { // at each moment of its life
				job, err := burnin.Fold(append(slices.Clone(runs[:len(runs)-1]), events[:cut+1]), nil)
				if err != nil {
					t.Fatal(err)
				}
				p.fitsGo(job, "BurninJob")
			}
		}
	}
	p.fitsGo(desk.Snapshot{}, "Snapshot")
	p.fitsGo(desk.Delta{}, "Delta")
}

// TestTheDesksRowsAreAsTheContractSays: all that a desk tells of the practice NAS.
func TestTheDesksRowsAreAsTheContractSays(t *testing.T) {
	if _, err := bin.Runner("amd64"); err != nil {
		t.Skip("needs the embedded runner: make runner")
	}
	p := readPage(t)
	svc, closeAll, err := demo.Open(context.Background(), t.TempDir(), "test", bin.Runner, demo.Cases())
	if err != nil {
		t.Fatal(err)
	}
	told := func(event string, data any) { p.fitsGo(data, p.members["Events"][key(event)]) }
	d, err := desk.Open(desk.Options{Service: svc, Emit: told, Version: "test", Practice: demo.Name, Home: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		d.Close()
		if err := closeAll(); err != nil {
			t.Error(err)
		}
	}()
	nas := d.Snapshot().NAS[0].ID
	if err := d.Survey(nas); err != nil {
		t.Fatal(err)
	}
	s := d.Snapshot()
	p.fitsGo(s, "Snapshot")
	steps, err := d.TestNAS(nas)
	if err != nil || len(s.Drives) == 0 || len(steps) == 0 {
		t.Fatalf("%d drives, %d steps, %v", len(s.Drives), len(steps), err)
	}
	p.fitsGo(steps, "Step[]")
	jobs, err := d.Start(desk.StartOrder{NAS: nas, Drives: []string{s.Drives[0].ID}, Plan: "quick", Declared: "unknown"})
	if err != nil {
		t.Fatal(err)
	}
	p.fitsGo(jobs, "Job[]")
	whole, err := d.Whole(jobs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	p.fitsGo(whole, "JobWhole")
}
