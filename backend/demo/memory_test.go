package demo_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/demo"
	"burnish/backend/nas"
	"burnish/backend/store"
)

// resident is the memory of Go that this process holds: what it has from the system and has not given back.
func resident() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys - m.HeapReleased)
}

// When the practice drives were tested, the window needs no more memory than before, though the practice NAS is still
// on: what the runs needed goes back to the system, and drives that hold nothing need none.
func TestMemoryAfterThePracticeRunGoesBack(t *testing.T) {
	const most = 100 << 20
	before := resident()
	var peak, after int64
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		cases := demo.Cases()
		svc, closeAll, err := demo.Open(ctx, t.TempDir(), "test",
			func(string) ([]byte, error) { return []byte("the runner's program"), nil }, cases)
		if err != nil {
			t.Fatal(err)
		}
		made, refused, err := demo.Start(ctx, svc, cases)
		if err != nil {
			t.Fatal(err)
		}
		var rows []store.Job
		for _, j := range made {
			row, err := svc.Row(ctx, j.ID)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
		watched := make(chan error, 1)
		go func() { watched <- svc.Watch(ctx, rows, deaf{}) }()
		for done := false; !done; {
			select {
			case err := <-watched:
				if err != nil {
					t.Fatal(err)
				}
				done = true
			case <-time.After(time.Second):
				peak = max(peak, resident())
			}
		}
		var all []burnin.Job
		for _, row := range rows {
			j, err := svc.View(ctx, row.ID)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, j)
		}
		for _, o := range demo.Compare(cases, all, refused) {
			if o.Wrong != "" {
				t.Errorf("%s: %s", o.Case.Drive.Identity.Serial, o.Wrong)
			}
		}
		synctest.Wait()
		after = resident()
		if err := closeAll(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("%d MiB before, %d at most, %d after", before>>20, peak>>20, after>>20)
	if after-before > most {
		t.Errorf("%d MiB more than before are still held, of at most %d", (after-before)>>20, most>>20)
	}
}

// deaf hears nothing of what a watch sees.
type deaf struct{}

func (deaf) Job(burnin.Job)                {}
func (deaf) Standing(string, nas.Standing) {}
