package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"burnish/backend/burnin"
	"burnish/backend/surface"
)

// kit is the index of an undo kit.
type kit struct {
	SizeBytes int64   `json:"size_bytes"` // of the drive
	Pieces    []piece `json:"pieces"`
	LostBytes int64   `json:"lost_bytes"`

	Samples []sample `json:"samples,omitempty"` // none in kits of before they were taken
}

// piece is one range of the drive, in bytes. A blank one was zeros, 0xFF or stamps of an earlier test, and is not kept.
type piece struct {
	Off   int64 `json:"off"`
	Len   int   `json:"len"`
	Blank bool  `json:"blank,omitempty"`
}

func (k *kit) saved() (n int64) {
	for _, p := range k.Pieces {
		if !p.Blank {
			n += int64(p.Len)
		}
	}
	return n
}

func readKit(root *os.Root) (*kit, error) {
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
func (k *kit) spans() []extent {
	var out []extent
	for _, p := range k.Pieces {
		out = append(out, extent{p.Off, p.Off + int64(p.Len)})
	}
	return merged(out)
}

// each gives all pieces with what was there, zeros where that was blank, from the last to the first.
func (k *kit) each(data io.ReaderAt, do func(p piece, was []byte) error) error {
	buf := surface.AlignedBuffer(pieceBytes)
	at := k.saved()
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

// untouched looks at a piece of the drive: where nobody else wrote, each sector holds the zeros of the first destructive
// act, which may have been cut off anywhere, or what was there before, or the mark by which the act proves the drive's
// paths. It gives the first byte of another sector, else -1. A sector that cannot be read says nothing.
func (p piece) untouched(dev surface.Device, was []byte, job burnin.Job) (other int64, err error) {
	return differs(dev, p.Off, p.Len, func(at int, now []byte) bool {
		if isZero(now) || bytes.Equal(now, was[at:at+len(now)]) || p.Blank && blank(now, len(now)) {
			return true
		}
		stamp, is := surface.DecodeStamp(now)
		return is && stampOf(job, stamp)
	})
}

// differs shows each sector of a stretch that can be read to fine, and gives the offset of the first that is not, else -1.
func differs(dev surface.Device, off int64, n int, fine func(at int, now []byte) bool) (int64, error) {
	buf := surface.AlignedBuffer(n)
	_, err := dev.ReadAt(buf, off)
	whole := err == nil
	if err := mediumIsForTheSweep(err); err != nil {
		return -1, err
	}
	sector := dev.Geometry().LogicalBytes
	for at := 0; at < n; at += sector {
		now := buf[at : at+sector]
		if !whole {
			if _, err := dev.ReadAt(now, off+int64(at)); err != nil {
				if err := mediumIsForTheSweep(err); err != nil {
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
