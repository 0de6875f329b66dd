package erase

import (
	"bytes"
	"errors"
	"sync/atomic"

	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/port"
	"burnish/backend/surface"
)

// Edge is how much of the drive's head and of its tail is zeroed first and last: room for every label known.
const Edge = 16 << 20

// Writes counts every byte that this run tries to write to the drive, so that the kernel's own count can show writes
// of others. Requests that failed count in full: the kernel may have counted less of them, never more.
type Writes struct {
	port.Device
	Tried atomic.Int64
	Done  atomic.Int64 // of these, those that succeeded: the kernel has counted no less, or does not count
	base  int64        // the kernel's count, in sectors of 512 bytes, before the first write
}

func (w *Writes) WriteAt(p []byte, off int64) (int, error) {
	w.Tried.Add(int64(len(p)))
	n, err := w.Device.WriteAt(p, off)
	if err == nil {
		w.Done.Add(int64(n))
	}
	return n, err
}

var _, _ surface.Queuer = (*Writes)(nil), (*bench.Attended)(nil)

// Queue implements surface.Queuer.
func (w *Writes) Queue(slots, n int) (surface.Queue, error) {
	q, err := surface.OpenQueue(w.Device, slots, n)
	if err != nil {
		return nil, err
	}
	return &writesQueue{q, w, make([]int64, slots)}, nil
}

type writesQueue struct {
	surface.Queue
	drive *Writes
	under []int64 // by slot: the bytes that are being written
}

func (q *writesQueue) Start(slot int, write bool, n int, off int64) error {
	q.under[slot] = 0
	if write {
		q.drive.Tried.Add(int64(n))
		q.under[slot] = int64(n)
	}
	return q.Queue.Start(slot, write, n, off)
}

func (q *writesQueue) Next() (int, error) {
	slot, err := q.Queue.Next()
	if slot >= 0 && err == nil {
		q.drive.Done.Add(q.under[slot])
	}
	return slot, err
}

// OpenForWriting opens the held drive for writing, once a run, and does the first destructive act: from here on no
// label of an earlier life is left that could bring a half-tested drive back into an array. Where a stage goes on with
// what an earlier run has written, both ends of the drive must hold that still.
func (a *Stage) OpenForWriting(goesOn bool) (*Writes, error) {
	if said := a.proveAgain(); said != nil {
		return nil, said
	}
	if a.Wrote != nil {
		return a.Wrote, nil
	}
	dev, err := a.Held.Device(true)
	if err != nil {
		return nil, err
	}
	if err := a.MayWrite(); err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	if err := a.proveCount(); err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	a.Wrote = &Writes{Device: dev, base: a.Base}
	if err := a.wroteLast(goesOn); err != nil {
		return a.Wrote, err
	}
	if goesOn {
		err = errors.Join(a.endsAreOurs(), a.nobodyMeanwhile())
	} else {
		err = a.firstAct()
	}
	return a.Wrote, err
}

// MayWrite is asked right before writes that no engine does: a job that was told to end writes nothing more.
func (a *Stage) MayWrite() error {
	select {
	case <-a.Ended:
		return bench.ErrEnds
	default:
	}
	if a.StopAsked() {
		return bench.ErrEnds
	}
	return nil
}

// proveAgain repeats the comparison of the moment of truth right before a stage that writes: the job may have waited
// for its slot, or done long self-tests, since.
func (a *Stage) proveAgain() *reason.Said {
	id, usage, said := a.look()
	if said != nil {
		return said
	}
	if err := a.Count(); err != nil { // of a path that came meanwhile
		return a.Failed(err, string(a.Spec.Kind))
	}
	return a.Compare(id, usage, true)
}

// Extent is a range of bytes of the drive.
type Extent struct{ From, To int64 }

func EndsOf(size int64) []Extent {
	return []Extent{{0, min(Edge, size)}, {max(size-Edge, min(Edge, size)), size}}
}

// wipe zeroes spans of the drive, flushes, and reads them back.
func (a *Stage) wipe(spans []Extent, why string) error {
	w := a.Own()
	a.Say("zeroing the first and last %d MiB: %s", Edge>>20, why)
	zero, got := surface.AlignedBuffer(pieceBytes), surface.AlignedBuffer(pieceBytes)
	failed := 0
	forTheSweep := func(err error) error {
		if err != nil {
			failed++
		}
		return MediumIsForTheSweep(err)
	}
	write := func(off int64, n int) error {
		var err error
		before := failed
		for try := 0; try == 0 || try < wipeTries && isMedium(err); try++ {
			if err := a.MayWrite(); err != nil {
				return err
			}
			if _, err = w.WriteAt(zero[:n], off); err != nil {
				failed = before + 1 // one place, however often it is tried
			}
		}
		return MediumIsForTheSweep(err)
	}
	if err := pieces(spans, write); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	err := pieces(spans, func(off int64, n int) error {
		if _, err := w.ReadAt(got[:n], off); err != nil {
			return forTheSweep(err)
		}
		if !bytes.Equal(got[:n], zero[:n]) {
			a.Say("bytes %d to %d do not read back as zeros", off, off+int64(n)-1)
		}
		return nil
	})
	return errors.Join(err, a.MediumErrors(0, failed))
}

// wipeTries is how often a piece is written that gives an error: a label that stays for a fault of the path is one too
// many.
const wipeTries = 3

// pieceBytes is how much of an extent is read or written at a time.
const pieceBytes = 1 << 20

func pieces(spans []Extent, do func(off int64, n int) error) error {
	for _, s := range spans {
		for off := s.From; off < s.To; off += pieceBytes {
			if err := do(off, int(min(pieceBytes, s.To-off))); err != nil {
				return err
			}
		}
	}
	return nil
}

// MediumIsForTheSweep lets a medium error at the drive's ends pass: the sweep goes over the same bytes and finds it
// sector by sector. Only that error itself passes: what is joined with it or wraps it may tell of more.
func MediumIsForTheSweep(err error) error {
	io, ok := err.(*surface.IOError) //nolint:errorlint // see above
	if ok && io.Class == surface.ClassMedium {
		return nil
	}
	return err
}
