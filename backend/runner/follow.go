package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// beatEvery is how often a stream without news says that it is still there.
const beatEvery = 10 * time.Second

// status looks at a job: the lock first, then the sizes, so that a free lock means final sizes; then the lock again, in
// case that a run has begun meanwhile.
func (s *Service) status(id string, facts port.Facts) (wire.JobStatus, error) {
	root, err := s.Dir.Root(id)
	if err != nil {
		return wire.JobStatus{}, err
	}
	defer root.Close()
	held, err := s.Locks.Held(s.Dir.In(id, state.LockFile))
	if err != nil {
		return wire.JobStatus{}, err
	}
	st := wire.JobStatus{Job: id, BootID: facts.BootID, BootedMs: facts.Booted.UnixMilli(), NowMs: s.Wall().UnixMilli(),
		Run: state.Runs(root)}
	if st.Sizes, err = state.Sizes(root); err != nil {
		return st, err
	}
	if st.Run == 0 {
		_, err := root.Lstat(state.JobFile)
		st.Forbidden = errors.Is(err, fs.ErrNotExist)
	}
	st.Trouble = state.Trouble(root)
	begun, err := s.Locks.Held(s.Dir.In(id, state.LockFile))
	if err != nil {
		return st, err
	}
	if st.LockHeld = held || begun; st.LockHeld {
		st.Live = state.ReadLive(root)
		_, err := root.Lstat(state.StopFile)
		st.StopAsked = err == nil
	}
	return st, nil
}

// List gives all jobs.
func (s *Service) List() (wire.ListReply, error) {
	facts, err := s.Host.Facts()
	if err != nil {
		return wire.ListReply{}, err
	}
	ids, err := s.Dir.Ids()
	if err != nil {
		return wire.ListReply{}, err
	}
	reply := wire.ListReply{Jobs: []wire.JobStatus{}}
	for _, id := range ids {
		st, err := s.status(id, facts)
		if state.ReasonCode(err) == reason.NoSuchJob {
			continue // removed just now
		}
		if err != nil { // the others can be looked at all the same
			st = s.damaged(id, facts, err)
		}
		reply.Jobs = append(reply.Jobs, st)
	}
	return reply, nil
}

// damaged is the status of a job that cannot be looked at.
func (s *Service) damaged(id string, facts port.Facts, err error) wire.JobStatus {
	return wire.JobStatus{Job: id, Damaged: reason.Clean(err.Error(), 300), BootID: facts.BootID,
		BootedMs: facts.Booted.UnixMilli(), NowMs: s.Wall().UnixMilli()}
}

// Read gives a piece of a job's file.
func (s *Service) Read(req wire.ReadRequest) (wire.Data, error) {
	root, err := s.Dir.Root(req.Job)
	if err != nil {
		return wire.Data{}, err
	}
	defer root.Close()
	held, err := s.Locks.Held(s.Dir.In(req.Job, state.LockFile))
	if err != nil {
		return wire.Data{}, err
	}
	data, err := state.ReadPiece(root, req.File, req.Off, wire.MaxChunk, held &&
		req.File == state.RunName(state.Runs(root)))
	return wire.Data{Job: req.Job, File: req.File, Off: req.Off, Bytes: data}, err
}

// followed is one job of a stream: what was sent of it.
type followed struct {
	id   string
	have map[string]int64
	told wire.JobStatus // the last job frame
	once bool           // a job frame was sent
	bad  int            // how many looks at it have failed, one after the other
}

// damagedAfter is how many looks at a job fail before a stream says so: what is made or removed just now is no damage.
const damagedAfter = 10

// streamError is an error of the stream itself, which ends it for all jobs.
type streamError struct{ err error }

func (e *streamError) Error() string { return e.err.Error() }

func (e *streamError) Unwrap() error { return e.err }

// put sends a frame.
func put(out *wire.Writer, t wire.FrameType, v any) error {
	if err := out.Put(t, v); err != nil {
		return &streamError{err}
	}
	return nil
}

