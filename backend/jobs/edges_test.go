package jobs

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/nas"
	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/store"
)

// heard is a teller that keeps what it is told.
type heard struct {
	events []notice.Event
	fail   error
}

func (h *heard) Tell(_ context.Context, e notice.Event) error {
	if h.fail == nil {
		h.events = append(h.events, e)
	}
	return h.fail
}

// hears gives what is told now.
func hears(t *testing.T, s *Service) []notice.Event {
	t.Helper()
	var h heard
	if err := s.TellDue(t.Context(), &h); err != nil {
		t.Fatal(err)
	}
	return h.events
}

func kinds(events []notice.Event) (all []notice.Kind) {
	for _, e := range events {
		all = append(all, e.Kind)
	}
	return all
}

// ends writes the last line of a job and has it found.
func (f *fleet) ends(t *testing.T, id string, end burnin.End) burnin.Job {
	t.Helper()
	f.seq = 4
	f.put(t, id, burnin.EvEnd, end)
	job, err := f.saw(t.Context(), id, over(id))
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// What is told of an end has all in it, and what could not be told comes again, in its order.
func TestAnEndIsToldWithAllThatBelongsToIt(t *testing.T) {
	f := newFleet(t, 2, 4)
	a, b := f.rows[0].ID, f.rows[1].ID
	f.ends(t, a, burnin.End{State: burnin.Cancelled, Reason: reason.New(reason.StoppedByPerson, "stage", "x", "progress", "")})
	f.ends(t, b, burnin.End{State: burnin.Unknown, Reason: reason.New(reason.ToldToEnd, "stage", "x", "progress", "10 %")})
	refused := errors.New("no room")
	if err := f.TellDue(t.Context(), &heard{fail: refused}); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	got := hears(t, f.Service)
	if len(got) != 3 {
		t.Fatalf("told: %v", kinds(got))
	}
	first, second, batch := got[0], got[1], got[2]
	if first.Kind != notice.JobEnded || first.NAS != "box" || first.Old || first.FoundMs != f.nowMs || first.Job.ID != a ||
		first.Job.State != burnin.Cancelled || first.Job.Reason.Code != reason.StoppedByPerson ||
		first.Job.Plan != "standard" || *first.Job.Drive.Serial != "S"+a || first.AtMs != 5000 {
		t.Errorf("%+v %+v", first, first.Job)
	}
	if second.Kind != notice.JobResumable || second.Job.ID != b {
		t.Errorf("%+v", second)
	}
	if batch.Kind != notice.BatchEnded || len(batch.Jobs) != 2 || batch.Counts.Cancelled != 1 || batch.Counts.Unknown != 1 {
		t.Errorf("%+v", batch)
	}
	if again := hears(t, f.Service); len(again) != 0 {
		t.Errorf("told again: %v", kinds(again))
	}
}

// A job that the profile lets go on by itself is not told to have ended before that is over.
func TestAnEndThatMayBeNoneIsHeldBack(t *testing.T) {
	f := newFleet(t, 1, 4)
	p, err := f.store.ProfileNamed(t.Context(), "box")
	if err != nil {
		t.Fatal(err)
	}
	p.AutoResume = true
	if err := f.store.UpdateProfile(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	f.ends(t, f.rows[0].ID, burnin.End{State: burnin.Unknown,
		Reason: reason.New(reason.ToldToEnd, "stage", "x", "progress", "10 %")})
	if got := hears(t, f.Service); len(got) != 0 {
		t.Errorf("told at once: %v", kinds(got))
	}
	if err := f.store.Release(t.Context(), f.rows[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := hears(t, f.Service); len(got) != 1 || got[0].Kind != notice.JobResumable {
		t.Errorf("told: %v", kinds(got))
	}
}

// What was over when an adopted job was first looked at is old; what ends later is not.
func TestWhatWasOverBeforeAJobWasAdoptedIsOld(t *testing.T) {
	for _, watched := range []bool{false, true} {
		f := newFleet(t, 1, 4)
		row, d := f.rows[0], drive.Identity{Serial: "SN1", SizeBytes: 18e12}
		plan, _ := burnin.PlanNamed("standard")
		row.ID, row.DriveID, row.Adopted = "adopted890123456789", d.ID(), true
		if err := errors.Join(f.store.AddIntents(t.Context(), append(f.rows[:0:0], row)),
			f.store.SetThere(t.Context(), row.ID)); err != nil {
			t.Fatal(err)
		}
		f.seq = 0
		f.put(t, row.ID, burnin.EvHead, burnin.Head{Format: 1, MinReader: 1, Job: row.ID, Run: 1, CreatedMs: 1,
			Drive: d, Plan: plan})
		f.put(t, row.ID, burnin.EvHeld, burnin.Held{Path: "/dev/sda"})
		if watched {
			if _, err := f.saw(t.Context(), row.ID, f.live(row.ID, 0)); err != nil {
				t.Fatal(err)
			}
		}
		f.put(t, row.ID, burnin.EvEnd, burnin.End{State: burnin.Cancelled,
			Reason: reason.New(reason.StoppedByPerson, "stage", "x", "progress", "")})
		if _, err := f.saw(t.Context(), row.ID, over(row.ID)); err != nil {
			t.Fatal(err)
		}
		got := hears(t, f.Service)
		if len(got) != 1 || got[0].Old == watched || got[0].AtMs != 3000 {
			t.Errorf("watched before: %v, told: %+v", watched, got)
		}
	}
}

// What befalls jobs at work is told once for each stage, and for each NAS and day.
func TestTroublesOfJobsAtWorkAreToldOnce(t *testing.T) {
	f := newFleet(t, 2, 4)
	for n, row := range f.rows {
		f.seq = 4
		for range 3 {
			f.put(t, row.ID, burnin.EvPause, burnin.Pause{Stage: f.sweep(), On: true, Why: "too_hot", TempC: 61, LimitC: 55})
			st := f.live(row.ID, 0)
			st.Trouble = burnin.TroubleFull
			if _, err := f.saw(t.Context(), row.ID, st); err != nil {
				t.Fatal(err)
			}
			f.put(t, row.ID, burnin.EvPause, burnin.Pause{Stage: f.sweep(), On: false})
			f.nowMs += 60_000
		}
		f.stored = storedEdges{} // as another process finds it
		want := []notice.Kind{notice.DriveHot, notice.NASFull}[:2-n]
		got := hears(t, f.Service)
		if len(got) != len(want) || got[0].Kind != want[0] || got[0].Job.Reason.Code != reason.Cooling {
			t.Fatalf("job %d: %v", n, kinds(got))
		}
	}
}

// A NAS is told to be lost once nobody at this computer has seen it for long, and then that it is back.
func TestALostNASIsToldAndThatItIsBack(t *testing.T) {
	f := newFleet(t, 1, 4)
	p, err := f.store.ProfileNamed(t.Context(), "box")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.saw(t.Context(), f.rows[0].ID, f.live(f.rows[0].ID, 0)); err != nil {
		t.Fatal(err)
	}
	begun := time.UnixMilli(f.nowMs)
	stands := func(phase nas.Phase, after time.Duration, want ...notice.Kind) {
		t.Helper()
		f.nowMs = begun.Add(after).UnixMilli()
		now := nas.Standing{Phase: phase, Since: begun, Err: reason.New(reason.NASUnreachable, "nas", "box", "address", "h:22",
			"error", "no route")}
		if err := f.stands(t.Context(), p, now); err != nil {
			t.Fatal(err)
		}
		got := kinds(hears(t, f.Service))
		if len(got) != len(want) || len(want) > 0 && got[0] != want[0] {
			t.Errorf("%s after %s: %v, want %v", phase, after, got, want)
		}
	}
	stands(nas.Connected, 0)
	stands(nas.Lost, time.Minute)
	stands(nas.Lost, lostFor, notice.NASLost)
	stands(nas.Lost, 2*lostFor)
	stands(nas.Connected, 2*lostFor, notice.NASBack)
	stands(nas.Connected, 3*lostFor)

	// Another process sees it all the while.
	f.nowMs = begun.Add(4 * lostFor).UnixMilli()
	if _, err := f.saw(t.Context(), f.rows[0].ID, f.live(f.rows[0].ID, 0)); err != nil {
		t.Fatal(err)
	}
	stands(nas.Lost, 4*lostFor+time.Minute)
	stands(nas.Lost, 6*lostFor, notice.NASLost)
}

// nobody hears nothing of a watch.
type nobody struct{}

func (nobody) Job(burnin.Job)                {}
func (nobody) Standing(string, nas.Standing) {}

// The end of a job whose runner vanished is held back, since the NAS may bring it back. A watch that has waited for
// that lets it be told.
func TestAWatchThatHasWaitedLetsAnEndBeTold(t *testing.T) {
	f := newFleet(t, 1, 4)
	id := f.rows[0].ID
	if _, err := f.saw(t.Context(), id, f.live(id, 0)); err != nil {
		t.Fatal(err)
	}
	st := over(id)
	st.Sizes = map[string]int64{"run-1.ndjson": f.sizes[id]}
	if job, err := f.saw(t.Context(), id, st); err != nil || job.State != burnin.Unknown {
		t.Fatalf("%s, %v", job.State, err)
	}
	if got := hears(t, f.Service); len(got) != 0 {
		t.Errorf("told at once: %v", kinds(got))
	}
	w := &watch{Service: f.Service, sink: nobody{}, left: map[string]bool{id: true},
		killed: map[string]time.Time{id: time.Now().Add(-comesBack)}}
	w.changed(t.Context(), id, st)
	if got := hears(t, f.Service); len(got) != 1 || got[0].Kind != notice.JobResumable || !w.done() {
		t.Errorf("told: %v; the watch is done: %v", kinds(got), w.done())
	}
}

// asks has another process tell while it is told.
type asks struct {
	heard
	other func()
}

func (a *asks) Tell(ctx context.Context, e notice.Event) error {
	a.other()
	return a.heard.Tell(ctx, e)
}

func TestWhileOneProcessTellsNoOtherDoes(t *testing.T) {
	f := newFleet(t, 1, 4)
	db, err := store.Open(t.Context(), filepath.Dir(f.mirror.Dir), f.Now)
	if err != nil {
		t.Fatal(err)
	}
	other := &Service{store: db, mirror: f.mirror, Now: f.Now, Who: "another process"}
	f.ends(t, f.rows[0].ID, burnin.End{State: burnin.Cancelled,
		Reason: reason.New(reason.StoppedByPerson, "stage", "x", "progress", "")})
	first := asks{other: func() {
		if got := hears(t, other); len(got) != 0 {
			t.Errorf("both tell: %v", kinds(got))
		}
	}}
	if err := f.TellDue(t.Context(), &first); err != nil || len(first.events) != 1 {
		t.Errorf("%v, %v", kinds(first.events), err)
	}
	if err := f.store.Close(); err != nil { // as its process ends
		t.Error(err)
	}
	if got := hears(t, other); len(got) != 0 {
		t.Errorf("told again: %v", kinds(got))
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
