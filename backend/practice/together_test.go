package practice_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/practice"
	"burnish/backend/profile"
	"burnish/backend/reason"
)

// several are drives named M0, M1, …
func several(n int) (drives []practice.Drive, serials []string) {
	for i := range n {
		serials = append(serials, fmt.Sprintf("M%d", i))
		drives = append(drives, disk(serials[i], 1<<20))
	}
	return drives, serials
}

// refusal is the one reason that a start of many was refused with.
func refusal(t *testing.T, err error, code reason.Code, serials ...string) {
	t.Helper()
	var said *reason.Said
	if !errors.As(err, &said) || said.Code != code {
		t.Fatalf("%v", err)
	}
	for _, s := range serials {
		if !strings.Contains(said.Text, s) {
			t.Errorf("%q does not name %s", said.Text, s)
		}
	}
	if !strings.Contains(said.Text, "None of the") {
		t.Errorf("%q does not say that none was started", said.Text)
	}
}

// Between the look and the start another computer takes two of five drives: the others erase nothing.
func TestAStartOfManyIsAllOrNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		drives, serials := several(5)
		drives[1], drives[3] = slow(drives[1]), slow(drives[3])
		d := open(t, drives...)
		defer d.n.Close()
		svc, c := d.office(profile.Profile{}), d.dial()
		defer c.Close()
		taken, random := false, svc.Random
		svc.Random = readerFunc(func(p []byte) (int, error) {
			if !taken {
				taken = true
				for i, at := range []int{1, 3} {
					req := order(drives[at], sweep())
					req.Job = fmt.Sprintf("another%013d", i)
					d.start(c, req)
				}
			}
			return random.Read(p)
		})
		made, err := svc.Start(ctx, jobs.Order{NAS: saved(svc), Drives: serials, Plan: sweep()})
		refusal(t, err, "drive_in_use", "M1", "M3")
		for _, j := range made {
			now := refreshed(t, svc, j.ID)
			if !now.State.Ended() || now.BytesWritten != 0 || now.Stages[0].StartedMs != 0 {
				t.Errorf("%s is %s, %v, and has written %d bytes", now.Drive.ID, now.State, now.Reason,
					now.BytesWritten)
			}
			if free := !strings.Contains("M1 M3", *now.Drive.Serial); free && (now.State != burnin.Cancelled ||
				now.Reason.Code != "start_given_up") {
				t.Errorf("%s is %s, %v", now.Drive.ID, now.State, now.Reason)
			}
		}
		made, err = svc.Start(ctx, jobs.Order{NAS: saved(svc), Drives: []string{"M0", "M2", "M4"}, Plan: sweep()})
		if err != nil || len(made) != 3 {
			t.Fatal(err)
		}
		for _, j := range made {
			if now := refreshed(t, svc, j.ID); len(now.Runs) != 1 {
				t.Errorf("%s, %v", now.State, now.Reason)
			}
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// All refusals are told, not the first alone, whatever they are.
func TestEachRefusalOfAStartIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drives, serials := several(4)
		drives[1].Pool = &practice.Pool{Name: "tank", GUID: 77, Vdev: 5, Hostname: "attic"}
		drives[2].Pool = &practice.Pool{Name: "other", GUID: 1234, Vdev: 5, Hostname: "attic"}
		d := open(t, drives...)
		defer d.n.Close()
		svc := d.office(profile.Profile{})
		start := func(serials ...string) error {
			made, err := svc.Start(context.Background(), jobs.Order{NAS: saved(svc), Drives: serials, Plan: sweep()})
			if len(made) > 0 {
				t.Errorf("made: %v", made)
			}
			return err
		}
		refusal(t, start(serials...), "drive_in_use", "M1", "M2")
		refusal(t, start("M0", "M7", "M1", "M8"), "drive_in_use", "M1", "M7", "M8")
		refusal(t, start("M0", "M7", "M8"), "no_such_drive", "M7", "M8")
		var said *reason.Said
		if err := start("M1"); !errors.As(err, &said) || said.Code != "drive_in_use" || strings.Contains(said.Text,
			"None of") {
			t.Errorf("%v", err)
		}
	})
}
