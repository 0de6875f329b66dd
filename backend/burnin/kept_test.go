package burnin_test

import (
	"encoding/json"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/drive"
)

// The newer of both counts: what was kept beside the journals, or the newest line of them.
func TestWhatIsKeptBesideTheJournalsCountsUntilALineIsNewer(t *testing.T) {
	const job = "0123456789abcdefghij"
	plan := burnin.Plan{Name: "p", Stages: []burnin.StageSpec{{Kind: burnin.Precheck},
		{Kind: burnin.SurfaceValidate, Engine: burnin.EngineStamp, Passes: 1}, {Kind: burnin.FinalCheck}}}
	cp := func(position int64) burnin.Checkpoint {
		return burnin.Checkpoint{Stage: 1, Phase: "write", Pass: 1, Position: position, Done: position}
	}
	var fold burnin.Tracker
	seq, run := int64(0), 0
	put := func(kind burnin.EventKind, data any) {
		t.Helper()
		raw, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		seq++
		if err := fold.Apply(burnin.Event{Seq: seq, WallMs: 1, Boot: "b", Kind: kind, Data: raw}); err != nil {
			t.Fatal(err)
		}
	}
	begin := func() {
		t.Helper()
		seq, run = 0, run+1
		put(burnin.EvHead, burnin.Head{Format: 1, MinReader: 1, Job: job, Run: run, Drive: drive.Identity{Serial: "S",
			SizeBytes: 1000}, Plan: plan})
		put(burnin.EvRunning, nil)
	}
	kept := func(run int, seq, position int64) burnin.Kept {
		return burnin.Kept{Job: job, Run: run, Seq: seq, Checkpoint: cp(position)}
	}
	wants := func(k burnin.Kept, taken bool, position int64) {
		t.Helper()
		if is := fold.Take(k); is != taken {
			t.Errorf("%+v is taken: %v", k, is)
		}
		if len(fold.Job().Stages) == 0 {
			return
		}
		if at := fold.Job().Stages[1].Checkpoint; at == nil && position >= 0 || at != nil && at.Position != position {
			t.Errorf("it goes on at %+v, not at %d", at, position)
		}
	}
	wants(kept(1, 1, 10), false, -1) // of a job without a line
	begin()
	wants(kept(1, 2, 10), false, -1) // of a stage that has not begun
	put(burnin.EvStage, burnin.StageChange{Stage: 1, Kind: burnin.SurfaceValidate, State: burnin.Running})
	wants(kept(1, 2, 10), false, -1) // of an earlier attempt
	put(burnin.EvCheckpoint, cp(100))
	wants(kept(1, 3, 10), false, 100)
	wants(kept(1, 4, 200), true, 200)
	for what, bad := range map[string]func(*burnin.Kept){
		"another job":         func(k *burnin.Kept) { k.Job = "abcdefghij0123456789" },
		"beyond the drive":    func(k *burnin.Kept) { k.Checkpoint.Position = 1001 },
		"before the drive":    func(k *burnin.Kept) { k.Checkpoint.Position = -1 },
		"no stage":            func(k *burnin.Kept) { k.Checkpoint.Stage = 9 },
		"another stage":       func(k *burnin.Kept) { k.Checkpoint.Stage = 0 },
		"no phase":            func(k *burnin.Kept) { k.Checkpoint.Phase = "" },
		"nothing of a passed": func(k *burnin.Kept) { k.Checkpoint.Pass = 0 },
	} {
		k := kept(1, 5, 300)
		bad(&k)
		if fold.Take(k) {
			t.Errorf("%s is taken", what)
		}
	}
	begin() // broken off: the next run may go on from what the one before has kept
	wants(kept(1, 4, 250), true, 250)
	put(burnin.EvCheckpoint, cp(250))
	put(burnin.EvStage, burnin.StageChange{Stage: 1, Kind: burnin.SurfaceValidate, State: burnin.Running,
		Resumed: &burnin.Resumed{Phase: "write", Pass: 1, FromByte: 250}})
	wants(kept(1, 99, 900), false, 250) // of before that
	wants(kept(2, 4, 260), true, 260)
	begin() // of a runner that knows no such file: it began the stage anew
	put(burnin.EvStage, burnin.StageChange{Stage: 1, Kind: burnin.SurfaceValidate, State: burnin.Running})
	wants(kept(2, 99, 900), false, -1)
}
