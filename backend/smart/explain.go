package smart

import "slices"

// Rules that speak when a host reads a sector that came unreadable. Those that count what waits for a write speak
// against the drive all the same when they do after all of it was written.
var (
	readRules    = []string{"reported_uncorrectable", "error_log_medium", "uncorrected_reads"}
	waitingRules = []string{"pending", "pending_log", "pending_defects", "uncorrectable"}
)

const explanation = " The test itself read such places before it had written there: a used drive may come with " +
	"them. A write settles them, and what it does not settle the sweep finds."

// Explain softens failures to warnings that reads explain which failed before anything was written there: each rule may
// have risen by so much. With more, errors were met elsewhere too, and then only what was explained before (in known)
// and has not changed since is explained still.
func Explain(found, known []Finding, rise int64, swept, more bool) []Finding {
	logged := int64(0)
	for _, f := range found {
		if f.Rule == "error_log_medium" {
			logged++
		}
	}
	out := slices.Clone(found)
	for i, f := range found {
		waits := slices.Contains(waitingRules, f.Rule)
		if f.Severity != Fail || waits && swept || !waits && !slices.Contains(readRules, f.Rule) {
			continue
		}
		before := slices.ContainsFunc(known, func(k Finding) bool {
			return k.Rule == f.Rule && k.Item == f.Item && k.Severity == Warn && k.After == f.After &&
				k.Says == f.Says+explanation
		})
		if !before && (more || f.rise(logged) > rise) {
			continue
		}
		out[i].Severity = Warn
		out[i].Says += explanation
	}
	return out
}

// rise is by how much a finding's figure rose; of rows in a log, how many there are.
func (f Finding) rise(rows int64) int64 {
	before, isCount := f.Before.(int64)
	after, also := f.After.(int64)
	if isCount && also {
		return after - before
	}
	return rows
}
