package middleware_test

import (
	"errors"
	"slices"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	stand "burnish/backend/testbed/truenas"
)

// until takes the job on until its stage runs and TrueNAS was asked for what it needs, or the job has ended.
func (w *world) until(t *testing.T, stage int) {
	t.Helper()
	for range 200 {
		if err := w.step(); err != nil {
			t.Fatal(err)
		}
		job := w.job.Job()
		if job.State.Ended() || len(job.Stages) > stage && job.Stages[stage].State == burnin.Running {
			return
		}
		w.mw.EndTest(w.drive.Name, "SUCCESS", "Completed without error")
		w.pass(20_000)
	}
	t.Fatalf("stage %d never runs: %+v", stage, w.job.Job())
}

// finish takes the job on until it has ended; do is what happens between two steps.
func (w *world) finish(t *testing.T, do func(n int)) burnin.Job {
	t.Helper()
	for n := range 2000 {
		if err := w.step(); err != nil {
			t.Fatal(err)
		}
		if w.job.Ended() {
			for _, wrong := range w.wrong {
				t.Error(wrong)
			}
			return w.job.Job()
		}
		do(n)
		w.pass(20_000)
	}
	t.Fatalf("the job never ends: %+v", w.job.Job())
	return burnin.Job{}
}

const wipeStage = 3

func TestAJobOfAnOldAndOfANewTrueNAS(t *testing.T) {
	for v, roles := range map[stand.Version][]string{stand.V2410: {"FULL_ADMIN"}, stand.V2504: {"FULL_ADMIN"},
		stand.V2510: {"DISK_WRITE", "REPORTING_READ", "POOL_READ"}} {
		w := newWorld(v, roles...)
		job := w.finish(t, func(int) {
			w.mw.EndTest("sda", "SUCCESS", "Completed without error")
			w.mw.Write(1, 0)
		})
		if job.State != burnin.Passed || job.Verdict.Coverage != burnin.CoverageWritten || len(job.Verdict.Missing) > 0 {
			t.Fatalf("%s: %s, %+v, %+v", v, job.State, job.Reason, job.Verdict)
		}
		if !w.whole() || job.BytesWritten != 5*stand.MiB || job.BytesCovered != 0 || job.BytesVerified != 0 {
			t.Errorf("%s: %d written, %d covered", v, job.BytesWritten, job.BytesCovered)
		}
		want := burnin.Passed
		if v == stand.V2510 {
			want = burnin.Skipped
		}
		if job.Stages[1].State != want || job.Stages[2].State != want {
			t.Errorf("%s: self-tests are %s and %s", v, job.Stages[1].State, job.Stages[2].State)
		}
		at := slices.IndexFunc(job.Warnings, func(s reason.Said) bool { return s.Code == reason.WrittenOnly })
		if at < 0 {
			t.Fatalf("%s: %+v", v, job.Warnings)
		}
		if tail, ok := job.Warnings[at].Args["tail"].Int(); !ok || tail != 512*7 {
			t.Errorf("%s: %+v", v, job.Warnings[at])
		}
	}
}

// What happens to a wipe, and what the job says of it. None of it speaks against the drive.
func TestAWipeThatIsNotDone(t *testing.T) {
	once := func(fn func(w *world)) func(*world, int) {
		return func(w *world, n int) {
			if n == 1 {
				fn(w)
			}
			w.mw.Write(1, 0)
		}
	}
	for name, c := range map[string]struct {
		do   func(w *world, n int)
		code reason.Code
	}{
		"ends unwritten":           {once(func(w *world) { w.mw.EndUnwritten() }), reason.WipeUnwritten},
		"writes that nobody saw":   {func(w *world, _ int) { w.mw.Write(1, 1) }, reason.WipeUnwritten},
		"one write less":           {func(w *world, n int) { w.mw.Write(1, max(0, 1-n)) }, reason.WipeUnwritten},
		"somebody else writes":     {once(func(w *world) { w.write(512) }), reason.ForeignWrites},
		"somebody writes a lot":    {once(func(w *world) { w.write(7 * stand.MiB) }), reason.ForeignWrites},
		"aborted in TrueNAS":       {once(func(w *world) { w.mw.Midclt([]string{"call", "core.job_abort", "1"}) }), reason.WipeAborted},
		"an error":                 {once(func(w *world) { w.mw.Fail(errors.New("bad")) }), reason.WipeFailed},
		"the middleware restarts":  {once(func(w *world) { w.mw.Restart() }), reason.WipeLost},
		"restarts, and id 1 again": {once(func(w *world) { w.mw.Restart(); w.othersWipe("sdb") }), reason.WipeLost},
		"the NAS restarts":         {once(func(w *world) { w.reboot(true) }), reason.NASRestarted},
		"it writes no more":        {func(w *world, _ int) { w.pass(60_000); w.mw.Settle() }, reason.Stuck},
		"the drive comes anew":     {once(func(w *world) { w.seqs++; w.drive.seq, w.drive.written = w.seqs, 0 }), reason.DriveVanished},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(stand.V2510, "DISK_WRITE", "REPORTING_READ")
			w.until(t, wipeStage)
			job := w.finish(t, func(n int) { c.do(w, n); w.mw.Settle() })
			if job.State != burnin.Unknown || job.Reason == nil || job.Reason.Code != c.code {
				t.Errorf("%s, %+v", job.State, job.Reason)
			}
		})
	}
}

