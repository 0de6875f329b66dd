//go:build linux

package linux

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/wire"
)

// TestARemovedStateDirectoryComesBackWithAllThatStoodInIt has somebody remove the state directory in the middle of a
// run: what readers had of each file is there again, the run's lock too, and the job goes on to its end.
func TestARemovedStateDirectoryComesBackWithAllThatStoodInIt(t *testing.T) {
	need.FUSE(t)
	const size = 40 << 20
	d := disk.Faulty(t, size)
	d.Throttle(30 << 20)
	b := benchOf(t, d.Path, size, 512)
	dir := filepath.Join(b.dir, "jobs", benchJob)
	read := func(name string) []byte { data, _ := os.ReadFile(filepath.Join(dir, name)); return data }
	b.start(burnin.StageSpec{Engine: burnin.EngineStamp})
	await(t, "the sweep is at work", func() bool { return d.Counts().BytesWritten > 36<<20 })
	names := []string{"run-1.ndjson", "precheck.log", "surface_validate.log", "job.json"}
	before := map[string][]byte{}
	for _, name := range names {
		before[name] = read(name)
	}
	for _, part := range []string{"jobs", "drives", "slots"} {
		if err := os.RemoveAll(filepath.Join(b.dir, part)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the files are back", func() bool {
		events, err := wire.DecodeJournal(read("run-1.ndjson"))
		if err != nil || len(events) == 0 {
			return false
		}
		job, err := burnin.Fold([][]burnin.Event{events}, nil)
		return err == nil && len(job.Warnings) > 0 && job.Warnings[0].Code == "files_put_back"
	})
	for _, name := range names {
		if now := read(name); len(before[name]) == 0 || !bytes.HasPrefix(now, before[name]) {
			t.Errorf("%s had %d bytes, the %d of now do not begin with them", name, len(before[name]), len(now))
		}
	}
	if held, err := (Locks{}).Held(filepath.Join(dir, "lock")); err != nil || !held {
		t.Errorf("the run's lock is held: %v, %v", held, err)
	}
	if slots, err := b.service().Slots(wire.SlotsRequest{}); err != nil || slots.Working != 1 {
		t.Errorf("%d slots are taken, %v", slots.Working, err)
	}
	if job := b.ended(); job.State != burnin.Passed || job.BytesCovered != size {
		t.Errorf("ended as %s (%v), covered %d", job.State, job.Reason, job.BytesCovered)
	}
	if held, err := (Locks{}).Held(filepath.Join(dir, "lock")); err != nil || held {
		t.Errorf("after the end the run's lock is held: %v, %v", held, err)
	}
}

// A job whose directory was removed can be stopped, also by a request that came before it was made anew.
func TestAJobWhoseDirectoryWasRemovedCanBeStopped(t *testing.T) {
	need.FUSE(t)
	const size = 40 << 20
	d := disk.Faulty(t, size)
	d.Throttle(30 << 20)
	b := benchOf(t, d.Path, size, 512)
	b.start(burnin.StageSpec{Engine: burnin.EngineStamp})
	await(t, "the sweep is at work", func() bool { return d.Counts().BytesWritten > 36<<20 })
	if err := os.RemoveAll(filepath.Join(b.dir, "jobs")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service().Stop(context.Background(), wire.JobRequest{Job: benchJob, By: "a test"}); err != nil {
		t.Fatal(err)
	}
	if job := b.ended(); job.State != burnin.Cancelled {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
}
