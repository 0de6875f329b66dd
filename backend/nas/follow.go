package nas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas/mirror"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// JobError is an error of one job that ended a follow of several; the others can be followed without it.
type JobError struct {
	Job string
	Err error
}

func (e *JobError) Error() string { return e.Job + ": " + e.Err.Error() }

// Unwrap gives the job's error.
func (e *JobError) Unwrap() error { return e.Err }

// yieldTime is how long the runner has to end a follow whose stdin has ended.
const yieldTime = 5 * time.Second

// Follow copies the growth of jobs into the mirror until ctx ends, or, with once, until the mirror has all that the
// NAS had. After each growth and each word on a job it calls onChange, on its own goroutine, with the newest status
// that the NAS has given in this call, nil before the first. A job that the NAS cannot look at has a status that says
// so (Damaged) and nothing more, once; the others go on. It needs no root.
//
// The mirror has only this room for the NAS, or any where it is nil. Of logs for which there is none left the rest is
// not asked for.
//
// Where the server has room for one channel only, a call interrupts the follow, which then goes on by itself. One
// follow at a time should run over a connection: a second one may wait for the end of the first.
//
// Errors: those of Call; connection_lost after BeatTimeout without a frame; a *JobError for what the mirror refuses.
func (c *Conn) Follow(ctx context.Context, m mirror.Mirror, room *mirror.Room, jobs []string, once bool,
	onChange func(job string, status *wire.JobStatus)) error {
	f := &follow{c: c, m: m, room: room, once: once, onChange: onChange, last: make(map[string]*wire.JobStatus,
		len(jobs))}
	for _, job := range jobs {
		if !burnin.ValidID(job) {
			return reason.New(reason.NoSuchJob, "job", job)
		}
		f.last[job] = nil
	}
	for {
		done, err := f.turn(ctx)
		if done || err != nil {
			return c.spoken(err)
		}
	}
}

type follow struct {
	c        *Conn
	m        mirror.Mirror
	room     *mirror.Room
	once     bool
	onChange func(string, *wire.JobStatus)
	last     map[string]*wire.JobStatus // by followed job
	refused  map[string]bool            // logs of which no more was asked for in this turn, by job/file
}

// request says how much of each job the mirror has.
func (f *follow) request() (wire.FollowRequest, error) {
	req := wire.FollowRequest{Jobs: []wire.FollowJob{}, Once: f.once}
	for _, job := range slices.Sorted(maps.Keys(f.last)) {
		have, err := f.m.Have(job)
		if err != nil {
			return req, &JobError{job, err}
		}
		cut, err := f.m.Cut(job, f.room)
		if err != nil {
			return req, &JobError{job, err}
		}
		for file := range have {
			if cut && !mirror.IsJournal(file) {
				have[file] = math.MaxInt64 // nothing more of it
			}
		}
		req.Jobs = append(req.Jobs, wire.FollowJob{Job: job, Have: have})
	}
	return req, nil
}

// turn follows over one channel. It is not done if it made room for a call.
func (f *follow) turn(ctx context.Context) (done bool, err error) {
	req, err := f.request()
	if err != nil {
		return false, err
	}
	f.refused = map[string]bool{}
	for _, j := range req.Jobs {
		for file, n := range j.Have {
			f.refused[j.Job+"/"+file] = n == math.MaxInt64
		}
	}
	at := f.c.placed()
	p, err := f.c.ask(ctx, at, wire.VerbFollow, req, false, true)
	if err != nil {
		return false, err
	}
	defer p.close()

	silence := time.AfterFunc(f.c.opts.BeatTimeout, func() {
		p.give(reason.New(reason.ConnectionLost, "nas", f.c.target.Name,
			"error", "no sign of life from the runner for "+f.c.opts.BeatTimeout.String()))
	})
	defer silence.Stop()
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		for _, step := range []<-chan struct{}{p.lane.yield, p.asked} {
			select {
			case <-step:
			case <-finished:
				return
			}
		}
		p.stdin.Close()
		select {
		case <-time.After(yieldTime):
			p.give(errYield)
		case <-finished:
		}
	}()

	for frames := wire.NewReader(p.stdout, 0); ; {
		silence.Reset(f.c.opts.BeatTimeout)
		frame, err := frames.Next()
		silence.Stop()
		switch {
		case errors.Is(err, errYield), errors.Is(err, io.EOF) && p.lane.yielding():
			return false, nil
		case err != nil:
			return false, f.c.stopped(ctx, p, at, false, err)
		case frame.Type != wire.FrameEnd:
			if err := f.take(frame); errors.Is(err, mirror.ErrLogCut) {
				return false, nil // asked again without that log
			} else if err != nil {
				return false, err
			}
		case p.lane.yielding():
			return false, nil
		case !f.once:
			return false, reason.New(reason.ConnectionLost, "nas", f.c.target.Name,
				"error", "the runner ended the follow")
		default:
			return true, nil
		}
	}
}

var errYield = errors.New("the follow makes room for a call")

// take puts one frame where it belongs.
func (f *follow) take(frame wire.Frame) error {
	switch frame.Type {
	case wire.FrameBeat:
		return nil
	case wire.FrameData:
		var d wire.Data
		if err := frame.Into(&d); err != nil {
			return err
		}
		status, asked := f.last[d.Job]
		if !asked {
			return f.c.garbage("data of a job that was not asked for: " + reason.Clean(d.Job, 40))
		}
		if f.refused[d.Job+"/"+d.File] {
			return &JobError{d.Job, f.c.garbage("more of a log than was asked for")}
		}
		grown, err := f.m.Write(d, f.room)
		if err != nil && !errors.Is(err, mirror.ErrLogCut) {
			return &JobError{d.Job, err}
		}
		if grown {
			f.onChange(d.Job, status)
		}
		return err
	case wire.FrameJob:
		s := &wire.JobStatus{}
		if err := frame.Into(s); err != nil {
			return err
		}
		if err := f.c.checkStatus(s); err != nil {
			return err
		}
		if _, asked := f.last[s.Job]; !asked {
			return f.c.garbage("a job that was not asked for: " + s.Job)
		}
		if s.Damaged == "" {
			f.last[s.Job] = s
		}
		f.onChange(s.Job, s)
		return nil
	case wire.FrameReply, wire.FrameDrive, wire.FrameError, wire.FrameEnd: // no part of a follow
	}
	return f.c.garbage(fmt.Sprintf("a %s frame in a follow", frame.Type))
}
