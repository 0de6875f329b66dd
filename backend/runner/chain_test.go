package runner_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// chained checks the chain over a job's journals as they lie there.
func (m *machine) chained(job string) wire.Chained {
	m.t.Helper()
	var runs []io.Reader
	for _, raw := range m.journals(job) {
		runs = append(runs, bytes.NewReader(raw))
	}
	var undo io.Reader
	if raw, err := os.ReadFile(filepath.Join(m.dir, "jobs", job, wire.UndoJournal)); err == nil {
		undo = bytes.NewReader(raw)
	}
	c, err := wire.CheckChain(runs, undo)
	if err != nil {
		m.t.Errorf("the chain of job %s: %v", job, err)
	}
	return c
}

// unlink makes of a run's journal what a runner of before links would have written, with the rest of a line behind it.
func unlink(t *testing.T, raw []byte) []byte {
	t.Helper()
	events, err := wire.DecodeJournal(raw)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, ev := range events {
		ev.Link = ""
		line, err := wire.EncodeEvent(ev)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, line...)
	}
	return append(out, `{"seq":`...)
}

func TestEachLineOfAResumedJobBearsItsLink(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("CHAIN", 40*mib)
	m.breakOff(d, stampPlan(), func(c faultdev.Counts) bool { return c.BytesRead > firstActReads+20*mib })
	broken := m.chained(testJob)
	if job := m.resume(); job.State != burnin.Passed {
		t.Fatal(job.Reason)
	}
	c := m.chained(testJob)
	if broken.Linked != broken.Lines || c.Linked != c.Lines || c.Lines <= broken.Lines || c.Link == broken.Link {
		t.Errorf("%+v, and resumed %+v", broken, c)
	}
}

// TestAJobThatAnOlderRunnerBeganIsChainedFromTheNextRunOn: what that wrote is hashed as a whole.
func TestAJobThatAnOlderRunnerBeganIsChainedFromTheNextRunOn(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("OLDER", 40*mib)
	m.breakOff(d, stampPlan(), func(c faultdev.Counts) bool { return c.BytesRead > firstActReads+20*mib })
	m.rewriteJournal(1, func(raw []byte) []byte { return unlink(t, raw) })
	if job := m.resume(); job.State != burnin.Passed {
		t.Fatal(job.Reason)
	}
	c := m.chained(testJob)
	if c.Linked == 0 || c.Linked == c.Lines {
		t.Errorf("%+v", c)
	}
	raw := m.journals(testJob)
	forged := bytes.Replace(raw[0], []byte(`"kind":"running"`), []byte(`"kind":"runninG"`), 1)
	if _, err := wire.CheckChain([]io.Reader{bytes.NewReader(forged), bytes.NewReader(raw[1])}, nil); err == nil {
		t.Error("nobody is told that the older run was changed")
	}
}

// TestAnUndoIsChainedToItsJob: by the head of the first run, whichever runner has written there before.
func TestAnUndoIsChainedToItsJob(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("BACK", 40*mib)
	d.used(t, unlabelled)
	m.cutInGrace(granted(d, unlabelled))
	if err := m.undo(); err != nil {
		t.Fatal(err)
	}
	c := m.chained(testJob)
	if c.Undo == "" || c.Linked != c.Lines {
		t.Errorf("%+v", c)
	}
}
