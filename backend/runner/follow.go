package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// beatEvery is how often a stream without news says that it is still there.
const beatEvery = 10 * time.Second

// status looks at a job: the lock first, then the sizes, so that a free lock means final sizes.
func (s *Service) status(id string, facts Facts) (wire.JobStatus, error) {
	root, err := s.Dir.root(id)
	if err != nil {
		return wire.JobStatus{}, err
	}
	defer root.Close()
	held, err := s.Locks.Held(s.Dir.in(id, lockFile))
	if err != nil {
		return wire.JobStatus{}, err
	}
	st := wire.JobStatus{Job: id, LockHeld: held, BootID: facts.BootID, BootedMs: facts.Booted.UnixMilli(), NowMs: s.Now().UnixMilli(), Run: runs(root)}
	if st.Sizes, err = sizes(root); err != nil {
		return st, err
	}
	st.Trouble = trouble(root)
	if held {
		st.Live = readLive(root)
	}
	return st, nil
}

// List gives all jobs.
func (s *Service) List() (wire.ListReply, error) {
	facts, err := s.Host.Facts()
	if err != nil {
		return wire.ListReply{}, err
	}
	ids, err := s.Dir.ids()
	if err != nil {
		return wire.ListReply{}, err
	}
	reply := wire.ListReply{Jobs: []wire.JobStatus{}}
	for _, id := range ids {
		st, err := s.status(id, facts)
		if reasonCode(err) == "no_such_job" {
			continue // removed just now
		}
		if err != nil { // the others can be looked at all the same
			st = wire.JobStatus{Job: id, Damaged: reason.Clean(err.Error(), 300), BootID: facts.BootID, BootedMs: facts.Booted.UnixMilli(), NowMs: s.Now().UnixMilli()}
		}
		reply.Jobs = append(reply.Jobs, st)
	}
	return reply, nil
}

// Read gives a piece of a job's file.
func (s *Service) Read(req wire.ReadRequest) (wire.Data, error) {
	root, err := s.Dir.root(req.Job)
	if err != nil {
		return wire.Data{}, err
	}
	defer root.Close()
	data, err := readPiece(root, req.File, req.Off, wire.MaxChunk)
	return wire.Data{Job: req.Job, File: req.File, Off: req.Off, Bytes: data}, err
}

// readPiece reads what is on the NAS's disk to stay: what was read is synced before it is given, so that no power cut takes from the NAS what a
// reader has already, and neither copy ever says what the other does not.
func readPiece(root *os.Root, file string, off, n int64) ([]byte, error) {
	if !wire.ValidFile(file) || off < 0 {
		return nil, reason.New("bad_request", "error", "that is no file of a job")
	}
	f, err := root.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, min(n, wire.MaxChunk))
	got, err := f.ReadAt(buf, off)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if got > 0 {
		_ = f.Sync() // where it cannot be, the bytes are worth more than the promise
	}
	return buf[:got], nil
}

// followed is one job of a stream: what was sent of it.
type followed struct {
	id   string
	have map[string]int64
	told wire.JobStatus // the last job frame
	once bool           // a job frame was sent
}

// Follow streams the growth of jobs until ctx ends, or with Once until all there is was sent.
func (s *Service) Follow(ctx context.Context, req wire.FollowRequest, out *wire.Writer) error {
	facts, err := s.Host.Facts()
	if err != nil {
		return err
	}
	if len(req.Jobs) > wire.MaxJobs {
		return reason.New("bad_request", "error", "too many jobs")
	}
	var jobs []*followed
	for _, j := range req.Jobs {
		if !burnin.ValidID(j.Job) {
			return reason.New("bad_request", "error", "that is no job id")
		}
		have := maps.Clone(j.Have)
		if have == nil {
			have = map[string]int64{}
		}
		jobs = append(jobs, &followed{id: j.Job, have: have})
	}
	beat := time.Time{}
	for {
		news := false
		for _, j := range jobs {
			sent, err := s.followJob(ctx, j, facts, out)
			if err != nil {
				return err
			}
			news = news || sent
		}
		if ctx.Err() != nil || req.Once {
			return nil
		}
		if news {
			beat = s.Now()
		} else if s.Now().Sub(beat) >= beatEvery {
			beat = s.Now()
			if err := out.Put(wire.FrameBeat, nil); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.poll()):
		}
	}
}

// followJob sends what is new of one job: journals, then logs in turns, then what it amounts to.
func (s *Service) followJob(ctx context.Context, j *followed, facts Facts, out *wire.Writer) (news bool, err error) {
	st, err := s.status(j.id, facts)
	var said *reason.Said
	if errors.As(err, &said) && said.Code == "no_such_job" {
		if j.told.Missing {
			return false, nil
		}
		j.once, j.told = true, wire.JobStatus{Job: j.id, Missing: true, BootID: facts.BootID, BootedMs: facts.Booted.UnixMilli(), NowMs: s.Now().UnixMilli()}
		return true, out.Put(wire.FrameJob, j.told)
	}
	if err != nil {
		return false, err
	}
	root, err := s.Dir.root(j.id)
	if err != nil {
		return false, err
	}
	defer root.Close()
	names := slices.Sorted(maps.Keys(st.Sizes))
	for _, journals := range []bool{true, false} {
		for again := true; again; {
			again = false
			for _, name := range names {
				if isJournal(name) != journals || j.have[name] >= st.Sizes[name] {
					continue
				}
				if ctx.Err() != nil {
					return news, nil
				}
				data, err := readPiece(root, name, j.have[name], st.Sizes[name]-j.have[name])
				if err != nil {
					return news, fmt.Errorf("job %s: %w", j.id, err)
				}
				if len(data) == 0 {
					continue
				}
				if err := out.Put(wire.FrameData, wire.Data{Job: j.id, File: name, Off: j.have[name], Bytes: data}); err != nil {
					return news, err
				}
				j.have[name] += int64(len(data))
				news, again = true, true
			}
		}
	}
	same := j.once && j.told.LockHeld == st.LockHeld && j.told.Run == st.Run && j.told.Trouble == st.Trouble && sameLive(j.told.Live, st.Live)
	if same && !news {
		return false, nil
	}
	j.once, j.told = true, st
	return true, out.Put(wire.FrameJob, st)
}

func sameLive(a, b *burnin.Progress) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Stage == b.Stage && a.Done == b.Done && a.Phase == b.Phase
}
