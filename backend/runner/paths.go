package runner

import (
	"bytes"
	"errors"

	"burnish/backend/reason"
	"burnish/backend/surface"
)

// WayIn is a further path to the held drive, open for reading.
type WayIn struct {
	Path string
	Device
}

// manyPaths is a Held of a drive that may have several paths. OtherPaths opens all but the one that Device uses.
type manyPaths interface {
	OtherPaths() ([]WayIn, error)
}

// pathPass marks the sector that proves the paths; no stage has so many passes.
const pathPass = 1 << 30

// provePaths writes one sector, right after the first destructive act has zeroed its place, and reads it through every
// further path to the drive: two blank drives that bear the same serial number and the same worldwide name read alike
// until then, and one of them would pass for the other.
func (a *at) provePaths() (err error) {
	h, ok := a.held.(manyPaths)
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
	n := a.wrote.Geometry().LogicalBytes
	mark, zero := surface.AlignedBuffer(n), surface.AlignedBuffer(n)
	surface.FillStamp(mark, a.nonce(), pathPass, 0, n)
	for off := int64(0); off < min(edge, a.wrote.Geometry().SizeBytes-int64(n)); off += 1 << 20 {
		err = a.readsEverywhere(ways, mark, off)
		if err == nil {
			err = a.readsEverywhere(ways, zero, off)
		}
		if err == nil || mediumIsForTheSweep(err) != nil {
			break // else the place is bad, which the sweep finds: another one will do
		}
	}
	if err != nil {
		return err
	}
	a.log.say("what is written by %s is read by %d further paths", a.held.Path(), len(ways))
	return nil
}

// readsEverywhere writes one sector and reads it by all paths.
func (a *at) readsEverywhere(ways []WayIn, p []byte, off int64) error {
	if err := a.mayWrite(); err != nil {
		return err
	}
	if _, err := a.own().WriteAt(p, off); err != nil {
		return err
	}
	if err := a.own().Flush(); err != nil {
		return err
	}
	got := surface.AlignedBuffer(len(p))
	for _, w := range ways {
		if _, err := (direct{w.Device, a}).ReadAt(got, off); err != nil {
			return err
		}
		if !bytes.Equal(got, p) {
			return reason.New("identity_changed", "expected", a.req.Drive, "path", w.Path,
				"found", "another drive of that name, which does not read what is written by "+a.held.Path()+",")
		}
	}
	return nil
}
