package label

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

const (
	typeZFS   = "\xc3\x8c\x89\x6a\xd2\x1d\xb2\x11\x99\xa6\x08\x00\x20\x73\x66\x31"
	typeLinux = "\xaf\x3d\xc6\x0f\x83\x84\x72\x47\x8e\x79\x3d\x69\xd8\x47\x7d\xe4"
)

type slot struct {
	kind, name string
	from, to   int64 // bytes
}

// gptOn writes a GPT with both headers and a protective MBR.
func gptOn(d *drive, unit int64, slots ...slot) {
	last := d.size/unit - 1
	entries := make([]byte, 128*128)
	for i, s := range slots {
		e := entries[i*128:]
		copy(e, s.kind)
		copy(e[16:], anID)
		binary.LittleEndian.PutUint64(e[32:], uint64(s.from/unit))
		binary.LittleEndian.PutUint64(e[40:], uint64(s.to/unit-1))
		for j, u := range utf16.Encode([]rune(s.name)) {
			binary.LittleEndian.PutUint16(e[56+2*j:], u)
		}
	}
	header := func(my, other, table int64) []byte {
		h := fields(512, map[int]any{
			0: "EFI PART", 8: uint32(0x10000), 12: uint32(92), 24: uint64(my), 32: uint64(other), 56: anID,
			72: uint64(table), 80: uint32(128), 84: uint32(128), 88: crc32.ChecksumIEEE(entries),
		})
		binary.LittleEndian.PutUint32(h[16:], crc32.ChecksumIEEE(h[:92]))
		return h
	}
	backup := last - int64(len(entries))/unit
	d.put(0, mbrSector([4]string{"\x00\x00\x02\x00\xee\xff\xff\xff\x01\x00\x00\x00\xff\xff\xff\xff"}))
	d.put(unit, header(1, last, 2)).put(2*unit, entries)
	d.put(last*unit, header(last, 1, backup)).put(backup*unit, entries)
}

func mbrSector(entries [4]string) []byte {
	b := fields(512, map[int]any{510: "\x55\xaa"})
	for i, e := range entries {
		copy(b[446+16*i:], e)
	}
	return b
}

func mbrEntry(kind byte, start, count uint32) string {
	return string(fields(16, map[int]any{4: kind, 8: start, 12: count}))
}

func TestAPoolInAPartitionOfAGPT(t *testing.T) {
	for _, sector := range []int{512, 4096} {
		d := newDrive(8 * gib)
		d.sector = sector
		parts := []slot{{typeLinux, "boot", mib, 33 * mib}, {typeZFS, "data", 33 * mib, 8*gib - 40*mib}}
		gptOn(d, int64(sector), parts...)
		member(d, parts[1].from, parts[1].to-parts[1].from, poolConfig(PoolActive))
		f := d.scan(t)
		if diff := cmp.Diff([]string{"gpt", "zfs", "gpt_backup"}, kinds(f)); diff != "" {
			t.Fatal(diff)
		}
		table, pool := f.Found[0], f.Found[1]
		want(t, "damaged", table.Damaged || f.Found[2].Damaged, false)
		want(t, "disk", table.UUID, "67452301-ab89-efcd-0123-456789abcdef")
		want(t, "text", table.Text, `GPT partition table with Linux file system "boot", ZFS "data"`)
		want(t, "partition", pool.Partition, 2)
		want(t, "labels", pool.LabelsSeen, 4)
		want(t, "offset", pool.Offset, 33*mib)
		wantParts := []Partition{
			{Number: 1, Type: "0fc63daf-8483-4772-8e79-3d69d8477de4", TypeName: "Linux file system",
				Name: "boot", Start: mib, Length: 32 * mib},
			{Number: 2, Type: "6a898cc3-1dd2-11b2-99a6-080020736631", TypeName: "ZFS", Name: "data", Start: 33 * mib,
				Length: 8*gib - 73*mib},
		}
		if diff := cmp.Diff(wantParts, table.Partitions); diff != "" {
			t.Error(diff)
		}
	}
}

func TestADriveThatMovedBetweenSectorSizesKeepsItsGPT(t *testing.T) {
	d := newDrive(gib)
	gptOn(d, 512, slot{typeZFS, "", 4 * mib, 900 * mib})
	d.sector = 4096
	member(d, 4*mib, 896*mib, poolConfig(PoolActive))
	want(t, "pool", one(t, d.scan(t), "zfs").PoolName, "tank")
}

func TestTheBackupAloneStillLeadsToThePool(t *testing.T) {
	d := newDrive(gib)
	gptOn(d, 512, slot{typeZFS, "", 4 * mib, 900 * mib})
	d.put(0, make([]byte, 2*mib))
	member(d, 4*mib, 896*mib, poolConfig(PoolActive))
	if diff := cmp.Diff([]string{"zfs", "gpt_backup"}, kinds(d.scan(t))); diff != "" {
		t.Error(diff)
	}
}

func TestADamagedGPTIsFoundAndSaysSo(t *testing.T) {
	d := newDrive(gib)
	gptOn(d, 512, slot{typeZFS, "", 4 * mib, 900 * mib})
	d.put(2*512+33, []byte{0xff})
	want(t, "damaged", one(t, d.scan(t), "gpt").Damaged, true)
}

