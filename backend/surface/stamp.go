package surface

import (
	"bytes"
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
//	5-7   mask
//	8...  body
//
// The mask is the stream that the salt seeds. So a sector explains itself: the salt unmasks the header, and the header
// must give the same salt again, which no other data does (1 in 2^80).
//
// The body costs an addition and an exclusive or for each word: (x[i]^key) + y[j]. The tables x and y are streams of
// nonce and pass; where a sector begins in them, and its key, come from its salt. So nothing in it repeats, neither
// inside a sector nor between sectors, and no compressing or deduplicating controller can keep less than all of it.
const (
	headerWords = 5
	headWords   = 8 // header and mask
	headBytes   = headWords * 8
	stampMagic  = 0x6275 // "ub"
	weyl        = 0x9e3779b97f4a7c15
	bodyWords   = 4096/8 - headWords
	tableWords  = tableStarts + bodyWords
	// A sector begins in a table at one of 256 places, which are a processor's widest loads apart.
	tableStarts = 1024
	startMask   = tableStarts - 4
)

// tables of one nonce and pass, 24 KiB: they stay in the processor's first cache.
type tables struct{ x, y [tableWords]uint64 }

// The streams are filled four words at a time.
var _ [tableWords % 4]struct{} = [0]struct{}{}

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

// stream fills dst, whose length is a multiple of 4.
func stream(dst []uint64, s, k uint64) {
	for ; len(dst) >= 4; dst = dst[4:] {
		dst[0], dst[1], dst[2], dst[3] = four(s, k)
		s += weyl
	}
}

// saltKey is what makes the salts of one nonce and pass.
type saltKey struct{ a, b uint64 }

func newSaltKey(nonce [2]uint64, pass uint32) saltKey {
	a := mix(mix(nonce[0]^0x243f6a8885a308d3) + nonce[1] + uint64(pass)*weyl)
	return saltKey{a, mix(a ^ mix(nonce[1]+0x13198a2e03707344))}
}

func (k saltKey) salt(lba int64, variant uint16) uint64 {
	return mix(uint64(lba)+k.a+uint64(variant)<<48) ^ k.b
}

// stamper writes the stamps of one job's pass. Once it is at work it is immutable and may be shared.
type stamper struct {
	tab tables // first, where it is aligned as all of it is
	saltKey
	nonce  [2]uint64
	pass   uint32
	sector int
	zeros  bool // instead of stamps
}

func newStamper(nonce [16]byte, pass uint32, sectorBytes int) *stamper {
	st := new(stamper)
	st.init(nonce, pass, sectorBytes)
	return st
}

func (st *stamper) init(nonce [16]byte, pass uint32, sectorBytes int) {
	st.nonce, st.pass, st.sector = wordsOf(nonce), pass, sectorBytes
	st.saltKey = newSaltKey(st.nonce, pass)
	s, k := seed(st.a ^ 0xa4093822299f31d0)
	stream(st.tab.x[:], s, k)
	s, k = seed(st.b ^ 0x082efa98ec4e6c89)
	stream(st.tab.y[:], s, k)
}

func wordsOf(nonce [16]byte) [2]uint64 {
	return [2]uint64{binary.LittleEndian.Uint64(nonce[:8]), binary.LittleEndian.Uint64(nonce[8:])}
}

// fill stamps dst, a whole number of sectors, as the sectors from lba on.
func (st *stamper) fill(dst []byte, lba int64) {
	if st.zeros {
		clear(dst)
		return
	}
	var keys [batch]uint64
	for len(dst) > 0 {
		n := min(len(dst)/st.sector, batch)
		part, claimed := dst[:n*st.sector], false
		for i := range n {
			p := (*[headBytes]byte)(part[i*st.sector:])
			keys[i] = st.putHead(p, lba+int64(i), 0)
			claimed = claimed || beginClaims(p)
		}
		// Where labels lie at the head of a drive, and in one sector of 20,000 elsewhere, a closer look is due.
		if fillBodies(part, &st.tab, &keys, st.sector) || claimed || lba*int64(st.sector) < magicBytes {
			st.unclaim(part, lba)
		}
		lba += int64(n)
		dst = dst[n*st.sector:]
	}
}

// unclaim stamps those sectors again, in another variant, that hold a short signature.
func (st *stamper) unclaim(p []byte, lba int64) {
	var keys [batch]uint64
	for ; len(p) > 0; p, lba = p[st.sector:], lba+1 {
		q := p[:st.sector:st.sector]
		for v := uint16(1); looksClaimed(q, lba*int64(st.sector)); v++ {
			keys[0] = st.putHead((*[headBytes]byte)(q), lba, v)
			fillBodies(q, &st.tab, &keys, st.sector)
		}
	}
}

// batch is how many sectors are made or compared at once.
const batch = 8

// head makes the words of a sector's header and mask, and the key of its body, which says too where that begins in the
// tables. All nine are returned in registers.
func (st *stamper) head(lba int64, variant uint16) (w0, w1, w2, w3, w4, w5, w6, w7, key uint64) {
	w0 = st.salt(lba, variant)
	s, k := seed(w0)
	key, w1, w2, w3 = four(s, k)
	w4, w5, w6, w7 = four(s+weyl, k)
	w1 ^= uint64(st.pass) | uint64(variant)<<32 | stampMagic<<48
	return w0, w1, w2 ^ st.nonce[0], w3 ^ st.nonce[1], w4 ^ uint64(lba), w5, w6, w7, key
}

// putHead writes a sector's header and mask and returns the key of its body.
func (st *stamper) putHead(p *[headBytes]byte, lba int64, variant uint16) (key uint64) {
	w0, w1, w2, w3, w4, w5, w6, w7, key := st.head(lba, variant)
	le := binary.LittleEndian
	le.PutUint64(p[0:], w0)
	le.PutUint64(p[8:], w1)
	le.PutUint64(p[16:], w2)
	le.PutUint64(p[24:], w3)
	le.PutUint64(p[32:], w4)
	le.PutUint64(p[40:], w5)
	le.PutUint64(p[48:], w6)
	le.PutUint64(p[56:], w7)
	return key
}

// diffHead is 0 where p is what putHead writes.
func (st *stamper) diffHead(p *[headBytes]byte, lba int64) (diff, key uint64) {
	w0, w1, w2, w3, w4, w5, w6, w7, key := st.head(lba, 0)
	le := binary.LittleEndian
	return (le.Uint64(p[0:]) ^ w0) | (le.Uint64(p[8:]) ^ w1) | (le.Uint64(p[16:]) ^ w2) | (le.Uint64(p[24:]) ^ w3) |
		(le.Uint64(p[32:]) ^ w4) | (le.Uint64(p[40:]) ^ w5) | (le.Uint64(p[48:]) ^ w6) | (le.Uint64(p[56:]) ^ w7), key
}

// matches reports whether p holds the stamps of the sectors from lba on. want is room for one sector.
func (st *stamper) matches(p []byte, lba int64, want []byte) bool {
	if st.zeros {
		return zeroBytes(p, st.sector) == int64(len(p))
	}
	var keys [batch]uint64
	for len(p) > 0 {
		n := min(len(p)/st.sector, batch)
		part := p[:n*st.sector]
		var diff uint64
		for i := range n {
			d, key := st.diffHead((*[headBytes]byte)(part[i*st.sector:]), lba+int64(i))
			diff, keys[i] = diff|d, key
		}
		if diff != 0 || !sameBodies(part, &st.tab, &keys, st.sector) {
			// Or one of them is stamped in another variant, whose head differs.
			for i := range n {
				st.fill(want[:st.sector], lba+int64(i))
				if !bytes.Equal(part[i*st.sector:(i+1)*st.sector], want[:st.sector]) {
					return false
				}
			}
		}
		p, lba = p[n*st.sector:], lba+int64(n)
	}
	return true
}

// FillStamp writes to dst what the sectors from firstLBA on hold after pass of the job with this nonce. sectorBytes is
// a multiple of 512, and the length of dst a multiple of it. It allocates nothing.
func FillStamp(dst []byte, nonce [16]byte, pass uint32, firstLBA int64, sectorBytes int) {
	var st stamper
	st.init(nonce, pass, sectorBytes)
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
	key := newSaltKey(wordsOf(nonce), uint32(head))
	if lba < 0 || key.salt(lba, uint16(head>>32)) != salt {
		return Stamp{}, false
	}
	return Stamp{Nonce: nonce, Pass: uint32(head), LBA: lba}, true
}
