package label

import (
	"strings"
	"testing"
)

func mdV1Block(at map[int]any) []byte {
	all := map[int]any{
		0: uint32(mdMagic), 4: uint32(1), 16: anID, 32: "nas:2", 72: uint32(5), 92: uint32(4),
		168: []byte(strings.Repeat("\xaa", 16)),
	}
	for k, v := range at {
		all[k] = v
	}
	return fields(256, all)
}

func TestLinuxRAIDOfEachMetadataVersion(t *testing.T) {
	size := 64*mib + 512*5
	for minor, off := range map[string]int64{"1.1": 0, "1.2": 4096, "1.0": 64*mib - 8192} {
		f := only(t, newDrive(size).put(off, mdV1Block(nil)).scan(t), "md")
		want(t, "offset", f.Offset, off)
		want(t, "uuid", f.UUID, "01234567:89abcdef:01234567:89abcdef")
		want(t, "member", f.DeviceUUID, "aaaaaaaa:aaaaaaaa:aaaaaaaa:aaaaaaaa")
		want(t, "name", f.Name, "nas:2")
		want(t, "level", f.Level, "raid5")
		want(t, "devices", f.Devices, 4)
		want(t, "text", f.Text, `Linux RAID "nas:2", raid5 of 4 drives (metadata `+minor+`)`)
	}
	old := fields(256, map[int]any{
		0: uint32(mdMagic), 4: uint32(0), 8: uint32(90), 20: uint32(0x01234567), 28: uint32(1), 40: uint32(2),
		52: uint32(0x89abcdef), 56: uint32(0x11111111), 60: uint32(0x22222222),
	})
	f := only(t, newDrive(size).put(64*mib-64*kib, old).scan(t), "md")
	want(t, "uuid", f.UUID, "01234567:89abcdef:11111111:22222222")
	want(t, "text", f.Text, "Linux RAID, raid1 of 2 drives (metadata 0.90)")
}

func TestFirmwareRAIDAtTheTail(t *testing.T) {
	size := 100 * mib
	for _, c := range []struct {
		kind string
		off  int64
		data string
	}{
		{"ddf", size - 512, "\xde\x11\xde\x11crc LSI     serial"},
		{"ddf", size - 257*512, "\x11\xde\x11\xde"},
		{"ddf", size - 4096, "\xde\x11\xde\x11"},
		{"imsm", size - 1024, "Intel Raid ISM Cfg Sig. 1.3.00"},
		{"imsm", size - 8192, "Intel Raid ISM Cfg Sig. 1.3.00"},
		{"firmware_raid", size - 63*512, "Promise Technology, Inc."},
		{"firmware_raid", size - 1024, "NVIDIA"},
	} {
		f := only(t, newDrive(size).put(c.off, []byte(c.data)).scan(t), c.kind)
		want(t, "offset of "+c.kind, f.Offset, c.off)
	}
}

func TestOtherMembersAreFound(t *testing.T) {
	size := 100 * mib
	f := only(t, newDrive(size).put(size-4096, fields(64, map[int]any{40: be64(0xabcd), 60: be32(0x8374026b)})).scan(t),
		"drbd")
	want(t, "drbd id", f.UUID, "abcd")

	f = only(t, newDrive(size).put(size-512, []byte("GEOM::ELI\x00\x00\x00\x00\x00\x00\x00\x07")).scan(t), "geli")
	want(t, "geli offset", f.Offset, size-512)
	only(t, newDrive(size).put(size-4096, []byte("GEOM::ELI")).scan(t), "geli")
	want(t, "mirror", only(t, newDrive(size).put(size-512, []byte("GEOM::MIRROR")).scan(t), "geom").Text,
		"member of a GEOM mirror")

	f = only(t, newDrive(size).put(0, []byte("bluestore block device\n"+anUUID+"\n")).scan(t), "ceph")
	want(t, "osd", f.UUID, anUUID)
	want(t, "ceph text", f.Text, "Ceph BlueStore device")

	f = only(t, newDrive(size).put(4096, fields(256, map[int]any{24: magics[5].bytes, 40: "0123456789abcdef", 56: anID,
		72: "fast"})).scan(t), "bcache")
	want(t, "set", f.UUID, anUUID)
	want(t, "text", f.Text, `bcache device "fast"`)
}

