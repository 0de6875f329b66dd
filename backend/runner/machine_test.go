package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/port"
	"burnish/backend/runner/run"
	"burnish/backend/runner/state"
	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// machine is a NAS of memory drives behind the runner's ports: the runner's own code runs on it unchanged. It knows
// bytes, faults and claims, no verdicts.
type machine struct {
	t    testing.TB
	dir  string
	boot string
	poll time.Duration // how often the runner looks at files

	mu      sync.Mutex
	drives  map[string]*memoryDrive         // by id
	locks   map[string]os.FileInfo          // by path
	cancels map[int]context.CancelCauseFunc // the running processes
	pids    int
	wait    sync.WaitGroup
	last    error // of the newest run
	rewind  int64
	broken  string                  // a lock that cannot be looked at
	refuses func(path string) error // locks that cannot be taken; nil: none
	grace   time.Duration           // after the first destructive act
	up      time.Duration           // since the machine started
	began   time.Time               // when it was made
	jumped  time.Duration           // of the wall clock, since the machine was made
	slept   time.Duration           // of the time since its start
	unsure  string                  // what keeps a look from telling which device is the drive
	stagger time.Duration           // between two jobs that begin their work; 0 is the runner's own

	badblocks func(*memoryDrive, port.Spawn) (port.Process, error) // nil: not installed
}

// memoryDrive is one drive of a machine.
type memoryDrive struct {
	*faultdev.Device
	id      drive.Identity
	usage   drive.Usage
	held    bool
	foreign int64 // sectors that somebody else wrote
	smart   *smartModel
	kernel  port.KernelErrors
	place   drive.Place
	temp    func() *int        // nil: 31 °C
	paths   []*faultdev.Device // further ways to it, or what is taken for one
	dead    bool               // the machine does not have it any more

	looks func() drive.Usage // what a look at it finds; nil: usage

	sensorLimits [2]*int // what the kernel's sensor knows of its limits

	count *memoryCount                  // nil: the kernel counts
	look  func(drive.Usage) drive.Usage // what a further look sees; nil: what is so
}

func newMachine(t testing.TB) *machine {
	m := &machine{t: t, dir: t.TempDir(), boot: "boot-1", poll: 2 * time.Millisecond, up: time.Hour, began: time.Now(),
		drives: map[string]*memoryDrive{}, locks: map[string]os.FileInfo{}, cancels: map[int]context.CancelCauseFunc{}}
	t.Cleanup(func() {
		m.killAll()
		m.wait.Wait()
	})
	return m
}

// addDrive puts a blank drive into the machine.
func (m *machine) addDrive(serial string, size int64) *memoryDrive {
	geo := surface.Geometry{SizeBytes: size, LogicalBytes: 512, PhysicalBytes: 512}
	d := &memoryDrive{
		Device: faultdev.New(geo), usage: drive.Usage{Class: drive.None, Text: "nothing on it"},
		id: drive.Identity{Serial: serial, WWN: "5000C500" + serial, Model: "Memory", SizeBytes: size,
			LogicalBytes: 512, PhysicalBytes: 512, Kind: drive.HDD},
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drives[d.id.ID()] = d
	return d
}

func (m *machine) service() *runner.Service {
	return &runner.Service{Machine: bench.Machine{
		Dir: state.NewDir(m.dir), Host: m, Locks: m, Supervisor: m, Version: "test", Clock: m, PollEvery: m.poll,
		Rewind: m.rewind, UndoGrace: m.grace, Stagger: m.stagger,
	}}
}

// Wall, BootTime, Running and After make a machine a port.Clock.

func (m *machine) Wall() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.jumped).Round(0) // without the reading by which Go measures past a jump
}

func (m *machine) After(d time.Duration) <-chan time.Time { return time.After(d) }

// jump sets the wall clock on, or back.
func (m *machine) jump(by time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jumped += by
}

