package surface

import "golang.org/x/sys/cpu"

// wide reports whether this processor has what the assembly needs; all x86 processors since 2013 do, but for some Atoms
// and Celerons.
var wide = cpu.X86.HasAVX2

//go:noescape
func fillWide(p *byte, t *tables, keys *[batch]uint64, n, sector int) (boot bool)

//go:noescape
func sameWide(p *byte, t *tables, keys *[batch]uint64, n, sector int) bool

func fillBodies(dst []byte, t *tables, keys *[batch]uint64, sector int) (boot bool) {
	if wide {
		return fillWide(&dst[0], t, keys, len(dst)/sector, sector)
	}
	return fillPortable(dst, t, keys, sector)
}

func sameBodies(p []byte, t *tables, keys *[batch]uint64, sector int) bool {
	if wide {
		return sameWide(&p[0], t, keys, len(p)/sector, sector)
	}
	return samePortable(p, t, keys, sector)
}
