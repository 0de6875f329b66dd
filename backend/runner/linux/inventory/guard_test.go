//go:build linux

package inventory

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
)

// answering is a blank drive that answers commands as a test says, and keeps what it was asked.
type answering struct {
	zeros
	ata       []byte // IDENTIFY DEVICE; nil: it refuses
	last      int64  // its real last sector
	reserve   []byte // READ RESERVATION; nil: it does not know the command
	conflict  bool
	status    byte // of READ RESERVATION, with a sense key of not ready
	opalState uint32
	nvmeCtrl  []byte
	nvmeSpace []byte
	nvmeHolds byte // the type of an NVMe reservation
	protects  bool // it answers a read with data protect
	readErr   error
	breaks    error // every command

	mu        sync.Mutex
	attention int    // answers of unit attention before any other; guarded by mu
	asked     []byte // guarded by mu
}

func (d *answering) ReadAt(p []byte, off int64) (int, error) {
	if d.readErr != nil {
		return 0, d.readErr
	}
	return d.zeros.ReadAt(p, off)
}

func (d *answering) scsi(cdb, in []byte) (byte, []byte, error) {
	fixed := func(key byte) []byte { return []byte{0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} }
	op := cdb[0]
	if op == 0x85 {
		op = cdb[14]
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, op)
	switch {
	case d.breaks != nil:
		return 0, nil, d.breaks
	case d.attention > 0:
		d.attention--
		return statusCheck, fixed(senseUnitAttention), nil
	}
	switch {
	case cdb[0] == 0x85 && op == 0xec && d.ata != nil:
		copy(in, d.ata)
		return statusGood, nil, nil
	case cdb[0] == 0x85 && (op == 0x27 || op == 0x78) && d.last > 0:
		s := []byte{0x72, 1, 0, 0x1d, 0, 0, 0, 14, 0x09, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x50}
		for i, at := range []int{7, 9, 11, 6, 8, 10} {
			s[8+at] = byte(d.last >> (8 * i))
		}
		return statusCheck, s, nil
	case op == 0x5e && d.status != 0:
		return d.status, fixed(2), nil
	case op == 0x5e && d.conflict:
		return statusConflict, nil, nil
	case op == 0x5e && d.reserve != nil:
		copy(in, d.reserve)
		return statusGood, nil, nil
	case op == 0x28 && d.protects:
		return statusCheck, fixed(senseDataProtect), nil
	}
	return statusCheck, fixed(5), nil
}

func (d *answering) nvme(admin bool, opcode byte, _, cdw10 uint32, in []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, opcode)
	switch {
	case d.breaks != nil:
		return d.breaks
	case admin && cdw10 == 1 && d.nvmeCtrl != nil:
		copy(in, d.nvmeCtrl)
	case admin && cdw10 == 0 && d.nvmeSpace != nil:
		copy(in, d.nvmeSpace)
	case !admin && opcode == 0x0e:
		in[4] = d.nvmeHolds
	default:
		return errors.New("NVMe status 0x2")
	}
	return nil
}

func (d *answering) opal() (uint32, error) {
	if d.opalState == 0 {
		return 0, errNotTaken
	}
	return d.opalState, nil
}

// identifyWords makes IDENTIFY DEVICE data of a drive of 48 bit addresses with these words set.
func identifyWords(sectors int64, words map[int]uint16) []byte {
	id := make([]byte, 512)
	all := map[int]uint16{83: 0x4400, 86: 0x0400}
	for n, w := range words {
		all[n] |= w
	}
	for n, w := range all {
		binary.LittleEndian.PutUint16(id[2*n:], w)
	}
	binary.LittleEndian.PutUint64(id[200:], uint64(sectors))
	return id
}

// guardedRow lists one drive that answers like this.
func guardedRow(t *testing.T, kind string, d *answering) (u drive.Usage, id drive.Identity) {
	t.Helper()
	m := newTree(t)
	switch kind {
	case "ata":
		m.sata("sda", 1)
	case "sas", "usb":
		at := fmt.Sprintf(sasAt, 1, 0, 0)
		if kind == "usb" {
			at = fmt.Sprintf(usbAt, 1)
		}
		m.block("sda", at, gib, map[string]string{"device/vendor": "SEAGATE", "device/model": "ST1",
			"device/vpd_pg80": page80("S1"), "device/vpd_pg83": page83(naaOfSDA)})
	case "nvme":
		m.block("nvme0n1", "pci0000:00/0000:03:00.0/nvme/nvme0", gib, map[string]string{"device/serial": "N1",
			"device/model": "NV", "device/transport": "pcie", "nsid": "1", "wwid": "eui.00253851000000a0"})
	}
	opened := func(bool) (Device, error) { return d, nil }
	m.open["sda"], m.open["nvme0n1"] = opened, opened
	for _, r := range m.list(Options{}) {
		return r.Usage, r.Identity
	}
	t.Fatal("no row")
	return
}

