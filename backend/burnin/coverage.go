package burnin

import "slices"

// Coverage says how far the word "passed" goes.
type Coverage string

// The coverages.
const (
	CoverageNone     Coverage = "none"     // the surface was not tested
	CoverageRead     Coverage = "read"     // every byte was read once
	CoverageWritten  Coverage = "written"  // every byte was written, nothing read back
	CoverageVerified Coverage = "verified" // every byte was written, read back and compared
)

// CoverageRow is a row of the table of coverages.
type CoverageRow struct {
	Coverage Coverage
	Text     string // for people, behind "passed, "
}

// coverages are all of them, the one that goes furthest last.
var coverages = []CoverageRow{
	{CoverageNone, "surface not tested"},
	{CoverageRead, "every byte read"},
	{CoverageWritten, "written but for less than a MiB at its end, nothing read back"},
	{CoverageVerified, "every byte written and verified"},
}

// Coverages gives the table, the one that goes furthest last.
func Coverages() []CoverageRow { return slices.Clone(coverages) }

func (c Coverage) place() int {
	return slices.IndexFunc(coverages, func(r CoverageRow) bool { return r.Coverage == c })
}

// Text is a coverage for people, behind "passed, ". One that there is not goes as far as none.
func (c Coverage) Text() string { return coverages[max(c.place(), 0)].Text }

// further gives which of two goes further.
func (c Coverage) further(than Coverage) Coverage {
	if c.place() > than.place() {
		return c
	}
	return than
}
