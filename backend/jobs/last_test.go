package jobs

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// What a hint calls impossible is not taken, and what is taken, no hint calls impossible.
func TestWhatNeedsANewJobIsNotResumed(t *testing.T) {
	for _, e := range reason.All() {
		if e.Kind != reason.Doubt && e.Kind != reason.Refusal && e.Kind != reason.Fault {
			continue
		}
		err := resumable(burnin.Job{ID: "j", State: burnin.Unknown, Reason: reason.New(e.Code), NAS: "box"})
		if reason.CodeOf(err) == "needs_new_job" != strings.Contains(e.Hint, "new job") && e.Code != "never_begun" {
			t.Errorf("%s: %v, and its hint is: %s", e.Code, err, e.Hint)
		}
	}
	var why *reason.Said
	err := resumable(burnin.Job{ID: "j", State: burnin.Unknown, Reason: reason.New("foreign_writes", "foreign", 8),
		NAS: "box"})
	if !errors.As(err, &why) || !strings.Contains(why.Hint, "Start a new job") || !strings.Contains(why.Text,
		"8 sectors were written") {
		t.Errorf("%+v", why)
	}
	if err := resumable(burnin.Job{State: burnin.Unknown, Reason: reason.New("nas_restarted")}); err != nil {
		t.Error(err)
	}
	if err := resumable(burnin.Job{State: burnin.Cancelled, Reason: reason.New("stopped_by_person")}); reason.CodeOf(err) !=
		reason.CannotResume {
		t.Error(err)
	}
}

// TestTheLastWordOnADriveAndItsStages writes two ended jobs of one drive into the mirror.
func TestTheLastWordOnADriveAndItsStages(t *testing.T) {
	ctx := t.Context()
	s, p := boxService(t)
	id := drive.Identity{Serial: "S", SizeBytes: 512}
	plan, _ := burnin.PlanNamed("quick")
	for i, job := range []struct {
		id    string
		state burnin.State
		why   string
	}{{"aaaaaaaaaaaaaaaaaaaa", burnin.Cancelled, "stopped_by_person"}, {"bbbbbbbbbbbbbbbbbbbb", burnin.Unknown,
		"told_to_end"}, {"cccccccccccccccccccc", burnin.Running, ""}} {
		events := []struct {
			kind burnin.EventKind
			data any
		}{
			{burnin.EvHead, burnin.Head{Format: 1, MinReader: 1, Job: job.id, Run: 1, CreatedMs: int64(i + 1),
				NAS: burnin.NAS{MachineID: "m1"}, Drive: id, Plan: plan}},
			{burnin.EvRunning, nil},
			{burnin.EvEnd, burnin.End{State: job.state, Reason: reason.New(reason.Code("told_to_end"))}},
		}
		if job.why == "" {
			events = events[:2]
		} else {
			events[2].data = burnin.End{State: job.state, Reason: reason.New(reason.Code(job.why))}
		}
		var data []byte
		for n, e := range events {
			raw, err := json.Marshal(e.data)
			if err != nil {
				t.Fatal(err)
			}
			line, err := wire.EncodeEvent(burnin.Event{Seq: int64(n + 1), WallMs: int64(10*i + n), Kind: e.kind,
				Data: raw})
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, line...)
		}
		if _, err := s.mirror.Write(wire.Data{Job: job.id, File: "run-1.ndjson", Bytes: data}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.restore(ctx, p); err != nil {
		t.Fatal(err)
	}
	last, err := s.Last(ctx, []string{id.ID(), "another@"})
	if err != nil {
		t.Fatal(err)
	}
	newest := last[id.ID()]
	if len(last) != 1 || newest.State != burnin.Unknown || newest.ID == "aaaaaaaaaaaaaaaaaaaa" {
		t.Fatalf("the last word is of %s: %s", newest.ID, newest.State)
	}
	for _, job := range []string{"aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb"} { // in whichever state it ended
		j, err := s.View(ctx, job)
		if err != nil {
			t.Fatal(err)
		}
		for _, stage := range j.Stages {
			if stage.State != burnin.Skipped || stage.Reason == nil || stage.Reason.Code != "never_reached" {
				t.Errorf("%s ended as %s, and its stage %s is %s", job, j.State, stage.Kind, stage.State)
			}
		}
	}
}
