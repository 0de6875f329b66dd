//go:build linux

package runner_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"burnish/backend/burnin"
)

// Somebody removes a job's directory while its disk has no room for all that has to be put back. What could not be put
// back at first is whole when there is room again.
func TestARemovedDirectoryComesBackWholeOnceThereIsRoom(t *testing.T) {
	long(t)
	m := newMachine(t)
	m.onTmpfs("size=2m")
	d := slowly(m)
	if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
		t.Fatal(err)
	}
	await(t, "the sweep is at work", func() bool { return d.Counts().BytesWritten > 40*mib })
	dir := filepath.Join(m.dir, "jobs", testJob)
	read := func(name string) []byte { data, _ := os.ReadFile(filepath.Join(dir, name)); return data }
	names := []string{"run-1.ndjson", "precheck.log", "surface_validate.log", "job.json"}
	before := map[string][]byte{}
	for _, name := range names {
		before[name] = read(name)
	}
	if err := os.Remove(filepath.Join(dir, "reserve")); err != nil { // else its room would do
		t.Fatal(err)
	}
	hog := m.fill(0)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for range 3 { // each try signs the run's lock anew
		var was os.FileInfo
		await(t, "it is tried", func() bool {
			is, err := os.Stat(filepath.Join(dir, "lock"))
			if err != nil {
				return false
			}
			if was == nil {
				was = is
			}
			return is.ModTime().After(was.ModTime())
		})
	}
	if warned(foldRaw(t, m.journals(testJob), nil), "files_put_back") {
		t.Error("there was room")
	}
	if err := os.Remove(hog.Name()); err != nil {
		t.Fatal(err)
	}
	m.wait.Wait()
	job := m.seen()
	ends(t, job, burnin.Passed, "")
	if !warned(job, "files_put_back") {
		t.Errorf("nothing was put back: %s", asJSON(t, job.Warnings))
	}
	for _, name := range names {
		if now := read(name); len(before[name]) == 0 || !bytes.HasPrefix(now, before[name]) {
			t.Errorf("%s had %d bytes, the %d of now do not begin with them", name, len(before[name]), len(now))
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
