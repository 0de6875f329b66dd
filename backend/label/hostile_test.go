package label

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// flat gives the first n bytes of what was put on the drive.
func flat(d *drive, n int64) []byte {
	b := make([]byte, n)
	if _, err := d.ReadAt(b, 0); err != nil {
		panic(err)
	}
	return b
}

// FuzzScan puts arbitrary bytes at arbitrary places of drives up to 32 MiB: a scan must end, read
// no more than it says, and hand out text that is short and printable.
func FuzzScan(f *testing.F) {
	f.Add(zfsConfig(), uint32(zfsConfigAt), uint16(4096))
	f.Add(poolConfig(PoolActive), uint32(zfsConfigAt), uint16(4096))
	f.Add(mdV1Block(nil), uint32(4096), uint16(300))
	f.Add(magicBytes(), uint32(0), uint16(20000))
	f.Add([]byte("GEOM::ELI"), uint32(2048), uint16(5))
	table := newDrive(8 * mib)
	gptOn(table, 512, slot{typeZFS, "a", mib, 3 * mib}, slot{typeLinux, "b", 2 * mib, 5 * mib})
	f.Add(flat(table, 4*kib), uint32(0), uint16(16384))
	nested := newDrive(mib).put(0, mbrSector([4]string{mbrEntry(0x0f, 1, 1000), mbrEntry(0xa5, 2, 1000)}))
	nested.put(512, mbrSector([4]string{mbrEntry(0x83, 1, 10), mbrEntry(0x05, 0, 10)}))
	nested.put(3*512, fields(512, map[int]any{0: uint32(0x82564557), 132: uint32(0x82564557), 138: uint16(65535)}))
	f.Add(flat(nested, 4*kib), uint32(0), uint16(2048))
	f.Add(fields(1024, map[int]any{0: "LABELONE", 20: uint32(32), 24: "LVM2 001", 32 + 40: uint64(1), 104: uint64(512),
		512 + 4: " LVM2 x[5A%r0N*>", 552: uint64(100), 612: "vg {"}), uint32(0), uint16(64))
	f.Add([]byte("ER\x02\x00"+strings.Repeat("\x00", 508)+"PM\x00\x00\xff\xff\xff\xff"), uint32(0), uint16(64))
	f.Add(fields(1024, map[int]any{0: uint32(8192), 4: uint32(1 << 20), 24: uint32(1), 32: uint32(8192),
		56: uint16(0xef53), 76: uint32(1), 90: uint16(1)}), uint32(16<<20), uint16(65535))
	f.Add(fields(1024, map[int]any{0: "XFSB", 4: be32(4096), 84: be32(1), 88: be32(4), 108: "media"}), uint32(16<<20),
		uint16(65535))
	f.Add(fields(1024, map[int]any{0: "FILE", 4: uint16(42), 28: uint32(1024)}), uint32(16<<20), uint16(65535))

	f.Fuzz(func(t *testing.T, data []byte, at uint32, sectors uint16) {
		size := (int64(sectors) + 1) * 512
		d := newDrive(size).put(int64(at)%size, data)
		findings, err := Scan(d, size, 512, Options{Samples: 8})
		if err != nil {
			t.Fatal(err)
		}
		if d.read > 32*mib+maxRegions*2*mib {
			t.Errorf("read %d MiB of a drive of %d", d.read/mib, size/mib)
		}
		if len(findings.Found) > 0 && findings.Content.UnknownAt == nil && findings.Content.Zero == size {
			t.Errorf("found %v on zeros", kinds(findings))
		}
		for _, found := range findings.Found {
			if found.Offset < 0 || found.Offset >= size {
				t.Errorf("%s lies at %d of %d", found.Kind, found.Offset, size)
			}
			texts := []string{found.Text, found.Name, found.UUID, found.PoolName, found.Hostname, found.VdevType}
			for _, p := range found.Partitions {
				texts = append(texts, p.Name, p.Type)
			}
			for i, text := range texts {
				if n := utf8.RuneCountInString(text); i > 0 && n > maxText || n > 700 {
					t.Errorf("%s has a text of %d characters", found.Kind, n)
				}
				if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Errorf("%s has the text %q", found.Kind, text)
				}
			}
		}
	})
}

// magicBytes is every magic of the table that lies in the first 70 KiB, one over the other.
func magicBytes() []byte {
	d := newDrive(128 * kib)
	for _, m := range magics {
		if m.base < 70*kib {
			d.put(m.base+int64(m.at), []byte(m.bytes))
		}
	}
	return flat(d, 70*kib)
}

// Only the reader given is ever touched: the package has no way to open anything.
func TestThePackageOpensNothing(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{`"os"`, `"os/exec"`, `"syscall"`, `"net"`, "func init()", `"time"`} {
			if strings.Contains(string(source), bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
}
