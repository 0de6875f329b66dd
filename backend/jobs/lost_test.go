//go:build linux

package jobs

import (
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// told keeps what a watch says of each job.
type told map[string]burnin.Job

func (s told) Job(j burnin.Job)            { s[j.ID] = j }
func (told) Standing(string, nas.Standing) {}

// Of the jobs of a NAS one cannot be looked at there: it is told as it was last known, with why, and the watch of the
// others goes on.
func TestOneDamagedJobEndsNoWatchOfTheOthers(t *testing.T) {
	id, journal := passed(t)
	const bad = "zzzzzzzzzzzzzzzzzzzz"
	s := kept(t, t.TempDir(), id, bad)
	ctx, heard, over := t.Context(), told{}, false
	w := &watch{Service: s, sink: heard, left: map[string]bool{id: true, bad: true}, killed: map[string]time.Time{},
		broken: map[string]time.Time{}, asked: map[string]int{}, finish: func() { over = true }}
	damaged := &wire.JobStatus{Job: bad, Damaged: "permission denied"}
	for range 2 { // a word that comes late counts once
		w.again(ctx, bad, damaged)
	}
	if over || w.left[bad] || !w.left[id] || reason.CodeOf(w.err) != "job_damaged" {
		t.Errorf("over: %v, left: %v, %v", over, w.left, w.err)
	}
	if j := heard[bad]; j.State != burnin.Queued || len(j.Warnings) != 1 || j.Warnings[0].Code != "job_damaged" {
		t.Errorf("it is told as %s with %v", j.State, j.Warnings)
	}
	if _, err := s.mirror.Write(wire.Data{Job: id, File: "run-1.ndjson", Bytes: journal}, nil); err != nil {
		t.Fatal(err)
	}
	w.again(ctx, id, &wire.JobStatus{Job: id, Run: 1,
		BootID: "b", Sizes: map[string]int64{"run-1.ndjson": int64(len(journal))}})
	if !over || heard[id].State != burnin.Passed {
		t.Errorf("the other job is %s, over: %v", heard[id].State, over)
	}
}
