package runner

import (
	"context"
	"errors"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// StartAll starts jobs together: all look at their drives side by side, and once each holds its own, all go on. Where
// one is refused none does, and it returns when that is proven or stopWait has gone by.
func (s *Service) StartAll(ctx context.Context, req wire.StartAllRequest) (wire.StartAllReply, error) {
	reply := wire.StartAllReply{Jobs: make([]wire.Started, len(req.Jobs))}
	if len(req.Jobs) == 0 || len(req.Jobs) > wire.MaxDrives {
		return reply, reason.New(reason.BadRequest, "error", "too many jobs, or none")
	}
	gate, seen := req.Jobs[0].Gate, map[string]bool{}
	for _, j := range req.Jobs {
		if !burnin.ValidID(j.Gate) || j.Gate != gate || j.Together != len(req.Jobs) || seen[j.Job] {
			return reply, reason.New(reason.BadRequest, "error", "the jobs do not pass one gate")
		}
		seen[j.Job] = true
	}
	var wait sync.WaitGroup
	for i, j := range req.Jobs {
		wait.Go(func() {
			started, err := s.start(ctx, j, state.GateWait(len(req.Jobs)))
			if err != nil {
				var said *reason.Said
				if !errors.As(err, &said) {
					said = reason.New(reason.NotStarted, "error", err)
				}
				_, _ = s.Dir.ShutFor(gate, j.Drive.ID(), said) // else the others wait until their time is over
				reply.Jobs[i].Refused = said
			}
			reply.Jobs[i].StartReply = started
		})
	}
	wait.Wait()
	how, err := s.letGo(req, reply)
	if err != nil {
		return reply, err
	}
	if state.GaveUp(how) == nil {
		return reply, nil
	}
	s.awaitEnds(ctx, req, &reply, state.GaveUp(how))
	return reply, nil
}

// letGo opens the gate if each job holds its drive, and gives how the gate is settled.
func (s *Service) letGo(req wire.StartAllRequest, reply wire.StartAllReply) (string, error) {
	gate := req.Jobs[0].Gate
	if how, err := s.Dir.GateSays(gate); err != nil || how != "" {
		return how, err
	}
	for i, j := range req.Jobs {
		if why := reply.Jobs[i].Refused; why != nil {
			return s.Dir.ShutFor(gate, j.Drive.ID(), why)
		}
		held, err := s.Locks.Held(s.Dir.In(j.Job, state.LockFile))
		if err != nil || !held {
			return s.Dir.Settle(gate, state.GateClosed+j.Drive.ID()+" is no longer held")
		}
	}
	return s.Dir.Settle(gate, state.GateOpen)
}

// awaitEnds waits until each job behind a closed gate has ended, and says how.
func (s *Service) awaitEnds(ctx context.Context, req wire.StartAllRequest, reply *wire.StartAllReply,
	why *reason.Said) {
	ctx, cancel := context.WithTimeout(ctx, stopWait)
	defer cancel()
	for i, j := range req.Jobs {
		one := &reply.Jobs[i]
		for {
			held, err := s.Locks.Held(s.Dir.In(j.Job, state.LockFile))
			if err == nil && !held {
				break
			}
			if ctx.Err() != nil {
				one.Refused = reason.New(reason.NotStopped, "job", j.Job, "error", "it was given up and has not "+
					"ended yet")
				break
			}
			select {
			case <-ctx.Done():
			case <-s.After(50 * time.Millisecond):
			}
		}
		if one.Refused == nil {
			one.Refused = why
		}
	}
}
