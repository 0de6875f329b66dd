//go:build linux

package linux

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
)

// TestAJobThatWaitsOutlivesARemovedStateDirectory removes what a job waits at: it is made anew, with the job's own
// files where those are gone too, and the job does its work.
func TestAJobThatWaitsOutlivesARemovedStateDirectory(t *testing.T) {
	need.Loop(t)
	const size = 40 << 20
	for name, parts := range map[string][]string{"the slots alone": {"slots"},
		"all of it": {"slots", "jobs", "drives"}} {
		t.Run(name, func(t *testing.T) {
			b := benchOf(t, disk.Loop(t, size).Path, size, 512)
			slots := filepath.Join(b.dir, "slots")
			if err := os.MkdirAll(slots, 0o755); err != nil {
				t.Fatal(err)
			}
			other, err := Locks{}.Take(filepath.Join(slots, "0.lock"), os.Getgid()) // a job that works
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			b.start(burnin.StageSpec{Engine: burnin.EngineStamp})
			await(t, "it waits", func() bool {
				data, _ := os.ReadFile(filepath.Join(b.dir, "jobs", benchJob, "run-1.ndjson"))
				return bytes.Contains(data, []byte(`"`+burnin.EvQueued+`"`))
			})
			for _, part := range parts {
				if err := os.RemoveAll(filepath.Join(b.dir, part)); err != nil {
					t.Fatal(err)
				}
			}
			if job := b.ended(); job.State != burnin.Passed || job.BytesCovered != size {
				t.Errorf("ended as %s (%v), covered %d", job.State, job.Reason, job.BytesCovered)
			}
		})
	}
}
