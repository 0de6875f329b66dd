package practice_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/profile"
	"burnish/backend/wire"
)

// A log of 3 GiB is cut, what else there is of the job is copied and shown, and the other jobs too.
func TestAVastLogIsCutAndHidesNoJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		drives, serials := several(2)
		d := open(t, drives...)
		defer d.n.Close()
		first, other := d.office(profile.Profile{}), d.office(profile.Profile{})
		vast, small := begin(t, first, serials[0]), begin(t, first, serials[1])
		time.Sleep(time.Hour)
		in, _ := d.there(vast.ID)
		if err := os.Truncate(filepath.Join(in, "surface_validate.log"), 3<<30); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(in, "undo.log"), []byte("one more log\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		adopted, err := other.Adopt(ctx, saved(other))
		if err != nil || len(adopted) != 2 {
			t.Fatalf("%d adopted, %v", len(adopted), err)
		}
		for _, j := range adopted {
			if j.State != burnin.Passed {
				t.Errorf("%s is %s, %v", j.ID, j.State, j.Reason)
			}
		}
		have, err := other.Have(vast.ID)
		if err != nil || have["surface_validate.log"] > wire.MaxLogs || have["surface_validate.log"] < wire.MaxLogs/2 {
			t.Errorf("copied: %v, %v", have, err)
		}
		row, err := other.Row(ctx, vast.ID)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if j := refreshed(t, other, row.ID); j.State != burnin.Passed || time.Since(began) > time.Minute {
			t.Errorf("%s after %s", j.State, time.Since(began))
		}
		done, err := other.Clean(ctx, saved(other), jobs.Sweep{})
		if err != nil || len(done.Removed) != 1 || done.Removed[0] != small.ID ||
			!strings.Contains(done.Why[vast.ID].Text, "logs") || done.Why[vast.ID].Hint == "" {
			t.Errorf("%+v, %v", done, err)
		}
	})
}
