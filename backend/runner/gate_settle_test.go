package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// However many settle a gate at once: it is settled one way, and each is told which.
func TestAGateIsSettledOnce(t *testing.T) {
	d := NewStateDir(t.TempDir())
	var wait sync.WaitGroup
	said := make([]string, 40)
	for i := range said {
		how := gateOpen
		if i%2 == 1 {
			how = fmt.Sprintf("%sjob %d", gateClosed, i)
		}
		wait.Go(func() {
			var err error
			if said[i], err = d.settle("thegateofalljobs", how); err != nil {
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
	if left, err := os.ReadDir(filepath.Join(d.dir, gatesDir)); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}
