package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"burnish/backend/runner/state"
)

// However many settle a gate at once: it is settled one way, and each is told which.
func TestAGateIsSettledOnce(t *testing.T) {
	d := state.NewDir(t.TempDir())
	var wait sync.WaitGroup
	said := make([]string, 40)
	for i := range said {
		how := state.GateOpen
		if i%2 == 1 {
			how = fmt.Sprintf("%sjob %d", state.GateClosed, i)
		}
		wait.Go(func() {
			var err error
			if said[i], err = d.Settle("thegateofalljobs", how); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, s := range said {
		if s == "" || s != said[0] {
			t.Errorf("it is told as %q and as %q", said[0], s)
		}
	}
	if left, err := os.ReadDir(filepath.Join(d.Dir, state.GatesDir)); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}
