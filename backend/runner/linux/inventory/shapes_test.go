//go:build linux

package inventory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
)

func TestABlankDriveIsFreeAndKnownByItsOwnPages(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.file("/sys/block/sda/device/hwmon/hwmon3/temp1_input", "34600\n")
	m.tools["smartctl --json=c -i -H /dev/sda"] = `{"smart_status":{"passed":true}}`

	m.file("/sys/block/sda/device/hwmon/hwmon3/temp1_max", "60000\n")
	m.file("/sys/block/sda/device/hwmon/hwmon3/temp1_crit", "-1000\n")

	row := m.list(Options{})["/dev/sda"]
	expect(t, row, drive.None, drive.NoPhrase, "nothing uses it")
	want := drive.Identity{Serial: "SER00001", WWN: "5000c50000000001", Model: "MADE UP DISK", Firmware: "0001",
		SizeBytes: gib, LogicalBytes: 512, PhysicalBytes: 4096, Kind: drive.HDD, Transport: "sata"}
	if row.Identity != want {
		t.Errorf("identity is %+v, want %+v", row.Identity, want)
	}
	if row.TempC == nil || *row.TempC != 35 || row.SMART == nil || !*row.SMART {
		t.Errorf("temperature %v and SMART %v, want 35 and true", row.TempC, row.SMART)
	}
	if !drive.StartableFor(row.Identity, row.Usage).Destructive {
		t.Error("a blank drive cannot be started")
	}
}

func TestWhatIsNoDriveIsNotListed(t *testing.T) {
	m := newTree(t)
	for _, name := range []string{"dm-0", "md127", "zd0", "zram0", "sr0", "ram0", "fd0", "rbd0", "drbd0", "bcache0",
		"nbd0", "loop0", "mmcblk0", "cciss!c0d0"} {
		m.block(name, virtual, 0, nil)
	}
	m.block("nvme0c0n1", "pci0000:00/nvme/nvme0", gib, map[string]string{"hidden": "1"})
	if got := m.list(Options{VirtualDrives: true}); len(got) != 0 {
		t.Errorf("listed %v", slices.Collect(maps.Keys(got)))
	}
}

func TestVirtualDrivesNeedTheFlag(t *testing.T) {
	m := newTree(t)
	m.block("vdb", virtual, gib, map[string]string{"serial": "lab1"})
	expect(t, m.list(Options{})["/dev/vdb"], drive.VirtualDrive, drive.NoPhrase, "virtio")
	expect(t, m.list(Options{VirtualDrives: true})["/dev/vdb"], drive.None, drive.NoPhrase, "")
}

func TestDrivesThatCannotBeTestedAsTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		at    string
		size  int64
		attrs map[string]string
		class drive.Class
		word  string
	}{
		"520-byte sectors": {fmt.Sprintf(sasAt, 1, 0, 0), 0, nil, drive.Unsupported, "sg_format"},
		"528-byte sectors": {fmt.Sprintf(sasAt, 1, 0, 0), gib,
			map[string]string{"queue/logical_block_size": "528"}, drive.Unsupported, "528"},
		"empty card reader": {fmt.Sprintf(usbAt, 1), 0, map[string]string{"removable": "1"}, drive.Unsupported,
			"no medium"},
		"write-protected": {fmt.Sprintf(sasAt, 1, 0, 0), gib, map[string]string{"ro": "1"}, drive.Unsupported,
			"write-protected"},
		"host-managed zones": {fmt.Sprintf(sasAt, 1, 0, 0), gib, map[string]string{"queue/zoned": "host-managed"},
			drive.Unsupported, "zoned"},
		"protection information": {fmt.Sprintf(sasAt, 1, 0, 0), gib,
			map[string]string{"device/scsi_disk/1:0:0:0/protection_type": "2\n"}, drive.Unsupported, "T10"},
		"unit of a controller": {raidAt, gib, map[string]string{"device/vendor": "DELL",
			"device/model": "PERC H730P Mini"}, drive.Unsupported, "PERC"},
		"unit of unknown brand": {raidAt, gib, map[string]string{"device/model": "X",
			"device/../../scsi_host/host0/proc_name": "megaraid_sas"}, drive.Unsupported, "megaraid"},
		"hpsa volume": {fmt.Sprintf(sasAt, 1, 0, 0), gib, map[string]string{"device/raid_level": "RAID 5"},
			drive.Unsupported, "RAID 5"},
		"iSCSI": {iscsiAt, gib, nil, drive.Remote, "iscsi"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTree(t)
			attrs := map[string]string{"device/vendor": "SEAGATE", "device/model": "ST1",
				"device/vpd_pg80": page80("S1"), "device/vpd_pg83": page83(naaOfSDA)}
			maps.Copy(attrs, c.attrs)
			m.block("sda", c.at, c.size, attrs)
			row := m.list(Options{})["/dev/sda"]
			expect(t, row, c.class, drive.NoPhrase, c.word)
			if drive.StartableFor(row.Identity, row.Usage).Destructive {
				t.Error("it can be started")
			}
		})
	}
}