// sleep is what a machine does that is suspended: the time of day and that since its start go on, and nothing else.
func (m *machine) sleep(d time.Duration) {
	m.jump(d)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.slept += d
}

func (m *machine) Facts() (port.Facts, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return port.Facts{MachineID: "memory", Hostname: "nas", BootID: m.boot, Booted: time.Unix(1_700_000_000, 0),
		OS: "linux", Arch: "amd64"}, nil
}

func (m *machine) BootTime() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.up + time.Since(m.began) + m.slept
}

func (m *machine) Running() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.up + time.Since(m.began)
}

// Facts, Inventory and Hold make a machine a port.Host.

func (m *machine) Inventory(context.Context, wire.InventoryRequest, map[string]string) ([]wire.DriveRow, error) {
	var rows []wire.DriveRow
	for _, d := range m.drives {
		rows = append(rows, wire.DriveRow{Identity: d.id, Path: "/dev/" + d.id.Serial, Usage: d.seen()})
	}
	return rows, nil
}

func (m *machine) Hold(_ context.Context, want drive.Identity, opt port.HoldOptions) (port.Held, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.drives[want.ID()]
	switch {
	case m.unsure != "":
		return nil, &port.UnsureError{What: m.unsure}
	case d == nil:
		return nil, port.ErrAbsent
	}
	if d.held && opt.Exclusive {
		return nil, reason.New("drive_in_use", "drive", want.ID(), "path", "", "usage", "held", "way_out", "")
	}
	d.held = true
	return &memoryHold{m: m, d: d}, nil
}

// seen is what a look at the drive finds.
func (d *memoryDrive) seen() drive.Usage {
	if d.looks != nil {
		return d.looks()
	}
	return d.usage
}

type memoryHold struct {
	m *machine
	d *memoryDrive
}

func (h *memoryHold) Path() string             { return "/dev/" + h.d.id.Serial }
func (h *memoryHold) Identity() drive.Identity { h.m.mu.Lock(); defer h.m.mu.Unlock(); return h.d.id }
func (h *memoryHold) Usage() drive.Usage       { h.m.mu.Lock(); defer h.m.mu.Unlock(); return h.d.seen() }
func (h *memoryHold) Place() drive.Place       { return h.d.place }
func (h *memoryHold) TempC() *int {
	if h.d.temp == nil {
		t := 31
		return &t
	}
	return h.d.temp()
}

func (h *memoryHold) TempLimits() (*int, *int) { return h.d.sensorLimits[0], h.d.sensorLimits[1] }

func (h *memoryHold) Close() error {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	h.d.held = false
	return nil
}

func (h *memoryHold) Inspect(context.Context) (drive.Identity, drive.Usage, error) {
	id, usage := h.Identity(), h.Usage()
	if h.d.look != nil {
		usage = h.d.look(usage)
	}
	return id, usage, nil
}

func (h *memoryHold) Device(bool) (port.Device, error) { return openMemory{h.d.Device}, nil }

// OtherPaths makes it a drive that may have several.
func (h *memoryHold) OtherPaths() ([]port.WayIn, error) {
	var out []port.WayIn
	for i, p := range h.d.paths {
		out = append(out, port.WayIn{Path: fmt.Sprintf("%s-%d", h.Path(), i+2), Device: openMemory{p}})
	}
	return out, nil
}

// memoryCount is the kernel's count of a drive's requests, which can be off.
type memoryCount struct {
	off   bool
	never bool  // it does not count, whatever it is told
	seen  int64 // of the drive's sectors written, when it was switched off
	lost  int64 // that went by uncounted
	turns []bool
}

func (h *memoryHold) SectorsWritten() (int64, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	return h.sectors(), nil
}

func (h *memoryHold) sectors() int64 {
	n := h.d.Counts().BytesWritten/512 + h.d.foreign
	switch c := h.d.count; {
	case c == nil:
	case c.never || c.off:
		n = c.seen - c.lost
	default:
		n -= c.lost
	}
	return n
}

