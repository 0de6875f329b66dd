//go:build linux

package linux

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/runner"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/port"
	"burnish/backend/runner/run"
	"burnish/backend/runner/state"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/wire"
)

// rig is a machine with one real block device, whose identity and usage are taken as agreed; all I/O is real.
type rig struct {
	*Host
	t    *testing.T
	path string
	id   drive.Identity
	dir  string
	done chan error

	temp  func() *int  // nil: no sensor
	child atomic.Int64 // the newest child's process
	tell  func()       // tells the newest run to end, as a NAS that shuts down does
}

type benchHold struct {
	*held
	id drive.Identity
	b  *rig
}

func (h benchHold) Identity() drive.Identity { return h.id }
func (h benchHold) Usage() drive.Usage       { return drive.Usage{Class: drive.None} }
func (h benchHold) TempC() *int {
	if h.b.temp == nil {
		return nil
	}
	return h.b.temp()
}
func (h benchHold) Spawn(s port.Spawn) (port.Process, error) {
	p, err := h.held.Spawn(s)
	if err == nil {
		h.b.child.Store(int64(p.PID()))
	}
	return p, err
}
func (h benchHold) TempLimits() (*int, *int) { return nil, nil }
func (h benchHold) Inspect(context.Context) (drive.Identity, drive.Usage, error) {
	return h.id, h.Usage(), nil
}

func (b *rig) Hold(context.Context, drive.Identity, port.HoldOptions) (port.Held, error) {
	fd, err := syscall.Open(b.path, syscall.O_RDONLY|syscall.O_EXCL|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return benchHold{&held{host: b.Host, file: os.NewFile(uintptr(fd), b.path), path: b.path}, b.id, b}, nil
}

func (b *rig) service() *runner.Service {
	return &runner.Service{Machine: bench.Machine{Dir: state.NewDir(b.dir), Host: b, Locks: Locks{}, Supervisor: b,
		Version: "test", Clock: Clock{},
		PollEvery: 10 * time.Millisecond, TempEvery: 10 * time.Millisecond}}
}

func (b *rig) Launch(_ context.Context, job string, _ int, _ string) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	b.tell = func() { cancel(run.ErrTold) }
	go func() { b.done <- b.service().Run(ctx, job) }()
	return nil
}
func (*rig) Cancel(context.Context, string, int) error { return nil }

func (*rig) Terminate(int) error { return nil }
func (*rig) Gone(int) bool       { return true }

// benchOf makes a machine of a device.
func benchOf(t *testing.T, path string, size int64, logical int) *rig {
	return &rig{Host: NewHost(), t: t, path: path, dir: t.TempDir(), done: make(chan error, 1),
		id: drive.Identity{Serial: "BENCH", WWN: "5000C5000BE9C4", Model: "Bench", SizeBytes: size,
			LogicalBytes: logical, PhysicalBytes: logical, Kind: drive.HDD}}
}

const benchJob = "0123456789abcdefclassic"

// start begins a surface stage with an engine.
func (b *rig) start(s burnin.StageSpec) {
	b.t.Helper()
	s.Kind = burnin.SurfaceValidate
	plan := burnin.Plan{Name: "bench", WithoutSMART: true, Stages: []burnin.StageSpec{{Kind: burnin.Precheck}, s,
		{Kind: burnin.FinalCheck}}}
	_, err := b.service().Start(context.Background(), wire.StartRequest{Job: benchJob, CreatedMs: 1, Plan: plan,
		Drive: b.id, Usage: drive.None, Slots: 1, GID: os.Getgid()})
	if err != nil {
		b.t.Fatal(err)
	}
}