func TestTwoPathsAreOneDriveAndOnesUseIsTheOthers(t *testing.T) {
	m := newTree(t)
	same := map[string]string{"device/vendor": "HGST", "device/model": "HUS72", "device/vpd_pg80": page80("P1"),
		"device/vpd_pg83": page83(naaOfSDA)}
	m.block("sda", fmt.Sprintf(sasAt, 1, 0, 0), gib, same)
	m.block("sdb", fmt.Sprintf(sasAt, 2, 0, 0), gib, same)

	rows := m.list(Options{})
	if len(rows) != 1 {
		t.Fatalf("%d rows for one drive with two paths", len(rows))
	}
	expect(t, rows["/dev/sda"], drive.None, drive.NoPhrase, "")
	if !strings.Contains(whyOf(rows["/dev/sda"].Usage), "/dev/sdb") {
		t.Errorf("the other path is not named:\n%s", whyOf(rows["/dev/sda"].Usage))
	}

	m.file("/proc/self/mountinfo", "30 1 8:32 / /srv rw - ext4 /dev/sdb rw\n") // the second one made
	expect(t, m.list(Options{})["/dev/sda"], drive.Mounted, drive.NoPhrase, "/dev/sdb: sdb is mounted at /srv")

	paths, err := m.host().Paths(t.Context(), rows["/dev/sda"].Identity, Options{})
	if want := []string{"/dev/sda", "/dev/sdb"}; err != nil || !slices.Equal(paths, want) {
		t.Errorf("paths are %v (%v), want %v", paths, err, want)
	}
}

func TestNamespacesAndActuatorsArePartsOfOneDrive(t *testing.T) {
	m := newTree(t)
	const at = "pci0000:00/0000:03:00.0/nvme/nvme0"
	for i, name := range []string{"nvme0n1", "nvme0n2"} {
		m.block(name, at, gib, map[string]string{"device/serial": "N1", "device/model": "NV",
			"device/transport": "pcie",
			"nsid":             fmt.Sprint(i + 1), "wwid": fmt.Sprintf("eui.00253851000000a%d", i)})
	}
	for i, name := range []string{"sda", "sdb"} {
		m.block(name, fmt.Sprintf(sasAt, 1, 0, i), gib, map[string]string{"device/vendor": "SEAGATE",
			"device/model":    "MACH2",
			"device/vpd_pg80": page80("M1"), "device/vpd_pg83": page83(fmt.Sprintf("5000c500aabbcc1%d", i))})
	}
	rows := m.list(Options{})
	for path, id := range map[string]string{
		"/dev/nvme0n1": "N1@00253851000000A0+1", "/dev/nvme0n2": "N1@00253851000000A1+2",
		"/dev/sda": "M1@5000C500AABBCC10+0", "/dev/sdb": "M1@5000C500AABBCC11+1",
	} {
		expect(t, rows[path], drive.None, drive.NoPhrase, "")
		if got := rows[path].Identity.ID(); got != id {
			t.Errorf("%s is %s, want %s", path, got, id)
		}
	}
}

