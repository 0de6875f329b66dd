package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/reason"
)

// Each of many drives at work has new figures once a second. All of them reach the page before the next ones come, and
// no delta grows with the fleet beyond what a page takes at once.
func TestALineIsARowWithinAMomentHoweverManyDrivesAreAtWork(t *testing.T) {
	const (
		seconds   = 20
		mostDelay = 2 * pace
		mostBytes = 256 << 10
	)
	for _, drives := range []int{60, 600} {
		t.Run(fmt.Sprint(drives), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var delays []time.Duration
				largest, sent := 0, 0
				came := map[string]time.Time{} // the figures that no delta has told yet
				d := &Desk{wake: make(chan struct{}, 1), links: map[string]*nasRow{}, drives: map[string]Drive{},
					jobs: map[string]Job{}, meters: map[string]*meter{}, stopping: map[string]bool{},
					Options: Options{Service: &jobs.Service{Now: time.Now}}}
				d.ctx, d.end = context.WithCancel(t.Context())
				d.Emit = func(_ string, data any) {
					raw, err := json.Marshal(data)
					if err != nil {
						t.Error(err)
					}
					largest, sent = max(largest, len(raw)), sent+len(raw)
					d.mu.Lock()
					defer d.mu.Unlock()
					for _, row := range data.(Delta).Jobs {
						delays = append(delays, time.Since(came[row.ID]))
						delete(came, row.ID)
					}
				}
				d.spawn(d.pump)
				lost := 0
				for second := range int64(seconds) {
					for i := range drives {
						job := far(t, i, second)
						d.mu.Lock()
						if _, is := came[job.ID]; is {
							lost++ // the older figures were never shown
						} else {
							came[job.ID] = time.Now()
						}
						d.mu.Unlock()
						d.put("nas", job)
						time.Sleep(time.Second / time.Duration(drives))
					}
				}
				d.Close()
				slices.Sort(delays)
				n := len(delays)
				t.Logf("%d drives: a row p50 %s, p99 %s, at most %s; a delta at most %d bytes, %d bytes a second", drives,
					delays[n/2], delays[n*99/100], delays[n-1], largest, sent/seconds)
				if delays[n-1] > mostDelay || lost > 0 {
					t.Errorf("a row came after %s, at most %s are meant; %d figures were never shown", delays[n-1],
						mostDelay, lost)
				}
				if largest > mostBytes {
					t.Errorf("a delta has %d bytes, at most %d are meant", largest, mostBytes)
				}
			})
		})
	}
}

// far is a job in the middle of its sweeps, at a second of them.
func far(t *testing.T, i int, second int64) burnin.Job {
	t.Helper()
	plan, ok := burnin.PlanNamed("standard")
	if !ok {
		t.Fatal("there is no plan standard")
	}
	serial := fmt.Sprintf("ZL2%05d", i)
	j := burnin.Job{ID: fmt.Sprintf("job0123456789abcd%03d", i), NAS: "box", Plan: plan.Name, Spec: plan,
		State: burnin.Running, CreatedMs: 1}
	j.Drive.ID, j.Drive.Serial, j.Drive.Model = serial+"@5000C500"+serial, &serial, "ST18000NM000J-2TV103"
	j.Drive.SizeBytes, j.Drive.Path = 18e12, "/dev/sdaa"
	for _, s := range plan.Stages {
		stage := burnin.Stage{Kind: s.Kind, State: burnin.Pending}
		if s.Kind == burnin.SurfaceValidate {
			stage.State, stage.Phase, stage.StartedMs = burnin.Running, "verify", 1
			stage.Done = 20e12 + second<<28
			stage.Progress = float64(stage.Done) / 36e12
		}
		j.Stages = append(j.Stages, stage)
	}
	j.Warnings = []reason.Said{*reason.New(reason.Stopping)}
	return j
}
