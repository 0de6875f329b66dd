package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/erase"
	"burnish/backend/runner/journal"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

const (
	stopWait = 55 * time.Second // for a run to end; below the service manager's own limit
)

// Start makes the job and starts its first run. Asked again with the same id it answers with the job that is there.
func (s *Service) Start(ctx context.Context, req wire.StartRequest) (wire.StartReply, error) {
	return s.start(ctx, req, state.StartWait)
}

// start is Start with how long the run may take to hold its drive.
func (s *Service) start(ctx context.Context, req wire.StartRequest, wait time.Duration) (wire.StartReply, error) {
	if !burnin.ValidID(req.Job) {
		return wire.StartReply{}, reason.New(reason.BadRequest, "error", "that is no job id")
	}
	if err := req.Plan.Check(); err != nil {
		return wire.StartReply{}, reason.New(reason.BadPlan, "plan", req.Plan.Name, "error", err)
	}
	if last := s.Dir.LastWord(req.Job); last != nil { // it was here, and was removed: it does not begin again
		return wire.StartReply{}, burnin.Removed(req.Plan, last)
	}
	existing := false
	if err := s.Dir.Create(req); errors.Is(err, fs.ErrExist) {
		existing = true
	} else if err != nil {
		return wire.StartReply{}, err
	}
	root, err := s.Dir.Root(req.Job)
	if err != nil {
		return wire.StartReply{}, err
	}
	defer root.Close()
	if n := state.Runs(root); n > 0 {
		return wire.StartReply{Job: req.Job, Run: n, Existing: existing}, nil
	}
	if _, err := root.Lstat(state.StopFile); err == nil {
		return wire.StartReply{}, reason.New(reason.StoppedByPerson, "stage", "the wait for its turn", "progress", "")
	}
	n, err := s.launch(ctx, root, req.Job, 1, wait)
	return wire.StartReply{Job: req.Job, Run: n, Existing: existing}, err
}

// GoOn is Resume without a person who asks: a request to stop that the broken run did not come to is heeded.
func (s *Service) GoOn(ctx context.Context, id string) (wire.StartReply, error) {
	root, err := s.Dir.Root(id)
	if err != nil {
		return wire.StartReply{}, err
	}
	defer root.Close()
	if _, err := root.Lstat(state.StopFile); !errors.Is(err, fs.ErrNotExist) {
		return wire.StartReply{}, errors.Join(err, reason.New(reason.StoppedByPerson, "stage", "the run before",
			"progress", ""))
	}
	return s.Resume(ctx, id)
}

// Resume starts the next run of a job that ended as unknown.
func (s *Service) Resume(ctx context.Context, id string) (wire.StartReply, error) {
	root, err := s.Dir.Root(id)
	if err != nil {
		return wire.StartReply{}, err
	}
	defer root.Close()
	held, err := s.Locks.Held(s.Dir.In(id, state.LockFile))
	if err != nil {
		return wire.StartReply{}, err
	}
	undoing, err := s.Locks.Held(s.Dir.In(id, erase.UndoingFile))
	if err != nil {
		return wire.StartReply{}, err
	}
	switch {
	case undoing:
		return wire.StartReply{}, reason.New(reason.CannotResume, "job", id, "state", "being undone")
	case held:
		return wire.StartReply{}, reason.New(reason.CannotResume, "job", id, "state", burnin.Running)
	}
	t, n, err := state.Fold(root)
	if err != nil {
		return wire.StartReply{}, err
	}
	if state := t.Job().State; n > 0 && t.Ended() && state != burnin.Unknown {
		return wire.StartReply{}, reason.New(reason.CannotResume, "job", id, "state", state)
	}
	if err := root.Remove(state.StopFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return wire.StartReply{}, err
	}
	n, err = s.launch(ctx, root, id, n+1, state.StartWait)
	return wire.StartReply{Job: id, Run: n}, err
}