// Follow streams the growth of jobs until ctx ends, or with Once until all there is was sent.
func (s *Service) Follow(ctx context.Context, req wire.FollowRequest, out *wire.Writer) error {
	facts, err := s.Host.Facts()
	if err != nil {
		return err
	}
	if len(req.Jobs) > wire.MaxJobs {
		return reason.New(reason.BadRequest, "error", "too many jobs")
	}
	var jobs []*followed
	for _, j := range req.Jobs {
		if !burnin.ValidID(j.Job) {
			return reason.New(reason.BadRequest, "error", "that is no job id")
		}
		have := maps.Clone(j.Have)
		if have == nil {
			have = map[string]int64{}
		}
		jobs = append(jobs, &followed{id: j.Job, have: have})
	}
	beat, began := time.Duration(0), false
	for {
		news := false
		for _, j := range jobs {
			sent, err := s.followJob(ctx, j, facts, req.Once, out)
			if err != nil {
				return err
			}
			news = news || sent
		}
		if ctx.Err() != nil || req.Once {
			return nil
		}
		if now := s.Running(); news {
			beat, began = now, true
		} else if !began || now-beat >= beatEvery {
			beat, began = now, true
			if err := put(out, wire.FrameBeat, nil); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.After(s.Poll()):
		}
	}
}

// followJob sends what is new of one job, then what it amounts to. What is wrong with it is told of it alone.
func (s *Service) followJob(ctx context.Context, j *followed, facts port.Facts, once bool, out *wire.Writer) (news bool,
	err error) {
	st, err := s.status(j.id, facts)
	if err == nil {
		news, err = s.sendGrowth(ctx, j, st, out)
	}
	var broken *streamError
	switch {
	case errors.As(err, &broken):
		return news, err
	case ctx.Err() != nil:
		return news, nil
	case state.ReasonCode(err) == reason.NoSuchJob:
		st = wire.JobStatus{Job: j.id, Missing: true, Last: s.Dir.LastWord(j.id), BootID: facts.BootID,
			BootedMs: facts.Booted.UnixMilli(), NowMs: s.Wall().UnixMilli()}
	case err != nil:
		if j.bad++; j.bad < damagedAfter && !once {
			return news, nil
		}
		st = s.damaged(j.id, facts, err)
	}
	if err == nil {
		j.bad = 0
	}
	same := j.once && j.told.LockHeld == st.LockHeld && j.told.StopAsked == st.StopAsked && j.told.Run == st.Run &&
		j.told.Trouble == st.Trouble && sameLive(j.told.Live, st.Live) &&
		j.told.Missing == st.Missing && j.told.Damaged == st.Damaged
	if same && (!news || err != nil) {
		return news, nil
	}
	j.once, j.told = true, st
	return true, put(out, wire.FrameJob, st)
}

// sendGrowth sends what is new of a job's files: journals, then logs in turns.
func (s *Service) sendGrowth(ctx context.Context, j *followed, st wire.JobStatus, out *wire.Writer) (news bool,
	err error) {
	root, err := s.Dir.Root(j.id)
	if err != nil {
		return false, err
	}
	defer root.Close()
	names := slices.Sorted(maps.Keys(st.Sizes))
	for _, journals := range []bool{true, false} {
		for again := true; again; {
			again = false
			for _, name := range names {
				if state.IsJournal(name) != journals {
					continue
				}
				if ctx.Err() != nil {
					return news, nil
				}
				sent, err := s.sendPiece(root, j, name, st, out)
				news, again = news || sent, again || sent
				if err != nil {
					return news, err
				}
			}
		}
	}
	return news, nil
}

// sendPiece sends the next piece of a file, if there is more of it. That a run is gone without a word is told by its
// journal as it is, which is empty.
func (s *Service) sendPiece(root *os.Root, j *followed, name string, st wire.JobStatus, out *wire.Writer) (sent bool,
	err error) {
	had, known := j.have[name]
	grows := st.LockHeld && name == state.RunName(st.Run)
	silent := state.IsJournal(name) && !grows && !known && st.Sizes[name] == 0
	if had >= st.Sizes[name] && !silent {
		return false, nil
	}
	data, err := state.ReadPiece(root, name, had, st.Sizes[name]-had, grows)
	if err != nil {
		return false, fmt.Errorf("job %s: %w", j.id, err)
	}
	if len(data) == 0 && !silent {
		return false, nil
	}
	j.have[name] = had + int64(len(data))
	return true, put(out, wire.FrameData, wire.Data{Job: j.id, File: name, Off: had, Bytes: data})
}

func sameLive(a, b *burnin.Progress) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Stage == b.Stage && a.Done == b.Done && a.Seek == b.Seek && a.Phase == b.Phase &&
		(a.Paused == nil) == (b.Paused == nil)
}
