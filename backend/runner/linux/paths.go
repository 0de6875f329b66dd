//go:build linux

package linux

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"burnish/backend/drive"
	"burnish/backend/runner/port"
	"burnish/backend/surface"
)

const (
	comparedEnd   = 1 << 20  // of each end of the drive, read through every path
	comparedPiece = 64 << 10 // at a time
	pathsLayer    = drive.LayerPaths
)

// OtherPaths opens all paths that are held but the first.
func (d *held) OtherPaths() ([]port.WayIn, error) {
	var out []port.WayIn
	for _, f := range d.files()[1:] {
		dev, err := reopen(f, false, d)
		if err != nil {
			return out, err
		}
		out = append(out, port.WayIn{Path: f.Name(), Device: dev})
	}
	return out, nil
}

// oneDrive reads both ends of the drive through all paths. Serial number and worldwide name say that they lead to one
// drive, but drives were made that bear those of others: what does not read alike is two drives.
func (d *held) oneDrive(ctx context.Context, u drive.Usage) drive.Usage {
	if len(d.files()) < 2 {
		return u
	}
	class, answer := drive.None, fmt.Sprintf("both ends read alike by all %d paths", len(d.files()))
	if err := d.compareEnds(ctx); errors.Is(err, errTwoDrives) {
		class, answer = drive.Duplicate, err.Error()
	} else if err != nil {
		class, answer = drive.CannotTell, err.Error()
	}
	return drive.Worse(u, drive.Usage{Class: class, Text: answer, PhraseKind: drive.NoPhrase, Claims: u.Claims,
		Why: []drive.Why{{Layer: pathsLayer, Answer: answer, Sure: class != drive.CannotTell}}})
}

var errTwoDrives = errors.New("two drives with one serial number and one worldwide name")

func (d *held) compareEnds(ctx context.Context) error {
	first, err := reopen(d.file, false, d)
	if err != nil {
		return err
	}
	defer func() { _ = first.Close() }() // it was read
	ways, err := d.OtherPaths()
	defer func() {
		for _, w := range ways {
			w.Close()
		}
	}()
	if err != nil {
		return err
	}
	for _, w := range ways {
		if w.Geometry().SizeBytes != first.geo.SizeBytes {
			return fmt.Errorf("%w: %s and %s differ in size", errTwoDrives, d.file.Name(), w.Path)
		}
		if err := alike(ctx, d.file, first, w); err != nil {
			return err
		}
	}
	return nil
}

// alike compares what two paths read. A piece that one of them cannot read says nothing; none that both can says too
// little. What differs is read twice, since somebody may write.
func alike(ctx context.Context, name *os.File, a *device, b port.WayIn) error {
	size := a.geo.SizeBytes
	p, q := surface.AlignedBuffer(comparedPiece), surface.AlignedBuffer(comparedPiece)
	same := func(off int64, n int) (equal, read bool) {
		if _, err := a.ReadAt(p[:n], off); err != nil {
			return false, false
		}
		if _, err := b.ReadAt(q[:n], off); err != nil {
			return false, false
		}
		return bytes.Equal(p[:n], q[:n]), true
	}
	told := false
	for _, end := range [][2]int64{{0, min(comparedEnd, size)}, {max(0, size-comparedEnd), size}} {
		for off := end[0]; off < end[1]; off += comparedPiece {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			n := int(min(comparedPiece, end[1]-off))
			equal, read := same(off, n)
			if read && !equal {
				equal, read = same(off, n)
			}
			if read && !equal {
				return fmt.Errorf("%w: %s and %s differ at byte %d", errTwoDrives, name.Name(), b.Path, off)
			}
			told = told || read
		}
	}
	if !told {
		return fmt.Errorf("%s and %s could not be compared: neither end can be read by both", name.Name(), b.Path)
	}
	return nil
}
