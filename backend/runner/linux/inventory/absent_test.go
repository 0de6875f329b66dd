//go:build linux

package inventory

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/drive"
)

// TestOnlyALookThatSawAllDrivesFindsOneAbsent has a drive that is looked for after it was plugged in somewhere else.
func TestOnlyALookThatSawAllDrivesFindsOneAbsent(t *testing.T) {
	const name = "5000c500000000aa"
	bare := drive.Identity{Serial: "ZX1", SizeBytes: gib, LogicalBytes: 512, Kind: drive.HDD, Transport: "sata"}
	named, docked := bare, bare
	named.WWN = name
	docked.Serial, docked.Transport = "BRIDGE7", "usb"
	scsi := func(name, at string, size int64, serial, naa string) func(*tree) {
		return func(m *tree) {
			attrs := map[string]string{"device/vendor": "ATA", "device/model": "MADE UP DISK"}
			if serial != "" {
				attrs["device/vpd_pg80"] = page80(serial)
			}
			if naa != "" {
				attrs["device/vpd_pg83"] = page83(naa)
			}
			m.block(name, at, size, attrs)
		}
	}
	for what, c := range map[string]struct {
		want drive.Identity
		put  []func(*tree)
		says string // empty: it is absent
	}{
		"nothing but its sisters": {named, nil, ""},
		"a name where it had none": {bare, []func(*tree){scsi("sdq", fmt.Sprintf(usbAt, 7), gib, "ZX1", name)},
			"/dev/sdq bears its serial number, but shows worldwide name " + name + " instead of none"},
		"no name where it had one": {named, []func(*tree){scsi("sdq", fmt.Sprintf(sasAt, 9, 1, 0), gib, "ZX1",
			"")}, "worldwide name none instead of " + name},
		"another serial number": {named, []func(*tree){scsi("sdq", fmt.Sprintf(usbAt, 7), gib, "MSFT30ZX1",
			name)}, "serial number MSFT30ZX1 instead of ZX1"},
		"another size": {named, []func(*tree){scsi("sdq", fmt.Sprintf(sataAt, 7), gib/2, "ZX1",
			name)}, fmt.Sprintf("%d bytes instead of %d", gib/2, gib)},
		"no identity, its size": {named, []func(*tree){scsi("sdq", fmt.Sprintf(sataAt, 7), gib, "", "")},
			"/dev/sdq has its size"},
		"no identity, no size": {named, []func(*tree){scsi("sdq", fmt.Sprintf(sataAt, 7), 0, "", "")},
			"/dev/sdq says neither"},
		"no identity, another size": {named, []func(*tree){scsi("sdq", fmt.Sprintf(sataAt, 7), gib/2, "", "")},
			""},
		"a dock that speaks for itself": {named, []func(*tree){scsi("sdq", fmt.Sprintf(usbAt, 7), gib, "BRIDGE7", "")},
			"/dev/sdq has its size"},
		"out of a dock that spoke so": {docked, []func(*tree){scsi("sdq", fmt.Sprintf(sataAt, 7), gib, "ZX1", name)},
			"its USB bridge"},
		"two that claim to be it": {named, []func(*tree){scsi("sdq", fmt.Sprintf(sataAt, 7), gib, "ZX1", name),
			scsi("sdr", fmt.Sprintf(sataAt, 8), gib, "ZX1", name)}, "/dev/sdq, /dev/sdr each claim to be it"},
		"a drive that cannot be read of": {named, []func(*tree){func(m *tree) { m.dir("/sys/block/sdq") }},
			"/dev/sdq cannot be looked at"},
		"a card reader without a card": {named, []func(*tree){func(m *tree) {
			m.block("sdq", fmt.Sprintf(usbAt, 7), 0, map[string]string{"removable": "1"})
		}}, ""},
	} {
		m := newTree(t)
		m.sata("sda", 1)
		m.sata("sdb", 2)
		for _, put := range c.put {
			put(m)
		}
		if what == "out of a dock that spoke so" || what == "nothing but its sisters" {
			m = newTree(t)
			for _, put := range c.put {
				put(m)
			}
		}
		paths, err := m.host().Paths(t.Context(), c.want, Options{})
		switch {
		case err == nil:
			t.Errorf("%s: found at %v", what, paths)
		case errors.Is(err, ErrNotFound) != (c.says == ""):
			t.Errorf("%s: %v", what, err)
		case !strings.Contains(err.Error(), c.says):
			t.Errorf("%s: %v; want %q", what, err, c.says)
		}
	}
}

func TestADriveThatDoesNotAnswerKeepsOthersFromBeingAbsent(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.block("sdb", fmt.Sprintf(usbAt, 2), 2*gib, map[string]string{"device/vpd_pg80": page80("BRIDGE7")})
	want := drive.Identity{Serial: "ZX1", WWN: "5000c500000000aa", SizeBytes: gib, Kind: drive.HDD, Transport: "sata"}
	synctest.Test(t, func(t *testing.T) {
		dead := make(chan struct{})
		h := m.host()
		h.Run = func(_ context.Context, name string, args ...string) ([]byte, error) {
			if name == "smartctl" && args[len(args)-1] == "/dev/sdb" {
				<-dead
			}
			return nil, exec.ErrNotFound
		}
		if _, err := h.Paths(t.Context(), want, Options{}); err == nil || errors.Is(err, ErrNotFound) ||
			!strings.Contains(err.Error(), "/dev/sdb") {
			t.Errorf("a look that one drive did not answer: %v", err)
		}
		close(dead)
		time.Sleep(time.Minute) // what was left behind comes to its end
	})
}

// TestAHeldDriveThatDoesNotSayWhoItIsIsNoOtherDrive has a bridge that stops to tell of the drive behind it.
func TestAHeldDriveThatDoesNotSayWhoItIsIsNoOtherDrive(t *testing.T) {
	m := newTree(t)
	m.block("sdb", fmt.Sprintf(usbAt, 2), gib, map[string]string{"device/vpd_pg80": page80("BRIDGE7")})
	h := m.host()
	s, err := h.newSurvey(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.identifyAll(t.Context())
	if n := s.nodes[0]; !n.unread() {
		t.Errorf("%s counts as read: %+v", n.path(), n.id)
	}
	m.tools["smartctl --json=c -i -H /dev/sdb"] = `{"serial_number":"ZX1"}`
	s.identifyAll(t.Context())
	if n := s.nodes[0]; n.unread() || n.id.Serial != "ZX1" {
		t.Errorf("%s counts as unread: %+v", n.path(), n.id)
	}
}
