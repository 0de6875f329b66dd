package jobs

import (
	"encoding/json"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/nas/mirror"
	"burnish/backend/profile"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// boxService is a service that knows one NAS, "box", and no job.
func boxService(t *testing.T) (*Service, profile.Profile) {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p := profile.Profile{ID: "0123456789abcdef", Name: "box", Host: "h", Port: 22, User: "root", KeyFile: "/k",
		Sudo: profile.SudoNone, MachineID: "m1", Slots: 4}
	if err := db.AddProfile(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return &Service{store: db, mirror: mirror.Mirror{Dir: t.TempDir()}, Now: time.Now, Who: "a test"}, p
}

func TestHistoryComesBackFromTheCopiesHere(t *testing.T) {
	ctx := t.Context()
	s, p := boxService(t)
	for id, machine := range map[string]string{"aaaaaaaaaaaaaaaaaaaa": "m1", "bbbbbbbbbbbbbbbbbbbb": "another"} {
		var data []byte
		plan, _ := burnin.PlanNamed("quick")
		for i, part := range []struct {
			kind burnin.EventKind
			data any
		}{
			{burnin.EvHead, burnin.Head{Format: 1, MinReader: 1, Job: id, Run: 1, NAS: burnin.NAS{MachineID: machine},
				Drive: drive.Identity{Serial: "S", SizeBytes: 512}, Plan: plan}},
			{burnin.EvRunning, nil},
		} {
			raw, err := json.Marshal(part.data)
			if err != nil {
				t.Fatal(err)
			}
			line, err := wire.EncodeEvent(burnin.Event{Seq: int64(i + 1), WallMs: 1, Kind: part.kind, Data: raw})
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, line...)
		}
		if _, err := s.mirror.Write(wire.Data{Job: id, File: "run-1.ndjson", Bytes: data}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // asked again it finds nothing more
		if _, err := s.restore(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	jobs, err := s.List(ctx, "box")
	if err != nil || len(jobs) != 1 {
		t.Fatalf("%v, %v", jobs, err)
	}
	if j := jobs[0]; j.State != burnin.Unknown || j.Reason.Code != "journal_gone" || j.NAS != "box" {
		t.Errorf("%s, %v, %s", j.State, j.Reason, j.NAS)
	}
}
