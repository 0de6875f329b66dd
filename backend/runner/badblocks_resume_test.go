package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// brokenClassic ends a run of badblocks, as a NAS that shuts down does, right before a phase of the window that begins
// at a byte.
func brokenClassic(t *testing.T, window int64, phase int) (*machine, *memoryDrive) {
	t.Helper()
	m := newMachine(t)
	d := m.addDrive("TAIL", 64*mib)
	reached := make(chan struct{})
	var once sync.Once
	m.withBadblocks(func(f *fakeBadblocks, at int) string {
		if f.first*f.block == window && at == phase {
			once.Do(func() {
				close(reached)
				<-f.kill
			})
		}
		return ""
	})
	if _, err := m.service().Start(context.Background(), order(d, classicPlan())); err != nil {
		t.Fatal(err)
	}
	<-reached
	m.killAll()
	m.wait.Wait()
	ends(t, foldRaw(t, m.journals(testJob), nil), burnin.Unknown, "told_to_end")
	return m, d
}

func TestClassicGoesOnInItsLastWindowWhateverPatternIsThere(t *testing.T) {
	long(t)
	for phase := range 8 {
		t.Run(fmt.Sprintf("before half %d", phase), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, _ := brokenClassic(t, 48*mib, phase)
				job := m.resume()
				if r := job.Stages[1].Resumed; job.State != burnin.Passed || r == nil || r.FromByte != 48*mib {
					t.Errorf("ended as %s (%v), resumed %+v", job.State, job.Reason, r)
				}
			})
		})
	}
}

func TestWhatIsNoPatternOfBadblocksInItsPlaceIsSomebodys(t *testing.T) {
	long(t)
	pattern := func(b byte) []byte { return bytes.Repeat([]byte{b}, 512) }
	for name, c := range map[string]struct {
		window int64 // at work when the run was broken off; the tail of the last one holds 0xaa then
		data   []byte
		at     int64
	}{
		"one byte in the tail":                  {48 * mib, []byte{0x55}, 64*mib - 1},
		"another pattern in the tail":           {48 * mib, pattern(0x11), 64*mib - 512},
		"two patterns in one sector":            {48 * mib, pattern(0x55)[:256], 64*mib - 512},
		"a pattern in the head":                 {48 * mib, pattern(0xaa), 0},
		"a pattern before the last window came": {32 * mib, pattern(0xaa), 64*mib - 512},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, d := brokenClassic(t, c.window, 2)
				d.Poke(c.data, c.at)
				written := d.Counts().BytesWritten
				ends(t, m.resume(), burnin.Unknown, "usage_changed")
				if now := d.Counts().BytesWritten; now != written {
					t.Errorf("%d bytes were written", now-written)
				}
			})
		})
	}
}

func TestClassicGoesOnOnlyFromWhatTheDriveHasFlushed(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("CACHE", 64*mib)
	m.withBadblocks(func(f *fakeBadblocks, phase int) string {
		if f.first*f.block == 16*mib && phase == 7 {
			d.Set(faultdev.Fault{Effect: faultdev.FailFlush})
		}
		return ""
	})
	job := m.run(order(d, classicPlan()))
	ends(t, job, burnin.Unknown, "flush_failed")
	if cp := job.Stages[1].Checkpoint; cp == nil || cp.Position != 16*mib {
		t.Errorf("it would go on from %+v", cp)
	}
}

// A drive that does not answer the flush is waited for like one that does not answer anything else.
func TestAFlushWithoutAnAnswerHoldsNobodyForGood(t *testing.T) {
	for name, stopped := range map[string]bool{"nobody stops it": false, "a person stops it": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				m.poll = time.Second
				d := m.addDrive("FLUSH", 64*mib)
				m.withBadblocks(func(f *fakeBadblocks, phase int) string {
					if phase == 7 {
						d.OnRequest(onFlush(d.Counts().Flushes, func() { time.Sleep(3 * time.Hour) }))
					}
					return ""
				})
				if _, err := m.service().Start(context.Background(), order(d, classicPlan())); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Minute)
				if stopped {
					if _, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob}); !isReason(err,
						"not_stopped") {
						t.Errorf("the stop: %v", err)
					}
				}
				m.wait.Wait()
				job := foldRaw(t, m.journals(testJob), nil)
				if stopped {
					ends(t, job, burnin.Cancelled, "stopped_by_person")
				} else {
					ends(t, job, burnin.Unknown, "stuck")
				}
				if warned(job, "stop_waits") != stopped {
					t.Errorf("warnings: %s", asJSON(t, job.Warnings))
				}
				time.Sleep(3 * time.Hour)
			})
		})
	}
}

// onFlush does something at the first flush after so many.
func onFlush(before int64, do func()) func(faultdev.Counts) {
	var once sync.Once
	return func(c faultdev.Counts) {
		if c.Flushes == before+1 {
			once.Do(do)
		}
	}
}
