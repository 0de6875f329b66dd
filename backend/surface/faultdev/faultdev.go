// Package faultdev is a drive of bytes in memory with faults at chosen sectors, for tests of what reads and writes
// drives, and for the practice NAS.
//
// Faults may be changed while I/O goes on; all methods are safe for concurrent use. Where several faults meet a
// request, errors come first, in the order in which the faults were set; a request that fails moves no byte. Errors are
// *surface.IOError. Delays sleep by package time, so that a synctest bubble passes them in no time.
package faultdev

import (
	"errors"
	"slices"
	"sync"
	"time"

	"burnish/backend/surface"
)

// Effect is what a fault does.
type Effect int

// The effects.
const (
	FailRead  Effect = iota // reads that touch the sectors fail with Class and Errno
	FailWrite               // writes that touch the sectors fail with Class and Errno
	FailFlush               // flushes fail with Class and Errno; the sectors do not matter
	FlipRead                // reads see the bits of Mask flipped in byte Byte of each of the sectors
	DropWrite               // writes are answered well and do not reach the sectors
	Misplace                // writes to the sectors land Delta sectors further; beyond the ends they are lost
	Vanish                  // requests that touch the sectors, and all after the first such, fail with ClassGone
	Slow                    // requests that touch the sectors take Delay longer
)

// Fault is one thing that is wrong with the drive.
type Fault struct {
	Effect Effect
	First  int64 // logical sectors, both ends included
	Last   int64
	Times  int                // how many requests meet it; 0 for no end. Delays and drops count too
	Every  int                // only each so manyeth request meets it, from that on; 0 for all
	Class  surface.ErrorClass // default ClassMedium
	Errno  string             // default "EIO"
	Byte   int
	Mask   byte
	Delta  int64
	Delay  time.Duration

	passed int // requests that Every let go by
}

// Counts is the I/O that has arrived, failed requests included.
type Counts struct {
	Reads, Writes, Flushes  int64
	BytesRead, BytesWritten int64
}

// Device is the drive.
type Device struct {
	geo  surface.Geometry
	wrap int64

	mu     sync.Mutex
	data   sparse
	faults []Fault
	gone   bool
	counts Counts
	hook   func(Counts)
}

var _ surface.Device = (*Device)(nil)

// New makes a drive of zeros.
func New(geo surface.Geometry) *Device {
	return &Device{geo: geo, wrap: geo.SizeBytes, data: newSparse(geo.SizeBytes)}
}

// NewWrapped makes a drive that claims geo but holds only realBytes, a number of sectors: an address beyond them is
// taken modulo realBytes.
func NewWrapped(geo surface.Geometry, realBytes int64) *Device {
	return &Device{geo: geo, wrap: realBytes, data: newSparse(realBytes)}
}

// Wrap has addresses wrap from here on, as of NewWrapped; realBytes is at most what the drive was made with.
func (d *Device) Wrap(realBytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrap = realBytes
}

// Set replaces all faults, and a drive that vanished is back.
func (d *Device) Set(faults ...Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append([]Fault(nil), faults...)
	d.gone = false
}

// OnRequest has hook called after each request was counted and before it is answered.
func (d *Device) OnRequest(hook func(Counts)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook = hook
}

// Counts returns the I/O so far.
func (d *Device) Counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts
}

// Peek copies what the medium really holds; it meets no fault and is not counted.
func (d *Device) Peek(p []byte, off int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.data.read(p, off)
}

// Poke changes what the medium holds, as another writer would.
func (d *Device) Poke(p []byte, off int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.data.write(p, off)
}

// Geometry implements surface.Device.
func (d *Device) Geometry() surface.Geometry { return d.geo }

// ReadAt implements surface.Device.
func (d *Device) ReadAt(p []byte, off int64) (int, error) {
	if err := d.arrive("read", p, off); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if at, is := d.piece(p, off, FlipRead); is {
		d.data.read(p, at)
		return len(p), nil
	}
	d.eachSector(p, off, func(sector []byte, lba int64) {
		d.data.read(sector, d.place(lba))
		for i := range d.faults {
			if f := &d.faults[i]; f.Effect == FlipRead && f.touches(lba, lba) && f.spend() {
				sector[f.Byte] ^= f.Mask
			}
		}
	})
	return len(p), nil
}

