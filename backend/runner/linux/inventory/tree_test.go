//go:build linux

package inventory

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"burnish/backend/drive"
	"burnish/backend/wire"
)

// tree is a made-up machine: files where /sys, /proc and /dev would be, tools that print what a test says, and drives
// that read as a test says.
type tree struct {
	t     *testing.T
	root  string
	tools map[string]string // by the whole command line
	open  map[string]func(exclusive bool) (Device, error)
	loops map[string]func() (Loop, error) // by name; any other lies over what its path names
	next  uint32
}

func newTree(t *testing.T) *tree {
	m := &tree{t: t, root: t.TempDir(), tools: map[string]string{}, open: map[string]func(bool) (Device, error){},
		loops: map[string]func() (Loop, error){}}
	m.file("/proc/self/mountinfo", "22 1 0:21 / / rw,relatime - rootfs rootfs rw\n")
	m.file("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n")
	m.dir("/sys/block")
	m.dir("/dev")
	return m
}

func (m *tree) host() *Host {
	return &Host{Root: m.root, Run: m.run, Open: m.openDevice, Loop: m.loop}
}

func (m *tree) loop(path string, _ Number) (Loop, error) {
	name := filepath.Base(path)
	if f := m.loops[name]; f != nil {
		return f()
	}
	file := text(m.root, "/sys/block", name, "loop/backing_file")
	over, _ := parseNumber(text(m.root, "/sys/block", filepath.Base(file), "dev"))
	return Loop{Over: over, Inode: uint64(len(file))}, nil
}

func (m *tree) run(_ context.Context, name string, args ...string) ([]byte, error) {
	line := strings.Join(append([]string{name}, args...), " ")
	if out, ok := m.tools[line]; ok {
		return []byte(out), nil
	}
	if _, nas := m.tools["midclt call disk.details"]; nas && line == "midclt call failover.status" {
		return []byte("SINGLE\n"), nil
	}
	for known := range m.tools {
		if strings.HasPrefix(known, name+" ") {
			return nil, fmt.Errorf("%s: bad arguments", name)
		}
	}
	return nil, fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

func (m *tree) openDevice(path string, _ Number, exclusive bool) (Device, error) {
	if f := m.open[filepath.Base(path)]; f != nil {
		return f(exclusive)
	}
	return zeros{}, nil
}

// zeros is a blank drive.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }
func (zeros) Close() error                          { return nil }

// bytesAt is a drive that is blank but for some places.
type bytesAt map[int64][]byte

func (d bytesAt) Close() error { return nil }
func (d bytesAt) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	for at, data := range d {
		for i, b := range data {
			if pos := at + int64(i) - off; pos >= 0 && pos < int64(len(p)) {
				p[pos] = b
			}
		}
	}
	return len(p), nil
}

// failing is a drive that is blank but answers an error in one range.
type failing struct {
	from, to int64
	err      error
}

func (d failing) Close() error { return nil }
func (d failing) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < d.to && off+int64(len(p)) > d.from {
		return 0, d.err
	}
	return len(p), nil
}

func (m *tree) reads(name string, d io.ReaderAt) {
	m.open[name] = func(bool) (Device, error) { return d.(Device), nil }
}