func TestADriveThatKeepsItsDataIsLockedForEveryPlan(t *testing.T) {
	formatting := make([]byte, 4096)
	formatting[32] = 0x80 | 42
	for name, c := range map[string]struct {
		kind   string
		drive  *answering
		word   string
		remedy string
	}{
		"an ATA password": {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{128: 0x0027})},
			"ATA password", "security-unlock"},
		"an ATA password, all fails": {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{128: 0x0007}),
			readErr: unix.EIO}, "ATA password", "security-unlock"},
		"after a reset": {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{128: 0x0007}),
			attention: 2}, "ATA password", "security-unlock"},
		"Opal on SATA": {"ata", &answering{opalState: 0xf}, "self-encrypting", "PSID"},
		"Opal on NVMe": {"nvme", &answering{nvmeCtrl: make([]byte, 4096), nvmeSpace: make([]byte, 4096),
			opalState: 0xf, readErr: unix.ENODATA}, "self-encrypting", "PSID"},
		"a SAS drive that refuses": {"sas", &answering{readErr: unix.EIO, protects: true}, "data protect", "PSID"},
		"an NVMe being formatted": {"nvme", &answering{nvmeCtrl: make([]byte, 4096), nvmeSpace: formatting,
			readErr: unix.EIO}, "formatted, 42 %", "Wait"},
	} {
		t.Run(name, func(t *testing.T) {
			u, id := guardedRow(t, c.kind, c.drive)
			if u.Class != drive.Unsupported || !u.Sealed || !strings.Contains(u.Text, c.word) ||
				!strings.Contains(u.WayOut(), c.remedy) {
				t.Errorf("it is %s, %+v\n%s", u.Class, u, whyOf(u))
			}
			if s := drive.StartableFor(id, u); s.Read || s.Destructive || u.Unlockable() {
				t.Errorf("a plan starts on it: %+v", s)
			}
		})
	}
}

func TestADriveThatKeepsNothingIsFree(t *testing.T) {
	for name, c := range map[string]struct {
		kind  string
		drive *answering
	}{
		"no password":               {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{128: 0x0029})}},
		"a password, but unlocked":  {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{128: 0x0023})}},
		"security is not supported": {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{128: 0x0004})}},
		"it refuses to say":         {"ata", &answering{}},
		"commands fail":             {"ata", &answering{breaks: unix.EIO}},
		"Opal, unlocked": {"nvme", &answering{nvmeCtrl: make([]byte, 4096), nvmeSpace: make([]byte, 4096),
			opalState: 0x7}},
		"nobody has reserved it":   {"sas", &answering{reserve: make([]byte, 24)}},
		"it knows no reservations": {"sas", &answering{}},
		"no such commands":         {"sas", &answering{breaks: errNotTaken}},
		"USB, which is not asked":  {"usb", &answering{conflict: true}},
		"NVMe that knows none of it": {"nvme", &answering{nvmeCtrl: make([]byte, 4096), nvmeSpace: make([]byte,
			4096)}},
		"the end is where it is told": {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{82: 1 << 10,
			85: 1 << 10}), last: gib/512 - 1}},
	} {
		t.Run(name, func(t *testing.T) {
			u, id := guardedRow(t, c.kind, c.drive)
			if u.Class != drive.None || u.Sealed || id.HiddenBytes != 0 {
				t.Errorf("it is %s, hidden %d\n%s", u.Class, id.HiddenBytes, whyOf(u))
			}
		})
	}
}

func TestAReservationIsAnotherHosts(t *testing.T) {
	reserved := make([]byte, 24)
	reserved[7], reserved[15], reserved[21] = 16, 0xab, 5
	controller, namespace := make([]byte, 4096), make([]byte, 4096)
	controller[520], namespace[31] = 1<<5, 0x7f
	for name, c := range map[string]struct {
		kind  string
		drive *answering
		class drive.Class
		word  string
	}{
		"SCSI":             {"sas", &answering{reserve: reserved}, drive.Remote, "ab)"},
		"SCSI, and closed": {"sas", &answering{conflict: true}, drive.Remote, "reserved"},
		"SCSI, no answer":  {"sas", &answering{breaks: errors.New("host status 0x3")}, drive.CannotTell, "host status"},
		"SCSI, busy":       {"sas", &answering{status: 0x08}, drive.CannotTell, "status 08"},
		"SCSI, not ready":  {"sas", &answering{status: statusCheck}, drive.CannotTell, "sense key 2"},
		"NVMe, no answer":  {"nvme", &answering{breaks: unix.EIO}, drive.CannotTell, "input/output error"},
		"NVMe": {"nvme", &answering{nvmeCtrl: controller, nvmeSpace: namespace, nvmeHolds: 1}, drive.Remote,
			"type 1"},
	} {
		u, _ := guardedRow(t, c.kind, c.drive)
		if u.Class != c.class || !strings.Contains(u.Text, c.word) || u.Unlockable() {
			t.Errorf("%s: %s, %s\n%s", name, u.Class, u.Text, whyOf(u))
		}
	}
	if u, _ := guardedRow(t, "nvme", &answering{nvmeCtrl: controller, nvmeSpace: namespace}); u.Class != drive.None {
		t.Errorf("an NVMe drive that nobody has reserved is %s", u.Class)
	}
}

