package surface

import (
	"bytes"
	"encoding/hex"
	"math/bits"
)

// finding is what is wrong with one sector.
type finding struct {
	kind    Kind
	found   int64 // misplaced
	flipped int64 // mismatch
	diff    Diff  // mismatch
	errno   string
	class   ErrorClass
}

// badSector is a sector with its finding; confirmed when it stayed bad.
type badSector struct {
	lba int64
	finding
	confirmed bool
}

func errorFinding(kind Kind, e *IOError) finding {
	return finding{kind: kind, errno: e.Errno, class: e.Class}
}

// toRange is the sector as a range.
func (b badSector) toRange(phase Phase, pass int) Range {
	r := Range{FirstLBA: b.lba, LastLBA: b.lba, Kind: b.kind, Persistent: b.confirmed, Errno: b.errno, Class: b.class,
		Phase: phase, Pass: pass}
	switch b.kind {
	case KindMisplaced:
		r.FoundLBA = &b.found
	case KindMismatch:
		r.FlippedBits = b.flipped
		r.FirstDiff = &b.diff
	case KindRead, KindWrite, KindStale: // the numbers of the sector are all
	}
	return r
}

// classify says what is wrong with a sector that is not what it must be.
//
// The border between mismatch and stale: data that has nothing to do with the stamp differs from it in half of the
// bits, with a standard deviation of 32 bits in a sector of 512 bytes. Up to 3/8 of the bits (16 deviations below) it
// is the stamp, damaged: a few flips, or a sector of which up to three quarters were not written. A header that decodes
// as the right one makes it a mismatch too, whatever the body holds.
func classify(got, want []byte, lba int64, nonce [16]byte, pass int) finding {
	if stamp, ok := DecodeStamp(got); ok && stamp.Nonce == nonce && stamp.Pass == uint32(pass) {
		if stamp.LBA != lba {
			return finding{kind: KindMisplaced, found: stamp.LBA}
		}
	} else if flippedBits(got, want) > int64(len(want))*8*3/8 {
		return finding{kind: KindStale}
	}
	f := finding{kind: KindMismatch, flipped: flippedBits(got, want)}
	for i := range want {
		if got[i] != want[i] {
			end := min(i+8, len(want))
			f.diff = Diff{Offset: i, Want: hex.EncodeToString(want[i:end]), Got: hex.EncodeToString(got[i:end])}
			break
		}
	}
	return f
}

func flippedBits(a, b []byte) int64 {
	n := 0
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return int64(n)
}

// zeroBytes counts the bytes of those sectors of p that hold only zeros.
func zeroBytes(p []byte, sectorBytes int) int64 {
	var n int64
	for ; len(p) >= sectorBytes; p = p[sectorBytes:] {
		if p[0] == 0 && bytes.Equal(p[:sectorBytes-1], p[1:sectorBytes]) {
			n += int64(sectorBytes)
		}
	}
	return n
}
