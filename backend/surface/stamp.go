package surface

import (
	"encoding/binary"
	"math/bits"
)

// Stamp is what a stamped sector says about itself.
type Stamp struct {
	Nonce [16]byte // of the job that wrote it
	Pass  uint32   // 1 for the first
	LBA   int64    // in sectors of the size it was written with
}

// A stamped sector, in little-endian 64-bit words:
//
//	0     salt = salt(nonce, pass, variant, LBA); for one nonce, pass and variant no two LBAs share it
//	1     pass | variant << 32 | stampMagic << 48, masked
//	2, 3  nonce, masked
//	4     LBA, masked
//	5...  body
//
// All words but the salt are the stream that the salt seeds, and a mask is that stream's word at the same place. So a
// sector explains itself: the salt unmasks the header, and the header must give the same salt again, which no other data
// does (1 in 2^80). Nothing in it repeats, neither inside a sector nor between sectors, so that no compressing or
// deduplicating controller can keep less than all of it.
const (
	headerWords = 5
	stampMagic  = 0x6275 // "ub"
	weyl        = 0x9e3779b97f4a7c15
)

// mix is a bijection of 64 bits in which each input bit changes half of the output bits (the finalizer of SplitMix64 in
// David Stafford's variant 13).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// seed gives the state and the key of a salt's stream. Both are bijections of the salt, so that no two streams
// share a key and none runs into another.
func seed(salt uint64) (s, k uint64) {
	return mix(salt ^ 0xd6e8feb86659fd93), salt * 0xa0761d6478bd642f
}

// four makes the next four words of a stream of one 128-bit product; the multiplication is what the stream costs.
func four(s, k uint64) (a, b, c, d uint64) {
	h, l := bits.Mul64(s, s^k)
	return h ^ l, h + bits.RotateLeft64(l, 29), l - bits.RotateLeft64(h, 17), (l ^ bits.RotateLeft64(h, 41)) + s
}

// stream fills dst, whose length is a multiple of 64.
func stream(dst []byte, s, k uint64) {
	le := binary.LittleEndian
	for len(dst) >= 64 {
		p := (*[64]byte)(dst)
		a, b, c, d := four(s, k)
		le.PutUint64(p[0:], a)
		le.PutUint64(p[8:], b)
		le.PutUint64(p[16:], c)
		le.PutUint64(p[24:], d)
		s += weyl
		a, b, c, d = four(s, k)
		le.PutUint64(p[32:], a)
		le.PutUint64(p[40:], b)
		le.PutUint64(p[48:], c)
		le.PutUint64(p[56:], d)
		s += weyl
		dst = dst[64:]
	}
}

// stamper writes the stamps of one job's pass. It is immutable and may be shared.
type stamper struct {
	nonce  [2]uint64
	pass   uint32
	a, b   uint64
	sector int
}

func newStamper(nonce [16]byte, pass uint32, sectorBytes int) stamper {
	n0, n1 := binary.LittleEndian.Uint64(nonce[:8]), binary.LittleEndian.Uint64(nonce[8:])
	a := mix(mix(n0^0x243f6a8885a308d3) + n1 + uint64(pass)*weyl)
	return stamper{nonce: [2]uint64{n0, n1}, pass: pass, a: a, b: mix(a ^ mix(n1+0x13198a2e03707344)), sector: sectorBytes}
}

func (st *stamper) salt(lba int64, variant uint16) uint64 {
	return mix(uint64(lba)+st.a+uint64(variant)<<48) ^ st.b
}

// fill stamps dst, a whole number of sectors, as the sectors from lba on.
func (st *stamper) fill(dst []byte, lba int64) {
	for ; len(dst) >= st.sector; lba++ {
		p := dst[:st.sector:st.sector]
		st.one(p, lba, 0)
		for v := uint16(1); looksClaimed(p, lba*int64(st.sector)); v++ {
			st.one(p, lba, v)
		}
		dst = dst[st.sector:]
	}
}

func (st *stamper) one(p []byte, lba int64, variant uint16) {
	salt := st.salt(lba, variant)
	s, k := seed(salt)
	stream(p, s, k)
	le := binary.LittleEndian
	h := (*[headerWords * 8]byte)(p)
	le.PutUint64(h[0:], salt)
	le.PutUint64(h[8:], le.Uint64(h[8:])^(uint64(st.pass)|uint64(variant)<<32|stampMagic<<48))
	le.PutUint64(h[16:], le.Uint64(h[16:])^st.nonce[0])
	le.PutUint64(h[24:], le.Uint64(h[24:])^st.nonce[1])
	le.PutUint64(h[32:], le.Uint64(h[32:])^uint64(lba))
}

// FillStamp writes to dst what the sectors from firstLBA on hold after pass of the job with this nonce. sectorBytes is a
// multiple of 512, and the length of dst a multiple of it. It allocates nothing.
func FillStamp(dst []byte, nonce [16]byte, pass uint32, firstLBA int64, sectorBytes int) {
	st := newStamper(nonce, pass, sectorBytes)
	st.fill(dst, firstLBA)
}

// DecodeStamp reads the stamp of any job and any pass from the head of a sector. False means that Burnish did not write
// this head; the rest of the sector is not looked at.
func DecodeStamp(sector []byte) (Stamp, bool) {
	if len(sector) < headerWords*8 {
		return Stamp{}, false
	}
	le := binary.LittleEndian
	salt := le.Uint64(sector)
	s, k := seed(salt)
	_, w1, w2, w3 := four(s, k)
	w4, _, _, _ := four(s+weyl, k)
	head := le.Uint64(sector[8:]) ^ w1
	if head>>48 != stampMagic {
		return Stamp{}, false
	}
	var nonce [16]byte
	le.PutUint64(nonce[:8], le.Uint64(sector[16:])^w2)
	le.PutUint64(nonce[8:], le.Uint64(sector[24:])^w3)
	lba := int64(le.Uint64(sector[32:]) ^ w4)
	st := newStamper(nonce, uint32(head), 0)
	if lba < 0 || st.salt(lba, uint16(head>>32)) != salt {
		return Stamp{}, false
	}
	return Stamp{Nonce: nonce, Pass: uint32(head), LBA: lba}, true
}
