//go:build !amd64 && !arm64

package surface

func fillBodies(dst []byte, t *tables, keys *[batch]uint64, sector int) (boot bool) {
	return fillPortable(dst, t, keys, sector)
}

func sameBodies(p []byte, t *tables, keys *[batch]uint64, sector int) bool {
	return samePortable(p, t, keys, sector)
}
