package burnin_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/drive"
)

func day(n int64) int64 { return n * (24 * time.Hour).Milliseconds() }

// TestWhatTookTimeIsToldByTheTimeSinceTheMachineStarted: the wall clock is set again and again, by years.
func TestWhatTookTimeIsToldByTheTimeSinceTheMachineStarted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c burnin.Clock
		created := day(20_000)
		c.NotBefore(created)
		last := created
		for _, boot := range []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(t, "boots")] {
			wall, since := created+day(rapid.Int64Range(-900, 900).Draw(t, "clock")),
				rapid.Int64Range(1, day(2)).Draw(t, "up")
			var from, fromMs int64
			for i := range rapid.IntRange(1, 8).Draw(t, "lines") {
				at := c.At(burnin.Event{WallMs: wall, BootMs: since, Boot: boot})
				if at < last {
					t.Fatalf("line %d of boot %s is %d ms before the one before it", i, boot, last-at)
				}
				if last = at; i == 0 {
					from, fromMs = at, since
				}
				if took := at - from; took-(since-fromMs) > 1500*int64(i) || (since-fromMs)-took > 1500*int64(i) {
					t.Fatalf("%d ms are told as %d", since-fromMs, took)
				}
				step := rapid.Int64Range(1, day(1)).Draw(t, "step")
				since, wall = since+step, wall+step+rapid.SampledFrom([]int64{0, 0, 3, -3, day(365), -day(365),
					day(30)}).Draw(t, "set")
			}
		}
	})
}

// TestAJobDoesNotEndBeforeItBegan: the NAS is a year behind who asked, and its clock is set while the job runs.
func TestAJobDoesNotEndBeforeItBegan(t *testing.T) {
	created := day(20_000)
	line := func(seq, wall, since int64, boot string, kind burnin.EventKind, data any) burnin.Event {
		raw, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		return burnin.Event{Seq: seq, WallMs: wall, BootMs: since, Boot: boot, Kind: kind, Data: raw}
	}
	plan := burnin.Plan{Name: "p", WithoutSMART: true, Stages: []burnin.StageSpec{{Kind: burnin.Precheck},
		{Kind: burnin.FinalCheck}}}
	head := burnin.Head{Format: 1, MinReader: 1, Job: "0123456789abcdefghij", Run: 1, CreatedMs: created, Plan: plan,
		Drive: drive.Identity{Serial: "S", SizeBytes: 512}}
	behind, hour := created-day(365), time.Hour.Milliseconds()
	job, err := burnin.Fold([][]burnin.Event{{
		line(1, behind, hour, "a", burnin.EvHead, head),
		line(2, behind+1, hour+1, "a", burnin.EvRunning, nil),
		line(3, behind+2, hour+2, "a", burnin.EvStage, burnin.StageChange{Kind: burnin.Precheck,
			State: burnin.Running}),
		line(4, behind+day(400), 3*hour+2, "a", burnin.EvStage, burnin.StageChange{Kind: burnin.Precheck,
			State: burnin.Passed}),
		line(5, behind-day(400), 4*hour, "a", burnin.EvEnd, burnin.End{State: burnin.Passed}),
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	stage := job.Stages[0]
	if stage.EndedMs-stage.StartedMs != 2*hour || job.EndedMs-job.Runs[0].StartedMs != 3*hour {
		t.Errorf("two hours are told as %d ms, three as %d", stage.EndedMs-stage.StartedMs,
			job.EndedMs-job.Runs[0].StartedMs)
	}
	if job.Runs[0].StartedMs < created || stage.StartedMs < created || job.EndedMs < created {
		t.Errorf("asked for at %d, it began at %d and ended at %d", created, job.Runs[0].StartedMs, job.EndedMs)
	}
	for name, c := range map[string]struct {
		obs  burnin.Observation
		want time.Duration
	}{
		"the same start": {burnin.Observation{BootID: "a", UpMs: 9 * hour}, 5 * time.Hour},
		"a later start":  {burnin.Observation{BootID: "b", UpMs: 2 * hour}, 2 * time.Hour},
		"not noted":      {burnin.Observation{BootID: "a"}, 0},
	} {
		if got := job.LeftFor(c.obs); got != c.want {
			t.Errorf("%s: left for %v, want %v", name, got, c.want)
		}
	}
}
