package surface

import (
	"context"
	"slices"
)

// What a probe concludes from what its places hold.

// How a drive of false capacity shows itself.
const (
	FakeWraps = "wraps" // addresses beyond the real end lead back into the drive
	FakeEnds  = "ends"  // nothing is kept beyond the real end
)

// Fake is the evidence for a false capacity.
type Fake struct {
	How       string
	RealBytes int64 // about what the drive really holds
	Probes    int   // that tell so
}

// moved is a sector that holds the stamp of another one.
type moved struct{ lba, found int64 }

// wraps looks for a distance at which addresses lead to the same place, and has fresh places confirm it.
func (p *prober) wraps(ctx context.Context, jumps []moved) (*Fake, error) {
	if len(jumps) == 0 {
		return nil, nil
	}
	distance := func(m moved) int64 { return max(m.found-m.lba, m.lba-m.found) }
	common, least := int64(0), distance(jumps[0])
	for _, m := range jumps {
		common, least = gcd(common, distance(m)), min(least, distance(m))
	}
	for _, d := range slices.Compact([]int64{common, least}) {
		agree, err := p.confirmDistance(ctx, d)
		if err != nil {
			return nil, err
		}
		if agree == 0 {
			continue
		}
		for _, q := range []int64{2, 3, 5, 7} {
			for d%q == 0 {
				more, err := p.confirmDistance(ctx, d/q)
				if err != nil {
					return nil, err
				}
				if more == 0 {
					break
				}
				d, agree = d/q, more
			}
		}
		p.logf("capacity probe: %d of %d pairs of places at a distance of %d sectors are one and the same", agree,
			evidenceMin, d)
		return &Fake{How: FakeWraps, RealBytes: d * p.sector, Probes: agree}, nil
	}
	return nil, nil
}

// confirmDistance stamps pairs of places that lie d sectors apart, the lower one first, and counts those of which the
// lower one then holds the stamp of the higher. It gives 0 unless nearly all do.
func (p *prober) confirmDistance(ctx context.Context, d int64) (int, error) {
	unit := int64(p.unit) / p.sector
	sectors := p.geo.SizeBytes / p.sector
	room := min(d, sectors-d) / unit
	if room < evidenceMin {
		return 0, nil
	}
	var pairs []place
	for i := range int64(evidenceMin) {
		at := room/evidenceMin*i + int64(mix(p.stamp.b+uint64(d)+uint64(i))%uint64(room/evidenceMin))
		pairs = append(pairs, place{off: at * int64(p.unit), n: p.unit})
	}
	for _, high := range []int64{0, d} {
		for _, pl := range pairs {
			b := p.spare[:pl.n]
			p.stamp.fill(b, pl.off/p.sector+high)
			if _, err := p.attempt(ctx, opWrite, b, pl.off+high*p.sector, nil); err != nil {
				return 0, err
			}
		}
	}
	if err := p.settleCaches(ctx, p.probe.CacheBytes); err != nil {
		return 0, err
	}
	agree, others := 0, 0
	for _, pl := range pairs {
		b := p.spare[:pl.n]
		medium, err := p.attempt(ctx, opRead, b, pl.off, nil)
		if err != nil {
			return 0, err
		}
		if medium != nil {
			continue
		}
		if stamp, ours := p.read(b); ours && stamp.LBA == pl.off/p.sector+d {
			agree++
		} else {
			others++
		}
	}
	if others > 1 || agree < evidenceMin/2 {
		return 0, nil
	}
	return agree, nil
}

// ends looks for a place from which on nothing is kept, while nearly all before it is.
func (p *prober) ends(ctx context.Context, places []place) (*Fake, error) {
	places = slices.DeleteFunc(slices.Clone(places), func(pl place) bool { return pl.failed || pl.blind })
	from := len(places)
	for from > 0 && places[from-1].wrong {
		from--
	}
	lost, kept := len(places)-from, 0
	for _, pl := range places[:from] {
		if !pl.wrong {
			kept++
		}
	}
	if lost < evidenceMin || lost*tailMin < len(places) || kept < evidenceMin || (from-kept)*16 > kept {
		return nil, nil
	}
	low, high := places[from-1].off+int64(places[from-1].n), places[from].off
	for range refineRounds {
		step := max((high-low)/refinePlaces/int64(p.unit), 1) * int64(p.unit)
		var fresh []place
		for off := (low + int64(p.unit) - 1) / int64(p.unit) * int64(p.unit); off+int64(p.unit) <= high; off += step {
			fresh = append(fresh, place{off: off, n: p.unit})
		}
		if _, err := p.test(ctx, fresh); err != nil {
			return nil, err
		}
		for i, pl := range fresh {
			if pl.wrong && (i == 0 || !fresh[i-1].wrong) {
				high = pl.off
				if i > 0 {
					low = fresh[i-1].off + int64(p.unit)
				}
				break
			}
			if i == len(fresh)-1 {
				low = pl.off + int64(p.unit)
			}
		}
	}
	p.logf("capacity probe: none of %d places from byte %d on kept what was written there, %d of %d before it did",
		lost, high, kept, from)
	return &Fake{How: FakeEnds, RealBytes: high, Probes: lost}, nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
