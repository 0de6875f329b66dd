package surface

import "encoding/binary"

// starts gives where a sector's body begins in the two tables.
func (t *tables) starts(key uint64) (x, y []uint64) {
	return t.x[key&startMask:], t.y[key>>32&startMask:]
}

// fillPortable makes the bodies of dst, whole sectors, at most batch of them. It reports whether by chance one of them
// holds a boot signature.
func fillPortable(dst []byte, t *tables, keys *[batch]uint64, sector int) (boot bool) {
	le, all := binary.LittleEndian, dst
	for i := 0; len(dst) > 0; i, dst = i+1, dst[sector:] {
		key := keys[i]
		x, y := t.starts(key)
		for p := dst[headBytes:sector]; len(p) >= 64; p, x, y = p[64:], x[8:], y[8:] {
			q, x, y := (*[64]byte)(p), (*[8]uint64)(x), (*[8]uint64)(y)
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
	return holdsBoot(all)
}

// samePortable reports whether the bodies of p are what fillPortable makes.
func samePortable(p []byte, t *tables, keys *[batch]uint64, sector int) bool {
	le := binary.LittleEndian
	var diff uint64
	for i := 0; len(p) > 0; i, p = i+1, p[sector:] {
		key := keys[i]
		x, y := t.starts(key)
		for p := p[headBytes:sector]; len(p) >= 64; p, x, y = p[64:], x[8:], y[8:] {
			q, x, y := (*[64]byte)(p), (*[8]uint64)(x), (*[8]uint64)(y)
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
	}
	return diff == 0
}
