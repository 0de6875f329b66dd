//go:build linux

package inventory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
	"burnish/backend/label"
	"burnish/backend/reason"
	"burnish/backend/size"
)

const contentLayer = drive.LayerContent

// scan reads labels and samples of a drive until ctx is over.
func (h *Host) scan(ctx context.Context, dev Device, n *node, samples int) (label.Findings, error) {
	src := &untilOver{Device: dev, ctx: ctx}
	if samples >= inspectSamples {
		src.again = readAgain
	}
	f, err := label.Scan(src, n.size, n.id.LogicalBytes, h.scanOptions(samples))
	f.Failed += src.healed
	return f, err
}

const (
	// readAgain bounds how many reads of a look under a hold are asked again: what fails once says nothing of how a
	// drive is used, and on a path that fails now and then some read of a thousand always does.
	readAgain = 256
	// failsFast is within which time an error has to come for that. A drive that cannot read a sector takes longer to
	// say so.
	failsFast = time.Second
)

// untilOver fails every read once ctx is over, so that a scan nobody waits for comes to its end.
type untilOver struct {
	Device
	ctx    context.Context
	again  int // reads that may be asked again
	healed int // reads that failed, and did not when asked again
}

func (u *untilOver) ReadAt(p []byte, off int64) (n int, err error) {
	for failed := 0; ; failed++ {
		if u.ctx.Err() != nil {
			return 0, errNoAnswer
		}
		began := time.Now()
		if n, err = u.Device.ReadAt(p, off); err == nil {
			u.healed += failed
			return n, nil
		}
		if failed == 2 || !mediumError(err) || u.again == 0 || time.Since(began) > failsFast {
			return n, err
		}
		u.again--
	}
}

// beating notes what comes back from a drive.
type beating struct {
	Device
	pulse *pulse
}

func (b beating) ReadAt(p []byte, off int64) (int, error) {
	defer b.pulse.note(0)
	return b.Device.ReadAt(p, off)
}

// contentAnswers says what the drive holds besides labels, and what of it could not be read.
func contentAnswers(f label.Findings) []answer {
	var out []answer
	if len(f.Unreadable) > 0 {
		out = append(out, unread(labelLayer, f.Unreadable, "where labels are kept"))
	} else if len(f.Found) == 0 {
		out = append(out, clean(labelLayer, "none found at head, tail and partitions"))
	}
	c := f.Content
	switch {
	case c.UnknownAt != nil:
		out = append(out, claim(contentLayer, drive.Data, "unknown content at byte %d", *c.UnknownAt))
		a := &out[len(out)-1]
		if a.marks = []string{c.Print}; c.Amid {
			a.beside, a.weight = "unknown content amid the drive", label.Member
		}
	case fewBad(c.Unreadable):
		out = append(out, clean(contentLayer, "all that can be read of both ends and all samples is blank or an "+
			"earlier test's own (%s); the drive cannot read a place at byte %d", kinds(c), c.Unreadable[0].Offset))
	case len(c.Unreadable) > 0:
		out = append(out, unread(contentLayer, c.Unreadable, "where content was looked for"))
		if a := &out[len(out)-1]; a.medium {
			a.marks = []string{c.Print} // what can be read another time is no news then
		}
	default:
		out = append(out, clean(contentLayer, "both ends and all samples are blank or an earlier test's own (%s)",
			kinds(c)))
	}
	out[0].failedReads = f.Failed
	return out
}

func mediumError(err error) bool { return errors.Is(err, unix.EIO) || errors.Is(err, unix.ENODATA) }

// mostBad is how many bytes of the ends the drive may be unable to read, none of them where labels are kept, before it
// counts as one of which nobody can tell: a bad sector says that the drive is bad, not that it is somebody's.
const mostBad = 4 * 4096

func fewBad(gaps []label.Gap) bool {
	total := int64(0)
	for _, g := range gaps {
		if !mediumError(g.Err) {
			return false
		}
		total += g.Length
	}
	return total > 0 && total <= mostBad
}

func kinds(c label.Content) string {
	text := fmt.Sprintf("%s of zeros, %s of 0xFF, %s of stamps", size.Text(c.Zero), size.Text(c.Ones),
		size.Text(c.Own))
	if c.Damaged > 0 {
		text += fmt.Sprintf(", %s in sectors with wrong bits", size.Text(c.Damaged))
	}
	return text
}

// unread judges places that could not be read. What a person can settle with the drive in hand is only a medium
// error; a reservation is another host's; all else is unclear.
func unread(layer drive.Layer, gaps []label.Gap, what string) answer {
	medium := false
	for _, g := range gaps {
		switch {
		case errors.Is(g.Err, unix.EBADE):
			return claim(layer, drive.Remote,
				"another host has reserved it (reading answers: reservation conflict)").toDo(release)
		case errors.Is(g.Err, unix.ENODATA):
			medium = true
		case layer == contentLayer && errors.Is(g.Err, label.ErrNotRead): // given up after too many errors before it
		default:
			return failed(layer, "%s at byte %d, %s, could not be read: %v", size.Text(g.Length), g.Offset, what, g.Err)
		}
	}
	a := failed(layer, "medium error at byte %d, %s (%s)", gaps[0].Offset, what, reason.Count(len(gaps), "place"))
	a.medium = medium
	return a
}
