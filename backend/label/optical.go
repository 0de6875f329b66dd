package label

import "strings"

const (
	opticalAt     = 32 << 10 // where volume descriptors begin
	opticalSector = 2048
)

// opticalLabels finds ISO 9660 and UDF by their volume descriptors.
func opticalLabels(g region) []Found {
	var found []Found
	area := g.at(opticalAt, 64<<10)
	if area.has(1, "CD001") {
		f := Found{Kind: "iso9660", Offset: g.base + opticalAt, Name: strings.TrimSpace(area.text(40, 32))}
		// Images that are built alike bear the same dates: what else the descriptor says tells them apart.
		f.UUID, f.Print = isoDate(area), digest(area.cut(0, opticalSector))
		f.Text = named("ISO 9660 file system", f.Name)
		found = append(found, f)
	}
	for off := 0; off < len(area); off += opticalSector {
		if area.has(off+1, "NSR02") || area.has(off+1, "NSR03") {
			f := Found{Kind: "udf", Offset: g.base + opticalAt + int64(off), Text: "UDF file system"}
			if d := udfVolume(g); d != nil {
				f.Print, f.Name = digest(d), udfText(d.cut(24, 32))
				f.Text = named(f.Text, f.Name)
			}
			return append(found, f)
		}
	}
	return found
}

// isoDate is when the volume was last changed, else made, as a date of digits; empty where it says neither.
func isoDate(b block) string {
	for _, off := range []int{830, 813} {
		if date := b.text(off, 16); len(date) == 16 && strings.Trim(date, "0") != "" &&
			strings.Trim(date, "0123456789") == "" {
			return date
		}
	}
	return ""
}

// udfVolume gives the primary volume descriptor, to which an anchor leads: in sector 256, or in the last or 257th from
// the end, of whichever sector size the volume was made for.
func udfVolume(g region) block {
	const anchor, primary, descriptors = 2, 1, 16
	for _, unit := range []int64{opticalSector, 512, 4096, 1024} {
		for _, at := range []int64{256, g.size/unit - 257, g.size/unit - 1} {
			b := g.at(at*unit, 512)
			if b.le16(0) != anchor || int64(b.le32(12)) != at {
				continue
			}
			for i := range int64(descriptors) {
				if d := g.at((int64(b.le32(20))+i)*unit, 512); d.le16(0) == primary {
					return d
				}
			}
		}
	}
	return nil
}

// udfText reads a text whose first byte says how wide its characters are.
func udfText(b block) string {
	switch b.u8(0) {
	case 8:
		return b.text(1, len(b)-2)
	case 16:
		var swapped block
		for i := 1; i+2 < len(b); i += 2 {
			swapped = append(swapped, b[i+1], b[i])
		}
		return swapped.utf16(0, len(swapped)/2)
	}
	return ""
}
