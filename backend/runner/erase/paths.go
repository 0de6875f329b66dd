package erase

import (
	"bytes"
	"errors"

	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/port"
	"burnish/backend/surface"
)

// ManyPaths is a Held of a drive that may have several paths. OtherPaths opens all but the one that Device uses.
type ManyPaths interface {
	OtherPaths() ([]port.WayIn, error)
}

// pathPass marks the sector that proves the paths; no stage has so many passes.
const pathPass = 1 << 30

// provePaths writes one sector, right after the first destructive act has zeroed its place, and reads it through every
// further path to the drive: two blank drives that bear the same serial number and the same worldwide name read alike
// until then, and one of them would pass for the other.
func (a *Stage) provePaths() (err error) {
	h, ok := a.Held.(ManyPaths)
	if !ok {
		return nil
	}
	ways, err := h.OtherPaths()
	defer func() {
		for _, w := range ways {
			err = errors.Join(err, w.Close())
		}
	}()
	if err != nil || len(ways) == 0 {
		return err
	}
	n := a.Wrote.Geometry().LogicalBytes
	mark, zero := surface.AlignedBuffer(n), surface.AlignedBuffer(n)
	surface.FillStamp(mark, a.Nonce(), pathPass, 0, n)
	for off := int64(0); off < min(Edge, a.Wrote.Geometry().SizeBytes-int64(n)); off += 1 << 20 {
		err = a.readsEverywhere(ways, mark, off)
		if err == nil {
			err = a.readsEverywhere(ways, zero, off)
		}
		if err == nil || MediumIsForTheSweep(err) != nil {
			break // else the place is bad, which the sweep finds: another one will do
		}
	}
	if err != nil {
		return err
	}
	a.Say("what is written by %s is read by %d further paths", a.Held.Path(), len(ways))
	return nil
}

// readsEverywhere writes one sector and reads it by all paths.
func (a *Stage) readsEverywhere(ways []port.WayIn, p []byte, off int64) error {
	if err := a.MayWrite(); err != nil {
		return err
	}
	if _, err := a.Own().WriteAt(p, off); err != nil {
		return err
	}
	if err := a.Own().Flush(); err != nil {
		return err
	}
	got := surface.AlignedBuffer(len(p))
	for _, w := range ways {
		if _, err := (bench.NewDirect(w.Device, a.Asker())).ReadAt(got, off); err != nil {
			return err
		}
		if !bytes.Equal(got, p) {
			return reason.New(reason.IdentityChanged, "expected", a.Req.Drive, "path", w.Path,
				"found", "another drive of that name, which does not read what is written by "+a.Held.Path()+",")
		}
	}
	return nil
}
