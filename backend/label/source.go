package label

import (
	"cmp"
	"io"
	"maps"
	"slices"
)

const (
	piecesPerChunk = 16
	maxChunks      = 256 // kept in memory: 16 MiB with the usual sectors
)

// source reads a drive in chunks of about 64 KiB and keeps the latest. A chunk that fails is read
// again in pieces of about 4 KiB, each once and only when somebody asks for it.
type source struct {
	r      io.ReaderAt
	size   int64
	sector int
	piece  int64
	chunk  int64

	chunks    map[int64][]byte // by chunk number
	order     []int64          // chunk numbers, oldest first
	broken    map[int64]bool   // chunks that cannot be read in one go
	pieces    map[int64]result // pieces of broken chunks, by offset
	labelGaps gaps
	medium    func(error) bool
	failed    int // reads with an error of the medium
}

type result struct {
	data []byte
	err  error
}

func newSource(r io.ReaderAt, size int64, sector int, medium func(error) bool) *source {
	piece := int64(sector)
	if sector < 4096 {
		piece = int64(4096 / sector * sector)
	}
	return &source{
		r: r, medium: medium, size: size, sector: sector, piece: piece, chunk: piecesPerChunk * piece,
		chunks: map[int64][]byte{}, broken: map[int64]bool{}, pieces: map[int64]result{}, labelGaps: gaps{},
	}
}

// pread reads n bytes at off from the drive itself.
func (s *source) pread(off, n int64) ([]byte, error) {
	buf := make([]byte, n)
	got, err := s.r.ReadAt(buf, off)
	if int64(got) == n {
		return buf, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if s.medium == nil || s.medium(err) {
		s.failed++
	}
	return nil, err
}

// chunkAt gives chunk number i, or nil when it cannot be read in one go.
func (s *source) chunkAt(i int64) []byte {
	if data, ok := s.chunks[i]; ok || s.broken[i] {
		return data
	}
	data, err := s.pread(i*s.chunk, min(s.chunk, s.size-i*s.chunk))
	if err != nil {
		s.broken[i] = true
		return nil
	}
	if len(s.order) == maxChunks {
		delete(s.chunks, s.order[0])
		s.order = s.order[1:]
	}
	s.chunks[i] = data
	s.order = append(s.order, i)
	return data
}

// forget lets go of what was kept; what could not be read stays known.
func (s *source) forget() {
	clear(s.chunks)
	s.order = nil
}

// pieceAt gives the piece that starts at off, a multiple of the piece's size.
func (s *source) pieceAt(off int64) ([]byte, error) {
	n := min(s.piece, s.size-off)
	if c := s.chunkAt(off / s.chunk); c != nil {
		at := off % s.chunk
		return c[at : at+n], nil
	}
	p, ok := s.pieces[off]
	if !ok {
		p.data, p.err = s.pread(off, n)
		s.pieces[off] = p
	}
	return p.data, p.err
}

// label gives n bytes at off, all inside the drive. What cannot be read is zero, and noted. The
// bytes are shared and must not be written to.
func (s *source) label(off, n int64) []byte {
	if i := off / s.chunk; i == (off+n-1)/s.chunk {
		if c := s.chunkAt(i); c != nil {
			return c[off-i*s.chunk : off-i*s.chunk+n]
		}
	}
	out := make([]byte, n)
	for p := off - off%s.piece; p < off+n; p += s.piece {
		data, err := s.pieceAt(p)
		if err != nil {
			s.labelGaps[p] = Gap{Offset: p, Length: min(s.piece, s.size-p), Err: err}
			continue
		}
		if p < off {
			copy(out, data[off-p:])
		} else {
			copy(out[p-off:], data)
		}
	}
	return out
}

// gaps are ranges by their offset.
type gaps map[int64]Gap

// merged gives the gaps in order, neighbours with the same error as one.
func (g gaps) merged() []Gap {
	var out []Gap
	for _, gap := range slices.SortedFunc(maps.Values(g), func(a, b Gap) int {
		return cmp.Compare(a.Offset,
			b.Offset)
	}) {
		if n := len(out); n > 0 && out[n-1].Offset+out[n-1].Length == gap.Offset &&
			out[n-1].Err.Error() == gap.Err.Error() {
			out[n-1].Length += gap.Length
			continue
		}
		out = append(out, gap)
	}
	return out
}

// region is a part of the drive that may bear labels of its own: the drive or a partition.
type region struct {
	src        *source
	base, size int64 // bytes
	sector     int64
	part       int
	depth      int
}

// at gives up to n bytes at off from the region's start, fewer at its end, none outside it.
func (g region) at(off, n int64) block {
	if off < 0 || off >= g.size {
		return nil
	}
	return g.src.label(g.base+off, min(n, g.size-off))
}

// child is a part of g; false when it has no place in g or is all of it.
func (g region) child(start, length int64, part int) (region, bool) {
	if start < 0 || length <= 0 || start >= g.size {
		return region{}, false
	}
	length = min(length, g.size-start)
	if start == 0 && length == g.size {
		return region{}, false
	}
	if g.depth > 0 {
		part = g.part
	}
	return region{src: g.src, base: g.base + start, size: length, sector: g.sector, part: part, depth: g.depth + 1},
		true
}
