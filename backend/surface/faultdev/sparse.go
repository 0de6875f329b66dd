package faultdev

import "bytes"

// chunkBytes is a multiple of every sector.
const chunkBytes = 64 << 10

// sparse is what a medium holds. Chunks of zeros take no memory.
type sparse struct {
	size   int64
	chunks [][]byte // nil: zeros
}

func newSparse(size int64) sparse {
	return sparse{size: size, chunks: make([][]byte, (size+chunkBytes-1)/chunkBytes)}
}

// read copies to p what lies at off, as far as there is any.
func (s *sparse) read(p []byte, off int64) {
	p = p[:min(int64(len(p)), s.size-off)]
	for len(p) > 0 {
		n := min(len(p), int(chunkBytes-off%chunkBytes))
		if c := s.chunks[off/chunkBytes]; c != nil {
			copy(p[:n], c[off%chunkBytes:])
		} else {
			clear(p[:n])
		}
		p, off = p[n:], off+int64(n)
	}
}

// write copies p to off, as far as there is room.
func (s *sparse) write(p []byte, off int64) {
	p = p[:min(int64(len(p)), s.size-off)]
	for len(p) > 0 {
		n := min(len(p), int(chunkBytes-off%chunkBytes))
		c := &s.chunks[off/chunkBytes]
		if *c == nil && !isZero(p[:n]) {
			*c = make([]byte, chunkBytes)
		}
		copy((*c)[min(int64(len(*c)), off%chunkBytes):], p[:n])
		p, off = p[n:], off+int64(n)
	}
}

// tidy gives the chunks back that n bytes at off lie in, if they hold zeros again.
func (s *sparse) tidy(off, n int64) {
	end := min(off+n, s.size)
	for ; off < end; off += chunkBytes - off%chunkBytes {
		if c := s.chunks[off/chunkBytes]; c != nil && isZero(c) {
			s.chunks[off/chunkBytes] = nil
		}
	}
}

func isZero(p []byte) bool { return len(p) == 0 || p[0] == 0 && bytes.Equal(p[:len(p)-1], p[1:]) }
