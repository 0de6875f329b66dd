package runner_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"burnish/backend/reason"
	"burnish/backend/wire"
)

// Another job's journal lies in a job's directory: the job does not go on at that one's place.
func TestAJobDoesNotGoOnWithAnotherJobsJournal(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("FOREIGN", 4*mib)
	m.run(order(d, readPlan()))
	const other = "zzzzzzzzzzzzzzzzzzzz"
	m.rewriteJournal(1, func(was []byte) []byte { return []byte(strings.ReplaceAll(string(was), testJob, other)) })
	_, err := m.service().Resume(context.Background(), testJob)
	var said *reason.Said
	if !errors.As(err, &said) || said.Code != "journal_foreign" || !strings.Contains(said.Text, other) {
		t.Errorf("resume: %v", err)
	}
	if _, err := os.Stat(filepath.Join(m.dir, "jobs", testJob, "run-2.ndjson")); err == nil {
		t.Error("a second run has begun")
	}
	if all, err := m.service().List(); err != nil || len(all.Jobs) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := m.service().Clean(wire.CleanRequest{Jobs: []string{testJob}, Leave: []string{testJob}}); err == nil {
		t.Error("it was removed, though nobody knows what it is")
	}
}
