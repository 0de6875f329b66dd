package surface

import "encoding/binary"

// fillPortable makes a sector's body: dst is a multiple of 64 bytes, at most bodyWords words.
func fillPortable(dst []byte, x, y *[bodyWords]uint64, key uint64) {
	le := binary.LittleEndian
	for i := 0; len(dst) >= 64; i, dst = i+8, dst[64:] {
		q, x, y := (*[64]byte)(dst), (*[8]uint64)(x[i:]), (*[8]uint64)(y[i:])
		le.PutUint64(q[0:], (x[0]^key)+y[0])
		le.PutUint64(q[8:], (x[1]^key)+y[1])
		le.PutUint64(q[16:], (x[2]^key)+y[2])
		le.PutUint64(q[24:], (x[3]^key)+y[3])
		le.PutUint64(q[32:], (x[4]^key)+y[4])
		le.PutUint64(q[40:], (x[5]^key)+y[5])
		le.PutUint64(q[48:], (x[6]^key)+y[6])
		le.PutUint64(q[56:], (x[7]^key)+y[7])
	}
}

// samePortable reports whether p is what fillPortable makes.
func samePortable(p []byte, x, y *[bodyWords]uint64, key uint64) bool {
	le := binary.LittleEndian
	var diff uint64
	for i := 0; len(p) >= 64; i, p = i+8, p[64:] {
		q, x, y := (*[64]byte)(p), (*[8]uint64)(x[i:]), (*[8]uint64)(y[i:])
		a := le.Uint64(q[0:]) ^ ((x[0] ^ key) + y[0])
		b := le.Uint64(q[8:]) ^ ((x[1] ^ key) + y[1])
		a |= le.Uint64(q[16:]) ^ ((x[2] ^ key) + y[2])
		b |= le.Uint64(q[24:]) ^ ((x[3] ^ key) + y[3])
		a |= le.Uint64(q[32:]) ^ ((x[4] ^ key) + y[4])
		b |= le.Uint64(q[40:]) ^ ((x[5] ^ key) + y[5])
		a |= le.Uint64(q[48:]) ^ ((x[6] ^ key) + y[6])
		b |= le.Uint64(q[56:]) ^ ((x[7] ^ key) + y[7])
		diff |= a | b
	}
	return diff == 0
}
