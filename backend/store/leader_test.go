package store_test

import (
	"context"
	"testing"
	"time"

	"burnish/backend/store"
)

func TestOneOfAllThatUseADataDirectoryLeads(t *testing.T) {
	dir := t.TempDir()
	var all []*store.Store
	for range 3 {
		s, err := store.Open(context.Background(), dir, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if !all[1].Lead() || all[0].Lead() || all[2].Lead() || !all[1].Lead() {
		t.Error("not just the first that asked leads")
	}
	if err := all[1].Close(); err != nil {
		t.Fatal(err)
	}
	if !all[2].Lead() || all[0].Lead() {
		t.Error("nobody took over from the one that ended")
	}
	all[0].Close()
	all[2].Close()
}
