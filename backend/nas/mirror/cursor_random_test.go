package mirror

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/surface"
	"burnish/backend/wire"
)

func observation(t *rapid.T) *burnin.Observation {
	if rapid.IntRange(0, 3).Draw(t, "seen") == 0 {
		return nil
	}
	obs := &burnin.Observation{
		Run: rapid.IntRange(0, 3).
			Draw(t, "run"),
		LockHeld: rapid.Bool().Draw(t, "held"),
		BootID:   rapid.SampledFrom([]string{"b1", "b2"}).Draw(t, "boot"),
		Complete: rapid.Bool().
			Draw(t, "complete"),
		StopAsked: rapid.Bool().Draw(t, "stop"),
		Missing:   rapid.IntRange(0, 5).Draw(t, "missing") == 0,
		SeenMs:    1,
	}
	if rapid.Bool().Draw(t, "live") {
		obs.Live = &burnin.Progress{
			Stage:   rapid.IntRange(0, 3).Draw(t, "stage"),
			Phase:   "write",
			Pass:    1,
			Done:    rapid.Int64Range(0, 100).Draw(t, "done"),
			Total:   100,
			Written: 7,
		}
		if rapid.Bool().Draw(t, "paused") {
			obs.Live.Paused, obs.Live.PausedMs = &burnin.Paused{SinceMs: 5, Why: "too_hot"}, 9
		}
	}
	return obs
}

// nasModel is what a NAS has of a job.
type nasModel struct {
	id    string
	files []string // in the order in which they were begun
	lines map[string][]string
	fold  burnin.Tracker
	seq   int64
	at    int64 // milliseconds
	lit   int   // how many lines were made: no two are the same
}

func (n *nasModel) bytes(file string) []byte {
	var all []byte
	for _, l := range n.lines[file] {
		all = append(all, l...)
	}
	return all
}

