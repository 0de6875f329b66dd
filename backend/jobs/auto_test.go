package jobs

import (
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
)

func TestWhatGoesOnWithoutBeingAsked(t *testing.T) {
	hours := func(h ...float64) (runs []burnin.Run) {
		for i, at := range h {
			runs = append(runs, burnin.Run{Run: i + 1,
				BootID: "before", StartedMs: int64(at * float64(time.Hour/time.Millisecond))})
		}
		return runs
	}
	const end = int64(200 * time.Hour / time.Millisecond)
	for name, c := range map[string]struct {
		state burnin.State
		said  *reason.Said
		runs  []burnin.Run
		boot  string
		want  bool
	}{
		"the NAS restarted":             {burnin.Unknown, reason.New("nas_restarted"), hours(0), "after", true},
		"the runner was killed":         {burnin.Unknown, reason.New("runner_killed"), hours(0), "before", true},
		"the NAS shut down and is back": {burnin.Unknown, reason.New("told_to_end"), hours(0), "after", true},
		"a person stopped the service":  {burnin.Unknown, reason.New("told_to_end"), hours(0), "before", false},
		"the drive vanished":            {burnin.Unknown, reason.New("drive_vanished"), hours(0), "after", false},
		"it got too hot":                {burnin.Unknown, reason.New("too_hot"), hours(0), "after", false},
		"usage changed":                 {burnin.Unknown, reason.New("usage_changed"), hours(0), "after", false},
		"stopped": {burnin.Cancelled, reason.New("stopped_by_person"), hours(0),
			"after", false},
		"failed":      {burnin.Failed, reason.New("surface_errors"), hours(0), "after", false},
		"at work":     {burnin.Running, nil, hours(0), "after", false},
		"never begun": {burnin.Unknown, reason.New("nas_restarted"), nil, "after", false},
		"twice today": {burnin.Unknown, reason.New("nas_restarted"), hours(0, 190, 195),
			"after", true},
		"three times today": {burnin.Unknown, reason.New("nas_restarted"), hours(0, 190, 195, 199),
			"after", false},
		"three times, one of them long ago": {burnin.Unknown, reason.New("nas_restarted"), hours(0, 100, 195, 199),
			"after", true},
		"many times, and the clock went back": {burnin.Unknown, reason.New("nas_restarted"), hours(0, 300, 400, 500),
			"after", false},
	} {
		job := burnin.Job{State: c.state, Reason: c.said, Runs: c.runs, EndedMs: end}
		if got := interrupted(job, c.boot); got != c.want {
			t.Errorf("%s: goes on: %v", name, got)
		}
	}
}

func TestADriveOfAnExportedPoolWaitsForAPerson(t *testing.T) {
	job := burnin.Job{State: burnin.Unknown, Reason: reason.New("nas_restarted"),
		Runs: []burnin.Run{{Run: 1, BootID: "before"}}}
	for class, want := range map[drive.Class]bool{drive.ExportedPool: false, drive.Data: true} {
		job.Grant = &drive.Grant{Class: class}
		if got := interrupted(job, "after"); got != want {
			t.Errorf("%s: goes on: %v", class, got)
		}
	}
}

func TestAProcessTriesOnceAfterEachRun(t *testing.T) {
	var a attempts
	if !a.first("job", 1) || a.first("job", 1) || !a.tried("job", 1) || a.tried("job", 2) || !a.first("job", 2) {
		t.Error("it does not try once after each run")
	}
	if a.forget("job"); !a.first("job", 2) {
		t.Error("a try that did not reach the NAS counts")
	}
}
