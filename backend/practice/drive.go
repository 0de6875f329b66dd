package practice

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"burnish/backend/drive"
	"burnish/backend/runner/port"
	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
)

// MaxBytes bounds the bytes of one drive.
const MaxBytes = 32 << 20

// Drive says what a simulated drive is and what is wrong with it.
type Drive struct {
	Identity       drive.Identity
	Path           string // where it is, such as /dev/sda
	Bay            string // as a person counts them; empty where nobody does
	RealBytes      int64  // what it really holds, where that is less than it claims: addresses beyond wrap; 0 means all
	BytesPerSecond int64  // 0: as fast as memory
	Faults         []faultdev.Fault
	Weak           []int64 // LBAs that cannot be read once they hold anything but zeros
	Pending        []int64 // LBAs that cannot be read until they are written
	GoneAfter      int64   // bytes moved, after which the drive is no longer on the bus; 0 means never
	Pool           *Pool   // whose labels it bears; nil for none
	SMART          *SMART  // what it says of itself; nil for nothing
	// smartctl's device type without which its bridge passes nothing on; empty where it needs none
	Bridge string
	TempC  int // idle; it warms up by some degrees at work; 0 means that there is no sensor
}

// check refuses what cannot be simulated.
func (d Drive) check() error {
	id := d.Identity
	switch {
	case id.ID() == "":
		return errors.New("practice drive: it has no identity")
	case id.SizeBytes <= 0 || id.SizeBytes > MaxBytes || id.LogicalBytes <= 0 ||
		id.SizeBytes%int64(id.LogicalBytes) != 0:
		return fmt.Errorf("practice drive %s: %d bytes are not a size of 1 to %d bytes in whole sectors", id.ID(),
			id.SizeBytes, MaxBytes)
	case d.RealBytes < 0 || d.RealBytes > id.SizeBytes || d.RealBytes%int64(id.LogicalBytes) != 0:
		return fmt.Errorf("practice drive %s: it cannot really hold %d bytes", id.ID(), d.RealBytes)
	case d.RealBytes > 0 && (d.Pool != nil || len(d.Weak) > 0):
		return fmt.Errorf("practice drive %s: one of false capacity bears no labels and has no weak sectors", id.ID())
	}
	sectors := id.SizeBytes / int64(id.LogicalBytes)
	for _, lba := range slices.Concat(d.Weak, d.Pending) {
		if lba < 0 || lba >= sectors {
			return fmt.Errorf("practice drive %s: it has no LBA %d", id.ID(), lba)
		}
	}
	return nil
}

// medium is a drive at work. It is safe for concurrent use.
type medium struct {
	spec  Drive
	bytes *faultdev.Device
	smart *smartModel

	mu      sync.Mutex
	free    time.Time // when the drive has done what it was asked
	began   time.Time // of the work that goes on
	moved   int64
	gone    bool
	weak    map[int64]bool
	pending map[int64]bool
	kernel  port.KernelErrors
	holders int
	alone   bool // somebody holds it exclusively
}

func newMedium(spec Drive) (*medium, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	id := spec.Identity
	geo := surface.Geometry{SizeBytes: id.SizeBytes, LogicalBytes: id.LogicalBytes, PhysicalBytes: max(id.PhysicalBytes,
		id.LogicalBytes)}
	m := &medium{spec: spec, weak: set(spec.Weak), pending: set(spec.Pending),
		kernel: port.KernelErrors{Readable: true}}
	if spec.RealBytes > 0 {
		m.bytes = faultdev.NewWrapped(geo, spec.RealBytes)
	} else {
		m.bytes = faultdev.New(geo)
	}
	m.bytes.Set(spec.Faults...)
	if spec.Pool != nil {
		spec.Pool.write(m.bytes, id.SizeBytes)
	}
	if spec.SMART != nil {
		m.smart = newSMARTModel(id, *spec.SMART, m.pendingNow, m.temp)
	}
	return m, nil
}

func set(lbas []int64) map[int64]bool {
	s := map[int64]bool{}
	for _, lba := range lbas {
		s[lba] = true
	}
	return s
}

// errGone is what a drive answers that is no longer on the bus.
var errGone = errors.New("no such device")

func (m *medium) present() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone {
		return errGone
	}
	return nil
}

// pendingNow is how many sectors wait for a write.
func (m *medium) pendingNow() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.pending)
}

