package burnin_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

func TestPlansHaveTitlesAsPeopleWriteThem(t *testing.T) {
	for name, want := range map[string]string{"truenas": "TrueNAS", "read-only": "Read-only", "standard": "Standard",
		"übung": "Übung", "": ""} {
		if got := (burnin.Plan{Name: name}).Title(); got != want {
			t.Errorf("%q is %q, not %q", name, got, want)
		}
	}
}

func TestBuiltInPlansAreRight(t *testing.T) {
	erases := map[string]bool{"quick": false, "read-only": false, "standard": true, "classic": true, "extended": true,
		"truenas": true}
	for _, p := range burnin.Plans() {
		if err := p.Check(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if p.Destroys() != erases[p.Name] {
			t.Errorf("%s erases: %v", p.Name, p.Destroys())
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := burnin.ParsePlan(text); err != nil || again.Name != p.Name ||
			len(again.Stages) != len(p.Stages) {
			t.Errorf("%s does not come back from its JSON: %v", p.Name, err)
		}
		delete(erases, p.Name)
	}
	if len(erases) > 0 {
		t.Errorf("missing: %v", erases)
	}
}

func TestPlansThatAreNotRight(t *testing.T) {
	for _, bad := range []string{
		``, `null`, `[]`, `{"name":"x"}`,
		`{"name":"x","stages":[{"kind":"precheck"}]}`,
		`{"name":"x","stages":[{"kind":"final_check"},{"kind":"precheck"}]}`,
		`{"name":"x","stages":[{"kind":"precheck"},{"kind":"precheck"},{"kind":"final_check"}]}`,
		`{"name":"x","stages":[{"kind":"precheck"},{"kind":"surface_validate"},{"kind":"final_check"}]}`,
		`{"name":"x","stages":[{"kind":"precheck"},{"kind":"surface_validate","engine":"stamp","passes":999},{"kind":"final_check"}]}`,
		`{"name":"x","stages":[{"kind":"precheck"},{"kind":"surface_validate","engine":"stamp","block_bytes":1000},{"kind":"final_check"}]}`,
		`{"name":"x","stages":[{"kind":"precheck"},{"kind":"shred"},{"kind":"final_check"}]}`,
		`{"name":"x","stages":[{"kind":"precheck","passes":2},{"kind":"final_check"}]}`,
		`{"name":"x","typo":1,"stages":[{"kind":"precheck"},{"kind":"final_check"}]}`,
		`{"name":"x","stages":[{"kind":"precheck"},{"kind":"final_check"}]} {}`,
	} {
		if _, err := burnin.ParsePlan([]byte(bad)); err == nil {
			t.Errorf("%s counts as a plan", bad)
		}
	}
}

func TestIDs(t *testing.T) {
	id, err := burnin.NewID(strings.NewReader(strings.Repeat("\xff\x00\x7f", 100)))
	if err != nil || !burnin.ValidID(id) {
		t.Errorf("%q, %v", id, err)
	}
	for _, bad := range []string{"", "short", strings.Repeat("a", 33), "ABCDEFGHIJKLMNOPQR", "0123456789abcdef/",
		"../../../../etc/passwd", "0123456789abcde\n"} {
		if burnin.ValidID(bad) {
			t.Errorf("%q counts as an id", bad)
		}
	}
}

// event makes an event out of what is drawn: legal or not.
func event(t *rapid.T, seq int64) burnin.Event {
	kind := rapid.SampledFrom([]burnin.EventKind{burnin.EvHead, burnin.EvHeld, burnin.EvQueued, burnin.EvRunning,
		burnin.EvStage, burnin.EvProgress, burnin.EvFact, burnin.EvEnd, "of_a_newer_version"}).Draw(t, "kind")
	state := rapid.SampledFrom([]burnin.State{burnin.Pending, burnin.Queued, burnin.Running, burnin.Passed,
		burnin.Failed, burnin.Cancelled, burnin.Unknown, burnin.Skipped, "nonsense"})
	stage := rapid.IntRange(-1, 3).Draw(t, "stage")
	var data any
	switch kind {
	case burnin.EvHead:
		data = burnin.Head{Format: 1, MinReader: 1, Job: "0123456789abcdefghij", Run: 1,
			Plan: burnin.Plan{Name: "p", Stages: []burnin.StageSpec{{Kind: burnin.Precheck},
				{Kind: burnin.SurfaceValidate, Engine: burnin.EngineRead}, {Kind: burnin.FinalCheck}}}}
	case burnin.EvStage:
		kinds := []burnin.StageKind{burnin.Precheck, burnin.SurfaceValidate, burnin.FinalCheck}
		c := burnin.StageChange{Stage: stage, State: state.Draw(t, "state"), Kind: kinds[max(stage, 0)%3]}
		if rapid.Bool().Draw(t, "said") {
			c.Reason = reason.New("stuck", "stage", "x", "minutes", 1)
		}
		data = c
	case burnin.EvProgress:
		data = burnin.Progress{Stage: stage, Done: rapid.Int64().Draw(t, "done"), Total: rapid.Int64().Draw(t, "total"),
			Covered: 5}
	case burnin.EvFact:
		data = burnin.Fact{Stage: stage, ID: "identity_same", OK: rapid.Bool().Draw(t, "ok")}
	case burnin.EvEnd:
		data = burnin.End{State: state.Draw(t, "state")}
	}
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	if rapid.IntRange(0, 9).Draw(t, "seq is wrong") == 0 {
		seq = rapid.Int64().Draw(t, "seq")
	}
	return burnin.Event{Seq: seq, WallMs: 1, Boot: "b", Kind: kind, Data: raw}
}

// TestNoEventLeadsToAnIllegalState: whatever is thrown at a tracker, it refuses it and stays as it was, or goes to a
// state that the transitions allow.
func TestNoEventLeadsToAnIllegalState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tracker, fed burnin.Tracker
		seq := int64(0)
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			before := tracker.Job()
			ev := event(t, seq+1)
			copied := tracker
			err := tracker.Apply(ev)
			after := tracker.Job()
			if !reflect.DeepEqual(copied.Job(), before) {
				t.Fatalf("a copy of the tracker changed with it")
			}
			shown := fed.Job()
			if fedErr := fed.Feed(ev); (fedErr == nil) != (err == nil) || !reflect.DeepEqual(fed.Job(), after) {
				t.Fatalf("fed: %v, applied: %v", fedErr, err)
			}
			if !reflect.DeepEqual(shown, before) {
				t.Fatal("a job that was shown changed with its tracker")
			}
			if err != nil {
				if fmt.Sprint(before) != fmt.Sprint(after) {
					t.Fatalf("a refused event changed the job: %v", err)
				}
				continue
			}
			seq++
			switch {
			case after.State == burnin.Passed && len(after.Verdict.Missing) > 0:
				t.Fatalf("passed, but missing %v", after.Verdict.Missing)
			case before.State.Ended() && before.State != burnin.Unknown && after.State != before.State:
				t.Fatalf("from %s to %s", before.State, after.State)
			case after.State.Ended() && after.State != burnin.Passed && after.Reason == nil:
				t.Fatalf("%s without a reason", after.State)
			}
		}
	})
}

func TestANewerJournalIsRefusedByName(t *testing.T) {
	head := burnin.Head{Format: 9, MinReader: 9, Runner: "v9", Job: "0123456789abcdefghij", Run: 1}
	raw, _ := json.Marshal(head)
	_, err := burnin.Fold([][]burnin.Event{{{Seq: 1, Kind: burnin.EvHead, Data: raw}}}, nil)
	var said *reason.Said
	if !errors.As(err, &said) || said.Code != "newer_data" {
		t.Errorf("%v", err)
	}
}

func TestAJobThatTheNASDoesNotHaveNeverBeganOnlyWhereThatIsKnown(t *testing.T) {
	for known, code := range map[bool]reason.Code{true: "never_begun", false: "record_removed"} {
		job, err := burnin.Fold(nil, &burnin.Observation{Missing: true, Untouched: known})
		if err != nil || job.State != burnin.Unknown || job.Reason.Code != code {
			t.Errorf("%s, %v, %v", job.State, job.Reason, err)
		}
	}
	if job, _ := burnin.Fold(nil, nil); job.State != burnin.Queued {
		t.Errorf("a job that was only asked for is %s", job.State)
	}
}
