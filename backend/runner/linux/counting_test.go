//go:build linux

package linux

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
)

// counted switches the kernel's count of a device for a test, since it stays with a loop device, and gives what it is.
func counted(t *testing.T, path string, on bool) (now func() bool) {
	t.Helper()
	file := filepath.Join("/sys/block", filepath.Base(path), iostats)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(file, bytes.TrimSpace(before), 0) })
	if err := os.WriteFile(file, []byte(map[bool]string{true: "1", false: "0"}[on]), 0); err != nil {
		t.Fatal(err)
	}
	return func() bool {
		word, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(word)) == "1"
	}
}

func (r *race) end() burnin.Job {
	r.t.Helper()
	if err := <-r.done; err != nil {
		r.t.Fatal(err)
	}
	job, err := burnin.Fold([][]burnin.Event{r.journal()}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return job
}

// told reports whether a job said that nobody counts.
func told(job burnin.Job) bool {
	return slices.ContainsFunc(job.Warnings, func(w reason.Said) bool { return w.Code == "writes_uncounted" })
}

func TestTheCountOfADriveIsSwitchedOnWhileItIsHeldAndPutBack(t *testing.T) {
	need.Root(t)
	t.Run("a job that passes", func(t *testing.T) {
		r := newRace(t)
		on := counted(t, r.path, false)
		if _, err := r.service().Start(context.Background(), r.order(r.seen())); err != nil {
			t.Fatal(err)
		}
		if !on() {
			t.Error("nothing counts while the drive is held")
		}
		if job := r.end(); job.State != burnin.Passed || told(job) || on() {
			t.Errorf("ended as %s (%v), warnings %v; its count is on: %v", job.State, job.Reason, job.Warnings, on())
		}
	})
	t.Run("a job that is refused", func(t *testing.T) {
		r := newRace(t)
		on := counted(t, r.path, false)
		req := r.order(r.seen())
		put(t, r.path, bytes.Repeat([]byte("mine"), 1024), 0)
		var said *reason.Said
		if _, err := r.service().Start(context.Background(), req); !errors.As(err, &said) ||
			said.Code != "usage_changed" {
			t.Errorf("the start: %v", err)
		}
		if r.end(); on() {
			t.Error("its count is on still")
		}
	})
}

// The stat file of a disk is one that never moves, as that of some NVMe drives with several paths.
func TestACountThatNeverMovesIsToldBeforeTheFirstWrite(t *testing.T) {
	need.Root(t)
	r := newRace(t)
	req := r.order(r.seen())
	still := filepath.Join(t.TempDir(), "stat")
	if err := os.WriteFile(still, []byte("1 0 8 1 1 0 8 1 0 1 1 0 0 0 0 0 0\n"), 0o444); err != nil {
		t.Fatal(err)
	}
	file, err := filepath.EvalSymlinks(filepath.Join("/sys/block", filepath.Base(r.path)))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(still, filepath.Join(file, "stat"), "", unix.MS_BIND, ""); err != nil {
		t.Skipf("no file can be mounted over one of sysfs: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(filepath.Join(file, "stat"), unix.MNT_DETACH) })
	if _, err := r.service().Start(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	job := r.end()
	if job.State != burnin.Passed || !told(job) {
		t.Errorf("ended as %s (%v), warnings %v", job.State, job.Reason, job.Warnings)
	}
	for _, ev := range r.journal() {
		switch ev.Kind {
		case burnin.EvWrites:
			t.Fatal("it was not told before the first write")
		case burnin.EvWarning:
			return
		}
	}
}

func TestADiskIsKnownAgainByItsNumberAlone(t *testing.T) {
	need.Root(t)
	a, b := disk.Loop(t, 1<<20), disk.Loop(t, 1<<20)
	onA, onB := counted(t, a.Path, true), counted(t, b.Path, true)
	d := &held{host: NewHost()}
	var err error
	if d.file, err = d.open(t.Context(), a.Path); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	all, err := d.Counters()
	if err != nil || len(all) != 1 || !all[0].On {
		t.Fatalf("%+v, %v", all, err)
	}
	other := burnin.Counter{Path: a.Path, Disk: all[0].Disk + "0"}
	if err := d.SetCounter(other); err != nil || !onA() || !onB() {
		t.Errorf("that of another disk was switched: %v", err)
	}
	all[0].On = false
	if err := d.SetCounter(all[0]); err != nil || onA() || !onB() {
		t.Errorf("off: %v", err)
	}
}