// draw makes one line that a runner may write next; ok is false where what was drawn may not come now.
func (n *nasModel) draw(t *rapid.T, kind burnin.EventKind, seq int64) (ev burnin.Event, ok bool) {
	stage := rapid.IntRange(0, 2).Draw(t, "stage")
	kinds := []burnin.StageKind{burnin.Precheck, burnin.SurfaceValidate, burnin.FinalCheck}
	num := rapid.Int64Range(0, 1<<20)
	var data any
	switch kind {
	case burnin.EvHead:
		data = burnin.Head{
			Format:    1,
			MinReader: 1,
			Job:       n.id,
			Run:       len(n.fold.Job().Runs) + 1,
			CreatedMs: 1,
			Drive:     drive.Identity{Serial: "S", SizeBytes: 1 << 20},
			Plan: burnin.Plan{
				Name: "p",
				Stages: []burnin.StageSpec{
					{Kind: burnin.Precheck},
					{Kind: burnin.SurfaceValidate, Engine: burnin.EngineStamp, Passes: 2},
					{Kind: burnin.FinalCheck},
				},
			},
		}
	case burnin.EvHeld:
		data = burnin.Held{Path: fmt.Sprint("/dev/sd", n.lit)}
	case burnin.EvStage:
		c := burnin.StageChange{
			Stage: stage,
			Kind:  kinds[stage],
			State: rapid.SampledFrom(stageStates).
				Draw(t, "state"),
		}
		if c.State != burnin.Passed && c.State != burnin.Running {
			c.Reason = reason.New(reason.Stuck, "stage", "x", "minutes", 1)
		}
		if c.State == burnin.Running && rapid.Bool().Draw(t, "resumed") {
			c.Resumed = &burnin.Resumed{Phase: "write", Pass: 1, FromByte: num.Draw(t, "from"), Repeated: 3}
		}
		if c.State != burnin.Running {
			c.PausedMs = num.Draw(t, "paused")
		}
		if c.State == burnin.Passed {
			c.Totals = &burnin.Totals{Written: 9, Verified: 9, Covered: 1 << 20, Complete: true}
		}
		data = c
	case burnin.EvProgress:
		temp := rapid.IntRange(20, 60).Draw(t, "temp")
		data = burnin.Progress{
			Stage:   stage,
			Phase:   "write",
			Pass:    1,
			Done:    num.Draw(t, "done"),
			Total:   1 << 22,
			Written: num.Draw(t, "written"),
			TempC:   &temp,
		}
	case burnin.EvBad:
		lba := num.Draw(t, "lba")
		data = burnin.Bad{
			Stage: stage,
			Ranges: []surface.Range{
				{FirstLBA: lba, LastLBA: lba + 3, Kind: surface.KindRead,
					Persistent: rapid.Bool().Draw(t, "persistent")},
			},
		}
	case burnin.EvCheckpoint:
		mark := num.Draw(t, "mark")
		data = burnin.Checkpoint{
			Stage:    stage,
			Phase:    "write",
			Pass:     1,
			Position: num.Draw(t, "position"),
			Mark:     &mark,
			Healed:   &burnin.Healed{Count: 1},
		}
	case burnin.EvMap:
		first := rapid.IntRange(0, 6).Draw(t, "first")
		data = burnin.Map{
			Stage: stage,
			Phase: "write",
			Pass:  1,
			First: first,
			Parts: 8,
			KBps:  []int64{num.Draw(t, "kbps"), 2},
			Mean:  []int64{1, 2},
			P99:   []int64{1, 2},
			Max:   []int64{1, 2},
		}
	case burnin.EvFact:
		data = burnin.Fact{
			Stage: stage,
			ID:    rapid.SampledFrom([]string{burnin.FactIdentity, burnin.FactForeignWrites, "x"}).Draw(t, "id"),
			OK:    true,
		}
	case burnin.EvPause:
		data = burnin.Pause{Stage: stage, On: rapid.Bool().Draw(t, "on"), Why: "too_hot"}
	case burnin.EvWarning:
		data = burnin.Warning{Said: reason.New(reason.Hot, "temperature", n.lit, "stage", "x", "limit", 5)}
	case burnin.EvFindings:
		data = burnin.FindingsData{
			Stage: stage,
			Findings: []smart.Finding{
				{
					Rule:     "r",
					Item:     rapid.SampledFrom([]string{"a", "b"}).Draw(t, "item"),
					Severity: smart.Warn,
					Says:     fmt.Sprint(n.lit),
				},
			},
		}
	case burnin.EvHealth:
		data = burnin.HealthData{Stage: stage}
	case burnin.EvMediumErrors:
		data = burnin.MediumErrors{Stage: stage, Written: 1}
	case burnin.EvWrites:
		data = burnin.FirstAct{SavedBytes: num.Draw(t, "saved")}
	case burnin.EvEnd:
		data = burnin.End{
			State: rapid.SampledFrom([]burnin.State{burnin.Passed, burnin.Failed, burnin.Cancelled, burnin.Unknown}).
				Draw(t, "end"),
			Reason: reason.New(reason.Stuck, "stage", "x", "minutes", 1),
		}
	case burnin.EvRestored:
		data = burnin.Restored{RestoredBytes: int64(n.lit)}
	}
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	n.lit++
	n.at += rapid.Int64Range(-5000, 60_000).Draw(t, "later")
	ev = burnin.Event{Seq: seq, WallMs: 1_700_000_000_000 + n.at, BootMs: int64(n.lit), Boot: "b1", Kind: kind,
		Data: raw}
	return ev, n.fold.Apply(ev) == nil
}

var stageStates = []burnin.State{
	burnin.Running, burnin.Running, burnin.Passed, burnin.Failed, burnin.Unknown, burnin.Skipped}

var anyKind = []burnin.EventKind{
	burnin.EvHeld,
	burnin.EvQueued,
	burnin.EvRunning,
	burnin.EvRunning,
	burnin.EvStage,
	burnin.EvStage,
	burnin.EvStage,
	burnin.EvProgress,
	burnin.EvBad,
	burnin.EvCheckpoint,
	burnin.EvMap,
	burnin.EvFact,
	burnin.EvPause,
	burnin.EvWarning,
	burnin.EvFindings,
	burnin.EvHealth,
	burnin.EvMediumErrors,
	burnin.EvWrites,
	burnin.EvEnd,
	"of_a_newer_version",
}

