package practice_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/profile"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// refreshed asks the NAS about a job once and gives what this computer says of it then.
func refreshed(t *testing.T, svc *jobs.Service, id string) burnin.Job {
	t.Helper()
	ctx := context.Background()
	row, err := svc.Row(ctx, id)
	if err == nil && row.Phase != store.Gone {
		err = svc.Refresh(ctx, []store.Job{row})
	}
	if err != nil {
		t.Fatal(err)
	}
	j, err := svc.View(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// takesOver has another computer adopt a job, wait for its end, and clean the NAS.
func takesOver(t *testing.T, other *jobs.Service, id string) {
	t.Helper()
	ctx := context.Background()
	if _, err := other.Adopt(ctx, saved(other)); err != nil {
		t.Fatal(err)
	}
	row, err := other.Row(ctx, id)
	if err == nil {
		err = other.Watch(ctx, []store.Job{row}, hears(func(burnin.Job) {}))
	}
	if err != nil {
		t.Fatal(err)
	}
	if done, err := other.Clean(ctx, saved(other), jobs.Sweep{}); err != nil || len(done.Removed) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
}

// neverFalse fails where a job of which it is known that the NAS began it is told as one that never began.
func neverFalse(t *testing.T, j burnin.Job, words ...string) {
	t.Helper()
	if j.State != burnin.Unknown || j.Reason == nil || j.Reason.Code == "never_begun" {
		t.Fatalf("%s, %v", j.State, j.Reason)
	}
	for _, word := range append(words, "to be erased") {
		if !strings.Contains(j.Reason.Text, word) {
			t.Errorf("%q does not say %q", j.Reason.Text, word)
		}
	}
	if strings.Contains(j.Reason.Hint, "Nothing was touched") {
		t.Errorf("the hint: %s", j.Reason.Hint)
	}
}

// One computer starts a job and is closed, another adopts it, sees it pass and cleans the NAS.
func TestAJobThatAnotherComputerRemovedIsNotOneThatNeverBegan(t *testing.T) {
	for name, forget := range map[string]func(dir string){
		"what was seen at the start is here": func(string) {},
		"nothing of it is here":              func(dir string) { _ = os.RemoveAll(dir) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := open(t, slow(disk("R1", 2<<20)))
				defer d.n.Close()
				first := d.office(profile.Profile{})
				copies := filepath.Join(d.data, "mirror")
				other := d.office(profile.Profile{})
				row := begin(t, first, "R1")
				if have, err := first.Have(row.ID); err != nil || have["run-1.ndjson"] == 0 {
					t.Errorf("of the start is here: %v, %v", have, err)
				}
				forget(copies)
				takesOver(t, other, row.ID)
				for range 2 { // asked again it says the same
					neverFalse(t, refreshed(t, first, row.ID), "removed", "passed", "verified")
				}
				if left, err := filepath.Glob(filepath.Join(d.dir, "nas", "gone", "*")); err != nil || len(left) != 1 {
					t.Errorf("the last word: %v, %v", left, err)
				}
				if _, err := first.Clean(context.Background(), saved(first), jobs.Sweep{}); err != nil {
					t.Fatal(err)
				}
				if left, _ := filepath.Glob(filepath.Join(d.dir, "nas", "*")); len(left) != 0 {
					t.Errorf("left once it was heard: %v", left)
				}
				neverFalse(t, refreshed(t, first, row.ID), "removed", "passed")
			})
		})
	}
}

// The state directory is lost, or another one is mounted over it.
func TestALostStateDirectoryIsNoJobThatNeverBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, disk("R2", 1<<20))
		defer d.n.Close()
		svc := d.office(profile.Profile{})
		row := begin(t, svc, "R2")
		time.Sleep(time.Hour)
		in, _ := d.there(row.ID)
		away := filepath.Join(t.TempDir(), "away")
		if err := os.Rename(in, away); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(d.data, "mirror")); err != nil {
			t.Fatal(err)
		}
		neverFalse(t, refreshed(t, svc, row.ID), "removed")
		if _, err := svc.Stop(context.Background(), row.ID); err != nil {
			t.Fatal(err)
		}
		neverFalse(t, refreshed(t, svc, row.ID)) // that a request to stop stands in its place changes nothing
		if err := os.RemoveAll(in); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(away, in); err != nil {
			t.Fatal(err)
		}
		if j := refreshed(t, svc, row.ID); j.State != burnin.Passed {
			t.Errorf("with its directory back: %s, %v", j.State, j.Reason)
		}
	})
}

// Of a start whose answer was lost nobody knows what came of it; of one that was never sent it is known.
func TestOnlyAStartThatWasNotSentNeverBegan(t *testing.T) {
	for name, sent := range map[string]bool{"sent": true, "not sent": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				p := disk("R3", 1<<20)
				d := open(t, p)
				defer d.n.Close()
				svc := d.office(profile.Profile{})
				saved, err := svc.ProfileNamed(ctx, "practice")
				if err != nil {
					t.Fatal(err)
				}
				id, err := burnin.NewID(rand.Reader)
				if err != nil {
					t.Fatal(err)
				}
				req, err := json.Marshal(wire.StartRequest{Job: id, CreatedMs: time.Now().UnixMilli(), Plan: sweep(),
					Drive: p.Identity})
				if err != nil {
					t.Fatal(err)
				}
				row := store.Job{ID: id, ProfileID: saved.ID, DriveID: p.Identity.ID(), Plan: "sweep", Request: req,
					CreatedMs: time.Now().UnixMilli()}
				index, err := store.Open(ctx, d.data, time.Now) // as another process of this computer has it
				if err != nil {
					t.Fatal(err)
				}
				defer index.Close()
				if err := index.AddIntents(ctx, []store.Job{row}); err != nil {
					t.Fatal(err)
				}
				if sent {
					if err := index.Audit(ctx, store.AuditEntry{What: "start", ProfileID: saved.ID,
						Job: id}); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Hour)
				j := refreshed(t, svc, id)
				if sent {
					neverFalse(t, j, "answer")
				} else if j.State != burnin.Unknown || j.Reason == nil || j.Reason.Code != "never_begun" {
					t.Errorf("%s, %v", j.State, j.Reason)
				}
			})
		})
	}
}