func TestDrivesThatCannotBeToldApartAreLocked(t *testing.T) {
	for name, make := range map[string]func(m *tree){
		"bridges with one serial number": func(m *tree) {
			for i, name := range []string{"sda", "sdb"} {
				m.block(name, fmt.Sprintf(usbAt, i+1), gib, map[string]string{"device/vpd_pg80": page80("BRIDGE7"),
					"device/vpd_pg83": page83(naaOfSDA)})
			}
		},
		"a serial number that counts as none": func(m *tree) {
			for i, name := range []string{"sda", "sdb"} {
				m.block(name, fmt.Sprintf(usbAt, i+1), gib,
					map[string]string{"device/vpd_pg80": page80("0123456789ABCDEF")})
			}
		},
		"one name on two serial numbers": func(m *tree) {
			for i, name := range []string{"sda", "sdb"} {
				m.block(name, fmt.Sprintf(sataAt, i+1), gib, map[string]string{"device/vendor": "ATA",
					"device/vpd_pg80": page80(fmt.Sprint("S", i)), "device/vpd_pg83": page83(naaOfSDA)})
			}
		},
		"SATA drives that one label was printed for": func(m *tree) {
			for i, name := range []string{"sda", "sdb"} {
				m.block(name, fmt.Sprintf(sataAt, i+1), gib, map[string]string{"device/vendor": "ATA",
					"device/vpd_pg80": page80("AA000000000000000001"), "device/vpd_pg83": page83(naaOfSDA)})
			}
		},
		"one serial number, one with a name and one without": func(m *tree) {
			m.block("sda", fmt.Sprintf(sataAt, 1), gib, map[string]string{"device/vendor": "ATA",
				"device/vpd_pg80": page80("S1"), "device/vpd_pg83": page83(naaOfSDA)})
			m.block("sdb", fmt.Sprintf(sataAt, 2), gib, map[string]string{"device/vendor": "ATA",
				"device/vpd_pg80": page80("S1")})
		},
		"one identity, two sizes": func(m *tree) {
			for i, name := range []string{"sda", "sdb"} {
				m.block(name, fmt.Sprintf(sasAt, i+1, 0, 0), gib*int64(i+1),
					map[string]string{"device/vpd_pg80": page80("S1"), "device/vpd_pg83": page83(naaOfSDA)})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTree(t)
			make(m)
			rows := m.list(Options{})
			if len(rows) != 2 {
				t.Fatalf("%d rows, want both", len(rows))
			}
			for _, r := range rows {
				expect(t, r, drive.Duplicate, drive.NoPhrase, "")
			}
		})
	}
}

func TestADeviceWithoutIdentityMakesItsTwinsDoubtful(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.block("sdb", fmt.Sprintf(sataAt, 2), gib, map[string]string{"device/vendor": "ATA",
		"device/model": "MADE UP DISK"})
	m.block("sdc", fmt.Sprintf(sataAt, 3), 2*gib, map[string]string{"device/vendor": "ATA",
		"device/model": "MADE UP DISK", "device/vpd_pg80": page80("BIG")})
	rows := m.list(Options{})
	expect(t, rows["/dev/sda"], drive.CannotTell, drive.NoPhrase, "/dev/sdb has the same model and size")
	expect(t, rows["/dev/sdb"], drive.Duplicate, drive.NoPhrase, "")
	expect(t, rows["/dev/sdc"], drive.None, drive.NoPhrase, "")
}

func TestTheDrivesOwnSerialNumberWinsOverItsBridges(t *testing.T) {
	m := newTree(t)
	m.block("sda", fmt.Sprintf(usbAt, 1), gib, map[string]string{"device/vpd_pg80": page80("BRIDGE7")})
	m.tools["smartctl --json=c -i -H /dev/sda"] = `{"serial_number":"WD-REAL","wwn":{"naa":5,"oui":5358,"id":1234567},"smart_support":{"available":true,"enabled":true}}`
	row := m.list(Options{})["/dev/sda"]
	if row.Identity.ID() != "WD-REAL@50014EE00012D687" || row.SMART == nil || !*row.SMART {
		t.Errorf("the drive is %s with SMART %v", row.Identity.ID(), row.SMART)
	}
	if !strings.Contains(whyOf(row.Usage), "BRIDGE7") {
		t.Errorf("the bridge's own number is not told:\n%s", whyOf(row.Usage))
	}
}

