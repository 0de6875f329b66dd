package jobs

import (
	"reflect"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas/mirror"
	"burnish/backend/store"
)

// folds are the jobs that this process has folded and that may go on, each with how far.
type folds struct {
	mu   sync.Mutex
	jobs map[string]*growing
}

// growing is one of them.
type growing struct {
	mu    sync.Mutex // held while it is folded
	fold  *mirror.Cursor
	began bool // something was folded
}

func (f *folds) of(m mirror.Mirror, id string) *growing {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.jobs[id]
	if g == nil {
		g = &growing{fold: m.Cursor(id)}
		if f.jobs == nil {
			f.jobs = map[string]*growing{}
		}
		f.jobs[id] = g
	}
	return g
}

func (f *folds) forget(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.jobs, id)
}

// noteEvery is how often it is noted in the index that a job goes on, where only its live figures are others: other
// processes of this computer see them with that age, and how old they are.
const noteEvery = 15 * time.Second

// sights are what this process has seen of jobs at work since the index was told.
type sights struct {
	mu   sync.Mutex
	jobs map[string]burnin.Observation
}

// keep keeps an observation, if it says no more than the one in the index but how far the job is, and that is not old.
func (s *sights) keep(row store.Job, obs burnin.Observation, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := now.Sub(time.UnixMilli(row.SeenMs))
	if was := row.Observation; !obs.LockHeld || was == nil || since < 0 || since >= noteEvery ||
		!reflect.DeepEqual(lasting(*was), lasting(obs)) {
		delete(s.jobs, row.ID)
		return false
	}
	if s.jobs == nil {
		s.jobs = map[string]burnin.Observation{}
	}
	s.jobs[row.ID] = obs
	return true
}

// lasting is what an observation says beside when it was made and how far the job was.
func lasting(obs burnin.Observation) burnin.Observation {
	obs.SeenMs, obs.UpMs, obs.Live = 0, 0, nil
	return obs
}

// newest gives a row of the index with what was seen since.
func (s *sights) newest(row store.Job) store.Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	if obs, is := s.jobs[row.ID]; is && obs.SeenMs >= row.SeenMs {
		row.Observation, row.SeenMs = &obs, obs.SeenMs
	}
	return row
}