// temp is how warm the drive is: a degree more for each few seconds of work, up to some degrees. nil: no sensor.
func (m *medium) temp() *int {
	const perDegree, most, rest = 4 * time.Second, 9, 20 * time.Second
	if m.spec.TempC == 0 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.spec.TempC
	if !m.gone && !m.began.IsZero() && time.Since(m.free) < rest {
		c += int(min(time.Since(m.began)/perDegree, most))
	}
	return &c
}

// work takes the time that moving n bytes takes. A drive that leaves the bus does so here.
func (m *medium) work(op string, off int64, n int) error {
	m.mu.Lock()
	now := time.Now()
	if m.began.IsZero() || now.Sub(m.free) > 20*time.Second {
		m.began = now
	}
	m.moved += int64(n)
	if m.spec.GoneAfter > 0 && m.moved > m.spec.GoneAfter {
		m.gone = true
	}
	if m.gone {
		m.mu.Unlock()
		return &surface.IOError{Op: op, Offset: off, Length: int64(n), Class: surface.ClassGone, Errno: "ENODEV",
			Err: errGone}
	}
	if m.free.Before(now) {
		m.free = now
	}
	if m.spec.BytesPerSecond > 0 {
		m.free = m.free.Add(time.Duration(float64(n) / float64(m.spec.BytesPerSecond) * float64(time.Second)))
	}
	wait := m.free.Sub(now)
	m.mu.Unlock()
	if wait > 0 {
		time.Sleep(wait)
	}
	return nil
}

// read reads what the medium answers, in no time.
func (m *medium) read(p []byte, off int64) (int, error) {
	if err := m.present(); err != nil {
		return 0, &surface.IOError{Op: "read", Offset: off, Length: int64(len(p)), Class: surface.ClassGone,
			Errno: "ENODEV", Err: err}
	}
	sector := int64(m.spec.Identity.LogicalBytes)
	first, last := off/sector, (off+int64(len(p))-1)/sector
	m.mu.Lock()
	bad := int64(-1)
	for lba := range m.pending {
		if lba >= first && lba <= last {
			bad = lba
		}
	}
	var weak []int64
	for lba := range m.weak {
		if lba >= first && lba <= last {
			weak = append(weak, lba)
		}
	}
	m.mu.Unlock()
	held := make([]byte, sector)
	for _, lba := range weak {
		m.bytes.Peek(held, lba*sector)
		for _, b := range held {
			if b != 0 {
				bad = lba
			}
		}
	}
	if bad >= 0 {
		return 0, &surface.IOError{Op: "read", Offset: off, Length: int64(len(p)), Class: surface.ClassMedium,
			Errno: "ENODATA", Err: errors.New("unrecovered read error")}
	}
	return m.bytes.ReadAt(p, off)
}

// ReadAt implements surface.Device.
func (m *medium) ReadAt(p []byte, off int64) (int, error) {
	if err := m.work("read", off, len(p)); err != nil {
		return 0, err
	}
	n, err := m.read(p, off)
	m.log(err)
	return n, err
}

// WriteAt implements surface.Device.
func (m *medium) WriteAt(p []byte, off int64) (int, error) {
	if err := m.work("write", off, len(p)); err != nil {
		return 0, err
	}
	n, err := m.bytes.WriteAt(p, off)
	m.log(err)
	if err == nil {
		sector := int64(m.spec.Identity.LogicalBytes)
		m.mu.Lock()
		for lba := range m.pending {
			if lba*sector >= off && lba*sector < off+int64(len(p)) {
				delete(m.pending, lba)
			}
		}
		m.mu.Unlock()
	}
	return n, err
}

// Flush implements surface.Device.
func (m *medium) Flush() error {
	if err := m.work("flush", 0, 0); err != nil {
		return err
	}
	return m.bytes.Flush()
}

// Geometry implements surface.Device.
func (m *medium) Geometry() surface.Geometry { return m.bytes.Geometry() }

// log keeps what a kernel would log of a failed request.
func (m *medium) log(err error) {
	var io *surface.IOError
	if !errors.As(err, &io) || io.Class == surface.ClassGone {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if io.Op == "read" {
		m.kernel.Reads++
	} else {
		m.kernel.Writes++
	}
	if m.kernel.First == "" {
		m.kernel.First = fmt.Sprintf("critical medium error, dev %s, sector %d op %s", m.spec.Path, io.Offset/512,
			io.Op)
	}
}
