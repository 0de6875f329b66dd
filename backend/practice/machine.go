package practice

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"burnish/backend/drive"
	"burnish/backend/runner"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/port"
	"burnish/backend/runner/run"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// Options are what a practice NAS is made of.
type Options struct {
	Dir      string // its own directory: keys, and the runner's state
	Drives   []Drive
	Imported []uint64 // the guids of the pools that this machine has imported
	Version  string   // of the runner
	Poll     time.Duration
	Grace    time.Duration // as runner.Service.UndoGrace
	Rewind   int64         // as runner.Service.Rewind
	Code     string        // what a login has to answer beside its key; empty for nothing
	Off      time.Duration // how far its wall clock is off
}

// What the NAS is called and who may log in.
const (
	Hostname = "practice"
	Host     = "practice.invalid" // leads nowhere but here
	User     = "root"
	// StateDir is where the desktop sees the runner's state; it is the directory "nas" of Options.Dir.
	StateDir = "/var/lib/burnish"
)

// NAS is a practice NAS that is switched on.
type NAS struct {
	opt      Options
	drives   map[string]*medium // by id
	order    []string           // ids, as given
	size     int64              // of all drives
	imported map[uint64]bool
	host     ssh.Signer
	login    ssh.PublicKey
	machine  string

	mu     sync.Mutex
	boot   string
	booted time.Time
	down   bool
	locks  map[string]bool
	runs   map[*process]bool
	conns  map[io.Closer]bool

	work   sync.WaitGroup // runs
	served sync.WaitGroup // connections
}

// process is a run at work.
type process struct {
	job    string
	cancel context.CancelCauseFunc
}

// Open switches a practice NAS on. Its keys are kept in the directory, so that it is the same NAS the next time.
func Open(opt Options) (*NAS, error) {
	n := &NAS{opt: opt, drives: map[string]*medium{}, imported: map[uint64]bool{}, locks: map[string]bool{},
		runs: map[*process]bool{}, conns: map[io.Closer]bool{}}
	for _, guid := range opt.Imported {
		n.imported[guid] = true
	}
	for _, spec := range opt.Drives {
		m, err := newMedium(spec)
		if err != nil {
			return nil, err
		}
		id := spec.Identity.ID()
		if n.drives[id] != nil {
			return nil, fmt.Errorf("practice drive %s: there are two of it", id)
		}
		n.drives[id] = m
		n.order = append(n.order, id)
		n.size += spec.Identity.SizeBytes
	}
	if err := os.MkdirAll(n.state(), 0o700); err != nil {
		return nil, err
	}
	var err error
	if n.host, err = keyIn(filepath.Join(opt.Dir, hostKeyFile)); err != nil {
		return nil, err
	}
	login, err := keyIn(filepath.Join(opt.Dir, loginKeyFile))
	if err != nil {
		return nil, err
	}
	n.login = login.PublicKey()
	sum := sha256.Sum256(n.host.PublicKey().Marshal())
	n.machine = hex.EncodeToString(sum[:16])
	n.switchOn()
	return n, nil
}

// state is the directory that the desktop sees as StateDir.
func (n *NAS) state() string { return filepath.Join(n.opt.Dir, "nas") }

func (n *NAS) switchOn() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.boot, n.booted, n.down = rand.Text(), n.Wall(), false
}

// Close shuts the NAS down: runs are told to end and do, connections break.
func (n *NAS) Close() error {
	n.hangUp()
	n.endRuns()
	return nil
}

// hangUp breaks all connections and takes no new ones.
func (n *NAS) hangUp() {
	n.mu.Lock()
	n.down = true
	conns := slices.Collect(maps.Keys(n.conns))
	n.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
	n.served.Wait()
}

// Disconnect breaks all connections, as a network does; new ones are taken.
func (n *NAS) Disconnect() {
	n.hangUp()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = false
}

func (n *NAS) endRuns() {
	n.mu.Lock()
	for p := range n.runs {
		p.cancel(run.ErrTold)
	}
	n.mu.Unlock()
	n.work.Wait()
}

// PowerCut ends all runs without a word, and starts the machine again: what they wrote after the cut is not there, and
// nobody saw it. The drives keep their bytes.
func (n *NAS) PowerCut() error {
	n.hangUp()
	sizes := map[string]int64{}
	jobs := filepath.Join(n.state(), "jobs")
	err := filepath.WalkDir(jobs, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreGone(err)
		}
		info, err := e.Info()
		if err == nil {
			sizes[path] = info.Size()
		}
		return ignoreGone(err)
	})
	n.endRuns()
	for path, size := range sizes {
		if info, statErr := os.Stat(path); statErr == nil && info.Size() > size {
			err = errors.Join(err, os.Truncate(path, size))
		}
	}
	n.switchOn()
	return err
}

// ignoreGone lets files pass that were taken away meanwhile.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Wall makes a NAS a port.Clock, with BootTime, Running and After.
func (n *NAS) Wall() time.Time { return time.Now().Add(n.opt.Off) }

