package jobs_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// copied is a data directory with the copy of a job that passed.
func copied(t *testing.T) (dir, id string) {
	t.Helper()
	journal, err := os.ReadFile("../burnin/testdata/journals/passed/run-1.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	events, err := wire.DecodeJournal(journal)
	if err != nil {
		t.Fatal(err)
	}
	job, err := burnin.Fold([][]burnin.Event{events}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "mirror", job.ID), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mirror", job.ID, "run-1.ndjson"), journal, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, job.ID
}

// The database of a data directory is missing, empty or torn: the history is there at once all the same, and no NAS is
// asked. That a job's NAS is not known here is no error of jobs.
func TestTheIndexIsFilledAgainFromTheCopies(t *testing.T) {
	for what, db := range map[string][]byte{"missing": nil, "empty": {}, "zeros": make([]byte, 8192),
		"garbage": bytes.Repeat([]byte("torn"), 4096)} {
		t.Run(what, func(t *testing.T) {
			ctx := context.Background()
			dir, id := copied(t)
			if db != nil {
				if err := os.WriteFile(filepath.Join(dir, "burnish.db"), db, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // once
				svc, closeAll, err := jobs.Open(ctx, dir, nil)
				if err != nil {
					t.Fatal(err)
				}
				all, err := svc.List(ctx, "")
				if err != nil || len(all) != 1 || all[0].ID != id || all[0].State != burnin.Passed || all[0].NAS == "" {
					t.Errorf("%+v, %v", all, err)
				}
				rows, err := svc.Rows(ctx, store.Filter{})
				if err == nil {
					err = svc.Refresh(ctx, rows)
				}
				if err != nil {
					t.Errorf("refresh: %v", err)
				}
				if err := closeAll(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
