//go:build linux

package inventory

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/drive"
)

func TestDrivesThatHangCostTheirOwnRowsOnly(t *testing.T) {
	m := newTree(t)
	for i := range 60 {
		m.sata(fmt.Sprintf("sd%c%c", 'a'+i/26, 'a'+i%26), i)
	}
	synctest.Test(t, func(t *testing.T) {
		dead := make(chan struct{})
		h := m.host()
		h.Open = func(path string, dev Number, exclusive bool) (Device, error) {
			switch path {
			case m.root + "/dev/sdaa", m.root + "/dev/sdbb", m.root + "/dev/sdch":
				<-dead
			}
			time.Sleep(time.Second) // spins up
			return zeros{}, nil
		}
		h.Run = func(ctx context.Context, name string, args ...string) ([]byte, error) {
			if name == "smartctl" && args[len(args)-1] == "/dev/sdac" {
				<-dead // cannot even be killed
			}
			return nil, exec.ErrNotFound
		}
		began := time.Now()
		rows, err := h.Inventory(t.Context(), Options{})
		if err != nil || len(rows) != 60 {
			t.Fatalf("%d rows, %v; want 60", len(rows), err)
		}
		// who gives nothing is not waited for, once it has had its turn
		if took := time.Since(began); took > defaultDeadline*2/3 {
			t.Errorf("it took %v", took)
		}
		hung := 0
		for _, r := range rows {
			switch r.Usage.Class {
			case drive.CannotTell:
				hung++
				expect(t, r, drive.CannotTell, drive.NoPhrase, "does not answer")
				if got := r.Usage.WayOut(); !strings.Contains(got, "Try again") {
					t.Errorf("%s: what to do is %q", r.Path, got)
				}
				if r.Identity.Serial == "" {
					t.Errorf("%s has lost its identity", r.Path)
				}
			default:
				expect(t, r, drive.None, drive.NoPhrase, "")
			}
		}
		if hung != 3 {
			t.Errorf("%d drives do not answer, want 3", hung)
		}
		close(dead)
		time.Sleep(time.Minute) // what was left behind comes to its end
	})
}

// slow is a blank drive that takes its time for each read.
type slow struct{ zeros }

func (d slow) ReadAt(p []byte, off int64) (int, error) {
	time.Sleep(60 * time.Millisecond)
	return d.zeros.ReadAt(p, off)
}

func TestADriveThatIsSlowIsWaitedForLongerThanOneThatHangs(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.reads("sda", slow{})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		rows, err := m.host().Inventory(t.Context(), Options{})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		expect(t, rows[0], drive.None, drive.NoPhrase, "")
		if took := time.Since(began); took < defaultDeadline/2+time.Second {
			t.Errorf("it took only %v: nothing is shown", took)
		}
	})
}

// A look at one drive waits for no other: not for a bridge, nor for a loop device that cannot be it.
func TestALookAtOneDriveDoesNotWaitForAnother(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.block("sdb", fmt.Sprintf(usbAt, 2), 2*gib, map[string]string{"device/vpd_pg80": page80("BRIDGE7")})
	m.block("loop4", virtual, gib, map[string]string{"loop/backing_file": "/served/a"})
	m.file("/proc/self/mountinfo", "1 0 0:21 / / rw - ext4 /dev/x rw\n2 1 0:50 / /served rw - fuse.nbdfuse a rw\n")
	synctest.Test(t, func(t *testing.T) {
		dead := make(chan struct{})
		h := m.host()
		h.Loop = func(string, Number) (Loop, error) { <-dead; return Loop{}, nil }
		h.Open = func(path string, dev Number, exclusive bool) (Device, error) {
			if path != m.root+"/dev/sda" {
				<-dead
			}
			return zeros{}, nil
		}
		h.Run = func(_ context.Context, name string, args ...string) ([]byte, error) {
			if name == "smartctl" && args[len(args)-1] == "/dev/sdb" {
				<-dead
			}
			return nil, exec.ErrNotFound
		}
		began := time.Now()
		want := drive.Identity{Serial: "SER00001", WWN: "5000C50000000001", SizeBytes: gib}
		if paths, err := h.Paths(t.Context(), want, Options{VirtualDrives: true}); err != nil || len(paths) != 1 {
			t.Errorf("found at %v, %v", paths, err)
		}
		u, err := h.Usage(t.Context(), want, Options{VirtualDrives: true})
		if err != nil || u.Class != drive.None {
			t.Errorf("it is %s, %v\n%s", u.Class, err, whyOf(u))
		}
		if took := time.Since(began); took > 4*briefly+time.Second {
			t.Errorf("they took %v", took)
		}
		began = time.Now()
		rows, err := h.Inventory(t.Context(), Options{VirtualDrives: true})
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, r := range rows {
			class := drive.CannotTell
			if r.Path == "/dev/sda" {
				class = drive.None
			}
			expect(t, r, class, drive.NoPhrase, "")
		}
		if took := time.Since(began); took > defaultDeadline/2+briefly+time.Second {
			t.Errorf("the list took %v", took)
		}
		close(dead)
		time.Sleep(time.Minute) // what was left behind comes to its end
	})
}

func TestASilentBridgeDoesNotHoldUpTheOthers(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.block("sdb", fmt.Sprintf(usbAt, 2), gib, map[string]string{"device/vpd_pg80": page80("BRIDGE7")})
	synctest.Test(t, func(t *testing.T) {
		dead := make(chan struct{})
		h := m.host()
		h.Run = func(_ context.Context, name string, args ...string) ([]byte, error) {
			if name == "smartctl" && args[len(args)-1] == "/dev/sdb" {
				<-dead
			}
			return nil, exec.ErrNotFound
		}
		rows, err := h.Inventory(t.Context(), Options{})
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		expect(t, rows[0], drive.None, drive.NoPhrase, "")
		expect(t, rows[1], drive.CannotTell, drive.NoPhrase, "does not answer")
		if rows[0].SMARTSilent || !rows[1].SMARTSilent {
			t.Errorf("silent are %v and %v, want only the second", rows[0].SMARTSilent, rows[1].SMARTSilent)
		}
		close(dead)
		time.Sleep(time.Minute) // what was left behind comes to its end
	})
}

func TestALayerThatHangsLocksAllDrivesAndEndsInTime(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	synctest.Test(t, func(t *testing.T) {
		dead := make(chan struct{})
		h := m.host()
		h.Run = func(_ context.Context, name string, _ ...string) ([]byte, error) {
			if name == "midclt" {
				<-dead
			}
			return nil, exec.ErrNotFound
		}
		rows, err := h.Inventory(t.Context(), Options{})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		expect(t, rows[0], drive.CannotTell, drive.NoPhrase, "does not answer")
		close(dead)
		time.Sleep(time.Minute) // what was left behind comes to its end
	})
}

func TestAnInventoryThatIsCalledOffIsAnError(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.host().Inventory(ctx, Options{}); err == nil {
		t.Error("it gave rows")
	}
}
