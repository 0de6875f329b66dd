package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"burnish/backend/burnin"
)

func TestADamagedDatabaseIsSetAsideWithItsNameTold(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, clock)
	ok(t, err)
	ok(t, s.Close())
	path := filepath.Join(dir, fileName)
	b, err := os.ReadFile(path)
	ok(t, err)
	copy(b[100:], bytes.Repeat([]byte{0xa5}, len(b)-100)) // all but the header
	ok(t, os.WriteFile(path, b, 0o600))

	s = mustOpen(t, dir)
	aside, err := s.Aside()
	ok(t, err)
	if len(aside) != 1 {
		t.Fatalf("set aside: %v", aside)
	}
	if kept, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(kept, b) {
		t.Errorf("it is not what it was: %v", err)
	}
	if all, err := s.Profiles(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("the new one: %v, %v", all, err)
	}
}

func TestAClockThatWasWrongDoesNotKeepWhatIsSeenNowOut(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	p := tank()
	ok(t, s.AddProfile(t.Context(), p))
	j := intent(jobID("clock"), p.ID)
	ok(t, s.AddIntents(t.Context(), []Job{j}))
	const now, hour = 1_800_000_000_000, 3_600_000
	for _, at := range []int64{now + hour, now, now - 1000} { // the last is older, by a clock that is right
		ok(t, s.SaveObservation(t.Context(), j.ID, burnin.Observation{Run: 1}, at))
	}
	if got, err := s.Job(t.Context(), j.ID); err != nil || got.SeenMs != now {
		t.Errorf("seen at %d, %v", got.SeenMs, err)
	}
}
