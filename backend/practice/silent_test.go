package practice_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/wire"
)

// A run that is killed between making its journal and its first line leaves an empty file. Until somebody asks the job
// to go on it is over, and then the runs after that one are seen like any.
func TestARunThatIsGoneWithoutAWordHidesNoLaterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := slow(disk("SILENT", 8<<20))
		d := cutAmid(t, p)
		defer d.n.Close()
		if err := os.WriteFile(filepath.Join(d.dir, "nas", "jobs", job, "run-2.ndjson"), nil, 0o640); err != nil {
			t.Fatal(err)
		}
		c := d.dial()
		defer c.Close()
		j := d.now(c)
		if j.State != burnin.Unknown || j.Reason == nil || j.Reason.Code != "nas_restarted" || len(j.Runs) != 1 {
			t.Fatalf("after the silent run: %s, %v, %d runs", j.State, j.Reason, len(j.Runs))
		}
		if _, err := c.Resume(context.Background(), job); err != nil {
			t.Fatal(err)
		}
		for status(t, c).LockHeld {
			time.Sleep(time.Second)
		}
		j = d.now(c)
		if j.State != burnin.Passed || len(j.Runs) != 2 || j.Runs[1].Run != 3 ||
			j.BytesCovered != p.Identity.SizeBytes {
			t.Errorf("resumed: %s, %v, runs %+v, covered %d", j.State, j.Reason, j.Runs, j.BytesCovered)
		}
	})
}

// A job of which nothing can be read is told as that; what comes of the others is not held up.
func TestAJobThatCannotBeLookedAtIsToldBesideTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bad = "aaaaaaaaaaaaaaaaaaaa"
		p := slow(disk("BESIDE", 2<<20))
		d := open(t, p)
		defer d.n.Close()
		c := d.dial()
		defer c.Close()
		d.start(c, order(p, sweep()))
		if err := os.WriteFile(filepath.Join(d.dir, "nas", "jobs", bad), nil, 0o640); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var damaged []string
		var last burnin.Job
		err := c.Follow(ctx, d.mirror, nil, []string{bad, job}, false, func(id string, st *wire.JobStatus) {
			switch {
			case id == bad:
				damaged = append(damaged, st.Damaged)
			case st != nil:
				last = d.fold(st)
			}
			if len(damaged) > 0 && last.State.Ended() {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || len(damaged) != 1 || damaged[0] == "" || last.State != burnin.Passed {
			t.Errorf("%v; damaged: %q; the other: %s, %v", err, damaged, last.State, last.Reason)
		}
	})
}

// now mirrors all that the NAS has, and folds it.
func (d *desk) now(c *nas.Conn) burnin.Job {
	d.t.Helper()
	var last burnin.Job
	err := c.Follow(context.Background(), d.mirror, nil, []string{job}, true, func(_ string, st *wire.JobStatus) {
		if st != nil {
			last = d.fold(st)
		}
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return last
}

func status(t *testing.T, c *nas.Conn) wire.JobStatus {
	t.Helper()
	all, err := c.List(context.Background())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d jobs, %v", len(all), err)
	}
	return all[0]
}
