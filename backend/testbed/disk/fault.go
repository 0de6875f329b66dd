//go:build linux

package disk

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Sectors is a range of 512-byte LBAs, both ends included.
type Sectors struct{ First, Last int64 }

// Sector is the range of one LBA.
func Sector(lba int64) Sectors { return Sectors{lba, lba} }

// All is every LBA of any disk.
var All = Sectors{0, 1<<54 - 1}

// has reports whether the sector lba is in the range.
func (s Sectors) has(lba int64) bool { return s.First <= lba && lba <= s.Last }

// touches reports whether any of the n bytes at off is in the range.
func (s Sectors) touches(off, n int64) bool {
	return n > 0 && s.First <= (off+n-1)/SectorBytes && off/SectorBytes <= s.Last
}

type kind int

const (
	failRead kind = iota
	failWrite
	failFlush
	flip
	drop
	misplace
	wrap
	delay
	hang
	vanish
)

// Fault is one thing that is wrong with a disk, from the call that made it until Heal.
type Fault struct {
	kind   kind
	where  Sectors
	offset int64 // flip: byte of the device
	mask   byte  // flip: bits that are seen inverted
	delta  int64 // misplace: sectors; wrap: bytes
	wait   time.Duration
	left   int64 // requests that it will still meet; negative for no end. Guarded by Medium.mu

	m      *Medium
	hits   atomic.Int64
	healed chan struct{}
}

// Heal ends the fault: requests that come later do not meet it, and requests that hang on it go on.
// What it has done to the content stays. It may be called at any time, also twice.
func (f *Fault) Heal() {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.m.remove(f)
}

// Hits is the number of requests that have met the fault so far.
func (f *Fault) Hits() int64 { return f.hits.Load() }

// FaultOption narrows a fault.
type FaultOption func(*Fault)

// Times lets only the first n requests meet the fault. A request is what arrives here, not what was
// asked of the block device; see the package comment.
func Times(n int) FaultOption { return func(f *Fault) { f.left = int64(n) } }

// FailReads answers reads that touch the range with EIO.
func (m *Medium) FailReads(where Sectors, opts ...FaultOption) *Fault {
	return m.add(&Fault{kind: failRead, where: where}, opts)
}

// FailWrites answers writes that touch the range with EIO. Of such a write the sectors before the range are
// stored, as on a drive that stops at the bad one.
func (m *Medium) FailWrites(where Sectors, opts ...FaultOption) *Fault {
	return m.add(&Fault{kind: failWrite, where: where}, opts)
}

// FailFlushes answers flushes with EIO.
func (m *Medium) FailFlushes(opts ...FaultOption) *Fault {
	return m.add(&Fault{kind: failFlush, where: All}, opts)
}

// FlipBits shows the bits of mask inverted in each read of the byte at offset, whatever is written there.
func (m *Medium) FlipBits(offset int64, mask byte, opts ...FaultOption) *Fault {
	return m.add(&Fault{kind: flip, where: Sector(offset / SectorBytes), offset: offset, mask: mask}, opts)
}

// DropWrites acknowledges writes to the range without storing them.
func (m *Medium) DropWrites(where Sectors, opts ...FaultOption) *Fault {
	return m.add(&Fault{kind: drop, where: where}, opts)
}

// MisplaceWrites stores what is written to the range delta sectors further on, or back where delta is
// negative; the range itself keeps what it had. It panics where that would lie outside of the disk.
func (m *Medium) MisplaceWrites(where Sectors, delta int64, opts ...FaultOption) *Fault {
	if where.First+delta < 0 || (where.Last+delta+1)*SectorBytes > m.size {
		panic(fmt.Sprintf("writes to sectors %d-%d, misplaced by %d, leave a disk of %d sectors",
			where.First, where.Last, delta, m.size/SectorBytes))
	}
	return m.add(&Fault{kind: misplace, where: where, delta: delta}, opts)
}

// Wrap makes a disk of fake capacity: it has bytes of real storage, a multiple of 512, and the addresses
// beyond start again at the front. It panics at a number that is none.
func (m *Medium) Wrap(bytes int64) *Fault {
	if bytes <= 0 || bytes%SectorBytes != 0 {
		panic(fmt.Sprintf("addresses cannot wrap at %d bytes", bytes))
	}
	return m.add(&Fault{kind: wrap, where: All, delta: bytes}, nil)
}

// Delay makes each read and write that touches the range take that much longer.
func (m *Medium) Delay(where Sectors, by time.Duration, opts ...FaultOption) *Fault {
	return m.add(&Fault{kind: delay, where: where, wait: by}, opts)
}

// Hang keeps reads and writes that touch the range without an answer until it is healed. All hangs flushes too.
func (m *Medium) Hang(where Sectors, opts ...FaultOption) *Fault {
	return m.add(&Fault{kind: hang, where: where}, opts)
}

// Vanish answers everything with EIO, as if the cable had been pulled; Heal plugs it in again. What hangs goes on
// hanging.
func (m *Medium) Vanish() *Fault { return m.add(&Fault{kind: vanish, where: All}, nil) }
