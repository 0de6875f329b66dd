//go:build linux

package jobs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/nas/mirror"
	"burnish/backend/profile"
	"burnish/backend/store"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/wire"
)

// kept opens a data directory with a NAS and jobs of it that the NAS has.
func kept(t *testing.T, dir string, ids ...string) *Service {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // it fails where its file system is gone
	s := &Service{store: db, mirror: mirror.Mirror{Dir: filepath.Join(dir, "mirror")}, Now: time.Now, Who: "a test"}
	p := profile.Profile{ID: "0123456789abcdef", Name: "box", Host: "h", Port: 22, User: "root", KeyFile: "/k",
		Sudo: profile.SudoNone, MachineID: "m1", Slots: 4}
	if len(ids) > 0 {
		err = db.AddProfile(ctx, p)
	}
	if err != nil {
		t.Fatal(err)
	}
	plan, _ := burnin.PlanNamed("quick")
	for _, id := range ids {
		d := drive.Identity{Serial: "S" + id[:4], SizeBytes: 512}
		req, err := json.Marshal(wire.StartRequest{Job: id, CreatedMs: 1, Plan: plan, Drive: d})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.AddIntents(ctx, []store.Job{{ID: id, ProfileID: p.ID, DriveID: d.ID(), Plan: plan.Name,
			Request: req, CreatedMs: 1}}); err != nil {
			t.Fatal(err)
		}
		if err := db.SetThere(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// passed gives the journal of a job that passed, and the job's id.
func passed(t *testing.T) (id string, journal []byte) {
	t.Helper()
	journal, err := os.ReadFile("../burnin/testdata/journals/passed/run-1.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	events, err := wire.DecodeJournal(journal)
	if err != nil {
		t.Fatal(err)
	}
	var head burnin.Head
	if err := json.Unmarshal(events[0].Data, &head); err != nil {
		t.Fatal(err)
	}
	return head.Job, journal
}

// This computer crashes right after a job's end arrived. What the index says is synced: that all of the journal is here
// must not outlive the journal's last line, or a drive that passed would be shown as one whose runner was killed.
func TestACrashOfThisComputerTakesNoVerdict(t *testing.T) {
	need.Root(t)
	need.Loop(t)
	dev, dir := disk.Loop(t, 64<<20).Path, t.TempDir()
	if out, err := exec.Command(need.Program(t, "mkfs.ext4"), "-q", dev).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	mount := func() {
		if err := syscall.Mount(dev, dir, "ext4", 0, ""); err != nil {
			t.Fatal(err)
		}
	}
	mount()
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	id, journal := passed(t)
	s := kept(t, dir, id)
	if _, err := s.mirror.Write(wire.Data{Job: id, File: "run-1.ndjson", Bytes: journal}, nil); err != nil {
		t.Fatal(err)
	}
	st := &wire.JobStatus{Job: id, Run: 1, BootID: "b", Sizes: map[string]int64{"run-1.ndjson": int64(len(journal))}}
	if job, err := s.saw(t.Context(), id, st); err != nil || job.State != burnin.Passed {
		t.Fatalf("before the crash: %s, %v", job.State, err)
	}

	disk.CutPower(t, dir)
	_ = s.store.Close() // its file system is gone
	if err := syscall.Unmount(dir, 0); err != nil {
		t.Fatal(err)
	}
	mount()
	s = kept(t, dir)
	if job, err := s.View(t.Context(), id); err != nil || job.State != burnin.Passed {
		t.Errorf("after the crash: %s, %v, %v", job.State, job.Reason, err)
	}
	if err := s.store.Close(); err != nil {
		t.Error(err)
	}
}
