package surface

//go:noescape
func fillWide(p *byte, t *tables, keys *[batch]uint64, n, sector int) (boot bool)

//go:noescape
func sameWide(p *byte, t *tables, keys *[batch]uint64, n, sector int) bool

func fillBodies(dst []byte, t *tables, keys *[batch]uint64, sector int) (boot bool) {
	return fillWide(&dst[0], t, keys, len(dst)/sector, sector)
}

func sameBodies(p []byte, t *tables, keys *[batch]uint64, sector int) bool {
	return sameWide(&p[0], t, keys, len(p)/sector, sector)
}
