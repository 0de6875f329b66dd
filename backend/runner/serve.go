package runner

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/runner/run"
	"burnish/backend/wire"
)

// Run executes the next run of a job and returns when that has told its end; an error means that it could not even be
// told.
func (s *Service) Run(ctx context.Context, id string) error { return run.Execute(ctx, &s.Machine, id) }

// Service answers verbs on one machine.
type Service struct{ bench.Machine }

// Serve answers one verb: the request from stdin, frames to stdout. The last frame is end, or error with a reason; the
// returned error is for the exit code, which nobody should need.
func (s *Service) Serve(ctx context.Context, verb wire.Verb, stdin io.Reader, stdout io.Writer) error {
	out := wire.NewWriter(stdout)
	err := s.serve(ctx, verb, bufio.NewReader(stdin), out)
	if err == nil {
		return out.Put(wire.FrameEnd, nil)
	}
	var said *reason.Said
	if !errors.As(err, &said) {
		said = reason.New(reason.RunnerFault, "stage", verb, "error", err)
	}
	return errors.Join(err, out.Put(wire.FrameError, said))
}

func (s *Service) serve(ctx context.Context, verb wire.Verb, in *bufio.Reader, out *wire.Writer) error {
	reply := func(v any, err error) error {
		if err != nil {
			return err
		}
		return out.Put(wire.FrameReply, v)
	}
	switch verb {
	case wire.VerbVersion:
		return reply(s.version())
	case wire.VerbInventory:
		var req wire.InventoryRequest
		if err := wire.ReadRequestFrom(in, &req); err != nil {
			return err
		}
		return s.inventory(ctx, req, out)
	case wire.VerbStart:
		var req wire.StartRequest
		if err := wire.ReadRequestFrom(in, &req); err != nil {
			return err
		}
		return reply(s.Start(ctx, req))
	case wire.VerbStartAll:
		var req wire.StartAllRequest
		if err := wire.ReadRequestFrom(in, &req); err != nil {
			return err
		}
		return reply(s.StartAll(ctx, req))
	case wire.VerbList:
		return s.list(out)
	case wire.VerbFollow:
		var req wire.FollowRequest
		if err := wire.ReadRequestFrom(in, &req); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() { // the asker is gone when stdin ends
			_, _ = io.Copy(io.Discard, in)
			cancel()
		}()
		return s.Follow(ctx, req, out)
	case wire.VerbRead:
		var req wire.ReadRequest
		if err := wire.ReadRequestFrom(in, &req); err != nil {
			return err
		}
		data, err := s.Read(req)
		if err != nil {
			return err
		}
		return out.Put(wire.FrameData, data)
	case wire.VerbStop, wire.VerbResume, wire.VerbUndo:
		var req wire.JobRequest
		if err := wire.ReadRequestFrom(in, &req); err != nil {
			return err
		}
		switch verb {
		case wire.VerbStop:
			return reply(s.Stop(ctx, req))
		case wire.VerbUndo:
			return reply(s.Undo(ctx, req))
		default: // resume, below
		}
		if req.Auto {
			return reply(s.GoOn(ctx, req.Job))
		}
		return reply(s.Resume(ctx, req.Job))
	case wire.VerbSlots:
		var req wire.SlotsRequest
		if err := wire.ReadRequestFrom(in, &req); err != nil {
			return err
		}
		return reply(s.Slots(req))
	case wire.VerbClean:
		var req wire.CleanRequest
		if err := wire.ReadRequestFrom(in, &req); err != nil {
			return err
		}
		return reply(s.Clean(req))
	case wire.VerbRun: // not for the desktop: main runs a job by itself
	}
	return reason.New(reason.BadRequest, "error", "there is no verb "+string(verb))
}

func (s *Service) version() (wire.VersionReply, error) {
	f, err := s.Host.Facts()
	return wire.VersionReply{
		Protocol: wire.Protocol, Version: s.Version, OS: f.OS, Arch: f.Arch, UID: f.UID, MachineID: f.MachineID,
		Hostname: f.Hostname, BootID: f.BootID, BootedMs: f.Booted.UnixMilli(), NowMs: s.Wall().UnixMilli(),
	}, err
}

func (s *Service) inventory(ctx context.Context, req wire.InventoryRequest, out *wire.Writer) error {
	busy, err := s.Dir.Busy(s.Locks)
	if err != nil {
		return err
	}
	rows, err := s.Host.Inventory(ctx, req, busy)
	if err != nil {
		return err
	}
	records, err := erase.RecordsOf(s.Dir, func(drive.Identity) bool { return true })
	if err != nil {
		return err
	}
	for _, row := range rows {
		row.Usage = erase.WithKnown(row.Usage, erase.KnownOf(slices.DeleteFunc(slices.Clone(records),
			func(p erase.Record) bool { return !erase.Alike(p.Drive, row.Identity) })))
		if err := out.Put(wire.FrameDrive, row); err != nil {
			return err
		}
	}
	return nil
}

// list sends the jobs in frames that each hold as many as fit.
func (s *Service) list(out *wire.Writer) error {
	all, err := s.List()
	if err != nil {
		return err
	}
	const each = 100
	for jobs := all.Jobs; ; jobs = jobs[each:] {
		if len(jobs) <= each {
			return out.Put(wire.FrameReply, wire.ListReply{Jobs: jobs})
		}
		if err := out.Put(wire.FrameReply, wire.ListReply{Jobs: jobs[:each]}); err != nil {
			return err
		}
	}
}
