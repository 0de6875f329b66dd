package runner

import (
	"bytes"

	"burnish/backend/burnin"
	"burnish/backend/surface"
)

// leaveClean is the last destructive act: head and tail are zeroed, so that neither a stamp nor a label of an earlier
// life greets whoever gets the drive. No sweep comes after it, so each sector that does not take its zeros is found
// here. A job that was resumed behind its last sweep does it all the same.
func (a *at) leaveClean() (outcome, error) {
	w, err := a.openForWriting(true)
	if err != nil {
		return a.ioOutcome(err), nil
	}
	spans := endsOf(w.Geometry().SizeBytes)
	if err := a.wipe(spans, "the drive is left without labels"); err != nil {
		return a.ioOutcome(err), nil
	}
	bad, err := a.notZero(spans)
	if err != nil {
		return a.ioOutcome(err), nil
	}
	for _, r := range bad {
		a.log.say("%s: LBA %d does not take zeros %s", r.Kind, r.FirstLBA, r.Errno)
	}
	if len(bad) > 0 {
		if err := a.j.put(burnin.EvBad, burnin.Bad{Stage: a.i, Ranges: bad}); err != nil {
			return outcome{}, err
		}
	}
	if err := a.fact("ends_clean", len(bad) == 0, counted(int64(len(bad)), "bad sector"), "read back after the last write"); err != nil {
		return outcome{}, err
	}
	if len(bad) > 0 {
		return ended(burnin.Failed, surfaceErrors(amount{bad, int64(len(bad))}, inAll)), nil
	}
	return passed, nil
}

// maxUnclean is how many bad sectors are looked for at the drive's ends: enough to say that it is bad.
const maxUnclean = 256

// notZero finds the sectors that do not hold zeros, after writing them once more one by one.
func (a *at) notZero(spans []extent) (bad []surface.Range, err error) {
	w := a.wrote
	sector := w.Geometry().LogicalBytes
	zero, got := surface.AlignedBuffer(pieceBytes), surface.AlignedBuffer(pieceBytes)
	err = pieces(spans, func(off int64, n int) error {
		_, err := w.ReadAt(got[:n], off)
		if err == nil && bytes.Equal(got[:n], zero[:n]) {
			return nil
		}
		if err := mediumIsForTheSweep(err); err != nil {
			return err
		}
		for at := 0; at < n && len(bad) < maxUnclean; at += sector {
			r, err := a.takesZeros(off+int64(at), zero[:sector], got[:sector])
			if err != nil {
				return err
			}
			if r != nil {
				bad = append(bad, *r)
			}
		}
		return nil
	})
	return bad, err
}

// takesZeros writes one sector again, flushes, and reads it three times; it gives how the sector is bad, if it is.
func (a *at) takesZeros(off int64, zero, got []byte) (*surface.Range, error) {
	w := a.wrote
	r := &surface.Range{FirstLBA: off / int64(len(zero)), LastLBA: off / int64(len(zero)), Persistent: true, Phase: surface.PhaseWrite}
	if err := a.mayWrite(); err != nil {
		return nil, err
	}
	_, writeErr := w.WriteAt(zero, off)
	if err := mediumIsForTheSweep(writeErr); err != nil {
		return nil, err
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	for range 3 {
		_, err := w.ReadAt(got, off)
		switch {
		case err == nil && bytes.Equal(got, zero):
			return nil, nil
		case mediumIsForTheSweep(err) != nil:
			return nil, err
		case err != nil:
			r.Kind, r.Errno, r.Class = surface.KindRead, errnoOf(err), surface.ClassMedium
		default:
			r.Kind = surface.KindStale
		}
	}
	if writeErr != nil {
		r.Kind, r.Errno, r.Class = surface.KindWrite, errnoOf(writeErr), surface.ClassMedium
	}
	return r, nil
}

func errnoOf(err error) string {
	if io, ok := err.(*surface.IOError); ok {
		return io.Errno
	}
	return ""
}
