package store

import (
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"burnish/backend/drive"
	"burnish/backend/unlock"
)

// permission is a grant for the drive of intent, just typed.
func permission(t *testing.T) unlock.Grant {
	t.Helper()
	u := drive.Usage{Class: drive.Data, Text: "ext4", PhraseKind: drive.SerialPhrase, Claims: []string{"labels ext a"}}
	g, err := unlock.New(unlock.Ask{
		NAS: "Tank", ProfileID: tank().ID, MachineID: "m", Drive: drive.Identity{Serial: "WD-1", WWN: "5000CCA",
			SizeBytes: 1 << 40}, Usage: u, Phrase: "WD-1", By: "me@here",
	}, noon, rand.Reader)
	ok(t, err)
	return g
}

// spending is an intent for which the grant is to be spent.
func spending(id string, g unlock.Grant) Job {
	j := intent(jobID(id), tank().ID)
	j.Grant = g.ID
	return j
}

func whats(t *testing.T, s *Store) (list []string) {
	t.Helper()
	trail, err := s.AuditTrail(t.Context(), 0, 100)
	ok(t, err)
	for _, e := range trail {
		list = append(list, e.What)
	}
	return list
}

func TestAGrantIsSpentByOneStart(t *testing.T) {
	s := withTank(t)
	g := permission(t)
	ok(t, s.AddGrants(t.Context(), []unlock.Grant{g}))
	got, err := s.Grant(t.Context(), g.ID)
	ok(t, err)
	if diff := cmp.Diff(g, got); diff != "" {
		t.Error(diff)
	}
	ok(t, s.AddIntents(t.Context(), []Job{spending("a", g)}))
	ok(t, s.AddIntents(t.Context(), []Job{spending("a", g)})) // asked again after a crash
	wantCode(t, s.AddIntents(t.Context(), []Job{spending("b", g)}), "grant_expired")
	if _, err := s.Job(t.Context(), jobID("b")); err == nil {
		t.Error("a start without its grant left an intent behind")
	}
	got, err = s.Grant(t.Context(), g.ID)
	ok(t, err)
	if got.Ended != unlock.Spent || got.Job != jobID("a") || got.EndedMs != noon.UnixMilli() {
		t.Errorf("%+v", got)
	}
	if got := strings.Join(whats(t, s), " "); got != "unlock grant_spent" {
		t.Errorf("the audit trail says %s", got)
	}
}

func TestOfManyStartsAtOnceOneSpendsTheGrant(t *testing.T) {
	s := withTank(t)
	g := permission(t)
	ok(t, s.AddGrants(t.Context(), []unlock.Grant{g}))
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { errs[i] = s.AddIntents(t.Context(), []Job{spending(string(rune('a'+i)), g)}) })
	}
	wg.Wait()
	started := 0
	for _, err := range errs {
		if err == nil {
			started++
			continue
		}
		wantCode(t, err, "grant_expired")
	}
	jobs, err := s.Jobs(t.Context(), Filter{})
	ok(t, err)
	if started != 1 || len(jobs) != 1 {
		t.Errorf("%d starts, %d jobs", started, len(jobs))
	}
}

func TestWithOneRefusalNoGrantIsSpentAndNoneIsStored(t *testing.T) {
	s := withTank(t)
	live, fresh, dead := permission(t), permission(t), permission(t)
	ok(t, s.AddGrants(t.Context(), []unlock.Grant{live, dead}))
	_, err := s.EndGrant(t.Context(), dead.ID, unlock.Taken, "me@here")
	ok(t, err)
	wantCode(t, s.AddIntents(t.Context(), []Job{spending("a", live), spending("b", fresh), spending("c", dead)}, fresh),
		"grant_expired")
	if got, err := s.Grant(t.Context(), live.ID); err != nil || got.Ended != "" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = s.Grant(t.Context(), fresh.ID)
	wantCode(t, err, "no_such_grant")
	other := spending("d", live)
	other.DriveID = "another"
	if s.AddIntents(t.Context(), []Job{other}) == nil {
		t.Error("a grant was spent on another drive")
	}
	wantCode(t, s.AddIntents(t.Context(), []Job{{ID: jobID("e"), ProfileID: tank().ID, DriveID: "WD-1@5000CCA",
		Request: []byte("{}"), Grant: "none"}}), "no_such_grant")
}

func TestAnExpiredGrantIsNotSpentAndNotEndedTwice(t *testing.T) {
	s := withTank(t)
	g := permission(t)
	ok(t, s.AddGrants(t.Context(), []unlock.Grant{g}))
	s.now = func() time.Time { return noon.Add(unlock.TTL) }
	wantCode(t, s.AddIntents(t.Context(), []Job{spending("a", g)}), "grant_expired")
	got, err := s.EndGrant(t.Context(), g.ID, unlock.Taken, "me@here")
	ok(t, err)
	if got.Ended != "" || got.State(s.now()) != "expired" {
		t.Errorf("%+v", got)
	}
	_, err = s.EndGrant(t.Context(), "none", unlock.Taken, "me@here")
	wantCode(t, err, "no_such_grant")
	s.now = func() time.Time { return noon.Add(keepGrants + time.Hour) }
	ok(t, s.AddGrants(t.Context(), nil))
	if all, err := s.Grants(t.Context(), tank().ID); err != nil || len(all) != 0 {
		t.Errorf("%d old grants are still listed, %v", len(all), err)
	}
}

func TestAGrantGoesWithItsProfileAndItsTrailStays(t *testing.T) {
	s := withTank(t)
	g := permission(t)
	ok(t, s.AddGrants(t.Context(), []unlock.Grant{g}))
	ok(t, s.RemoveProfile(t.Context(), tank().ID))
	_, err := s.Grant(t.Context(), g.ID)
	wantCode(t, err, "no_such_grant")
	if got := whats(t, s); len(got) != 1 || got[0] != "unlock" {
		t.Errorf("the audit trail says %v", got)
	}
	wantCode(t, s.AddGrants(t.Context(), []unlock.Grant{permission(t)}), "no_such_nas")
}