// launch starts run n and waits until it holds its drive, or has said why it does not.
func (s *Service) launch(ctx context.Context, root *os.Root, id string, n int, wait time.Duration) (int, error) {
	err := s.Dir.OpenLog(root, id)
	if err == nil {
		err = s.Supervisor.Launch(ctx, id, n, s.Dir.In(id, state.LogFile))
	}
	if err != nil {
		return 0, reason.New(reason.NotStarted, "error", err)
	}
	deadline := s.After(wait)
	lived := false
	for {
		locked, err := s.Locks.Held(s.Dir.In(id, state.LockFile))
		if err != nil {
			return n, err
		}
		held, said, err := begun(root, n) // after the lock: a run that has ended has said all by then
		if err != nil || said != nil {
			return n, errors.Join(err, asError(said))
		}
		if held {
			return n, nil
		}
		if lived && !locked {
			return n, reason.New(reason.NotStarted, "error", fmt.Sprintf("run %d of job %s ended without a word", n,
				id))
		}
		lived = lived || locked
		select {
		case <-ctx.Done():
			return n, context.Cause(ctx)
		case <-deadline:
			return n, reason.New(reason.NotStarted, "error", fmt.Sprintf("run %d of job %s has not held its drive "+
				"within %s", n, id, wait))
		case <-s.After(50 * time.Millisecond):
		}
	}
}

// asError keeps a nil reason a nil error.
func asError(said *reason.Said) error {
	if said == nil {
		return nil
	}
	return said
}

// begun reports whether run n holds its drive; said is why it ended before that.
func begun(root *os.Root, n int) (held bool, said *reason.Said, err error) {
	data, err := root.ReadFile(state.RunName(n))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, err
	}
	events, err := wire.DecodeJournal(data)
	if err != nil {
		return false, nil, err
	}
	ended := false // by a word of its own; that of the run before says nothing of this one
	for _, ev := range events {
		if ev.Kind == burnin.EvHeld {
			return true, nil, nil
		}
		ended = ended || ev.Kind == burnin.EvEnd
	}
	if !ended {
		return false, nil, nil
	}
	t, _, err := state.Fold(root) // once: what it says ends the wait
	if err != nil || !t.Ended() {
		return false, nil, err
	}
	return false, t.Job().Reason, nil
}

// Stop asks a job's run to end and waits until it is proven gone: its lock free and its process no more. The request
// stands before anything is looked at, so that a run which is just about to begin, or to come back, ends at once; one
// for a job that is not here yet keeps it from ever starting.
func (s *Service) Stop(ctx context.Context, req wire.JobRequest) (wire.StopReply, error) {
	root, err := s.Dir.Root(req.Job)
	if state.ReasonCode(err) == reason.NoSuchJob {
		if s.Dir.LastWord(req.Job) != nil {
			return wire.StopReply{Stopped: true}, nil // it has ended, and was removed
		}
		return wire.StopReply{Stopped: true}, s.Dir.Forbid(req.Job, []byte(reason.Clean(req.By, 200)+"\n"), req.GID)
	}
	if err != nil {
		return wire.StopReply{}, err
	}
	defer root.Close()
	if undoing, err := s.Locks.Held(s.Dir.In(req.Job, erase.UndoingFile)); err != nil || undoing {
		return wire.StopReply{}, errors.Join(err, reason.New(reason.NotStopped, "job", req.Job,
			"error", "the job itself has ended; what it erased is being brought back just now"))
	}
	t, n, err := state.Fold(root)
	if err != nil {
		return wire.StopReply{}, err
	}
	if n > 0 && t.Ended() {
		lock, err := s.Locks.Take(s.Dir.In(req.Job, state.LockFile), -1) // nobody resumes it just now
		if err == nil && t.Job().State == burnin.Unknown {               // nor does it go on by itself
			err = state.SpaceError("the stop request", state.WriteSynced(s.Dir.In(req.Job, state.StopFile),
				[]byte(reason.Clean(req.By, 200)+"\n"), -1))
			if err != nil {
				return wire.StopReply{}, errors.Join(err, lock.Close())
			}
		}
		if err == nil {
			return wire.StopReply{Stopped: true}, lock.Close()
		}
		if !errors.Is(err, port.ErrLocked) {
			return wire.StopReply{}, err
		}
	}
	err = state.WriteSynced(s.Dir.In(req.Job, state.StopFile), []byte(reason.Clean(req.By, 200)+"\n"), -1)
	if state.IsNoSpace(err) {
		_ = root.Remove(journal.ReserveFile) // what is kept for the run's last word has room for this too
		err = state.WriteSynced(s.Dir.In(req.Job, state.StopFile), []byte("\n"), -1)
	}
	if err != nil && !state.IsNoSpace(err) { // without room the signal has to do
		return wire.StopReply{}, state.SpaceError("the stop request", err)
	}
	lock := s.Dir.In(req.Job, state.LockFile)
	pid, _, err := s.holder(root, lock)
	if err != nil {
		return wire.StopReply{}, err
	}
	if pid == 0 {
		// Nobody is at work, but the service manager may be about to bring a run back. One that is at work it must not
		// end: it would kill a run that waits for its drive's answer.
		if err := s.Supervisor.Cancel(ctx, req.Job, n); err != nil {
			return wire.StopReply{}, reason.New(reason.NotStopped, "job", req.Job, "error", err)
		}
		held := false
		if pid, held, err = s.holder(root, lock); err != nil || !held {
			return wire.StopReply{Stopped: err == nil}, err
		}
	}
	if pid != 0 {
		if err := s.Supervisor.Terminate(pid); err != nil {
			return wire.StopReply{}, reason.New(reason.NotStopped, "job", req.Job, "error", err)
		}
	}
	deadline := s.After(stopWait)
	for {
		held, err := s.Locks.Held(lock)
		if err != nil {
			return wire.StopReply{}, err
		}
		if !held && (pid == 0 || s.Supervisor.Gone(pid)) {
			return wire.StopReply{Stopped: true, WasRunning: true}, nil
		}
		select {
		case <-ctx.Done():
			return wire.StopReply{WasRunning: true}, context.Cause(ctx)
		case <-deadline:
			return wire.StopReply{WasRunning: true}, reason.New(reason.NotStopped, "job", req.Job,
				"error", fmt.Sprintf("stopping, the drive does not answer: process %d has not ended within %s", pid,
					stopWait))
		case <-s.After(50 * time.Millisecond):
		}
	}
}

