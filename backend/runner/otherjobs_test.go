package runner_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

const laterJob = "9876543210abcdefghij"

// later asks for another job on the drive, whose labels are gone by now.
func later(d *memoryDrive) wire.StartRequest {
	d.usage = unlabelled
	req := granted(d, unlabelled)
	req.Job = laterJob
	req.CreatedMs += 1000
	return req
}

// asBefore makes an undo kit one of a runner that took no samples.
func (m *machine) asBefore() {
	m.t.Helper()
	name := filepath.Join(m.dir, "jobs", testJob, "undo.json")
	data, err := os.ReadFile(name)
	if err != nil {
		m.t.Fatal(err)
	}
	var k map[string]any
	if err := jsonInto(data, &k); err != nil || k["samples"] == nil {
		m.t.Fatalf("%v, %s", err, data)
	}
	delete(k, "samples")
	if err := os.WriteFile(name, []byte(asJSON(m.t, k)), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// TestLabelsAreNotPutBackOntoADriveThatAnotherJobHasTested: the first job was stopped in time, and is asked to undo only
// after another one has gone over all of the drive and left both its ends as zeros.
func TestLabelsAreNotPutBackOntoADriveThatAnotherJobHasTested(t *testing.T) {
	long(t)
	collected := func(m *machine) {
		if err := os.RemoveAll(filepath.Join(m.dir, "jobs", laterJob)); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		then func(*machine)
		kept bool // the kit, by which a person may look
	}{
		"which is still there":              {func(*machine) {}, false},
		"which was collected":               {collected, true},
		"which was collected, an older kit": {func(m *machine) { collected(m); m.asBefore() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := quick(t, time.Minute)
			d := m.addDrive("OTHER", 40*mib)
			d.used(t, photos)
			stopInGrace(t, m, granted(d, photos))
			m.grace = time.Millisecond
			if job := m.run(later(d)); job.State != burnin.Passed {
				t.Fatalf("the later job ended as %s, %v", job.State, job.Reason)
			}
			c.then(m)
			before := d.bytes()
			for range 2 {
				if err := m.undo(); !isReason(err, "cannot_undo") || !bytes.Equal(before, d.bytes()) {
					t.Errorf("undo: %v", err)
				}
			}
			if _, err := os.Stat(filepath.Join(m.dir, "jobs", testJob, "undo.kit")); c.kept != (err == nil) {
				t.Errorf("the kit: %v", err)
			}
		})
	}
}

func TestAKitWithoutSamplesIsPutBack(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("OLDER", 40*mib)
	before := d.used(t, photos)
	stopInGrace(t, m, granted(d, photos))
	m.asBefore()
	if err := m.undo(); err != nil || !bytes.Equal(before, d.bytes()) {
		t.Errorf("undo: %v", err)
	}
}

// TestAJobDoesNotGoOnOverWhatALaterOneHasBegunToErase: the first was broken off; then somebody's drive was started by
// mistake and the start stopped in time. Both ends hold zeros, as the first job left them.
func TestAJobDoesNotGoOnOverWhatALaterOneHasBegunToErase(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("LATER", 64*mib)
	m.breakOff(d, stampPlan(), func(c faultdev.Counts) bool { return c.BytesWritten == 33*mib })
	d.used(t, unlabelled)
	if _, err := m.service().Start(t.Context(), later(d)); err != nil {
		t.Fatal(err)
	}
	await(t, "the ends are erased", func() bool { return bytes.Contains(m.journals(laterJob)[0], []byte(`"kind":"wiped"`)) })
	if _, err := m.service().Stop(t.Context(), wire.JobRequest{Job: laterJob, By: "somebody"}); err != nil {
		t.Fatal(err)
	}
	m.wait.Wait()
	written := d.Counts().BytesWritten
	if _, err := m.service().Resume(t.Context(), testJob); !isReason(err, "usage_changed") {
		t.Errorf("resumed: %v", err)
	}
	m.wait.Wait()
	if now := d.Counts().BytesWritten; now != written {
		t.Errorf("%d bytes were written", now-written)
	}
}
