package label

import "fmt"

// drbdLabels finds DRBD's own metadata in the last 4 KiB.
func drbdLabels(g region) []Found {
	const minimum = 64 << 10
	off := g.size/4096*4096 - 4096
	if g.size < minimum {
		return nil
	}
	b := g.at(off, 512)
	version := 8
	switch b.be32(60) {
	case 0x8374026b, 0x8374026c:
	case 0x8374026d:
		version = 9
	default:
		return nil
	}
	f := Found{Kind: "drbd", Offset: g.base + off, Text: fmt.Sprintf("DRBD %d replicated volume", version)}
	id := b.be64(40)
	if version == 9 {
		id = b.be64(48)
	}
	if id != 0 {
		f.UUID = fmt.Sprintf("%x", id)
	}
	return []Found{f}
}

// firmwareLabels finds the metadata of RAID in a controller's or mainboard's firmware, counted in
// sectors from the drive's end; both sector sizes are tried, since adapters change them.
func firmwareLabels(g region) []Found {
	var found []Found
	add := func(kind, text string, off int64, id block) {
		f := Found{Kind: kind, Offset: g.base + off, Text: text}
		if !id.blank() {
			f.UUID = fmt.Sprintf("%x", []byte(id))
		}
		found = append(found, f)
	}
	for _, sector := range []int64{512, 4096} {
		for _, n := range []int64{1, 257} {
			off := g.size/sector*sector - n*sector
			b := g.at(off, 512)
			if b.be32(0) == 0xde11de11 || b.le32(0) == 0xde11de11 {
				add("ddf", named("member of a DDF RAID", b.text(8, 24)), off, b.cut(8, 24))
			}
		}
		off := g.size/sector*sector - 2*sector
		b := g.at(off, 512)
		if b.has(0, "Intel Raid ISM Cfg Sig. ") {
			add("imsm", "member of an Intel RAID (IMSM)", off, b.cut(40, 4))
		}
	}
	last := g.size / 512
	for _, m := range []struct {
		fromEnd     int64
		magic, text string
	}{
		{2, "NVIDIA", "member of an NVIDIA RAID"},
		{1, "$XIDE$", "member of an LSI RAID"},
		{1, "\x37\xfc\x4d\x1e", "member of an Adaptec RAID"},
	} {
		off := (last - m.fromEnd) * 512
		if g.at(off, 512).has(0, m.magic) {
			add("firmware_raid", m.text, off, nil)
		}
	}
	for _, n := range []int64{63, 255, 256, 16, 399, 591, 675, 735, 911, 974, 991, 951, 3087} {
		off := (last - n) * 512
		if g.at(off, 512).has(0, "Promise Technology, Inc.") {
			add("firmware_raid", "member of a Promise RAID", off, nil)
			break
		}
	}
	return found
}

// ldmLabels finds the private header of Windows dynamic disks: in sector 6 with an MBR, and its
// copy in the last sector.
func ldmLabels(g region) []Found {
	for _, off := range []int64{6 * 512, g.size/512*512 - 512} {
		if b := g.at(off, 512); b.has(0, "PRIVHEAD") {
			return []Found{{Kind: "ldm", Offset: g.base + off, Text: "Windows dynamic disk", UUID: b.text(48, 36)}}
		}
	}
	return nil
}
