package runner

import (
	"fmt"

	"burnish/backend/reason"
	"burnish/backend/surface"
)

// badness is what is wrong with a stage's surface, by what it is worth.
type badness struct {
	proven      amount // stayed bad: evidence against the drive
	unwatched   amount // stayed bad, but another run wrote there and nobody counted the writes between them
	unconfirmed amount // gave errors, and there was no time to read them again
}

// amount is so much of a surface, in the order of addresses.
type amount struct {
	ranges  []surface.Range
	sectors int64
}

func weigh(bad []surface.Range) (b badness) {
	for _, r := range bad {
		to := &b.proven
		switch {
		case !r.Persistent:
			to = &b.unconfirmed
		case r.Unwatched:
			to = &b.unwatched
		}
		to.ranges = append(to.ranges, r)
		to.sectors += r.Sectors()
	}
	return b
}

// surfaceErrors is what fails a drive for its surface.
func surfaceErrors(bad amount, extent string) *reason.Said {
	first := bad.ranges[0]
	return reason.New("surface_errors", "ranges", counted(int64(len(bad.ranges)), "bad range"), "sectors", counted(bad.sectors, "sector"),
		"extent", extent, "lba", first.FirstLBA, "kind", first.Kind)
}

const inAll = "in all"

// extent says how much of the drive the figures beside it are of.
func (a *at) extent(res surface.Result) string {
	if early := a.early(res); early != "" {
		return "so far (" + early + ")"
	}
	return inAll
}

// early says where a test ended before its end, empty where it did not.
func (a *at) early(res surface.Result) string {
	switch size := a.req.Drive.SizeBytes; {
	case res.EndedEarly == "":
		return ""
	case res.Phase == surface.PhaseSeek:
		return "the seek pass ended early"
	case res.Phase == "":
		return fmt.Sprintf("the test ended early, with %d of %d bytes covered", res.BytesCovered, size)
	default:
		return fmt.Sprintf("the test ended early, in the %s sweep at %d of %d bytes", res.Phase, res.Position, size)
	}
}

// unfinished names what a stage did not come to.
func unfinished(res surface.Result) string {
	if res.Phase == surface.PhaseSeek {
		return "the seek pass, which met a limit"
	}
	return "bytes of the drive that were not reached"
}

func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
