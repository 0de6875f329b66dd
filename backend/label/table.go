package label

import (
	"fmt"
	"hash/crc32"
	"strings"
)

const (
	gptEntries     = 1024      // looked at in one table; the usual number is 128
	gptEntriesSpan = 256 << 10 // bytes of entries read
	ebrChain       = 64
	extended       = "extended" // type name
)

type extent struct{ start, size int64 }

// tables finds the partition tables in g and gives the regions that their entries name, each once.
func tables(g region) (found []Found, children []region) {
	seen := map[extent]bool{}
	enter := func(parts []Partition) {
		for _, p := range parts {
			if p.TypeName == extended {
				continue // its partitions are in the list themselves
			}
			c, ok := g.child(p.Start-g.base, p.Length, p.Number)
			if at := (extent{c.base, c.size}); ok && !seen[at] {
				seen[at] = true
				children = append(children, c)
			}
		}
	}
	found = gptTables(g)
	mbr, ok := mbrTable(g, g.sector, len(found) > 0)
	if ok {
		found = append(found, mbr)
	}
	for _, parse := range []func(region) (Found, bool){apmTable, bsdTable, sunTable} {
		if f, ok := parse(g); ok {
			found = append(found, f)
		}
	}
	for _, f := range found {
		enter(f.Partitions)
	}
	if ok {
		// A USB bridge may have shown another sector size when the table was made: look there too.
		other, _ := mbrTable(g, otherUnit(g.sector), true)
		enter(other.Partitions)
	}
	return found, children
}

func otherUnit(sector int64) int64 {
	if sector == 4096 {
		return 512
	}
	return 4096
}

// gptTables finds the primary header in the second sector and the backup in the last, for both
// sector sizes, and the backup where the primary says it is: a drive that was copied to a larger
// one keeps it in the middle.
func gptTables(g region) []Found {
	var found []Found
	for _, unit := range []int64{512, 4096} {
		primary, ok := gptTable(g, "gpt", unit, unit)
		if ok {
			found = append(found, primary)
		}
		last := g.size/unit*unit - unit
		if backup, ok := gptTable(g, "gpt_backup", last, unit); ok {
			found = append(found, backup)
		}
		if other := g.at(unit, 512).le64(32); ok && other < uint64(g.size/unit) && int64(other)*unit != last {
			if backup, ok := gptTable(g, "gpt_backup", int64(other)*unit, unit); ok {
				found = append(found, backup)
			}
		}
	}
	return found
}

func gptTable(g region, kind string, off, unit int64) (Found, bool) {
	b := g.at(off, 512)
	if !b.has(0, "EFI PART") {
		return Found{}, false
	}
	f := Found{Kind: kind, Offset: g.base + off, UUID: b.guid(56), Print: digest(b)}
	header := append(block(nil), b.cut(0, int(min(b.le32(12), 512)))...)
	for i := 16; i < 20 && i < len(header); i++ {
		header[i] = 0
	}
	f.Damaged = len(header) < 92 || crc32.ChecksumIEEE(header) != b.le32(16)

	lba, count, size := b.le64(72), int64(b.le32(80)), int64(b.le32(84))
	if lba < uint64(g.size/unit) && size >= 128 && size <= 4096 {
		count = min(count, gptEntries, gptEntriesSpan/size)
		entries := g.at(int64(lba)*unit, count*size)
		f.Print = digest(entries)
		f.Damaged = f.Damaged || count == int64(b.le32(80)) && crc32.ChecksumIEEE(entries) != b.le32(88)
		for i := range int(count) {
			if p, ok := gptEntry(entries.cut(i*int(size), int(size)), g, unit); ok {
				p.Number = i + 1
				f.Partitions = append(f.Partitions, p)
			}
			if len(f.Partitions) > maxRegions {
				break // one more than is entered, so that a Gap is left
			}
		}
	} else {
		f.Damaged = true
	}
	what := "GPT partition table"
	if kind == "gpt_backup" {
		what = "backup of a GPT partition table"
	}
	if f.Damaged {
		what += ", damaged,"
	}
	f.Text = what + " " + listed(f.Partitions)
	return f, true
}

func gptEntry(e block, g region, unit int64) (Partition, bool) {
	kind := e.guid(0)
	first, last := e.le64(32), e.le64(40)
	if kind == "" || last < first || last >= 1<<48 {
		return Partition{}, false
	}
	return Partition{
		Type: kind, TypeName: gptTypes[kind], Name: e.utf16(56, 36),
		Start: g.base + int64(first)*unit, Length: int64(last-first+1) * unit,
	}, true
}

