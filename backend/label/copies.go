package label

import (
	"hash/crc32"
	"slices"
	"strings"
)

const (
	copySpan = 1024 // bytes of a copy that its finder reads
	evenly   = 64   // shares of a drive at each of whose ends it is looked at too
)

const (
	mib = int64(1) << 20
	gib = int64(1) << 30
)

// starts are where the first file system of a drive usually begins: without a table, after a DOS track, as Unraid puts
// it, as everybody does now, and in a logical volume on a partition. Windows reserves something before its own.
var (
	starts        = []int64{0, 63 * 512, 64 * 512, mib, 2 * mib}
	windowsStarts = []int64{0, 63 * 512, mib, 17 * mib, 129 * mib}
)

// fixedCopies are the copies whose place depends on nothing but the start: of ext in block groups 1 and powers of 3, 5
// and 7, of which some at each distance are enough, with blocks of 4, 2 and 1 KiB, then the two of btrfs.
var fixedCopies = []int64{
	1 * 128 * mib, 3 * 128 * mib, 5 * 128 * mib, 9 * 128 * mib, 27 * 128 * mib, 49 * 128 * mib, 125 * 128 * mib,
	343 * 128 * mib, 729 * 128 * mib, 2187 * 128 * mib, 6561 * 128 * mib, 16807 * 128 * mib,
	1 * 32 * mib, 3 * 32 * mib, 9 * 32 * mib,
	3*8*mib + 1024, 7*8*mib + 1024, 25*8*mib + 1024,
	64 * mib, 256 * gib,
}

// copyPlaces are the offsets, in order, at which a file system that lost its first and last megabytes, and the table
// that named it, still says what it is, as its own tools lay it out. There are few, since a list reads them of every
// drive.
func copyPlaces(size int64) []int64 {
	var out []int64
	whole := func(n int64) int64 { return n &^ (mib - 1) }
	for _, start := range starts {
		for _, off := range fixedCopies {
			out = append(out, start+off)
		}
		ends := []int64{size, size - 33*512} // the latter leaves room for the copy of a GPT
		if start >= mib {
			ends = []int64{size, whole(size), whole(size - 33*512), size &^ (4*mib - 1)}
		}
		for _, end := range ends {
			out = append(out, xfsPlaces(start, end-start)...)
		}
	}
	for _, start := range windowsStarts {
		out = append(out, start+3*gib) // the file table of NTFS
	}
	for _, start := range []int64{0, mib} {
		out = append(out, start+(whole(size)-start)/2/4096*4096) // its mirror, where mkntfs puts it
	}
	for at := 16 * mib; at < size; at *= 2 {
		out = append(out, at)
	}
	for i := int64(1); i < evenly; i++ { // for none but the print of the content
		out = append(out, size/evenly/4096*4096*i)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(off int64) bool { return off < 0 || off > size-copySpan })
}

// xfsPlaces are the starts of the allocation groups that mkfs makes of a place of that length: four, or as many as make
// each 1 TiB less a block, or more on what works at several requests at once.
func xfsPlaces(start, length int64) []int64 {
	const block, most = 4096, 1<<40 - 4096
	var out []int64
	each := func(groups int64) int64 { return (length/block + groups - 1) / groups * block }
	switch {
	case length >= 4<<40:
		out = append(out, start+most, start+2*most, start+3*most)
	default:
		out = append(out, start+each(4), start+2*each(4), start+3*each(4))
	}
	if start == 0 || start == mib {
		out = append(out, start+each(8), start+each(16), start+each(32))
	}
	return out
}

// copyFinders tell what a copy at off belongs to, if it is one.
var copyFinders = []func(b block, off int64) (Found, bool){extCopy, xfsCopy, btrfsCopy, ntfsCopy}

// copies looks at the places where copies are kept, and at what is beside them.
func (s *sampler) copies() []Found {
	var found []Found
	s.src.forget() // what is read here is read once, and not kept
	places := copyPlaces(s.src.size)
	for i, off := range places {
		group := 2*endPrints + i*midPrints/len(places)
		if s.failed >= maxFailedReads {
			s.print(group, off, nil, ErrNotRead)
			continue // the samples have left a gap up to the end
		}
		data, from := s.around(off, group)
		if off < from || off >= from+int64(len(data)) {
			continue
		}
		for _, find := range copyFinders {
			f, ok := find(block(data[off-from:]), off)
			if ok && !slices.ContainsFunc(found, func(o Found) bool {
				return o.Kind == f.Kind && f.UUID != "" &&
					o.UUID == f.UUID
			}) {
				f.Offset, f.Damaged = off, true
				if f.nameless() {
					f.Print = digest(block(data[off-from:]).cut(0, copySpan))
				}
				f.Text += ", found by a copy of its superblock"
				found = append(found, f)
			}
		}
	}
	return append(found, s.zfsAtTail()...)
}

