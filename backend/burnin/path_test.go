package burnin_test

import (
	"encoding/json"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/drive"
)

// TestAResumedJobKeepsItsDrivesPathUntilItIsHeldAgain: between the head of a run and its hold nothing newer is known.
func TestAResumedJobKeepsItsDrivesPathUntilItIsHeldAgain(t *testing.T) {
	plan, _ := burnin.PlanNamed("quick")
	var fold burnin.Tracker
	seq := int64(0)
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
	head := func(run int) {
		seq = 0
		put(burnin.EvHead, burnin.Head{Format: 1, MinReader: 1, Job: "0123456789abcdefghij", Run: run,
			Drive: drive.Identity{Serial: "S", SizeBytes: 1000}, Plan: plan})
	}
	at := func(want string) {
		t.Helper()
		if got := fold.Job().Drive.Path; got != want {
			t.Errorf("the drive is at %q, not at %q", got, want)
		}
	}
	head(1)
	at("")
	put(burnin.EvHeld, burnin.Held{Path: "/dev/sda"})
	at("/dev/sda")
	head(2)
	at("/dev/sda")
	put(burnin.EvHeld, burnin.Held{Path: "/dev/sdb"})
	at("/dev/sdb")
}
