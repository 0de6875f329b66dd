package badblocks

import (
	"bytes"
	"strconv"
	"strings"

	"burnish/backend/reason"
)

// bbOutput reads what `badblocks -wsv` writes to its standard error (e2fsprogs 1.45 to 1.47), in pieces of any size. It
// keeps to what the program is known to say; all else is kept as its words, bounded, and proves nothing.
//
// Each phase is one line without an end: its name, then numbers that are written over with backspaces.
type bbOutput struct {
	phases  []bbPhase
	errors  [3]int64 // read, write, corruption, as last told
	aborted bool     // it gave up over too many bad blocks
	pass    bool     // it has told its end
	found   int64    // bad blocks, by its last line
	words   []string // what it said beside
	rest    []byte   // of a piece that is not whole yet
}

// bbPhase is one half of a pattern.
type bbPhase struct {
	pattern string // "0xaa"
	verify  bool
	percent float64 // of the last block's number
	done    bool
}

const (
	bbMaxRest   = 4096
	bbMaxWords  = 20
	bbMaxPhases = 64
)

func (o *bbOutput) feed(p []byte) {
	o.rest = append(o.rest, p...)
	for {
		i := bytes.IndexAny(o.rest, "\b\n")
		if i < 0 {
			break
		}
		o.piece(string(o.rest[:i]))
		o.rest = o.rest[i+1:]
	}
	if len(o.rest) > bbMaxRest {
		o.rest = o.rest[len(o.rest)-bbMaxRest:]
	}
	o.rest = bytes.Clone(o.rest)
}

func (o *bbOutput) piece(s string) {
	s = strings.TrimSpace(s)
	if name, numbers, ok := strings.Cut(s, ": "); ok || strings.HasSuffix(s, ":") {
		name = strings.TrimSuffix(name, ":")
		if pattern, ok := strings.CutPrefix(name, "Testing with pattern "); ok {
			o.begin(reason.Clean(pattern, 20), false)
			s = strings.TrimSpace(numbers)
		} else if name == "Reading and comparing" && len(o.phases) > 0 {
			o.begin(o.phases[len(o.phases)-1].pattern, true)
			s = strings.TrimSpace(numbers)
		}
	}
	switch {
	case s == "":
	case s == "done":
		if n := len(o.phases); n > 0 {
			o.phases[n-1].done = true
		}
	case o.status(s) || o.last(s):
	case strings.HasPrefix(s, "Too many bad blocks"):
		o.aborted = true
		if n := len(o.phases); n > 0 {
			o.phases[n-1].done = true
		}
	case strings.HasPrefix(s, "Checking for bad blocks") || strings.HasPrefix(s, "From block"):
	case len(o.words) < bbMaxWords:
		o.words = append(o.words, reason.Clean(s, 200))
	}
}

func (o *bbOutput) begin(pattern string, verify bool) {
	if len(o.phases) < bbMaxPhases {
		o.phases = append(o.phases, bbPhase{pattern: pattern, verify: verify})
	}
}

// status reads "12.08% done, 0:01 elapsed. (1/0/0 errors)".
func (o *bbOutput) status(s string) bool {
	number, more, ok := strings.Cut(s, "% done, ")
	percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || !(percent >= 0 && percent <= 100) || len(o.phases) == 0 {
		return false
	}
	_, counts, ok := strings.Cut(more, " elapsed. ")
	if !ok || !o.counts(counts) {
		return false
	}
	o.phases[len(o.phases)-1].percent = percent
	return true
}

// last reads "Pass completed, 3 bad blocks found. (2/0/1 errors)".
func (o *bbOutput) last(s string) bool {
	s, ok := strings.CutPrefix(s, "Pass completed, ")
	if !ok {
		return false
	}
	number, counts, ok := strings.Cut(s, " bad blocks found. ")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n < 0 || !o.counts(counts) {
		return false
	}
	o.pass, o.found = true, n
	return true
}

func (o *bbOutput) counts(s string) bool {
	s, front := strings.CutPrefix(s, "(")
	s, end := strings.CutSuffix(s, " errors)")
	parts := strings.Split(s, "/")
	if !front || !end || len(parts) != len(o.errors) {
		return false
	}
	var n [3]int64
	for i, p := range parts {
		var err error
		if n[i], err = strconv.ParseInt(p, 10, 64); err != nil || n[i] < 0 {
			return false
		}
	}
	o.errors = n
	return true
}

// whole reports whether it went through both halves of each pattern and said so.
func (o *bbOutput) whole(patterns int) bool {
	if !o.pass || o.aborted || len(o.phases) != 2*patterns {
		return false
	}
	for i, p := range o.phases {
		if !p.done || p.verify != (i%2 == 1) {
			return false
		}
	}
	return true
}

// said gives its own words in one line.
func (o *bbOutput) said() string {
	if len(o.words) == 0 {
		return "it said nothing"
	}
	return reason.Clean(strings.Join(o.words, "; "), 300)
}

// bbList reads a list of block numbers, one a line, that lie in first to last. A line that is none is counted and left
// out. At most limit are taken; more is true if there were more.
func bbList(data []byte, first, last int64, limit int) (blocks []int64, garbage int, more bool) {
	for line := range bytes.Lines(data) {
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
		if err != nil || n < first || n > last {
			garbage++
			continue
		}
		if len(blocks) == limit {
			return blocks, garbage, true
		}
		blocks = append(blocks, n)
	}
	return blocks, garbage, false
}
