package secret

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// sealed is a File with a cheap passphrase; asked counts how often it was asked for.
func sealed(path, passphrase string, asked *int) *File {
	f := NewFile(path, func(_ context.Context, fresh bool) (Secret, error) {
		*asked++
		return New(passphrase), nil
	})
	f.work = 4
	return f
}

func TestASealedFileKeepsForLaterProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.age")
	asked := 0
	f := sealed(path, "open sesame", &asked)
	if _, err := f.Get(t.Context(), "a"); !errors.Is(err, ErrNotFound) || asked != 0 {
		t.Errorf("without a file: %v, asked %d times", err, asked)
	}
	testStore(t, f)
	if asked != 1 {
		t.Errorf("the passphrase was asked for %d times", asked)
	}
	if err := f.Set(t.Context(), "a", New(plain)); err != nil {
		t.Fatal(err)
	}
	later := sealed(path, "open sesame", &asked)
	if got, err := later.Get(t.Context(), "a"); err != nil || got.Reveal() != plain {
		t.Errorf("later: %q, %v", got.Reveal(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(plain)) || bytes.Contains(text, []byte("sesame")) {
		t.Error("it lies open")
	}
	if st, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}

func TestAWrongPassphraseOpensNothingAndChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.age")
	asked := 0
	if err := sealed(path, "right", &asked).Set(t.Context(), "a", New(plain)); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	for _, passphrase := range []string{"wrong", ""} {
		asked = 0
		f := sealed(path, passphrase, &asked)
		if _, err := f.Get(t.Context(), "a"); !errors.Is(err, ErrDenied) {
			t.Errorf("get: %v", err)
		}
		if err := f.Set(t.Context(), "a", New("x")); !errors.Is(err, ErrDenied) {
			t.Errorf("set: %v", err)
		}
		if err := f.Delete(t.Context(), "a"); !errors.Is(err, ErrDenied) {
			t.Errorf("delete: %v", err)
		}
		if asked != 3 {
			t.Errorf("asked %d times, want anew each time", asked)
		}
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file has changed")
	}
}

func TestADamagedFileIsSaidAndLeft(t *testing.T) {
	asked := 0
	good := filepath.Join(t.TempDir(), "secrets.age")
	if err := sealed(good, "k", &asked).Set(t.Context(), "a", New(plain)); err != nil {
		t.Fatal(err)
	}
	whole, _ := os.ReadFile(good)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-1] ^= 1
	for name, content := range map[string][]byte{
		"empty": {}, "cut": whole[:len(whole)-5], "flipped": flipped, "other": []byte("hello\n"),
		"vast": make([]byte, maxFile+1),
	} {
		path := filepath.Join(t.TempDir(), "secrets.age")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f := sealed(path, "k", &asked)
		if _, err := f.Get(t.Context(), "a"); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if err := f.Set(t.Context(), "a", New("x")); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: set: %v", name, err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(content, after) {
			t.Errorf("%s: the file has changed", name)
		}
	}
}

func TestAnEmptyPassphraseSealsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.age")
	asked := 0
	if err := sealed(path, "", &asked).Set(t.Context(), "a", New(plain)); !errors.Is(err, ErrDenied) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was made")
	}
}

// A write that cannot be finished leaves what was there and nothing beside it.
func TestAFailedWriteLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secrets.age")
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := replace(path, []byte(plain)); err == nil {
		t.Fatal("it was written")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("there are %v, %v", entries, err)
	}
}

// Several processes save at once; none loses what another saved.
func TestWritersDoNotLoseEachOthersSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.age")
	asked := 0
	if err := sealed(path, "k", &asked).Set(t.Context(), "first", New("x")); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		all.Go(func() {
			mine := 0
			f := sealed(path, "k", &mine)
			for _, n := range []string{name + "1", name + "2", name + "3"} {
				if err := f.Set(context.Background(), n, New(n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	f := sealed(path, "k", &asked)
	for _, name := range append(names, "first") {
		for _, n := range []string{name + "1", name + "2", name + "3"} {
			if got, err := f.Get(t.Context(), n); name != "first" && (err != nil || got.Reveal() != n) {
				t.Errorf("%s: %q, %v", n, got.Reveal(), err)
			}
		}
	}
	if _, err := f.Get(t.Context(), "first"); err != nil {
		t.Error(err)
	}
}
