package burnin

import (
	"encoding/json"
	"testing"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/smart"
)

// told folds a quick job whose final check told these events.
func told(t *testing.T, plan Plan, more ...func(stage int) (EventKind, any)) Job {
	t.Helper()
	var tr Tracker
	seq := int64(0)
	put := func(kind EventKind, data any) {
		t.Helper()
		raw, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		seq++
		if err := tr.Apply(Event{Seq: seq, WallMs: seq * 1000, Boot: "b", Kind: kind, Data: raw}); err != nil {
			t.Fatal(err)
		}
	}
	put(EvHead, Head{Format: Format, MinReader: MinReader, Job: "0123456789abcdefghij", Run: 1, Plan: plan,
		Drive: drive.Identity{Serial: "S", SizeBytes: 1}})
	put(EvRunning, nil)
	last := len(plan.Stages) - 1
	for i, s := range plan.Stages {
		put(EvStage, StageChange{Stage: i, Kind: s.Kind, State: Running})
		if s.Kind.SMART() {
			put(EvFact, Fact{Stage: i, ID: FactSelfTest, OK: true})
		}
		if i == last {
			put(EvFact, Fact{Stage: i, ID: FactIdentity, OK: true})
			for _, event := range more {
				put(event(i))
			}
		}
		change := StageChange{Stage: i, Kind: s.Kind, State: Passed}
		if s.Kind.SMART() {
			change.SelfTest = &smart.SelfTestRow{Type: smart.Short, Result: smart.Passed}
		}
		put(EvStage, change)
	}
	put(EvEnd, End{State: Passed})
	return tr.Job()
}

func fact(id string, ok, beside bool) func(int) (EventKind, any) {
	return func(stage int) (EventKind, any) {
		return EvFact, Fact{Stage: stage, ID: id, OK: ok, Beside: beside}
	}
}

func findings(all ...smart.Finding) func(int) (EventKind, any) {
	return func(stage int) (EventKind, any) { return EvFindings, FindingsData{Stage: stage, Findings: all} }
}

func TestAPassNeedsTheDrivesHealthCompared(t *testing.T) {
	quick, _ := PlanNamed("quick")
	without := quick
	without.WithoutSMART = true
	compared, logged := fact(FactHealth, true, false), fact(FactSelfTestLog, true, false)
	bad := smart.Finding{Rule: "pending", Severity: smart.Fail, Before: int64(0), After: int64(8)}
	fine := smart.Finding{Rule: "crc", Severity: smart.Warn, Before: int64(0), After: int64(2), Says: "Cable."}
	for name, c := range map[string]struct {
		plan  Plan
		tells []func(int) (EventKind, any)
		want  State
	}{
		"all of it":                           {quick, []func(int) (EventKind, any){compared, logged}, Passed},
		"not compared":                        {quick, []func(int) (EventKind, any){logged}, Unknown},
		"the self-test log was not looked at": {quick, []func(int) (EventKind, any){compared}, Unknown},
		"compared, with something against it": {quick, []func(int) (EventKind, any){compared, logged, findings(bad)},
			Unknown},
		"compared, with a warning": {quick, []func(int) (EventKind, any){compared, logged, findings(fine)},
			Passed},
		"what stands beside decides nothing": {quick, []func(int) (EventKind, any){compared, logged,
			fact("no_kernel_errors", false, true)}, Passed},
		"what does not stand beside decides": {quick, []func(int) (EventKind, any){compared, logged,
			fact("else", false, false)}, Unknown},
		"a drive that knowingly was not asked": {without, nil, Passed},
	} {
		if job := told(t, c.plan, c.tells...); job.State != c.want {
			t.Errorf("%s: %s, missing %q", name, job.State, job.Verdict.Missing)
		}
	}
}

func TestFindingsAreNeverSoftened(t *testing.T) {
	quick, _ := PlanNamed("quick")
	job := told(t, quick, fact(FactHealth, true, false), fact(FactSelfTestLog, true, false),
		findings(smart.Finding{Rule: "too_hot", Severity: smart.Warn, Item: "", After: int64(61), Says: "Hot."},
			smart.Finding{Rule: "x", Item: "1", Severity: smart.Info}),
		findings(smart.Finding{Rule: "x", Item: "2", Severity: smart.Info},
			smart.Finding{Rule: "too_hot", Severity: smart.Info, Before: int64(61), After: int64(40), Says: "Hot."}))
	if len(job.Findings) != 3 || job.Findings[0].Severity != smart.Warn || job.Findings[0].After != int64(40) {
		t.Fatalf("%+v", job.Findings)
	}
	want := reason.New("smart_warning", "says", "Hot.", "figures", "61, then 40")
	if len(job.Warnings) != 1 || !job.Warnings[0].Same(want) {
		t.Errorf("warnings %+v", job.Warnings)
	}
}

func TestTheFirstHealthIsKeptForTheWholeJob(t *testing.T) {
	quick, _ := PlanNamed("quick")
	at := func(hours int64) func(int) (EventKind, any) {
		return func(stage int) (EventKind, any) {
			return EvHealth, HealthData{Stage: stage, Health: smart.Health{PowerOnHours: &hours}}
		}
	}
	job := told(t, quick, at(10), at(11), at(12))
	h := job.Health
	if h == nil || *h.Before.PowerOnHours != 10 || *h.After.PowerOnHours != 12 || len(h.Rows) != 1 ||
		!h.Rows[0].Changed {
		t.Errorf("%+v", h)
	}
}
