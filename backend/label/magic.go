package label

import (
	"fmt"
	"slices"
	"strings"
)

// magic describes a label that a fixed string at a fixed place gives away.
type magic struct {
	kind, text string
	base       int64  // of the superblock, in the region
	at         int    // of the magic, in the superblock
	bytes      string // the magic
	// Where the superblock keeps these; zero length or offset is nowhere.
	uuid, device     int
	name, nameLength int
	id               func(block) string // the identity where it is no UUID; empty is none
	sane             func(block) bool   // nil: the magic is enough
}

const magicSpan = 1408 // bytes of a superblock that the table refers to

var magics = []magic{
	{kind: "xfs", text: "XFS file system", bytes: "XFSB", uuid: 32, name: 108, nameLength: 12,
		sane: func(b block) bool { return powerOfTwo(b.be32(4)) }},
	{kind: "ntfs", text: "NTFS file system", at: 3, bytes: "NTFS    ", id: serial64(72)},
	{kind: "refs", text: "ReFS file system", at: 3, bytes: "ReFS\x00", id: serial64(56)},
	{kind: "exfat", text: "exFAT file system", at: 3, bytes: "EXFAT   ", id: serial32(100)},
	{kind: "f2fs", text: "F2FS file system", base: 1024, bytes: "\x10\x20\xf5\xf2", uuid: 108,
		sane: func(b block) bool { return b.le32(16) >= 9 && b.le32(16) <= 16 }},
	{kind: "bcache", text: "bcache device", base: 4096, at: 24, uuid: 56, device: 40, name: 72, nameLength: 32,
		bytes: "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"},
	{kind: "bcachefs", text: "bcachefs file system", base: 4096, at: 24, uuid: 56, name: 72, nameLength: 32,
		bytes: "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef"},
	{kind: "ceph", text: "Ceph BlueStore device", bytes: "bluestore block device", id: words(23, 36)},
	{kind: "stratis", text: "Stratis pool member", base: 512, at: 4, bytes: "!Stra0tis\x86\xff\x02^\x41rh",
		id: words(32, 32, 64, 32)},
	{kind: "stratis", text: "Stratis pool member", base: 9 * 512, at: 4, bytes: "!Stra0tis\x86\xff\x02^\x41rh",
		id: words(32, 32, 64, 32)},
	{kind: "vdo", text: "VDO volume", bytes: "dmvdo001", uuid: 40},
	{kind: "vmfs", text: "VMware VMFS volume member", base: 1 << 20, bytes: "\x0d\xd0\x01\xc0", id: vmwareID(130)},
	{kind: "vmfs", text: "VMware VMFS file system", base: 2 << 20, bytes: "\x5e\xf1\xab\x2f", id: vmwareID(9),
		name: 29, nameLength: 128},
	{kind: "integrity", text: "dm-integrity volume", bytes: "integrt\x00"},
	{kind: "verity", text: "dm-verity volume", bytes: "verity\x00\x00", uuid: 16},
	{kind: "jfs", text: "JFS file system", base: 32 << 10, bytes: "JFS1", uuid: 136, name: 152, nameLength: 16},
	{kind: "reiserfs", text: "ReiserFS file system", base: 64 << 10, at: 52, bytes: "ReIsErFs"},
	{kind: "reiserfs", text: "ReiserFS file system", base: 64 << 10, at: 52, bytes: "ReIsEr2Fs", uuid: 84, name: 100,
		nameLength: 16},
	{kind: "reiserfs", text: "ReiserFS file system", base: 64 << 10, at: 52, bytes: "ReIsEr3Fs", uuid: 84, name: 100,
		nameLength: 16},
	{kind: "reiserfs", text: "ReiserFS file system", base: 8 << 10, at: 52, bytes: "ReIsErFs"},
	{kind: "reiserfs", text: "Reiser4 file system", base: 64 << 10, bytes: "ReIsEr4", uuid: 20, name: 36,
		nameLength: 16},
	{kind: "apfs", text: "APFS container", at: 32, bytes: "NXSB", uuid: 72},
	{kind: "corestorage", text: "Apple Core Storage volume", at: 88, bytes: "CS",
		sane: func(b block) bool { return b.le16(8) == 1 && b.le16(10) == 0x10 }},
	{kind: "ufs", text: "UFS file system", base: 8 << 10, at: 1372, bytes: "\x54\x19\x01\x00", id: serial64(144)},
	{kind: "ufs", text: "UFS file system", base: 64 << 10, at: 1372, bytes: "\x19\x01\x54\x19", id: serial64(144),
		name: 680, nameLength: 32},
	{kind: "ufs", text: "UFS file system", base: 256 << 10, at: 1372, bytes: "\x19\x01\x54\x19", id: serial64(144),
		name: 680, nameLength: 32},
	{kind: "gfs2", text: "GFS2 cluster file system", base: 64 << 10, bytes: "\x01\x16\x19\x70", uuid: 256, name: 160,
		nameLength: 64,
		sane:       func(b block) bool { return b.be32(4) == 1 }},
	{kind: "ocfs2", text: "OCFS2 cluster file system", base: 1024, bytes: "OCFSV2", uuid: 336, name: 272,
		nameLength: 64},
	{kind: "ocfs2", text: "OCFS2 cluster file system", base: 2048, bytes: "OCFSV2", uuid: 336, name: 272,
		nameLength: 64},
	{kind: "ocfs2", text: "OCFS2 cluster file system", base: 4096, bytes: "OCFSV2", uuid: 336, name: 272,
		nameLength: 64},
	{kind: "ocfs2", text: "OCFS2 cluster file system", base: 8192, bytes: "OCFSV2", uuid: 336, name: 272,
		nameLength: 64},
	{kind: "nilfs2", text: "NILFS2 file system", base: 1024, at: 6, bytes: "\x34\x34", uuid: 152, name: 168,
		nameLength: 80,
		sane:       func(b block) bool { return b.le32(0) == 2 && b.le16(4) == 0 }},
	{kind: "squashfs", text: "SquashFS image", bytes: "hsqs"},
	{kind: "erofs", text: "EROFS image", base: 1024, bytes: "\xe2\xe1\xf5\xe0", uuid: 48, name: 64, nameLength: 16},
	{kind: "oracleasm", text: "Oracle ASM disk", at: 32, bytes: "ORCLDISK", name: 40, nameLength: 24},
	{kind: "storage_spaces", text: "Windows Storage Spaces member", base: 4096, bytes: "SPACEDB "},
	{kind: "storage_spaces", text: "Windows Storage Spaces member", bytes: "SPACEDB "},
}

