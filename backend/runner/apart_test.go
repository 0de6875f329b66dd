//go:build linux

package runner_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"burnish/backend/testbed/need"
	"burnish/backend/wire"
)

const otherJob = "zzzzzzzzzzzzzzzzzzzz"

// One job that cannot be looked at is told as that, and the others are followed as if it were not there.
func TestOneDamagedJobEndsNoFollowOfTheOthers(t *testing.T) {
	m := newMachine(t)
	m.run(order(m.addDrive("GOODONE", 4*mib), readPlan()))
	bad := filepath.Join(m.dir, "jobs", otherJob)
	if err := os.MkdirAll(bad, 0o750); err != nil {
		t.Fatal(err)
	}
	setBroken := func(lock string) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.broken = lock
	}
	setBroken(filepath.Join(bad, "lock"))
	f := m.follower(otherJob, testJob)
	await(t, "the damage is told", f.is(otherJob, func(st wire.JobStatus) bool { return st.Damaged != "" }))
	await(t, "the other job is told", f.is(testJob, func(st wire.JobStatus) bool {
		return st.Run == 1 &&
			!st.LockHeld
	}))
	if err := os.WriteFile(filepath.Join(m.dir, "jobs", testJob, "later.log"), []byte("more\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	await(t, "the other job is followed on", func() bool { return len(f.files(t)[testJob+"/later.log"]) > 0 })
	setBroken("")
	await(t, "it can be looked at again", f.is(otherJob, func(st wire.JobStatus) bool { return st.Damaged == "" }))
	f.same(t)

	setBroken(filepath.Join(bad, "lock"))
	var out heard
	req := wire.FollowRequest{Once: true, Jobs: []wire.FollowJob{{Job: otherJob}, {Job: testJob}}}
	if err := m.service().Follow(context.Background(), req, wire.NewWriter(&out)); err != nil ||
		out.jobs[otherJob].Damaged == "" || out.jobs[testJob].Run != 1 {
		t.Errorf("once: %v, %+v", err, out.jobs)
	}
}

// heard keeps the job frames of a stream; each comes with one Write.
type heard struct{ jobs map[string]wire.JobStatus }

func (h *heard) Write(line []byte) (int, error) {
	var f wire.Frame
	var st wire.JobStatus
	if err := jsonInto(line, &f); err != nil {
		return 0, err
	}
	if f.Type != wire.FrameJob {
		return len(line), nil
	}
	if h.jobs == nil {
		h.jobs = map[string]wire.JobStatus{}
	}
	err := jsonInto(f.Value, &st)
	h.jobs[st.Job] = st
	return len(line), err
}

// A login that is not root follows by its group: all that a job's directory holds for it, whoever made it.
func TestTheLoginsGroupMayLookAtWhatIsMadeForAJob(t *testing.T) {
	need.Root(t)
	const group = 54321
	m := newMachine(t)
	if _, err := m.service().Stop(context.Background(), wire.JobRequest{Job: otherJob, By: "a test",
		GID: group}); err != nil {
		t.Fatal(err)
	}
	req := order(m.addDrive("GROUP", 4*mib), readPlan())
	req.GID = group
	m.run(req)
	for _, name := range []string{otherJob, otherJob + "/stop", testJob, testJob + "/runner.log",
		testJob + "/run-1.ndjson", testJob + "/precheck.log"} {
		info, err := os.Stat(filepath.Join(m.dir, "jobs", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if gid := info.Sys().(*syscall.Stat_t).Gid; gid != group || info.Mode()&0o040 == 0 {
			t.Errorf("%s is %v of group %d", name, info.Mode(), gid)
		}
	}
}
