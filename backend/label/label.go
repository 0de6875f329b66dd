package label

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
)

// States of a pool as ZFS writes them into a label, for Found.PoolState.
const (
	PoolActive    = 0 // imported somewhere, or never exported from where it last was
	PoolExported  = 1
	PoolDestroyed = 2
	PoolSpare     = 3 // the label of a hot spare; it names no pool
	PoolCache     = 4 // the label of an L2ARC device; it names no pool either
)

// ErrNotRead marks a Gap that was not tried: more partitions than are entered, or content beyond
// the number of failed reads after which sampling ends.
var ErrNotRead = errors.New("not read")

// Options are a scan's settings; the zero value is usable.
type Options struct {
	// Samples is the number of 4 KiB places looked at between the two ends, where these are blank; 0 means 1,024.
	Samples int
	// Near is the number of further such places in each doubling of the distance from the drive's start, where all else
	// is blank; 0 means none.
	Near int
	// Rand moves each sample within its equal share of the drive; nil puts it at the share's start.
	Rand *rand.Rand
	// OwnStamp says whether one logical sector bears the stamp of an earlier test; nil means none does.
	OwnStamp func(sector []byte) bool
	// Medium says whether an error of a read is one of the medium; nil means that all are.
	Medium func(error) bool
}

// Findings is all that a scan learnt.
type Findings struct {
	Found      []Found // by offset
	Unreadable []Gap   // places of labels that could not be read: what is there cannot be told
	Content    Content
	Failed     int // reads that gave an error of the medium, each attempt
}

// Gap is a range in bytes from the drive's start that could not be read.
type Gap struct {
	Offset, Length int64
	Err            error
}

// Content classifies the first and last 4 MiB and the samples, sector by sector, labels included.
type Content struct {
	Zero, Ones, Own int64  // bytes of sectors that are all zero, all 0xFF, stamped by an earlier test
	Damaged         int64  // bytes of sectors that were one of these but for damage: a bad drive, not somebody's
	UnknownAt       *int64 // lowest offset seen of a sector that is none of these
	Amid            bool   // some of these lie between the ends
	Print           string // what tells it from other content; two scans of a drive that nobody wrote to give the same
	Unreadable      []Gap
}

// Found is one label. Fields that its kind does not have are empty. Text that stems from the drive
// is bounded and printable but still somebody else's words.
type Found struct {
	Kind   string // one of Kinds
	Offset int64  // of the label, in bytes from the drive's start
	// Partition is the number, in the drive's own table, of the partition it lies in; 0 is none.
	Partition int
	Text      string // one plain phrase for a person: what it is and what it names
	Damaged   bool   // it is there, but a checksum or a part of it is wrong

	// UUID identifies the whole that this drive is a part of, as the format's own tools print it:
	// array, file system, LUKS header, disk GUID; for LVM the physical volume.
	UUID string
	// DeviceUUID identifies this member of it (md, btrfs, bcache, stratis).
	DeviceUUID string
	// Print tells this label from another of its kind where the format gives it no identity or one that is not enough:
	// a digest of what it says. A table has one beside its identity, since tools change entries and keep that.
	Print   string
	Name    string // label, array name, volume group
	Level   string // md: raid level
	Devices int    // md, btrfs: members the whole has

	PoolName   string
	PoolGUID   string // decimal, as zpool prints it
	VdevGUID   string // decimal: this leaf
	TopGUID    string // decimal: the top-level vdev it belongs to
	PoolState  *int   // nil when the label does not say
	VdevRole   string // "log", "special", "dedup", "spare", "cache" or empty
	VdevType   string // type of the top-level vdev: "mirror", "raidz", "disk"...
	Hostname   string
	HostID     string // eight hex digits, as hostid(1) prints it
	TXG        uint64
	LastWrite  int64 // seconds since 1970 of the newest uberblock; 0 when unknown
	Multihost  bool  // the newest uberblock says multihost protection was on
	LabelsSeen int   // how many of the four copies agree

	Partitions []Partition
}

// Partition is one entry of a partition table, in the order of the table.
type Partition struct {
	Number   int
	Type     string // GUID in lower case, or "0x83" for an MBR, or the table's own word
	TypeName string // empty when unknown
	Name     string
	Start    int64 // bytes from the drive's start
	Length   int64 // bytes
}