func TestHiddenCapacityIsToldAndKeepsNothingFromStarting(t *testing.T) {
	controller := make([]byte, 4096)
	controller[256] = 1 << 3
	binary.LittleEndian.PutUint64(controller[296:], 5000)
	for name, c := range map[string]struct {
		kind   string
		drive  *answering
		hidden int64
		asked  byte
	}{
		"host protected area": {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{82: 1 << 10,
			85: 1 << 10}), last: gib/512 + 99}, 100 * 512, 0x27},
		"accessible max address": {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{119: 0x4100}),
			last: 1 << 33}, (1<<33 + 1 - gib/512) * 512, 0x78},
		"not given to any namespace": {"nvme", &answering{nvmeCtrl: controller, nvmeSpace: make([]byte, 4096)}, 5000,
			0x06},
		"a drive with no such features": {"ata", &answering{ata: identifyWords(gib/512, nil), last: 1 << 33}, 0, 0xec},
		"a feature that is not in use": {"ata", &answering{ata: identifyWords(gib/512, map[int]uint16{82: 1 << 10}),
			last: 1 << 33}, 0, 0xec},
	} {
		u, id := guardedRow(t, c.kind, c.drive)
		if id.HiddenBytes != c.hidden || u.Class != drive.None || strings.Contains(whyOf(u),
			"hidden") != (c.hidden > 0) {
			t.Errorf("%s: %d bytes hidden, %s\n%s", name, id.HiddenBytes, u.Class, whyOf(u))
		}
		if !slices.Contains(c.drive.asked, c.asked) {
			t.Errorf("%s: asked were %x", name, c.drive.asked)
		}
		if c.hidden == 0 && (slices.Contains(c.drive.asked, 0x27) || slices.Contains(c.drive.asked, 0x78)) {
			t.Errorf("%s: it was asked for what it says that it has not: its error log grows", name)
		}
	}
}

// TestWhatTheKernelReadOfADriveCountsWhereItCannotBeAsked uses a page as Linux 6.1 has it for a drive of QEMU, which
// knows no passwords, and the same page with the security status of drives that do.
func TestWhatTheKernelReadOfADriveCountsWhereItCannotBeAsked(t *testing.T) {
	text, err := os.ReadFile("testdata/vpd_pg89.hex")
	if err != nil {
		t.Fatal(err)
	}
	captured, err := hex.DecodeString(strings.ReplaceAll(string(text), "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	id := identifyPage(captured)
	if n := ataSectors(id); n != 128<<20/512 {
		t.Errorf("%d sectors", n)
	}
	if serial, _, model := ataNames(captured); serial != "WD-LAB0000001" || model != "WDC WD40EFRX-68N32N0" {
		t.Errorf("%q, %q", serial, model)
	}
	for status, locked := range map[uint16]bool{
		0x0000: false, 0x0021: false, 0x0029: false, 0x0023: false, 0x0007: true, 0x0027: true, 0x010f: true,
		0x0017: true,
		0x0004: false, // a drive without passwords has none that locks it
	} {
		page := bytes.Clone(captured)
		binary.LittleEndian.PutUint16(page[60+2*128:], status)
		m := newTree(t)
		m.sata("sda", 1)
		m.file("/sys/block/sda/device/vpd_pg89", string(page))
		if u := m.list(Options{})["/dev/sda"].Usage; u.Sealed != locked || locked == (u.Class == drive.None) {
			t.Errorf("security status %#04x: %s\n%s", status, u.Class, whyOf(u))
		}
	}
}

func FuzzSense(f *testing.F) {
	f.Add([]byte{0x72, 1, 0, 0x1d, 0, 0, 0, 14, 0x09, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x50})
	f.Add([]byte{0x70, 0, 5})
	f.Fuzz(func(t *testing.T, sense []byte) {
		if lba, ok := ataRegisters(sense); ok && (lba < 0 || lba >= 1<<48) {
			t.Errorf("address %d", lba)
		}
		if senseKey(sense) > 15 {
			t.Error("no key")
		}
	})
}

func FuzzIdentify(f *testing.F) {
	f.Add(identifyWords(1<<30, map[int]uint16{128: 7}))
	f.Fuzz(func(t *testing.T, data []byte) {
		id := identifyPage([]byte(page(0x89, append(make([]byte, 56), data...))))
		if len(data) < 512 {
			if id != nil {
				t.Error("half a page counts")
			}
			return
		}
		if id == nil {
			return
		}
		if n := ataSectors(id); n < 0 || n >= 1<<48 {
			t.Errorf("%d sectors", n)
		}
		ataLocked(id)
		ataMaxCommand(id)
	})
}
