package jobs

import (
	"context"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
)

// What the window and the command line ask of the index and of the copies.

// Profiles lists the saved NAS by name.
func (s *Service) Profiles(ctx context.Context) ([]profile.Profile, error) {
	return s.Store.Profiles(ctx)
}

// Profile finds a saved NAS by its id: no_such_nas.
func (s *Service) Profile(ctx context.Context, id string) (profile.Profile, error) {
	p, err := s.Store.ProfileByID(ctx, id)
	if reason.CodeOf(err) == reason.NoSuchNAS {
		return p, reason.New(reason.NoSuchNAS, "nas", id)
	}
	return p, err
}

// ProfileNamed finds a saved NAS by its name, without regard to case: no_such_nas.
func (s *Service) ProfileNamed(ctx context.Context, name string) (profile.Profile, error) {
	return s.Store.ProfileNamed(ctx, name)
}

// Find finds a job by its id or the beginning of it: no_such_job, wrong_use if there are several.
func (s *Service) Find(ctx context.Context, prefix string) (store.Job, error) {
	return s.Store.FindJob(ctx, prefix)
}

// Row is what the index knows of a job: no_such_job.
func (s *Service) Row(ctx context.Context, id string) (store.Job, error) { return s.Store.Job(ctx, id) }

// Rows lists what the index knows of jobs, the oldest first.
func (s *Service) Rows(ctx context.Context, f store.Filter) ([]store.Job, error) {
	return s.Store.Jobs(ctx, f)
}

// ToWatch lists the jobs of saved NAS that have not ended, or go on by themselves once they are watched.
func (s *Service) ToWatch(ctx context.Context) ([]store.Job, error) {
	rows, err := s.Store.Live(ctx)
	if err != nil {
		return nil, err
	}
	broken, err := s.Interrupted(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append(rows, broken...), func(r store.Job) bool { return r.ProfileID == "" }), nil
}

// Journals gives the events of a job's runs, as they are copied here.
func (s *Service) Journals(job string) ([][]burnin.Event, error) { return s.Mirror.Journals(job) }

// Have gives how many bytes of each file of a job are copied here.
func (s *Service) Have(job string) (map[string]int64, error) { return s.Mirror.Have(job) }

// ReadFrom reads the copy of a job's file.
func (s *Service) ReadFrom(job, file string, off int64, limit int) ([]byte, error) {
	return s.Mirror.ReadFrom(job, file, off, limit)
}

// Aside names the damaged indexes that were set aside in the data directory, the oldest first.
func (s *Service) Aside() ([]string, error) { return s.Store.Aside() }
