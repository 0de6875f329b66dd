//go:build linux

package runner_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/wire"
)

// seen is a job as a desktop sees it that has mirrored all.
func (m *machine) seen() burnin.Job {
	m.t.Helper()
	all, err := m.service().List()
	if err != nil || len(all.Jobs) != 1 {
		m.t.Fatalf("%d jobs, %v", len(all.Jobs), err)
	}
	st := all.Jobs[0]
	return foldRaw(m.t, m.journals(testJob), &burnin.Observation{Run: st.Run, LockHeld: st.LockHeld, BootID: st.BootID,
		BootedMs: st.BootedMs, Complete: true, Trouble: st.Trouble})
}

// slowly makes a drive whose stamped pass takes some seconds.
func slowly(m *machine) *memoryDrive {
	d := m.addDrive("ROOM", 64*mib)
	d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: 5 * time.Millisecond})
	return d
}

// filled has a sweep at work whose state directory is a file system of its own, which is full.
func filled(t *testing.T, plan burnin.Plan) (*machine, *memoryDrive, *os.File) {
	t.Helper()
	need.Root(t)
	m := newMachine(t).withBadblocks(nil)
	m.onTmpfs("size=2m")
	d := slowly(m)
	if _, err := m.service().Start(context.Background(), order(d, plan)); err != nil {
		t.Fatal(err)
	}
	await(t, "the sweep is at work", func() bool { return d.Counts().BytesWritten > 40*mib })
	return m, d, m.fill(0)
}

// onTmpfs makes the state directory a file system of its own.
func (m *machine) onTmpfs(options string) {
	m.t.Helper()
	need.Root(m.t)
	if err := syscall.Mount("tmpfs", m.dir, "tmpfs", 0, options); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		m.killAll()
		m.wait.Wait()
		if err := syscall.Unmount(m.dir, syscall.MNT_DETACH); err != nil {
			m.t.Error(err)
		}
	})
}

// fill leaves room for so many bytes in the file system of the state directory, and gives the file that takes the rest.
func (m *machine) fill(room int64) *os.File {
	m.t.Helper()
	hog, err := os.OpenFile(filepath.Join(m.dir, "hog"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer hog.Close()
	for block := make([]byte, 64<<10); err == nil; {
		_, err = hog.Write(block)
	}
	info, statErr := hog.Stat()
	if !errors.Is(err, syscall.ENOSPC) || statErr != nil {
		m.t.Fatal(err, statErr)
	}
	if err := hog.Truncate(info.Size() - room); err != nil {
		m.t.Fatal(err)
	}
	return hog
}

func TestAFullDiskHoldsAJobUpAndNothingMore(t *testing.T) {
	long(t)
	m, d, hog := filled(t, stampPlan())
	await(t, "the job says that it waits for room", func() bool { return warned(m.seen(), "journal_waits") })
	await(t, "the drive is left in peace", d.rests)
	if job := m.seen(); job.State != burnin.Running {
		t.Errorf("without room it is %s, %v", job.State, job.Reason)
	}
	if err := os.Remove(hog.Name()); err != nil {
		t.Fatal(err)
	}
	m.wait.Wait()
	job := m.seen()
	ends(t, job, burnin.Passed, "")
	if warned(job, "journal_waits") || job.BytesCovered != 64*mib {
		t.Errorf("covered %d, warnings %s", job.BytesCovered, asJSON(t, job.Warnings))
	}
}

// What badblocks says has to be whole, so it does not lie on a disk that may be full.
func TestAFullDiskTakesNothingOfWhatBadblocksSays(t *testing.T) {
	long(t)
	m, d, hog := filled(t, classicPlan())
	d.Set() // as fast as it can
	const window, probed, sweeps = 16 * mib, 2 * 16 * mib, 4
	await(t, "badblocks has done its window", func() bool { return d.Counts().BytesWritten >= probed+window*sweeps })
	time.Sleep(100 * time.Millisecond)
	if err := os.Remove(hog.Name()); err != nil {
		t.Fatal(err)
	}
	m.wait.Wait()
	job := m.seen()
	ends(t, job, burnin.Passed, "")
	if job.BytesCovered != 64*mib {
		t.Errorf("covered %d", job.BytesCovered)
	}
}

func TestAJobThatWaitsForRoomCanBeStopped(t *testing.T) {
	m, d, _ := filled(t, stampPlan())
	f := m.follower(testJob)
	await(t, "the job says that it waits for room", func() bool { return warned(m.seen(), "journal_waits") })
	await(t, "the drive is left in peace", d.rests)
	await(t, "the follower has all so far", f.is(testJob, func(st wire.JobStatus) bool { return st.Trouble != "" }))
	if reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob, By: "a test"}); err != nil ||
		!reply.Stopped {
		t.Fatalf("%+v, %v", reply, err)
	}
	m.wait.Wait()
	job := m.seen()
	ends(t, job, burnin.Cancelled, "stopped_by_person")
	if s := job.Stages[2]; s.State != burnin.Cancelled {
		t.Errorf("the stage is %s, %v", s.State, s.Reason)
	}
	// The line that had no room may have been written in part, and others stand in its place now.
	await(t, "the end is followed", f.is(testJob, func(st wire.JobStatus) bool { return !st.LockHeld }))
	f.same(t)
}

