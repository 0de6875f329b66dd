package runner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

const laterJob = "9876543210abcdefghij"

// later asks for another job on the drive, whose labels are gone by now, as somebody does who was told all of it.
func (m *machine) later(d *memoryDrive) wire.StartRequest {
	d.usage = unlabelled
	req := granted(d, m.row(m.t).Usage)
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

// TestLabelsAreNotPutBackOntoADriveThatAnotherJobHasTested: the first job was stopped in time, and is asked to undo
// only after another one has gone over all of the drive and left both its ends as zeros.
func TestLabelsAreNotPutBackOntoADriveThatAnotherJobHasTested(t *testing.T) {
	long(t)
	collected := func(m *machine) {
		if err := os.RemoveAll(filepath.Join(m.dir, "jobs", laterJob)); err != nil {
			t.Fatal(err)
		}
	}
	for name, then := range map[string]func(*machine){
		"which is still there":              func(*machine) {},
		"which was collected":               collected,
		"which was collected, an older kit": func(m *machine) { collected(m); m.asBefore() },
	} {
		t.Run(name, func(t *testing.T) {
			m := quick(t, time.Minute)
			d := m.addDrive("OTHER", 40*mib)
			d.used(t, photos)
			stopInGrace(t, m, granted(d, photos))
			m.grace = time.Millisecond
			if job := m.run(m.later(d)); job.State != burnin.Passed {
				t.Fatalf("the later job ended as %s, %v", job.State, job.Reason)
			}
			then(m)
			before := d.bytes()
			for range 2 {
				if err := m.undo(); !isReason(err, "cannot_undo") || !bytes.Equal(before, d.bytes()) {
					t.Errorf("undo: %v", err)
				}
			}
			if _, err := os.Stat(filepath.Join(m.dir, "jobs", testJob, "undo.kit")); err != nil {
				t.Errorf("the kit, by which a person may look: %v", err)
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
	if _, err := m.service().Start(t.Context(), m.later(d)); err != nil {
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

// asOnce makes of what jobs have told journals of before they named each other, on a NAS whose clock was wrong by so
// much while it ran under another boot id.
func (m *machine) asOnce(job string, run int, wrong time.Duration, boot string) {
	m.t.Helper()
	name := filepath.Join(m.dir, "jobs", job, fmt.Sprintf("run-%d.ndjson", run))
	data, err := os.ReadFile(name)
	if err != nil {
		m.t.Fatal(err)
	}
	var out []byte
	for line := range bytes.Lines(data) {
		var ev burnin.Event
		if err := json.Unmarshal(line, &ev); err != nil {
			m.t.Fatal(err)
		}
		ev.WallMs, ev.Boot = ev.WallMs+wrong.Milliseconds(), boot
		if ev.Kind == burnin.EvWrites {
			var act map[string]any
			if err := json.Unmarshal(ev.Data, &act); err != nil {
				m.t.Fatal(err)
			}
			delete(act, "after")
			delete(act, "took")
			if ev.Data, err = json.Marshal(act); err != nil {
				m.t.Fatal(err)
			}
		}
		whole, err := wire.EncodeEvent(ev)
		if err != nil {
			m.t.Fatal(err)
		}
		out = append(out, whole...)
	}
	if err := os.WriteFile(name, out, 0o640); err != nil {
		m.t.Fatal(err)
	}
}

const year = 365 * 24 * time.Hour

// TestAClockThatWasWrongOnceTakesNobodysWayBack: an earlier job of the drive ended while the clock of the NAS was a
// year ahead.
func TestAClockThatWasWrongOnceTakesNobodysWayBack(t *testing.T) {
	m := quick(t, time.Millisecond)
	d := m.addDrive("AHEAD", 40*mib)
	early := order(d, stampPlan())
	early.Job = laterJob
	ends(t, m.run(early), burnin.Passed, "")
	before := d.used(t, photos)
	m.grace = time.Minute
	stopInGrace(t, m, granted(d, photos))
	m.asOnce(laterJob, 1, year, "boot-0")
	m.asOnce(testJob, 1, 0, "boot-1")
	if err := m.undo(); err != nil || !bytes.Equal(before, d.bytes()) {
		t.Errorf("undo: %v", err)
	}
}

func TestAClockThatWasWrongOnceKeepsNoJobFromGoingOn(t *testing.T) {
	for name, once := range map[string]func(*machine){
		"both name each other": func(*machine) {},
		"both of one start": func(m *machine) {
			m.asOnce(laterJob, 1, 0, "boot-1")
			m.asOnce(testJob, 1, 0,
				"boot-1")
		},
		"nothing but the drive tells": func(m *machine) {
			m.asOnce(laterJob, 1, 0, "boot-0")
			m.asOnce(testJob, 1, 0,
				"boot-1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := quick(t, time.Millisecond)
			m.rewind = 1
			d := m.addDrive("GOES ON", 64*mib)
			early := order(d, stampPlan())
			early.Job = laterJob
			ends(t, m.run(early), burnin.Passed, "")
			m.breakOff(d, stampPlan(), amidVerify(128*mib+96*mib))
			once(m)
			shiftWall(m, laterJob, year)
			if job := m.resume(); job.State != burnin.Passed {
				t.Errorf("ended as %s, %v", job.State, job.Reason)
			}
		})
	}
}

// amidVerify is when so much was written and a part of it was read back.
func amidVerify(written int64) func(faultdev.Counts) bool {
	var then atomic.Int64
	return func(c faultdev.Counts) bool {
		if c.BytesWritten < written {
			return false
		}
		then.CompareAndSwap(0, c.BytesRead)
		return c.BytesRead > then.Load()+20*mib
	}
}

// shiftWall has a job have run while the clock was wrong by so much.
func shiftWall(m *machine, job string, wrong time.Duration) {
	name := filepath.Join(m.dir, "jobs", job, "run-1.ndjson")
	data, err := os.ReadFile(name)
	if err != nil {
		m.t.Fatal(err)
	}
	wall := regexp.MustCompile(`"t":([0-9]+)`)
	data = wall.ReplaceAllFunc(data, func(was []byte) []byte {
		ms, _ := strconv.ParseInt(string(was[4:]), 10, 64)
		return fmt.Appendf(nil, `"t":%d`, ms+wrong.Milliseconds())
	})
	if err := os.WriteFile(name, data, 0o640); err != nil {
		m.t.Fatal(err)
	}
}

// TestADriveThatAnotherJobWroteLastIsNotGoneOnWith: no journal and no clock says which job was first; the stamps on the
// drive are the other's.
func TestADriveThatAnotherJobWroteLastIsNotGoneOnWith(t *testing.T) {
	m := quick(t, time.Millisecond)
	d := m.addDrive("THE OTHERS", 64*mib)
	m.breakOff(d, stampPlan(), amidVerify(96*mib))
	other := m.later(d)
	d.usage = drive.Usage{Class: drive.None}
	ends(t, m.run(other), burnin.Passed, "")
	m.asOnce(testJob, 1, year, "boot-0")
	m.asOnce(laterJob, 1, 0, "boot-1")
	written := d.Counts().BytesWritten
	if job := m.resume(); job.State != burnin.Unknown || job.Reason.Code != "usage_changed" {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
	if now := d.Counts().BytesWritten; now != written {
		t.Errorf("%d bytes were written", now-written)
	}
}
