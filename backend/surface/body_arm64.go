package surface

//go:noescape
func fillWide(dst *byte, x, y *uint64, key uint64, n int)

//go:noescape
func sameWide(p *byte, x, y *uint64, key uint64, n int) bool

func fillBody(dst []byte, x, y *[bodyWords]uint64, key uint64) {
	_ = x[len(dst)/8-1]
	fillWide(&dst[0], &x[0], &y[0], key, len(dst))
}

func sameBody(p []byte, x, y *[bodyWords]uint64, key uint64) bool {
	_ = x[len(p)/8-1]
	return sameWide(&p[0], &x[0], &y[0], key, len(p))
}
