package burnin

import (
	"strings"
	"testing"
)

func TestEachFactThatAPassNeedsIsInTheTableOfEvidence(t *testing.T) {
	want := []string{EvidenceStage, EvidenceSweeps, EvidenceCovered, EvidenceRanges}
	for _, k := range kinds {
		for _, r := range k.facts {
			want = append(want, r.fact)
		}
	}
	for _, id := range want {
		if Lacking([]Lack{{"x", id}}) == "" {
			t.Errorf("%s has no words", id)
		}
	}
	seen := map[string]bool{}
	for _, r := range EvidenceRows() {
		if seen[r.ID] || r.Holds == "" || r.Fails == "" || r.Missing == "" {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
		if all := r.Holds + r.Fails + r.Missing; strings.Contains(all, "_") || strings.HasSuffix(all, ".") {
			t.Errorf("%s: %q", r.ID, all)
		}
	}
}
