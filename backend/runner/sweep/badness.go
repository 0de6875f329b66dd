package sweep

import (
	"fmt"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/erase"
	"burnish/backend/size"
	"burnish/backend/surface"
)

// badness is what is wrong with a stage's surface, by what it is worth.
type badness struct {
	proven      amount // stayed bad: evidence against the drive
	unwatched   amount // stayed bad, but nobody counted who wrote there
	unconfirmed amount // gave errors, and there was no time to read them again
}

// amount is so much of a surface, in the order of addresses.
type amount struct {
	ranges  []surface.Range
	sectors int64
}

// weigh takes into account whether the kernel counts the writes of others.
func weigh(bad []surface.Range, uncounted bool) (b badness) {
	for _, r := range bad {
		to := &b.proven
		switch {
		case !r.Persistent:
			to = &b.unconfirmed
		case r.Unwatched, uncounted && erase.ForeignExplains(r.Kind):
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
	return reason.New(reason.SurfaceErrors, "ranges", len(bad.ranges), "sectors", bad.sectors,
		"extent", extent, "lba", first.FirstLBA, "kind", first.Kind)
}

const inAll = "in all"

// extent says how much of the drive the figures beside it are of.
func (a *Stage) extent(res surface.Result) string {
	if early := a.early(res); early != "" {
		return "so far (" + early + ")"
	}
	return inAll
}

// early says where a test ended before its end, empty where it did not.
func (a *Stage) early(res surface.Result) string {
	switch whole := a.Req.Drive.SizeBytes; {
	case res.EndedEarly == "":
		return ""
	case !a.Spec.Kind.Surface():
		return "the drive's ends were not gone over to the last sector"
	case res.Phase == surface.PhaseSeek:
		return "the seek pass ended early"
	case res.Phase == "":
		return "the test ended early, with " + size.Part(res.BytesCovered, whole) + " covered"
	default:
		return fmt.Sprintf("the test ended early, in the %s sweep at byte %d, %s", res.Phase, res.Position,
			size.Part(res.Position, whole))
	}
}

// unfinished names what a stage did not come to.
func unfinished(res surface.Result) string {
	if res.Phase == surface.PhaseSeek {
		return "the seek pass, which met a limit"
	}
	return "bytes of the drive that were not reached"
}

// mayBeForeign reports whether somebody else's writes explain what looks like a false capacity. Stamps that stand at
// other addresses, in step, only the drive can have put there; a tail that holds nothing of what was written, anybody.
func (a *Stage) mayBeForeign(f *surface.Fake) bool {
	return a.Uncounted && f.How != surface.FakeWraps
}

// uncountedOutcome is that of a drive that does not hold what was written, where nobody knows who wrote to it.
func (a *Stage) uncountedOutcome(bad amount) bench.Outcome {
	what := "The drive's end does not hold"
	if len(bad.ranges) > 0 {
		what = fmt.Sprintf("%s, the first at LBA %d, %s not hold", bench.Counted(bad.sectors, "sector"),
			bad.ranges[0].FirstLBA,
			map[bool]string{true: "does", false: "do"}[bad.sectors == 1])
	}
	return bench.Ended(burnin.Unknown, reason.New(reason.MismatchUncounted, "what", what))
}

// judgeBad says what the bad places of a stage are worth, beside what healed in all of its runs; nil where there are
// none.
func (a *Stage) judgeBad(bad badness, res surface.Result, healed burnin.Healed) *bench.Outcome {
	var out bench.Outcome
	switch {
	case bad.proven.sectors > 0 && a.byChance(bad.proven.ranges, healed):
		what := fmt.Sprintf("%s gave errors each time, and %d places gave errors and were right when tried again: "+
			"so many that the former may be chance",
			bench.Counted(bad.proven.sectors, "sector"), healed.Count)
		out = bench.Ended(burnin.Unknown, reason.New(reason.PathSuspect, "what", what, "stage", a.Spec.Kind))
	case bad.proven.sectors > 0 && a.pathSpoke(bad.proven.ranges):
		what := fmt.Sprintf("%d sectors gave errors, and the kernel's log names damaged transfers and never the "+
			"medium: %s", bad.proven.sectors,
			a.Held.KernelErrors().OnePath)
		out = bench.Ended(burnin.Unknown, reason.New(reason.PathSuspect, "what", what, "stage", a.Spec.Kind))
	case bad.proven.sectors > 0:
		out = bench.Ended(burnin.Failed, surfaceErrors(bad.proven, a.extent(res)))
	case bad.unwatched.sectors > 0 && a.Uncounted:
		out = a.uncountedOutcome(bad.unwatched)
	case bad.unwatched.sectors > 0:
		out = bench.Ended(burnin.Unknown, reason.New(reason.ResumedMismatch, "sectors", bad.unwatched.sectors,
			"lba", bad.unwatched.ranges[0].FirstLBA))
	case bad.unconfirmed.sectors > 0:
		first := bad.unconfirmed.ranges[0]
		out = bench.Ended(burnin.Unknown, reason.New(reason.UnconfirmedErrors,
			"sectors", bench.Counted(bad.unconfirmed.sectors, "sector"), "lba", first.FirstLBA,
			"kind", first.Kind, "where", a.early(res)))
	default:
		return nil
	}
	return &out
}

// tooLikely is how many places may be bad by chance before none counts.
const tooLikely = 1e-3

// byChance reports whether errors of no certain kind stayed where so many others healed that some had to stay. What the
// drive itself says of its medium is no chance, and neither is wrong data.
func (a *Stage) byChance(bad []surface.Range, healed burnin.Healed) bool {
	return surface.ByChance(healed.Count, healed.Answered) >= tooLikely && a.uncertain(bad) &&
		a.Held.KernelErrors().Medium == 0
}
