//go:build linux

package linux

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/wire"
)

const (
	raceSize = 48 << 20
	raceJob  = "0123456789abcdefrace"
)

// race is this machine with one loop device, its real inventory and its real holds; a run is a goroutine.
type race struct {
	t    *testing.T
	path string
	dir  string
	done chan error
}

func newRace(t *testing.T) *race {
	return &race{t: t, path: disk.Loop(t, raceSize).Path, dir: t.TempDir(), done: make(chan error, 1)}
}

func (r *race) service() *runner.Service {
	return &runner.Service{Machine: bench.Machine{Dir: state.NewDir(r.dir), Host: NewHost(), Locks: Locks{},
		Supervisor: r, Version: "test", Clock: Clock{},
		PollEvery: 10 * time.Millisecond, Stagger: time.Millisecond, UndoGrace: time.Millisecond}}
}

func (r *race) Launch(_ context.Context, job string, _ int, _ string) error {
	go func() { r.done <- r.service().Run(context.Background(), job) }()
	return nil
}
func (*race) Cancel(context.Context, string, int) error { return nil }
func (*race) Terminate(int) error                       { return nil }
func (*race) Gone(int) bool                             { return true }

// seen is what a person sees of the drive before they start anything.
func (r *race) seen() wire.DriveRow {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		rows, err := NewHost().Inventory(r.t.Context(), wire.InventoryRequest{VirtualDrives: true}, nil)
		if err != nil {
			r.t.Fatal(err)
		}
		at := slices.IndexFunc(rows, func(row wire.DriveRow) bool { return row.Path == r.path })
		if at < 0 {
			r.t.Fatalf("%s is no drive", r.path)
		}
		// Who looks at a device that has just changed, as udev does, holds it open for a moment.
		if rows[at].Usage.Class != drive.OpenByProcess || time.Now().After(end) {
			return rows[at]
		}
	}
}

// order asks for a test of the drive as it was seen.
func (r *race) order(row wire.DriveRow) wire.StartRequest {
	plan := burnin.Plan{Name: "stamp", WithoutSMART: true, Stages: []burnin.StageSpec{
		{Kind: burnin.Precheck}, {Kind: burnin.SurfaceValidate, Engine: burnin.EngineStamp}, {Kind: burnin.FinalCheck}}}
	req := wire.StartRequest{Job: raceJob, CreatedMs: 1, Plan: plan, Drive: row.Identity, Usage: row.Usage.Class,
		VirtualDrives: true, Slots: 1, GID: os.Getgid()}
	if row.Usage.Class != drive.None {
		g := drive.GrantFor(row.Usage)
		req.Grant = &g
	}
	return req
}

func (r *race) hash() [32]byte {
	r.t.Helper()
	f, err := os.Open(r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		r.t.Fatal(err)
	}
	return [32]byte(sum.Sum(nil))
}

// journal gives the events of the job's only run; none where it was never begun.
func (r *race) journal() []burnin.Event {
	r.t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.dir, "jobs", raceJob, "run-1.ndjson"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		r.t.Fatal(err)
	}
	events, err := wire.DecodeJournal(raw)
	if err != nil {
		r.t.Fatal(err)
	}
	return events
}

// untouched checks that the drive is as it was and that the run never began to write.
func (r *race) untouched(before [32]byte) {
	r.t.Helper()
	if r.hash() != before {
		r.t.Error("the drive was written to")
	}
	for _, ev := range r.journal() {
		if ev.Kind == burnin.EvWrites {
			r.t.Error("the first destructive act was begun")
		}
	}
}

// put writes to the drive as dd does: nobody's hold keeps it from that.
func put(t *testing.T, path string, data []byte, off int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_SYNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(data, off); err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(need.Program(t, name), args...)
	cmd.Stdin = strings.NewReader("secret")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return strings.TrimSpace(string(out))
}

// copied makes something on a file of the drive's size, and then puts it on the drive.
func copied(args ...string) func(t *testing.T, path string) {
	return func(t *testing.T, path string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "image")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(file, raceSize); err != nil {
			t.Fatal(err)
		}
		command(t, args[0], append(args[1:], file)...)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		put(t, path, data, 0)
	}
}

