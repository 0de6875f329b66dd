//go:build linux

package disk

import (
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

var (
	errIO   = errors.New("input/output error")
	errOver = errors.New("beyond the end of the disk")
)

// Counts is what a disk was asked to do. Requests are those that arrived, with or without success.
type Counts struct {
	Reads, BytesRead     int64
	Writes, BytesWritten int64
	Flushes              int64
}

// Medium is the content of a disk and its faults. All methods are safe for concurrent use.
type Medium struct {
	size    int64
	content *os.File
	closed  chan struct{}

	mu     sync.Mutex // guards what follows
	faults []*Fault
	rate   int64     // bytes per second; 0 for no limit
	free   time.Time // when the throttle has worked off what it let through
	counts Counts

	poweredOff atomic.Bool
}

// newMedium makes an empty disk. Its content is an unnamed sparse file, so that it costs what was written and
// vanishes with the process.
func newMedium(size int64) (*Medium, error) {
	f, err := os.CreateTemp("", "burnish-medium-*")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.Remove(f.Name()), f.Truncate(size)); err != nil {
		f.Close()
		return nil, err
	}
	return &Medium{size: size, content: f, closed: make(chan struct{})}, nil
}

// Peek reads what is really stored at off, past all faults and without being counted.
func (m *Medium) Peek(p []byte, off int64) error {
	_, err := m.content.ReadAt(p, off)
	return err
}

// Poke changes what is stored at off, past all faults and without being counted.
func (m *Medium) Poke(p []byte, off int64) error {
	if off < 0 || off+int64(len(p)) > m.size {
		return errOver
	}
	_, err := m.content.WriteAt(p, off)
	return err
}

// Counts is what was asked for so far.
func (m *Medium) Counts() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts
}

// Throttle lets at most that many bytes per second through, reads and writes together; 0 is no limit.
func (m *Medium) Throttle(bytesPerSecond int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rate, m.free = bytesPerSecond, time.Time{}
}

// HealAll heals every fault and lifts the throttle.
func (m *Medium) HealAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.faults) > 0 {
		m.remove(m.faults[0])
	}
	m.rate, m.free = 0, time.Time{}
}

// powerOff ends the medium: whatever waits is answered with EIO, and so is all that comes later.
func (m *Medium) powerOff() error {
	if m.poweredOff.Swap(true) {
		return nil
	}
	close(m.closed)
	return m.content.Close()
}

func (m *Medium) add(f *Fault, opts []FaultOption) *Fault {
	f.m, f.left, f.healed = m, -1, make(chan struct{})
	for _, o := range opts {
		o(f)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = append(m.faults, f)
	return f
}

// remove must be called with mu held.
func (m *Medium) remove(f *Fault) {
	if i := slices.Index(m.faults, f); i >= 0 {
		m.faults = slices.Delete(m.faults, i, i+1)
		close(f.healed)
	}
}

// request is one read, write or flush on its way through the faults.
type request struct {
	off, n int64
	flush  bool
}

// meets reports whether f lies in the way of r: a flush has no place and meets what is everywhere.
func (r request) meets(f *Fault) bool {
	switch {
	case r.flush:
		return f.where == All
	case f.kind == flip:
		return r.off <= f.offset && f.offset < r.off+r.n
	default:
		return f.where.touches(r.off, r.n)
	}
}

// met returns the faults of the given kinds that r meets, and counts the meeting. It must be called with mu held.
func (m *Medium) met(r request, kinds ...kind) []*Fault {
	var met []*Fault
	for _, f := range m.faults {
		if f.left == 0 || !slices.Contains(kinds, f.kind) || !r.meets(f) {
			continue
		}
		if f.left > 0 {
			f.left--
		}
		f.hits.Add(1)
		met = append(met, f)
	}
	return met
}

// delayed waits for all that makes r slow, and reports EIO where it is answered by nothing else.
func (m *Medium) delayed(r request) error {
	m.mu.Lock()
	hangs := m.met(r, hang)
	m.mu.Unlock()
	for _, f := range hangs {
		select {
		case <-f.healed:
		case <-m.closed:
			return errIO
		}
	}
	m.mu.Lock()
	var wait time.Duration
	for _, f := range m.met(r, delay) {
		wait += f.wait
	}
	if m.rate > 0 {
		now := time.Now()
		if m.free.Before(now) {
			m.free = now
		}
		m.free = m.free.Add(time.Duration(float64(r.n) / float64(m.rate) * float64(time.Second)))
		wait += m.free.Sub(now)
	}
	gone := len(m.met(r, vanish)) > 0
	m.mu.Unlock()
	if gone {
		return errIO
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-m.closed:
			return errIO
		}
	}
	return nil
}

