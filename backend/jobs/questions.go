package jobs

import (
	"context"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/credentials"
	"burnish/backend/notify"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/store"
)

// What the window and the command line ask of the index and of the copies.

// Profiles lists the saved NAS by name.
func (s *Service) Profiles(ctx context.Context) ([]profile.Profile, error) {
	return s.store.Profiles(ctx)
}

// Profile finds a saved NAS by its id: no_such_nas.
func (s *Service) Profile(ctx context.Context, id string) (profile.Profile, error) {
	p, err := s.store.ProfileByID(ctx, id)
	if reason.CodeOf(err) == reason.NoSuchNAS {
		return p, reason.New(reason.NoSuchNAS, "nas", id)
	}
	return p, err
}

// ProfileNamed finds a saved NAS by its name, without regard to case: no_such_nas.
func (s *Service) ProfileNamed(ctx context.Context, name string) (profile.Profile, error) {
	return s.store.ProfileNamed(ctx, name)
}

// Find finds a job by its id or the beginning of it: no_such_job, wrong_use if there are several.
func (s *Service) Find(ctx context.Context, prefix string) (store.Job, error) {
	return s.store.FindJob(ctx, prefix)
}

// Row is what the index knows of a job: no_such_job.
func (s *Service) Row(ctx context.Context, id string) (store.Job, error) { return s.store.Job(ctx, id) }

// Rows lists what the index knows of jobs, the oldest first.
func (s *Service) Rows(ctx context.Context, f store.Filter) ([]store.Job, error) {
	return s.store.Jobs(ctx, f)
}

// ToWatch lists the jobs of saved NAS that have not ended, or go on by themselves once they are watched.
func (s *Service) ToWatch(ctx context.Context) ([]store.Job, error) {
	rows, err := s.store.Live(ctx)
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
func (s *Service) Journals(job string) ([][]burnin.Event, error) { return s.mirror.Journals(job) }

// Have gives how many bytes of each file of a job are copied here.
func (s *Service) Have(job string) (map[string]int64, error) { return s.mirror.Have(job) }

// ReadFrom reads the copy of a job's file.
func (s *Service) ReadFrom(job, file string, off int64, limit int) ([]byte, error) {
	return s.mirror.ReadFrom(job, file, off, limit)
}

// Aside names the damaged indexes that were set aside in the data directory, the oldest first.
func (s *Service) Aside() ([]string, error) { return s.store.Aside() }

// AskPerson sets who is asked for a secret that is kept nowhere. It is called before the first login.
func (s *Service) AskPerson(ask func(context.Context, credentials.Question) (secret.Secret, error)) {
	s.logins.Person = ask
}

// UseKeychain sets where secrets are kept, if that is not the keychain of the system. It is called before the first
// login.
func (s *Service) UseKeychain(k credentials.Secrets) { s.logins.Keychain = k }

// Outbox opens what people are told through, and how: its ways are kept in the index in dir, their secrets where those
// of logins are.
func (s *Service) Outbox(dir, version string) *notify.Outbox {
	return notify.Open(s.store, dir, s.logins.Keychain, s.logins.File, version)
}