func TestAProtectiveMBRWithoutItsGPT(t *testing.T) {
	d := newDrive(gib).put(0, mbrSector([4]string{mbrEntry(0xee, 1, 0xffffffff)}))
	want(t, "text", only(t, d.scan(t), "mbr").Text, "protective MBR whose GPT is gone")
}

func TestPartitionsOfAnMBRAndInItsExtendedPartition(t *testing.T) {
	d := newDrive(gib)
	d.put(0, mbrSector([4]string{mbrEntry(0x83, 2048, 4096), mbrEntry(0x0f, 10240, 100000)}))
	d.put(10240*512, mbrSector([4]string{mbrEntry(0x82, 2048, 4096), mbrEntry(0x05, 20480, 20480)}))
	// and back: a loop
	d.put((10240+20480)*512, mbrSector([4]string{mbrEntry(0xfd, 2048, 8192), mbrEntry(0x05, 20480, 20480)}))
	d.put((10240+20480+2048)*512+4096, mdV1Block(nil))
	f := d.scan(t)
	table := one(t, f, "mbr")
	numbers := []int{}
	for _, p := range table.Partitions {
		numbers = append(numbers, p.Number)
	}
	if diff := cmp.Diff([]int{1, 2, 5, 6}, numbers); diff != "" {
		t.Error(diff)
	}
	want(t, "partition", one(t, f, "md").Partition, 6)
	want(t, "text", table.Text, "MBR partition table with Linux, extended, Linux swap, Linux RAID")
}

func TestAnEntryBeyondTheDriveDoesNotHideTheOthers(t *testing.T) {
	d := newDrive(gib).put(0, mbrSector([4]string{mbrEntry(0x83, 1<<31, 4096), mbrEntry(0xfd, 2048, 1<<20)}))
	d.put(2048*512+4096, mdV1Block(nil))
	f := d.scan(t)
	want(t, "damaged", one(t, f, "mbr").Damaged, true)
	want(t, "partition", one(t, f, "md").Partition, 2)
}

func TestTheMarksInAnMBRWithoutPartitions(t *testing.T) {
	d := newDrive(gib).put(0, mbrSector([4]string{}))
	want(t, "text", only(t, d.scan(t), "mbr").Text, "MBR partition table without partitions")
	d = newDrive(gib).put(0, mbrSector([4]string{mbrEntry(0, 64, uint32(gib/512-64))}))
	only(t, d.scan(t), "unraid_preclear")
}

func TestOlderTables(t *testing.T) {
	apm := func(name string, start, count uint32) []byte {
		return fields(512, map[int]any{0: "PM", 4: be32(2), 8: be32(start), 12: be32(count), 16: name, 48: "Apple_HFS"})
	}
	d := newDrive(gib).put(0, []byte("ER\x02\x00")).put(512, apm("first", 64, 1000), apm("second", 2048, 100000))
	d.put(2048*512+1024, fields(512, map[int]any{0: "H+", 2: be16(4), 40: be32(4096)}))
	f := d.scan(t)
	want(t, "text", one(t, f, "apm").Text, `Apple partition map with type Apple_HFS "first", type Apple_HFS "second"`)
	want(t, "partition", one(t, f, "hfs").Partition, 2)

	// A slice of an MBR with a disklabel in it, whose offsets count from the drive's start.
	d = newDrive(gib).put(0, mbrSector([4]string{mbrEntry(0xa5, 63, 1000000)}))
	label := fields(512, map[int]any{0: uint32(0x82564557), 40: uint32(512), 132: uint32(0x82564557), 138: uint16(4)})
	for i, e := range [][2]uint32{{100000, 63 + 16}, {0, 0}, {1000000, 63}, {500000, 63 + 200000}} {
		binary.LittleEndian.PutUint32(label[148+16*i:], e[0])
		binary.LittleEndian.PutUint32(label[148+16*i+4:], e[1])
	}
	d.put(63*512+512, label).put((63+200000)*512+64*kib+1372, []byte("\x19\x01\x54\x19"))
	f = d.scan(t)
	want(t, "partition", one(t, f, "ufs").Partition, 1)
	want(t, "offset", one(t, f, "ufs").Offset, (63+200000)*512+64*kib+1372)
}

func TestMorePartitionsThanAreEnteredLeaveAGap(t *testing.T) {
	d := newDrive(2 * gib)
	var slots []slot
	for i := range int64(128) {
		slots = append(slots, slot{typeLinux, "", (1 + i) * 8 * mib, (2 + i) * 8 * mib})
	}
	gptOn(d, 512, slots...)
	if f := d.scan(t); len(f.Unreadable) != 0 {
		t.Errorf("128 partitions left gaps: %v", f.Unreadable)
	}
	if limit := 15*mib + 128*2*mib; d.read > limit {
		t.Errorf("read %d MiB, said to be at most %d MiB", d.read/mib, limit/mib)
	}
	t.Logf("read %d MiB for 128 partitions", d.read/mib)
	// A partition in a partition takes the 129th place.
	d.put(8*mib, mbrSector([4]string{mbrEntry(0x83, 8, 100)}))
	f := d.scan(t)
	if !slices.ContainsFunc(f.Unreadable, func(g Gap) bool { return errors.Is(g.Err, ErrNotRead) }) {
		t.Error("nothing says that a partition was not looked into")
	}
}
