package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// held counts the locks that any process holds on a file.
func held(t *testing.T, path string) (n int) {
	t.Helper()
	st, err := os.Stat(path)
	ok(t, err)
	table, err := os.ReadFile("/proc/locks")
	ok(t, err)
	return strings.Count(string(table), fmt.Sprintf(":%d ", st.Sys().(*syscall.Stat_t).Ino))
}

// SQLite's locks on a file end with any descriptor of it that the process closes; another process could then take the
// file for its own.
func TestLookingAtTheFileDropsNoLocksOfAnOpenStore(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	mustOpen(t, dir)
	before := held(t, path)
	if before == 0 {
		t.Fatal("an open store holds no lock")
	}
	_, err := inspect(t.Context(), dir, path)
	ok(t, err)
	if now := held(t, path); now != before {
		t.Errorf("%d locks became %d", before, now)
	}
}
