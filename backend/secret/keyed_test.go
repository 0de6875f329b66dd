package secret

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestAKeyInAnotherFileOpensASealedFile(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "notices.age"), filepath.Join(t.TempDir(), "conf", "notices.key")
	testStore(t, NewKeyed(path, key))
	if err := NewKeyed(path, key).Set(t.Context(), "a", New(plain)); err != nil {
		t.Fatal(err)
	}
	if got, err := NewKeyed(path, key).Get(t.Context(), "a"); err != nil || got.Reveal() != plain {
		t.Errorf("a later process: %q, %v", got.Reveal(), err)
	}
	for _, file := range []string{path, key} {
		text, err := os.ReadFile(file)
		if err != nil || bytes.Contains(text, []byte(plain)) {
			t.Errorf("%s: it lies open, or %v", file, err)
		}
		if st, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, st.Mode(), err)
		}
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := NewKeyed(path, key).Get(t.Context(), "a"); !errors.Is(err, ErrDenied) {
		t.Errorf("without its key: %v", err)
	}
	if err := NewKeyed(path, key).Set(t.Context(), "a", New("x")); !errors.Is(err, ErrDenied) {
		t.Errorf("a new key was made for what another seals: %v", err)
	}
}
