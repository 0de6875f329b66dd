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
		if took := time.Since(began); took > defaultDeadline {
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