// holder gives whether a run has its lock, and the process that does, 0 if it is not known.
func (s *Service) holder(root *os.Root, lock string) (pid int, held bool, err error) {
	held, err = s.Locks.Held(lock)
	if held {
		pid = s.Dir.Holder(root)
	}
	return pid, held, err
}

// Clean removes jobs that have ended, and, where asked and no job is left, the runner and its directory.
func (s *Service) Clean(req wire.CleanRequest) (wire.CleanReply, error) {
	reply := wire.CleanReply{Removed: []string{}, Kept: []string{}}
	knows := map[string]string{}
	if !req.Forget {
		var err error
		if knows, err = erase.OpenJobs(s.Dir); err != nil {
			return reply, err
		}
	}
	for _, id := range req.Jobs {
		if what := knows[id]; what != "" {
			if reply.Knows == nil {
				reply.Knows = map[string]string{}
			}
			reply.Kept, reply.Knows[id] = append(reply.Kept, id), what
			continue
		}
		gone, err := s.cleanJob(id, req)
		if err != nil {
			return reply, err
		}
		if gone {
			reply.Removed = append(reply.Removed, id)
		} else {
			reply.Kept = append(reply.Kept, id)
		}
	}
	if err := errors.Join(s.dropWords(req.Heard), s.Dir.DropGates()); err != nil || !req.Runner {
		return reply, err
	}
	left, err := s.Dir.Ids()
	if err != nil || len(left) > 0 {
		return reply, err
	}
	gone, err := s.Dir.Remove()
	reply.RunnerRemoved = gone
	return reply, err
}

// cleanJob removes one job if no run of it lives and, where the asker says what it has, that is all there is; holding
// the lock meanwhile keeps a new run from starting.
func (s *Service) cleanJob(id string, req wire.CleanRequest) (gone bool, err error) {
	root, err := s.Dir.Root(id)
	if state.ReasonCode(err) == reason.NoSuchJob {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer root.Close()
	lock, err := s.Locks.Take(s.Dir.In(id, state.LockFile), -1)
	if errors.Is(err, port.ErrLocked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer lock.Close()
	if same, err := sameFiles(root, req.Sums[id]); err != nil || !same {
		return false, err
	}
	if slices.Contains(req.Leave, id) {
		if err := s.leaveWord(root, id, req.By, req.GID); err != nil {
			return false, err
		}
	}
	return true, os.RemoveAll(s.Dir.Job(id))
}

// sameFiles reports whether the asker has each file of a job as it is here. One that names no sums wants none compared.
func sameFiles(root *os.Root, sums map[string]string) (bool, error) {
	if sums == nil {
		return true, nil
	}
	have, err := state.Sizes(root)
	if err != nil {
		return false, err
	}
	for name, size := range have {
		if _, there := sums[name]; !there && size == 0 {
			continue // nothing of it was ever sent
		}
		f, err := root.Open(name)
		if err != nil {
			return false, err
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return false, err
		}
		if hex.EncodeToString(h.Sum(nil)) != sums[name] {
			return false, nil
		}
	}
	return true, nil
}
