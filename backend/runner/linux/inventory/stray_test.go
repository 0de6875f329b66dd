//go:build linux

package inventory

import (
	"encoding/binary"
	"testing"

	"burnish/backend/drive"
)

// laid puts numbers and texts over n zero bytes.
func laid(n int, at map[int]any) []byte {
	out := make([]byte, n)
	for off, v := range at {
		switch v := v.(type) {
		case uint32:
			binary.LittleEndian.PutUint32(out[off:], v)
		case uint64:
			binary.LittleEndian.PutUint64(out[off:], v)
		case string:
			copy(out[off:], v)
		}
	}
	return out
}

// A member that dropped out of something that is active here, and came back under another name, is free as far as the
// kernel says: only its label tells that it is wanted back.
func TestAStrayMemberOfSomethingActiveIsLocked(t *testing.T) {
	md := laid(256, map[int]any{0: uint32(0xa92b4efc), 8: uint32(90), 20: uint32(0x01234567), 28: uint32(1),
		40: uint32(2),
		52: uint32(0x89abcdef), 56: uint32(0x11111111), 60: uint32(0x22223333)})
	pv := laid(512, map[int]any{0: "LABELONE", 20: uint32(32), 24: "LVM2 001", 32: "abcdefghijklmnopqrstuvwxyz012345"})
	bcachefs := laid(256, map[int]any{24: "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef",
		56: "0123456789abcdef"})
	imsm := laid(512, map[int]any{0: "Intel Raid ISM Cfg Sig. 1.3.00"})
	ddf := laid(512, map[int]any{0: "\xde\x11\xde\x11crc LSI     serial"})
	drbd := laid(512, map[int]any{60: "\x83\x74\x02\x6b"})
	for name, c := range map[string]struct {
		at    int64
		label []byte
		runs  func(m *tree)
		class drive.Class
		word  string
	}{
		"md 0.90, as the kernel spells its uuid": {gib - 64<<10, md, func(m *tree) {
			m.block("md0", virtual, gib, map[string]string{"md/uuid": "67452301-efcd-ab89-1111-111133332222\n"})
			m.link("/sys/block/md0/slaves/sdb", "x")
		}, drive.RAID, "md0"},
		"md 0.90, as mdadm spells it": {gib - 64<<10, md, func(m *tree) {
			m.block("md0", virtual, gib, nil)
			m.link("/sys/block/md0/slaves/sdb", "x")
			m.tools["mdadm --detail --export /dev/md0"] = "MD_UUID=01234567:89abcdef:11111111:22223333\n"
		}, drive.RAID, "md0"},
		"a physical volume that names no group": {512, pv, func(m *tree) {
			m.block("dm-0", virtual, gib, map[string]string{"dm/uuid": "LVM-abc", "dm/name": "vg-lv"})
		}, drive.CannotTell, "names no volume group"},
		"bcachefs": {4096, bcachefs, func(m *tree) { m.dir("/sys/fs/bcachefs/30313233-3435-3637-3839-616263646566") },
			drive.Mounted, "30313233"},
		"Intel RAID": {gib - 1024, imsm, func(m *tree) {
			m.block("md127", virtual, 0, map[string]string{"md/metadata_version": "external:imsm\n"})
		}, drive.RAID, "may be one of md127"},
		"DDF": {gib - 512, ddf, func(m *tree) {
			m.block("md127", virtual, 0, map[string]string{"md/metadata_version": "external:ddf\n"})
		}, drive.RAID, "may be one of md127"},
		"dmraid": {gib - 1024, imsm, func(m *tree) {
			m.block("dm-1", virtual, gib, map[string]string{"dm/uuid": "DMRAID-isw_abc_Volume0",
				"dm/name": "isw_abc_Volume0"})
		}, drive.RAID, "isw_abc_Volume0"},
		"DRBD": {gib - 4096, drbd, func(m *tree) { m.block("drbd0", virtual, gib, nil) }, drive.OpenByProcess, "drbd0"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTree(t)
			m.sata("sda", 1)
			m.reads("sda", bytesAt{c.at: c.label})
			expect(t, m.list(Options{})["/dev/sda"], drive.Data, drive.SerialPhrase, "") // nothing of the kind runs
			c.runs(m)
			row := m.list(Options{})["/dev/sda"]
			expect(t, row, c.class, drive.NoPhrase, c.word)
			if row.Usage.Unlockable() {
				t.Error("a phrase unlocks it")
			}
		})
	}
}
