package runner_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
)

// reused has somebody put data on a drive that no label says anything of, and gives the bytes of the drive then.
func (d *memoryDrive) reused(at, n int64) []byte {
	noise := make([]byte, n)
	rand.Read(noise)
	d.Poke(noise, at)
	return d.bytes()
}

// TestADriveThatWasPutToUseIsNotErasedByAStageThatBeginsAnew: between the runs somebody made an encrypted container of
// the drive, of which no parser knows a label. The stage has no checkpoint and begins anew.
func TestADriveThatWasPutToUseIsNotErasedByAStageThatBeginsAnew(t *testing.T) {
	long(t)
	probing, _ := burnin.PlanNamed("standard")
	probing.WithoutSMART = true
	const free = "a free drive amid the first destructive act, whose data no sample hits"
	for name, cut := range map[string]func(*testing.T) (*machine, *memoryDrive){
		"classic in its first window": func(t *testing.T) (*machine, *memoryDrive) { return brokenClassic(t, 0, 2) },
		"a capacity probe": func(t *testing.T) (*machine, *memoryDrive) {
			m := newMachine(t)
			d := m.addDrive("PROBED", 64*mib)
			m.breakOff(d, probing, func(c faultdev.Counts) bool { return c.BytesWritten > 32*mib })
			return m, d
		},
		free: func(t *testing.T) (*machine, *memoryDrive) {
			m := newMachine(t)
			d := m.addDrive("AMID", 64*mib)
			m.breakOff(d, stampPlan(), func(c faultdev.Counts) bool { return c.BytesWritten == 3*mib })
			return m, d
		},
		"a granted drive, amid the first destructive act": func(t *testing.T) (*machine, *memoryDrive) {
			m := newMachine(t)
			m.grace = time.Millisecond
			d := m.addDrive("GRANTED", 64*mib)
			d.used(t, photos)
			m.cutInFirstAct(d, granted(d, photos), 3*mib)
			return m, d
		},
		"a granted drive, in the seconds to undo it": func(t *testing.T) (*machine, *memoryDrive) {
			m := newMachine(t)
			m.grace = time.Minute
			d := m.addDrive("GRANTED", 64*mib)
			d.used(t, photos)
			m.cutInGrace(granted(d, photos))
			m.grace = time.Millisecond
			return m, d
		},
	} {
		for where, at := range map[string]int64{"head": 0, "behind the first MiB": 12 * mib, "tail": 64*mib - 4*mib} {
			t.Run(name+", "+where, func(t *testing.T) {
				m, d := cut(t)
				before, written := d.reused(at, 4*mib), d.Counts().BytesWritten
				if name != free {
					d.usage = unlabelled
				}
				ends(t, m.resume(), burnin.Unknown, "usage_changed")
				if d.Counts().BytesWritten != written || !bytes.Equal(before, d.bytes()) {
					t.Errorf("%d bytes were written", d.Counts().BytesWritten-written)
				}
			})
		}
	}
}

func TestAStageBeginsAnewOverWhatItHasLeft(t *testing.T) {
	long(t)
	for phase := range 8 {
		t.Run(fmt.Sprintf("classic before half %d of its first window", phase), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, _ := brokenClassic(t, 0, phase)
				if job := m.resume(); job.State != burnin.Passed {
					t.Errorf("ended as %s, %v", job.State, job.Reason)
				}
			})
		})
	}
	probing, _ := burnin.PlanNamed("standard")
	probing.WithoutSMART = true
	for name, c := range map[string]struct {
		plan  burnin.Plan
		after int64
		held  byte // by all of the drive at first
	}{
		"a probe": {probing, 33 * mib, 0}, "a sweep": {stampPlan(), 34 * mib, 0},
		"a drive of ones, amid the first act": {stampPlan(), 3 * mib, 0xff},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("LEFT", 64*mib)
			d.Poke(bytes.Repeat([]byte{c.held}, 64*mib), 0)
			m.breakOff(d, c.plan, func(n faultdev.Counts) bool { return n.BytesWritten >= c.after })
			if job := m.resume(); job.State != burnin.Passed {
				t.Errorf("ended as %s, %v", job.State, job.Reason)
			}
		})
	}
}

// TestAWriteThatWasTornIsUndoneAndGoneOnWith cuts the power in the middle of a request of the first destructive act, on
// a drive of which a part was blank.
func TestAWriteThatWasTornIsUndoneAndGoneOnWith(t *testing.T) {
	torn := func(t *testing.T) (*machine, *memoryDrive, []byte) {
		m := newMachine(t)
		m.grace = time.Millisecond
		d := m.addDrive("TORN", 64*mib)
		before := d.used(t, photos)
		copy(before[8*mib:12*mib], bytes.Repeat([]byte{0xff}, 4*mib))
		d.Poke(before, 0)
		m.cutInFirstAct(d, granted(d, photos), 3*mib)
		d.Poke(make([]byte, 300<<10), 4*mib)
		return m, d, before
	}
	m, d, before := torn(t)
	if err := m.undo(); err != nil || !bytes.Equal(before, d.bytes()) {
		t.Errorf("undo: %v", err)
	}
	m, d, _ = torn(t)
	d.usage = unlabelled
	if job := m.resume(); job.State != burnin.Passed {
		t.Errorf("resumed it ended as %s, %v", job.State, job.Reason)
	}
}
