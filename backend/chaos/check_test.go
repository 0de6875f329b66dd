//go:build linux

package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/surface"
	"burnish/backend/wire"
)

// check looks whether a promise was broken.
func (w *world) check() {
	w.nothingRuns()
	for _, a := range w.apps {
		if a == w.apps[1] {
			a.must("adopt", "box")
		}
		for end := time.Now().Add(patience); ; { // a busy machine may take longer than jobs waits
			if _, _, errs := a.run("jobs"); errs == "" || time.Now().After(end) {
				break
			}
		}
		w.agrees(a)
	}
	if w.sum() != w.before {
		w.t.Error("a drive that nobody named was written to")
	}
	w.cleans()
}

// nothingRuns: no process, no lock, no hold is left.
func (w *world) nothingRuns() {
	left := w.runs()
	for end := time.Now().Add(patience); len(left)+len(w.children()) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Errorf("left on the NAS: runs %v, children %v", left, w.children())
			return
		}
		left = w.runs()
	}
	for _, d := range w.drives {
		fd, err := syscall.Open(d.Path, syscall.O_RDONLY|syscall.O_EXCL, 0)
		if err != nil {
			w.t.Errorf("%s is still held: %v", d.Path, err)
			continue
		}
		syscall.Close(fd)
	}
}

// agrees compares what an app says with the journals that lie on the NAS, and judges that.
func (w *world) agrees(a *app) {
	ctx := context.Background()
	db, err := store.Open(ctx, filepath.Join(a.home, "data"), time.Now)
	if err != nil {
		w.t.Fatalf("%s: %v", a.name, err)
	}
	defer db.Close()
	rows, err := db.Jobs(ctx, store.Filter{})
	if err != nil {
		w.t.Fatalf("%s: %v", a.name, err)
	}
	known := map[string]bool{}
	for _, r := range rows {
		known[r.ID] = true
		at := filepath.Join(w.state(), "jobs", r.ID)
		if _, err := os.Stat(filepath.Join(at, "run-1.ndjson")); err != nil {
			if r.State != burnin.Unknown && r.State != burnin.Cancelled {
				w.t.Errorf("%s: job %s is %s, but the NAS has no word of it", a.name, r.ID, r.State)
			}
			continue
		}
		w.copied(a, r.ID)
		_, out, _ := a.run("show", r.ID, "--json")
		var told burnin.Job
		if err := json.Unmarshal([]byte(out), &told); err != nil {
			w.t.Errorf("%s: show %s: %v", a.name, r.ID, err)
			continue
		}
		job := w.fold(at)
		if told.State != job.State || r.State != job.State {
			w.t.Errorf("%s: job %s is %s by its journals, %s as shown, %s in the index", a.name, r.ID, job.State,
				told.State, r.State)
		}
		w.judge(told)
	}
	entries, _ := os.ReadDir(filepath.Join(w.state(), "jobs"))
	for _, e := range entries {
		if burnin.ValidID(e.Name()) && !known[e.Name()] {
			if _, err := os.Stat(filepath.Join(w.state(), "jobs", e.Name(), "run-1.ndjson")); err == nil {
				w.t.Errorf("%s does not know job %s", a.name, e.Name())
			}
		}
	}
}

// copied: the app's copy of a job is what lies on the NAS.
func (w *world) copied(a *app, id string) {
	entries, err := os.ReadDir(filepath.Join(w.state(), "jobs", id))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if !wire.ValidFile(e.Name()) {
			continue
		}
		there, err := os.ReadFile(filepath.Join(w.state(), "jobs", id, e.Name()))
		if err != nil {
			w.t.Fatal(err)
		}
		here, _ := os.ReadFile(filepath.Join(a.home, "data", "mirror", id, e.Name()))
		if !bytes.Equal(there, here) {
			w.t.Errorf("%s: its copy of %s of job %s has %d bytes, the NAS's has %d, or they differ", a.name, e.Name(),
				id, len(here), len(there))
		}
	}
}