const (
	maxRegions = 128 // partitions entered
	maxDepth   = 2
)

// parsers are the labels looked for in the drive and in each partition, in this order.
var parsers = []func(region) []Found{
	zfsLabels, mdLabels, lvmLabels, luksLabels, bitlockerLabels, magicLabels, btrfsLabels, extLabels,
	fatLabels, swapLabels, hfsLabels, opticalLabels, drbdLabels, geomLabels,
}

// diskParsers are looked for on the whole drive only.
var diskParsers = []func(region) []Found{firmwareLabels, ldmLabels}

// Scan reads the places where labels live on a drive of size bytes whose logical sector has
// logicalSector bytes, and samples the rest. A partial sector at the end is not looked at.
func Scan(r io.ReaderAt, size int64, logicalSector int, opt Options) (Findings, error) {
	if r == nil {
		return Findings{}, errors.New("scan for labels: no reader given")
	}
	if logicalSector < 256 || logicalSector > 64<<10 {
		return Findings{}, fmt.Errorf("scan for labels: a logical sector of %d bytes is not one", logicalSector)
	}
	if size < int64(logicalSector) {
		return Findings{}, fmt.Errorf("scan for labels: %d bytes is less than one sector of %d bytes", size,
			logicalSector)
	}
	if opt.Samples < 0 || opt.Near < 0 {
		return Findings{}, fmt.Errorf("scan for labels: %d and %d samples asked for, give 0 for the default or more",
			opt.Samples, opt.Near)
	}
	size -= size % int64(logicalSector)
	s := scan{src: newSource(r, size, logicalSector, opt.Medium), sector: int64(logicalSector), seen: map[place]bool{}}
	s.region(region{src: s.src, size: size, sector: s.sector})

	f := Findings{Unreadable: append(s.src.labelGaps.merged(), s.notEntered...)}
	var copies []Found
	f.Content, copies = content(s.src, opt)
	for _, c := range copies {
		if !s.knows(c) {
			s.found = append(s.found, c)
		}
	}
	f.Found, f.Failed = s.found, s.src.failed
	slices.SortStableFunc(f.Found, func(a, b Found) int { return cmp.Compare(a.Offset, b.Offset) })
	return f, nil
}

// knows reports whether what a copy belongs to was found already. A copy without an identity says something new each
// time: one of several must not take the place of another when that is overwritten.
func (s *scan) knows(c Found) bool {
	return c.Kind == "zfs" && zfsSame(s.found, c) >= 0 || slices.ContainsFunc(s.found, func(f Found) bool {
		return f.Kind == c.Kind && (f.Offset == c.Offset || c.UUID != "" && f.UUID == c.UUID &&
			f.DeviceUUID == c.DeviceUUID)
	})
}

type place struct {
	kind   string
	offset int64
}

// scan is the state of one Scan.
type scan struct {
	src        *source
	sector     int64
	found      []Found
	seen       map[place]bool // a label at the tail of the last partition may be the drive's own too
	entered    int
	notEntered []Gap
}

func (s *scan) add(g region, found []Found) {
	for _, f := range found {
		at := place{f.Kind, f.Offset}
		if s.seen[at] {
			continue
		}
		s.seen[at] = true
		f.Partition = g.part
		if f.nameless() {
			f.Print = digest(s.src.label(f.Offset/512*512, min(512, s.src.size-f.Offset/512*512)))
		}
		s.found = append(s.found, f)
	}
}

// region looks for labels in g, then in the partitions that its tables name.
func (s *scan) region(g region) {
	for _, parse := range parsers {
		s.add(g, parse(g))
	}
	if g.depth == 0 {
		for _, parse := range diskParsers {
			s.add(g, parse(g))
		}
	}
	found, children := tables(g)
	s.add(g, found)
	if g.depth == maxDepth {
		return
	}
	for _, c := range children {
		if s.entered == maxRegions {
			s.notEntered = append(s.notEntered, Gap{Offset: c.base, Length: c.size, Err: ErrNotRead})
			return
		}
		s.entered++
		s.region(c)
	}
}
