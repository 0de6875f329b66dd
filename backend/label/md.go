package label

import (
	"fmt"
	"strings"
)

const mdMagic = 0xa92b4efc

// mdLabels finds Linux software RAID superblocks: 1.1 at the start, 1.2 after 4 KiB, 1.0 within the
// last 8 to 12 KiB, 0.90 in the last whole 64 KiB but one.
func mdLabels(g region) []Found {
	var found []Found
	sectors := g.size / 512
	for _, p := range []struct {
		off   int64
		minor string
	}{{0, "1.1"}, {4096, "1.2"}, {(sectors - 16) &^ 7 * 512, "1.0"}} {
		b := g.at(p.off, 256)
		if b.le32(0) == mdMagic && b.le32(4) == 1 {
			found = append(found, mdV1(b, g.base+p.off, p.minor))
		}
	}
	const reserved = 64 << 10
	if off := g.size/reserved*reserved - reserved; off >= 0 {
		b := g.at(off, 256)
		switch {
		case b.le32(0) == mdMagic && b.le32(4) == 0:
			found = append(found, mdV0(b.le32, g.base+off))
		case b.be32(0) == mdMagic && b.be32(4) == 0:
			found = append(found, mdV0(b.be32, g.base+off))
		}
	}
	return found
}

func mdV1(b block, off int64, minor string) Found {
	f := Found{
		Kind: "md", Offset: off, UUID: colons(b, 16), DeviceUUID: colons(b, 168), Name: b.text(32, 32),
		Level: mdLevel(int32(b.le32(72))), Devices: int(b.le32(92)),
	}
	f.Text = fmt.Sprintf("%s, %s of %d drives (metadata %s)", named("Linux RAID", f.Name), f.Level, f.Devices, minor)
	return f
}

func mdV0(word func(int) uint32, off int64) Found {
	f := Found{Kind: "md", Offset: off, Level: mdLevel(int32(word(28))), Devices: int(word(40))}
	if word(20)|word(52)|word(56)|word(60) != 0 {
		f.UUID = fmt.Sprintf("%08x:%08x:%08x:%08x", word(20), word(52), word(56), word(60))
	}
	f.Text = fmt.Sprintf("Linux RAID, %s of %d drives (metadata 0.90)", f.Level, f.Devices)
	return f
}

func mdLevel(level int32) string {
	switch level {
	case -4:
		return "multipath"
	case -1:
		return "linear"
	case 0, 1, 4, 5, 6, 10:
		return fmt.Sprintf("raid%d", level)
	}
	return fmt.Sprintf("level %d", level)
}

// colons writes 16 bytes as mdadm does; empty when all are zero.
func colons(b block, off int) string {
	if b.cut(off, 16).blank() {
		return ""
	}
	words := make([]string, 4)
	for i := range words {
		words[i] = fmt.Sprintf("%08x", b.be32(off+4*i))
	}
	return strings.Join(words, ":")
}
