package practice_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/nas"
	"burnish/backend/practice"
	"burnish/backend/profile"
	"burnish/backend/store"
)

// office is a computer with Burnish on it and the practice NAS saved.
func (d *desk) office(p profile.Profile) *jobs.Service {
	d.t.Helper()
	d.data = d.t.TempDir()
	svc, closeAll, err := jobs.OpenWith(context.Background(), d.data, d.opt)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		if err := closeAll(); err != nil {
			d.t.Error(err)
		}
	})
	p.Name, p.Host, p.Port, p.User, p.KeyFile, p.Sudo, p.Slots = "practice", practice.Host, 22, practice.User,
		d.n.KeyFile(), profile.SudoNone, 4
	if _, err := svc.AddNAS(context.Background(), p, jobs.NewNAS{HostKey: d.n.HostKey()}); err != nil {
		d.t.Fatal(err)
	}
	return svc
}

// saved is the id of the practice NAS.
func saved(svc *jobs.Service) string {
	p, err := svc.ProfileNamed(context.Background(), "practice")
	if err != nil {
		panic(err)
	}
	return p.ID
}

// begin starts a sweep of the one drive and gives its row.
func begin(t *testing.T, svc *jobs.Service, serial string) store.Job {
	t.Helper()
	made, err := svc.Start(context.Background(), jobs.Order{NAS: saved(svc), Drives: []string{serial}, Plan: sweep()})
	if err != nil {
		t.Fatal(err)
	}
	row, err := svc.Row(context.Background(), made[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// hears is told of jobs.
type hears func(burnin.Job)

func (h hears) Job(j burnin.Job)              { h(j) }
func (h hears) Standing(string, nas.Standing) {}
func (d *desk) there(id string) (in string, is bool) {
	in = filepath.Join(d.dir, "nas", "jobs", id)
	_, err := os.Stat(in)
	return in, err == nil
}

func TestAJobThatAPowerCutBrokeOffGoesOnByItself(t *testing.T) {
	for name, auto := range map[string]bool{"asked for": true, "not asked for": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := slow(disk("A1", 2<<20))
				d := open(t, p)
				defer d.n.Close()
				svc := d.office(profile.Profile{AutoResume: auto})
				row := begin(t, svc, "A1")
				cut := make(chan struct{}, 1)
				once := false
				sink := hears(func(j burnin.Job) {
					if !once && sweeping(j) {
						once = true
						cut <- struct{}{}
					}
				})
				go func() {
					<-cut
					if err := d.n.PowerCut(); err != nil {
						t.Error(err)
					}
				}()
				if err := svc.Watch(context.Background(), []store.Job{row}, sink); err != nil {
					t.Fatal(err)
				}
				j, err := svc.View(context.Background(), row.ID)
				if err != nil {
					t.Fatal(err)
				}
				if auto && (j.State != burnin.Passed || len(j.Runs) != 2 || j.Runs[0].HowEnded != "restarted") {
					t.Errorf("%s, %v, runs %+v", j.State, j.Reason, j.Runs)
				}
				if !auto && (j.State != burnin.Unknown || j.Reason.Code != "nas_restarted" || len(j.Runs) != 1) {
					t.Errorf("%s, %v, runs %+v", j.State, j.Reason, j.Runs)
				}
			})
		})
	}
}

// TestANASWhoseClockIsOffGoesOnWithWhatWasBrokenOff: this computer was not there when it happened.
func TestANASWhoseClockIsOffGoesOnWithWhatWasBrokenOff(t *testing.T) {
	if testing.Short() {
		t.Skip("weeks of keepalives take minutes with the race detector")
	}
	for name, off := range map[string]time.Duration{"behind": -30 * 24 * time.Hour, "ahead": 365 * 24 * time.Hour,
		"right": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				d := openOff(t, off, slow(disk("C1", 2<<20)))
				defer d.n.Close()
				svc := d.office(profile.Profile{AutoResume: true})
				row := begin(t, svc, "C1")
				for !sweeping(refreshed(t, svc, row.ID)) {
					time.Sleep(100 * time.Millisecond)
				}
				if err := d.n.PowerCut(); err != nil {
					t.Fatal(err)
				}
				j := refreshed(t, svc, row.ID)
				if j.State != burnin.Unknown || j.EndedMs < j.CreatedMs {
					t.Fatalf("%s, asked for at %d, ended at %d", j.State, j.CreatedMs, j.EndedMs)
				}
				found := func() int {
					rows, err := svc.Interrupted(ctx)
					if err != nil {
						t.Fatal(err)
					}
					return len(rows)
				}
				if found() != 1 {
					t.Error("it does not go on")
				}
				time.Sleep(8 * 24 * time.Hour)
				if found() != 0 {
					t.Error("it goes on though nobody cared for a week")
				}
				refreshed(t, svc, row.ID)
				if found() != 0 {
					t.Error("it goes on though nobody cared for a week, and it was looked at again")
				}
			})
		})
	}
}

func TestWhatWasCollectedLeavesTheNASAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, disk("K1", 1<<20))
		defer d.n.Close()
		svc := d.office(profile.Profile{KeepDays: 30})
		row := begin(t, svc, "K1")
		if err := svc.Watch(context.Background(), []store.Job{row}, hears(func(burnin.Job) {})); err != nil {
			t.Fatal(err)
		}
		look := func() {
			t.Helper()
			if _, err := svc.Drives(context.Background(), saved(svc)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(29 * 24 * time.Hour)
		look()
		if in, is := d.there(row.ID); !is {
			t.Fatalf("%s is gone too early", in)
		}
		time.Sleep(2 * 24 * time.Hour)
		look()
		if in, is := d.there(row.ID); is {
			t.Errorf("%s is still there", in)
		}
		if left, _ := filepath.Glob(filepath.Join(d.dir, "nas", "bin", "*")); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if j, err := svc.View(context.Background(), row.ID); err != nil || j.State != burnin.Passed {
			t.Errorf("the history says %s, %v", j.State, err)
		}
		look() // the runner comes back for who needs it
	})
}

func TestAJobThatAnotherComputerResumedIsSeenToGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		d := open(t, slow(disk("A1", 2<<20)))
		defer d.n.Close()
		here, elsewhere := d.office(profile.Profile{}), d.office(profile.Profile{})
		row := begin(t, here, "A1")
		once := false
		err := here.Watch(ctx, []store.Job{row}, hears(func(j burnin.Job) {
			if !once && sweeping(j) {
				once = true
				go func() {
					if err := d.n.PowerCut(); err != nil {
						t.Error(err)
					}
				}()
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		is := func() burnin.State {
			t.Helper()
			row, err := here.Row(ctx, row.ID)
			if err != nil {
				t.Fatal(err)
			}
			return row.State
		}
		if is() != burnin.Unknown {
			t.Fatalf("after the power cut it is %s", is())
		}
		if _, err := elsewhere.Adopt(ctx, saved(elsewhere)); err != nil {
			t.Fatal(err)
		}
		if _, err := elsewhere.Resume(ctx, row.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := here.Drives(ctx, saved(here)); err != nil {
			t.Fatal(err)
		}
		if is().Ended() {
			t.Errorf("while it goes on it is %s here", is())
		}
	})
}
