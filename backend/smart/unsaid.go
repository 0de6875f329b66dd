package smart

// Unsaid names the rules that could speak against a drive by what the earlier capture says and the later one does not.
// What became of those figures is unknown: two captures with such a gap are no proof that nothing changed.
func Unsaid(before, after Health) []string {
	var out []string
	gone := func(rule string, was, is bool) {
		if was && !is {
			out = append(out, rule)
		}
	}
	gone("smart_failed", before.Passed != nil, after.Passed != nil)
	gone("critical_warning", before.CriticalWarning != nil, after.CriticalWarning != nil)
	gone("attribute_now", len(before.Attributes) > 0, len(after.Attributes) > 0)
	gone("error_log_medium", before.ErrorLogCount != nil, after.ErrorLogCount != nil)
	gone("spare_low", before.SparePercent != nil, after.SparePercent != nil)
	for i := range rules {
		if r := &rules[i]; r.counter != nil && r.canFail() {
			gone(r.ID, r.counter(&before) != nil, r.counter(&after) != nil)
		}
	}
	return out
}

func (r *Rule) canFail() bool {
	return r.Held == Fail || r.New == Fail || r.Swept == Fail || r.Rising == Fail
}