func (h *memoryHold) Counters() ([]burnin.Counter, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	return []burnin.Counter{{Path: "/dev/" + h.d.id.Serial, Disk: "1", On: h.d.count == nil || !h.d.count.off}}, nil
}

func (h *memoryHold) SetCounter(to burnin.Counter) error {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	c := h.d.count
	if to.Disk != "1" || c == nil {
		return nil
	}
	now := h.d.Counts().BytesWritten/512 + h.d.foreign
	if c.off && to.On {
		c.lost += now - c.seen
	} else if !c.off {
		c.seen = now
	}
	c.off = !to.On
	c.turns = append(c.turns, to.On)
	return nil
}

func (h *memoryHold) SectorsRead() ([]int64, error) {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	if c := h.d.count; c != nil && (c.off || c.never) {
		return []int64{0}, nil
	}
	return []int64{h.d.Counts().BytesRead / 512}, nil
}

func (h *memoryHold) SMART(_ context.Context, args ...string) ([]byte, error) {
	if h.d.smart == nil {
		return nil, errors.New("this memory drive has no SMART")
	}
	return h.d.smart.smartctl(args)
}

func (h *memoryHold) NVMe(_ context.Context, command string, args ...string) ([]byte, error) {
	if h.d.smart == nil {
		return nil, exec.ErrNotFound
	}
	return h.d.smart.nvme(command, args)
}

func (h *memoryHold) KernelErrors() port.KernelErrors {
	h.m.mu.Lock()
	defer h.m.mu.Unlock()
	return h.d.kernel
}

func (h *memoryHold) Alive() bool { h.m.mu.Lock(); defer h.m.mu.Unlock(); return !h.d.dead }

func (h *memoryHold) Find(program string) (string, error) {
	if h.m.badblocks == nil || program != "badblocks" {
		return "", exec.ErrNotFound
	}
	return "/sbin/badblocks", nil
}

func (h *memoryHold) Spawn(s port.Spawn) (port.Process, error) { return h.m.badblocks(h.d, s) }

type openMemory struct{ *faultdev.Device }

func (openMemory) Close() error { return nil }

// Take and Held make a machine runner.Locks.

// A lock is on a file and not on its name, as the kernel's are: where somebody removes the file, its place is free.

func (m *machine) Take(path string, _ int) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuses != nil {
		if err := m.refuses(path); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { // a test may come before any job
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if m.lockedHere(path) {
		return nil, port.ErrLocked
	}
	m.locks[path] = info
	return closer(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.locks[path] == info {
			delete(m.locks, path)
		}
	}), nil
}

func (m *machine) Held(path string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != "" && path == m.broken {
		return false, errors.New("input/output error")
	}
	return m.lockedHere(path), nil
}

// lockedHere reports whether the file that has this name now is locked. The caller holds mu.
func (m *machine) lockedHere(path string) bool {
	there, err := os.Stat(path)
	return err == nil && m.locks[path] != nil && os.SameFile(there, m.locks[path])
}

type closer func()

func (c closer) Close() error { c(); return nil }

// Launch, Terminate and Gone make a machine a runner.Supervisor; a process is a goroutine.

func (m *machine) Launch(_ context.Context, job string, _ int, _ string) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	m.mu.Lock()
	m.pids++
	pid := m.pids
	m.cancels[pid] = cancel
	m.mu.Unlock()
	m.wait.Go(func() {
		err := m.service().Run(ctx, job)
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.cancels, pid)
		m.last = err
	})
	return nil
}

func (m *machine) Cancel(context.Context, string, int) error { return nil }

func (m *machine) Terminate(int) error {
	m.killAll()
	return nil
}

func (m *machine) Gone(int) bool { return true }

// killAll tells every process to end, as a NAS that shuts down does.
func (m *machine) killAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, cancel := range m.cancels {
		cancel(run.ErrTold)
	}
}