// poolLabel makes the drive a member of a pool that is in use somewhere: the head of one of its labels.
func poolLabel(t *testing.T, path string) {
	word := binary.BigEndian.AppendUint32
	list := []byte{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
	pair := func(name string, kind uint32, value []byte) {
		p := word(nil, uint32(len(name)))
		p = append(p, name...)
		p = append(p, make([]byte, (4-len(name)%4)%4)...)
		p = append(word(word(p, kind), 1), value...)
		list = append(word(word(list, uint32(len(p)+8)), uint32(len(p)+8)), p...)
	}
	number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	pair("version", 8, number(5000))
	pair("state", 8, number(0))
	pair("txg", 8, number(7))
	pair("pool_guid", 8, number(4711))
	pair("guid", 8, number(4712))
	label := make([]byte, 256<<10)
	copy(label[16<<10:], append(list, make([]byte, 8)...))
	put(t, path, label, 0)
	put(t, path, label, raceSize-256<<10)
}

// mountedLoop puts a file system over the drive that the kernel does not count as its holder.
func mountedLoop(t *testing.T, path string) {
	t.Helper()
	mountOver(t, command(t, "losetup", "-f", "--show", path))
}

// mountedHiddenLoop does it by a node of the drive that is gone by then, as one of a container's own is.
func mountedHiddenLoop(t *testing.T, path string) {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	node := filepath.Join(t.TempDir(), "sdx")
	if err := unix.Mknod(node, unix.S_IFBLK|0o600, int(st.Rdev)); err != nil {
		t.Skipf("needs a file system that takes device nodes: %v", err)
	}
	over := command(t, "losetup", "-f", "--show", node)
	if err := os.Remove(node); err != nil {
		t.Error(err)
	}
	mountOver(t, over)
}

// mountOver mounts a loop device, both until the test ends.
func mountOver(t *testing.T, over string) {
	t.Helper()
	t.Cleanup(func() { command(t, "losetup", "-d", over) })
	command(t, "mkfs.ext4", "-q", "-F", over)
	at := t.TempDir()
	if err := unix.Mount(over, at, "ext4", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(at, 0); err != nil {
			t.Error(err)
		}
	})
}

// happens are things that others do to a drive between two looks of ours.
var happens = map[string]func(t *testing.T, path string){
	"a file system is made": copied("mkfs.ext4", "-q", "-F"),
	"swap space is made":    copied("mkswap"),
	"it is encrypted": copied("cryptsetup", "luksFormat", "-q", "--pbkdf",
		"pbkdf2", "--pbkdf-force-iterations", "1000", "--key-file=-"),
	"it is partitioned":                               copied("sgdisk", "-n", "1:2048:20480"),
	"a pool is made":                                  poolLabel,
	"a loop device over it is mounted":                mountedLoop,
	"a loop device by a node that is gone is mounted": mountedHiddenLoop,
}

// TestAUseThatBeginsBeforeTheStartIsSeenUnderTheHold: a person looks, something happens, and then they start.
func TestAUseThatBeginsBeforeTheStartIsSeenUnderTheHold(t *testing.T) {
	need.Root(t)
	all := map[string]func(*testing.T, string){
		"it is mounted": func(t *testing.T, path string) {
			command(t, "mkfs.ext4", "-q", "-F", path)
			at := t.TempDir()
			if err := unix.Mount(path, at, "ext4", unix.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = unix.Unmount(at, 0) })
		},
	}
	for name, happen := range happens {
		all[name] = happen
	}
	for name, happen := range all {
		for _, granted := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", over what was unlocked"}[granted], func(t *testing.T) {
				t.Parallel()
				r := newRace(t)
				if granted {
					copied("mkfs.ext4", "-q", "-F", "-L", "photos")(t, r.path)
				}
				req := r.order(r.seen())
				if granted != (req.Grant != nil) {
					t.Fatalf("it was seen as %s", req.Usage)
				}
				happen(t, r.path)
				before := r.hash()
				_, err := r.service().Start(context.Background(), req)
				var said *reason.Said
				if !errors.As(err, &said) || said.Code != "usage_changed" && said.Code != "drive_in_use" {
					t.Errorf("start: %v", err)
				}
				if err := <-r.done; err != nil {
					t.Error(err)
				}
				r.untouched(before)
			})
		}
	}
}

