package surface

import (
	"slices"
	"sort"
)

// Kind says what is wrong with a sector.
type Kind string

// The kinds of bad sectors.
const (
	KindRead      Kind = "read"      // cannot be read
	KindWrite     Kind = "write"     // cannot be written
	KindMismatch  Kind = "mismatch"  // holds its own stamp, damaged
	KindMisplaced Kind = "misplaced" // holds this pass's stamp of another LBA
	KindStale     Kind = "stale"     // holds something else: the write never arrived
)

// Text says what is wrong, for people, behind "it"; empty for a kind that there is not.
func (k Kind) Text() string {
	switch k {
	case KindRead:
		return "cannot be read"
	case KindWrite:
		return "cannot be written"
	case KindMismatch:
		return "holds damaged data"
	case KindMisplaced:
		return "holds what belongs to another place"
	case KindStale:
		return "does not hold what was written"
	}
	return ""
}

// Kinds are all that there are.
func Kinds() []Kind { return []Kind{KindRead, KindWrite, KindMismatch, KindMisplaced, KindStale} }

// Range is a run of logical sectors that are bad in the same way, both ends included.
type Range struct {
	FirstLBA   int64 `json:"first_lba"`
	LastLBA    int64 `json:"last_lba"`
	Kind       Kind  `json:"kind"`
	Persistent bool  `json:"persistent"` // stayed bad when read again (write: when written again)
	// misplaced: whose stamp FirstLBA holds; the others follow in step
	FoundLBA    *int64     `json:"found_lba,omitempty"`
	FlippedBits int64      `json:"flipped_bits,omitempty"` // mismatch: over all sectors of the range
	FirstDiff   *Diff      `json:"first_diff,omitempty"`   // mismatch: in the sector FirstLBA
	Errno       string     `json:"errno,omitempty"`        // read, write: of the first sector
	Class       ErrorClass `json:"class,omitempty"`        // read, write
	Phase       Phase      `json:"phase,omitempty"`        // the sweep that found it
	Pass        int        `json:"pass,omitempty"`         // 1 for the first
	// Unwatched says that nobody counted the writes of others here, between two runs or at all; the engines do not
	// know.
	Unwatched bool `json:"unwatched,omitempty"`
}

// Sectors is how many logical sectors the range holds.
func (r Range) Sectors() int64 { return r.LastLBA - r.FirstLBA + 1 }

// Diff shows the first bytes that differ, at most eight.
type Diff struct {
	Offset int    `json:"offset"` // in bytes from the begin of the sector
	Want   string `json:"want"`   // hexadecimal
	Got    string `json:"got"`
}

// joins reports whether next goes on where r ends, in the same way.
func (r Range) joins(next Range) bool {
	if r.LastLBA+1 != next.FirstLBA || r.Kind != next.Kind || r.Persistent != next.Persistent ||
		r.Phase != next.Phase || r.Pass != next.Pass || r.Unwatched != next.Unwatched {
		return false
	}
	return r.FoundLBA == nil || next.FoundLBA == nil || *r.FoundLBA-r.FirstLBA == *next.FoundLBA-next.FirstLBA
}

// join is r with next at its end.
func (r Range) join(next Range) Range {
	r.LastLBA = next.LastLBA
	r.FlippedBits += next.FlippedBits
	return r
}

// merge joins neighbours in a sorted list.
func merge(rs []Range) []Range {
	var out []Range
	for _, r := range rs {
		if n := len(out); n > 0 && out[n-1].joins(r) {
			out[n-1] = out[n-1].join(r)
		} else {
			out = append(out, r)
		}
	}
	return out
}

// rangeSet is a sorted list of ranges that do not overlap, merged as far as they join.
type rangeSet struct {
	ranges []Range
	units  int64 // physical sectors that hold a listed sector
	per    int64 // logical sectors in a physical one
}

// at is the index of the first range that ends at lba or later.
func (s *rangeSet) at(lba int64) int {
	return sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].LastLBA >= lba })
}

func (s *rangeSet) has(lba int64) bool {
	i := s.at(lba)
	return i < len(s.ranges) && s.ranges[i].FirstLBA <= lba
}

// count is how many of the sectors first to last are listed with one of the kinds; with all, when none is named.
func (s *rangeSet) count(first, last int64, kinds ...Kind) int64 {
	var n int64
	for i := s.at(first); i < len(s.ranges) && s.ranges[i].FirstLBA <= last; i++ {
		r := s.ranges[i]
		if len(kinds) == 0 || slices.Contains(kinds, r.Kind) {
			n += min(r.LastLBA, last) - max(r.FirstLBA, first) + 1
		}
	}
	return n
}

// add lists r, none of whose sectors is listed yet.
func (s *rangeSet) add(r Range) {
	i := s.at(r.FirstLBA)
	firstUnit, lastUnit := r.FirstLBA/s.per, r.LastLBA/s.per
	if i > 0 && s.ranges[i-1].LastLBA/s.per == firstUnit {
		firstUnit++ // counted with the range before
	}
	if i < len(s.ranges) && s.ranges[i].FirstLBA/s.per == lastUnit {
		lastUnit-- // counted with the range behind
	}
	s.units += max(lastUnit-firstUnit+1, 0)
	s.ranges = slices.Insert(s.ranges, i, r)
	if i+1 < len(s.ranges) && s.ranges[i].joins(s.ranges[i+1]) {
		s.ranges[i] = s.ranges[i].join(s.ranges[i+1])
		s.ranges = slices.Delete(s.ranges, i+1, i+2)
	}
	if i > 0 && s.ranges[i-1].joins(s.ranges[i]) {
		s.ranges[i-1] = s.ranges[i-1].join(s.ranges[i])
		s.ranges = slices.Delete(s.ranges, i, i+1)
	}
}