// After goes by the clock of the computer that practises.
func (n *NAS) After(d time.Duration) <-chan time.Time { return time.After(d) }

// service is the runner on this machine.
func (n *NAS) service() *runner.Service {
	return &runner.Service{Machine: bench.Machine{
		Dir: state.NewDir(n.state()), Host: n, Locks: n, Supervisor: n, Version: n.opt.Version, Clock: n,
		PollEvery: n.opt.Poll, UndoGrace: n.opt.Grace, Rewind: n.opt.Rewind,
	}}
}

// Facts makes a NAS a port.Host, with Inventory and Hold.
func (n *NAS) Facts() (port.Facts, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return port.Facts{MachineID: n.machine, Hostname: Hostname, BootID: n.boot, Booted: n.booted,
		OS: "linux", Arch: "amd64"}, nil
}

// BootTime is how long the machine has been on.
func (n *NAS) BootTime() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.Wall().Sub(n.booted)
}

// Running is the same: this machine never sleeps.
func (n *NAS) Running() time.Duration { return n.BootTime() }

// Inventory lists the drives that are on the bus, in the order in which they were given.
func (n *NAS) Inventory(_ context.Context, req wire.InventoryRequest, busy map[string]string) ([]wire.DriveRow, error) {
	var rows []wire.DriveRow
	for _, id := range n.order {
		m := n.drives[id]
		if m.present() != nil {
			continue
		}
		typ := req.SMARTTypes[id]
		smart := m.smart != nil && m.spec.Bridge == typ
		row := wire.DriveRow{Identity: m.spec.Identity, Path: m.spec.Path, TempC: m.temp(), Usage: n.usage(m, busy[id]),
			SMART: &smart, Job: busy[id], Place: drive.Place{Paths: []string{m.spec.Path}, Bay: m.spec.Bay}}
		if smart {
			passed := m.smart.passed()
			row.Passed, row.SMARTType = &passed, typ
		} else {
			row.SMARTSaid = unknownBridge
			if m.smart != nil && slices.Contains(req.TryTypes, id) {
				row.SMARTFits = m.spec.Bridge
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Hold opens a drive.
func (n *NAS) Hold(_ context.Context, want drive.Identity, opt port.HoldOptions) (port.Held, error) {
	m := n.drives[want.ID()]
	if m == nil {
		return nil, fmt.Errorf("drive %s: %w", want, port.ErrAbsent)
	}
	if err := m.present(); err != nil {
		return nil, fmt.Errorf("drive %s: %w: %w", want, port.ErrAbsent, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.alone || opt.Exclusive && m.holders > 0 {
		return nil, fmt.Errorf("drive %s: device or resource busy", want)
	}
	m.holders++
	m.alone = opt.Exclusive
	h := &held{nas: n, m: m, typ: opt.SMARTTypes[want.ID()], exclusive: opt.Exclusive, kernel: m.kernel}
	return h, nil
}

// Take makes a NAS runner.Locks, with Held. A lock is free the moment that the run ends, since that is when it is
// closed.
func (n *NAS) Take(path string, _ int) (io.Closer, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.locks[path] {
		return nil, port.ErrLocked
	}
	n.locks[path] = true
	return closer(func() { n.mu.Lock(); defer n.mu.Unlock(); delete(n.locks, path) }), nil
}

// Held reports whether anybody has the lock.
func (n *NAS) Held(path string) (bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.locks[path], nil
}

type closer func()

func (c closer) Close() error { c(); return nil }

// Launch makes a NAS a runner.Supervisor, with Cancel, Terminate and Gone.
func (n *NAS) Launch(_ context.Context, job string, _ int, logPath string) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	p := &process{job, cancel}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.runs[p] = true
	n.work.Go(func() {
		defer n.giveBack()
		err := n.service().Run(ctx, job)
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.runs, p)
		cancel(nil)
		if err != nil {
			_ = os.WriteFile(logPath, []byte(err.Error()+"\n"), 0o600) // as a process's last words
		}
	})
	return nil
}

// much is how many bytes of drives a practice NAS has that is worth tidying up after.
const much = 64 << 20

// giveBack returns to the system what the runs needed, once none is at work: a window in which somebody practised is
// open for days, and Go keeps for long what it needed once.
func (n *NAS) giveBack() {
	n.mu.Lock()
	idle := len(n.runs) == 0
	n.mu.Unlock()
	if idle && n.size >= much {
		debug.FreeOSMemory()
	}
}

// Cancel has nothing to do: nothing here brings a run back.
func (n *NAS) Cancel(context.Context, string, int) error { return nil }

// Terminate has nothing to do: all runs are of one process, and the stop file ends the one that is meant.
func (n *NAS) Terminate(int) error { return nil }

// Gone is true: a run's lock is the last thing that it gives up.
func (n *NAS) Gone(int) bool { return true }
