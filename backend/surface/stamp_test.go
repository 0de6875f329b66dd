package surface_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"burnish/backend/surface"
	"burnish/backend/testbed/need"

	"pgregory.net/rapid"
)

func drawNonce(t *rapid.T) (n [16]byte) {
	copy(n[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "nonce"))
	return n
}

func TestEachSectorTellsItsNoncePassAndLBA(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := surface.Stamp{Nonce: drawNonce(t), Pass: rapid.Uint32().Draw(t, "pass"), LBA: rapid.Int64Range(0,
			1<<55).Draw(t, "lba")}
		size := rapid.SampledFrom([]int{512, 1024, 4096}).Draw(t, "sector")
		count := rapid.IntRange(1, 20).Draw(t, "sectors")
		buf := make([]byte, size*count)
		surface.FillStamp(buf, want.Nonce, want.Pass, want.LBA, size)
		for i := range count {
			got, ok := surface.DecodeStamp(buf[i*size : (i+1)*size])
			if !ok || got != want {
				t.Fatalf("sector %d: %+v, %v; want %+v", i, got, ok, want)
			}
			alone := make([]byte, size)
			surface.FillStamp(alone, want.Nonce, want.Pass, want.LBA, size)
			if !bytes.Equal(alone, buf[i*size:(i+1)*size]) {
				t.Fatalf("sector %d depends on how many are stamped at once", i)
			}
			want.LBA++
		}
		bit := rapid.IntRange(0, 40*8-1).Draw(t, "bit")
		buf[bit/8] ^= 1 << (bit % 8)
		if got, ok := surface.DecodeStamp(buf); ok {
			t.Fatalf("a damaged header decodes as %+v", got)
		}
	})
}

func FuzzDecodeStampTakesNothingThatIsNotAStamp(f *testing.F) {
	f.Add(make([]byte, 512))
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := surface.DecodeStamp(b)
		if !ok || len(b) < 64 {
			return
		}
		again := make([]byte, 512)
		surface.FillStamp(again, s.Nonce, s.Pass, s.LBA, 512)
		if !bytes.Equal(again[:40], b[:40]) {
			t.Errorf("%x decodes as %+v, whose stamp is %x", b[:40], s, again[:40])
		}
	})
}

func TestStampsLookRandomAndNeverRepeat(t *testing.T) {
	const sectors = 1 << 13
	buf := make([]byte, sectors*512)
	surface.FillStamp(buf, [16]byte{}, 1, 0, 512) // the plainest key
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	w.Write(buf)
	w.Close()
	if packed.Len() < len(buf) {
		t.Errorf("%d bytes compress to %d", len(buf), packed.Len())
	}
	seen := make(map[uint64]bool, len(buf)/8)
	var ones [64]int
	var hist [256]float64
	for i := 0; i < len(buf); i += 8 {
		v := binary.LittleEndian.Uint64(buf[i:])
		if seen[v] {
			t.Fatalf("the word at %d repeats", i)
		}
		seen[v] = true
		for b := range 64 {
			ones[b] += int(v >> b & 1)
		}
	}
	words := float64(len(buf) / 8)
	for b, n := range ones {
		if off := float64(n)/words - 0.5; off > 0.005 || off < -0.005 { // 7 deviations
			t.Errorf("bit %d is one in %.4f of all words", b, 0.5+off)
		}
	}
	for _, b := range buf {
		hist[b]++
	}
	mean, chi := float64(len(buf))/256, 0.0
	for _, n := range hist {
		chi += (n - mean) * (n - mean) / mean
	}
	if chi < 140 || chi > 400 { // 255 degrees of freedom, 22.6 a deviation
		t.Errorf("chi square of the bytes is %.0f", chi)
	}
	// Neighbours by LBA, by pass and by nonce have nothing in common, at any distance that a fault may shift data by.
	for name, other := range map[string]func(dst []byte){
		"lba":   func(dst []byte) { surface.FillStamp(dst, [16]byte{}, 1, 1, 512) },
		"pass":  func(dst []byte) { surface.FillStamp(dst, [16]byte{}, 2, 0, 512) },
		"nonce": func(dst []byte) { surface.FillStamp(dst, [16]byte{1}, 1, 0, 512) },
		"shift": func(dst []byte) { copy(dst, buf[32:]) },
	} {
		o := make([]byte, len(buf)-512)
		other(o)
		diff := 0
		for i := range o {
			diff += bits.OnesCount8(o[i] ^ buf[i])
		}
		if share := float64(diff) / float64(len(o)*8); share < 0.499 || share > 0.501 {
			t.Errorf("%s: %.4f of the bits differ", name, share)
		}
	}
}

func TestNoStampHoldsAShortSignature(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	for size, nonces := range map[int]int{512: 1 << 15, 4096: 1 << 13} {
		buf := make([]byte, max(2048, size))
		for i := range nonces {
			var n [16]byte
			le.PutUint64(n[:], uint64(i))
			surface.FillStamp(buf, n, 1, 0, size)
			for at := 510; at < len(buf); at += 512 {
				if le.Uint16(buf[at:]) == 0xaa55 {
					t.Fatalf("nonce %d: boot signature at %d", i, at)
				}
			}
			mac, hfs, sun, nilfs, ext := be.Uint16(buf), be.Uint16(buf[1024:]), be.Uint16(buf[508:]),
				le.Uint16(buf[1030:]), le.Uint16(buf[1080:])
			if mac == 0x4552 || hfs == 0x4244 || hfs == 0x482b || hfs == 0x4858 || sun == 0xdabe || nilfs == 0x3434 ||
				ext == 0xef53 || buf[0] == 0xeb || buf[0] == 0xe9 {
				t.Fatalf("nonce %d: a signature of two bytes", i)
			}
			for _, order := range []binary.ByteOrder{le, be} {
				switch order.Uint16(buf[1040:]) {
				case 0x137f, 0x138f, 0x2468, 0x2478:
					t.Fatalf("nonce %d: MINIX", i)
				}
			}
			for at := 0x1c6; at < 0x1f0; at += 12 {
				if buf[at]&1 != 0 {
					t.Fatalf("nonce %d: an Atari partition", i)
				}
			}
		}
	}
}

func TestBlkidSeesNothingOnStampedDrives(t *testing.T) {
	blkid := need.Program(t, "blkid")
	path := filepath.Join(t.TempDir(), "drive")
	buf := make([]byte, 9<<20+3584)
	for i := range 24 {
		size := []int{512, 4096}[i%2]
		part := buf[:len(buf)/size*size]
		surface.FillStamp(part, [16]byte{byte(i)}, 1, 0, size)
		if err := os.WriteFile(path, part, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(blkid, "-p", path).CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 2 || len(out) != 0 {
			t.Errorf("nonce %d: blkid ended with %v and said %q", i, err, out)
		}
	}
}