func (n *nasModel) add(t *rapid.T, file string, ev burnin.Event) {
	line, err := wire.EncodeEvent(ev)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := n.lines[file]; !there {
		n.files = append(n.files, file)
	}
	n.lines[file] = append(n.lines[file], string(line))
}

// Runs follow one another, lines come in pieces, are torn, and are taken back with others in their place; the mirror is
// dropped and fetched anew, an undo tells behind the end: whatever comes, the cursor is what the whole fold is.
func TestACursorIsTheWholeFoldWhateverComes(t *testing.T) {
	base := t.TempDir()
	tries := 0
	rapid.Check(t, func(t *rapid.T) {
		tries++
		m := Mirror{Dir: filepath.Join(base, fmt.Sprint(tries))}
		defer os.RemoveAll(m.Dir)
		n := &nasModel{id: "0123456789abcdefghij", lines: map[string][]string{}}
		c := m.Cursor(n.id)
		run := 0
		defer func() { sameAsWhole(t, c, nil) }()
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch what := rapid.IntRange(0, 19).Draw(t, "what"); {
			case what == 0 || run == 0: // the next run
				before := n.fold
				if ev, ok := n.draw(t, burnin.EvHead, 1); ok {
					run++
					n.seq = 1
					n.add(t, journal(run), ev)
				} else {
					n.fold = before
				}
			case what == 1: // the last line is taken back, at the NAS, and another comes in its place
				file := journal(run)
				if lines := n.lines[file]; len(lines) > 1 {
					n.lines[file] = lines[:len(lines)-1]
					n.seq--
					n.fold = burnin.Tracker{}
					for r := 1; r <= run; r++ {
						events, err := wire.DecodeJournal(n.bytes(journal(r)))
						if err != nil {
							t.Fatal(err)
						}
						for _, ev := range events {
							if err := n.fold.Apply(ev); err != nil {
								t.Fatal(err)
							}
						}
					}
					if rapid.Bool().Draw(t, "here too") { // else it is found by what comes behind it
						path := filepath.Join(m.Dir, n.id, file)
						if info, err := os.Stat(path); err == nil && info.Size() > int64(len(n.bytes(file))) {
							if err := os.Truncate(path, int64(len(n.bytes(file)))); err != nil {
								t.Fatal(err)
							}
						}
					}
				}
			case what == 2: // dropped
				if err := m.Drop(n.id); err != nil {
					t.Fatal(err)
				}
			case what == 3: // what an undo tells
				if ev, ok := n.draw(t, burnin.EvRestored, 1); ok {
					n.add(t, wire.UndoJournal, ev)
				}
			case what == 4: // what is there is written again
				for _, file := range n.files {
					have, _ := m.Have(n.id)
					if all := n.bytes(file); int64(len(all)) >= have[file] {
						piece := wire.Data{Job: n.id, File: file, Bytes: all[:have[file]]}
						if _, err := m.Write(piece, nil); err != nil {
							t.Fatal(err)
						}
					}
				}
			case what < 12:
				before := n.fold
				if ev, ok := n.draw(t, rapid.SampledFrom(anyKind).Draw(t, "kind"), n.seq+1); ok {
					n.seq++
					n.add(t, journal(run), ev)
				} else {
					n.fold = before
				}
			default: // a piece comes
				file := rapid.SampledFrom(n.files).Draw(t, "file")
				have, err := m.Have(n.id)
				if err != nil {
					t.Fatal(err)
				}
				all := n.bytes(file)
				from := int(have[file])
				if from >= len(all) {
					continue
				}
				to := rapid.IntRange(from+1, len(all)).Draw(t, "to")
				if rapid.Bool().Draw(t, "all") {
					to = len(all)
				}
				data := wire.Data{Job: n.id, File: file, Off: int64(from), Bytes: all[from:to]}
				if _, err := m.Write(data, nil); err != nil {
					t.Fatal(err)
				}
			}
			if rapid.IntRange(0, 2).Draw(t, "looks") > 0 {
				sameAsWhole(t, c, observation(t))
			}
		}
	})
}