// rests reports whether nothing is asked of the drive for a while.
func (d *memoryDrive) rests() bool {
	before := d.Counts().Reads + d.Counts().Writes
	time.Sleep(200 * time.Millisecond)
	return d.Counts().Reads+d.Counts().Writes == before
}

// ext4 is a file system of its own for the state directory of a machine.
type ext4 struct {
	m             *machine
	path, options string
}

// onExt4 mounts one until the test ends.
func (m *machine) onExt4(options string) *ext4 {
	m.t.Helper()
	need.Root(m.t)
	need.Loop(m.t)
	mkfs := need.Program(m.t, "mkfs.ext4")
	fs := &ext4{m: m, path: disk.Loop(m.t, 16<<20).Path, options: options}
	if out, err := exec.Command(mkfs, "-q", fs.path).CombinedOutput(); err != nil {
		m.t.Fatalf("%v: %s", err, out)
	}
	fs.mount()
	m.t.Cleanup(fs.unmount)
	return fs
}

func (fs *ext4) mount() {
	fs.m.t.Helper()
	if err := syscall.Mount(fs.path, fs.m.dir, "ext4", 0, fs.options); err != nil {
		fs.m.t.Fatal(err)
	}
}

// unmount ends what runs first.
func (fs *ext4) unmount() {
	fs.m.killAll()
	fs.m.wait.Wait()
	if err := syscall.Unmount(fs.m.dir, 0); err != nil {
		fs.m.t.Error(err)
	}
}

// A file system that meets an error becomes read-only until the NAS restarts; the kernel can be made to think so.
func TestAStateDirectoryThatBecomesReadOnlyIsSaidAndNothingIsMadeUp(t *testing.T) {
	m := newMachine(t)
	fs := m.onExt4("errors=remount-ro")
	d := slowly(m)
	if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
		t.Fatal(err)
	}
	await(t, "the sweep is at work", func() bool { return d.Counts().BytesWritten > 40*mib })
	if err := os.WriteFile("/sys/fs/ext4/"+filepath.Base(fs.path)+"/trigger_fs_error", []byte("a test\n"),
		0o200); err != nil {
		t.Fatal(err)
	}
	await(t, "the job says what is wrong", func() bool { return warned(m.seen(), "journal_waits") })
	if job := m.seen(); job.State != burnin.Running || !strings.Contains(job.Warnings[len(job.Warnings)-1].Text,
		"read-only") {
		t.Errorf("it is %s, %s", job.State, asJSON(t, job.Warnings))
	}
	f := m.follower(testJob) // what could not be synced is not given while the run may take it back
	if reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob, By: "a test"}); err != nil ||
		!reply.Stopped {
		t.Fatalf("%+v, %v", reply, err)
	}
	m.wait.Wait()
	job := m.seen()
	ends(t, job, burnin.Unknown, "journal_failed")
	if s := job.Stages[2]; s.State != burnin.Unknown || !strings.Contains(job.Reason.Text, "read-only") {
		t.Errorf("the stage is %s, %v", s.State, s.Reason)
	}
	await(t, "the end is followed", f.is(testJob, func(st wire.JobStatus) bool { return !st.LockHeld }))
	f.same(t)
}
