package runner

import (
	"errors"
	"fmt"
	"io/fs"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/surface"
)

// What must be proven before the first destructive act is done once more: an earlier run was cut off in it, or before
// its stage came to a checkpoint. In between the drive may have been put to use in a way that leaves no label that
// anybody knows, and nothing of that would be saved.

// leftAsOurs proves that spans, which an earlier run has zeroed, hold what this job has left there since: zeros, and once
// an engine was at work its stamps, or, in the first window of badblocks, its patterns.
func (a *at) leftAsOurs(spans []extent) error {
	if k, err := readKit(a.root()); err == nil && !a.deeds.overwrote {
		spans = k.spans()
	}
	patterns := a.bbFirstWindow()
	return pieces(spans, func(off int64, n int) error {
		if err := a.mayWrite(); err != nil {
			return err
		}
		other, err := differs(a.own(), off, n, func(at int, now []byte) bool {
			if isZero(now) {
				return true
			}
			stamp, is := surface.DecodeStamp(now)
			return a.deeds.overwrote && (is && a.ours(stamp) || off+int64(at) < patterns && bbPattern(now))
		})
		return a.foreignData(other, err)
	})
}

// bbFirstWindow gives up to which byte the patterns of badblocks may stand where its stage has no checkpoint yet.
func (a *at) bbFirstWindow() int64 {
	stage := a.j.job().Stages[a.i]
	if a.spec.Engine != burnin.EngineBadblocks || stage.Begun < 2 || stage.Checkpoint != nil {
		return 0
	}
	g := a.wrote.Geometry()
	return bbStep(a.spec, g.SizeBytes, bbBlock(g.SizeBytes, int64(g.PhysicalBytes)))
}

// halfErased proves that a drive whose first destructive act was cut off holds, where that writes, zeros and what was
// there before, and gives these places.
func (a *at) halfErased(ends []extent) ([]extent, error) {
	k, err := readKit(a.root())
	if errors.Is(err, fs.ErrNotExist) && a.req.Grant == nil { // nothing was saved of a drive that was found blank
		return ends, pieces(ends, func(off int64, n int) error {
			other, err := differs(a.own(), off, n, func(_ int, now []byte) bool { return blank(now, len(now)) })
			return a.foreignData(other, err)
		})
	}
	if err != nil {
		return nil, err
	}
	data, err := a.root().Open(kitData)
	if err != nil {
		return nil, err
	}
	defer data.Close()
	job := a.j.job()
	return k.spans(), k.each(data, func(p piece, was []byte) error {
		if err := a.mayWrite(); err != nil {
			return err
		}
		return a.foreignData(p.untouched(a.own(), was, job))
	})
}

// foreignData refuses a drive of which a sector holds what this job cannot have left there; -1 is none.
func (a *at) foreignData(off int64, err error) error {
	if err != nil || off < 0 {
		return err
	}
	return reason.New("usage_changed", "expected", "what this job left there", "found",
		fmt.Sprintf("%s: other data at LBA %d", drive.Data, off/int64(a.wrote.Geometry().LogicalBytes)))
}
