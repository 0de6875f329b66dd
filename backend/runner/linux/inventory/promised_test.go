//go:build linux

package inventory

import (
	"fmt"
	"strings"
	"testing"

	"burnish/backend/drive"
)

// What is given away by a path that leads nowhere is no file: it may be a drive. Where the kernel names a number, or
// the path bears who it means, only that drive is meant.
func TestADriveThatIsGivenAway(t *testing.T) {
	const (
		lio   = "/sys/kernel/config/target/core/"
		info  = "Status: ACTIVATED  Max Queue Depth: 0  SectorSize: 512  HwMaxSectors: 128\n"
		nvmet = "/sys/kernel/config/nvmet/subsystems/nqn/namespaces/1/device_path"
		pve   = "/etc/pve/nodes/pve/qemu-server/101.conf"
		virsh = "/etc/libvirt/qemu/box.xml"
		nbd   = "/etc/nbd-server/config"
	)
	is := func(a, b drive.Class) []drive.Class { return []drive.Class{a, b} }
	const none, open, unknown = drive.None, drive.OpenByProcess, drive.CannotTell
	for name, c := range map[string]struct {
		files map[string]string
		want  []drive.Class // of sda (SER00001) and sdb (SER00002)
		word  string        // said of sda, or of sdb where sda is free
	}{
		"NVMe target": {map[string]string{nvmet: "/dev/sda\n"}, is(open, none), "over NVMe"},
		"NVMe target by a path of a container": {map[string]string{nvmet: "/sdx\n"}, is(unknown, unknown),
			"/sdx, cannot be found"},
		"NVMe target by a removed link": {map[string]string{nvmet: "/dev/disk/by-path/pci-0\n"}, is(unknown, unknown),
			"by-path"},
		"NVMe target over a file": {map[string]string{nvmet: "/srv/image\n", "/srv/image": ""}, is(none, none),
			""},
		"NVMe target that is not set up": {map[string]string{nvmet: "\n"}, is(none, none), ""},
		"SCST":                           {map[string]string{"/sys/kernel/scst_tgt/devices/d1/filename": "/sdx\n[key]\n"}, is(unknown, unknown), "exported by SCST as d1"},
		"USB gadget":                     {map[string]string{"/sys/kernel/config/usb_gadget/g1/functions/mass_storage.0/lun.0/file": "/dev/sdb\n"}, is(none, open), "USB host"},
		"RNBD":                           {map[string]string{"/sys/class/rnbd-server/ctl/devices/d/block_dev/dev": "8:32\n"}, is(none, open), "RNBD"},
		"Xen guest":                      {map[string]string{"/sys/bus/xen-backend/devices/vbd-1-51712/physical_device": "8:20\n"}, is(none, open), "Xen guest as vbd-1-51712"},
		"LIO, path gone, number known": {map[string]string{lio + "iblock_0/l/udev_path": "/dev/gone\n",
			lio + "iblock_0/l/info": info + "        iBlock device: sdb  UDEV PATH: /dev/gone readonly: 0\n        " +
				"Major: 8 Minor: 32  CLAIMED: IBLOCK\n"}, is(none, open), "LIO as l"},
		"LIO, path gone": {map[string]string{lio + "pscsi_0/l/udev_path": "/dev/gone\n",
			lio + "pscsi_0/l/info": info}, is(unknown, unknown), "LIO as l"},
		"LIO fileio over a device": {map[string]string{lio + "fileio_0/l/udev_path": "\n",
			lio + "fileio_0/l/info": info + "        TCM FILEIO ID: 0        File: /dev/sda  Size: 1073741824  " +
				"Mode: O_DSYNC Async: 0\n"}, is(open, none), "LIO as l"},
		"LIO fileio over what is gone": {map[string]string{lio + "fileio_0/l/udev_path": "\n",
			lio + "fileio_0/l/info": info + "        TCM FILEIO ID: 0        File: /sdx  Size: 1073741824  Mode: " +
				"O_DSYNC Async: 0\n"}, is(unknown, unknown), "/sdx"},

		"guest, by the serial number":      {map[string]string{pve: "scsi1: /dev/disk/by-id/ata-MADE_UP_DISK_SER00001,size=1G\n"}, is(open, none), "machine 101"},
		"guest, by the worldwide name":     {map[string]string{pve: "sata0: file=/dev/disk/by-id/wwn-0x5000c50000000002-part1\n"}, is(none, open), "machine 101"},
		"guest, by another drive's number": {map[string]string{pve: "scsi1: /dev/disk/by-id/ata-MADE_UP_DISK_SER99999\n"}, is(none, none), ""},
		"guest, by a name of nobody's making": {map[string]string{pve: "scsi1: /dev/disk/by-id/backup-disk\n"},
			is(unknown, unknown), "it may be this drive"},
		"guest, by a place":                    {map[string]string{pve: "scsi1: /dev/disk/by-path/pci-0000:00:17.0-ata-3\n"}, is(unknown, unknown), "by-path"},
		"guest, by a kernel's name of no disk": {map[string]string{pve: "scsi1: /dev/sdq\n"}, is(none, none), ""},
		"guest, by a link of an administrator": {map[string]string{virsh: "<disk type='block'><source " +
			"dev='/dev/bay7' index='1'/></disk>"}, is(unknown, unknown), "machine box"},
		"guest with a volume of a pool":        {map[string]string{virsh: `<disk type="block"><source dev="/dev/zvol/tank/box"/></disk>`}, is(none, none), ""},
		"guest with devices that are no disks": {map[string]string{virsh: "<rng><backend>/dev/urandom</backend></rng><serial><source path='/dev/ttyS9'/></serial>", pve: "args: -device /dev/vfio/9\nide2: none,media=cdrom\n"}, is(none, none), ""},

		"nbd-server": {map[string]string{nbd: "[generic]\n[disk]\n  exportname = /dev/sda\n"}, is(open, none),
			"exported by nbd-server"},
		"nbd-server, by the serial number": {map[string]string{"/etc/nbd-server/conf.d/b.conf": "[b]\nexportname=" +
			"/dev/disk/by-id/ata-MADE_UP_DISK_SER00002\n"}, is(none, open), "exported by nbd-server"},
		"nbd-server, by a link that is gone": {map[string]string{nbd: "[b]\nexportname = /dev/bay7\n"},
			is(unknown, unknown), "/dev/bay7, cannot be found"},
		"nbd-server with what is no export": {map[string]string{nbd: "[b]\n# exportname = /dev/sda\n" +
			"exportname = /srv/image\nprerun = dd if=/dev/sdb of=/srv/image\n"}, is(none, none), ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTree(t)
			m.sata("sda", 1)
			m.sata("sdb", 2)
			for path, content := range c.files {
				m.file(path, content)
			}
			rows := m.list(Options{})
			said := false
			for i, path := range []string{"/dev/sda", "/dev/sdb"} {
				u := rows[path].Usage
				expect(t, rows[path], c.want[i], drive.NoPhrase, "")
				said = said || u.Class != none && strings.Contains(u.Text, c.word)
			}
			if c.word != "" && !said {
				t.Errorf("%q is not said:\n%s", c.word, whyOf(rows["/dev/sda"].Usage))
			}
		})
	}
}

