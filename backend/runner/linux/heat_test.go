//go:build linux

package linux

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
)

// warm is a sensor in the test's hands.
type warm struct {
	celsius, read atomic.Int64
}

func (w *warm) sense() *int {
	w.read.Add(1)
	c := int(w.celsius.Load())
	return &c
}

// samples waits until the sensor was read so many times more.
func (w *warm) samples(n int64) {
	for goal := w.read.Load() + n; w.read.Load() < goal; time.Sleep(time.Millisecond) {
	}
}

// await waits for something that has to come.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// stopped reports whether a process is stopped where it is.
func stopped(pid int64) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.HasPrefix(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " T")
}

// TestAHotDriveIsLeftInPeace has a real device get hot under badblocks, which is stopped where it is, and under our own
// engine with its queue of requests; it goes on when the device is cool again, and nothing of it shows as a fault.
func TestAHotDriveIsLeftInPeace(t *testing.T) {
	need.FUSE(t)
	need.Program(t, "badblocks")
	const size = 40 << 20
	for name, spec := range map[string]burnin.StageSpec{
		"badblocks": {Engine: burnin.EngineBadblocks, WindowMiB: 16, MaxTempC: 50},
		"stamp":     {Engine: burnin.EngineStamp, BlockBytes: 256 << 10, InFlight: 8, MaxTempC: 50},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := disk.Faulty(t, size)
			d.Throttle(60 << 20)
			b, w := benchOf(t, d.Path, size, 512), new(warm)
			w.celsius.Store(40)
			b.temp = w.sense
			moved := func() int64 { c := d.Counts(); return c.BytesRead + c.BytesWritten }
			b.start(spec)
			await(t, "the engine is at work", func() bool {
				s := b.job().Stages[1]
				return s.State == burnin.Running && (name == "stamp" && moved() > 36<<20 || b.child.Load() > 0)
			})
			w.celsius.Store(60)
			await(t, "the pause is told", func() bool { return b.job().Stages[1].Paused != nil })
			if name == "badblocks" {
				await(t, "badblocks is stopped", func() bool { return stopped(b.child.Load()) })
			}
			still, quiet := int64(-1), 0 // what is under way ends first, which takes a while on a busy machine
			await(t, "the device is left in peace", func() bool {
				if now := moved(); now != still {
					still, quiet = now, 0
				}
				w.samples(20)
				quiet++
				return quiet == 20
			})
			w.celsius.Store(47) // not cool enough
			w.samples(100)
			if now := moved(); now != still {
				t.Errorf("it moved %d bytes while it was hot", now-still)
			}
			w.celsius.Store(41)
			job := b.ended()
			if s := job.Stages[1]; job.State != burnin.Passed || s.PausedMs <= 0 || s.Paused != nil ||
				s.BytesCovered != size {
				t.Errorf("ended as %s (%v), paused for %d ms, covered %d", job.State, job.Reason, s.PausedMs,
					s.BytesCovered)
			}
			for _, said := range job.Warnings {
				if said.Code == "request_hung" || said.Code == "transient_errors" {
					t.Errorf("the pause shows as: %s", said.Text)
				}
			}
		})
	}
}

// A job is stopped, and its child gone, though the child was stopped where it was.
func TestAStopEndsAChildThatIsPaused(t *testing.T) {
	need.FUSE(t)
	need.Program(t, "badblocks")
	const size = 40 << 20
	d := disk.Faulty(t, size)
	d.Throttle(60 << 20)
	b, w := benchOf(t, d.Path, size, 512), new(warm)
	w.celsius.Store(40)
	b.temp = w.sense
	b.start(burnin.StageSpec{Engine: burnin.EngineBadblocks, MaxTempC: 50})
	await(t, "badblocks is at work", func() bool { return b.child.Load() > 0 })
	w.celsius.Store(70)
	await(t, "badblocks is stopped", func() bool { return stopped(b.child.Load()) })
	if err := os.WriteFile(b.dir+"/jobs/"+benchJob+"/stop", []byte("a test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	job := b.ended()
	if job.State != burnin.Cancelled || job.Stages[1].State != burnin.Cancelled {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", b.child.Load())); err == nil {
		t.Error("badblocks is still there")
	}
}
