package practice_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/credentials"
	"burnish/backend/jobs"
	"burnish/backend/nas"
	"burnish/backend/nas/link"
	"burnish/backend/practice"
	"burnish/backend/profile"
	"burnish/backend/secret"
	"burnish/backend/store"
)

// A code is good once, so a person is asked once: for the test of a new NAS, all that is done with it, and its watch.
func TestAPersonTypesACodeOnceWhileTheConnectionStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		n, err := practice.Open(practice.Options{Dir: t.TempDir(), Drives: []practice.Drive{disk("A1", 2<<20)},
			Version: "test", Poll: time.Second, Rewind: 64 << 10, Code: "123456"})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		svc, closeAll, err := jobs.OpenWith(ctx, t.TempDir(), nas.Options{Options: link.Options{Dial: n.Dial}, Runner: func(string) ([]byte,
			error) {
			return []byte("the runner's program"), nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer closeAll()
		asked := 0
		svc.AskPerson(func(_ context.Context, q credentials.Question) (secret.Secret, error) {
			if q.About != credentials.AboutCode || !strings.Contains(q.Text, "Verification code") {
				return secret.Secret{}, errors.New("asked " + q.Text)
			}
			asked++
			return secret.New("123456"), nil
		})
		p := profile.Profile{Name: "practice", Host: practice.Host, Port: 22, User: practice.User, KeyFile: n.KeyFile(),
			Sudo: profile.SudoNone, Slots: 4}
		if _, err := svc.AddNAS(ctx, p, jobs.NewNAS{HostKey: n.HostKey()}); err != nil {
			t.Fatal(err)
		}
		if err := svc.TestNAS(ctx, saved(svc), func(jobs.Step) {}); err != nil {
			t.Fatal(err)
		}
		row := begin(t, svc, "A1")
		if err := svc.Watch(ctx, []store.Job{row}, hears(func(burnin.Job) {})); err != nil {
			t.Fatal(err)
		}
		look := func(want int) {
			t.Helper()
			if _, err := svc.Drives(ctx, saved(svc)); err != nil {
				t.Fatal(err)
			}
			if asked != want {
				t.Errorf("asked %d times, want %d", asked, want)
			}
		}
		look(1)
		time.Sleep(29 * time.Minute)
		look(1)
		time.Sleep(31 * time.Minute) // it was left alone, and was closed
		look(2)
		if err := n.PowerCut(); err != nil {
			t.Fatal(err)
		}
		look(3)
		if err := svc.RemoveNAS(ctx, saved(svc)); err != nil {
			t.Fatal(err)
		}
	})
}
