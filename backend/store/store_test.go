package store

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/profile"
	"burnish/backend/reason"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

func mustOpen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func wantCode(t *testing.T, err error, code reason.Code) {
	t.Helper()
	var said *reason.Said
	if !errors.As(err, &said) || said.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// nasID gives a profile id of which n is the only difference.
func nasID(n string) string { return "profile0000000000000"[:20-len(n)] + n }

func tank() profile.Profile {
	key := "/home/me/.ssh/id_ed25519"
	if runtime.GOOS == "windows" {
		key = `C:\Users\me\.ssh\id_ed25519`
	}
	return profile.Profile{
		ID: nasID("1"), Name: "Tank", Host: "nas.lan", Port: 2222, User: "admin", KeyFile: key,
		Sudo:     profile.SudoNoPasswd,
		StateDir: "/mnt/tank/burnish", VirtualDrives: true, Hostname: "truenas", Slots: 6, AutoResume: true,
		KeepDays: 7, SMARTTypes: map[string]string{"BRIDGE7": "sntjmicron"}, CreatedMs: 1_700_000_000_000,
	}
}

// jobID gives a job id that begins with n.
func jobID(n string) string { return n + strings.Repeat("0", 20-len(n)) }

func intent(id, profileID string) Job {
	return Job{ID: id, ProfileID: profileID, DriveID: "WD-1@5000CCA", Plan: "standard", Request: json.RawMessage(`{"job":"` + id + `"}`), CreatedMs: 1000}
}

// withTank gives a store with one profile and jobs of it.
func withTank(t *testing.T, ids ...string) *Store {
	t.Helper()
	s := mustOpen(t, t.TempDir())
	ok(t, s.AddProfile(t.Context(), tank()))
	for i, id := range ids {
		j := intent(id, tank().ID)
		j.CreatedMs += int64(i)
		ok(t, s.AddIntents(t.Context(), []Job{j}))
	}
	return s
}

func idsOf(jobs []Job) (ids []string) {
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	return ids
}

func TestAProfileComesBackAsItWasSavedAlsoAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	want := tank()
	ok(t, s.AddProfile(t.Context(), want))
	want.Host, want.MachineID = "10.0.0.2", "4c4c4544"
	ok(t, s.UpdateProfile(t.Context(), want))
	ok(t, s.Close())

	s = mustOpen(t, dir)
	byName, err := s.ProfileNamed(t.Context(), "tANK")
	ok(t, err)
	byID, err := s.ProfileByID(t.Context(), want.ID)
	ok(t, err)
	all, err := s.Profiles(t.Context())
	ok(t, err)
	if diff := cmp.Diff([]profile.Profile{want, want, want}, append(all, byName, byID)); diff != "" {
		t.Error(diff)
	}
}

func TestAProfilesNameIsTakenInAnyCase(t *testing.T) {
	s := withTank(t)
	other := tank()
	other.ID, other.Name = nasID("2"), "tank"
	wantCode(t, s.AddProfile(t.Context(), other), "nas_exists")
	other.Name = "rack"
	ok(t, s.AddProfile(t.Context(), other))
}

func TestABadProfileIsNotSaved(t *testing.T) {
	s := withTank(t)
	bad := tank()
	bad.ID, bad.Name = nasID("2"), "-rf"
	wantCode(t, s.AddProfile(t.Context(), bad), "bad_profile")
	bad = tank()
	bad.Host = "-oProxyCommand=id"
	wantCode(t, s.UpdateProfile(t.Context(), bad), "bad_profile")
}

func TestAPinnedMachineIsNotReplacedByAProcessThatSawAnother(t *testing.T) {
	s := withTank(t)
	one, two := tank(), tank()
	one.MachineID, two.MachineID = "aaaa", "bbbb"
	ok(t, s.UpdateProfile(t.Context(), one))
	wantCode(t, s.UpdateProfile(t.Context(), two), "nas_changed")
	got, err := s.ProfileByID(t.Context(), one.ID)
	ok(t, err)
	if got.MachineID != "aaaa" {
		t.Errorf("pinned is %q", got.MachineID)
	}
}

