//go:build linux

package chaos_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"burnish/backend/testbed/need"
)

var (
	seeds = flag.Int("seeds", 20, "how many scenarios")
	first = flag.Uint64("first", 1, "the seed of the first")
	seed  = flag.Uint64("seed", 0, "this scenario alone")
)

func TestEverythingBreaksAtRandom(t *testing.T) {
	need.Root(t)
	need.Loop(t)
	need.FUSE(t)
	need.Program(t, "badblocks")
	need.Program(t, "unshare")
	need.Program(t, "ip")
	runner, err := buildRunner()
	if err != nil {
		t.Fatal(err)
	}
	from, to := *first, *first+uint64(*seeds)
	if *seed != 0 {
		from, to = *seed, *seed+1
	}
	t.Cleanup(func() { os.RemoveAll(runner[:len(runner)-len("/runner")]) })
	for s := from; s < to; s++ {
		t.Run(fmt.Sprintf("seed-%d", s), func(t *testing.T) {
			t.Parallel()
			scenario(t, s, runner)
		})
	}
}

func scenario(t *testing.T, seed uint64, runner string) {
	w := newWorld(t, seed, runner)
	a := w.apps[0]
	for _, d := range w.drives {
		a.must("start", "box", "--drive", d.Path, "--plan", d.plan)
	}
	a.watch()
	for range 3 + w.rng.IntN(6) {
		w.progress(w.rng.Float64() / 4)
		e := events[w.rng.IntN(len(events))]
		w.say("%s", e.name)
		e.do(w)
		if w.rng.IntN(4) > 0 {
			a.watch()
		}
	}
	again := w.rng.IntN(3) > 0
	w.calm()
	if again {
		w.resume(w.apps[0])
	}
	w.ends()
	w.check()
}

// progress waits until a drive has done that share of its work, or nothing moves.
func (w *world) progress(share float64) {
	d := w.drawDrive()
	moved := func() int64 { c := d.Counts(); return c.BytesRead + c.BytesWritten }
	goal := moved() + int64(share*float64(d.work))
	for last, since := moved(), time.Now(); moved() < goal &&
		time.Since(since) < time.Second; time.Sleep(10 * time.Millisecond) {
		if now := moved(); now != last {
			last, since = now, time.Now()
		}
	}
}

// calm ends all that goes by; what is bad stays so.
func (w *world) calm() {
	for _, d := range w.drives {
		d.answer()
	}
}

// ends follows all jobs to their end.
func (w *world) ends() {
	a := w.apps[0]
	a.watch()
	select {
	case <-a.ended:
	case <-time.After(patience):
		w.t.Fatalf("the watch has not ended:\n%s", a.out.String())
	}
	a.watching = nil
	w.say("the watch ended: %s", last(a.out.String()))
	a.run("watch") // whatever the first one stumbled over is over by now
	w.apps[1].kill()
}
