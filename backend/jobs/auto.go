package jobs

import (
	"context"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// A job goes on without being asked where its profile says so and nothing of it ended but its process: the NAS
// restarted, or the runner was killed. Identity and usage are proven again by the run itself. What speaks of the drive,
// what a person did, and a runner that was told to end on a NAS that did not restart, wait for a person.
const (
	// autoEach and autoWithin bound how often a job is begun again in how much time, by whomever; autoAll is how often
	// Burnish does it for one job.
	autoEach   = 3
	autoWithin = 24 * time.Hour
	autoAll    = 20
	// autoStale is when a job that nobody went on with, though its NAS was up, has been left alone for good.
	autoStale = 7 * 24 * time.Hour
	// shutsDown is how long a NAS that told a job to end may take until it no longer answers.
	shutsDown = 2 * time.Minute
)

// attempts are the runs after which this process has tried to go on with a job: once each.
type attempts struct {
	mu   sync.Mutex
	runs map[string]int // by job
}

// first reports whether nobody tried after so many runs, and notes that somebody does.
func (a *attempts) first(job string, runs int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.runs[job] >= runs {
		return false
	}
	if a.runs == nil {
		a.runs = map[string]int{}
	}
	a.runs[job] = runs
	return true
}

// forget lets a try that did not reach the NAS be made again.
func (a *attempts) forget(job string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.runs, job)
}

// tried reports whether this process has tried after so many runs.
func (a *attempts) tried(job string, runs int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.runs[job] >= runs
}

// interrupted reports whether a job was only broken off, by what is seen of the NAS now, and has not been begun again
// too often lately.
func interrupted(job burnin.Job, bootID string) bool {
	if !brokenOff(job) {
		return false
	}
	if g := job.Grant; g != nil && g.Class == drive.ExportedPool {
		// a NAS that starts imports pools: a hold at that moment would leave the drive's pool without a member
		return false
	}
	if job.Reason.Code == reason.ToldToEnd && job.Runs[len(job.Runs)-1].BootID == bootID {
		return false
	}
	lately := 0
	for _, r := range job.Runs[1:] {
		if time.Duration(job.EndedMs-r.StartedMs)*time.Millisecond < autoWithin {
			lately++
		}
	}
	return lately < autoEach
}

// brokenOff reports whether a job ended by the end of its process alone.
func brokenOff(job burnin.Job) bool {
	if job.State != burnin.Unknown || job.Reason == nil || len(job.Runs) == 0 || job.Spec.ByTrueNAS() {
		return false
	}
	switch job.Reason.Code {
	case reason.NASRestarted, reason.RunnerKilled, reason.ToldToEnd:
		return true
	}
	return false
}

// Interrupted lists the jobs that go on by themselves once their NAS is watched: an earlier process saw them broken off
// and did nothing about it.
func (s *Service) Interrupted(ctx context.Context) ([]store.Job, error) {
	profiles, err := s.store.Profiles(ctx)
	if err != nil {
		return nil, err
	}
	auto := map[string]bool{}
	for _, p := range profiles {
		auto[p.ID] = p.AutoResume
	}
	rows, err := s.store.Jobs(ctx, store.Filter{})
	if err != nil {
		return nil, err
	}
	var found []store.Job
	for _, row := range rows {
		if row.State != burnin.Unknown || row.Phase != store.There || !auto[row.ProfileID] || row.Observation == nil {
			continue
		}
		job, err := s.view(row)
		// Each clock against itself: that of the NAS when it was seen, that of this computer since.
		seen := s.Now().Sub(time.UnixMilli(row.Observation.SeenMs))
		if err == nil && job.LeftFor(*row.Observation)+max(seen, 0) > autoStale {
			continue
		}
		if err != nil || !interrupted(job, row.Observation.BootID) || s.auto.tried(row.ID, len(job.Runs)) {
			continue // what cannot be read is not begun again
		}
		found = append(found, row)
	}
	return found, nil
}

// goesOn reports whether a job that was broken off goes on, or may yet: it stays watched then. The answer of the NAS,
// or the next look, comes by again.
func (w *watch) goesOn(ctx context.Context, job burnin.Job, st wire.JobStatus, again func()) bool {
	if !w.p.AutoResume || !brokenOff(job) {
		return false
	}
	if !interrupted(job, st.BootID) {
		return job.Reason.Code == reason.ToldToEnd && w.mayRestart(job.ID, again)
	}
	runs := len(job.Runs)
	if w.going(job.ID) == runs {
		return true
	}
	if !w.auto.first(job.ID, runs) {
		return false
	}
	w.went(job.ID, runs)
	c := w.conn
	go func() {
		n, err := w.store.Audited(ctx, "auto_resume", job.ID)
		if err == nil && n < autoAll {
			if err = w.audit(ctx, "auto_resume", store.Job{ID: job.ID, ProfileID: w.p.ID, DriveID: job.Identity.ID()},
				string(job.Reason.Code)); err == nil {
				_, err = c.GoOn(ctx, job.ID)
			}
			if err == nil {
				return // the follow tells of the new run
			}
		}
		w.went(job.ID, 0)
		if ctx.Err() != nil {
			w.auto.forget(job.ID) // the connection was lost: what came of it shows on the next one
			return
		}
		again()
	}()
	return true
}

// going gives after how many runs a job was asked to go on and has not been seen to; 0 for none.
func (w *watch) going(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[id]
}

func (w *watch) went(id string, runs int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[id] = runs
}

// mayRestart reports whether a NAS that told a job to end may be about to restart, and has the job looked at again when
// that is over. Once the connection is lost the job is watched until the NAS is back.
func (w *watch) mayRestart(id string, again func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return waits(w.broken, id, shutsDown, again)
}