// Behind a bridge the name is made of what the bridge says; a virtual drive has none of udev's making.
func TestANameThatADriveMayStillHave(t *testing.T) {
	m := newTree(t)
	m.block("sda", fmt.Sprintf(usbAt, 1), gib, map[string]string{"device/vpd_pg80": page80("SER00001"),
		"device/vpd_pg83": page83(naaOfSDA)})
	m.block("vdb", virtual, gib, map[string]string{"serial": "lab1"})
	m.file("/etc/pve/nodes/pve/qemu-server/101.conf", "scsi1: /dev/disk/by-id/usb-BRIDGE_7777-0:0\n")
	for _, row := range m.list(Options{VirtualDrives: true}) {
		expect(t, row, drive.CannotTell, drive.NoPhrase, "it may be this drive")
	}
}

// In a cluster every machine sees the configurations of all: what a guest of another one is given by a name of that
// machine's making is no disk of this one, and what bears who it means is locked wherever it is.
func TestGuestsOfOtherMachinesOfACluster(t *testing.T) {
	const byID = "/dev/disk/by-id/"
	for name, c := range map[string]struct {
		config string
		want   drive.Class // of sda (SER00001) and of the drive behind a bridge
		usb    drive.Class
	}{
		"by a kernel's name":                {"scsi1: /dev/sda\n", drive.None, drive.None},
		"by a place":                        {"scsi1: /dev/disk/by-path/pci-0000:00:17.0-ata-3\n", drive.None, drive.None},
		"by a link of its administrator":    {"mp0: /dev/bay7,mp=/srv\n", drive.None, drive.None},
		"by the number of a drive there":    {"scsi1: " + byID + "ata-MADE_UP_DISK_SER99999\n", drive.None, drive.None},
		"by the number of a drive here":     {"scsi1: " + byID + "ata-MADE_UP_DISK_SER00001\n", drive.OpenByProcess, drive.None},
		"by a link of udev that leads here": {"scsi1: " + byID + "ata-known\n", drive.OpenByProcess, drive.None},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTree(t)
			m.sata("sda", 1)
			m.block("sdb", fmt.Sprintf(usbAt, 1), gib, map[string]string{"device/vpd_pg80": page80("SER00002"),
				"device/vpd_pg83": page83("5000c50000000009")})
			m.link(byID+"ata-known", "../../sda")
			m.link("/etc/pve/local", "nodes/pve1")
			m.file("/etc/pve/nodes/pve1/qemu-server/100.conf", "ide2: none,media=cdrom\n")
			m.file("/etc/pve/nodes/pve2/qemu-server/101.conf", c.config)
			rows := m.list(Options{})
			expect(t, rows["/dev/sda"], c.want, drive.NoPhrase, "")
			expect(t, rows["/dev/sdb"], c.usb, drive.NoPhrase, "")
		})
	}
	m := newTree(t) // of its own guests each name counts
	m.sata("sda", 1)
	m.link("/etc/pve/local", "nodes/pve1")
	m.file("/etc/pve/nodes/pve1/lxc/101.conf", "mp0: /dev/sda,mp=/srv\n")
	expect(t, m.list(Options{})["/dev/sda"], drive.OpenByProcess, drive.NoPhrase, "machine 101")
}