// A bridge that smartctl does not know needs a device type. The usual ones are tried where that was asked for, and by
// one that was given smartctl is asked from then on, though the drive bears another serial number by it.
func TestABridgeThatSmartctlDoesNotKnow(t *testing.T) {
	m := newTree(t)
	m.block("sda", fmt.Sprintf(usbAt, 1), gib, map[string]string{"device/vpd_pg80": page80("BRIDGE7")})
	const unknown = "/dev/sda: Unknown USB bridge [0x1e91:0xde79 (0x100)]"
	m.tools["smartctl --json=c -i -H /dev/sda"] = `{"smartctl":{"exit_status":1,"messages":[{"string":"` + unknown + `","severity":"error"}]}}`
	m.tools["smartctl --json=c -i -H -d sat /dev/sda"] = `{"smartctl":{"exit_status":2,"messages":[{"string":"Read Device Identity failed","severity":"error"}]}}`
	m.tools["smartctl --json=c -i -H -d sntjmicron /dev/sda"] = `{"serial_number":"WD-REAL","smart_status":{"passed":true}}`
	for name, c := range map[string]struct {
		opt             Options
		id, fits, asked string
		smart           bool
	}{
		"without a type":        {Options{}, "BRIDGE7@", "", "", false},
		"the usual ones tried":  {Options{TryTypes: []string{"BRIDGE7@"}}, "BRIDGE7@", "sntjmicron", "", false},
		"another drive's tried": {Options{TryTypes: []string{"OTHER"}}, "BRIDGE7@", "", "", false},
		"by its type": {Options{SMARTTypes: map[string]string{"BRIDGE7@": "sntjmicron"}}, "WD-REAL@", "",
			"sntjmicron", true},
		"by a wrong type, tried": {Options{SMARTTypes: map[string]string{"BRIDGE7@": "sat"},
			TryTypes: []string{"BRIDGE7@"}}, "BRIDGE7@", "sntjmicron", "sat", false},
		"by a word that is none": {Options{SMARTTypes: map[string]string{"BRIDGE7@": "--set=on"}}, "BRIDGE7@", "", "",
			false},
	} {
		row := m.list(c.opt)["/dev/sda"]
		if row.Identity.ID() != c.id || row.Key() != "BRIDGE7@" || row.SMARTFits != c.fits ||
			row.SMARTType != c.asked || row.SMART != nil && *row.SMART != c.smart {
			t.Errorf("%s: %s, key %s, fits %q, asked by %q, SMART %v", name, row.Identity.ID(), row.Key(),
				row.SMARTFits, row.SMARTType, row.SMART)
		}
		if c.asked == "" && row.SMARTSaid != unknown {
			t.Errorf("%s: smartctl is not quoted: %q", name, row.SMARTSaid)
		}
	}
	// A bridge whose serial number is everybody's leaves its model and the size to know the drive by.
	tools := m.tools
	m = newTree(t)
	m.tools = tools
	m.block("sda", fmt.Sprintf(usbAt, 1), gib, map[string]string{"device/vpd_pg80": page80("0123456789ABCDEF"),
		"device/model": "DOCK"})
	const key = "DOCK, 1073741824 bytes"
	if row := m.list(Options{TryTypes: []string{key}})["/dev/sda"]; row.Key() != key || row.SMARTFits != "sntjmicron" {
		t.Errorf("without a serial number: key %q, fits %q", row.Key(), row.SMARTFits)
	}
	if row := m.list(Options{SMARTTypes: map[string]string{key: "sntjmicron"}})["/dev/sda"]; row.Key() != key ||
		row.Identity.ID() != "WD-REAL@" {
		t.Errorf("without a serial number, by its type: key %q, %s", row.Key(), row.Identity.ID())
	}
}

