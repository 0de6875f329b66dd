package label

import "strings"

// lvmLabels finds an LVM2 physical volume by its label in one of the first four 512-byte sectors,
// and the volume group's name in the first metadata area.
func lvmLabels(g region) []Found {
	head := g.at(0, 4*512)
	for off := 0; off+512 <= len(head); off += 512 {
		b := head[off : off+512]
		if !b.has(0, "LABELONE") || !b.has(24, "LVM2 001") {
			continue
		}
		at := int(min(b.le32(20), 512))
		f := Found{Kind: "lvm", Offset: g.base + int64(off), UUID: lvmUUID(b.text(at, 32))}
		f.Name = clean(lvmGroup(g, b, at+40))
		f.Text = named("LVM physical volume", "")
		if f.Name != "" {
			f.Text = named("LVM physical volume of volume group", f.Name)
		}
		return []Found{f}
	}
	return nil
}

// lvmGroup reads the group's name: the first word of the metadata text. areas is where the list of
// data areas begins in the label; the list of metadata areas follows it.
func lvmGroup(g region, b block, areas int) string {
	const entry = 16
	for b.cut(areas, entry) != nil && b.le64(areas) != 0 {
		areas += entry
	}
	areas += entry
	start := b.le64(areas)
	if b.cut(areas, entry) == nil || start == 0 || start >= uint64(g.size) {
		return ""
	}
	header := g.at(int64(start), 512)
	if !header.has(4, " LVM2 x[5A%r0N*>") {
		return ""
	}
	textAt := header.le64(40) // of the current metadata, from the area's start
	if textAt == 0 || textAt >= uint64(g.size)-start {
		return ""
	}
	text := g.at(int64(start+textAt), 256)
	name, _, ok := strings.Cut(string(text), " {")
	if !ok {
		return ""
	}
	return name
}

// lvmUUID writes 32 characters in LVM's groups of 6-4-4-4-4-4-6.
func lvmUUID(s string) string {
	if len(s) != 32 {
		return s
	}
	return strings.Join([]string{s[:6], s[6:10], s[10:14], s[14:18], s[18:22], s[22:26], s[26:]}, "-")
}
