package practice_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/nas/link"
	"burnish/backend/nas/mirror"
	"burnish/backend/practice"
	"burnish/backend/wire"
)

// Sixty drives for ten days, six at work at once and the others waiting with their drives held, and a desktop that
// looks in once a day: journals, memory and goroutines stay within bounds, and each drive passes.
func TestSixtyDrivesForTenDays(t *testing.T) {
	const (
		drives, days = 60, 10
		slots        = 6
		size         = 1 << 20
		passes       = 2
		moved        = 2 * passes * size // in the sweeps
		maxJournal   = 1 << 20           // bytes for each job
		maxHeap      = 128 << 20         // bytes more than before
		perJob       = 12                // goroutines
	)
	if testing.Short() {
		t.Skip("the soak takes a while")
	}
	before := heap()
	synctest.Test(t, func(t *testing.T) {
		var all []practice.Drive
		for i := range drives {
			p := disk(fmt.Sprintf("SOAK%02d", i), size)
			p.Identity.Model = fmt.Sprintf("Practice %d", i%3)
			p.BytesPerSecond = 2 * moved / (days * slots * 24 * 3600 / drives)
			all = append(all, p)
		}
		n, err := practice.Open(practice.Options{Dir: inMemory(t), Drives: all,
			Version: "test", Poll: 10 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		d := &desk{t: t, n: n, mirror: mirror.Mirror{Dir: inMemory(t)}}
		d.opt = nas.Options{Options: link.Options{Dial: n.Dial}, Runner: func(string) ([]byte, error) {
			return []byte("the runner's program"),
				nil
		}}
		plan := burnin.Plan{Name: "soak", WithoutSMART: true, Stages: []burnin.StageSpec{
			{Kind: burnin.Precheck}, {Kind: burnin.SurfaceValidate, Engine: burnin.EngineStamp, Passes: passes,
				BlockBytes: 4096, InFlight: 1}, {Kind: burnin.FinalCheck}}}
		for i := range plan.Stages {
			plan.Stages[i].StuckMinutes = 7 * 24 * 60 // these drives take hours for a MiB
		}
		ids := make([]string, drives)
		c := d.dial()
		for i, p := range all {
			ids[i] = fmt.Sprintf("soak0123456789abcd%02d", i)
			req := order(p, plan)
			req.Job, req.Slots = ids[i], slots
			d.start(c, req)
		}
		c.Close()
		began := time.Now()
		ended := map[string]bool{}
		for len(ended) < drives {
			if time.Since(began) > 3*days*24*time.Hour {
				t.Fatalf("only %d have ended", len(ended))
			}
			time.Sleep(24 * time.Hour)
			if n := runtime.NumGoroutine(); n > perJob*drives+50 {
				t.Fatalf("%d goroutines", n)
			}
			c := d.dial()
			err := c.Follow(context.Background(), d.mirror, nil, ids, true, func(id string, st *wire.JobStatus) {
				if st != nil && !st.LockHeld {
					ended[id] = true
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
		if lasted := time.Since(began); lasted < days*24*time.Hour {
			t.Errorf("it lasted %s only", lasted)
		}
		for _, id := range ids {
			runs, err := d.mirror.Journals(id)
			if err != nil {
				t.Fatal(err)
			}
			j, err := burnin.Fold(runs, nil)
			if err != nil || j.State != burnin.Passed {
				t.Errorf("%s: %s, %v, %v", id, j.State, j.Reason, err)
			}
			info, err := os.Stat(filepath.Join(d.mirror.Dir, id, "run-1.ndjson"))
			if err != nil || info.Size() > maxJournal {
				t.Errorf("%s: its journal: %+v, %v", id, info, err)
			}
		}
		if grown := int64(heap()) - int64(before); grown > maxHeap {
			t.Errorf("the heap grew by %d bytes", grown)
		}
		info, _ := os.Stat(filepath.Join(d.mirror.Dir, ids[0], "run-1.ndjson"))
		t.Logf("virtual time %s; a journal has %d bytes; the heap grew by %d bytes; %d goroutines at the end",
			time.Since(began), info.Size(), int64(heap())-int64(before), runtime.NumGoroutine())
	})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// inMemory is a directory on a file system in memory, where there is one: a journal that is synced at each checkpoint
// of ten days is a test of the disk otherwise.
func inMemory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "burnish-soak-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
