package nas

import (
	"context"
	"fmt"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// reply calls a verb whose answer is one reply frame.
func reply[T any](ctx context.Context, c *Conn, verb wire.Verb, req any, root bool) (T, error) {
	v, err := replyAt[T](ctx, c, c.placed(), verb, req, root)
	return v, c.spoken(err)
}

func replyAt[T any](ctx context.Context, c *Conn, at placed, verb wire.Verb, req any, root bool) (T, error) {
	var v T
	replies := 0
	err := c.invoke(ctx, at, verb, req, root, func(f wire.Frame) error {
		if f.Type != wire.FrameReply {
			return c.strange(verb, f)
		}
		replies++
		return f.Into(&v)
	})
	if err == nil && replies != 1 {
		err = c.garbage(fmt.Sprintf("%d answers to %s", replies, verb))
	}
	return v, err
}

func (c *Conn) strange(verb wire.Verb, f wire.Frame) error {
	return c.garbage(fmt.Sprintf("a %s frame in the answer to %s", f.Type, verb))
}

func (c *Conn) versionOf(ctx context.Context, at placed) (wire.VersionReply, error) {
	return replyAt[wire.VersionReply](ctx, c, at, wire.VerbVersion, struct{}{}, false)
}

// Version asks what runs there. It needs no root. Errors are those of Call, as for all verbs.
func (c *Conn) Version(ctx context.Context) (wire.VersionReply, error) {
	return reply[wire.VersionReply](ctx, c, wire.VerbVersion, struct{}{}, false)
}

// Inventory lists the drives. It needs root.
func (c *Conn) Inventory(ctx context.Context, req wire.InventoryRequest) ([]wire.DriveRow, error) {
	var rows []wire.DriveRow
	err := c.Call(ctx, wire.VerbInventory, req, true, func(f wire.Frame) error {
		if f.Type != wire.FrameDrive {
			return c.strange(wire.VerbInventory, f)
		}
		if len(rows) == wire.MaxDrives {
			return reason.New(reason.NASTooMuch, "what", "the list of drives", "limit", fmt.Sprintf("%d drives",
				wire.MaxDrives))
		}
		var row wire.DriveRow
		if err := f.Into(&row); err != nil {
			return err
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// Start starts a job. It needs root. The login's group is filled in, so that the login may follow without root.
func (c *Conn) Start(ctx context.Context, req wire.StartRequest) (wire.StartReply, error) {
	req.GID = c.facts.GID
	return c.started(ctx, wire.VerbStart, req.Job, req)
}

// StartAll starts jobs together, all or none. It needs root. The answers come in the order of the jobs; where one says
// that it was refused, none of them goes on.
func (c *Conn) StartAll(ctx context.Context, req wire.StartAllRequest) (wire.StartAllReply, error) {
	jobs := slices.Clone(req.Jobs)
	for i := range jobs {
		jobs[i].GID = c.facts.GID
	}
	r, err := reply[wire.StartAllReply](ctx, c, wire.VerbStartAll, wire.StartAllRequest{Jobs: jobs}, true)
	if err == nil && len(r.Jobs) != len(jobs) {
		err = c.garbage("an answer for other jobs than were started")
	}
	for i, one := range r.Jobs {
		if err == nil && (one.Run < 0 || one.Refused == nil && one.Job != jobs[i].Job) {
			err = c.garbage("an answer for another job than " + jobs[i].Job)
		}
		r.Jobs[i].Refused = cleaned(one.Refused)
	}
	return r, err
}

// Resume starts the next run of a job. It needs root.
func (c *Conn) Resume(ctx context.Context, job string) (wire.StartReply, error) {
	return c.started(ctx, wire.VerbResume, job, wire.JobRequest{Job: job})
}

// GoOn is Resume where no person asks.
func (c *Conn) GoOn(ctx context.Context, job string) (wire.StartReply, error) {
	return c.started(ctx, wire.VerbResume, job, wire.JobRequest{Job: job, Auto: true})
}

func (c *Conn) started(ctx context.Context, verb wire.Verb, job string, req any) (wire.StartReply, error) {
	r, err := reply[wire.StartReply](ctx, c, verb, req, true)
	if err == nil && (r.Job != job || r.Run < 0) {
		err = c.garbage("an answer for another job than " + job)
	}
	return r, err
}

// Stop stops a job and says whether it is proven stopped. It needs root. by says who asks, for the job's log.
func (c *Conn) Stop(ctx context.Context, job, by string) (wire.StopReply, error) {
	return reply[wire.StopReply](ctx, c, wire.VerbStop, wire.JobRequest{Job: job, By: by, GID: c.facts.GID}, true)
}

// Slots says how jobs take turns, after changing it where asked. It needs root.
func (c *Conn) Slots(ctx context.Context, req wire.SlotsRequest) (wire.SlotsReply, error) {
	return reply[wire.SlotsReply](ctx, c, wire.VerbSlots, req, true)
}

// Undo brings back what a job's first destructive act erased. It needs root. by says who asks, for the job's log.
func (c *Conn) Undo(ctx context.Context, job, by string) (wire.UndoReply, error) {
	return reply[wire.UndoReply](ctx, c, wire.VerbUndo, wire.JobRequest{Job: job, By: by}, true)
}

// List lists all jobs of the state directory, which come in as many frames as they need. It needs no root.
func (c *Conn) List(ctx context.Context) ([]wire.JobStatus, error) {
	jobs, seen, replies := []wire.JobStatus{}, map[string]bool{}, 0
	err := c.Call(ctx, wire.VerbList, struct{}{}, false, func(f wire.Frame) error {
		if f.Type != wire.FrameReply {
			return c.strange(wire.VerbList, f)
		}
		replies++
		var r wire.ListReply
		if err := f.Into(&r); err != nil {
			return err
		}
		if len(jobs)+len(r.Jobs) > wire.MaxJobs {
			return reason.New(reason.NASTooMuch, "what", "the list of jobs", "limit", fmt.Sprintf("%d jobs",
				wire.MaxJobs))
		}
		for i := range r.Jobs {
			if err := c.checkStatus(&r.Jobs[i]); err != nil {
				return err
			}
			if id := r.Jobs[i].Job; seen[id] {
				return c.garbage("job " + id + " twice in the answer to list")
			}
			seen[r.Jobs[i].Job] = true
		}
		jobs = append(jobs, r.Jobs...)
		return nil
	})
	if err == nil && replies == 0 {
		err = c.garbage("no answer to list")
	}
	if err != nil {
		return nil, err
	}
	return jobs, nil
}

// maxFiles bounds the files of one job.
const maxFiles = 4096

// checkStatus refuses a status whose names could not be a job's, and cleans what it says in words.
func (c *Conn) checkStatus(s *wire.JobStatus) error {
	if !burnin.ValidID(s.Job) || s.Run < 0 || len(s.Sizes) > maxFiles {
		return c.garbage("a job that cannot be: " + reason.Clean(s.Job, 40))
	}
	s.Damaged = reason.Clean(s.Damaged, 300)
	if l := s.Last; l != nil {
		*l = burnin.LastWord{State: burnin.State(reason.Clean(string(l.State), 20)),
			Coverage: burnin.Coverage(reason.Clean(string(l.Coverage), 20)),
			EndedMs:  l.EndedMs, RemovedMs: l.RemovedMs, By: reason.Clean(l.By, 200), Reason: cleaned(l.Reason)}
	}
	for file, size := range s.Sizes {
		if !wire.ValidFile(file) || size < 0 {
			return c.garbage("a file that cannot be: " + reason.Clean(file, 40))
		}
	}
	return nil
}

// cleaned makes a reason that a NAS sent beside journals fit to be kept.
func cleaned(s *reason.Said) *reason.Said {
	if s == nil {
		return nil
	}
	return &reason.Said{Code: reason.Code(reason.Clean(string(s.Code), 40)), Title: reason.Clean(s.Title, 100),
		Text: reason.Clean(s.Text, 1000), Hint: reason.Clean(s.Hint, 1000), Args: s.Args}
}

// Read reads at most wire.MaxChunk bytes of a job's file from off on; none at its end. It needs no root.
func (c *Conn) Read(ctx context.Context, job, file string, off int64) ([]byte, error) {
	var got *wire.Data
	err := c.Call(ctx, wire.VerbRead, wire.ReadRequest{Job: job, File: file, Off: off}, false,
		func(f wire.Frame) error {
			if f.Type != wire.FrameData || got != nil {
				return c.strange(wire.VerbRead, f)
			}
			got = &wire.Data{}
			return f.Into(got)
		})
	switch {
	case err != nil:
		return nil, err
	case got == nil:
		return nil, c.garbage("no data in the answer to read")
	case got.Job != job, got.File != file, got.Off != off, len(got.Bytes) > wire.MaxChunk:
		return nil, c.garbage("other data than was asked for")
	}
	return got.Bytes, nil
}

// Clean removes jobs that have ended and, if asked, the runner. It needs root. After the runner has gone, calls give
// ErrNoRunner.
func (c *Conn) Clean(ctx context.Context, req wire.CleanRequest) (wire.CleanReply, error) {
	req.GID = c.facts.GID
	r, err := reply[wire.CleanReply](ctx, c, wire.VerbClean, req, true)
	if err == nil && r.RunnerRemoved {
		c.mu.Lock()
		c.runner = placed{}
		c.mu.Unlock()
	}
	return r, err
}
