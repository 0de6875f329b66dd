package middleware_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	stand "burnish/backend/testbed/truenas"
)

// Whatever happens to the desktop, the connection, TrueNAS and the drive, in whatever order: a job that passes was
// written whole, by its own wipe and nobody else, which was asked for once; no job fails by anything but the drive's
// word on its self-test; each job ends.
func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		version := rapid.SampledFrom([]stand.Version{stand.V2410, stand.V2504, stand.V2510}).Draw(t, "version")
		w := newWorld(version, "FULL_ADMIN")
		calm, faults, failed := false, 0, false
		w.cut = func(what string) error {
			if calm || faults >= 12 {
				return nil
			}
			switch rapid.IntRange(0, 30).Draw(t, what) {
			case 0:
				faults++
				return errKilled
			case 1:
				faults++
				if what != "before a line" && what != "after a line" {
					return errLost
				}
			}
			return nil
		}
		step := func() {
			if err := w.step(); err != nil && !errors.Is(err, errLost) {
				t.Fatal(err)
			}
		}
		end := func(status, verbose string) {
			failed = w.mw.EndTest(w.drive.Name, status, verbose) && status == "FAILED" || failed
		}
		happens := map[string]func(*rapid.T){
			"": func(*rapid.T) {
				for _, wrong := range w.wrong {
					t.Fatal(wrong)
				}
			},
			"step":         func(*rapid.T) { step() },
			"step again":   func(*rapid.T) { step() },
			"time":         func(t *rapid.T) { w.pass(rapid.Int64Range(1, 300_000).Draw(t, "ms")) },
			"write":        func(t *rapid.T) { w.mw.Write(rapid.IntRange(1, 5).Draw(t, "MiB"), 0) },
			"write on":     func(t *rapid.T) { w.mw.Write(rapid.IntRange(1, 5).Draw(t, "MiB"), 0) },
			"write less":   func(t *rapid.T) { w.mw.Write(rapid.IntRange(1, 5).Draw(t, "MiB"), 1) },
			"settle":       func(*rapid.T) { w.mw.Settle() },
			"test passes":  func(*rapid.T) { end("SUCCESS", "Completed without error") },
			"test ends so": func(*rapid.T) { end("SUCCESS", "Completed without error") },
			"test aborted": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
					end("ABORTED", "Aborted by host")
				}
			},
			"test fails": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
					end("FAILED", "Completed: read failure")
				}
			},
		}
		for name, rare := range map[string]func(){
			"stop":               func() { w.stop = true },
			"reboot":             func() { w.reboot(false) },
			"reboot, names move": func() { w.reboot(true) },
			"middleware restart": func() { w.mw.Restart() },
			"other's wipe":       func() { w.foreign = true; w.othersWipe("sda") },
			"other's write":      func() { w.write(512) },
			"ends unwritten":     func() { w.mw.EndUnwritten() },
			"an error":           func() { w.mw.Fail(errors.New("bad")) },
			"aborted by others":  func() { w.mw.Midclt([]string{"call", "core.job_abort", "1"}) },
			"a pool":             func() { w.drive.Pool = "tank" },
			"the pool goes":      func() { w.drive.Pool = "" },
		} {
			happens[name] = func(t *rapid.T) {
				if rapid.IntRange(0, 5).Draw(t, "rarely") == 0 {
					rare()
				}
			}
		}
		t.Repeat(happens)
		calm = true
		for n := 0; !w.job.Ended(); n++ {
			if n > 3000 {
				t.Fatalf("the job never ends: %+v", w.job.Job())
			}
			step()
			w.mw.Settle()
			w.mw.Write(1, 0)
			end("SUCCESS", "Completed without error")
			w.pass(60_000)
		}
		for _, wrong := range w.wrong {
			t.Fatal(wrong)
		}
		job := w.job.Job()
		switch job.State {
		case burnin.Passed:
			if !w.whole() {
				t.Fatalf("passed, and written were %v, by somebody else: %v", w.drive.mibs, w.foreign)
			}
			if version != stand.V2510 && (!w.passed("Short") || !w.passed("Extended")) {
				t.Fatalf("passed, and the log is %+v", w.drive.Tests)
			}
			if len(w.asked) != 1 {
				t.Fatalf("passed, and wipes were asked for: %v", w.asked)
			}
		case burnin.Failed:
			if !failed {
				t.Fatalf("failed by %+v", job.Reason)
			}
		case burnin.Cancelled:
			if !w.stop {
				t.Fatalf("cancelled, and nobody stopped it: %+v", job.Reason)
			}
		}
		if job.State != burnin.Passed && job.Reason == nil {
			t.Fatalf("%s without a reason", job.State)
		}
		if again, err := burnin.Fold([][]burnin.Event{w.events}, nil); err != nil || again.State != job.State {
			t.Fatalf("the journal folds to %s, %v", again.State, err)
		}
	})
}
