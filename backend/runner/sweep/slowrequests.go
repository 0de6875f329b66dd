package sweep

import (
	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/surface"
)

// A disk answers within some hundredths of a second, and within a few tenths where it corrects or moves its heads. A
// sector that it reads again and again takes it longer: NAS drives give up after about 7 s, others after half a minute.
// On a drive of 20 TB, whose parts are 20 GB long, five such retries in each part leave 74 % of its speed, and spread
// evenly they slow each part like its neighbours: no part is a slow place.
const (
	// oneSlow is how long a single request has to take to be told: no seek and no recalibration takes so long.
	oneSlow = 3_000_000 // microseconds
	// manySlow is how many requests of more than a second are told, however little more. Those that are under way
	// together wait for the slowest of them, four as a rule: so that is more than four such moments.
	manySlow = 16
	// slowTimes is how many times as long as usual a slow request takes: a drive or a link on which all of them are
	// slow retries nothing.
	slowTimes = 4
)

// tidies reports whether the drive puts requests off while it tidies up by itself: SSDs do, and disks with shingled
// tracks.
func (a *Stage) tidies(maps []burnin.Map) bool {
	return a.Flash() || a.Held.Place().Discards || a.shingled(maps) != nil
}

// slowRequests tells of requests that took the drive seconds. Of one that tidies up, no writes count, and of its reads
// only those that took so long that this explains them no more.
func slowRequests(maps []burnin.Map, of drive.Identity, tidies bool) *reason.Said {
	count, longest, part := int64(0), int64(0), 0
	var where burnin.Map
	for _, m := range maps {
		if tidies && m.Phase == burnin.Phase(surface.PhaseWrite) {
			continue
		}
		usual := median(m.Mean)
		if usual*slowTimes < 1_000_000 {
			count += m.Slow
		}
		for i, took := range m.Max {
			if took > longest && took > slowTimes*usual {
				longest, where, part = took, m, i
			}
		}
	}
	if longest < oneSlow && (count <= manySlow || tidies) || longest == 0 {
		return nil
	}
	lba := of.SizeBytes / int64(of.LogicalBytes) * int64(part) / int64(where.Parts)
	return reason.New(reason.SlowRequests, "count", max(count, 1), "ms", longest/1000, "phase", where.Phase, "lba", lba)
}