// WriteAt implements surface.Device.
func (d *Device) WriteAt(p []byte, off int64) (int, error) {
	if err := d.arrive("write", p, off); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if at, is := d.piece(p, off, DropWrite, Misplace); is {
		d.data.write(p, at)
		d.data.tidy(at, int64(len(p)))
		return len(p), nil
	}
	d.eachSector(p, off, func(sector []byte, lba int64) {
		to := lba
		for i := range d.faults {
			f := &d.faults[i]
			if (f.Effect != DropWrite && f.Effect != Misplace) || !f.touches(lba, lba) || !f.spend() {
				continue
			}
			if to += f.Delta; f.Effect == DropWrite {
				to = -1
			}
		}
		if to >= 0 && to < d.geo.SizeBytes/int64(d.geo.LogicalBytes) {
			d.data.write(sector, d.place(to))
		}
	})
	d.data.tidy(off%d.wrap, int64(len(p)))
	return len(p), nil
}

// Flush implements surface.Device.
func (d *Device) Flush() error { return d.arrive("flush", nil, 0) }

// arrive counts a request, waits as long as it takes and returns its error.
func (d *Device) arrive(op string, p []byte, off int64) error {
	d.mu.Lock()
	var fails Effect
	switch op {
	case "read":
		fails = FailRead
		d.counts.Reads++
		d.counts.BytesRead += int64(len(p))
	case "write":
		fails = FailWrite
		d.counts.Writes++
		d.counts.BytesWritten += int64(len(p))
	case "flush":
		fails = FailFlush
		d.counts.Flushes++
	}
	var delay time.Duration
	var failed *surface.IOError
	fail := func(class surface.ErrorClass, errno string) {
		if failed == nil {
			failed = &surface.IOError{Op: op, Offset: off, Length: int64(len(p)), Class: class, Errno: errno,
				Err: errors.New("injected fault")}
		}
	}
	sector := int64(d.geo.LogicalBytes)
	first, last := off/sector, (off+int64(len(p))-1)/sector
	if op != "flush" && (off < 0 || off%sector != 0 || int64(len(p))%sector != 0 ||
		off+int64(len(p)) > d.geo.SizeBytes) {
		fail("", "EINVAL")
	}
	for i := range d.faults {
		f := &d.faults[i]
		if f.Effect != fails && f.Effect != Vanish && f.Effect != Slow {
			continue
		}
		if f.Effect != FailFlush && (op == "flush" || !f.touches(first, last)) || !f.spend() {
			continue
		}
		switch f.Effect {
		case Slow:
			delay += f.Delay
		case Vanish:
			d.gone = true
		default:
			class, errno := f.Class, f.Errno
			if class == "" {
				class = surface.ClassMedium
			}
			if errno == "" {
				errno = "EIO"
			}
			fail(class, errno)
		}
	}
	if d.gone {
		failed = nil
		fail(surface.ClassGone, "ENODEV")
	}
	hook, counts := d.hook, d.counts
	d.mu.Unlock()

	if hook != nil {
		hook(counts)
	}
	if delay > 0 {
		time.Sleep(delay)
	}
	if failed != nil {
		return failed
	}
	return nil
}

func (f *Fault) touches(first, last int64) bool { return f.First <= last && first <= f.Last }

// spend reports whether the fault still works, and uses it up by one.
func (f *Fault) spend() bool {
	if f.Times < 0 {
		return false
	}
	if f.passed++; f.Every > 1 && f.passed%f.Every != 0 {
		return false
	}
	if f.Times > 0 {
		if f.Times--; f.Times == 0 {
			f.Times = -1
		}
	}
	return true
}

func (d *Device) place(lba int64) int64 { return lba * int64(d.geo.LogicalBytes) % d.wrap }

// piece is where p lies, if that is in one piece and the device has no fault of those effects.
func (d *Device) piece(p []byte, off int64, of ...Effect) (at int64, is bool) {
	for i := range d.faults {
		if slices.Contains(of, d.faults[i].Effect) {
			return 0, false
		}
	}
	at = off % d.wrap
	return at, at+int64(len(p)) <= d.wrap
}

func (d *Device) eachSector(p []byte, off int64, do func(sector []byte, lba int64)) {
	sector := d.geo.LogicalBytes
	for lba := off / int64(sector); len(p) > 0; lba++ {
		do(p[:sector:sector], lba)
		p = p[sector:]
	}
}
