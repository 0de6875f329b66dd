package erase

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/size"
	"burnish/backend/surface"
)

// kit is the index of an undo kit.
type kit struct {
	SizeBytes int64   `json:"size_bytes"` // of the drive
	Pieces    []piece `json:"pieces"`
	LostBytes int64   `json:"lost_bytes"`

	Samples []sample `json:"samples,omitempty"` // none in kits of before they were taken

	// May is what the drive was allowed to hold by permissions of jobs whose kits this one has taken over: it may hold
	// that again once a part of it is put back.
	May []drive.Grant `json:"may,omitempty"`
}

// piece is one range of the drive, in bytes. A blank one was zeros, 0xFF or stamps of an earlier test, and is not kept.
type piece struct {
	Off   int64 `json:"off"`
	Len   int   `json:"len"`
	Blank bool  `json:"blank,omitempty"`
}

func (k *kit) Saved() (n int64) {
	for _, p := range k.Pieces {
		if !p.Blank {
			n += int64(p.Len)
		}
	}
	return n
}

func ReadKit(root *os.Root) (*kit, error) {
	data, err := root.ReadFile(kitIndex)
	if err != nil {
		return nil, fmt.Errorf("the undo kit: %w", err)
	}
	k := new(kit)
	if err := json.Unmarshal(data, k); err != nil {
		return nil, fmt.Errorf("the undo kit is damaged: %w", err)
	}
	return k, nil
}

// spans are the ranges that the kit is of.
func (k *kit) spans() []Extent {
	var out []Extent
	for _, p := range k.Pieces {
		out = append(out, Extent{p.Off, p.Off + int64(p.Len)})
	}
	return Merged(out)
}

// each gives all pieces with what was there, zeros where that was blank, from the last to the first.
func (k *kit) each(data io.ReaderAt, do func(p piece, was []byte) error) error {
	buf := surface.AlignedBuffer(pieceBytes)
	at := k.Saved()
	for i := len(k.Pieces) - 1; i >= 0; i-- {
		p := k.Pieces[i]
		if p.Len <= 0 || p.Len > pieceBytes || p.Off < 0 || p.Off+int64(p.Len) > k.SizeBytes {
			return errors.New("the undo kit is damaged")
		}
		was := buf[:p.Len]
		if p.Blank {
			clear(was)
		} else {
			at -= int64(p.Len)
			if _, err := data.ReadAt(was, at); err != nil {
				return fmt.Errorf("the undo kit: %w", err)
			}
		}
		if err := do(p, was); err != nil {
			return err
		}
	}
	return nil
}

// misfit says why a kit of a job cannot be put back onto a drive as it is now, nil if it can. It ends with what may
// says.
func (k *kit) misfit(dev surface.Device, data io.ReaderAt, job burnin.Job, may func() error) (*reason.Said, error) {
	var misfit *reason.Said
	if got := dev.Geometry().SizeBytes; got != k.SizeBytes {
		return CannotUndo(job.ID, "it is of a drive of "+size.Exact(k.SizeBytes)+", this one has "+size.Exact(got),
			"Look for the drive that it is of."), nil
	}
	err := k.each(data, func(p piece, was []byte) error {
		if err := may(); err != nil || misfit != nil {
			return err
		}
		other, err := p.untouched(dev, was, job)
		if err == nil && other >= 0 {
			misfit = CannotUndo(job.ID, fmt.Sprintf("something was written since at byte %d", other),
				"Look at the drive again; nothing was changed.")
		}
		return err
	})
	if err != nil || misfit != nil {
		return misfit, err
	}
	other, err := k.changed(dev)
	if err == nil && other >= 0 {
		misfit = CannotUndo(job.ID, fmt.Sprintf("the drive was written to since, at byte %d", other),
			"What was there is lost; look for a backup of it.")
	}
	return misfit, err
}

// isBack reports whether all that the kit holds is on the drive: an undo put it there. A kit that holds nothing is not
// brought back by anybody.
func (k *kit) isBack(dev surface.Device, data io.ReaderAt, may func() error) (bool, error) {
	back := k.Saved() > 0
	err := k.each(data, func(p piece, was []byte) error {
		if err := may(); err != nil || p.Blank || !back {
			return err
		}
		other, err := differs(dev, p.Off, p.Len, func(at int, now []byte) bool {
			return bytes.Equal(now,
				was[at:at+len(now)])
		})
		back = back && other < 0
		return err
	})
	return back, err
}

// untouched looks at a piece of the drive: where nobody else wrote, each sector holds the zeros of the first
// destructive act, which may have been cut off anywhere, or what was there before, or the mark by which the act proves
// the drive's paths. It gives the first byte of another sector, else -1. A sector that cannot be read says nothing.
func (p piece) untouched(dev surface.Device, was []byte, job burnin.Job) (other int64, err error) {
	return differs(dev, p.Off, p.Len, func(at int, now []byte) bool {
		if isZero(now) || bytes.Equal(now, was[at:at+len(now)]) || p.Blank && blank(now, len(now)) {
			return true
		}
		stamp, is := surface.DecodeStamp(now)
		return is && bench.StampOf(job, stamp)
	})
}

// differs shows each sector of a stretch that can be read to fine, and gives the offset of the first that is not, else
// -1.
func differs(dev surface.Device, off int64, n int, fine func(at int, now []byte) bool) (int64, error) {
	buf := surface.AlignedBuffer(n)
	_, err := dev.ReadAt(buf, off)
	whole := err == nil
	if err := MediumIsForTheSweep(err); err != nil {
		return -1, err
	}
	sector := dev.Geometry().LogicalBytes
	for at := 0; at < n; at += sector {
		now := buf[at : at+sector]
		if !whole {
			if _, err := dev.ReadAt(now, off+int64(at)); err != nil {
				if err := MediumIsForTheSweep(err); err != nil {
					return -1, err
				}
				continue
			}
		}
		if !fine(at, now) {
			return off + int64(at), nil
		}
	}
	return -1, nil
}
