package runner_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// slowJob starts a job that reads its drive for some minutes.
func (m *machine) slowJob(n int, slots int, change func(*memoryDrive)) string {
	m.t.Helper()
	d := m.addDrive(fmt.Sprintf("QUEUE%02d", n), 4*mib)
	d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 5 * time.Minute})
	if change != nil {
		change(d)
	}
	req := order(d, readPlan())
	req.Job, req.CreatedMs, req.Slots, req.Usage = fmt.Sprintf("job%017d", n), int64(1_700_000_000_000+n), slots,
		d.usage.Class
	if _, err := m.service().Start(context.Background(), req); err != nil {
		m.t.Fatal(err)
	}
	return req.Job
}

func inPool(d *memoryDrive) {
	d.usage = drive.Usage{Class: drive.Pool, Text: "pool tank",
		PoolName: "tank", PoolGUID: "1", PhraseKind: drive.PoolPhrase}
}

// cutOff ends all runs as a power cut does, after which a job that waited has its file still.
func (m *machine) cutOff(waited string) {
	m.t.Helper()
	m.killAll()
	m.wait.Wait()
	if err := os.WriteFile(filepath.Join(m.dir, "jobs", waited, "waiting"), nil, 0o640); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) goOn(job string) {
	m.t.Helper()
	if _, err := m.service().Resume(context.Background(), job); err != nil {
		m.t.Fatal(err)
	}
}

func TestAJobThatWaitedBeforeAPowerCutHoldsNobodyUpAfterIt(t *testing.T) {
	for name, where := range map[string]func(*memoryDrive){"while it works": nil,
		"while it waits for its pool": inPool} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				m.poll = 100 * time.Millisecond
				first := m.slowJob(0, 1, where)
				time.Sleep(5 * time.Second)
				second := m.slowJob(1, 1, where)
				m.cutOff(second)
				if where != nil {
					m.goOn(first) // has the pool, so that the second waits for that and not for a slot
					time.Sleep(5 * time.Second)
				}
				m.goOn(second)
				time.Sleep(5 * time.Second)
				third := m.slowJob(2, 2, nil)
				time.Sleep(10 * time.Second)
				now, err := m.service().Slots(wire.SlotsRequest{})
				if err != nil || now.Working != 2 || len(now.Waiting) != 0 {
					t.Errorf("beside a free slot: %+v, %v", now, err)
				}
				m.wait.Wait()
				for _, id := range []string{second, third} {
					ends(t, foldRaw(t, m.journals(id), nil), burnin.Passed, "")
				}
			})
		})
	}
}

func TestAJobThatWaitsBearsAStateDirectoryThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		lock  string // refused while the second job waits for it
		where func(*memoryDrive)
		hours int
		want  reason.Code // empty: it passes
	}{
		"read-only":              {syscall.EROFS, "turn", nil, 2, ""},
		"full":                   {syscall.ENOSPC, "turn", nil, 2, ""},
		"removed":                {fs.ErrNotExist, "turn", nil, 2, ""},
		"read-only, in its pool": {syscall.EROFS, "pool-", inPool, 2, ""},
		"read-only for good":     {syscall.EROFS, "turn", nil, 14, "no_space"},
		"broken":                 {fs.ErrInvalid, "turn", nil, 2, "runner_fault"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t)
				m.poll = time.Second
				m.slowJob(0, 1, c.where)
				time.Sleep(5 * time.Second)
				second := m.slowJob(1, 1, c.where)
				time.Sleep(5 * time.Second)
				begun := time.Now()
				m.mu.Lock()
				m.refuses = func(path string) error {
					if strings.HasPrefix(filepath.Base(path), c.lock) &&
						time.Since(begun) < time.Duration(c.hours)*time.Hour {
						return &fs.PathError{Op: "open", Path: path, Err: c.err}
					}
					return nil
				}
				m.mu.Unlock()
				m.wait.Wait()
				want := burnin.Passed
				if c.want != "" {
					want = burnin.Unknown
				}
				ends(t, foldRaw(t, m.journals(second), nil), want, c.want)
			})
		})
	}
}