// around reads the chunk that a place lies in, and classifies it once. Where it cannot be read in one go its pieces are
// tried, from the place on: a bad sector says that the drive is bad, not that it is somebody's.
func (s *sampler) around(off int64, group int) (data []byte, from int64) {
	i := off / s.src.chunk
	if len(s.src.order) > 1 {
		s.src.forget()
	}
	if data = s.src.chunkAt(i); data != nil {
		from = i * s.src.chunk
		if i != s.printed {
			s.printed = i
			s.print(group, from, data, nil)
		}
		if i != s.looked && from >= s.head && from < s.tail {
			s.looked = i
			s.take(from, data, nil)
		}
		return data, from
	}
	s.print(group, off, nil, ErrNotRead)
	first := off / s.src.piece * s.src.piece
	var err, again error
	for try := int64(0); try <= otherPieces && s.failed < maxFailedReads; try++ {
		from = (first-i*s.src.chunk+try*s.src.piece)%s.src.chunk + i*s.src.chunk
		if from >= s.src.size {
			continue
		}
		if data, again = s.src.pieceAt(from); again == nil {
			s.take(from, data, nil)
			return data, from
		}
		s.failed++
		if err == nil {
			err = again
		}
	}
	if err != nil {
		s.take(first, nil, err)
	}
	return nil, 0
}

// extCopy knows a superblock of a block group but the first by its number and, where there is one, its checksum.
func extCopy(b block, off int64) (Found, bool) {
	const checksummed = 0x400
	unit, group, first := int64(1024)<<min(b.le32(24), 6), int64(b.le16(90)), int64(b.le32(20))
	if !extSane(b) || group == 0 || off < (group*int64(b.le32(32))+first)*unit {
		return Found{}, false
	}
	if b.le32(100)&checksummed != 0 && ^crc32.Checksum(b.cut(0, 1020),
		crc32.MakeTable(crc32.Castagnoli)) != b.le32(1020) {
		return Found{}, false
	}
	return extFound(b, off), true
}

// xfsCopy knows a superblock of an allocation group.
func xfsCopy(b block, off int64) (Found, bool) {
	unit, blocks, groups := b.be32(4), b.be32(84), b.be32(88)
	if !b.has(0, "XFSB") || !powerOfTwo(unit) || unit < 512 || unit > 64<<10 || blocks == 0 || groups == 0 {
		return Found{}, false
	}
	f := Found{Kind: "xfs", UUID: b.uuid(32), Name: b.text(108, 12)}
	f.Text = named("XFS file system", f.Name)
	return f, true
}

// btrfsCopy knows a copy of a superblock by what it says of its own place.
func btrfsCopy(b block, off int64) (Found, bool) {
	own := int64(b.le64(48))
	if !b.has(64, "_BHRfS_M") || own != 64<<20 && own != 256<<30 || off < own {
		return Found{}, false
	}
	f := Found{Kind: "btrfs", UUID: b.uuid(32), DeviceUUID: b.uuid(267), Name: b.text(299, 256),
		Devices: int(min(b.le64(136), 1<<20))}
	f.Text = named("btrfs file system", f.Name)
	return f, true
}

// ntfsCopy knows the first record of the file table, or of its mirror.
func ntfsCopy(b block, off int64) (Found, bool) {
	const record = 44 // the number of a record, where it has one
	used, size := b.le32(24), b.le32(28)
	ok := b.has(0, "FILE") && (b.le16(4) == 42 || b.le16(4) == 48 && b.le32(record) == 0) &&
		(size == 1024 || size == 4096) && used <= size
	return Found{Kind: "ntfs", Text: "NTFS file system"}, ok
}

// zfsAtTail looks for the last two labels of a vdev whose partition is not known any more: it ended at most 16 MiB
// before the drive's end and began at a whole label.
func (s *sampler) zfsAtTail() []Found {
	const span = 16 << 20
	g := region{src: s.src, size: s.src.size, sector: int64(s.src.sector)}
	var found []Found
	for off := max(0, g.size-span) / zfsLabelSize * zfsLabelSize; off+zfsLabelSize <= g.size; off += zfsLabelSize {
		from := off + zfsConfigAt
		head, err := s.src.pieceAt(from / s.src.piece * s.src.piece)
		if err != nil || !strings.HasPrefix(string(head[min(from%s.src.piece, int64(len(head))):]),
			"\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01") {
			continue
		}
		f, ok := zfsLabel(g, off)
		if !ok || f.PoolGUID == "" && f.VdevGUID == "" {
			continue
		}
		if i := zfsSame(found, f); i >= 0 {
			found[i] = zfsMerge(found[i], f)
		} else {
			found = append(found, f)
		}
	}
	for i := range found {
		found[i].Text = zfsText(found[i])
	}
	return found
}