// fold reads the journals on the NAS as they are, when nothing runs.
func (w *world) fold(dir string) burnin.Job {
	var runs [][]burnin.Event
	for n := 1; ; n++ {
		data, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("run-%d.ndjson", n)))
		if err != nil {
			break
		}
		events, err := wire.DecodeJournal(data)
		if err != nil {
			w.t.Fatalf("%s: %v", dir, err)
		}
		runs = append(runs, events)
	}
	boot, err := os.ReadFile(w.server.BootFile())
	if err != nil {
		w.t.Fatal(err)
	}
	job, err := burnin.Fold(runs, &burnin.Observation{Run: len(runs), Complete: true,
		BootID: string(bytes.TrimSpace(boot))})
	if err != nil {
		w.t.Fatalf("%s: %v", dir, err)
	}
	return job
}

// judge looks at what a job says of its drive.
func (w *world) judge(j burnin.Job) {
	var d *drive
	for _, other := range w.drives {
		if other.Path == j.Drive.Path {
			d = other
		}
	}
	if d == nil {
		w.t.Errorf("job %s is on %s, which nobody named", j.ID, j.Drive.Path)
		return
	}
	if !j.State.Ended() {
		w.t.Errorf("job %s is %s at the end", j.ID, j.State)
		return
	}
	if j.State != burnin.Passed {
		w.reasoned(j.ID, string(j.State), j.Reason)
	}
	for _, s := range j.Stages {
		if s.State.Ended() && s.State != burnin.Passed {
			w.reasoned(j.ID, string(s.Kind)+" "+string(s.State), s.Reason)
		}
		if s.State == burnin.Running {
			w.t.Errorf("job %s is %s and its %s is running", j.ID, j.State, s.Kind)
		}
	}
	w.say("job %s on %s: %s %v", j.ID, d.Path, j.State, j.Reason)
	switch {
	case j.State == burnin.Failed && j.Reason != nil && j.Reason.Code == "drive_lost" && d.pulled > 1: // as it should
	case j.State == burnin.Failed && !d.guilty:
		w.t.Errorf("job %s failed, but nothing is wrong with its drive: %v", j.ID, j.Reason)
	case j.State == burnin.Failed && j.Reason.Kind() != reason.Evidence:
		w.t.Errorf("job %s failed without evidence: %v", j.ID, j.Reason)
	case j.State == burnin.Passed && d.from:
		w.t.Errorf("job %s passed a drive that was bad from the beginning", j.ID)
	case j.State == burnin.Passed:
		w.proven(j, d)
	}
}

func (w *world) reasoned(id, what string, said *reason.Said) {
	if said == nil {
		w.t.Errorf("job %s, %s: no reason", id, what)
		return
	}
	if _, ok := reason.Lookup(said.Code); !ok || said.Text == "" || said.Title == "" {
		w.t.Errorf("job %s, %s: %q is no registered reason with a text", id, what, said.Code)
	}
}

// proven looks itself whether the drive of a job that passed is as such a job leaves it.
func (w *world) proven(j burnin.Job, d *drive) {
	if len(j.Verdict.Missing) > 0 || j.BytesCovered != driveBytes {
		w.t.Errorf("job %s passed with %d bytes covered, missing %v", j.ID, j.BytesCovered, j.Verdict.Missing)
	}
	if c := d.Counts(); c.BytesRead < driveBytes {
		w.t.Errorf("job %s passed, but of its drive only %d bytes were ever read", j.ID, c.BytesRead)
	}
	if j.Plan != "stamp" {
		return
	}
	const edge = 16 << 20
	sector := make([]byte, 512)
	for off := int64(0); off < driveBytes; off += 512 {
		if err := d.Peek(sector, off); err != nil {
			w.t.Fatal(err)
		}
		stamp, ok := surface.DecodeStamp(sector)
		inner := off >= edge && off < driveBytes-edge
		if inner != ok || ok && stamp.LBA != off/512 || !inner && !bytes.Equal(sector, make([]byte, 512)) {
			w.t.Errorf("job %s passed, but sector %d of its drive is not what it left there", j.ID, off/512)
			return
		}
	}
}

// cleans: what Burnish put on the NAS it removes.
func (w *world) cleans() {
	w.apps[0].must("clean", "box", "--unknown", "--forget")
	var left []string
	_ = filepath.WalkDir(w.state(), func(path string, e os.DirEntry, err error) error {
		if err == nil && path != w.state() {
			left = append(left, path)
		}
		return nil
	})
	if len(left) > 0 {
		w.t.Errorf("clean left %v", left)
	}
}