func TestSMARTThatIsSwitchedOffIsSaidSo(t *testing.T) {
	got := parseSMART([]byte(`{"smartctl":{"exit_status":4,"messages":[{"string":"SMART Disabled."}]},"smart_support":{"available":true,"enabled":false}}`))
	if !got.off || got.smart == nil || *got.smart || got.said != "SMART Disabled." {
		t.Errorf("%+v", got)
	}
	if got := parseSMART([]byte(`{"smart_support":{"available":false}}`)); got.off {
		t.Error("a drive without SMART has it switched off")
	}
}

func TestWhatTheKernelMadeOfADrive(t *testing.T) {
	for name, c := range map[string]struct {
		make  func(m *tree)
		class drive.Class
		word  string
	}{
		"mounted partition": {func(m *tree) {
			p := m.partition("sda", 1)
			m.file("/proc/self/mountinfo", "1 0 "+text(m.root, "/sys/block/sda", p, "dev")+` / /mnt/my\040data rw - ext4 /dev/sda1 rw`+"\n")
		}, drive.Mounted, "/mnt/my data"},
		"root file system below LVM on md": {func(m *tree) {
			m.block("md0", virtual, gib, nil)
			m.block("dm-0", virtual, gib, map[string]string{"dm/uuid": "LVM-abc", "dm/name": "my--vg-root"})
			m.link("/sys/block/md0/slaves/sda", "x")
			m.link("/sys/block/dm-0/slaves/md0", "x")
			m.link("/sys/block/sda/holders/md0", "x")
			m.link("/sys/block/md0/holders/dm-0", "x")
			m.tools["mdadm --detail --export /dev/md0"] = "MD_UUID=1:2:3:4\n"
			m.file("/proc/self/mountinfo", "1 0 "+text(m.root, "/sys/block/dm-0/dev")+
				" / / rw - ext4 /dev/mapper/my--vg-root rw\n")
		}, drive.Boot, "(/)"},
		"array": {func(m *tree) {
			m.block("md0", virtual, gib, map[string]string{"md/uuid": "1"})
			m.link("/sys/block/sda/holders/md0", "x")
		}, drive.RAID, "the array md0"},
		"open LUKS on a partition": {func(m *tree) {
			p := m.partition("sda", 1)
			m.block("dm-3", virtual, gib, map[string]string{"dm/uuid": "CRYPT-LUKS2-0011-c1", "dm/name": "c1"})
			m.link("/sys/block/sda/"+p+"/holders/dm-3", "x")
		}, drive.LUKS, "encrypted volume c1"},
		"volume group on a multipath map": {func(m *tree) {
			m.block("dm-1", virtual, gib, map[string]string{"dm/uuid": "mpath-x", "dm/name": "mpatha"})
			m.block("dm-2", virtual, gib, map[string]string{"dm/uuid": "LVM-x", "dm/name": "vg-lv"})
			m.link("/sys/block/sda/holders/dm-1", "x")
			m.link("/sys/block/dm-1/holders/dm-2", "x")
		}, drive.LVM, "volume group vg"},
		"something unknown": {func(m *tree) { m.link("/sys/block/sda/holders/bcache0", "x") }, drive.OpenByProcess,
			"bcache0"},
		"member of a btrfs": {func(m *tree) {
			m.sata("sdb", 2)
			m.link("/sys/fs/btrfs/aa-bb/devices/sda", "x")
			m.link("/sys/fs/btrfs/aa-bb/devices/sdb", "x")
			m.file("/proc/self/mountinfo", "1 0 0:55 / /data rw - btrfs /dev/sdb rw\n")
		}, drive.Btrfs, "2 devices of the btrfs file system aa-bb, mounted at /data"},
		"swap": {func(m *tree) { m.file("/proc/swaps", "Filename Type\n/dev/sda partition 1 0 -2\n") },
			drive.Swap, "swaps"},
		"swap out of reach": {func(m *tree) { m.file("/proc/swaps", "Filename Type\n/dev/gone partition 1 0 -2\n") },
			drive.CannotTell, "/dev/gone"},
		"mounted loop over it": {func(m *tree) {
			m.block("loop4", virtual, gib, map[string]string{"loop/backing_file": "/dev/sda"})
			m.file("/proc/self/mountinfo", "1 0 "+text(m.root, "/sys/block/loop4/dev")+
				" / /l rw - ext4 /dev/loop4 rw\n")
		}, drive.Mounted, "loop4 is a loop device over sda, mounted at /l"},
		"loop over it": {func(m *tree) {
			m.block("loop4", virtual, gib,
				map[string]string{"loop/backing_file": "/dev/sda"})
		}, drive.OpenByProcess, "loop4"},
		"iSCSI target": {func(m *tree) {
			m.file("/sys/kernel/config/target/core/iblock_0/lun1/udev_path",
				"/dev/sda\n")
		}, drive.OpenByProcess, "LIO as lun1"},
		"stopped guest": {func(m *tree) {
			m.link("/dev/disk/by-id/ata-X", "../../sda")
			m.file("/etc/pve/nodes/pve/qemu-server/101.conf", "scsi1: /dev/disk/by-id/ata-X,size=1G\n")
		}, drive.OpenByProcess, "machine 101"},
		"Unraid, array stopped": {func(m *tree) {
			m.file("/etc/unraid-version", "version=7")
			m.file("/var/local/emhttp/disks.ini",
				"[\"parity\"]\ndevice=\"\"\n[\"disk1\"]\nname=\"disk1\"\ndevice=\"sda\"\ntype=\"Data\"\n")
		}, drive.Unraid, "disk1"},
		"Unraid with half a list": {func(m *tree) {
			m.file("/etc/unraid-version", "version=7")
			m.file("/var/local/emhttp/disks.ini", "[\"parity\"]\ndevice=\"\"\n")
		}, drive.CannotTell, "disks.ini"},
		"Unraid without its list": {func(m *tree) { m.file("/etc/unraid-version", "version=7") }, drive.CannotTell,
			"disks.ini"},
		"TrueNAS knows a pool": {func(m *tree) {
			m.tools["midclt call disk.details"] = `{"used":[{"name":"sda","imported_zpool":"tank"}],"unused":[]}`
		}, drive.Pool, "tank"},
		"the standby of a pair": {func(m *tree) {
			m.tools["midclt call disk.details"] = `{"used":[],"unused":[{"name":"sda"}]}`
			m.tools["midclt call failover.status"] = "BACKUP\n"
		}, drive.Remote, "BACKUP"},
		"the active one of a pair": {func(m *tree) {
			m.tools["midclt call disk.details"] = `{"used":[],"unused":[{"name":"sda"}]}`
			m.tools["midclt call failover.status"] = "\"MASTER\"\n"
		}, drive.None, ""},
		"a pair that cannot be asked": {func(m *tree) {
			m.tools["midclt call disk.details"] = `{"used":[],"unused":[{"name":"sda"}]}`
			m.tools["midclt call failover.status"] = "\n"
		}, drive.CannotTell, "failover.status"},
		"TrueNAS refuses": {func(m *tree) { m.tools["midclt call disk.details"] = "Failed to login\n" },
			drive.CannotTell, "disk.details"},
		"Proxmox counts it": {func(m *tree) {
			m.dir("/etc/pve")
			m.file("/proc/sys/kernel/hostname", "pve\n")
			m.tools["pvesh get /nodes/pve/disks/list --output-format json"] = `[{"devpath":"/dev/sda","used":"BIOS boot"}]`
		}, drive.Data, "BIOS boot"},
		"a torn mountinfo": {func(m *tree) { m.file("/proc/self/mountinfo", "garbage\n") }, drive.CannotTell,
			"mountinfo"},
		"claimed in the kernel": {func(m *tree) {
			m.open["sda"] = func(exclusive bool) (Device, error) {
				if exclusive {
					return nil, unix.EBUSY
				}
				return zeros{}, nil
			}
		}, drive.OpenByProcess, "EBUSY"},
		"cannot be opened": {func(m *tree) { m.open["sda"] = func(bool) (Device, error) { return nil, unix.EIO } },
			drive.CannotTell, ""},
		"reserved": {func(m *tree) { m.reads("sda", failing{0, gib, unix.EBADE}) }, drive.Remote, "reserved"},
		"a path that fails": {func(m *tree) { m.reads("sda", failing{0, 1 << 20, unix.EIO}) }, drive.CannotTell,
			"input/output error"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTree(t)
			m.sata("sda", 1)
			c.make(m)
			row := m.list(Options{})["/dev/sda"]
			phrase := drive.NoPhrase
			switch c.class {
			case drive.Data:
				phrase = drive.SerialPhrase
			case drive.Pool: // which unlocks nothing yet
				phrase = drive.PoolPhrase
			}
			expect(t, row, c.class, phrase, c.word)
			if got := row.Usage.Unlockable(); got != (c.class == drive.Data) {
				t.Errorf("unlockable: %v", got)
			}
		})
	}
}

