package run

import (
	"testing"

	"burnish/backend/burnin"
)

// TestEachStageKindAndEngineHasItsWork: golangci's exhaustive wants each name in the tables here; this holds that each
// of them has a row in those of package burnin too, and each row its work.
func TestEachStageKindAndEngineHasItsWork(t *testing.T) {
	for kind, work := range works {
		if !kind.Known() || work == nil {
			t.Errorf("stage %s: no row in burnin.Kinds, or no work", kind)
		}
	}
	for _, row := range burnin.Kinds() {
		if works[row.Kind] == nil {
			t.Errorf("stage %s has no work", row.Kind)
		}
	}
	for name, e := range engines {
		if !name.Known() || (e.work == nil || e.resume == nil) && !name.Row().ByTrueNAS {
			t.Errorf("engine %s: no row in burnin.Engines, or no work", name)
		}
	}
	for _, row := range burnin.Engines() {
		if engines[row.Engine].work == nil && !row.ByTrueNAS {
			t.Errorf("engine %s has no work", row.Engine)
		}
	}
}
