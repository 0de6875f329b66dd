package surface

import "golang.org/x/sys/cpu"

// wide reports whether this processor has what the assembly needs; all x86 processors since 2013 do, but for some Atoms
// and Celerons.
var wide = cpu.X86.HasAVX2

//go:noescape
func fillWide(dst *byte, x, y *uint64, key uint64, n int)

//go:noescape
func sameWide(p *byte, x, y *uint64, key uint64, n int) bool

func fillBody(dst []byte, x, y *[bodyWords]uint64, key uint64) {
	if wide {
		_ = x[len(dst)/8-1]
		fillWide(&dst[0], &x[0], &y[0], key, len(dst))
		return
	}
	fillPortable(dst, x, y, key)
}

func sameBody(p []byte, x, y *[bodyWords]uint64, key uint64) bool {
	if wide {
		_ = x[len(p)/8-1]
		return sameWide(&p[0], &x[0], &y[0], key, len(p))
	}
	return samePortable(p, x, y, key)
}
