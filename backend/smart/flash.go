package smart

import (
	"slices"
	"strings"
)

// Flash reports whether the drive has no platters, by its own word or else by the names of its family and its model.
func (d Drive) Flash() bool {
	switch {
	case d.Protocol == NVMe:
		return true
	case d.RotationRPM != nil:
		return *d.RotationRPM == 0
	}
	return strings.Contains(strings.ToUpper(d.Family+" "+d.Model), "SSD")
}

const (
	guess = " smartctl's database does not know this drive: the attribute's name is a general one, and what the " +
		"drive counts there is a guess."
	once = " Flash drives show such a count for a while and take it back; it was seen once."
)

// guessed softens what counters say whose meaning is a guess: such a count is no evidence against a drive.
func guessed(found []Finding, captures ...*Health) []Finding {
	for i, f := range found {
		for _, m := range meanings {
			if m.rule != f.Rule || f.Severity != Fail || !slices.ContainsFunc(captures,
				func(h *Health) bool { return slices.Contains(h.Guessed, m.id) }) {
				continue
			}
			found[i].Severity = Warn
			found[i].Says = strings.TrimSuffix(f.Says, guess) + guess
		}
	}
	return found
}

// Fleeting reports whether a failure rests on a count that flash drives are known to show for a while and to take back:
// pending sectors that are none. It is held against a drive only where it is seen again and again.
func (f Finding) Fleeting(d Drive) bool {
	return f.Severity == Fail && f.Rule == "pending" && d.Flash()
}

// Once softens what was not looked at again.
func Once(found []Finding, d Drive) []Finding {
	out := slices.Clone(found)
	for i, f := range out {
		if f.Fleeting(d) {
			out[i].Severity, out[i].Says = Warn, f.Says+once
		}
	}
	return out
}
