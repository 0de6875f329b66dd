package erase

import (
	"errors"
	"io/fs"

	"burnish/backend/drive"
	"burnish/backend/surface"
)

// What must be proven before the first destructive act is done once more: an earlier run was cut off in it, or before
// its stage came to a checkpoint. In between the drive may have been put to use in a way that leaves no label that
// anybody knows, and nothing of that would be saved.

// leftAsOurs proves that spans, which an earlier run has zeroed, hold what this job has left there since: zeros, and
// once an engine was at work its stamps, or, in the first window of badblocks, its patterns.
func (a *Stage) leftAsOurs(spans []Extent) error {
	if k, err := ReadKit(a.Root()); err == nil && !a.History.Overwrote {
		spans = k.spans()
	}
	patterns := int64(0)
	if a.traces.Before != nil {
		patterns = a.traces.Before()
	}
	return pieces(spans, func(off int64, n int) error {
		if err := a.MayWrite(); err != nil {
			return err
		}
		other, err := differs(a.Own(), off, n, func(at int, now []byte) bool {
			if isZero(now) {
				return true
			}
			stamp, is := surface.DecodeStamp(now)
			return a.History.Overwrote && (is && a.Ours(stamp) || off+int64(at) < patterns && a.traces.Pattern(now))
		})
		return a.foreignData(other, err)
	})
}

// halfErased proves that a drive whose first destructive act was cut off holds, where that writes, zeros and what was
// there before, and gives these places.
func (a *Stage) halfErased(ends []Extent) ([]Extent, error) {
	k, err := ReadKit(a.Root())
	if errors.Is(err, fs.ErrNotExist) && a.Req.Grant == nil { // nothing was saved of a drive that was found blank
		return ends, pieces(ends, func(off int64, n int) error {
			other, err := differs(a.Own(), off, n, func(_ int, now []byte) bool { return blank(now, len(now)) })
			return a.foreignData(other, err)
		})
	}
	if err != nil {
		return nil, err
	}
	data, err := a.Root().Open(kitData)
	if err != nil {
		return nil, err
	}
	defer data.Close()
	job := a.Job()
	return k.spans(), k.each(data, func(p piece, was []byte) error {
		if err := a.MayWrite(); err != nil {
			return err
		}
		return a.foreignData(p.untouched(a.Own(), was, job))
	})
}

// foreignData refuses a drive of which a sector holds what this job cannot have left there; -1 is none.
func (a *Stage) foreignData(off int64, err error) error {
	if err != nil || off < 0 {
		return err
	}
	return otherData("what this job left there", string(drive.Data)+": ",
		off/int64(a.Wrote.Geometry().LogicalBytes))
}