// segment is a run of bytes that lie together, both as addressed and as stored.
type segment struct{ from, to, stored int64 }

// segments says where the bytes of r are stored. It takes r apart by sector; what is dropped is left out.
func segments(r request, faults []*Fault) []segment {
	if len(faults) == 0 {
		return []segment{{r.off, r.off + r.n, r.off}}
	}
	var all []segment
	for from := r.off; from < r.off+r.n; {
		lba := from / SectorBytes
		to := min((lba+1)*SectorBytes, r.off+r.n)
		stored, kept := from, true
		for _, f := range faults {
			switch {
			case f.kind == drop && f.where.has(lba):
				kept = false
			case f.kind == misplace && f.where.has(lba):
				stored += f.delta * SectorBytes
			}
		}
		// Addresses wrap in the controller, below all that goes wrong with the address above it.
		for _, f := range faults {
			if f.kind == wrap {
				stored %= f.delta
			}
		}
		last := len(all) - 1
		switch {
		case !kept:
		case last >= 0 && all[last].to == from && all[last].stored+(from-all[last].from) == stored:
			all[last].to = to
		default:
			all = append(all, segment{from, to, stored})
		}
		from = to
	}
	return all
}

func (m *Medium) read(p []byte, off int64) error {
	r := request{off: off, n: int64(len(p))}
	m.mu.Lock()
	m.counts.Reads++
	m.counts.BytesRead += r.n
	m.mu.Unlock()
	if off < 0 || off+r.n > m.size {
		return errOver
	}
	if err := m.delayed(r); err != nil {
		return err
	}
	m.mu.Lock()
	bad := len(m.met(r, failRead)) > 0
	placed := m.met(r, wrap)
	flips := m.met(r, flip)
	m.mu.Unlock()
	if bad {
		return errIO
	}
	for _, s := range segments(r, placed) {
		if _, err := m.content.ReadAt(p[s.from-off:s.to-off], s.stored); err != nil {
			return err
		}
	}
	for _, f := range flips {
		p[f.offset-off] ^= f.mask
	}
	return nil
}

func (m *Medium) write(p []byte, off int64) error {
	r := request{off: off, n: int64(len(p))}
	m.mu.Lock()
	m.counts.Writes++
	m.counts.BytesWritten += r.n
	m.mu.Unlock()
	if off < 0 || off+r.n > m.size {
		return errOver
	}
	if err := m.delayed(r); err != nil {
		return err
	}
	m.mu.Lock()
	bad := m.met(r, failWrite)
	for _, f := range bad {
		r.n = min(r.n, max(0, f.where.First*SectorBytes-off))
	}
	placed := m.met(r, drop, misplace, wrap)
	m.mu.Unlock()
	for _, s := range segments(r, placed) {
		if _, err := m.content.WriteAt(p[s.from-off:s.to-off], s.stored); err != nil {
			return err
		}
	}
	if len(bad) > 0 {
		return errIO
	}
	return nil
}

func (m *Medium) flush() error {
	r := request{flush: true}
	m.mu.Lock()
	m.counts.Flushes++
	m.mu.Unlock()
	if err := m.delayed(r); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.met(r, failFlush)) > 0 {
		return errIO
	}
	return nil
}
