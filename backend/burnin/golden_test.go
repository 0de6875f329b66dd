package burnin_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"burnish/backend/burnin"
	"burnish/backend/wire"
)

// TestGoldenJournalsFoldAsEver reads journals that the runner wrote when their kind was new (backend/runner, -golden).
// They are never changed: a user's journals of that time are not either.
func TestGoldenJournalsFoldAsEver(t *testing.T) {
	dirs, err := filepath.Glob("testdata/journals/*")
	if err != nil || len(dirs) < 5 {
		t.Fatalf("%d golden journals, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var runs [][]burnin.Event
			for n := 1; ; n++ {
				raw, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("run-%d.ndjson", n)))
				if err != nil {
					break
				}
				events, err := wire.DecodeJournal(raw)
				if err != nil {
					t.Fatal(err)
				}
				runs = append(runs, events)
			}
			job, err := burnin.Fold(runs, nil)
			if err != nil {
				t.Fatal(err)
			}
			neverFalls(t, runs)
			raw, err := os.ReadFile(filepath.Join(dir, "fold.json"))
			if err != nil {
				t.Fatal(err)
			}
			// What the fold says today may be more than it said then, never other.
			var was, is any
			now, err := json.Marshal(job)
			if err != nil {
				t.Fatal(err)
			}
			if json.Unmarshal(raw, &was) != nil || json.Unmarshal(now, &is) != nil {
				t.Fatal("the fold is no JSON")
			}
			if diff := cmp.Diff(was, keep(is, was)); diff != "" {
				t.Errorf("the fold is another (-was +is):\n%s", diff)
			}
		})
	}
}

// neverFalls folds line by line.
func neverFalls(t *testing.T, runs [][]burnin.Event) {
	t.Helper()
	var fold burnin.Tracker
	var before []burnin.Stage
	for _, run := range runs {
		for _, ev := range run {
			if err := fold.Apply(ev); err != nil {
				t.Fatal(err)
			}
			for i, s := range fold.Job().Stages {
				if i < len(before) && before[i].Attempt == s.Attempt && s.Progress < before[i].Progress {
					t.Errorf("%s falls from %g to %g by line %d", s.Kind, before[i].Progress, s.Progress, ev.Seq)
				}
			}
			before = fold.Job().Stages
		}
	}
}

// keep cuts what was not said at the time out of what is said now.
func keep(is, was any) any {
	switch w := was.(type) {
	case map[string]any:
		m, ok := is.(map[string]any)
		if !ok {
			return is
		}
		out := map[string]any{}
		for k := range w {
			if v, there := m[k]; there {
				out[k] = keep(v, w[k])
			}
		}
		return out
	case []any:
		l, ok := is.([]any)
		if !ok || len(l) != len(w) {
			return is
		}
		out := make([]any, len(l))
		for i := range l {
			out[i] = keep(l[i], w[i])
		}
		return out
	}
	return is
}
