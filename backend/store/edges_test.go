package store

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// batch gives intents that are one batch.
func batch(ids ...string) []Job {
	var all []Job
	for _, id := range ids {
		j := intent(id, tank().ID)
		j.Request = json.RawMessage(`{"job":"` + id + `","gate":"` + ids[0] + `"}`)
		all = append(all, j)
	}
	return all
}

func end(id string, run int) Edge {
	return Edge{Key: fmt.Sprintf("end/%s/%d", id, run), Kind: "job_ended", Job: id, Ends: true, Event: json.RawMessage(`{}`)}
}

func keys(t interface{ Fatal(...any) }, s *Store) (keys []string) {
	edges, err := s.Untold(context.Background(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edges {
		keys = append(keys, e.Key)
	}
	return keys
}

func wantKeys(t *testing.T, s *Store, want ...string) {
	t.Helper()
	if got := keys(t, s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("to be told: %v, want %v", got, want)
	}
}

func TestTheEndOfABatchComesWithTheLastOfItsJobs(t *testing.T) {
	s := withTank(t)
	a, b := jobID("a"), jobID("b")
	ok(t, s.AddIntents(t.Context(), append(batch(a, b), intent(jobID("alone"), tank().ID))))
	ok(t, s.SaveFold(t.Context(), jobID("alone"), burnin.Passed, nil, 1, end(jobID("alone"), 1)))
	ok(t, s.SaveFold(t.Context(), a, burnin.Unknown, reason.New(reason.NASRestarted), 1, end(a, 1)))
	wantKeys(t, s, "end/"+jobID("alone")+"/1", "end/"+a+"/1")
	ok(t, s.SaveFold(t.Context(), b, burnin.Passed, nil, 1, end(b, 1)))
	wantKeys(t, s, "end/"+jobID("alone")+"/1", "end/"+a+"/1", "end/"+b+"/1", "batch_ended/"+a+"/2")

	// One goes on: its end was not told, and neither was that of all.
	ok(t, s.SaveFold(t.Context(), a, burnin.Running, nil, 0))
	wantKeys(t, s, "end/"+jobID("alone")+"/1", "end/"+b+"/1")
	ok(t, s.SaveFold(t.Context(), a, burnin.Unknown, reason.New(reason.NASRestarted), 1, end(a, 2)))
	wantKeys(t, s, "end/"+jobID("alone")+"/1", "end/"+b+"/1", "end/"+a+"/2", "batch_ended/"+a+"/2")

	// Now it was, and the batch ends once more.
	edges, err := s.Untold(t.Context(), 10)
	ok(t, err)
	for _, e := range edges {
		ok(t, s.Told(t.Context(), e.Seq))
	}
	ok(t, s.SaveFold(t.Context(), a, burnin.Running, nil, 0))
	ok(t, s.SaveFold(t.Context(), a, burnin.Passed, nil, 1, end(a, 3)))
	wantKeys(t, s, "end/"+a+"/3", "batch_ended/"+a+"/3")
	if rows, err := s.JobsOfBatch(t.Context(), a); err != nil || len(rows) != 2 {
		t.Errorf("%d jobs of the batch, %v", len(rows), err)
	}
}

// What is held back is told once it is due, or nobody waits for the job any more; what a wrong clock dated is told.
func TestAnEndIsHeldBackWhileItsJobMayGoOn(t *testing.T) {
	s := withTank(t)
	now := noon
	s.now = func() time.Time { return now }
	a, b := jobID("a"), jobID("b")
	ok(t, s.AddIntents(t.Context(), batch(a, b)))
	ok(t, s.SaveFold(t.Context(), a, burnin.Passed, nil, 1, end(a, 1)))
	ok(t, s.Told(t.Context(), 1))
	held := end(b, 1)
	held.FoundMs, held.DueMs = now.UnixMilli(), now.Add(time.Minute).UnixMilli()
	ok(t, s.SaveFold(t.Context(), b, burnin.Unknown, reason.New(reason.NASRestarted), 1, held))
	wantKeys(t, s)
	now = now.Add(time.Minute)
	wantKeys(t, s, "end/"+b+"/1", "batch_ended/"+a+"/2")
	now = now.Add(-time.Minute)
	ok(t, s.Release(t.Context(), b))
	wantKeys(t, s, "end/"+b+"/1", "batch_ended/"+a+"/2")

	ok(t, s.AddEdges(t.Context(), Edge{Key: "far", Kind: "k", DueMs: now.AddDate(1, 0, 0).UnixMilli(),
		Event: json.RawMessage(`{}`)}))
	wantKeys(t, s, "end/"+b+"/1", "batch_ended/"+a+"/2", "far")
}

// A NAS is lost, and back, and lost: each is told when the other one was before.
func TestWhatIsOneWayOrTheOtherIsToldWhenItTurns(t *testing.T) {
	s := withTank(t)
	turn := func(key, kind, nas string) {
		t.Helper()
		ok(t, s.AddTurn(t.Context(), Edge{Key: key, Kind: kind, ProfileID: nas, Event: json.RawMessage(`{}`)}, "back", "lost"))
	}
	turn("1", "back", "n")
	turn("2", "lost", "n")
	turn("3", "lost", "n")
	turn("4", "back", "other")
	turn("5", "back", "n")
	turn("6", "back", "n")
	turn("7", "lost", "n")
	wantKeys(t, s, "2", "5", "7")
}

// An index that is filled again tells nothing of jobs that have ended: they may have been told before.
func TestAnIndexThatIsFilledAgainTellsNoEndAgain(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	j := intent(jobID("a"), "")
	j.Phase, j.State, j.EndedMs = There, burnin.Passed, 5
	if done, err := s.Refill(t.Context(), []Job{j}); err != nil || !done {
		t.Fatal(done, err)
	}
	wantKeys(t, s)
}

func TestWhatWasToldLongAgoIsForgotten(t *testing.T) {
	s := withTank(t)
	now := noon
	s.now = func() time.Time { return now }
	for _, key := range []string{"a", "b", "c"} {
		ok(t, s.AddEdges(t.Context(), Edge{Key: key, Kind: "k", Event: json.RawMessage(`{}`)}))
	}
	ok(t, s.Told(t.Context(), 1))
	now = now.Add(edgesKept + time.Hour)
	ok(t, s.Told(t.Context(), 2))
	var left int
	ok(t, s.read.QueryRow(`SELECT count(*) FROM edges`).Scan(&left))
	if left != 2 {
		t.Errorf("%d are left", left)
	}
}

// Whatever order ends, resumes and tellings come in, and however often each is saved: what a job ended as last is told
// or to be told, and no end is stored twice.
func TestEndsAndResumesInAnyOrder(t *testing.T) {
	s := withTank(t)
	batches := 0
	rapid.Check(t, func(rt *rapid.T) {
		batches++
		ids := []string{jobID(fmt.Sprintf("a%dx", batches)), jobID(fmt.Sprintf("b%dx", batches))}
		if err := s.AddIntents(context.Background(), batch(ids...)); err != nil {
			rt.Fatal(err)
		}
		runs, ended, told := map[string]int{}, map[string]bool{}, map[string]int{}
		save := func(id string) {
			var err error
			if ended[id] {
				err = s.SaveFold(context.Background(), id, burnin.Unknown, reason.New(reason.NASRestarted), 1,
					end(id, runs[id]))
			} else {
				err = s.SaveFold(context.Background(), id, burnin.Running, nil, 0)
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		which := rapid.SampledFrom(ids)
		rt.Repeat(map[string]func(*rapid.T){
			"ends": func(rt *rapid.T) {
				id := which.Draw(rt, "job")
				if ended[id] = true; runs[id] == 0 {
					runs[id] = 1
				}
				save(id)
			},
			"goes on": func(rt *rapid.T) {
				if id := which.Draw(rt, "job"); ended[id] {
					ended[id] = false
					runs[id]++
					save(id)
				}
			},
			"is told": func(rt *rapid.T) {
				edges, err := s.Untold(context.Background(), 1)
				if err != nil {
					rt.Fatal(err)
				}
				for _, e := range edges {
					told[e.Key]++
					if err := s.Told(context.Background(), e.Seq); err != nil {
						rt.Fatal(err)
					}
				}
			},
			"": func(rt *rapid.T) {
				waits := map[string]bool{}
				for _, key := range keys(rt, s) {
					waits[key] = true
				}
				both := true
				for _, id := range ids {
					key := end(id, runs[id]).Key
					if ended[id] && !waits[key] && told[key] == 0 {
						rt.Fatalf("%s is neither told nor to be told", key)
					}
					if !ended[id] && waits[key] {
						rt.Fatalf("%s is to be told, and its job goes on", key)
					}
					both = both && ended[id]
				}
				batches := 0
				for key := range waits {
					if len(key) > 11 && key[:11] == "batch_ended" {
						batches++
					}
				}
				if batches > 1 || batches == 1 && !both {
					rt.Fatalf("to be told: %v", waits)
				}
				for key, n := range told {
					if n > 1 {
						rt.Fatalf("%s was told %d times", key, n)
					}
				}
			},
		})
		edges, err := s.Untold(context.Background(), 1000) // the next one begins with nothing to tell
		for _, e := range edges {
			if err == nil {
				err = s.Told(context.Background(), e.Seq)
			}
		}
		if err != nil {
			rt.Fatal(err)
		}
	})
}
