package surface

import (
	"math"
	"time"
)

// An accident is one event behind errors that healed: what was under way together fails together, and neighbours of a
// sector share its fate. Errors further apart than that, or of another sweep, are accidents of their own.

// The model of what honest hardware does, of which docs/surface.md gives the sources. Of the errors of a link nothing
// is left here: they are repeated below us, five times and more.
const (
	errorsPerBit  = 1e-14 // unrecovered read errors, by the data sheets of the worst drives on sale
	mishapsPerH   = 0.01  // a bus that is reset because of a neighbour, a dip of the power
	mishapsBefore = 0.05  // in any test, however short
	// inAMillion is how seldom honest hardware may be called suspect: more than ten thousand tests of a hundred drives.
	inAMillion = 1e-6
)

// Accidental is the most accidents that are to be expected of an honest drive and its path over so many bytes and so
// long a time of I/O: more happens to fewer than one in a million.
func Accidental(bytes int64, active time.Duration) int64 {
	mean := float64(bytes)*8*errorsPerBit + active.Hours()*mishapsPerH + mishapsBefore
	n := int64(0)
	for tail(mean, n+1) >= inAMillion {
		n++
	}
	return n
}

// tail is the probability that a Poisson variable of this mean is n or more.
func tail(mean float64, n int64) float64 {
	if float64(n) <= mean {
		return 1 // about: far above what is asked for
	}
	logMean := math.Log(mean)
	logFactorial, _ := math.Lgamma(float64(n) + 1)
	term := math.Exp(float64(n)*logMean - mean - logFactorial)
	sum := 0.0
	for k := n; term > sum*1e-9; k++ {
		sum += term
		term *= mean / float64(k+1)
	}
	return sum
}

// ByChance is how many places would be bad at each of their re-reads by chance, of so many places that healed, if each
// of so many requests failed as seldom or as often as the others: where that is not far below one, what stays bad is no
// evidence.
func ByChance(healed, answered int64) float64 {
	if answered <= 0 {
		return 0
	}
	share := min(float64(healed)/float64(answered), 1)
	return float64(healed) * math.Pow(share, rereads)
}

// accident counts a place that healed, unless it is part of the newest accident.
func (e *engine) accident(r Range) {
	reach := int64(e.opt.BlockBytes) / e.sector * int64(e.opt.InFlight)
	last := e.lastAccident
	if last == nil || last.Phase != r.Phase || last.Pass != r.Pass || r.FirstLBA < last.FirstLBA ||
		r.FirstLBA >= last.FirstLBA+reach {
		e.n.Accidents++
		e.lastAccident = &r
	}
}
