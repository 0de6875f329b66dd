package runner_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/runner"
	"burnish/backend/runner/port"
	"burnish/backend/wire"
)

// systemd is a machine whose service manager ends a job's unit by SIGTERM and, a minute later, by SIGKILL.
type systemd struct {
	*machine
	asked  int      // how often it was told to stop the job's units
	killed [][]byte // the journals of a run that it killed
}

func (s *systemd) service() *runner.Service {
	svc := s.machine.service()
	svc.Supervisor = s
	return svc
}

func (s *systemd) Cancel(context.Context, string, int) error {
	s.asked++
	s.killAll()
	time.AfterFunc(time.Minute, func() {
		lock := filepath.Join(s.dir, "jobs", testJob, "lock")
		if held, err := s.Held(lock); err != nil || !held {
			return
		}
		s.killed = s.journals(testJob)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.locks, lock)
	})
	return nil
}

// silentChild is badblocks on a drive that does not answer: nothing ends it before the drive does.
type silentChild struct{ done chan struct{} }

func (c silentChild) PID() int              { return 4711 }
func (c silentChild) Done() <-chan struct{} { return c.done }
func (c silentChild) Ended() (bool, string) { <-c.done; return false, "signal: killed" }
func (c silentChild) Pause(bool)            {}
func (c silentChild) Kill()                 {}

func TestAStopWaitsForTheDriveAlsoUnderAServiceManagerThatWouldKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &systemd{machine: newMachine(t)}
		m.poll = time.Second
		d := m.addDrive("SILENT", 64*mib)
		begun := make(chan struct{})
		m.badblocks = func(*memoryDrive, port.Spawn) (port.Process, error) {
			c := silentChild{make(chan struct{})}
			time.AfterFunc(10*time.Minute, func() { close(c.done) }) // its error handling comes to an end
			close(begun)
			return c, nil
		}
		if _, err := m.service().Start(context.Background(), order(d, classicPlan())); err != nil {
			t.Fatal(err)
		}
		<-begun
		for range 3 { // a person who is told that it is not stopped asks again
			reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob, By: "somebody"})
			if reply.Stopped || !isReason(err, "not_stopped") || !strings.Contains(err.Error(),
				"the drive does not answer") {
				t.Errorf("badblocks hangs on the drive, and the stop says %+v, %v", reply, err)
			}
		}
		m.wait.Wait()
		if m.asked > 0 || m.killed != nil {
			t.Errorf("the service manager was asked %d times, and killed the run: %v", m.asked, m.killed != nil)
		}
		job := foldRaw(t, m.journals(testJob), nil)
		ends(t, job, burnin.Cancelled, "stopped_by_person")
		if !warned(job, "stop_waits") {
			t.Errorf("nothing says for what the stop waited: %s", asJSON(t, job.Warnings))
		}
		if reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob}); err != nil ||
			!reply.Stopped {
			t.Errorf("the stop after the end: %+v, %v", reply, err)
		}
	})
}

func TestAKilledRunThatWouldBeBroughtBackIsKeptFromIt(t *testing.T) {
	m := &systemd{machine: newMachine(t)}
	d := m.addDrive("BACK", 40*mib)
	if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
		t.Fatal(err)
	}
	m.wait.Wait()
	// Its journal as it is when the runner was killed in the middle.
	raw := m.journals(testJob)[0]
	cut := raw[:bytes.LastIndexByte(raw[:len(raw)/2], '\n')+1]
	if err := os.WriteFile(filepath.Join(m.dir, "jobs", testJob, "run-1.ndjson"), cut, 0o600); err != nil {
		t.Fatal(err)
	}
	reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: testJob, By: "somebody"})
	if err != nil || !reply.Stopped || m.asked != 1 {
		t.Errorf("%+v, %v, the service manager was asked %d times", reply, err, m.asked)
	}
}
