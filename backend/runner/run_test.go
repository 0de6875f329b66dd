package runner_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/port"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

const mib = 1 << 20

func TestCleanDrivePassesWithEveryByteCovered(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("CLEAN", 40*mib+3584)
	job := m.run(order(d, stampPlan()))
	if job.State != burnin.Passed || job.Verdict.Coverage != burnin.CoverageVerified {
		t.Fatalf("a clean drive ended as %s: %s", job.State, asJSON(t, job))
	}
	if s := job.Stages[2]; s.BytesCovered != d.id.SizeBytes || s.BytesWritten != d.id.SizeBytes ||
		s.BytesVerified != d.id.SizeBytes {
		t.Errorf("covered %d, written %d, verified %d of %d bytes", s.BytesCovered, s.BytesWritten, s.BytesVerified,
			d.id.SizeBytes)
	}
	if job.Stages[1].State != burnin.Skipped || job.Stages[1].Reason.Code != "without_smart" {
		t.Errorf("the SMART stage is %s: %v", job.Stages[1].State, job.Stages[1].Reason)
	}
	head, tail := make([]byte, 4096), make([]byte, 3584)
	d.Peek(head, 0)
	d.Peek(tail, d.id.SizeBytes-3584)
	if strings.Trim(string(head)+string(tail), "\x00") != "" {
		t.Error("the drive is not left clean: its head or tail holds data")
	}
}

func TestBadSectorsFailTheDriveByTheirLBAs(t *testing.T) {
	long(t)
	m := newMachine(t)
	d := m.addDrive("BAD", 40*mib)
	d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 70_000, Last: 70_000, Errno: "ENODATA"},
		faultdev.Fault{Effect: faultdev.FlipRead, First: 60_001, Last: 60_001, Byte: 77, Mask: 4})
	job := m.run(order(d, stampPlan()))
	if job.State != burnin.Failed || job.Reason.Code != "surface_errors" {
		t.Fatalf("ended as %s, %v", job.State, job.Reason)
	}
	got := job.Stages[2].BadRanges
	if len(got) != 2 || got[0].FirstLBA != 60_001 || got[0].Kind != "mismatch" || got[1].FirstLBA != 70_000 ||
		got[1].Kind != "read" {
		t.Errorf("bad ranges: %s", asJSON(t, got))
	}
	if job.Stages[3].State != burnin.Skipped || job.Stages[3].Reason.Code != "never_reached" {
		t.Errorf("final_check is %s, %v", job.Stages[3].State, job.Stages[3].Reason)
	}
}

func TestErrorsThatTheKernelLaysToTheWayAreNoEvidence(t *testing.T) {
	icrc := port.KernelErrors{Readable: true, Path: 3, OnePath: "ata3.00: error: { ICRC ABRT }"}
	medium, gap := icrc, icrc
	medium.Medium, gap.Readable = 1, false
	for name, c := range map[string]struct {
		errno string
		log   port.KernelErrors
		state burnin.State
		code  reason.Code
	}{
		"only damaged transfers":            {"EIO", icrc, burnin.Unknown, "path_suspect"},
		"the medium too":                    {"EIO", medium, burnin.Failed, "surface_errors"},
		"the drive itself names the medium": {"ENODATA", icrc, burnin.Failed, "surface_errors"},
		"a log with a gap":                  {"EIO", gap, burnin.Failed, "surface_errors"},
		"nothing logged, as of QEMU and loops": {"EIO", port.KernelErrors{Readable: true}, burnin.Failed,
			"surface_errors"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("WAY", 40*mib)
			d.kernel = c.log
			d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 40_000, Last: 40_001, Errno: c.errno})
			ends(t, m.run(order(d, stampPlan())), c.state, c.code)
		})
	}
}

func TestAStopByAPersonCancels(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("STOP", 200*mib)
	d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: time.Millisecond})
	if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
		t.Fatal(err)
	}
	m.awaitStage(2, burnin.Running)
	reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob, By: "somebody"})
	if err != nil || !reply.Stopped {
		t.Fatalf("stop: %+v, %v", reply, err)
	}
	job := foldRaw(t, m.journals(testJob), nil)
	if job.State != burnin.Cancelled || job.Reason.Code != "stopped_by_person" ||
		job.Stages[2].State != burnin.Cancelled || job.Stages[2].Reason.Text != job.Reason.Text {
		t.Errorf("job %s (%v), stage %s (%v)", job.State, job.Reason, job.Stages[2].State, job.Stages[2].Reason)
	}
	if n := strings.Count(m.log(burnin.SurfaceValidate), "[ABORTED]"); n != 1 {
		t.Errorf("%d [ABORTED] lines in the log", n)
	}
	if d.held {
		t.Error("the drive is still held")
	}
}

