package label

import "fmt"

// btrfsLabels finds btrfs superblocks at their three places; each says where it belongs.
func btrfsLabels(g region) []Found {
	var found []Found
	for _, off := range []int64{64 << 10, 64 << 20, 256 << 30} {
		b := g.at(off, 4096)
		if !b.has(64, "_BHRfS_M") || b.le64(48) != uint64(off) {
			continue
		}
		f := Found{
			Kind: "btrfs", Offset: g.base + off, UUID: b.uuid(32), DeviceUUID: b.uuid(267), Name: b.text(299, 256),
			Devices: int(min(b.le64(136), 1<<20)),
		}
		if len(found) > 0 && found[0].UUID == f.UUID && found[0].DeviceUUID == f.DeviceUUID {
			continue
		}
		f.Damaged = off != 64<<10
		f.Text = named("btrfs file system", f.Name)
		if f.Devices > 1 {
			f.Text += fmt.Sprintf(" over %d drives", f.Devices)
		}
		if f.Damaged {
			f.Text += ", found by a copy of its superblock"
		}
		found = append(found, f)
	}
	return found
}

// extLabels finds ext2, 3 and 4. The magic has two bytes only, so the fields beside it must make sense.
func extLabels(g region) []Found {
	b := g.at(1024, 1024)
	if !extSane(b) {
		return nil
	}
	return []Found{extFound(b, g.base+1024)}
}

func extSane(b block) bool {
	inodes, blocks, perGroup := b.le32(0), b.le32(4), b.le32(32)
	return b.le16(56) == 0xef53 && inodes != 0 && blocks != 0 && perGroup != 0 && b.le32(24) <= 6 && b.le32(76) <= 1
}

func extFound(b block, off int64) Found {
	kind := "ext2"
	compat, incompat := b.le32(92), b.le32(96)
	switch {
	case incompat&0x8 != 0:
		kind = "external journal of an ext"
	case incompat&^0x17 != 0: // extents, 64 bit, flexible groups...
		kind = "ext4"
	case compat&0x4 != 0:
		kind = "ext3"
	}
	f := Found{Kind: "ext", Offset: off, UUID: b.uuid(104), Name: b.text(120, 16)}
	f.Text = named(kind+" file system", f.Name)
	if mounted := b.text(136, 64); mounted != "" {
		f.Text += " last mounted on " + mounted
	}
	return f
}

// fatBoot says whether b is a FAT boot sector; it has no magic that other systems do not share.
func fatBoot(b block) bool {
	jump := b.u8(0) == 0xe9 || b.u8(0) == 0xeb
	media := b.u8(21)
	sector := b.le16(11)
	return jump && sector >= 512 && sector <= 4096 && powerOfTwo(sector) && powerOfTwo(b.u8(13)) && b.le16(14) != 0 &&
		b.u8(16) >= 1 && b.u8(16) <= 4 && (media == 0xf0 || media >= 0xf8) && (b.le16(22) != 0 || b.le32(36) != 0)
}

func fatLabels(g region) []Found {
	b := g.at(0, 512)
	if !fatBoot(b) || bitlocker(b) {
		return nil
	}
	serial, name := 39, 43
	if b.le16(22) == 0 { // FAT32 keeps the size of its tables elsewhere, and these after it
		serial, name = 67, 71
	}
	f := Found{Kind: "vfat", Offset: g.base, Name: b.text(name, 11)}
	if f.Name == "NO NAME" {
		f.Name = ""
	}
	f.UUID = fatSerial(b, serial)
	f.Text = named("FAT file system", f.Name)
	return []Found{f}
}

// swapLabels finds Linux swap and hibernation images; the magic ends the first page, whose size is
// that of the machine that made it.
func swapLabels(g region) []Found {
	for page := int64(4096); page <= 64<<10; page *= 2 {
		magic := g.at(page-10, 10)
		text := "Linux swap"
		switch {
		case magic.has(0, "SWAPSPACE2"), magic.has(0, "SWAP-SPACE"):
		case magic.has(0, "S1SUSPEND\x00"), magic.has(0, "S2SUSPEND\x00"), magic.has(0, "ULSUSPEND\x00"),
			magic.has(0, "LINHIB0001"):
			text = "Linux swap with a hibernated system"
		default:
			continue
		}
		f := Found{Kind: "swap", Offset: g.base + page - 10}
		if b := g.at(1024, 68); b.le32(0) == 1 || b.be32(0) == 1 {
			f.UUID, f.Name = b.uuid(12), b.text(28, 16)
		}
		if f.UUID == "" || text != "Linux swap" { // to hibernate keeps the identity
			f.Print = digest(g.at(0, page))
		}
		f.Text = named(text, f.Name)
		return []Found{f}
	}
	return nil
}

// hfsLabels finds HFS and HFS+, whose magics have two bytes.
func hfsLabels(g region) []Found {
	b := g.at(1024, 512)
	unit := b.be32(40)
	switch {
	case (b.has(0, "H+") && b.be16(2) == 4 || b.has(0, "HX") && b.be16(2) == 5) && unit >= 512 && powerOfTwo(unit):
		return []Found{{Kind: "hfs", Offset: g.base + 1024, Text: "HFS+ file system", UUID: hfsID(b, 104)}}
	case b.has(0, "BD") && b.be32(20) != 0 && b.be32(20)%512 == 0 && b.u8(36) >= 1 && b.u8(36) <= 27:
		name := b.text(37, int(b.u8(36)))
		return []Found{{Kind: "hfs", Offset: g.base + 1024, Name: name, Text: named("HFS file system", name),
			UUID: hfsID(b, 116)}}
	}
	return nil
}

// hfsID is the volume's identity, which it only has once a Mac has mounted it.
func hfsID(b block, off int) string {
	if b.be64(off) == 0 {
		return ""
	}
	return fmt.Sprintf("%016x", b.be64(off))
}
