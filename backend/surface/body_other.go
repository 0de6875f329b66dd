//go:build !amd64 && !arm64

package surface

func fillBody(dst []byte, x, y *[bodyWords]uint64, key uint64) { fillPortable(dst, x, y, key) }

func sameBody(p []byte, x, y *[bodyWords]uint64, key uint64) bool {
	return samePortable(p, x, y, key)
}
