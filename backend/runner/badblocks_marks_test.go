package runner_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"burnish/backend/burnin"
	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
)

// at has something done right before badblocks begins a half of a pattern in the window that begins at a byte.
func (m *machine) at(window int64, phase int, do func()) {
	m.withBadblocks(func(f *fakeBadblocks, at int) string {
		if f.first*f.block == window && at == phase {
			do()
		}
		return ""
	})
}

// Each window of a drive that wraps reads back as it was written; what it overwrote shows at the end. The capacity
// probe is kept from seeing it: the drive wraps only once it is over.
func TestClassicFindsWrappingAddressesWithoutItsProbe(t *testing.T) {
	long(t)
	for _, real := range []int64{16 * mib, 24*mib + 512*8, 33 * mib, 61 * mib, 64*mib - 64*1024} {
		t.Run(fmt.Sprint(real), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				d := m.addDrive("WRAPS", 64*mib)
				m.at(0, 0, func() { d.Wrap(real) })
				job := m.run(order(d, classicPlan()))
				ends(t, job, burnin.Failed, "fake_capacity")
				if !strings.Contains(job.Reason.Text, fmt.Sprintf("(%d bytes) is lost", real)) {
					t.Errorf("wraps at %d: %s", real, job.Reason.Text)
				}
			})
		})
	}
}

func TestTheMarksOfWindowsOutliveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, d := brokenClassic(t, 48*mib, 0)
		m.withBadblocks(nil)
		if marks := foldRaw(t, m.journals(testJob), nil).Stages[1].Marks; fmt.Sprint(marks) != fmt.Sprint([]int64{0,
			16 * mib, 32 * mib}) {
			t.Fatalf("marks at %v", marks)
		}
		d.Wrap(48 * mib) // the last window lands on the first
		ends(t, m.resume(), burnin.Failed, "fake_capacity")
	})
}

// A job that an older runner began has windows without a mark.
func TestWindowsWithoutAMarkAreNotHeldAgainstTheDrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, d := brokenClassic(t, 48*mib, 0)
		m.withBadblocks(nil)
		m.rewriteJournal(1, func(journal []byte) []byte { return regexp.MustCompile(`,"mark":\d+`).ReplaceAll(journal, nil) })
		d.Poke(make([]byte, 4096), 0)
		d.Poke(make([]byte, 4096), 16*mib)
		job := m.resume()
		if job.State != burnin.Passed || fmt.Sprint(job.Stages[1].Marks) != fmt.Sprint([]int64{48 * mib}) {
			t.Errorf("ended as %s (%v), marks at %v", job.State, job.Reason, job.Stages[1].Marks)
		}
	})
}

func TestAMarkThatIsLostOnADriveThatDoesNotWrapIsABadPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		d := m.addDrive("LOSES", 64*mib)
		m.at(48*mib, 0, func() { d.Poke(bytes.Repeat([]byte{0}, 4096), 16*mib) })
		job := m.run(order(d, classicPlan()))
		ends(t, job, burnin.Failed, "surface_errors")
		first, last := int64(16*mib/512), int64(16*mib/512+7)
		if bad := job.Stages[1].BadRanges; len(bad) != 1 || bad[0].FirstLBA != first || bad[0].LastLBA != last ||
			bad[0].Kind != surface.KindStale || bad[0].Pass != 1 {
			t.Errorf("%s", asJSON(t, bad))
		}
	})
}

func TestAMarkThatNobodyWatchedIsADoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, d := brokenClassic(t, 48*mib, 0)
		m.withBadblocks(nil)
		d.Poke(make([]byte, 4096), 16*mib) // while the NAS was down
		ends(t, m.resume(), burnin.Unknown, "resumed_mismatch")
	})
}

func TestAMarkThatCannotBeReadOrWrittenIsListedAsThat(t *testing.T) {
	for kind, c := range map[surface.Kind]struct {
		effect faultdev.Effect
		phase  int
	}{surface.KindRead: {faultdev.FailRead, 0}, surface.KindWrite: {faultdev.FailWrite, 7}} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				d := m.addDrive("HEADS", 64*mib)
				window, lba := int64(48*mib), int64(16*mib/512+3)
				if kind == surface.KindWrite {
					lba = window/512 + 3
				}
				m.at(window, c.phase, func() { d.Set(faultdev.Fault{Effect: c.effect, First: lba, Last: lba}) })
				job := m.run(order(d, classicPlan()))
				ends(t, job, burnin.Failed, "surface_errors")
				if bad := job.Stages[1].BadRanges; len(bad) != 1 || bad[0].FirstLBA != lba || bad[0].LastLBA != lba ||
					bad[0].Kind != kind {
					t.Errorf("%s", asJSON(t, bad))
				}
			})
		})
	}
}
