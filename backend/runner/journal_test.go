package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// drawJournals has the runner write the journals of a random life: some plan, some faults, perhaps stopped or told to
// end at some moment, perhaps resumed.
func drawJournals(t *rapid.T, tb testing.TB) [][]byte {
	m := newMachine(tb)
	size := rapid.Int64Range(1, 4*2048+7).Draw(t, "sectors") * 512
	d := m.addDrive("RANDOM", size)
	var faults []faultdev.Fault
	for range rapid.IntRange(0, 3).Draw(t, "faults") {
		first := rapid.Int64Range(0, size/512-1).Draw(t, "lba")
		faults = append(faults, faultdev.Fault{
			Effect: rapid.SampledFrom([]faultdev.Effect{faultdev.FailRead, faultdev.FailWrite, faultdev.FlipRead,
				faultdev.DropWrite, faultdev.Vanish, faultdev.FailFlush}).Draw(t, "effect"),
			First: first, Last: first + rapid.Int64Range(0, 20).Draw(t, "more"), Byte: 3, Mask: 1,
			Times: rapid.IntRange(0, 2).Draw(t, "times"),
		})
	}
	plan := rapid.SampledFrom([]burnin.Plan{stampPlan(), readPlan()}).Draw(t, "plan")
	after := rapid.Int64Range(1, 400).Draw(t, "interrupt after requests")
	how := rapid.SampledFrom([]string{"not", "told", "stop"}).Draw(t, "interrupt")
	d.OnRequest(func(c faultdev.Counts) {
		if c.Reads+c.Writes != after {
			return
		}
		switch how {
		case "told":
			go m.killAll()
		case "stop":
			go func() { _, _ = m.service().Stop(context.Background(), wire.JobRequest{Job: testJob}) }()
		}
		time.Sleep(3 * time.Millisecond)
	})
	d.Set(append(faults, faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30,
		Delay: 20 * time.Microsecond})...)
	_, _ = m.service().Start(context.Background(), order(d, plan))
	m.wait.Wait()
	if rapid.Bool().Draw(t, "resume") {
		d.Set()
		_, _ = m.service().Resume(context.Background(), testJob)
		m.wait.Wait()
	}
	return m.journals(testJob)
}

// TestEveryCutOfAJournalFoldsToALegalState is the heart of "never a false word": whatever part of the journals a reader
// has, it reads no verdict that the evidence does not carry.
func TestEveryCutOfAJournalFoldsToALegalState(t *testing.T) {
	long(t)
	rapid.Check(t, func(rt *rapid.T) {
		runs := drawJournals(rt, t)
		if len(runs) == 0 {
			rt.Skip("the drive refused before the first line")
		}
		whole := foldRaw(t, runs, nil)
		checkLegal(rt, whole)
		for range 40 {
			n := rapid.IntRange(0, len(runs)-1).Draw(rt, "cut run")
			at := rapid.IntRange(0, len(runs[n])).Draw(rt, "cut at")
			cut := append(append([][]byte(nil), runs[:n]...), runs[n][:at])
			if len(cut) > 1 && !bytes.Contains(cut[n], []byte{'\n'}) {
				cut = cut[:n] // a run of which there is no line has not begun
			}
			job := foldRaw(t, cut, nil)
			checkLegal(rt, job)
			lost := foldRaw(t, cut, &burnin.Observation{Run: len(job.Runs), BootID: "boot-2", BootedMs: 1,
				Complete: true})
			checkLegal(rt, lost)
			if len(job.Runs) > 0 && !lost.State.Ended() {
				rt.Fatalf("a run that is known to be gone leaves the job %s", lost.State)
			}
			if job.State == burnin.Running && (lost.State != burnin.Unknown || lost.Reason.Code != "nas_restarted") {
				rt.Fatalf("the NAS restarted in a running job: %s, %v", lost.State, lost.Reason)
			}
		}
	})
}

// checkLegal holds for every job that anybody can ever see.
func checkLegal(t *rapid.T, j burnin.Job) {
	switch j.State {
	case burnin.Queued, burnin.Running:
		if j.Reason != nil {
			t.Fatalf("%s with a reason: %v", j.State, j.Reason)
		}
	case burnin.Passed:
		if len(j.Verdict.Missing) > 0 {
			t.Fatalf("passed, but missing: %v", j.Verdict.Missing)
		}
		for _, s := range j.Stages {
			if s.Kind == burnin.SurfaceValidate && (s.BytesCovered != j.Drive.SizeBytes || len(s.BadRanges) > 0) {
				t.Fatalf("passed with %d of %d bytes covered, %d bad ranges", s.BytesCovered, j.Drive.SizeBytes,
					len(s.BadRanges))
			}
		}
	case burnin.Failed, burnin.Cancelled, burnin.Unknown:
		if j.Reason == nil {
			t.Fatalf("%s without a reason", j.State)
		}
		if _, ok := reason.Lookup(j.Reason.Code); !ok {
			t.Fatalf("%s for a reason that is not registered: %s", j.State, j.Reason.Code)
		}
	default:
		t.Fatalf("a job cannot be %s", j.State)
	}
	running := 0
	for _, s := range j.Stages {
		switch s.State {
		case burnin.Running:
			running++
		case burnin.Failed, burnin.Cancelled, burnin.Unknown, burnin.Skipped:
			if s.Reason == nil {
				t.Fatalf("stage %s is %s without a reason", s.Kind, s.State)
			}
		}
		if j.State == burnin.Failed && s.State == burnin.Failed && s.Reason.Kind() != reason.Evidence {
			t.Fatalf("failed for %s, which is no evidence against the drive", s.Reason.Code)
		}
		for i := 1; i < len(s.BadRanges); i++ {
			if s.BadRanges[i].FirstLBA <= s.BadRanges[i-1].LastLBA {
				t.Fatalf("LBA %d is listed twice", s.BadRanges[i].FirstLBA)
			}
		}
	}
	if running > 1 || running == 1 && j.State != burnin.Running {
		t.Fatalf("%d stages run in a job that is %s", running, j.State)
	}
}

// TestABoundedNumberOfSamples keeps a long test from filling the NAS.
func TestABoundedNumberOfSamples(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("SAMPLES", 64*mib)
	m.run(order(d, stampPlan()))
	raw := m.journals(testJob)[0]
	events, err := wire.DecodeJournal(raw)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, ev := range events {
		if ev.Kind == burnin.EvProgress {
			n++
		}
	}
	if n > 2000 {
		t.Errorf("%d samples", n)
	}
	for i, ev := range events {
		if ev.Seq != int64(i+1) || ev.Boot != "boot-1" || ev.BootMs == 0 || ev.WallMs == 0 {
			t.Fatal(fmt.Errorf("line %d lacks its stamps: %+v", i+1, ev))
		}
	}
}