// othersWipe is one that another login, or a person in TrueNAS, begins.
func (w *world) othersWipe(name string) { w.mw.Midclt([]string{"call", "disk.wipe", name, "FULL"}) }

// What makes a wipe be refused before it is asked for.
func TestAWipeThatIsNotAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(w *world)
		code reason.Code
	}{
		"in a pool":        {func(w *world) { w.drive.Pool = "tank" }, reason.UsageChanged},
		"the boot pool":    {func(w *world) { w.drive.Pool = "boot-pool" }, reason.UsageChanged},
		"an exported pool": {func(w *world) { w.drive.Exported = "old" }, reason.UsageChanged},
		"a twin":           {func(w *world) { w.other.Serial, w.other.Lunid = w.drive.Serial, w.drive.Lunid }, reason.IdentityChanged},
		"written to":       {func(w *world) { w.drive.written += 512 }, reason.ForeignWrites},
		"away since":       {func(w *world) { w.seqs++; w.drive.seq = w.seqs }, reason.UsageChanged},
		"the NAS restarted": {func(w *world) {
			w.mw.EndTest("sda", "SUCCESS", "Completed without error")
			w.reboot(false)
			w.drive.written = 4096
		}, reason.UsageChanged},
		"gone":          {func(w *world) { w.mw.SetDisks(w.other.Disk) }, reason.DriveVanished},
		"wiped already": {func(w *world) { w.othersWipe("sda") }, reason.UsageChanged},
		"another drive": {func(w *world) { w.drive.Size -= 512 }, reason.IdentityChanged},
		"no right to":   {func(w *world) { w.mw.Roles = []string{"DISK_READ", "REPORTING_READ"} }, reason.MidcltRefused},
		"no details":    {func(w *world) { w.mw.Roles = []string{"DISK_WRITE"} }, reason.MidcltRefused},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(stand.V2504, "FULL_ADMIN")
			w.until(t, wipeStage-1) // while the drive tests itself
			c.do(w)
			job := w.finish(t, func(int) { w.mw.EndTest(w.drive.Name, "SUCCESS", "Completed without error") })
			if job.State != burnin.Unknown || job.Reason == nil || job.Reason.Code != c.code {
				t.Errorf("%s, %+v", job.State, job.Reason)
			}
			if n := len(w.asked); n > 0 && name != "no right to" {
				t.Errorf("%d wipes were asked for", n)
			}
			if len(w.drive.mibs) > 0 && name != "wiped already" {
				t.Error("the drive was written to")
			}
		})
	}
}

func TestAWipeThatWaitsBehindAnotherIsTakenBack(t *testing.T) {
	w := newWorld(stand.V2510, "DISK_WRITE", "REPORTING_READ")
	begun := false
	w.cut = func(what string) error {
		if what == "before disk.wipe" && !begun { // in the last moment
			begun = true
			w.othersWipe("sda")
		}
		return nil
	}
	job := w.finish(t, func(int) { w.mw.Write(1, 0); w.mw.Settle() })
	if job.State != burnin.Unknown || job.Reason.Code != reason.WipeQueued {
		t.Fatalf("%s, %+v", job.State, job.Reason)
	}
	if got := w.drive.written - 4096; got != 5*stand.MiB {
		t.Errorf("%d bytes were written: the other wipe's and ours", got)
	}
}