func TestTheSystemsWordMakesItUnknownWithTheSameText(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("TERM", 200*mib)
	d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: time.Millisecond})
	if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
		t.Fatal(err)
	}
	m.awaitStage(2, burnin.Running)
	m.killAll()
	m.wait.Wait()
	job := foldRaw(t, m.journals(testJob), nil)
	stage := job.Stages[2]
	if job.State != burnin.Unknown || job.Reason.Code != "told_to_end" || stage.State != burnin.Unknown ||
		stage.Reason == nil || stage.Reason.Text != job.Reason.Text {
		t.Fatalf("job %s (%v), stage %s (%v)", job.State, job.Reason, stage.State, stage.Reason)
	}

	t.Run("and a resumed job may still pass, and says so", func(t *testing.T) {
		d.Set()
		if _, err := m.service().Resume(context.Background(), testJob); err != nil {
			t.Fatal(err)
		}
		m.wait.Wait()
		job := foldRaw(t, m.journals(testJob), nil)
		if job.State != burnin.Passed || len(job.Runs) != 2 || job.Stages[2].Begun != 2 {
			t.Fatalf("ended as %s after %d runs: %v", job.State, len(job.Runs), job.Reason)
		}
		if len(job.Warnings) == 0 || job.Warnings[len(job.Warnings)-1].Code != "resumed" {
			t.Errorf("warnings: %s", asJSON(t, job.Warnings))
		}
		if _, err := m.service().Resume(context.Background(), testJob); !isReason(err, "cannot_resume") {
			t.Errorf("resuming a passed job: %v", err)
		}
	})
}

func TestForeignWritesEndTheTestAndBlameNobody(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("FOREIGN", 40*mib)
	d.OnRequest(func(c faultdev.Counts) {
		if c.Writes == 50 {
			m.mu.Lock()
			d.foreign = 8
			m.mu.Unlock()
		}
	})
	job := m.run(order(d, stampPlan()))
	if job.State != burnin.Unknown || job.Reason.Code != "foreign_writes" {
		t.Errorf("ended as %s, %v", job.State, job.Reason)
	}
}

func TestNothingIsWrittenToADriveThatIsNotWhatWasAgreed(t *testing.T) {
	for name, change := range map[string]struct {
		do   func(*memoryDrive)
		code reason.Code
	}{
		"mounted meanwhile": {func(d *memoryDrive) {
			d.usage = drive.Usage{Class: drive.Mounted,
				Text: "mounted at /mnt"}
		}, "usage_changed"},
		"another drive": {func(d *memoryDrive) { d.id.Serial = "OTHER" }, "identity_changed"},
		"another size":  {func(d *memoryDrive) { d.id.SizeBytes -= 512 }, "identity_changed"},
		"nobody can tell": {func(d *memoryDrive) {
			d.usage = drive.Usage{Class: drive.CannotTell,
				Text: "zpool did not answer"}
		}, "usage_unread"},
		"data of somebody's": {func(d *memoryDrive) { d.usage = drive.Usage{Class: drive.Data, Text: "ext4"} },
			"usage_changed"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			d := m.addDrive("AGREED", 40*mib)
			req := order(d, stampPlan())
			change.do(d)
			_, err := m.service().Start(context.Background(), req)
			if !isReason(err, change.code) {
				t.Errorf("start: %v", err)
			}
			m.wait.Wait()
			if c := d.Counts(); c.Writes != 0 {
				t.Errorf("%d writes reached the drive", c.Writes)
			}
			if job := foldRaw(t, m.journals(testJob), nil); job.State != burnin.Unknown || job.Reason == nil ||
				job.Reason.Code != change.code {
				t.Errorf("the job ended as %s, %v", job.State, job.Reason)
			}
		})
	}
}

