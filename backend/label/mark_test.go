package label

import (
	"encoding/binary"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/crc32"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// volume makes a drive with one volume of a kind on it; n tells volumes apart in nothing but what their tools make
// different for each: an identity, a date, else a size. All else is the same.
type volume func(n byte) *drive

const volumeSize = 100 * mib

func id16(n byte) []byte { return append(slices.Clone(anID[:15]), n) }

// at puts a superblock with these fields, of which that at idAt is the identity of n.
func at(off int64, magic map[int]any, idAt int, id func(n byte) any) volume {
	return func(n byte) *drive {
		all := maps.Clone(magic)
		all[idAt] = id(n)
		return newDrive(volumeSize).put(off, fields(2048, all))
	}
}

func uuidOf(n byte) any  { return id16(n) }
func textOf(n byte) any  { return strings.ToUpper(block(id16(n)).uuid(0)) }
func le32Of(n byte) any  { return uint32(0x1234ab00) + uint32(n) }
func le64Of(n byte) any  { return uint64(0x1234567890abcd00) + uint64(n) }
func be64Of(n byte) any  { return be64(0x1234567890abcd00) + be64(n) }
func saltOf(n byte) any  { return noise(uint64(n), 64) }
func hex32Of(n byte) any { return strings.ReplaceAll(block(id16(n)).uuid(0), "-", "") }

// volumes names, for every kind, each of its forms that keep their identity elsewhere.
var volumes = map[string]map[string]volume{
	"gpt":        {"by its GUID": gptVolume(false), "with another entry": gptEntryVolume},
	"gpt_backup": {"alone": gptVolume(true)},
	"mbr": {
		"by its signature": func(n byte) *drive {
			return newDrive(volumeSize).put(0, mbrSector([4]string{mbrEntry(0x83, 2048, 4096)})).put(440,
				[]byte{1, 2, 3, n})
		},
		"with another entry": func(n byte) *drive {
			return newDrive(volumeSize).put(0, mbrSector([4]string{mbrEntry(0x83, 2048, 4096+uint32(n))})).put(440,
				[]byte{1, 2, 3, 4})
		},
		"with another logical partition": func(n byte) *drive {
			return newDrive(volumeSize).put(0, mbrSector([4]string{mbrEntry(0x0f, 10240, 100000)})).put(440,
				[]byte{1, 2, 3, 4}).
				put(10240*512, mbrSector([4]string{mbrEntry(0x83, 2048, 4096+uint32(n))}))
		},
		"without entries": func(n byte) *drive {
			return newDrive(volumeSize).put(0, mbrSector([4]string{})).put(440, []byte{1, 2, 3, n})
		},
	},
	"unraid_preclear": {"by its size": func(n byte) *drive {
		return newDrive(volumeSize).put(0, mbrSector([4]string{mbrEntry(0, 64, 1000+uint32(n))}))
	}},
	"apm": {"with another entry": func(n byte) *drive {
		return newDrive(volumeSize).put(0, []byte("ER\x02\x00")).
			put(512, fields(512, map[int]any{0: "PM", 4: be32(1), 8: be32(64), 12: be32(1000 + uint32(n)),
				48: "Apple_HFS"}))
	}},
	"bsd": {"by its name": at(512, map[int]any{0: uint32(0x82564557), 40: uint32(512), 132: uint32(0x82564557)}, 24,
		uuidOf)},
	"sun": {"with another slice": func(n byte) *drive {
		b := fields(512, map[int]any{128: []byte{n, 1}, 508: be16(0xdabe)})
		b[510], b[511] = 0xda^n, 0xbe^1
		return newDrive(volumeSize).put(0, b)
	}},
	"ldm": {"by its disk": at(6*512, map[int]any{0: "PRIVHEAD"}, 48, textOf)},

	"zfs": {
		"by its vdev": func(n byte) *drive {
			return poolMember(zfsConfig(pair{"guid", uint64(100 + int(n))}, pair{"pool_guid", uint64(7)},
				pair{"state", uint64(PoolExported)}))
		},
		"a spare": func(n byte) *drive {
			return poolMember(zfsConfig(pair{"guid", uint64(100 + int(n))}, pair{"state", uint64(PoolSpare)}))
		},
		"damaged": func(n byte) *drive {
			return newDrive(volumeSize).put(zfsRingAt, fields(512, map[int]any{0: uint64(zfsUberMagic), 16: uint64(9),
				24: uint64(n)}))
		},
		"a damaged cache": at(zfsCacheAt, map[int]any{0: uint64(zfsCacheMagic)}, 16, le64Of),
	},
	"md": {
		"1.2": func(n byte) *drive {
			return newDrive(volumeSize).put(4096,
				mdV1Block(map[int]any{16: id16(n)}))
		},
		"1.2, another member": func(n byte) *drive {
			return newDrive(volumeSize).put(4096,
				mdV1Block(map[int]any{168: id16(n)}))
		},
		"0.90":      at(volumeSize-64*kib, map[int]any{0: uint32(mdMagic), 28: uint32(1), 40: uint32(2)}, 20, le32Of),
		"0.90, big": at(volumeSize-64*kib, map[int]any{0: be32(mdMagic), 28: be32(1), 40: be32(2)}, 52, le32Of),
		"without its ids": func(n byte) *drive {
			return newDrive(volumeSize).put(4096, mdV1Block(map[int]any{16: make([]byte, 16), 168: make([]byte, 16),
				64: uint64(n)}))
		},
	},
	"lvm": {
		"by its volume": at(512, map[int]any{0: "LABELONE", 20: uint32(32), 24: "LVM2 001"}, 32, hex32Of),
		"without an id": at(512, map[int]any{0: "LABELONE", 20: uint32(32), 24: "LVM2 001"}, 64, le64Of),
	},
	"bcache": {
		"by its set":    at(4096, map[int]any{24: magics[5].bytes, 40: "the same device."}, 56, uuidOf),
		"by its device": at(4096, map[int]any{24: magics[5].bytes, 56: "the same set...."}, 40, uuidOf),
	},
	"drbd": {
		"8":                       at(volumeSize-4096, map[int]any{60: be32(0x8374026b)}, 40, be64Of),
		"8 without a device's id": at(volumeSize-4096, map[int]any{60: be32(0x8374026b)}, 8, be64Of),
		"9":                       at(volumeSize-4096, map[int]any{60: be32(0x8374026d), 40: be64(1)}, 48, be64Of),
	},
	"ddf": {
		"by its guid":    ended(512, map[int]any{0: "\xde\x11\xde\x11", 8: "LSI     "}, 16, le64Of),
		"without a guid": ended(512, map[int]any{0: "\x11\xde\x11\xde"}, 64, le64Of),
	},
	"imsm": {
		"by its family":    ended(1024, map[int]any{0: "Intel Raid ISM Cfg Sig. 1.3.00"}, 40, le32Of),
		"without a family": ended(1024, map[int]any{0: "Intel Raid ISM Cfg Sig. 1.3.00"}, 216, textOf),
	},
	"firmware_raid": {
		"Promise": ended(63*512, map[int]any{0: "Promise Technology, Inc."}, 40, le64Of),
		"NVIDIA":  ended(1024, map[int]any{0: "NVIDIA"}, 40, le64Of),
		"LSI":     ended(512, map[int]any{0: "$XIDE$"}, 40, le64Of),
		"Adaptec": ended(512, map[int]any{0: "\x37\xfc\x4d\x1e"}, 40, le64Of),
	},
	"geom": {
		"a mirror": ended(512, map[int]any{0: "GEOM::MIRROR"}, 36, le32Of),
		"a label":  ended(512, map[int]any{0: "GEOM::LABEL", 20: "gpt/data"}, 40, le64Of),
	},
	"stratis": {
		"by its pool": at(512, map[int]any{4: magicOf("stratis"), 64: "0123456789abcdef0123456789abcdef"}, 32,
			hex32Of),
		"by its device": at(512, map[int]any{4: magicOf("stratis"), 32: "0123456789abcdef0123456789abcdef"}, 64,
			hex32Of),
	},
	"vdo":            {"by its UUID": at(0, map[int]any{0: "dmvdo001"}, 40, uuidOf)},
	"ceph":           {"by its UUID": at(0, map[int]any{0: "bluestore block device\n"}, 23, textOf)},
	"oracleasm":      {"by its header": at(0, map[int]any{32: "ORCLDISKDATA1"}, 76, le64Of)},
	"storage_spaces": {"by its header": at(4096, map[int]any{0: "SPACEDB "}, 24, uuidOf)},
	"corestorage":    {"by its header": at(0, map[int]any{8: uint16(1), 10: uint16(0x10), 88: "CS"}, 304, uuidOf)},
	"integrity":      {"by its size": at(0, map[int]any{0: "integrt\x00"}, 16, le64Of)},
	"verity":         {"by its UUID": at(0, map[int]any{0: "verity\x00\x00"}, 16, uuidOf)},

	"swap": {
		"by its UUID":          at(1024, map[int]any{0: uint32(1)}, 12, uuidOf).with(4096-10, "SWAPSPACE2"),
		"of the first version": at(0, map[int]any{}, 100, le64Of).with(4096-10, "SWAP-SPACE"),
		"hibernated": at(1024, map[int]any{0: uint32(1), 12: anID}, 512, le64Of).with(4096-10,
			"S1SUSPEND\x00"),
	},
	"luks": {"1": at(0, map[int]any{0: "LUKS\xba\xbe", 6: be16(1)}, 168, textOf), "without an id": at(0,
		map[int]any{0: "LUKS\xba\xbe", 6: be16(1)}, 112, saltOf)},
	"bitlocker": {"by its metadata": bitlockerVolume(0, 176), "To Go": bitlockerVolume(424, 440),
		"without its metadata": at(0, map[int]any{0: "\xeb\x58\x90-FVE-FS-"}, 67, le32Of)},
	"geli": {"by its salt": ended(512, map[int]any{0: "GEOM::ELI"}, 45, saltOf)},
	"ext": {
		"by its UUID": func(n byte) *drive {
			return newDrive(volumeSize).put(1024,
				extBlock(map[int]any{104: id16(n)}))
		},
		"without one": func(n byte) *drive {
			return newDrive(volumeSize).put(1024, extBlock(map[int]any{104: make([]byte, 16), 44: uint32(n)}))
		},
	},
	"xfs": {"by its UUID": at(0, map[int]any{0: "XFSB", 4: be32(4096)}, 32, uuidOf)},
	"btrfs": {"by its UUID": at(64*kib, map[int]any{48: uint64(64 * kib), 64: "_BHRfS_M"}, 32, uuidOf),
		"by its device": at(64*kib, map[int]any{32: anID, 48: uint64(64 * kib), 64: "_BHRfS_M"}, 267, uuidOf)},
	"bcachefs": {"by its UUID": at(4096, map[int]any{24: magicOf("bcachefs")}, 56, uuidOf)},
	"ntfs": {
		"by its serial number": at(0, map[int]any{0: "\xeb\x52\x90NTFS    "}, 72, le64Of),
		"without one":          at(0, map[int]any{0: "\xeb\x52\x90NTFS    "}, 40, le64Of),
	},
	"refs": {"by its serial number": at(0, map[int]any{3: "ReFS\x00"}, 56, le64Of)},
	"exfat": {"by its serial number": at(0, map[int]any{3: "EXFAT   "}, 100, le32Of),
		"without one": at(0, map[int]any{3: "EXFAT   "}, 72, le64Of)},
	"vfat": {
		"32": at(0, map[int]any{0: "\xeb\x58\x90mkfs.fat", 11: uint16(512), 13: byte(8), 14: uint16(32),
			16: byte(2), 21: byte(0xf8), 36: uint32(200)}, 67, le32Of),
		"16": at(0, map[int]any{0: "\xeb\x3c\x90mkfs.fat", 11: uint16(512), 13: byte(8), 14: uint16(1),
			16: byte(2), 21: byte(0xf8), 22: uint16(200)}, 39, le32Of),
		"without one": at(0, map[int]any{0: "\xeb\x3c\x90mkfs.fat", 11: uint16(512), 13: byte(8), 14: uint16(1),
			16: byte(2), 21: byte(0xf8), 22: uint16(200)}, 32, le32Of),
	},
	"f2fs": {"by its UUID": at(1024, map[int]any{0: "\x10\x20\xf5\xf2", 16: uint32(12)}, 108, uuidOf)},
	"jfs":  {"by its UUID": at(32*kib, map[int]any{0: "JFS1"}, 136, uuidOf)},
	"reiserfs": {
		"3.5": at(64*kib, map[int]any{52: "ReIsErFs"}, 0, le32Of),
		"3.6": at(64*kib, map[int]any{52: "ReIsEr2Fs"}, 84, uuidOf),
		"4":   at(64*kib, map[int]any{0: "ReIsEr4"}, 20, uuidOf),
	},
	"apfs": {"by its UUID": at(0, map[int]any{32: "NXSB"}, 72, uuidOf)},
	"hfs": {
		"plus":        at(1024, map[int]any{0: "H+", 2: be16(4), 40: be32(4096)}, 104, be64Of),
		"never used":  at(1024, map[int]any{0: "H+", 2: be16(4), 40: be32(4096)}, 16, le32Of),
		"the old one": at(1024, map[int]any{0: "BD", 20: be32(4096), 36: byte(4), 37: "Data"}, 116, be64Of),
	},
	"iso9660": {
		"by its date": at(32*kib, map[int]any{0: "\x01CD001\x01"}, 813,
			func(n byte) any { return "20260102030405" + strconv.Itoa(10+int(n)) }),
		"of equal date": at(32*kib, map[int]any{0: "\x01CD001\x01", 813: "2026010203040506", 830: "2026010203040506"},
			80, le32Of),
	},
	"udf": {"of 2048": udfVolumeOn(2048, 256), "of 512": udfVolumeOn(512, 256), "by its last anchor": udfVolumeOn(2048,
		volumeSize/2048-257)},
	"ufs": {
		"1":            at(8*kib, map[int]any{1372: "\x54\x19\x01\x00"}, 144, le64Of),
		"2":            at(64*kib, map[int]any{1372: "\x19\x01\x54\x19"}, 144, le64Of),
		"2, elsewhere": at(256*kib, map[int]any{1372: "\x19\x01\x54\x19"}, 144, le64Of), "without an id": at(64*kib,
			map[int]any{1372: "\x19\x01\x54\x19"}, 1088, le64Of),
	},
	"gfs2": {"by its UUID": at(64*kib, map[int]any{0: "\x01\x16\x19\x70", 4: be32(1)}, 256, uuidOf)},
	"ocfs2": {"1": at(1024, map[int]any{0: "OCFSV2"}, 336, uuidOf), "2": at(2048, map[int]any{0: "OCFSV2"}, 336,
		uuidOf), "4": at(4096, map[int]any{0: "OCFSV2"}, 336, uuidOf), "8": at(8192, map[int]any{0: "OCFSV2"}, 336,
		uuidOf)},
	"nilfs2": {"by its UUID": at(1024, map[int]any{0: uint32(2), 6: "\x34\x34"}, 152, uuidOf)},
	"squashfs": {"by its date": at(0, map[int]any{0: "hsqs"}, 8, le32Of), "of equal date": at(0, map[int]any{0: "hsqs"},
		40, le64Of)},
	"erofs": {"by its UUID": at(1024, map[int]any{0: "\xe2\xe1\xf5\xe0"}, 48, uuidOf)},
	"vmfs": {"a volume": at(mib, map[int]any{0: "\x0d\xd0\x01\xc0"}, 130, uuidOf), "a file system": at(2*mib,
		map[int]any{0: "\x5e\xf1\xab\x2f"}, 9, uuidOf)},
}

func magicOf(kind string) string {
	return magics[slices.IndexFunc(magics, func(m magic) bool { return m.kind == kind })].bytes
}

// ended is at, counted from the end.
func ended(before int64, magic map[int]any, idAt int, id func(n byte) any) volume {
	return func(n byte) *drive {
		all := maps.Clone(magic)
		all[idAt] = id(n)
		return newDrive(volumeSize).put(volumeSize-before, fields(512, all))
	}
}

// with is the same with a text elsewhere.
func (v volume) with(off int64, text string) volume {
	return func(n byte) *drive { return v(n).put(off, []byte(text)) }
}

func extBlock(at map[int]any) []byte {
	all := map[int]any{0: uint32(8192), 4: uint32(1 << 20), 24: uint32(2), 32: uint32(32768), 56: uint16(0xef53),
		76: uint32(1)}
	maps.Copy(all, at)
	return fields(1024, all)
}

func gptVolume(backupOnly bool) volume {
	return func(n byte) *drive {
		d := newDrive(volumeSize)
		gptNamed(d, id16(n), slot{typeLinux, "a", mib, 10 * mib})
		if backupOnly {
			d.put(0, make([]byte, mib))
		}
		return d
	}
}

func gptEntryVolume(n byte) *drive {
	d := newDrive(volumeSize)
	gptNamed(d, anID, slot{typeLinux, "a", mib, 10*mib + 512*int64(n)})
	return d
}

// gptNamed is gptOn with a GUID for the disk.
func gptNamed(d *drive, guid []byte, slots ...slot) {
	from := len(d.puts)
	gptOn(d, 512, slots...)
	for _, p := range d.puts[from:] {
		if block(p.data).has(0, "EFI PART") {
			copy(p.data[56:], guid)
			binary.LittleEndian.PutUint32(p.data[16:], 0)
			binary.LittleEndian.PutUint32(p.data[16:], crc32.ChecksumIEEE(p.data[:92]))
		}
	}
}

func bitlockerVolume(guidAt, offsetsAt int) volume {
	return func(n byte) *drive {
		boot := fields(512, map[int]any{0: "\xeb\x58\x90-FVE-FS-", offsetsAt: uint64(2 * mib)})
		if guidAt != 0 {
			copy(boot[3:], "MSWIN4.1")
			copy(boot[guidAt:], "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01")
		}
		return newDrive(volumeSize).put(0, boot).put(2*mib, fields(512, map[int]any{0: "-FVE-FS-", 80: id16(n)}))
	}
}

func udfVolumeOn(unit, anchor int64) volume {
	return func(n byte) *drive {
		name := append([]byte{16}, make([]byte, 30)...)
		for i, u := range utf16.Encode([]rune("Fotos")) {
			binary.BigEndian.PutUint16(name[1+2*i:], u)
		}
		return newDrive(volumeSize).put(34*kib, []byte("\x00NSR03\x01")).
			put(anchor*unit, fields(512, map[int]any{0: uint16(2), 12: uint32(anchor), 16: uint32(16 * 512),
				20: uint32(300)})).
			put(301*unit, fields(512, map[int]any{0: uint16(1), 24: name, 72: textOf(n)}))
	}
}

func poolMember(config []byte) *drive {
	d := newDrive(volumeSize)
	member(d, 0, volumeSize, config)
	return d
}

func marksOf(f Findings, kind string) []string {
	var out []string
	for _, x := range f.Found {
		if x.Kind == kind {
			out = append(out, x.Mark())
		}
	}
	return out
}

// A permission to erase one volume is none to erase another.
func TestTwoVolumesOfAKindAreNeverTakenForOneAnother(t *testing.T) {
	for _, kind := range Kinds() {
		if len(volumes[kind]) == 0 {
			t.Errorf("nothing shows what tells two volumes of kind %s apart", kind)
		}
		for form, make := range volumes[kind] {
			a, again, b := make(1).scan(t), make(1).scan(t), make(2).scan(t)
			marks := marksOf(a, kind)
			if len(marks) == 0 {
				t.Errorf("%s, %s: found %v", kind, form, kinds(a))
				continue
			}
			if !slices.Equal(marks, marksOf(again, kind)) {
				t.Errorf("%s, %s: %q, and at the next look %q", kind, form, marks, marksOf(again, kind))
			}
			for _, m := range marksOf(b, kind) {
				if slices.Contains(marks, m) {
					t.Errorf("%s, %s: two volumes are both known as %q", kind, form, m)
				}
			}
		}
	}
	for kind := range volumes {
		if !slices.Contains(Kinds(), kind) {
			t.Errorf("%s is no kind that is found", kind)
		}
	}
}

// TestEveryKindThatIsFoundIsListed reads this package: a kind that a parser gives is one of Kinds.
func TestEveryKindThatIsFoundIsListed(t *testing.T) {
	packages, err := parser.ParseDir(token.NewFileSet(), ".", //nolint:staticcheck // no build tags here
		func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	note := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok {
			kind, _ := strconv.Unquote(lit.Value)
			seen[kind] = true
		}
	}
	ast.Inspect(packages["label"], func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "kind") {
				note(n.Value)
			}
		case *ast.AssignStmt:
			if to, ok := n.Lhs[0].(*ast.SelectorExpr); ok && to.Sel.Name == "Kind" {
				note(n.Rhs[0])
			}
		case *ast.CallExpr: // add("ddf", …), gptTable(g, "gpt", …)
			if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "add" {
				note(n.Args[0])
			} else if ok && name.Name == "gptTable" {
				note(n.Args[1])
			}
		}
		return true
	})
	found := slices.Sorted(maps.Keys(seen))
	if !slices.Equal(found, Kinds()) {
		t.Errorf("parsers give %q, listed are %q", found, Kinds())
	}
}