func TestAStopEndsWhatRuns(t *testing.T) {
	for stage, running := range map[int]func(w *world) bool{
		1: func(w *world) bool { return w.drive.Running != "" },
		2: func(w *world) bool { return w.drive.Running != "" },
		3: func(w *world) bool { return w.drive.open },
	} {
		w := newWorld(stand.V2504, "FULL_ADMIN")
		w.until(t, stage)
		w.mw.Write(1, 0)
		if !running(w) {
			t.Fatalf("stage %d: nothing runs", stage)
		}
		w.stop = true
		before := w.drive.written
		job := w.finish(t, func(n int) {
			if n == 10 {
				w.mw.Settle()
			}
		})
		if job.State != burnin.Cancelled || job.Reason.Code != reason.StoppedByPerson || running(w) {
			t.Errorf("stage %d: %s, %+v, goes on: %v", stage, job.State, job.Reason, running(w))
		}
		if stage == 3 && w.drive.written-before != stand.MiB {
			t.Errorf("it ended before its last MiB had been written")
		}
	}
}

// What a self-test ends with, in TrueNAS's words and the drive's.
func TestSelfTestsThatDoNotPass(t *testing.T) {
	for _, c := range []struct {
		status, verbose string
		state           burnin.State
		code            reason.Code
	}{
		{"FAILED", "Completed: read failure", burnin.Failed, reason.SelfTestFailed},
		{"FAILED", "Failed in segment --> 3", burnin.Failed, reason.SelfTestFailed},
		{"FAILED", "Fatal or unknown error", burnin.Unknown, reason.SelfTestUnknown},
		{"ABORTED", "Aborted by host", burnin.Unknown, reason.SelfTestAborted},
		{"WHATEVER", "", burnin.Unknown, reason.SelfTestUnknown},
	} {
		w := newWorld(stand.V2410, "FULL_ADMIN")
		job := w.finish(t, func(int) { w.mw.EndTest("sda", c.status, c.verbose) })
		if job.State != c.state || job.Reason.Code != c.code {
			t.Errorf("%s %q: %s, %+v", c.status, c.verbose, job.State, job.Reason)
		}
		if len(w.asked) > 0 {
			t.Errorf("%s %q: the drive is wiped all the same", c.status, c.verbose)
		}
	}
}

func TestAJobThatWasAskedForLongAgoDoesNotBegin(t *testing.T) {
	w := newWorld(stand.V2510, "DISK_WRITE", "REPORTING_READ")
	w.driver.Request.TooLate = true
	if job := w.finish(t, func(int) {}); job.State != burnin.Unknown || job.Reason.Code != reason.NeverBegun ||
		len(w.asked) > 0 {
		t.Errorf("%s, %+v", job.State, job.Reason)
	}
}

// A desktop that is killed, or whose connection breaks, at any call and any line, once: the job passes all the same,
// and TrueNAS is asked for one wipe. Where the wipe may not have been asked for at all nobody knows, and it is not
// asked for again.
func TestADesktopThatIsKilledAtAnyMoment(t *testing.T) {
	for _, v := range []stand.Version{stand.V2410, stand.V2510} {
		points := []string{""}
		for k := 0; k < len(points); k++ {
			for _, fault := range []error{errKilled, errLost} {
				w, n, killed := newWorld(v, "FULL_ADMIN"), 0, errors.Is(fault, errKilled)
				w.cut = func(what string) error {
					if n++; k == 0 && killed {
						points = append(points, what)
					}
					if n == k && (killed || what != "before a line" && what != "after a line") {
						return fault
					}
					return nil
				}
				for range 200 {
					if err := w.step(); err != nil && !errors.Is(err, errLost) {
						t.Fatal(err)
					}
					if w.job.Ended() {
						break
					}
					w.mw.EndTest("sda", "SUCCESS", "Completed without error")
					w.mw.Write(2, 0)
					w.pass(20_000)
				}
				for _, wrong := range w.wrong {
					t.Errorf("%s, %s %s: %s", v, points[k], fault, wrong)
				}
				job := w.job.Job()
				lost := job.State == burnin.Unknown && job.Reason.Code == reason.WipeUnanswered && len(w.asked) == 0
				if job.State != burnin.Passed && !lost || job.State == burnin.Passed && !w.whole() {
					t.Errorf("%s, %s %d, %s: %s, %+v", v, points[k], k, fault, job.State, job.Reason)
				}
				if lost && points[k] != "before disk.wipe" && points[k] != "after a line" {
					t.Errorf("%s, %s %d, %s: no wipe is asked for", v, points[k], k, fault)
				}
			}
		}
		if len(points) < 50 {
			t.Errorf("%s: %d moments", v, len(points))
		}
	}
}
