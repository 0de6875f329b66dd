package faultdev

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// A sparse medium reads as plain memory does, and where only zeros were written last it keeps nothing.
func TestASparseMediumHoldsWhatWasWrittenLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const size = 3*chunkBytes + 512
		plain, s := make([]byte, size), newSparse(size)
		for range rapid.IntRange(1, 12).Draw(t, "writes") {
			off := rapid.Int64Range(0, size).Draw(t, "off")
			p := bytes.Repeat([]byte{rapid.SampledFrom([]byte{0, 0, 7}).Draw(t, "byte")},
				rapid.IntRange(0, 2*chunkBytes).Draw(t, "bytes"))
			copy(plain[off:], p)
			s.write(p, off)
			s.tidy(off, int64(len(p)))
			from := rapid.Int64Range(0, size).Draw(t, "from")
			got := bytes.Repeat([]byte{9}, rapid.IntRange(0, size).Draw(t, "read"))
			want := bytes.Clone(got)
			copy(want, plain[from:])
			if s.read(got, from); !bytes.Equal(got, want) {
				t.Fatalf("%d bytes at %d are not what was written", len(got), from)
			}
		}
		for i, c := range s.chunks {
			if zero := isZero(plain[i*chunkBytes : min((i+1)*chunkBytes, size)]); zero != (c == nil) {
				t.Errorf("chunk %d: zeros %v, kept %v", i, zero, c != nil)
			}
		}
	})
}
