package surface

import "encoding/binary"

// Pseudo-random data meets a signature of two bytes once in 65,536 drives. Where the system's probes (libblkid, the
// kernel's partition code) look for signatures of one to three bytes, a stamp must not hold them: a sector that does is
// stamped again with the next variant, which its header names. Longer signatures are left to chance (less than 1e-8 for
// all of them together on one drive).

// magicBytes is how far into the drive the short signatures below lie.
const magicBytes = 2048

var shortMagics = []struct {
	offset int
	magic  string
}{
	{0, "\xeb"}, {0, "\xe9"}, // FAT and NTFS jump instructions
	{0, "HM"},                                // LVM1
	{0, "ER"},                                // Apple driver descriptor map
	{88, "CS"},                               // Core Storage
	{508, "\xda\xbe"},                        // Sun disk label
	{1024, "BD"}, {1024, "H+"}, {1024, "HX"}, // HFS, HFS+, HFSX
	{1030, "\x34\x34"},                                                             // NILFS2
	{1040, "\x7f\x13"}, {1040, "\x8f\x13"}, {1040, "\x68\x24"}, {1040, "\x78\x24"}, // MINIX
	{1040, "\x13\x7f"}, {1040, "\x13\x8f"}, {1040, "\x24\x68"}, {1040, "\x24\x78"}, // MINIX, other byte order
	{1048, "\x5a\x4d"}, {1048, "\x4d\x5a"}, // MINIX 3
	{1080, "\x53\xef"}, // ext2, ext3, ext4
}

// atariEntries are the status bytes of the four partition entries of an Atari label, which has no signature at all: an
// entry counts when bit 0 is set and what follows is plausible.
var atariEntries = [4]int{0x1c6, 0x1d2, 0x1de, 0x1ea}

// looksClaimed reports whether p, the data for the bytes from off on, holds a short signature where one is looked for.
func looksClaimed(p []byte, off int64) bool {
	if beginClaims((*[headBytes]byte)(p)) {
		return true
	}
	// A boot signature matters at LBA 0, in each extended boot record, and in whatever a RAID or a loop device makes
	// LBA 0.
	return holdsBoot(p) || off < magicBytes && headLooksClaimed(p, int(off))
}

// beginClaims reports the two bytes that VIA and JMicron RAID put at the begin of a drive's last sectors, which any
// sector can be.
func beginClaims(p *[headBytes]byte) bool {
	first := binary.LittleEndian.Uint16(p[:])
	return first == 0xaa55 || first == 0x4d4a
}

// holdsBoot reports a boot signature at the end of any 512 bytes.
func holdsBoot(p []byte) bool {
	for i := 510; i < len(p); i += 512 {
		if p[i] == 0x55 && p[i+1] == 0xaa {
			return true
		}
	}
	return false
}

func headLooksClaimed(p []byte, off int) bool {
	for _, m := range shortMagics {
		at := m.offset - off
		if at >= 0 && at+len(m.magic) <= len(p) && string(p[at:at+len(m.magic)]) == m.magic {
			return true
		}
	}
	for _, entry := range atariEntries {
		if at := entry - off; at >= 0 && at < len(p) && p[at]&1 != 0 {
			return true
		}
	}
	return false
}
