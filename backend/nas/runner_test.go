package nas

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// TestMain lets the test's own program be the runner that the tests deploy: it is one where it bears a runner's name.
func TestMain(m *testing.M) {
	if strings.HasPrefix(filepath.Base(os.Args[0]), "burnish-runner-") && len(os.Args) == 2 {
		os.Exit(actAsRunner(wire.Verb(os.Args[1])))
	}
	os.Exit(m.Run())
}

// The runner of the tests keeps its state where the real one does and knows just enough of the verbs.
func actAsRunner(verb wire.Verb) int {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return 1
	}
	r := testRunner{
		state: filepath.Dir(filepath.Dir(exe)),
		in:    bufio.NewReader(os.Stdin),
		out:   wire.NewWriter(os.Stdout),
	}
	if err := r.do(verb); err != nil {
		var said *reason.Said
		if !errors.As(err, &said) {
			said = reason.New("internal", "error", err)
		}
		r.out.Put(wire.FrameError, said)
		return 0
	}
	r.out.Put(wire.FrameEnd, nil)
	return 0
}

type testRunner struct {
	state string
	in    *bufio.Reader
	out   *wire.Writer
}

func (r *testRunner) do(verb wire.Verb) error {
	var req any = &struct{}{}
	switch verb {
	case wire.VerbFollow:
		req = &wire.FollowRequest{}
	case wire.VerbRead:
		req = &wire.ReadRequest{}
	case wire.VerbStart:
		req = &wire.StartRequest{}
	case wire.VerbStop, wire.VerbResume:
		req = &wire.JobRequest{}
	case wire.VerbInventory:
		req = &wire.InventoryRequest{}
	case wire.VerbClean:
		req = &wire.CleanRequest{}
	}
	if err := wire.ReadRequestFrom(r.in, req); err != nil {
		return err
	}
	switch req := req.(type) {
	case *wire.FollowRequest:
		return r.follow(*req)
	case *wire.ReadRequest:
		data, err := r.piece(req.Job, req.File, req.Off)
		if err != nil {
			return err
		}
		return r.out.Put(wire.FrameData, wire.Data{Job: req.Job, File: req.File, Off: req.Off, Bytes: data})
	case *wire.StartRequest:
		dir := filepath.Join(r.state, "jobs", req.Job)
		if os.Getuid() != 0 {
			return reason.New("no_root", "user", "the runner", "nas", "here", "error", "it is not root")
		}
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
		if err := os.Chown(dir, 0, req.GID); err != nil {
			return err
		}
		return r.out.Put(wire.FrameReply, wire.StartReply{Job: req.Job, Run: 1})
	case *wire.JobRequest:
		if verb == wire.VerbStop {
			return r.out.Put(wire.FrameReply, wire.StopReply{Stopped: true, WasRunning: true})
		}
		return r.out.Put(wire.FrameReply, wire.StartReply{Job: req.Job, Run: 2})
	case *wire.InventoryRequest:
		// The path says as whom it ran.
		row := wire.DriveRow{Identity: drive.Identity{Model: "TEST"}, Path: "/dev/uid" + strconv.Itoa(os.Getuid())}
		return r.out.Put(wire.FrameDrive, row)
	case *wire.CleanRequest:
		return r.out.Put(wire.FrameReply, wire.CleanReply{Removed: req.Jobs, RunnerRemoved: req.Runner})
	}
	if verb == wire.VerbList {
		return r.list()
	}
	return r.out.Put(wire.FrameReply, wire.VersionReply{
		Protocol: wire.Protocol, Version: "test", OS: runtime.GOOS, Arch: runtime.GOARCH, UID: os.Getuid(),
	})
}

func (r *testRunner) list() error {
	entries, err := os.ReadDir(filepath.Join(r.state, "jobs"))
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	var reply wire.ListReply
	for _, e := range entries {
		reply.Jobs = append(reply.Jobs, r.status(e.Name()))
	}
	return r.out.Put(wire.FrameReply, reply)
}

func (r *testRunner) status(job string) wire.JobStatus {
	s := wire.JobStatus{Job: job, Run: 1, LockHeld: true, BootID: "boot", Sizes: map[string]int64{}}
	filepath.WalkDir(filepath.Join(r.state, "jobs", job), func(path string, e fs.DirEntry, err error) error {
		if err == nil && wire.ValidFile(e.Name()) {
			if info, err := e.Info(); err == nil {
				s.Sizes[e.Name()] = info.Size()
			}
		}
		return nil
	})
	return s
}

func (r *testRunner) piece(job, file string, off int64) ([]byte, error) {
	f, err := os.Open(filepath.Join(r.state, "jobs", job, file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.NewSectionReader(f, off, wire.MaxChunk))
}

func (r *testRunner) follow(req wire.FollowRequest) error {
	gone := make(chan struct{})
	go func() {
		io.Copy(io.Discard, r.in)
		close(gone)
	}()
	told := map[string]int{}
	for {
		moved := false
		for _, job := range req.Jobs {
			status := r.status(job.Job)
			if told[job.Job] != len(status.Sizes) {
				told[job.Job] = len(status.Sizes)
				if err := r.out.Put(wire.FrameJob, status); err != nil {
					return err
				}
			}
			for file, size := range status.Sizes {
				if job.Have[file] >= size {
					continue
				}
				data, err := r.piece(job.Job, file, job.Have[file])
				if err != nil {
					return err
				}
				if err := r.out.Put(wire.FrameData, wire.Data{Job: job.Job, File: file, Off: job.Have[file],
					Bytes: data}); err != nil {
					return err
				}
				if job.Have == nil {
					job.Have = map[string]int64{}
				}
				job.Have[file] += int64(len(data))
				moved = true
			}
		}
		if !moved && req.Once {
			return nil
		}
		wait := time.Duration(0)
		if !moved {
			wait = 5 * time.Millisecond
			if err := r.out.Put(wire.FrameBeat, nil); err != nil {
				return err
			}
		}
		select {
		case <-gone:
			return nil
		case <-time.After(wait):
		}
	}
}
