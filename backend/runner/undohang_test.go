package runner_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/drive"
	"burnish/backend/surface/faultdev"
)

// hangs are places at which a drive may not answer while an undo is at work, by what it was asked since that began.
var hangs = map[string]func(faultdev.Counts) bool{
	"a look at the places": func(c faultdev.Counts) bool { return c.Reads > 2 && c.Writes == 0 },
	"a write":              func(c faultdev.Counts) bool { return c.Writes == 2 },
	"the flush":            func(c faultdev.Counts) bool { return c.Flushes == 1 },
	"the reading back":     func(c faultdev.Counts) bool { return c.Flushes == 1 && c.Writes > 0 && c.Reads > 40 },
}

// interrupted gives a machine with a drive whose first destructive act is done and can be undone.
func interrupted(t *testing.T) (*machine, *memoryDrive) {
	m := patient(t)
	m.grace = time.Hour
	d := m.addDrive("HANGS", 40*mib)
	d.used(t, photos)
	m.cutInGrace(granted(d, photos))
	return m, d
}

// since gives what a drive was asked beyond before.
func since(c, before faultdev.Counts) faultdev.Counts {
	c.Reads, c.Writes, c.Flushes = c.Reads-before.Reads, c.Writes-before.Writes, c.Flushes-before.Flushes
	return c
}

func TestADriveThatHangsInAnUndoIsToldAndBounded(t *testing.T) {
	for name, at := range hangs {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, d := interrupted(t)
				before := d.Counts()
				holdUp(d, 5*time.Hour, func(c faultdev.Counts) bool { return at(since(c, before)) })
				began := time.Now()
				err := m.undo()
				if took := time.Since(began); !isReason(err, "cannot_undo") || took > 40*time.Minute ||
					!strings.Contains(err.Error(), "not answered for 30 minutes") {
					t.Fatalf("after %v: %v", took, err)
				}
				log, err := os.ReadFile(filepath.Join(m.dir, "jobs", testJob, "undo.log"))
				if err != nil || !strings.Contains(string(log), "had no answer for 1") {
					t.Errorf("%v: %s", err, log)
				}
				// What hangs may still be written: nobody else gets the drive before it is answered.
				if err := m.undo(); !isReason(err, "cannot_undo") || !strings.Contains(err.Error(), "is at work") {
					t.Errorf("asked again while the drive hangs: %v", err)
				}
				time.Sleep(5 * time.Hour)
				d.OnRequest(nil)
				if err := m.undo(); err != nil {
					t.Errorf("asked again: %v", err)
				}
			})
		})
	}
}

func TestALookThatHangsInAnUndoEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, d := interrupted(t)
		d.looks = func() drive.Usage { return drive.Usage{Class: drive.CannotTell, Text: "it did not answer"} }
		d.look = func(u drive.Usage) drive.Usage { time.Sleep(2 * time.Hour); return u }
		if err := m.undo(); !isReason(err, "cannot_undo") {
			t.Errorf("%v", err)
		}
		time.Sleep(2 * time.Hour)
	})
}