// magicLabels finds what the table above describes.
func magicLabels(g region) []Found {
	var found []Found
	for _, m := range magics {
		b := g.at(m.base, magicSpan)
		if !b.has(m.at, m.bytes) || m.sane != nil && !m.sane(b) {
			continue
		}
		f := Found{Kind: m.kind, Offset: g.base + m.base + int64(m.at)}
		if m.uuid != 0 {
			f.UUID = b.uuid(m.uuid)
		}
		if m.device != 0 {
			f.DeviceUUID = b.uuid(m.device)
		}
		if m.id != nil {
			f.UUID = m.id(b)
		}
		if f.nameless() {
			f.Print = digest(b)
		}
		f.Name = b.text(m.name, m.nameLength)
		f.Text = named(m.text, f.Name)
		if !slices.ContainsFunc(found, func(o Found) bool { return o.Text == f.Text && o.Mark() == f.Mark() }) {
			found = append(found, f) // a second copy of a superblock says nothing new
		}
	}
	return found
}

// vmwareID is an identity as VMware prints it: numbers of four, four and two bytes, and six bytes.
func vmwareID(off int) func(block) string {
	return func(b block) string {
		if b.le64(off) == 0 && b.le64(off+8) == 0 {
			return ""
		}
		return fmt.Sprintf("%08x-%08x-%04x-%x", b.le32(off), b.le32(off+4), b.le16(off+8), []byte(b.cut(off+10, 6)))
	}
}

// serial64 is an identity of eight bytes, as Windows prints it.
func serial64(off int) func(block) string {
	return func(b block) string {
		if b.le64(off) == 0 {
			return ""
		}
		return fmt.Sprintf("%016X", b.le64(off))
	}
}

// serial32 is an identity of four bytes, as Windows prints it.
func serial32(off int) func(block) string { return func(b block) string { return fatSerial(b, off) } }

func fatSerial(b block, off int) string {
	if b.le32(off) == 0 {
		return ""
	}
	return fmt.Sprintf("%04X-%04X", b.le16(off+2), b.le16(off))
}

// words is an identity in text, in pieces of which each has an offset and a length.
func words(at ...int) func(block) string {
	return func(b block) string {
		var out []string
		for i := 0; i+1 < len(at); i += 2 {
			out = append(out, strings.Fields(b.text(at[i], at[i+1]))...)
		}
		return strings.Join(out, " ")
	}
}