func TestADriveWhoseLabelPlacesAreBrokenIsUnlockedBySerial(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.reads("sda", failing{0, 4096, unix.ENODATA})
	expect(t, m.list(Options{})["/dev/sda"], drive.CannotTell, drive.SerialPhrase, "medium error at byte 0")

	m.file("/proc/swaps", "Filename Type\n/dev/gone partition 1 0 -2\n") // another layer fails too
	expect(t, m.list(Options{})["/dev/sda"], drive.CannotTell, drive.NoPhrase, "")
}

func TestAHoleBetweenLabelsLeavesTheContentUntold(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.reads("sda", failing{3 << 20, 3<<20 + 5*4096, unix.ENODATA})
	expect(t, m.list(Options{})["/dev/sda"], drive.CannotTell, drive.SerialPhrase, "medium error at byte 3145728")
}

// A bad sector says that the drive is bad, not that it is somebody's; it is just such a drive that should be tested.
func TestABadSectorBetweenLabelsOfABlankDriveIsNoUse(t *testing.T) {
	for _, errno := range []unix.Errno{unix.ENODATA, unix.EIO} {
		m := newTree(t)
		m.sata("sda", 1)
		m.reads("sda", failing{3 << 20, 3<<20 + 4096, errno})
		row := m.list(Options{})["/dev/sda"]
		expect(t, row, drive.None, drive.NoPhrase, "")
		if row.Usage.FailedReads != 2 { // of the chunk, and of the piece in it
			t.Errorf("%d reads failed", row.Usage.FailedReads)
		}
	}
	m := newTree(t)
	m.sata("sda", 1)
	m.reads("sda", failing{3 << 20, 3<<20 + 4096, unix.EBADE}) // a reservation is no bad sector
	row := m.list(Options{})["/dev/sda"]
	expect(t, row, drive.Remote, drive.NoPhrase, "")
	if row.Usage.FailedReads != 0 {
		t.Errorf("%d refused reads count as failed", row.Usage.FailedReads)
	}
}

