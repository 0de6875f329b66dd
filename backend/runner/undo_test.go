package runner_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// unlabelled is a drive whose data no parser knows: an encrypted container, a disk of a virtual machine.
var unlabelled = drive.Usage{Class: drive.Data, Text: "unknown content", PhraseKind: drive.SerialPhrase,
	Claims: []string{"content"}}

// cutInFirstAct starts a job and ends its run, as a NAS that shuts down does, after so many bytes of the first
// destructive act.
func (m *machine) cutInFirstAct(d *memoryDrive, req wire.StartRequest, after int64) {
	m.t.Helper()
	var over atomic.Bool
	before := d.Counts().BytesWritten
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten >= before+after && !over.Swap(true) {
			m.killAll()
		}
	})
	job := m.run(req)
	d.OnRequest(nil)
	ends(m.t, job, burnin.Unknown, "told_to_end")
}

// cutInGrace does so when the first destructive act is done and all can still be undone.
func (m *machine) cutInGrace(req wire.StartRequest) {
	m.t.Helper()
	if _, err := m.service().Start(context.Background(), req); err != nil {
		m.t.Fatal(err)
	}
	m.awaitLine(`"kind":"wiped"`)
	m.killAll()
	m.wait.Wait()
	ends(m.t, foldRaw(m.t, m.journals(req.Job), nil), burnin.Unknown, "told_to_end")
}

// awaitLine waits until the newest journal holds this.
func (m *machine) awaitLine(part string) {
	m.t.Helper()
	for range 600_000 {
		if runs := m.journals(testJob); len(runs) > 0 && bytes.Contains(runs[len(runs)-1], []byte(part)) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	m.t.Fatalf("the journal never said %s", part)
}

func (m *machine) undo() error {
	_, err := m.service().Undo(context.Background(), wire.JobRequest{Job: testJob, By: "somebody"})
	return err
}

// TestWhatWasUndoneIsNotErasedAgain: the job was broken off, and its drive was brought back. The grant is for just what
// is on it again, but it is spent.
func TestWhatWasUndoneIsNotErasedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		seen drive.Usage
		cut  func(*machine, *memoryDrive, wire.StartRequest)
	}{
		"broken off amid the first destructive act": {photos, func(m *machine, d *memoryDrive,
			req wire.StartRequest) {
			m.cutInFirstAct(d, req, 3*mib)
		}},
		"broken off while it waited": {photos, func(m *machine, _ *memoryDrive,
			req wire.StartRequest) {
			m.cutInGrace(req)
		}},
		"unlabelled": {unlabelled, func(m *machine, _ *memoryDrive, req wire.StartRequest) { m.cutInGrace(req) }},
	} {
		t.Run(name, func(t *testing.T) {
			m := quick(t, time.Minute)
			d := m.addDrive("AGAIN", 40*mib)
			before := d.used(t, c.seen)
			c.cut(m, d, granted(d, c.seen))
			if err := m.undo(); err != nil || !bytes.Equal(before, d.bytes()) {
				t.Fatalf("undo: %v", err)
			}
			ends(t, foldRaw(t, m.journals(testJob), nil), burnin.Cancelled, "undone")

			m.grace = time.Millisecond
			if _, err := m.service().GoOn(context.Background(), testJob); !isReason(err, "stopped_by_person") {
				t.Errorf("by itself: %v", err)
			}
			if _, err := m.service().Resume(context.Background(), testJob); !isReason(err, "cannot_resume") {
				t.Errorf("resumed by hand: %v", err)
			}
			if err := m.service().Run(context.Background(), testJob); !isReason(err, "cannot_resume") {
				t.Errorf("brought back by the service manager: %v", err)
			}
			m.wait.Wait()
			if !bytes.Equal(before, d.bytes()) {
				t.Fatal("the drive was erased again")
			}
			if err := m.undo(); err != nil || len(m.journals(testJob)) != 2 {
				t.Errorf("asked again: %v, %d journals", err, len(m.journals(testJob)))
			}
		})
	}
}

// TestAnUndoThatIsCutOffHasEndedItsJob: the job is over before the first byte is back, and the rest can still be asked
// for.
func TestAnUndoThatIsCutOffHasEndedItsJob(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("CUT OFF", 40*mib)
	before := d.used(t, photos)
	m.cutInGrace(granted(d, photos))
	erased := d.Counts().BytesWritten
	var then burnin.Job
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten == erased+2*mib {
			then = foldRaw(t, m.journals(testJob), nil)
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 0, Last: 1 << 30})
		}
	})
	if err := m.undo(); err == nil {
		t.Fatal("it was not cut off")
	}
	d.OnRequest(nil)
	d.Set()
	ends(t, then, burnin.Cancelled, "undone")
	if _, err := m.service().Resume(context.Background(), testJob); !isReason(err, "cannot_resume") {
		t.Errorf("resumed: %v", err)
	}
	if err := m.undo(); err != nil || !bytes.Equal(before, d.bytes()) {
		t.Errorf("asked again: %v", err)
	}
}

// TestAnUndoThatIsRefusedLeavesTheJobUnended: nothing was brought back, so a person may still resume it.
func TestAnUndoThatIsRefusedLeavesTheJobUnended(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("REFUSED", 40*mib)
	d.used(t, photos)
	m.cutInGrace(granted(d, photos))
	d.Poke([]byte("mine"), 5000)
	if err := m.undo(); !isReason(err, "cannot_undo") {
		t.Fatalf("undo: %v", err)
	}
	ends(t, foldRaw(t, m.journals(testJob), nil), burnin.Unknown, "told_to_end")
	if _, err := os.Lstat(filepath.Join(m.dir, "jobs", testJob, "stop")); err == nil {
		t.Error("a request to stop was left")
	}
}

// TestWhatNoLookFoundOnAFreeDriveIsUndone: the drive counts as free, and a place that no sample hit holds something.
func TestWhatNoLookFoundOnAFreeDriveIsUndone(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("FREE", 40*mib)
	before := d.reused(10*mib, 8192)
	stopInGrace(t, m, order(d, stampPlan()))
	if bytes.Equal(before, d.bytes()) {
		t.Fatal("nothing was erased")
	}
	if err := m.undo(); err != nil || !bytes.Equal(before, d.bytes()) {
		t.Errorf("undo: %v", err)
	}
}

// TestTheMarkThatToldTwoDrivesApartIsNobodysData: the first destructive act found that what passed for a second path is
// another drive, and left its mark where the labels were.
func TestTheMarkThatToldTwoDrivesApartIsNobodysData(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("MARKED", 40*mib)
	before := d.used(t, photos)
	d.paths = []*faultdev.Device{d.Device, faultdev.New(d.Geometry())}
	ends(t, m.run(granted(d, photos)), burnin.Unknown, "identity_changed")
	if err := m.undo(); err != nil || !bytes.Equal(before, d.bytes()) {
		t.Errorf("undo: %v", err)
	}
}