func TestAProfileStaysWhileItsJobsRunAndItsHistoryStaysAfterIt(t *testing.T) {
	id := jobID("a")
	s := withTank(t, id)
	wantCode(t, s.RemoveProfile(t.Context(), tank().ID), "nas_has_jobs")
	ok(t, s.SaveFold(t.Context(), id, burnin.Running, nil, 0))
	wantCode(t, s.RemoveProfile(t.Context(), tank().ID), "nas_has_jobs")

	ok(t, s.SaveFold(t.Context(), id, burnin.Passed, nil, 2000))
	ok(t, s.RemoveProfile(t.Context(), tank().ID))
	wantCode(t, s.RemoveProfile(t.Context(), tank().ID), "no_such_nas")
	_, err := s.ProfileNamed(t.Context(), "tank")
	wantCode(t, err, "no_such_nas")
	jobs, err := s.Jobs(t.Context(), Filter{NAS: "tank"})
	ok(t, err)
	if len(jobs) != 1 || jobs[0].NAS != "Tank" || jobs[0].ProfileID != "" || jobs[0].State != burnin.Passed {
		t.Errorf("the history is %+v", jobs)
	}
}

func TestIntentsAreStoredAllOrNone(t *testing.T) {
	s := withTank(t)
	good := intent(jobID("a"), tank().ID)
	orphan := intent(jobID("b"), nasID("9"))
	wantCode(t, s.AddIntents(t.Context(), []Job{good, orphan}), "no_such_nas")
	_, err := s.Job(t.Context(), good.ID)
	wantCode(t, err, "no_such_job")

	ok(t, s.AddIntents(t.Context(), []Job{good, intent(jobID("b"), tank().ID)}))
	got, err := s.Job(t.Context(), good.ID)
	ok(t, err)
	good.NAS, good.Phase, good.State = "Tank", Asked, burnin.Queued
	if diff := cmp.Diff(good, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheSameIntentTwiceIsOneAndAnotherUnderItsIDIsRefused(t *testing.T) {
	s := withTank(t, jobID("a"))
	ok(t, s.SetThere(t.Context(), jobID("a")))
	ok(t, s.AddIntents(t.Context(), []Job{intent(jobID("a"), tank().ID)}))
	got, err := s.Job(t.Context(), jobID("a"))
	ok(t, err)
	if got.Phase != There {
		t.Errorf("asked again it is %s", got.Phase)
	}
	for what, change := range map[string]func(*Job){
		"request": func(j *Job) { j.Request = json.RawMessage(`{"job":"other"}`) },
		"drive":   func(j *Job) { j.DriveID = "WD-2@" },
	} {
		other := intent(jobID("a"), tank().ID)
		change(&other)
		if s.AddIntents(t.Context(), []Job{other}) == nil {
			t.Errorf("another %s was taken under the same id", what)
		}
	}
}

func TestAnIntentThatCouldNotBeAskedForIsNotStored(t *testing.T) {
	s := withTank(t)
	for what, change := range map[string]func(*Job){
		"a path as id":        func(j *Job) { j.ID = "../../../etc/passwd" },
		"no drive":            func(j *Job) { j.DriveID = "" },
		"a vast drive id":     func(j *Job) { j.DriveID = strings.Repeat("x", 4096) },
		"a vast plan name":    func(j *Job) { j.Plan = strings.Repeat("x", 4096) },
		"no request":          func(j *Job) { j.Request = nil },
		"a torn request":      func(j *Job) { j.Request = json.RawMessage(`{"job":`) },
		"a vast request":      func(j *Job) { j.Request = json.RawMessage(`"` + strings.Repeat("x", 2<<20) + `"`) },
		"another profile's":   func(j *Job) { j.ProfileID = nasID("9") },
		"a profile by its '%": func(j *Job) { j.ProfileID = "%" },
	} {
		j := intent(jobID("a"), tank().ID)
		change(&j)
		if s.AddIntents(t.Context(), []Job{j}) == nil {
			t.Errorf("%s was stored", what)
		}
	}
	jobs, err := s.Jobs(t.Context(), Filter{})
	ok(t, err)
	if len(jobs) != 0 {
		t.Errorf("stored: %v", idsOf(jobs))
	}
}

func TestAnIntentsPhaseOnlyMovesForward(t *testing.T) {
	id := jobID("a")
	s := withTank(t, id)
	for _, step := range []struct {
		do   func(context.Context, string) error
		want Phase
	}{{s.SetThere, There}, {s.SetThere, There}, {s.SetGone, Gone}, {s.SetThere, Gone}, {s.SetGone, Gone}} {
		ok(t, step.do(t.Context(), id))
		got, err := s.Job(t.Context(), id)
		ok(t, err)
		if got.Phase != step.want {
			t.Errorf("got %s, want %s", got.Phase, step.want)
		}
	}
}

func TestAFoldIsCachedAndAnOlderMirrorDoesNotBringAnEndedJobBack(t *testing.T) {
	id := jobID("a")
	s := withTank(t, id)
	killed, stopped := reason.New("runner_killed", "stage", "precheck", "progress", ""),
		reason.New("stopped_by_person", "stage", "precheck", "progress", "")
	for i, step := range []struct {
		state     burnin.State
		said      *reason.Said
		ended     int64
		want      burnin.State
		wantEnded int64
	}{
		{burnin.Running, nil, 0, burnin.Running, 0},
		{burnin.Unknown, killed, 50, burnin.Unknown, 50},
		{burnin.Unknown, killed, 50, burnin.Unknown, 50},
		{burnin.Queued, nil, 0, burnin.Queued, 0}, // resumed
		{burnin.Cancelled, stopped, 90, burnin.Cancelled, 90},
		{burnin.Running, nil, 0, burnin.Cancelled, 90}, // from an older mirror
		{burnin.Cancelled, stopped, 90, burnin.Cancelled, 90},
	} {
		ok(t, s.SaveFold(t.Context(), id, step.state, step.said, step.ended))
		got, err := s.Job(t.Context(), id)
		ok(t, err)
		if got.State != step.want || got.EndedMs != step.wantEnded || got.State.Ended() != (got.Reason != nil) {
			t.Errorf("step %d: got %s at %d, %v", i, got.State, got.EndedMs, got.Reason)
		}
		if step.said != nil && !cmp.Equal(got.Reason, step.said) {
			t.Errorf("step %d: the reason came back as %+v", i, got.Reason)
		}
	}
}

func TestNoJobEndsWithoutAReasonUnlessItPassed(t *testing.T) {
	id := jobID("a")
	s := withTank(t, id)
	for _, state := range []burnin.State{burnin.Failed, burnin.Cancelled, burnin.Unknown, burnin.Skipped, "done"} {
		if s.SaveFold(t.Context(), id, state, nil, 1) == nil {
			t.Errorf("%s without a reason was saved", state)
		}
	}
	ok(t, s.SaveFold(t.Context(), id, burnin.Passed, nil, 1))
}

func TestAnObservationNeverGoesBackToAnOlderOne(t *testing.T) {
	id := jobID("a")
	s := withTank(t, id)
	newer := burnin.Observation{Run: 2, LockHeld: true, BootID: "b", SeenMs: 7, Live: &burnin.Progress{Stage: 1}}
	ok(t, s.SaveObservation(t.Context(), id, newer, 200))
	ok(t, s.SaveObservation(t.Context(), id, burnin.Observation{Run: 1}, 199))
	got, err := s.Job(t.Context(), id)
	ok(t, err)
	if diff := cmp.Diff(&newer, got.Observation); diff != "" || got.SeenMs != 200 {
		t.Errorf("seen at %d: %s", got.SeenMs, diff)
	}
}

func TestAnUnknownJobIsSaidToBeUnknownEverywhere(t *testing.T) {
	s := withTank(t)
	id := jobID("a")
	_, err := s.Job(t.Context(), id)
	wantCode(t, err, "no_such_job")
	_, err = s.FindJob(t.Context(), id)
	wantCode(t, err, "no_such_job")
	wantCode(t, s.SetThere(t.Context(), id), "no_such_job")
	wantCode(t, s.SetGone(t.Context(), id), "no_such_job")
	wantCode(t, s.SaveFold(t.Context(), id, burnin.Passed, nil, 1), "no_such_job")
	wantCode(t, s.SaveObservation(t.Context(), id, burnin.Observation{}, 1), "no_such_job")
}

func TestAJobIsFoundByTheBeginningOfItsID(t *testing.T) {
	long := "abcd0000000000000000ee"
	s := withTank(t, "abcd0000000000000000", long, "abcf0000000000000000")
	got, err := s.FindJob(t.Context(), "abcf")
	ok(t, err)
	if got.ID != "abcf0000000000000000" {
		t.Errorf("found %s", got.ID)
	}
	got, err = s.FindJob(t.Context(), "abcd0000000000000000") // whole, though another begins with it
	ok(t, err)
	if got.ID != "abcd0000000000000000" {
		t.Errorf("found %s", got.ID)
	}
	for prefix, code := range map[string]reason.Code{
		"abc": "wrong_use", "": "wrong_use", "abcd": "wrong_use",
		"abcx": "no_such_job", "%%%%": "no_such_job", "abc_": "no_such_job", "ab*?": "no_such_job",
		"abcd\x00": "no_such_job", "' OR 1=1 --": "no_such_job",
	} {
		got, err := s.FindJob(t.Context(), prefix)
		if err == nil {
			t.Errorf("%q found %s", prefix, got.ID)
			continue
		}
		wantCode(t, err, code)
	}
}

func TestJobsAreChosenByNASAndByWhetherTheyGoOn(t *testing.T) {
	s := withTank(t, jobID("c"), jobID("a"), jobID("b"), jobID("d"))
	rack := tank()
	rack.ID, rack.Name = nasID("2"), "rack"
	ok(t, s.AddProfile(t.Context(), rack))
	ok(t, s.AddIntents(t.Context(), []Job{intent(jobID("r"), rack.ID)}))
	ok(t, s.SaveFold(t.Context(), jobID("a"), burnin.Passed, nil, 5))
	ok(t, s.SaveFold(t.Context(), jobID("b"), burnin.Running, nil, 0))
	ok(t, s.SetGone(t.Context(), jobID("d")))

	jobs := func(f Filter) []string {
		t.Helper()
		got, err := s.Jobs(t.Context(), f)
		ok(t, err)
		return idsOf(got)
	}
	live, err := s.Live(t.Context())
	ok(t, err)
	for what, c := range map[string]struct{ got, want []string }{
		"all":           {jobs(Filter{}), []string{jobID("c"), jobID("r"), jobID("a"), jobID("b"), jobID("d")}},
		"of tank":       {jobs(Filter{NAS: "TANK"}), []string{jobID("c"), jobID("a"), jobID("b"), jobID("d")}},
		"of tank, open": {jobs(Filter{NAS: "Tank", NotEnded: true}), []string{jobID("c"), jobID("b"), jobID("d")}},
		"of a stranger": {jobs(Filter{NAS: "%"}), nil},
		"live":          {idsOf(live), []string{jobID("c"), jobID("r"), jobID("b")}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func TestTheAuditTrailIsReadOnFromWhereOneStopped(t *testing.T) {
	s := withTank(t)
	ok(t, s.Audit(t.Context(), AuditEntry{What: "start", ProfileID: "p", Job: "j", DriveID: "d", Text: "one\x1b[2J"}))
	ok(t, s.Audit(t.Context(), AuditEntry{What: "stop", Text: strings.Repeat("x", 1<<20)}))
	first, err := s.AuditTrail(t.Context(), 0, 1)
	ok(t, err)
	want := []AuditEntry{{Seq: 1, TMs: noon.UnixMilli(), What: "start", ProfileID: "p", Job: "j", DriveID: "d",
		Text: "one\ufffd[2J"}}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	rest, err := s.AuditTrail(t.Context(), first[0].Seq, 10)
	ok(t, err)
	if len(rest) != 1 || rest[0].What != "stop" || len(rest[0].Text) > 3000 {
		t.Errorf("the rest has %d entries", len(rest))
	}
}

func TestHostileTextComesBackAsItWentIn(t *testing.T) {
	s := withTank(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.StringN(1, 100, 400), rapid.SampledFrom([]string{
			`'; DROP TABLE jobs; --`, `"`, "?1", "\x00", "\u202e", "\xff\xfe", "%_", "NULL", "{\"a\":1}", "0x10", "1e9", "🦊",
		})).Draw(rt, "text")
		n++
		j := intent(jobID(itoa(n)+"x"), tank().ID)
		quoted, err := json.Marshal(map[string]string{"x": text})
		if err != nil {
			rt.Fatal(err)
		}
		j.DriveID, j.Plan, j.Request = text, text[:min(len(text), 200)], quoted
		obs := burnin.Observation{BootID: strings.ToValidUTF8(text, "?")}
		if err := errors.Join(s.AddIntents(context.Background(), []Job{j}), s.SaveObservation(context.Background(),
			j.ID, obs, 1)); err != nil {
			rt.Fatal(err)
		}
		got, err := s.Job(context.Background(), j.ID)
		if err != nil {
			rt.Fatal(err)
		}
		if got.DriveID != j.DriveID || got.Plan != j.Plan || string(got.Request) != string(j.Request) ||
			got.Observation.BootID != obs.BootID {
			rt.Fatalf("%q came back as %+v", text, got)
		}
	})
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestAnIdentitysIDFitsTheIndexWhateverTheDriveSays(t *testing.T) {
	long := strings.Repeat("Ü", 10_000)
	id := drive.Identity{Serial: long, WWN: long, Part: long}.ID()
	s := withTank(t)
	j := intent(jobID("a"), tank().ID)
	j.DriveID = id
	ok(t, s.AddIntents(t.Context(), []Job{j}))
}

func TestReadersAndWritersOfOneProcessDoNotBlockEachOther(t *testing.T) {
	s := withTank(t, jobID("a"))
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 25 {
				if err := s.SaveObservation(t.Context(), jobID("a"), burnin.Observation{Run: w}, int64(i)); err != nil {
					t.Error(err)
				}
				if _, err := s.Jobs(t.Context(), Filter{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestAnEndedContextGivesItsOwnErrorAndTheStoreGoesOn(t *testing.T) {
	s := withTank(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.AddIntents(gone, []Job{intent(jobID("a"), tank().ID)}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Jobs(gone, Filter{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	ok(t, s.AddIntents(t.Context(), []Job{intent(jobID("a"), tank().ID)}))
}

func TestNothingCanBeWrittenThroughTheReaders(t *testing.T) {
	s := withTank(t)
	if _, err := s.read.ExecContext(t.Context(), `DELETE FROM profiles`); err == nil {
		t.Error("a reader deleted the profiles")
	}
}

func TestTheFilesAreForTheirOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rights are not modes here")
	}
	dir := filepath.Join(t.TempDir(), "deep", "data")
	s := mustOpen(t, dir)
	ok(t, s.AddProfile(t.Context(), tank()))
	check := func() {
		t.Helper()
		entries, err := os.ReadDir(dir)
		ok(t, err)
		for _, e := range entries {
			st, err := e.Info()
			ok(t, err)
			if st.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", e.Name(), st.Mode())
			}
		}
	}
	st, err := os.Stat(dir)
	ok(t, err)
	if st.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v", st.Mode())
	}
	check()
	ok(t, s.Close())

	ok(t, os.Chmod(filepath.Join(dir, fileName), 0o644))
	mustOpen(t, dir)
	check()
}

func TestADirectoryOfAnyNameWorks(t *testing.T) {
	names := []string{"a b", "per%20cent", "hash#tag", "semi;colon&and=", "quo'te", "ünï-🦊"}
	if runtime.GOOS != "windows" {
		names = append(names, "what?mode=memory", `back\slash`, "new\nline", `dou"ble`)
	}
	for _, name := range names {
		dir := filepath.Join(t.TempDir(), name)
		s := mustOpen(t, dir)
		ok(t, s.AddProfile(t.Context(), tank()))
		ok(t, s.Close())
		if st, err := os.Stat(filepath.Join(dir, fileName)); err != nil || st.Size() == 0 {
			t.Errorf("%q: %v", name, err)
		}
		s = mustOpen(t, dir)
		_, err := s.ProfileNamed(t.Context(), "tank")
		ok(t, err)
	}
}