func (m *tree) dir(path string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Join(m.root, path), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m *tree) file(path, content string) {
	m.t.Helper()
	m.dir(filepath.Dir(path))
	if err := os.WriteFile(filepath.Join(m.root, path), []byte(content), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *tree) link(path, target string) {
	m.t.Helper()
	m.dir(filepath.Dir(path))
	if err := os.Symlink(target, filepath.Join(m.root, path)); err != nil {
		m.t.Fatal(err)
	}
}

const (
	gib      = 1 << 30
	sataAt   = "pci0000:00/0000:00:17.0/ata%d/host%[1]d/target%[1]d:0:0/%[1]d:0:0:0"
	sasAt    = "pci0000:00/0000:01:00.0/host%d/port-%[1]d:%[2]d/end_device-%[1]d:%[2]d/target%[1]d:0:%[2]d/%[1]d:0:%[2]d:%[3]d"
	usbAt    = "pci0000:00/0000:00:14.0/usb2/2-%d/2-%[1]d:1.0/host%[1]d/target%[1]d:0:0/%[1]d:0:0:0"
	iscsiAt  = "platform/host8/session1/target8:0:0/8:0:0:0"
	raidAt   = "pci0000:00/0000:02:00.0/host0/target0:2:0/0:2:0:0"
	virtual  = "virtual"
	naaOfSDA = "5000c500aabbcc01"
)

// block makes a block device whose disk directory is at a place below /sys/devices. Attributes that begin with
// "device/" are those of the device that it stands for.
func (m *tree) block(name, at string, size int64, attrs map[string]string) {
	m.t.Helper()
	dir := "/sys/devices/" + at + "/block/" + name
	if strings.HasPrefix(name, "nvme") {
		dir = "/sys/devices/" + at + "/" + name
	}
	m.next += 16
	all := map[string]string{
		"dev": fmt.Sprintf("8:%d", m.next), "size": fmt.Sprint(size / 512), "ro": "0", "removable": "0",
		"queue/logical_block_size": "512", "queue/physical_block_size": "4096", "queue/rotational": "1",
		"queue/zoned": "none",
	}
	maps.Copy(all, attrs)
	for key, value := range all {
		if rest, ok := strings.CutPrefix(key, "device/"); ok {
			m.file("/sys/devices/"+at+"/"+rest, value)
		} else {
			m.file(dir+"/"+key, value)
		}
	}
	m.dir(dir + "/holders")
	m.dir(dir + "/slaves")
	if at != virtual {
		up := "../.."
		if strings.HasPrefix(name, "nvme") {
			up = ".."
		}
		m.link(dir+"/device", up)
	}
	m.link("/sys/block/"+name, ".."+strings.TrimPrefix(dir, "/sys"))
	m.file("/dev/"+name, "")
}

// partition adds a partition to a disk.
func (m *tree) partition(disk string, number int) (name string) {
	name = fmt.Sprintf("%s%d", disk, number)
	dir := "/sys/block/" + disk + "/" + name
	m.file(dir+"/partition", fmt.Sprint(number))
	m.next++
	m.file(dir+"/dev", fmt.Sprintf("8:%d", m.next))
	m.file(dir+"/size", "2048")
	m.file(dir+"/start", "2048")
	m.dir(dir + "/holders")
	m.file("/dev/"+name, "")
	return name
}

// sata adds a SATA drive with its own serial number and name.
func (m *tree) sata(name string, n int) {
	m.t.Helper()
	m.block(name, fmt.Sprintf(sataAt, n), gib, map[string]string{
		"device/vendor": "ATA     ", "device/model": "MADE UP DISK    ", "device/rev": "0001",
		"device/vpd_pg80": page80(fmt.Sprintf("SER%05d", n)),
		"device/vpd_pg83": page83(fmt.Sprintf("5000c500000000%02x", n)),
	})
}

func page80(serial string) string { return page(0x80, []byte(serial)) }

func page83(naa string) string {
	id, err := hex.DecodeString(naa)
	if err != nil {
		panic(err)
	}
	body := append([]byte{2, 1, 0, 4}, "T10 "...)              // a T10 name in front
	body = append(body, 1, 0x13, 0, 8, 5, 9, 9, 9, 9, 9, 9, 9) // a name of the port
	return page(0x83, append(append(body, 1, 3, 0, byte(len(id))), id...))
}

func page(code byte, body []byte) string {
	return string(binary.BigEndian.AppendUint16([]byte{0, code}, uint16(len(body)))) + string(body)
}

// list gives all rows by path.
func (m *tree) list(opt Options) map[string]wire.DriveRow {
	m.t.Helper()
	rows, err := m.host().Inventory(m.t.Context(), opt)
	if err != nil {
		m.t.Fatal(err)
	}
	out := map[string]wire.DriveRow{}
	for _, r := range rows {
		out[r.Path] = r
	}
	return out
}

// expect checks one drive's class and phrase, and that its text holds a word.
func expect(t *testing.T, row wire.DriveRow, class drive.Class, phrase drive.PhraseKind, word string) {
	t.Helper()
	u := row.Usage
	if u.Class != class || u.PhraseKind != phrase || !strings.Contains(u.Text, word) {
		t.Errorf("%s is %s (%q, phrase %s), want %s (…%s…, phrase %s)\n%s", row.Path, u.Class, u.Text, u.PhraseKind,
			class, word, phrase, whyOf(u))
	}
}

func whyOf(u drive.Usage) string {
	var b strings.Builder
	for _, w := range u.Why {
		fmt.Fprintf(&b, "  %-18s sure=%-5v %s\n", w.Layer, w.Sure, w.Answer)
	}
	return b.String()
}
