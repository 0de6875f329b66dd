package practice_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/notice"
	"burnish/backend/notify"
	"burnish/backend/profile"
	"burnish/backend/secret"
	"burnish/backend/store"
)

// outbox keeps what it is told.
type outbox struct {
	mu     sync.Mutex
	events []notice.Event
}

func (o *outbox) Tell(_ context.Context, e notice.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, e)
	return nil
}
func (o *outbox) Run(ctx context.Context) { <-ctx.Done() }
func (o *outbox) Last(context.Context)    {}

// What becomes of a job is told once: nothing of a run that was broken off where the job goes on by itself, and at the
// end of a watch all of it, before the process ends.
func TestTheEndOfAJobIsToldAndNoneThatIsNone(t *testing.T) {
	for name, auto := range map[string]bool{"goes on by itself": true, "waits for a person": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := open(t, slow(disk("A1", 2<<20)))
				defer d.n.Close()
				svc := d.office(profile.Profile{AutoResume: auto})
				row := begin(t, svc, "A1")
				ends, err := svc.Ends(t.Context(), []string{row.ID})
				if err != nil {
					t.Fatal(err)
				}
				cut := sync.OnceFunc(func() {
					go func() {
						if err := d.n.PowerCut(); err != nil {
							t.Error(err)
						}
					}()
				})
				var told outbox
				err = svc.TellWhile(context.Background(), &told, func() error {
					return svc.Watch(context.Background(), []store.Job{row}, hears(func(j burnin.Job) {
						if sweeping(j) {
							cut()
						}
					}))
				})
				if err != nil {
					t.Fatal(err)
				}
				kind, state := notice.JobResumable, burnin.Unknown
				if auto {
					kind, state = notice.JobEnded, burnin.Passed
				}
				if len(told.events) != 1 || told.events[0].Kind != kind || told.events[0].Job.State != state {
					t.Errorf("told: %+v", told.events)
				}
				heard, err := ends.Next(t.Context())
				again, againErr := ends.Next(t.Context())
				rest, restErr := ends.Rest(t.Context())
				if errors.Join(err, againErr, restErr) != nil || len(heard) != 1 ||
					heard[0].ID != told.events[0].ID || len(again)+len(rest) != 0 {
					t.Errorf("heard: %+v, %+v, %+v, %v, %v, %v", heard, again, rest, err, againErr, restErr)
				}
				late, err := svc.Ends(t.Context(), []string{row.ID})
				if err != nil {
					t.Fatal(err)
				}
				if rest, err := late.Rest(t.Context()); err != nil || len(rest) != 1 || rest[0].ID != told.events[0].ID {
					t.Errorf("of a job that had ended: %+v, %v", rest, err)
				}
			})
		})
	}
}

// The whole way, from the last line at the NAS to the server that a person named.
func TestAVerdictArrivesAtAWebhook(t *testing.T) {
	var mu sync.Mutex
	var got []notice.Event
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var e notice.Event
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, e)
	}))
	defer server.Close()
	drives, serials := several(2)
	d := open(t, drives...)
	defer d.n.Close()
	svc := d.office(profile.Profile{})
	key := filepath.Join(t.TempDir(), "key")
	box := svc.Outbox(t.TempDir(), "test")
	box.Places = map[string]notify.Secrets{notify.KeepKeyed: secret.NewKeyed(key+".age", key)}
	if _, err := box.Add(t.Context(), notify.Fresh{Way: notice.Way{Name: "hook", Method: notice.Webhook},
		Address: secret.New(server.URL), Keep: notify.KeepKeyed}); err != nil {
		t.Fatal(err)
	}
	err := svc.TellWhile(t.Context(), box, func() error {
		made, err := svc.Start(t.Context(), jobs.Order{NAS: saved(svc), Drives: serials, Plan: sweep()})
		if err != nil {
			return err
		}
		var rows []store.Job
		for _, j := range made {
			row, err := svc.Row(t.Context(), j.ID)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return svc.Watch(t.Context(), rows, hears(func(burnin.Job) {}))
	})
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	passed := map[string]bool{}
	for _, e := range got[:max(len(got)-1, 0)] {
		if e.Kind == notice.JobEnded && e.Job.State == burnin.Passed && e.NAS == "practice" {
			passed[*e.Job.Drive.Serial] = true
		}
	}
	if len(got) != 3 || len(passed) != 2 || got[2].Kind != notice.BatchEnded || got[2].Counts.Passed != 2 {
		t.Errorf("the server got %+v", got)
	}
}