// job folds the journals as they are now.
func (b *rig) job() burnin.Job {
	b.t.Helper()
	var runs [][]burnin.Event
	for {
		raw, err := os.ReadFile(filepath.Join(b.dir, "jobs", benchJob, fmt.Sprintf("run-%d.ndjson", len(runs)+1)))
		if errors.Is(err, os.ErrNotExist) && len(runs) > 0 {
			break
		}
		if err != nil {
			b.t.Fatal(err)
		}
		events, err := wire.DecodeJournal(raw)
		if err != nil {
			b.t.Fatal(err)
		}
		runs = append(runs, events)
	}
	folded, err := burnin.Fold(runs, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return folded
}

// ended waits for the run and folds its journal.
func (b *rig) ended() burnin.Job {
	b.t.Helper()
	if err := <-b.done; err != nil {
		b.t.Fatal(err)
	}
	return b.job()
}

// classic runs badblocks, as the plan classic does, on a device.
func classic(t *testing.T, path string, size int64, logical int) burnin.Job {
	t.Helper()
	need.Program(t, "badblocks")
	b := benchOf(t, path, size, logical)
	b.start(burnin.StageSpec{Engine: burnin.EngineBadblocks, WindowMiB: 16})
	folded := b.ended()
	if log, err := os.ReadFile(filepath.Join(b.dir, "jobs", benchJob, "surface_validate.log")); err == nil &&
		testing.Verbose() {
		t.Logf("%s", log)
	}
	return folded
}

func TestRealBadblocksPassesAGoodDeviceToItsLastSector(t *testing.T) {
	for _, logical := range []int{512, 4096} {
		t.Run(fmt.Sprint(logical), func(t *testing.T) {
			size := int64(40<<20 + 7*logical)
			d := disk.Loop(t, size, disk.LogicalSector(logical))
			job := classic(t, d.Path, size, logical)
			if s := job.Stages[1]; job.State != burnin.Passed || s.BytesCovered != size || s.BytesWritten < 4*40<<20 {
				t.Errorf("ended as %s (%v), covered %d of %d, written %d", job.State, job.Reason, s.BytesCovered, size,
					s.BytesWritten)
			}
		})
	}
}

// The last window holds the pattern that is at work when the NAS shuts down; that is no reason to refuse the drive.
func TestRealBadblocksGoesOnInItsLastWindow(t *testing.T) {
	need.FUSE(t)
	need.Program(t, "badblocks")
	const size, last = 40 << 20, 32 << 20
	d := disk.Faulty(t, size)
	b := benchOf(t, d.Path, size, 512)
	b.start(burnin.StageSpec{Engine: burnin.EngineBadblocks, WindowMiB: 16})
	await(t, "the last window is at work", func() bool {
		cp := b.job().Stages[1].Checkpoint
		if cp != nil && cp.Position < last {
			d.Throttle(16 << 20) // so that what comes is seen in time
		}
		return cp != nil && cp.Position == last
	})
	before := d.Counts().BytesWritten
	await(t, "its first pattern is written", func() bool { return d.Counts().BytesWritten >= before+size-last })
	b.tell()
	if job := b.ended(); job.State != burnin.Unknown || job.Reason.Code != "told_to_end" {
		t.Fatalf("ended as %s, %v", job.State, job.Reason)
	}
	d.Throttle(0)
	if _, err := b.service().Resume(context.Background(), benchJob); err != nil {
		t.Fatal(err)
	}
	job := b.ended()
	if r := job.Stages[1].Resumed; job.State != burnin.Passed || job.BytesCovered != size || r == nil ||
		r.FromByte != last {
		t.Errorf("ended as %s (%v), covered %d, resumed %+v", job.State, job.Reason, job.BytesCovered, r)
	}
}

func TestWhatRealBadblocksTellsBecomesWhatIsWrong(t *testing.T) {
	need.FUSE(t)
	for i, f := range faulty {
		if i%2 == 0 && testing.Short() {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel() // most of the time goes to waiting
			d := disk.Faulty(t, faultySectors*512)
			f.set(d)
			job := classic(t, d.Path, faultySectors*512, 512)
			got := new(findings).told(job.Stages[1].BadRanges)
			want, _, _ := strings.Cut(f.want, "; told as")
			switch {
			case strings.HasPrefix(f.name, "addresses wrap"):
				if job.State != burnin.Failed || job.Reason.Code != "fake_capacity" {
					t.Errorf("ended as %s, %v", job.State, job.Reason)
				}
			case strings.HasPrefix(f.name, "a write misplaced"):
				// Our engine looks only where badblocks points to, which is never where the write went.
				if job.State != burnin.Failed || got != "stale 40000-40007" {
					t.Errorf("ended as %s (%v): %s", job.State, job.Reason, got)
				}
			case got != want || (job.State == burnin.Passed) != (want == "nothing bad"):
				t.Errorf("ended as %s (%v): %s, injected %s", job.State, job.Reason, got, want)
			}
		})
	}
}

func TestAChildIsEndedWithAllThatItStarted(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	pids, err := os.Create(filepath.Join(t.TempDir(), "pids"))
	if err != nil {
		t.Fatal(err)
	}
	defer pids.Close()
	d := &held{file: null}
	child, err := d.Spawn(port.Spawn{Program: "sh", Args: []string{"-c", "trap '' TERM HUP; sleep 1000 & echo $!; " +
		"test -e \"$1\" && echo drive; wait", "sh", port.DriveArg}, Stdout: pids, Stderr: null})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for range 60_000 {
		out, _ := os.ReadFile(pids.Name())
		if said = strings.Fields(string(out)); len(said) == 2 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if len(said) != 2 || said[1] != "drive" {
		t.Fatalf("the child says %q", said)
	}
	child.Kill()
	if clean, how := child.Ended(); clean || !strings.Contains(how, "killed") {
		t.Errorf("ended %v, %s", clean, how)
	}
	if stat, err := os.ReadFile("/proc/" + said[0] + "/stat"); err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("what it had started lives on: %s", stat)
	}
	if _, err := d.Spawn(port.Spawn{Program: "no-such-program"}); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
