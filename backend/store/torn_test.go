package store

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/profile"
)

// used is a data directory in which something stands, and the bytes of its database.
func used(t *testing.T) (dir string, db []byte) {
	t.Helper()
	dir = t.TempDir()
	s, err := Open(t.Context(), dir, clock)
	ok(t, err)
	p := tank()
	ok(t, s.AddProfile(t.Context(), p))
	ok(t, s.AddIntents(t.Context(), []Job{intent(jobID("torn"), p.ID)}))
	ok(t, s.Close())
	db, err = os.ReadFile(filepath.Join(dir, fileName))
	ok(t, err)
	return dir, db
}

// However the file of a data directory that was in use is torn: it opens, and what was there lies beside it, unchanged.
func TestATornDatabaseLocksNobodyOut(t *testing.T) {
	dir, whole := used(t)
	path := filepath.Join(dir, fileName)
	garbage := func(n int) []byte {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	over := func(at int, with []byte) []byte {
		b := bytes.Clone(whole)
		copy(b[min(at, len(b)):], with)
		return b
	}
	cases := map[string][]byte{
		"first page zeros": over(0, make([]byte, 4096)), "first page garbage": over(0, garbage(4096)),
		"all zeros":   make([]byte, len(whole)),
		"all garbage": garbage(len(whole)), "first sector zeros": over(0, make([]byte, 512)),
		"header behind its magic zeros":   over(16, make([]byte, 84)),
		"header behind its magic garbage": over(16, garbage(84)), "application id zeros": over(68, make([]byte, 4)),
		"one byte":         whole[:1],
		"within the magic": whole[:10], "within the header": whole[:60], "header alone": whole[:100],
		"a version from nowhere": over(60, []byte{0x7f, 1, 1, 1}),
		"a format from nowhere":  over(18, []byte{9, 9}), "a format to write from nowhere": over(18, []byte{9}),
		"one page":   whole[:4096],
		"half of it": whole[:len(whole)/2+100], "text": []byte("my notes\n"),
	}
	for what, content := range cases {
		t.Run(what, func(t *testing.T) {
			ok(t, os.WriteFile(path, content, 0o600))
			s, err := Open(t.Context(), dir, clock)
			if err != nil {
				t.Fatal(err)
			}
			ok(t, s.AddProfile(t.Context(), profile.Profile{ID: "abcdefabcdefabcd", Name: "box", Host: "h", Port: 22,
				User: "root", KeyFile: "/k", Sudo: profile.SudoNone, MachineID: "m", Slots: 4}))
			aside, err := s.Aside()
			ok(t, errors.Join(err, s.Close()))
			found := false
			for _, file := range aside {
				kept, err := os.ReadFile(file)
				found = found || err == nil && bytes.Equal(kept, content)
			}
			if !found {
				t.Errorf("what was there is not among %v", aside)
			}
		})
	}
}

// Wherever a write was torn: the data opens, whole or begun anew.
func TestADatabaseOpensWhereverItWasTorn(t *testing.T) {
	dir, whole := used(t)
	path := filepath.Join(dir, fileName)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 40 {
		b := bytes.Clone(whole)
		at := random.IntN(len(b))
		if random.IntN(2) == 0 {
			at = random.IntN(120) // the header decides how all of it is read
		}
		n, how := 1+random.IntN(len(b)-at), random.IntN(4)
		switch how {
		case 0:
			clear(b[at : at+n])
		case 1:
			copy(b[at:], bytes.Repeat([]byte{0xff}, n))
		case 2:
			if at %= 100; at == 62 || at == 63 {
				continue // the low bytes of the version: data of a newer version is refused as it is
			}
			b[at] ^= byte(1 + random.IntN(255)) // of the header
		case 3:
			b = b[:at]
		}
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		ok(t, err)
		for _, f := range files {
			if !strings.HasSuffix(f, ".lock") {
				ok(t, os.Remove(f))
			}
		}
		ok(t, os.WriteFile(path, b, 0o600))
		s, err := Open(t.Context(), dir, clock)
		if err != nil {
			t.Fatalf("torn at %d for %d bytes in way %d: %v", at, n, how, err)
		}
		_, jobsErr := s.Jobs(t.Context(), Filter{})
		_, profilesErr := s.Profiles(t.Context())
		if err := errors.Join(jobsErr, profilesErr, s.Audit(t.Context(), AuditEntry{What: "a test"}),
			s.Close()); err != nil {
			t.Errorf("torn at %d for %d bytes in way %d: %v", at, n, how, err)
		}
	}
}

// A log without its database, in a directory that was in use, is set aside too.
func TestALogThatLostItsDatabaseIsSetAside(t *testing.T) {
	for _, empty := range []bool{true, false} {
		dir, _ := used(t)
		path := filepath.Join(dir, fileName)
		ok(t, os.Remove(path))
		if empty {
			ok(t, os.WriteFile(path, nil, 0o600))
		}
		ok(t, os.WriteFile(path+"-wal", []byte("the last of it"), 0o600))
		s, err := Open(t.Context(), dir, clock)
		ok(t, err)
		aside, err := s.Aside()
		ok(t, errors.Join(err, s.Close()))
		left, _ := filepath.Glob(filepath.Join(dir, asidePrefix+"*-wal"))
		if len(aside) != 1 || len(left) != 1 {
			t.Errorf("set aside: %v, %v", aside, left)
		}
	}
}

// An index without jobs takes those that are known elsewhere, once; a NAS that is added takes its own of them.
func TestAnEmptyIndexIsFilledAndItsJobsFindTheirNAS(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	j := intent(jobID("refill"), "")
	j.NAS, j.State, j.Phase = "attic", burnin.Passed, There
	for range 2 {
		if _, err := s.Refill(t.Context(), []Job{j}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Job(t.Context(), j.ID)
	if err != nil || got.NAS != "attic" || got.ProfileID != "" || got.State != burnin.Passed || got.Phase != There {
		t.Fatalf("%+v, %v", got, err)
	}
	p := tank()
	ok(t, s.AddProfile(t.Context(), p))
	ok(t, s.Attach(t.Context(), p.ID, []string{j.ID}))
	if got, err = s.Job(t.Context(), j.ID); err != nil || got.ProfileID != p.ID || got.NAS != p.Name {
		t.Errorf("%+v, %v", got, err)
	}
}
