package runner

import (
	"os"
	"path/filepath"
	"testing"

	"burnish/backend/runner/state"
)

// A run makes its file before it writes the first line. What is asked in between must not get the last word of the
// run before for an answer.
func TestARunWithoutAFirstLineHasSaidNothing(t *testing.T) {
	before, err := os.ReadFile("../burnin/testdata/journals/told-and-resumed/run-1.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	next, err := os.ReadFile("../burnin/testdata/journals/told-and-resumed/run-2.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	write := func(run int, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, state.RunName(run)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(1, before)
	if held, said, err := begun(root, 2); held || said != nil || err != nil {
		t.Errorf("without a file: %t, %v, %v", held, said, err)
	}
	for _, size := range []int{0, 1, 20} {
		write(2, next[:size])
		if held, said, err := begun(root, 2); held || said != nil || err != nil {
			t.Errorf("with %d bytes of its first line: %t, %v, %v", size, held, said, err)
		}
	}
	write(2, next)
	if held, said, err := begun(root, 2); !held || said != nil || err != nil {
		t.Errorf("with all its lines: %t, %v, %v", held, said, err)
	}
}
