package label

import (
	"fmt"
	"strings"
)

// luksLabels finds LUKS 1 and 2 headers, and the second header of LUKS 2 when the first is gone: it
// lies at one of nine places, whichever the first one's size was.
func luksLabels(g region) []Found {
	if b := g.at(0, 512); b.has(0, "LUKS\xba\xbe") {
		f := Found{Kind: "luks", Offset: g.base, UUID: b.text(168, 40)}
		version := b.be16(6)
		if version == 2 {
			f.Name = b.text(24, 48)
		}
		f.Text = named(fmt.Sprintf("LUKS %d encrypted volume", version), f.Name)
		return []Found{f}
	}
	for off := int64(0x4000); off <= 0x400000; off *= 2 {
		b := g.at(off, 512)
		if b.has(0, "SKUL\xba\xbe") && b.be64(256) == uint64(off) {
			f := Found{Kind: "luks", Offset: g.base + off, Damaged: true, UUID: b.text(168, 40), Name: b.text(24, 48)}
			f.Text = named("LUKS 2 encrypted volume whose first header is gone", f.Name)
			return []Found{f}
		}
	}
	return nil
}

// bitlockerLabels finds BitLocker, and BitLocker To Go, which hides behind a FAT boot sector.
func bitlockerLabels(g region) []Found {
	b := g.at(0, 512)
	if !bitlocker(b) {
		return nil
	}
	f := Found{Kind: "bitlocker", Offset: g.base, Text: "BitLocker encrypted volume"}
	at := 176 // of the place of its metadata, which bear the volume's identity; the boot sector bears none
	if b.has(3, "MSWIN4.1") {
		at = 440
	}
	if meta := g.at(int64(min(b.le64(at), 1<<62)), 512); meta.has(0, "-FVE-FS-") {
		f.UUID = meta.guid(80)
	}
	return []Found{f}
}

func bitlocker(b block) bool {
	return b.has(3, "-FVE-FS-") || b.has(3, "MSWIN4.1") && b.guid(424) == "4967d63b-2e29-4ad8-8399-f6a339e3d001"
}

// geomLabels finds the metadata that FreeBSD's GEOM classes keep in the last sector, whichever
// sector size the drive had when it was written.
func geomLabels(g region) []Found {
	for _, sector := range []int64{512, 4096} {
		off := g.size - sector
		b := g.at(off, 512)
		if !b.has(0, "GEOM::") {
			continue
		}
		class := strings.TrimPrefix(b.text(0, 16), "GEOM::")
		if class == "ELI" {
			return []Found{{Kind: "geli", Offset: g.base + off, Text: "GELI encrypted volume"}}
		}
		f := Found{Kind: "geom", Offset: g.base + off, Text: "member of a GEOM " + strings.ToLower(class)}
		if class != "LABEL" {
			return []Found{f}
		}
		f.Name = b.text(20, 16)
		f.Text = named("GEOM label", f.Name)
		return []Found{f}
	}
	return nil
}
