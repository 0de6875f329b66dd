//go:build linux

package inventory

import (
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
)

// flaky is a blank drive of which some reads fail.
type flaky struct {
	zeros
	fails func(read int, end int64) bool
	takes time.Duration
	reads int
}

func (f *flaky) ReadAt(p []byte, off int64) (int, error) {
	f.reads++
	if f.fails(f.reads, off+int64(len(p))) {
		time.Sleep(f.takes)
		return 0, unix.EIO
	}
	return f.zeros.ReadAt(p, off)
}

func TestAReadThatFailsOnceSaysNothingOfHowADriveIsUsed(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	n := &node{block: &block{size: gib}}
	n.id.LogicalBytes = 512
	for name, c := range map[string]struct {
		fails func(read int, end int64) bool
		takes time.Duration
		class drive.Class
	}{
		"each twentieth read":       {func(read int, _ int64) bool { return read%20 == 0 }, 0, drive.None},
		"the last sector, for good": {func(_ int, end int64) bool { return end > gib-512 }, 0, drive.CannotTell},
		"each read, for good":       {func(int, int64) bool { return true }, 0, drive.CannotTell},
		"what fails slowly is asked once": {func(_ int, end int64) bool { return end > gib-512 }, 7 * time.Second,
			drive.CannotTell},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{fails: c.fails, takes: c.takes}
				found, err := m.host().scan(t.Context(), f, n, inspectSamples)
				if err != nil {
					t.Fatal(err)
				}
				u := usageOf(contentAnswers(found))
				if u.Class != c.class || u.FailedReads == 0 {
					t.Errorf("%s: %s, %d failed reads", u.Class, u.Text, u.FailedReads)
				}
			})
		})
	}
}
