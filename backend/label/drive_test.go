package label

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
)

// tester is what the helpers need of *testing.T, *testing.F and *rapid.T.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

// drive is a make-believe drive of any size: zeros, except for what was put on it.
type drive struct {
	size   int64
	sector int
	puts   []put
	bad    []extent // reads that touch these fail with errMedium
	read   int64    // bytes read so far
	calls  int
}

type put struct {
	off  int64
	data []byte
}

var errMedium = errors.New("medium error")

func newDrive(size int64) *drive { return &drive{size: size, sector: 512} }

func (d *drive) put(off int64, data ...[]byte) *drive {
	for _, b := range data {
		d.puts = append(d.puts, put{off, b})
		off += int64(len(b))
	}
	return d
}

func (d *drive) ReadAt(p []byte, off int64) (int, error) {
	d.calls++
	end := off + int64(len(p))
	if off < 0 || end > d.size || off%int64(d.sector) != 0 || len(p)%d.sector != 0 {
		return 0, fmt.Errorf("read of %d bytes at %d is not whole sectors of the drive", len(p), off)
	}
	for _, b := range d.bad {
		if off < b.start+b.size && b.start < end {
			return 0, errMedium
		}
	}
	d.read += int64(len(p))
	clear(p)
	for _, w := range d.puts {
		from, to := max(off, w.off), min(end, w.off+int64(len(w.data)))
		if from < to {
			copy(p[from-off:to-off], w.data[from-w.off:])
		}
	}
	return len(p), nil
}

func (d *drive) scan(t tester) Findings {
	t.Helper()
	return scanWith(t, d, d.size, d.sector, Options{Samples: 16})
}

func scanWith(t tester, r io.ReaderAt, size int64, sector int, opt Options) Findings {
	t.Helper()
	f, err := Scan(r, size, sector, opt)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// only gives the single label that must be on the drive.
func only(t tester, f Findings, kind string) Found {
	t.Helper()
	if len(f.Found) != 1 || f.Found[0].Kind != kind {
		t.Fatalf("found %v, want just one %s", kinds(f), kind)
	}
	if len(f.Unreadable) != 0 {
		t.Fatalf("unreadable: %v", f.Unreadable)
	}
	return f.Found[0]
}

func one(t tester, f Findings, kind string) Found {
	t.Helper()
	i := slices.IndexFunc(f.Found, func(x Found) bool { return x.Kind == kind })
	if i < 0 {
		t.Fatalf("found %v, want a %s among them", kinds(f), kind)
	}
	return f.Found[i]
}

func kinds(f Findings) []string {
	out := []string{}
	for _, x := range f.Found {
		out = append(out, x.Kind)
	}
	return out
}

func want[T comparable](t tester, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// fields builds a superblock of n bytes from fields at their offsets.
func fields(n int, at map[int]any) []byte {
	b := make([]byte, n)
	for off, v := range at {
		switch v := v.(type) {
		case string:
			copy(b[off:], v)
		case []byte:
			copy(b[off:], v)
		case byte:
			b[off] = v
		case uint16:
			binary.LittleEndian.PutUint16(b[off:], v)
		case uint32:
			binary.LittleEndian.PutUint32(b[off:], v)
		case uint64:
			binary.LittleEndian.PutUint64(b[off:], v)
		case be16:
			binary.BigEndian.PutUint16(b[off:], uint16(v))
		case be32:
			binary.BigEndian.PutUint32(b[off:], uint32(v))
		case be64:
			binary.BigEndian.PutUint64(b[off:], uint64(v))
		default:
			panic(fmt.Sprintf("field of type %T", v))
		}
	}
	return b
}

type (
	be16 uint16
	be32 uint32
	be64 uint64
)

// noise is n bytes that nothing recognises.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(b)
	return b
}

const (
	kib = int64(1) << 10
)

var anID = []byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}

const anUUID = "01234567-89ab-cdef-0123-456789abcdef"