func TestTheSecondHeaderOfLUKSIsFoundWhenTheFirstIsGone(t *testing.T) {
	for off := 16 * kib; off <= 4*mib; off *= 2 {
		header := fields(512, map[int]any{0: "SKUL\xba\xbe", 6: be16(2), 24: "vault", 168: anUUID, 256: be64(off)})
		f := only(t, newDrive(64*mib).put(off, header).scan(t), "luks")
		want(t, "uuid", f.UUID, anUUID)
		want(t, "damaged", f.Damaged, true)
	}
}

func TestEachMagicIsFoundAtItsPlace(t *testing.T) {
	sane := map[string]map[int]any{
		"xfs":         {4: be32(4096)},
		"f2fs":        {16: uint32(12)},
		"corestorage": {8: uint16(1), 10: uint16(0x10)},
		"gfs2":        {4: be32(1)},
		"nilfs2":      {0: uint32(2)},
	}
	for _, m := range magics {
		d := newDrive(8*mib).put(m.base, fields(magicSpan, sane[m.kind])).put(m.base+int64(m.at), []byte(m.bytes))
		f := only(t, d.scan(t), m.kind)
		want(t, "offset of "+m.kind, f.Offset, m.base+int64(m.at))
		want(t, "text of "+m.kind, f.Text, m.text)
		if m.at+len(m.bytes) > magicSpan || m.name+m.nameLength > magicSpan || m.uuid+16 > magicSpan {
			t.Errorf("%s refers to bytes beyond those read", m.kind)
		}
	}
}

func TestFileSystemsWithoutAToolHere(t *testing.T) {
	size := 100 * mib
	fat := fields(512, map[int]any{
		0: "\xeb\x58\x90mkfs.fat", 11: uint16(512), 13: byte(8), 14: uint16(32), 16: byte(2), 21: byte(0xf8),
		36: uint32(200),
		67: uint32(0x1234abcd), 71: "STICK      ", 82: "FAT32   ", 510: "\x55\xaa",
	})
	f := only(t, newDrive(size).put(0, fat).scan(t), "vfat")
	want(t, "label", f.Name, "STICK")
	want(t, "serial", f.UUID, "1234-ABCD")

	toGo := append([]byte(nil), fat...)
	copy(toGo[3:], "MSWIN4.1")
	copy(toGo[424:], "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01")
	only(t, newDrive(size).put(0, toGo).scan(t), "bitlocker")
	only(t, newDrive(size).put(0, []byte("\xeb\x58\x90-FVE-FS-")).scan(t), "bitlocker")
	only(t, newDrive(size).put(0, []byte("\xeb\x52\x90NTFS    ")).put(510, []byte("\x55\xaa")).scan(t), "ntfs")

	only(t, newDrive(size).put(1024, fields(512, map[int]any{0: "H+", 2: be16(4), 40: be32(4096)})).scan(t), "hfs")
	f = only(t, newDrive(size).put(32*kib, fields(2048, map[int]any{0: "\x01CD001\x01", 40: "TRUENAS  "})).scan(t),
		"iso9660")
	want(t, "volume", f.Name, "TRUENAS")
	only(t, newDrive(size).put(34*kib, []byte("\x00NSR03\x01")).scan(t), "udf")
	only(t, newDrive(size).put(6*512, []byte("PRIVHEAD")).scan(t), "ldm")
	for page := 4 * kib; page <= 64*kib; page *= 2 {
		only(t, newDrive(size).put(page-10, []byte("SWAPSPACE2")).scan(t), "swap")
	}
}

func TestACopyOfABtrfsSuperblockIsEnough(t *testing.T) {
	super := func(off int64) []byte {
		return fields(4096, map[int]any{32: anID, 48: uint64(off), 64: "_BHRfS_M", 136: uint64(3), 299: "media"})
	}
	for _, off := range []int64{64 * mib, 256 * gib} {
		f := only(t, newDrive(300*gib).put(off, super(off)).scan(t), "btrfs")
		want(t, "offset", f.Offset, off)
		want(t, "text", f.Text, `btrfs file system "media" over 3 drives, found by a copy of its superblock`)
	}
	d := newDrive(300 * gib)
	for _, off := range []int64{64 * kib, 64 * mib, 256 * gib} {
		d.put(off, super(off))
	}
	want(t, "damaged", only(t, d.scan(t), "btrfs").Damaged, false)
}