// TestAUseThatBeginsWhileAJobWaitsIsSeenBeforeTheFirstWrite: the drive is held, which keeps nobody from writing to it.
func TestAUseThatBeginsWhileAJobWaitsIsSeenBeforeTheFirstWrite(t *testing.T) {
	need.Root(t)
	all := map[string]func(*testing.T, string){
		// No label and no sample has to be there for this to be seen: the kernel counts.
		"one sector amid it is written": func(t *testing.T, path string) {
			put(t, path, bytes.Repeat([]byte("mine"),
				128), 24<<20+512)
		},
	}
	for name, happen := range happens {
		all[name] = happen
	}
	for name, happen := range all {
		for _, granted := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", over what was unlocked"}[granted], func(t *testing.T) {
				t.Parallel()
				r := newRace(t)
				if granted {
					copied("mkfs.ext4", "-q", "-F", "-L", "photos")(t, r.path)
				}
				req := r.order(r.seen())
				if err := os.Mkdir(filepath.Join(r.dir, "slots"), 0o755); err != nil {
					t.Fatal(err)
				}
				slot, err := Locks{}.Take(filepath.Join(r.dir, "slots", "0.lock"), os.Getgid())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.service().Start(context.Background(), req); err != nil {
					t.Fatal(err)
				}
				if claimable(r.path) {
					t.Error("a job that waits does not hold its drive")
				}
				happen(t, r.path)
				before := r.hash()
				slot.Close()
				if err := <-r.done; err != nil {
					t.Error(err)
				}
				job, err := burnin.Fold([][]burnin.Event{r.journal()}, nil)
				if err != nil || job.State != burnin.Unknown || job.Reason.Code != "usage_changed" &&
					job.Reason.Code != "foreign_writes" {
					t.Errorf("ended as %s, %v, %v", job.State, job.Reason, err)
				}
				r.untouched(before)
			})
		}
	}
}

// TestADriveThatNobodyTouchesPasses keeps the races above honest: the same order, and nothing happens.
func TestADriveThatNobodyTouchesPasses(t *testing.T) {
	need.Root(t)
	r := newRace(t)
	copied("mkfs.ext4", "-q", "-F")(t, r.path)
	if _, err := r.service().Start(context.Background(), r.order(r.seen())); err != nil {
		t.Fatal(err)
	}
	if err := <-r.done; err != nil {
		t.Fatal(err)
	}
	job, err := burnin.Fold([][]burnin.Event{r.journal()}, nil)
	if err != nil || job.State != burnin.Passed {
		t.Errorf("ended as %s, %v, %v", job.State, job.Reason, err)
	}
	if !claimable(r.path) {
		t.Error("the drive is still held")
	}
}

// TestAHoldHasTheLockThatUdevRespects: while a drive that is written to is held, its closing starts no probes.
func TestAHoldHasTheLockThatUdevRespects(t *testing.T) {
	need.Root(t)
	r := newRace(t)
	row := r.seen()
	for exclusive, want := range map[bool]map[int]bool{true: {unix.LOCK_SH: false, unix.LOCK_EX: false},
		false: {unix.LOCK_SH: true, unix.LOCK_EX: false}} {
		held, err := NewHost().Hold(t.Context(), row.Identity, port.HoldOptions{Exclusive: exclusive, Virtual: true})
		if err != nil {
			t.Fatal(err)
		}
		for how, may := range want {
			f, err := os.Open(r.path)
			if err != nil {
				t.Fatal(err)
			}
			if got := unix.Flock(int(f.Fd()), how|unix.LOCK_NB) == nil; got != may {
				t.Errorf("held exclusively %v, another may lock it (%d): %v", exclusive, how, got)
			}
			f.Close()
		}
		if err := held.Close(); err != nil {
			t.Error(err)
		}
	}
}
