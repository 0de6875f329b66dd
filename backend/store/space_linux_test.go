package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/testbed/need"
)

// disk mounts a file system of the given size that the test can fill, free and make read-only.
func disk(t *testing.T, size string) string {
	t.Helper()
	need.Root(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=700,size="+size); err != nil {
		t.Skip("cannot mount a tmpfs here: " + err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// fill takes all space that is left and gives it back when called.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	ok(t, err)
	block := bytes.Repeat([]byte("x"), 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	ok(t, f.Close())
	return func() { ok(t, os.Remove(path)) }
}

func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	dir := disk(t, "4m")
	s := mustOpen(t, dir)
	t.Cleanup(func() { s.Close() }) // before the disk goes
	ok(t, s.AddProfile(t.Context(), tank()))
	ok(t, s.AddIntents(t.Context(), []Job{intent(jobID("a"), tank().ID)}))

	free := fill(t, dir)
	var stored []string
	var full error
	for i := 0; full == nil && i < 10_000; i++ {
		id := jobID("f" + itoa(i) + "x")
		if full = s.AddIntents(t.Context(), []Job{intent(id, tank().ID)}); full == nil {
			stored = append(stored, id)
		}
	}
	wantCode(t, full, "no_space")
	if _, err := s.Job(t.Context(), jobID("a")); err != nil {
		t.Errorf("reading on a full disk: %v", err)
	}

	free()
	ok(t, s.AddIntents(t.Context(), []Job{intent(jobID("b"), tank().ID)}))
	ok(t, s.SaveFold(t.Context(), jobID("a"), burnin.Passed, nil, 1))
	ok(t, s.Close())
	s2 := mustOpen(t, dir)
	for _, id := range append(stored, jobID("a"), jobID("b")) {
		if _, err := s2.Job(t.Context(), id); err != nil {
			t.Errorf("%s is lost: %v", id, err)
		}
	}
	ok(t, s2.Close())
}

func TestOnAFullDiskNothingIsCreatedOrMigrated(t *testing.T) {
	dir := disk(t, "2m")
	free := fill(t, dir)
	_, err := open(t.Context(), dir, clock, steps(first))
	wantCode(t, err, "no_space")
	free()
	s, err := open(t.Context(), dir, clock, steps(first))
	ok(t, err)
	ok(t, s.Close())

	free = fill(t, dir)
	_, err = open(t.Context(), dir, clock, steps(first, second))
	wantCode(t, err, "no_space")
	free()
	path := filepath.Join(dir, fileName)
	if v, n := count(t, path, `PRAGMA user_version`), count(t, path, `SELECT count(*) FROM a`); v != 1 || n != 1 {
		t.Errorf("version %d with %d rows", v, n)
	}
	s, err = open(t.Context(), dir, clock, steps(first, second))
	ok(t, err)
	ok(t, s.Close())
}

func TestAReadOnlyDiskIsSaid(t *testing.T) {
	dir := disk(t, "4m")
	s := mustOpen(t, dir)
	ok(t, s.Close())
	ok(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	before := contents(t, dir)
	_, err := Open(t.Context(), dir, clock)
	wantCode(t, err, "data_dir_unusable")
	untouched(t, dir, before)
	_, err = Open(t.Context(), filepath.Join(dir, "deeper"), clock)
	wantCode(t, err, "data_dir_unusable")
}
