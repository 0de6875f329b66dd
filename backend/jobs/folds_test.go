package jobs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/nas/mirror"
	"burnish/backend/profile"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// fleet is a desktop with jobs of one NAS that are all in the middle of their sweeps.
type fleet struct {
	*Service
	rows  []store.Job
	sizes map[string]int64
	seq   int64
	nowMs int64
}

func newFleet(t testing.TB, jobs, lines int) *fleet {
	t.Helper()
	ctx := t.Context()
	dir := t.TempDir()
	f := &fleet{sizes: map[string]int64{}, nowMs: time.Now().UnixMilli()}
	now := func() time.Time { return time.UnixMilli(f.nowMs) }
	db, err := store.Open(ctx, dir, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p := profile.Profile{
		ID:        "0123456789abcdef",
		Name:      "box",
		Host:      "h",
		Port:      22,
		User:      "root",
		KeyFile:   "/k",
		Sudo:      profile.SudoNone,
		MachineID: "m1",
		Slots:     4,
	}
	if err := db.AddProfile(ctx, p); err != nil {
		t.Fatal(err)
	}
	f.Service = &Service{
		store:   db,
		mirror:  mirror.Mirror{Dir: filepath.Join(dir, "mirror")},
		foldDir: filepath.Join(dir, "folds"),
		Who:     "a test",
		Now:     now,
	}
	plan, _ := burnin.PlanNamed("standard")
	for i := range jobs {
		id := "job0123456789abcd" + fmt.Sprintf("%03d", i)
		d := drive.Identity{Serial: "S" + id, SizeBytes: 18e12}
		ask := wire.StartRequest{Job: id, Drive: d, Plan: plan}
		if jobs > 1 {
			ask.Gate, ask.Together = "job0123456789abcd000", jobs
		}
		req, err := json.Marshal(ask)
		if err != nil {
			t.Fatal(err)
		}
		row := store.Job{ID: id, ProfileID: p.ID, DriveID: d.ID(), Plan: plan.Name, Request: req, CreatedMs: 1}
		if err := db.AddIntents(ctx, []store.Job{row}); err != nil {
			t.Fatal(err)
		}
		if err := db.SetThere(ctx, id); err != nil {
			t.Fatal(err)
		}
		f.rows = append(f.rows, row)
		f.put(t, id, burnin.EvHead, burnin.Head{Format: 1, MinReader: 1, Job: id, Run: 1, CreatedMs: 1, Drive: d, Plan: plan})
		f.put(t, id, burnin.EvHeld, burnin.Held{Path: "/dev/sda"})
		f.put(t, id, burnin.EvRunning, nil)
		f.put(
			t,
			id,
			burnin.EvStage,
			burnin.StageChange{Stage: f.sweep(), Kind: burnin.SurfaceValidate, State: burnin.Running},
		)
		var all []byte
		for range lines - 4 {
			all = append(all, f.line(t, burnin.EvCheckpoint, burnin.Checkpoint{
				Stage: f.sweep(), Phase: "write", Pass: 1, Position: f.seq << 20, Done: f.seq << 20,
			})...)
		}
		f.write(t, id, all)
		f.seq = 0
	}
	return f
}

// sweep is the index of the stage at work.
func (f *fleet) sweep() int {
	plan, _ := burnin.PlanNamed("standard")
	for i, s := range plan.Stages {
		if s.Kind == burnin.SurfaceValidate {
			return i
		}
	}
	return -1
}

// put adds a line to the copy of a job.
func (f *fleet) put(t testing.TB, id string, kind burnin.EventKind, data any) {
	t.Helper()
	f.write(t, id, f.line(t, kind, data))
}

func (f *fleet) write(t testing.TB, id string, lines []byte) {
	t.Helper()
	for len(lines) > 0 {
		n := min(len(lines), wire.MaxChunk)
		piece := wire.Data{Job: id, File: "run-1.ndjson", Off: f.sizes[id], Bytes: lines[:n]}
		if _, err := f.mirror.Write(piece, nil); err != nil {
			t.Fatal(err)
		}
		f.sizes[id] += int64(n)
		lines = lines[n:]
	}
}

func (f *fleet) line(t testing.TB, kind burnin.EventKind, data any) []byte {
	t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	f.seq++
	line, err := wire.EncodeEvent(burnin.Event{
		Seq: f.seq, WallMs: f.seq * 1000, BootMs: f.seq * 1000, Boot: "b1", Kind: kind, Data: raw,
	})
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// live is the word of the NAS on a job, so far into its sweeps.
func (f *fleet) live(id string, done int64) *wire.JobStatus {
	return &wire.JobStatus{
		Job:      id,
		Run:      1,
		LockHeld: true,
		BootID:   "b1",
		BootedMs: 1,
		NowMs:    f.nowMs,
		Sizes:    map[string]int64{"run-1.ndjson": f.sizes[id]},
		Live:     &burnin.Progress{Stage: f.sweep(), Phase: "write", Pass: 1, Done: done, Total: 36e12, Written: done},
	}
}

// Live figures are told at once, read no journal, and are noted in the index now and then; what else is new is noted as
// ever.
func TestLiveFiguresTouchNoJournal(t *testing.T) {
	f := newFleet(t, 1, 50)
	ctx, id := t.Context(), f.rows[0].ID
	if job, err := f.saw(ctx, id, f.live(id, 1e12)); err != nil || job.Stages[f.sweep()].Done != 1e12 {
		t.Fatalf("%v", err)
	}
	file := filepath.Join(f.mirror.Dir, id, "run-1.ndjson")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, make([]byte, info.Size()), 0o600); err != nil { // whoever reads it knows nothing
		t.Fatal(err)
	}
	if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	begun, saved := f.nowMs, 0
	for i := range int64(60) {
		f.nowMs = begun + 1000*(i+1)
		job, err := f.saw(ctx, id, f.live(id, 1e12+i))
		if err != nil || job.Stages[f.sweep()].Done != 1e12+i || job.SeenMs != f.nowMs {
			t.Fatalf("second %d: %v, %+v", i, err, job)
		}
		if all, err := f.List(
			ctx,
			"",
		); err != nil || len(all) != 1 || all[0].Stages[f.sweep()].Done != 1e12+i ||
			all[0].SeenMs != f.nowMs {
			t.Fatalf("the list in second %d: %v", i, err)
		}
		row, err := f.store.Job(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if age := f.nowMs - row.SeenMs; age >= noteEvery.Milliseconds() {
			t.Fatalf("the index is %d ms behind", age)
		}
		if row.SeenMs == f.nowMs {
			saved++
		}
	}
	if saved > 5 {
		t.Errorf("within a minute it was noted %d times", saved)
	}
	f.nowMs++
	st := f.live(id, 2e12)
	st.StopAsked = true
	if job, err := f.saw(ctx, id, st); err != nil || !job.Stopping() {
		t.Errorf("%v", err)
	}
	if row, err := f.store.Job(ctx, id); err != nil || !row.Observation.StopAsked {
		t.Errorf("it is not noted that it was asked to stop: %v", err)
	}
}

// A job that told its end is folded once, ever: also where the NAS is seen again, after a restart of it.
func TestAnEndedJobIsFoldedOnceWhateverIsSeenOfIt(t *testing.T) {
	f := newFleet(t, 1, 20)
	ctx, id := t.Context(), f.rows[0].ID
	f.seq = 20
	f.put(t, id, burnin.EvEnd, burnin.End{State: burnin.Cancelled, Reason: nil})
	st := f.live(id, 0)
	st.LockHeld, st.Live = false, nil
	first, err := f.saw(ctx, id, st)
	if err != nil || first.State != burnin.Cancelled {
		t.Fatalf("%s, %v", first.State, err)
	}
	file := filepath.Join(f.mirror.Dir, id, "run-1.ndjson")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(make([]byte, info.Size()-1), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	for i, boot := range []string{"b1", "b2", "b3"} {
		st.BootID, st.BootedMs = boot, int64(i)
		f.nowMs += 3_600_000
		if job, err := f.saw(ctx, id, st); err != nil || job.State != burnin.Cancelled {
			t.Fatalf("after a restart: %s, %v", job.State, err)
		}
	}
	if n := len(f.folds.jobs); n != 0 {
		t.Errorf("%d folds are kept of jobs that have ended", n)
	}
}
