package smart

import "testing"

func TestOnlyWhatFailedReadsExplainIsSoftened(t *testing.T) {
	count := func(rule string, from, to int64) Finding {
		return Finding{Rule: rule, Severity: Fail, Before: from, After: to, Says: "It says so."}
	}
	entry := func(item string) Finding {
		return Finding{Rule: "error_log_medium", Severity: Fail, Item: item, After: "Error: UNC", Says: "It says so."}
	}
	explained := Explain([]Finding{count("reported_uncorrectable", 0, 9)}, nil, 16, false, false)
	for name, c := range map[string]struct {
		found       []Finding
		known       []Finding
		swept, more bool
		want        Severity
	}{
		"a count": {[]Finding{count("reported_uncorrectable", 3, 19)}, nil, false,
			false, Warn},
		"a count that rose by more": {[]Finding{count("reported_uncorrectable", 3, 20)}, nil, false,
			false, Fail},
		"entries of the log": {[]Finding{entry("error 1"), entry("error 2")}, nil, false, false,
			Warn},
		"reads of a SAS drive": {[]Finding{count("uncorrected_reads", 0, 1)}, nil, true, false,
			Warn},
		"writes of a SAS drive": {[]Finding{count("uncorrected_writes", 0, 1)}, nil, false, false,
			Fail},
		"reallocated sectors":             {[]Finding{count("reallocated", 0, 1)}, nil, false, false, Fail},
		"pending sectors":                 {[]Finding{count("pending", 0, 1)}, nil, false, false, Warn},
		"pending sectors after the sweep": {[]Finding{count("pending", 0, 1)}, nil, true, false, Fail},
		"errors elsewhere too": {[]Finding{count("reported_uncorrectable", 0, 9)}, nil, true, true,
			Fail},
		"errors elsewhere, explained before": {[]Finding{count("reported_uncorrectable", 0, 9)}, explained, true,
			true, Warn},
		"errors elsewhere, and it rose with them": {[]Finding{count("reported_uncorrectable", 0, 10)}, explained, true,
			true, Fail},
	} {
		for _, f := range Explain(c.found, c.known, 16, c.swept, c.more) {
			if f.Severity != c.want || (f.Says == "It says so.") != (c.want == Fail) {
				t.Errorf("%s: %s, %q; want %s", name, f, f.Says, c.want)
			}
		}
	}
	if explained[0].Severity != Warn {
		t.Fatal("nothing is explained")
	}
}
