package label

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

const (
	endSpan        = 4 << 20 // of each end, looked at byte by byte
	defaultSamples = 1024
	maxFailedReads = 64 // at each end and between them: more failures than this take hours
	otherPieces    = 7  // of a share that are tried where the one drawn cannot be read
	damagedBits    = 8  // of a blank sector that may be wrong: nobody's data is so sparse, and no drive so bad is blank
	maxDamaged     = 4  // such sectors, and stamped ones beyond recognition; more are somebody's data
)

// sampler classifies sectors into a Content.
type sampler struct {
	src        *source
	own        func([]byte) bool
	zero, ones []byte
	out        Content
	gaps       gaps
	prints     printer
	failed     int   // reads between the ends that failed
	looked     int64 // the latest chunk of copies that was classified
	printed    int64 // and the latest that was printed
	head, tail int64 // what lies before the one and from the other on is looked at byte by byte
}

// content classifies both ends, samples of what is between, and the places where file systems keep copies of what they
// are known by; it gives those copies too.
func content(src *source, opt Options) (Content, []Found) {
	s := sampler{src: src, own: opt.OwnStamp, zero: make([]byte, src.sector), ones: bytes.Repeat([]byte{0xff},
		src.sector), gaps: gaps{}, printed: -1}
	head := min(roundUp(endSpan, src.piece), src.size)
	tail := max(head, (src.size-endSpan)/src.piece*src.piece)
	s.head, s.tail = head, tail
	s.sweep(0, head, 0)
	s.sweep(tail, src.size, endPrints)

	samples := int64(opt.Samples)
	if samples == 0 {
		samples = defaultSamples
	}
	if share := (tail - head) / samples / src.piece * src.piece; share <= src.piece {
		s.sweep(head, tail, noPrint)
		s.head, s.tail = src.size, src.size
	} else if s.out.UnknownAt == nil { // else it is known to be somebody's, and samples say no more
		s.samples(head, samples, share, opt)
	}
	found := s.copies()
	if s.out.UnknownAt == nil {
		s.near(opt)
	}
	s.out.Unreadable, s.out.Print = s.gaps.merged(), s.prints.String()
	return s.out, found
}

// near looks at as many samples in each doubling of the distance from the start: what is on a drive that is not full
// lies mostly there.
func (s *sampler) near(opt Options) {
	for from := s.head; opt.Near > 0 && from < s.tail; from *= 2 {
		to := min(2*from, s.tail)
		if share := (to - from) / int64(opt.Near) / s.src.piece * s.src.piece; share > s.src.piece {
			s.samples(from, int64(opt.Near), share, opt)
		}
	}
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }

// sweep looks at every piece from a multiple of the piece's size up to end, which is printed in groups from first on.
func (s *sampler) sweep(from, end int64, first int) {
	failed, group := 0, noPrint
	for off := from; off < end; off += s.src.piece {
		if first != noPrint {
			group = groupOf(first, off, from, end)
		}
		if failed == maxFailedReads {
			s.gaps[off] = Gap{Offset: off, Length: end - off, Err: ErrNotRead}
			for ; group != noPrint && group < first+endPrints; group++ {
				s.print(group, off, nil, ErrNotRead)
			}
			return
		}
		data, err := s.src.pieceAt(off)
		s.print(group, off, data, err)
		if !s.take(off, data, err) {
			failed++
		}
	}
}

// samples looks at one piece in each of n shares of the range that begins at from. Where that one cannot be read,
// others of its share speak for it: a bad sector says that the drive is bad, not that it is somebody's.
func (s *sampler) samples(from, n, share int64, opt Options) {
	for i := range n {
		off := from + i*share
		if s.failed == maxFailedReads {
			s.gaps[off] = Gap{Offset: off, Length: (n - i) * share, Err: ErrNotRead}
			return
		}
		if opt.Rand != nil {
			off += opt.Rand.Int64N(share/s.src.piece) * s.src.piece
		}
		data, err := s.src.pread(off, s.src.piece)
		for try := int64(1); err != nil && try <= min(otherPieces, share/s.src.piece-1) &&
			s.failed < maxFailedReads; try++ {
			s.failed++
			other := from + i*share + (off-from-i*share+try*s.src.piece)%(share/s.src.piece*s.src.piece)
			if again, err2 := s.src.pread(other, s.src.piece); err2 == nil {
				off, data, err = other, again, nil
			}
		}
		if !s.take(off, data, err) {
			s.failed++
		}
	}
}

// take classifies one piece; false when it could not be read.
func (s *sampler) take(off int64, data []byte, err error) bool {
	if err != nil {
		s.gaps[off] = Gap{Offset: off, Length: min(s.src.piece, s.src.size-off), Err: err}
		return false
	}
	for at := 0; at < len(data); at += s.src.sector {
		sector := data[at : at+s.src.sector]
		n := int64(len(sector))
		switch {
		case bytes.Equal(sector, s.zero):
			s.out.Zero += n
		case bytes.Equal(sector, s.ones):
			s.out.Ones += n
		case s.own != nil && s.own(sector):
			s.out.Own += n
		case s.out.Damaged < maxDamaged*n && (nearly(sector) || s.amongOwn(data, at)):
			s.out.Damaged += n
		default:
			where := off + int64(at)
			s.out.Amid = s.out.Amid || where >= endSpan && where < s.src.size-endSpan
			if s.out.UnknownAt == nil || where < *s.out.UnknownAt {
				s.out.UnknownAt = &where
			}
		}
	}
	return true
}

// nearly reports whether a sector is blank but for a few bits.
func nearly(sector []byte) bool {
	set := 0
	for i := 0; i+8 <= len(sector); i += 8 {
		set += bits.OnesCount64(binary.NativeEndian.Uint64(sector[i:]))
	}
	return min(set, 8*len(sector)-set) <= damagedBits
}

// amongOwn reports whether all other sectors of a piece, of which there are some, bear the stamp of an earlier test.
func (s *sampler) amongOwn(piece []byte, at int) bool {
	if s.own == nil || len(piece) <= s.src.sector {
		return false
	}
	for other := 0; other < len(piece); other += s.src.sector {
		if other != at && !s.own(piece[other:other+s.src.sector]) {
			return false
		}
	}
	return true
}