func TestAGlanceForReadingIsNoUse(t *testing.T) {
	reader, writer, stays := opener{pid: "1"}, opener{pid: "2", write: true}, opener{pid: "3"}
	got := lasting([]opener{reader, writer, stays}, []opener{stays})
	if want := []opener{writer, stays}; !slices.Equal(got, want) {
		t.Errorf("uses are %v, want %v", got, want)
	}
}

func TestUnknownContentIsData(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.reads("sda", bytesAt{3 << 20: []byte("somebody's")})
	expect(t, m.list(Options{})["/dev/sda"], drive.Data, drive.SerialPhrase, "unknown content at byte")
}

// A quick wipe takes the table and the superblock: the files are still there, and so are the copies that bring them
// back.
func TestADriveAfterAQuickWipeIsData(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	super := make([]byte, 1024)
	for at, v := range map[int]uint32{0: 8192, 4: 1 << 18, 24: 2, 32: 32768, 56: 0xef53, 76: 1} {
		binary.LittleEndian.PutUint32(super[at:], v)
	}
	super[90] = 1 // its block group
	copy(super[104:], "0123456789abcdef")
	copy(super[120:], "media")
	m.reads("sda", bytesAt{1<<20 + 128<<20: super})
	row := m.list(Options{})["/dev/sda"]
	expect(t, row, drive.Data, drive.SerialPhrase, `ext2 file system "media", found by a copy of its superblock`)
	if drive.StartableFor(row.Identity, row.Usage).Destructive {
		t.Error("it can be started without a word")
	}
}