func TestUsageIsProvenAgainRightBeforeTheFirstWrite(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("LATE", 40*mib)
	d.OnRequest(func(faultdev.Counts) {})
	req := order(d, stampPlan())
	req.Slots = 1
	// the only slot is taken: the job waits, holding its drive
	slot, err := m.Take(filepath.Join(m.dir, "slots", "0.lock"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.service().Start(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	if !d.held {
		t.Error("a waiting job does not hold its drive")
	}
	m.mu.Lock()
	d.usage = drive.Usage{Class: drive.Mounted, Text: "mounted at /mnt"}
	m.mu.Unlock()
	slot.Close()
	m.wait.Wait()
	job := foldRaw(t, m.journals(testJob), nil)
	if job.State != burnin.Unknown || job.Reason.Code != "usage_changed" || d.Counts().Writes != 0 {
		t.Errorf("ended as %s (%v) after %d writes", job.State, job.Reason, d.Counts().Writes)
	}
}

func TestTheSameStartAskedTwiceIsOneJob(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("TWICE", 8*mib)
	first, err := m.service().Start(context.Background(), order(d, readPlan()))
	if err != nil || first.Existing {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := m.service().Start(context.Background(), order(d, readPlan()))
	if err != nil || !second.Existing || second.Run != 1 {
		t.Fatalf("%+v, %v", second, err)
	}
	m.wait.Wait()
	if n := len(m.journals(testJob)); n != 1 {
		t.Errorf("%d runs", n)
	}
}

func TestASecondJobOnADriveIsRefused(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("ONE", 100*mib)
	d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 200 * time.Millisecond})
	if _, err := m.service().Start(context.Background(), order(d, readPlan())); err != nil { // at work for seconds
		t.Fatal(err)
	}
	req := order(d, readPlan())
	req.Job = "another0job0on0the0same"
	if _, err := m.service().Start(context.Background(), req); !isReason(err, "drive_in_use") {
		t.Errorf("second start: %v", err)
	}
}

func TestAnEngineThatTheNASDoesNotHaveIsSaidBeforeAnythingIsWritten(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("MISSING", 8*mib)
	classic, _ := burnin.PlanNamed("classic")
	classic.WithoutSMART = true
	job := m.run(order(d, classic))
	if job.State != burnin.Unknown || job.Reason.Code != "engine_missing" || job.Stages[0].State != burnin.Unknown ||
		d.Counts().Writes != 0 {
		t.Errorf("ended as %s (%v), precheck %s, %d writes", job.State, job.Reason, job.Stages[0].State,
			d.Counts().Writes)
	}
}

func TestADriveThatVanishesIsNotFailed(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("GONE", 40*mib)
	d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 50_000, Last: 50_000})
	job := m.run(order(d, readPlan()))
	if job.State != burnin.Unknown || job.Reason.Code != "drive_vanished" || len(job.Stages[1].BadRanges) != 0 {
		t.Errorf("ended as %s, %v, %d bad ranges", job.State, job.Reason, len(job.Stages[1].BadRanges))
	}
}

func TestCleanLeavesNothing(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("CLEANUP", 4*mib)
	m.run(order(d, readPlan()))
	reply, err := m.service().Clean(wire.CleanRequest{Jobs: []string{testJob}, Runner: true})
	if err != nil || !reply.RunnerRemoved || len(reply.Removed) != 1 {
		t.Fatalf("%+v, %v", reply, err)
	}
	if _, err := os.Stat(m.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state directory is still there: %v", err)
	}
}

func TestACopyThatDiffersKeepsAJobFromBeingRemoved(t *testing.T) {
	m := newMachine(t)
	m.run(order(m.addDrive("CLEANSUM", 4*mib), readPlan()))
	sums := map[string]string{}
	files, err := filepath.Glob(filepath.Join(m.dir, "jobs", testJob, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sums[filepath.Base(f)] = fmt.Sprintf("%x", sha256.Sum256(data))
	}
	right := sums["run-1.ndjson"]
	for _, wrong := range []string{"", fmt.Sprintf("%x", sha256.Sum256(nil)), right} {
		sums["run-1.ndjson"] = wrong
		reply, err := m.service().Clean(wire.CleanRequest{Jobs: []string{testJob},
			Sums: map[string]map[string]string{testJob: sums}})
		if err != nil || (len(reply.Removed) == 1) != (wrong == right) {
			t.Errorf("%+v, %v", reply, err)
		}
	}
}

func TestOneDamagedJobDoesNotHideTheOthers(t *testing.T) {
	m := newMachine(t)
	m.run(order(m.addDrive("GOODONE", 4*mib), readPlan()))
	bad := filepath.Join(m.dir, "jobs", "zzzzzzzzzzzzzzzzzzzz")
	if err := os.MkdirAll(bad, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(bad, filepath.Join(m.dir, "jobs", "yyyyyyyyyyyyyyyyyyyy")); err != nil {
		t.Fatal(err)
	}
	m.broken = filepath.Join(bad, "lock")
	all, err := m.service().List()
	if err != nil || len(all.Jobs) != 2 || all.Jobs[0].Damaged != "" || all.Jobs[1].Damaged == "" {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := m.service().Start(context.Background(), wire.StartRequest{Job: "cccccccccccccccccccc",
		Plan: readPlan(), Drive: m.addDrive("SECOND", 4*mib).id, Usage: drive.None, Slots: 4,
		GID: os.Getgid()}); err != nil {
		t.Errorf("a start beside it: %v", err)
	}
}

func isReason(err error, code reason.Code) bool {
	var said *reason.Said
	return errors.As(err, &said) && said.Code == code
}

// awaitStage waits until a stage has a state.
func (m *machine) awaitStage(i int, state burnin.State) {
	m.t.Helper()
	for range 600_000 {
		if runs := m.journals(testJob); len(runs) > 0 {
			if job, _ := folded(m.t, runs, nil); len(job.Stages) > i && job.Stages[i].State == state {
				return
			}
		}
		time.Sleep(time.Millisecond)
	}
	m.t.Fatalf("stage %d never became %s", i, state)
}
