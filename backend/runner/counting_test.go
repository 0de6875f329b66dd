package runner_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/surface/faultdev"
)

// overwritten has somebody else write some sectors between the two sweeps.
func overwritten(d *memoryDrive) {
	var once sync.Once
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten >= 72*mib && c.Flushes >= 2 {
			once.Do(func() { d.Poke(make([]byte, 4096), 20*mib) })
		}
	})
}

func TestADriveWhoseWritesWereNotCountedIsCountedWhileItIsHeld(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("SILENT", 40*mib)
	d.count = &memoryCount{off: true}
	d.OnRequest(func(c faultdev.Counts) {
		if c.Writes == 50 {
			m.mu.Lock()
			d.foreign = 8
			m.mu.Unlock()
		}
	})
	ends(t, m.run(order(d, stampPlan())), burnin.Unknown, "foreign_writes")
	if !d.count.off || !slices.Equal(d.count.turns, []bool{true, false}) {
		t.Errorf("its count was turned %v, and is off: %v", d.count.turns, d.count.off)
	}

	t.Run("and the count is put back where the drive is refused", func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("REFUSED", 40*mib)
		d.count = &memoryCount{off: true}
		req := order(d, stampPlan())
		d.usage = drive.Usage{Class: drive.Mounted, Text: "mounted at /mnt"}
		if _, err := m.service().Start(t.Context(), req); !isReason(err, "usage_changed") {
			t.Errorf("start: %v", err)
		}
		m.wait.Wait()
		if !d.count.off || len(d.count.turns) != 2 {
			t.Errorf("its count was turned %v", d.count.turns)
		}
	})
}

// A run that is killed puts nothing back. The next one knows from the journal how it was, also that of another job.
func TestACountThatAKilledRunSwitchedOnIsPutBackByTheNext(t *testing.T) {
	for _, another := range []bool{false, true} {
		m := newMachine(t)
		d := m.addDrive("KILLED", 40*mib)
		d.count = &memoryCount{off: true}
		d.OnRequest(func(c faultdev.Counts) {
			if c.Writes == 200 {
				go m.killAll()
			}
		})
		m.run(order(d, stampPlan()))
		d.OnRequest(nil)
		m.rewriteJournal(1, func(data []byte) []byte { // as if it had been killed: it told no end, and put nothing back
			return data[:strings.Index(string(data), `"kind":"progress"`)-len(`{"seq":10,"t":1700000000000,"bt":60000,"boot":"boot-1",`)]
		})
		d.count.off, d.count.turns = false, nil
		var job burnin.Job
		if another {
			req := order(d, stampPlan())
			req.Job = "another0job0after0that"
			job = m.run(req)
		} else {
			job = m.resume()
		}
		if job.State != burnin.Passed || !d.count.off {
			t.Errorf("another job %v: ended as %s (%v), its count is off: %v", another, job.State, job.Reason,
				d.count.off)
		}
	}
}

// What a job long ago has put back says nothing of what a later one has not, whatever the ids of the two.
func TestACountIsPutBackAlsoWhereAnEarlierJobHasPutItBack(t *testing.T) {
	for _, earlier := range []string{"00earlier0job0in0order", "zz0earlier0job0by0name"} {
		m := newMachine(t)
		d := m.addDrive("TWICE", 40*mib)
		d.count = &memoryCount{off: true}
		req := order(d, stampPlan())
		req.Job = earlier
		if job := m.run(req); job.State != burnin.Passed || !d.count.off {
			t.Fatalf("ended as %s (%v), its count is off: %v", job.State, job.Reason, d.count.off)
		}
		m.mu.Lock()
		m.up += time.Minute
		m.mu.Unlock()
		var once sync.Once
		begun, vanished := d.Counts().Writes, make(chan struct{})
		d.OnRequest(func(c faultdev.Counts) {
			if c.Writes >= begun+200 {
				once.Do(func() {
					go func() { defer close(vanished); m.vanish() }()
				})
			}
		})
		if _, err := m.service().Start(t.Context(), order(d, stampPlan())); err != nil {
			t.Fatal(err)
		}
		<-vanished
		d.OnRequest(nil)
		d.count.off = false
		if job := m.resume(); job.State != burnin.Passed || !d.count.off {
			t.Errorf("after job %s: ended as %s (%v), its count is off: %v", earlier, job.State, job.Reason, d.count.off)
		}
	}
}

func TestACountThatDoesNotCountIsNoEvidence(t *testing.T) {
	for name, c := range map[string]struct {
		count *memoryCount
		set   func(*memoryDrive)
		state burnin.State
		code  string
	}{
		"nothing is found": {&memoryCount{never: true}, func(*memoryDrive) {}, burnin.Passed, ""},
		"somebody wrote": {&memoryCount{never: true}, overwritten, burnin.Unknown,
			"mismatch_uncounted"},
		"a sector that the drive lost": {&memoryCount{never: true},
			func(d *memoryDrive) { d.Set(faultdev.Fault{Effect: faultdev.DropWrite, First: 50_000, Last: 50_007}) },
			burnin.Unknown, "mismatch_uncounted"},
		"lost at the end, where zeros go": {&memoryCount{never: true}, lostAtLast, burnin.Unknown,
			"mismatch_uncounted"},
		"a sector that cannot be read": {&memoryCount{never: true}, func(d *memoryDrive) {
			d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 50_000, Last: 50_007, Errno: "ENODATA"})
		}, burnin.Failed, "surface_errors"},
		"the drive lost one, and it counts": {nil,
			func(d *memoryDrive) { d.Set(faultdev.Fault{Effect: faultdev.DropWrite, First: 50_000, Last: 50_007}) },
			burnin.Failed, "surface_errors"},
		"lost at the end, and it counts":     {nil, lostAtLast, burnin.Failed, "surface_errors"},
		"it is switched off amid the sweeps": {&memoryCount{}, switchedOff, burnin.Unknown, "mismatch_uncounted"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("MUTE", 40*mib)
			d.count = c.count
			early := c.count != nil && c.count.never
			c.set(d)
			job := m.run(order(d, stampPlan()))
			if job.State != c.state || job.Reason != nil && string(job.Reason.Code) != c.code {
				t.Errorf("ended as %s, %v", job.State, job.Reason)
			}
			if warned(job, "writes_uncounted") != (c.count != nil) {
				t.Errorf("warnings %s", asJSON(t, job.Warnings))
			}
			for _, e := range job.Verdict.Evidence {
				if c.count != nil && e.ID == burnin.FactForeignWrites && (e.OK || e.Value != "not counted") {
					t.Errorf("evidence %+v", e)
				}
			}
			raw := string(m.journals(testJob)[0])
			if said, wrote := strings.Index(raw, "writes_uncounted"), strings.Index(raw, `"kind":"writes"`); early && said > wrote {
				t.Error("it was not said before the first write")
			}
		})
	}
}

// lostAtLast drops what the last wipe writes.
func lostAtLast(d *memoryDrive) {
	var once sync.Once
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten > 72*mib+4096 {
			once.Do(func() { d.Set(faultdev.Fault{Effect: faultdev.DropWrite, First: 100, Last: 107}) })
		}
	})
}

func switchedOff(d *memoryDrive) {
	d.Set(faultdev.Fault{Effect: faultdev.DropWrite, First: 50_000, Last: 50_007})
	d.OnRequest(func(c faultdev.Counts) {
		if c.Writes == 300 {
			d.count.seen, d.count.never = c.BytesWritten/512, true
		}
	})
}
