package label

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
)

// What tells the content of a drive from other content is a print: a few digests, each of one group of places that
// every scan of a drive of that size looks at, whatever its samples are. A group whose places are all blank has the
// digest "0", and one of which a place could not be read has "-": nothing can be said of it. drive.Grant compares
// prints.
const (
	endPrints = 4 // groups of each end
	midPrints = 8 // groups of the places between
	noPrint   = -1
)

type printer struct {
	sums  [2*endPrints + midPrints]hash.Hash
	blind [2*endPrints + midPrints]bool
}

// add takes a sector that is not blank into its group.
func (p *printer) add(group int, sector []byte) {
	if p.sums[group] == nil {
		p.sums[group] = sha256.New()
	}
	_, _ = p.sums[group].Write(sector)
}

func (p *printer) String() string {
	var out []string
	for i, sum := range p.sums {
		switch {
		case p.blind[i]:
			out = append(out, "-")
		case sum == nil:
			out = append(out, "0")
		default:
			out = append(out, hex.EncodeToString(sum.Sum(nil)[:4]))
		}
	}
	return strings.Join(out, ".")
}

// groupOf is the group of a place in an end that reaches from one offset to another, of which the groups begin at
// first.
func groupOf(first int, off, from, end int64) int {
	return first + int((off-from)*endPrints/(end-from))
}

// print takes what was read at off into a group, with the place of each sector, or notes that it could not be read.
func (s *sampler) print(group int, off int64, data []byte, err error) {
	switch {
	case group == noPrint:
		return
	case err != nil:
		s.prints.blind[group] = true
		return
	}
	for at := 0; at < len(data); at += s.src.sector {
		sector := data[at : at+s.src.sector]
		blank := bytes.Equal(sector, s.zero) || bytes.Equal(sector, s.ones) || nearly(sector) || s.own != nil &&
			s.own(sector) || s.amongOwn(data, at)
		if !blank {
			where := off + int64(at)
			s.prints.add(group, []byte{byte(where >> 9), byte(where >> 17), byte(where >> 25), byte(where >> 33),
				byte(where >> 41)})
			s.prints.add(group, sector)
		}
	}
}