func TestADriveUnderTestShowsItsJobAndIsLeftAlone(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.open["sda"] = func(bool) (Device, error) { t.Error("it was opened"); return nil, errors.New("no") }
	row := m.list(Options{Busy: map[string]string{"SER00001@5000C50000000001": "job0000000000001"}})["/dev/sda"]
	expect(t, row, drive.BurnIn, drive.NoPhrase, "job0000000000001")
	if row.Job != "job0000000000001" {
		t.Errorf("the row's job is %q", row.Job)
	}
}

func TestALoopOnADriveUnderTestIsLocked(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.block("loop0", virtual, gib, map[string]string{"loop/backing_file": "/dev/sda"})
	rows := m.list(Options{VirtualDrives: true,
		Busy: map[string]string{"SER00001@5000C50000000001": "job0000000000001"}})
	if row := rows["/dev/loop0"]; drive.StartableFor(row.Identity, row.Usage).Destructive {
		t.Errorf("it can be started:\n%s", whyOf(row.Usage))
	}
}

func TestFindGivesTodaysPath(t *testing.T) {
	m := newTree(t)
	m.sata("sdc", 1)
	want := drive.Identity{Serial: "ser00001", WWN: "5000C50000000001", SizeBytes: gib}
	if path, err := m.host().Find(t.Context(), want, Options{}); err != nil || path != "/dev/sdc" {
		t.Errorf("found %q, %v", path, err)
	}
	want.SizeBytes++
	if path, err := m.host().Find(t.Context(), want, Options{}); err == nil {
		t.Errorf("a drive of another size was found: %s", path)
	}
	want.Serial, want.WWN = "SER00002", "5000C50000000002"
	if _, err := m.host().Find(t.Context(), want, Options{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a drive that is not there: %v", err)
	}
}

func TestCommandNodesLeadToTheirDrives(t *testing.T) {
	m := newTree(t)
	m.sata("sda", 1)
	m.file("/sys/block/sda/device/scsi_generic/sg0/dev", "21:0\n")
	const at = "pci0000:00/0000:03:00.0/nvme/nvme0"
	for i, name := range []string{"nvme0n1", "nvme0n2"} {
		m.block(name, at, gib, map[string]string{"device/serial": "N1", "device/dev": "240:0",
			"nsid": fmt.Sprint(i + 1)})
		m.file("/sys/devices/"+at+"/ng0n"+fmt.Sprint(i+1)+"/dev", fmt.Sprintf("239:%d", i))
	}
	s, err := m.host().newSurvey(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	leads := s.topo.nodesOf(s.nodes)
	for dev, want := range map[Number]string{{21, 0}: "/dev/sda", {240, 0}: "/dev/nvme0n1, /dev/nvme0n2",
		{239, 0}: "/dev/nvme0n1", {239, 1}: "/dev/nvme0n2"} {
		if got := names(leads[devKey{dev, true}], nil); got != want {
			t.Errorf("character device %v leads to %q, want %q", dev, got, want)
		}
	}
}

func TestProcessesThatMayNotBeSeenLockRealDrives(t *testing.T) {
	l := layerResult{name: openLayer, clean: "free", claims: claims{}, err: hiddenError{"1"}}
	n := &node{block: &block{name: "sda"}}
	if u := usageOf(l.answers(n)); u.Class != drive.CannotTell {
		t.Errorf("a drive is %s", u.Class)
	}
	n.virtual = true
	if u := usageOf(l.answers(n)); u.Class != drive.None {
		t.Errorf("a loop device in a lab is %s", u.Class)
	}
}
