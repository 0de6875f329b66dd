package practice_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/nas/link"
	"burnish/backend/nas/mirror"
	"burnish/backend/practice"
)

// A stage that takes 200 hours, with a power cut in each sweep: its journal stays below 2,000 lines, and a run that
// goes on loses no more than between two checkpoints, which are half a minute apart.
func TestALongStageHasAShortJournalAndLosesLittle(t *testing.T) {
	const (
		size   = 1 << 20
		passes = 16
		all    = 2 * passes * size
		block  = 4096
		hours  = 200
	)
	for _, forgets := range []bool{false, true} { // a runner that does not know the file finds the journal's line
		synctest.Test(t, func(t *testing.T) {
			p := disk("LONG", size)
			p.BytesPerSecond = all / (hours * 3600)
			dir := inMemory(t)
			n, err := practice.Open(practice.Options{Dir: dir, Drives: []practice.Drive{p}, Version: "test",
				Poll: 2 * time.Minute, Rewind: block})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			d := &desk{t: t, n: n, mirror: mirror.Mirror{Dir: inMemory(t)}}
			d.opt = nas.Options{Options: link.Options{Dial: n.Dial}, Runner: func(string) ([]byte, error) {
				return []byte("a program"), nil
			}}
			d.opt.BeatTimeout = 24 * time.Hour
			plan := sweep()
			plan.Stages[1].BlockBytes, plan.Stages[1].InFlight = block, 1
			plan.Stages[1].Passes = passes
			for i := range plan.Stages { // a drive as slow as that answers rarely
				plan.Stages[i].StuckMinutes = 10_000
			}
			c := d.dial()
			d.start(c, order(p, plan))
			for run, share := range []float64{0.3, 0.7} {
				at := d.until(c, func(j burnin.Job) bool { return float64(sweepStage(j).Done) > share*all })
				c.Close()
				if err := n.PowerCut(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour) // what the drive had been asked is over
				kept := filepath.Join(dir, "nas", "jobs", job, "checkpoint")
				most := int64(3 * block)
				if forgets {
					most += all / 400
					if err := os.Remove(kept); err != nil {
						t.Fatal(err)
					}
				}
				c = d.dial()
				if _, err := c.Resume(context.Background(), job); err != nil {
					t.Fatal(err)
				}
				now := d.until(c, func(j burnin.Job) bool {
					return len(j.Runs) == run+2 && sweepStage(j).State == burnin.Running
				})
				cp := sweepStage(now).Checkpoint
				if lost := sweepStage(at).Done - cp.Done; lost > most || now.State != burnin.Running {
					t.Errorf("run %d goes on %d bytes back, at most %d are right: %+v, %v", run+2, lost, most, cp, now.Reason)
				}
			}
			last := d.until(c, nil)
			c.Close()
			if last.State != burnin.Passed {
				t.Fatalf("%s: %v", last.State, last.Reason)
			}
			runs, err := d.mirror.Journals(job)
			if err != nil {
				t.Fatal(err)
			}
			lines, kinds := 0, map[burnin.EventKind]int{}
			for _, run := range runs {
				for _, ev := range run {
					lines++
					kinds[ev.Kind]++
				}
			}
			if lines >= 2000 {
				t.Errorf("%d lines: %v", lines, kinds)
			}
			t.Logf("%s, %d lines", time.Duration(last.EndedMs-last.CreatedMs)*time.Millisecond, lines)
		})
	}
}
