package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"burnish/backend/wire"
)

// follower has what a desktop's mirror has of a machine's jobs, from the moment that it is made.
type follower struct {
	m    *machine
	end  func() // returns when the stream has ended
	mu   sync.Mutex
	file map[string][]byte         // by JOB/FILE
	told map[string]wire.JobStatus // the newest of each job
	err  error
}

func (m *machine) follower(jobs ...string) *follower {
	f := &follower{m: m, file: map[string][]byte{}, told: map[string]wire.JobStatus{}}
	ctx, cancel := context.WithCancel(context.Background())
	from, to := io.Pipe()
	var both sync.WaitGroup
	f.end = sync.OnceFunc(func() { cancel(); both.Wait() })
	m.t.Cleanup(f.end)
	var req wire.FollowRequest
	for _, job := range jobs {
		req.Jobs = append(req.Jobs, wire.FollowJob{Job: job})
	}
	both.Go(func() { to.CloseWithError(m.service().Follow(ctx, req, wire.NewWriter(to))) })
	both.Go(func() {
		for in := wire.NewReader(from, 0); ; {
			frame, err := in.Next()
			if err == nil {
				err = f.take(frame)
			}
			if err != nil {
				from.CloseWithError(err)
				f.mu.Lock()
				defer f.mu.Unlock()
				if !errors.Is(err, io.EOF) {
					f.err = err
				}
				return
			}
		}
	})
	return f
}

func (f *follower) take(frame wire.Frame) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch frame.Type {
	case wire.FrameData:
		var d wire.Data
		if err := jsonInto(frame.Value, &d); err != nil {
			return err
		}
		name := d.Job + "/" + d.File
		if int64(len(f.file[name])) != d.Off {
			return fmt.Errorf("%s from %d on, where %d bytes are known", name, d.Off, len(f.file[name]))
		}
		f.file[name] = append(f.file[name], d.Bytes...)
	case wire.FrameJob:
		var st wire.JobStatus
		if err := jsonInto(frame.Value, &st); err != nil {
			return err
		}
		f.told[st.Job] = st
	}
	return nil
}

// is reports whether the newest status of a job is one that the test waits for.
func (f *follower) is(job string, what func(wire.JobStatus) bool) func() bool {
	return func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		st, told := f.told[job]
		return f.err != nil || told && what(st)
	}
}

// files gives what has come so far.
func (f *follower) files(t *testing.T) map[string][]byte {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		t.Fatal(f.err)
	}
	return maps.Clone(f.file)
}

// same ends the stream and compares what came with what lies on the machine.
func (f *follower) same(t *testing.T) {
	t.Helper()
	f.end()
	for name, got := range f.files(t) {
		is, err := os.ReadFile(filepath.Join(f.m.dir, "jobs", filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(is, got) {
			t.Errorf("%s: %d bytes were followed, and %d are there, of which the first %d are the same (%v)", name,
				len(got), len(is), same(is, got), err)
		}
	}
}

func same(a, b []byte) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
