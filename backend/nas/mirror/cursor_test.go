package mirror

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/wire"
)

// sameAsWhole fails unless a cursor says what folding all journals of the mirror says.
func sameAsWhole(t interface{ Fatalf(string, ...any) }, c *Cursor, obs *burnin.Observation) {
	is, err := c.Fold(obs)
	var was burnin.Job
	runs, werr := c.m.Journals(c.job)
	if werr == nil {
		was, werr = burnin.Fold(runs, obs)
	}
	if (err == nil) != (werr == nil) {
		t.Fatalf("the cursor says %v, the whole fold %v", err, werr)
	}
	if err == nil && !reflect.DeepEqual(is, was) {
		t.Fatalf("the cursor says\n%+v\nthe whole fold\n%+v", is, was)
	}
	if stamp, err := c.m.Stamp(c.job); werr == nil && (err != nil || stamp != c.Stamp()) {
		t.Fatalf("stamp %q, %v, of the mirror, %q of the cursor", stamp, err, c.Stamp())
	}
}

// The cursor is at every cut of every golden journal what folding all of it anew says, seen as whatever; a cut in the
// middle of a line is one that is torn.
func TestACursorIsAtEveryCutWhatTheWholeFoldIs(t *testing.T) {
	dirs, err := filepath.Glob("../../burnin/testdata/journals/*")
	if err != nil || len(dirs) < 5 {
		t.Fatalf("%d golden journals, %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var head burnin.Event
			var id struct{ Job string }
			m := Mirror{Dir: t.TempDir()}
			var c *Cursor
			for n := 1; ; n++ {
				raw, err := os.ReadFile(filepath.Join(dir, journal(n)))
				if err != nil {
					break
				}
				if c == nil {
					if json.Unmarshal(raw[:lineEnd(raw)], &head) != nil || json.Unmarshal(head.Data, &id) != nil {
						t.Fatal("no head")
					}
					c = m.Cursor(id.Job)
				}
				for from := 0; from < len(raw); {
					end := from + lineEnd(raw[from:])
					for _, to := range []int{(from + end) / 2, end - 1, end} {
						piece := wire.Data{Job: id.Job, File: journal(n), Off: int64(from), Bytes: raw[from:to]}
						if _, err := m.Write(piece, nil); err != nil {
							t.Fatal(err)
						}
						live := &burnin.Progress{Stage: 1, Done: 5, Total: 9}
						for _, obs := range []*burnin.Observation{nil, {Run: n, LockHeld: true, BootID: head.Boot, Live: live},
							{Run: n, Complete: true, BootID: head.Boot}, {Run: n + 1, Complete: true, BootID: "other"}, {Missing: true}} {
							sameAsWhole(t, c, obs)
						}
					}
					from = end
				}
			}
		})
	}
}

func lineEnd(raw []byte) int {
	for i, b := range raw {
		if b == '\n' {
			return i + 1
		}
	}
	return len(raw)
}

// A line is added to a journal of many: it costs what that line costs, and a look without a new one reads nothing.
func TestACursorReadsOnlyWhatIsNew(t *testing.T) {
	m := Mirror{Dir: t.TempDir()}
	id := "0123456789abcdefghij"
	file := filepath.Join(m.Dir, id, journal(1))
	grow := long(t, file, id, 5000)
	c := m.Cursor(id)
	sameAsWhole(t, c, nil)
	// All but the last line is spoilt, and nobody reads it.
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(make([]byte, info.Size()/2), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, time.Now(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	obs := &burnin.Observation{Run: 1, LockHeld: true, Live: &burnin.Progress{Stage: 1, Done: 77, Total: 100}}
	if job, err := c.Fold(obs); err != nil || job.Stages[1].Done != 77 {
		t.Errorf("live figures: %v", err)
	}
	grow(1)
	if job, err := c.Fold(obs); err != nil || job.Stages[1].Done != 77 {
		t.Errorf("one line more: %v", err)
	}
	if most := testing.AllocsPerRun(20, func() {
		if _, err := c.Fold(obs); err != nil {
			t.Fatal(err)
		}
	}); most > 200 {
		t.Errorf("a look takes %g allocations", most)
	}
}

// long writes the journal of a job that is in the middle of its sweeps, with so many lines; what it gives adds more.
func long(t testing.TB, file, id string, lines int) (grow func(int)) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	seq := int64(0)
	put := func(kind burnin.EventKind, data any) {
		raw, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		seq++
		line, err := wire.EncodeEvent(
			burnin.Event{Seq: seq, WallMs: seq * 1000, BootMs: seq * 1000, Boot: "b1", Kind: kind, Data: raw},
		)
		if err == nil {
			_, err = f.Write(line)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put(
		burnin.EvHead,
		burnin.Head{
			Format:    1,
			MinReader: 1,
			Job:       id,
			Run:       1,
			CreatedMs: 1,
			Drive:     drive.Identity{Serial: "S", SizeBytes: 18e12},
			Plan: burnin.Plan{
				Name: "p",
				Stages: []burnin.StageSpec{
					{Kind: burnin.Precheck},
					{Kind: burnin.SurfaceValidate, Engine: burnin.EngineStamp, Passes: 1},
					{Kind: burnin.FinalCheck},
				},
			},
		},
	)
	put(burnin.EvHeld, burnin.Held{Path: "/dev/sda"})
	put(burnin.EvRunning, nil)
	put(burnin.EvStage, burnin.StageChange{Stage: 1, Kind: burnin.SurfaceValidate, State: burnin.Running})
	grow = func(n int) {
		put(burnin.EvQueued, burnin.QueuedData{Slots: 1})
		for range n {
			put(
				burnin.EvCheckpoint,
				burnin.Checkpoint{
					Stage:    1,
					Phase:    "write",
					Pass:     1,
					Position: seq << 20,
					Done:     seq << 20,
					Healed:   &burnin.Healed{Count: 1},
				},
			)
		}
	}
	grow(lines)
	return grow
}

// Another line stands where the last one was read, and more behind it: all is folded anew.
func TestACursorThatReadALineWhichWasTakenBackFoldsAllAnew(t *testing.T) {
	m := Mirror{Dir: t.TempDir()}
	id := "0123456789abcdefghij"
	file := filepath.Join(m.Dir, id, journal(1))
	grow := long(t, file, id, 5)
	c := m.Cursor(id)
	sameAsWhole(t, c, nil)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(raw[:len(raw)-1], '\n') + 1
	other := bytes.Replace(raw[last:], []byte(`"healed":{"count":1`), []byte(`"healed":{"count":2`), 1)
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(other, int64(last)); err != nil {
		t.Fatal(err)
	}
	grow(0)
	sameAsWhole(t, c, nil)
}