// mbrTable reads an MBR whose numbers count sectors of unit bytes. beside says that a GPT was
// found, which makes a merely protective MBR a part of it.
func mbrTable(g region, unit int64, beside bool) (Found, bool) {
	b := g.at(0, 512)
	if !b.has(510, "\x55\xaa") {
		return Found{}, false
	}
	f := Found{Kind: "mbr", Offset: g.base}
	if b.le32(440) != 0 {
		f.UUID = fmt.Sprintf("%08x", b.le32(440))
	}
	used, protective := 0, 0
	for i := range 4 {
		e := b.cut(446+16*i, 16)
		if e.u8(0)&0x7f != 0 {
			return Found{}, false
		}
		kind, start, length := e.u8(4), int64(e.le32(8))*unit, int64(e.le32(12))*unit
		if kind == 0 {
			continue
		}
		used++
		if kind == 0xee {
			protective++
			continue
		}
		if start == 0 || length == 0 || start >= g.size {
			f.Damaged = true // or made for a larger drive: the other entries still count
			continue
		}
		p := Partition{Number: i + 1, Type: mbrType(kind), TypeName: mbrTypes[kind], Start: g.base + start,
			Length: length}
		f.Partitions = append(f.Partitions, p)
		if p.TypeName == extended {
			f.Partitions = append(f.Partitions, logical(g, start, unit)...)
		}
	}
	entries := b.cut(446, 64)
	switch {
	case used == 0 && entries.blank():
		if fatBoot(b) || b.has(3, "NTFS") || b.has(3, "EXFAT") || b.has(3, "ReFS") || bitlocker(b) || beside {
			return Found{}, false // the boot sector of a file system ends with the same two bytes
		}
		f.Text = "MBR partition table without partitions"
	case used == 0:
		if !b.cut(0, 446).blank() || !entries.cut(16, 48).blank() || entries.le32(12) == 0 {
			return Found{}, false
		}
		f.Kind, f.Text = "unraid_preclear", "mark of a drive that was cleared for an Unraid array"
	case used == protective:
		if beside {
			return Found{}, false
		}
		f.Text, f.Damaged = "protective MBR whose GPT is gone", true
	case len(f.Partitions) == 0:
		return Found{}, false
	default:
		f.Text = "MBR partition table " + listed(f.Partitions)
	}
	f.Print = digest(b, []byte(fmt.Sprint(f.Partitions))) // of an extended partition the parts lie elsewhere
	return f, true
}

// logical follows the chain of extended boot records that begins at start, in bytes.
func logical(g region, start, unit int64) []Partition {
	var out []Partition
	at := start
	for n := range ebrChain {
		b := g.at(at, 512)
		if !b.has(510, "\x55\xaa") {
			break
		}
		e := b.cut(446, 16)
		if first, length := int64(e.le32(8))*unit, int64(e.le32(12))*unit; e.u8(4) != 0 && length != 0 {
			out = append(out, Partition{
				Number: 5 + n, Type: mbrType(e.u8(4)), TypeName: mbrTypes[e.u8(4)], Start: g.base + at + first,
				Length: length,
			})
		}
		next := start + int64(b.le32(446+16+8))*unit
		if b.u8(446+16+4) == 0 || next <= at {
			break
		}
		at = next
	}
	return out
}

// apmTable reads an Apple partition map.
func apmTable(g region) (Found, bool) {
	head := g.at(0, 512)
	unit := int64(512)
	if head.has(0, "ER") && head.be16(2) >= 512 && powerOfTwo(head.be16(2)) {
		unit = int64(head.be16(2))
	}
	f := Found{Kind: "apm", Offset: g.base + unit}
	count, said := int64(1), append(block(nil), head...)
	for i := int64(1); i <= count; i++ {
		e := g.at(i*unit, 512)
		if !e.has(0, "PM\x00\x00") {
			break
		}
		count = min(int64(e.be32(4)), 64)
		said = append(said, e...)
		f.Partitions = append(f.Partitions, Partition{
			Number: int(i), Type: e.text(48, 32), Name: e.text(16, 32),
			Start: g.base + int64(e.be32(8))*unit, Length: int64(e.be32(12)) * unit,
		})
	}
	f.Print = digest(said)
	f.Text = "Apple partition map " + listed(f.Partitions)
	return f, len(f.Partitions) > 0
}

// bsdTable reads a BSD disklabel, whose offsets count from where its raw partition ("c") begins.
func bsdTable(g region) (Found, bool) {
	for _, off := range []int64{512, 64} {
		b := g.at(off, 512)
		if b.le32(0) != 0x82564557 || b.le32(132) != 0x82564557 {
			continue
		}
		f := Found{Kind: "bsd", Offset: g.base + off, Print: digest(b)}
		unit := int64(b.le32(40))
		if unit != 512 && unit != 4096 {
			unit = 512
		}
		const raw = 2
		origin := int64(b.le32(148+16*raw+4)) * unit
		for i := range int(min(b.le16(138), 22)) {
			e := b.cut(148+16*i, 16)
			length, start := int64(e.le32(0))*unit, int64(e.le32(4))*unit-origin
			if length == 0 || i == raw || start < 0 {
				continue
			}
			f.Partitions = append(f.Partitions, Partition{
				Number: i + 1, Type: fmt.Sprintf("%d", e.u8(12)), Name: string(rune('a' + i)), Start: g.base + start,
				Length: length,
			})
		}
		f.Text = "BSD disklabel " + listed(f.Partitions)
		return f, true
	}
	return Found{}, false
}

// sunTable recognises a Solaris disk label by its magic and its checksum; its slices are not entered.
func sunTable(g region) (Found, bool) {
	b := g.at(0, 512)
	if b.be16(508) != 0xdabe {
		return Found{}, false
	}
	sum := uint16(0)
	for i := 0; i < 512; i += 2 {
		sum ^= b.be16(i)
	}
	return Found{Kind: "sun", Offset: g.base, Text: "Solaris disk label", Print: digest(b)}, sum == 0
}

// listed names the first partitions of a table.
func listed(parts []Partition) string {
	const shown = 4
	if len(parts) == 0 {
		return "without partitions"
	}
	var out []string
	for _, p := range parts[:min(len(parts), shown)] {
		what := p.TypeName
		if what == "" {
			what = "type " + p.Type
		}
		out = append(out, named(what, p.Name))
	}
	text := "with " + strings.Join(out, ", ")
	if more := len(parts) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