// vanish ends a process without a word, as a power cut does: from here on it writes nothing.
func (m *machine) vanish() {
	runs := m.journals(testJob)
	m.killAll()
	m.wait.Wait()
	name := filepath.Join(m.dir, "jobs", testJob, "run-"+string(rune('0'+len(runs)))+".ndjson")
	if err := os.WriteFile(name, runs[len(runs)-1], 0o640); err != nil {
		m.t.Fatal(err)
	}
}

const testJob = "0123456789abcdefghij"

// order asks for a job on a drive.
func order(d *memoryDrive, plan burnin.Plan) wire.StartRequest {
	return wire.StartRequest{Job: testJob, CreatedMs: 1_700_000_000_000, Plan: plan, Drive: d.id, Usage: drive.None,
		Slots: 4, GID: os.Getgid()}
}

func stampPlan() burnin.Plan {
	return burnin.Plan{Name: "stamp", WithoutSMART: true, Stages: []burnin.StageSpec{
		{Kind: burnin.Precheck}, {Kind: burnin.ShortSMART}, {Kind: burnin.SurfaceValidate, Engine: burnin.EngineStamp,
			BlockBytes: 64 << 10}, {Kind: burnin.FinalCheck}}}
}

func readPlan() burnin.Plan {
	return burnin.Plan{Name: "read", WithoutSMART: true, Stages: []burnin.StageSpec{
		{Kind: burnin.Precheck}, {Kind: burnin.SurfaceValidate, Engine: burnin.EngineRead}, {Kind: burnin.FinalCheck}}}
}

// journals reads what the runner wrote.
func (m *machine) journals(job string) (runs [][]byte) {
	for n := 1; ; n++ {
		data, err := os.ReadFile(filepath.Join(m.dir, "jobs", job, "run-"+string(rune('0'+n))+".ndjson"))
		if err != nil {
			return runs
		}
		runs = append(runs, data)
	}
}

// rewriteJournal changes what a run wrote, once it is over.
func (m *machine) rewriteJournal(run int, change func([]byte) []byte) {
	m.t.Helper()
	name := filepath.Join(m.dir, "jobs", testJob, "run-"+string(rune('0'+run))+".ndjson")
	if err := os.WriteFile(name, change(m.journals(testJob)[run-1]), 0o640); err != nil {
		m.t.Fatal(err)
	}
}

// foldRaw folds journals as a reader would that has these bytes.
func foldRaw(t testing.TB, runs [][]byte, obs *burnin.Observation) burnin.Job {
	t.Helper()
	job, all := folded(t, runs, obs)
	progressHolds(t, all)
	return job
}

// folded is foldRaw for who asks again and again.
func folded(t testing.TB, runs [][]byte, obs *burnin.Observation) (burnin.Job, [][]burnin.Event) {
	t.Helper()
	var all [][]burnin.Event
	for _, raw := range runs {
		events, err := wire.DecodeJournal(raw)
		if err != nil {
			t.Fatalf("a journal that the runner wrote does not decode: %v", err)
		}
		all = append(all, events)
	}
	job, err := burnin.Fold(all, obs)
	if err != nil {
		t.Fatalf("a journal that the runner wrote does not fold: %v", err)
	}
	return job, all
}

// run executes a job to its end and folds it.
func (m *machine) run(req wire.StartRequest) burnin.Job {
	m.t.Helper()
	if _, err := m.service().Start(context.Background(), req); err != nil {
		m.t.Fatalf("start: %v", err)
	}
	m.wait.Wait()
	m.chained(req.Job)
	return foldRaw(m.t, m.journals(req.Job), nil)
}

func (m *machine) log(stage burnin.StageKind) string {
	data, err := os.ReadFile(filepath.Join(m.dir, "jobs", testJob, string(stage)+".log"))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(data)
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func jsonInto(data []byte, into any) error { return json.Unmarshal(data, into) }

// long leaves a test out of the short run, which is that with the race detector, where it would take minutes.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it is in the whole run")
	}
}

// await waits for something that has to come.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
