// Package jobs is the desktop's orchestrator: it starts, watches, stops, resumes and adopts jobs on saved NAS, and
// shows them.
//
// Its rules:
//   - What a job is comes from the mirror of its journals and the last observation, by burnin.Fold. The store's state
//     is a cache for lists; View never believes it over the journals.
//   - The intent is stored before the NAS is asked. A start that was cut off is asked again only by the process that
//     began it; any other process only looks whether the NAS has the job.
//   - A NAS that cannot be reached changes no job. Watch tries again for ever; Refresh gives up at its deadline and
//     leaves the old view with its age.
//   - Attaching for the first time, after a week, or from another computer is the same code: follow from the mirror's
//     cursors.
//
// A NAS is named by the id of its profile; ProfileNamed finds it by the name that a person gave it.
//
// A Service is safe for concurrent use. Several processes may work on one data directory at once.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/credentials"
	"burnish/backend/nas"
	"burnish/backend/nas/link"
	"burnish/backend/nas/mirror"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/store"
	"burnish/backend/surface"
	"burnish/backend/wire"
)

// Service is all that the window and the command line do with jobs.
type Service struct {
	Dial   func(ctx context.Context, t nas.Target) (*nas.Conn, error) // logs in; puts nothing on the NAS
	Now    func() time.Time
	Random io.Reader
	Who    string // who asks, for the audit trail and stop requests: user@host

	store   *store.Store
	mirror  mirror.Mirror
	foldDir string               // where jobs that have ended are kept folded; empty for nowhere
	logins  credentials.Provider // what answers when a login asks

	auto  attempts
	kept  retained
	folds folds
	seen  sights
	conns connPool

	stored storedEdges

	systems sync.Map // profile id: what the machine called its system when it was last logged in to
}

// System is what a NAS calls its system, as of the last login of this process; empty before the first, and where it
// does not say.
func (s *Service) System(profileID string) string {
	name, _ := s.systems.Load(profileID)
	text, _ := name.(string)
	return text
}

// target says how to dial a profile.
func (s *Service) target(p profile.Profile) nas.Target {
	t := nas.Target{
		Target: link.Target{
			Name: p.Name, Host: p.Host, Port: p.Port, User: p.User, KeyFile: p.KeyFile, Agent: p.Agent,
			Password: p.Password, HostKey: p.HostKey, LegacyAlgorithms: p.Legacy,
			Ask: func(ctx context.Context, q link.Question) (string, error) { return s.logins.Answer(ctx, p, q) },
		},
		Sudo: nas.Sudo(p.Sudo), MachineID: p.MachineID, StateDir: p.StateDir,
		SudoPassword: func(ctx context.Context) (string, error) { return s.logins.Sudo(ctx, p) },
	}
	if p.Jump != (profile.Jump{}) {
		t.Jump = &link.Jump{Host: p.Jump.Host, Port: p.Jump.Port, User: p.Jump.User, HostKey: p.Jump.HostKey}
	}
	return t
}

// open dials a NAS and makes sure that the runner is there.
func (s *Service) open(ctx context.Context, p profile.Profile) (*nas.Conn, error) {
	c, err := s.dial(ctx, p)
	if err != nil {
		return nil, err
	}
	if _, err := c.Deploy(ctx); err != nil {
		s.logins.Refused(ctx, p, err)
		return nil, errors.Join(err, s.release(c))
	}
	s.logins.Accepted(ctx, p, secret.Sudo)
	return c, nil
}

// connect opens a saved NAS.
func (s *Service) connect(ctx context.Context, id string) (*nas.Conn, profile.Profile, error) {
	p, err := s.Profile(ctx, id)
	if err != nil {
		return nil, p, err
	}
	c, err := s.open(ctx, p)
	return c, p, err
}

// survey connects and reads which drives are there now. The connection is the caller's to release where err is nil.
func (s *Service) survey(ctx context.Context, id string) (*nas.Conn, profile.Profile, []wire.DriveRow, error) {
	c, p, err := s.connect(ctx, id)
	if err != nil {
		return nil, p, nil, err
	}
	rows, err := c.Inventory(ctx, lookAt(p))
	if err != nil {
		return nil, p, nil, errors.Join(err, s.release(c))
	}
	return c, p, rows, nil
}

// ofJob opens the NAS that has the job.
func (s *Service) ofJob(ctx context.Context, prefix string) (*nas.Conn, store.Job, error) {
	j, err := s.store.FindJob(ctx, prefix)
	if err != nil {
		return nil, j, err
	}
	p, err := s.store.ProfileByID(ctx, j.ProfileID)
	if err != nil {
		return nil, j, reason.New(reason.NoSuchNAS, "nas", j.NAS)
	}
	c, err := s.open(ctx, p)
	return c, j, err
}

// View folds a job from its mirror and what was last seen of it.
func (s *Service) View(ctx context.Context, id string) (burnin.Job, error) {
	j, err := s.store.FindJob(ctx, id)
	if err != nil {
		return burnin.Job{}, err
	}
	return s.view(j)
}

func (s *Service) view(j store.Job) (burnin.Job, error) {
	j = s.seen.newest(j)
	job, err := s.fold(j.ID, j.Observation)
	if reason.CodeOf(err) == reason.NewerData || reason.CodeOf(err) == reason.JournalForeign {
		return job, err
	}
	if err == nil && len(job.Runs) > 0 && job.Identity.ID() != j.DriveID {
		job.Warnings = append(job.Warnings, *reason.New(reason.JournalForeign, "job", j.ID,
			"of", "another drive, "+job.Identity.ID()))
	}
	if err != nil {
		return job, reason.New(reason.MirrorDamaged, "job", j.ID, "error", err)
	}
	job.NAS, job.SeenMs = j.NAS, j.SeenMs
	if len(job.Runs) == 0 {
		err = asked(&job, j)
	}
	return job.Told(), err
}

// asked shows a job of which only the intent is known.
func asked(job *burnin.Job, j store.Job) error {
	req, err := requestOf(j)
	if err != nil {
		return fmt.Errorf("the intent of job %s is damaged: %w", j.ID, err)
	}
	job.ID, job.Plan, job.Spec, job.CreatedMs = j.ID, j.Plan, req.Plan, j.CreatedMs
	job.Drive, job.Identity = burnin.DriveOf(req.Drive, ""), req.Drive
	for _, spec := range req.Plan.Stages {
		job.Stages = append(job.Stages, burnin.Stage{Kind: spec.Kind, Engine: spec.Engine, State: burnin.Pending,
			BadRanges: []surface.Range{}})
	}
	switch obs := j.Observation; {
	case j.State.Ended() && j.Reason != nil && !derived[j.Reason.Code]: // the NAS refused it
		job.State, job.Reason, job.EndedMs = j.State, j.Reason, j.EndedMs
		return nil
	case obs == nil || !obs.Missing || obs.Untouched:
		return nil
	case j.Phase == store.Asked && obs.Last == nil && obs.Run == 0:
		job.Reason = burnin.Unanswered(req.Plan)
	default:
		job.Reason = burnin.Removed(req.Plan, obs.Last)
	}
	job.Grant = req.Grant // which was spent on it
	return nil
}

// derived are the reasons that follow from what is known of a job without a line: they are found anew each time.
var derived = map[reason.Code]bool{reason.NeverBegun: true, reason.RecordRemoved: true, reason.StartUnanswered: true}

// List shows all jobs, or those of one NAS, the oldest first. One whose copy cannot be read is shown as the index last
// knew it, with why as its reason.
func (s *Service) List(ctx context.Context, name string) ([]burnin.Job, error) {
	rows, err := s.store.Jobs(ctx, store.Filter{NAS: name})
	if err != nil {
		return nil, err
	}
	jobs := make([]burnin.Job, 0, len(rows))
	for _, row := range rows {
		job, err := s.view(row)
		var why *reason.Said
		if errors.As(err, &why) {
			job = burnin.Job{ID: row.ID, NAS: row.NAS, Plan: row.Plan, Drive: burnin.Drive{ID: row.DriveID},
				State:  row.State,
				Reason: why, CreatedMs: row.CreatedMs, EndedMs: row.EndedMs, SeenMs: row.SeenMs}
			err = nil
		}
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// askedFor is how long the process that stored an intent may take to ask the NAS; until then a job that is missing
// there is not given up by others.
const askedFor = 2 * time.Minute

// saw keeps what was seen of a job, folds it, and caches the fold.
func (s *Service) saw(ctx context.Context, id string, st *wire.JobStatus) (burnin.Job, error) {
	row, err := s.store.Job(ctx, id)
	if err != nil {
		return burnin.Job{}, err
	}
	now, firstLook := s.Now(), row.Observation == nil
	if early := row.Phase == store.Asked && now.Sub(time.UnixMilli(row.CreatedMs)) < askedFor; st != nil &&
		!(st.Missing && early && st.Last == nil) {
		obs, err := s.mirror.Observe(*st, now.UnixMilli())
		if err != nil {
			return burnin.Job{}, err
		}
		if !st.LockHeld && obs.Complete && !noted(row.Observation, obs) {
			// A crash of this computer must not leave the word that all is here and take a part of it.
			if err := s.mirror.Sync(id); err != nil {
				return burnin.Job{}, err
			}
		}
		if !st.LockHeld && obs.Complete && now.Sub(time.UnixMilli(row.CreatedMs)) >= askedFor {
			obs.Missing = obs.Missing || !s.mirror.Begun(id) // its directory is there, and no run of it has said a word
		}
		if was := row.Observation; obs.Missing && was != nil { // what was seen once stays known
			obs.Run = max(obs.Run, was.Run)
			if obs.Last == nil {
				obs.Last = was.Last
			}
		}
		if obs.Missing && obs.Last == nil {
			if obs.Untouched, err = s.untouched(ctx, row, *st); err != nil {
				return burnin.Job{}, err
			}
		}
		if !s.seen.keep(row, obs, now) {
			if err := s.store.SaveObservation(ctx, id, obs, now.UnixMilli()); err != nil {
				return burnin.Job{}, err
			}
			if row, err = s.store.Job(ctx, id); err != nil {
				return burnin.Job{}, err
			}
		}
	}
	job, err := s.view(row)
	if reason.CodeOf(err) == reason.MirrorDamaged && row.Phase == store.There {
		return job, errors.Join(err, s.mirror.Drop(id)) // the next follow fetches it whole
	}
	if err != nil {
		return job, err
	}
	if err := s.troubles(ctx, row, job); err != nil {
		return job, err
	}
	if job.State == row.State && codeOf(job.Reason) == codeOf(row.Reason) && !(row.Reason != nil &&
		derived[row.Reason.Code]) {
		return job, nil
	}
	ends, err := s.endOf(ctx, row, job, row.Adopted && firstLook)
	if err != nil {
		return job, err
	}
	return job, s.store.SaveFold(ctx, id, job.State, job.Reason, job.EndedMs, ends...)
}

func codeOf(s *reason.Said) reason.Code {
	if s == nil {
		return ""
	}
	return s.Code
}

// untouched reports whether it is known that no run of a job which its NAS does not have ever began: this computer
// never asked for it, or never had an answer and finds the request there as it was put, without a run. That the NAS has
// nothing of it says nothing: somebody may have removed it, or its state directory is not there today.
func (s *Service) untouched(ctx context.Context, row store.Job, st wire.JobStatus) (bool, error) {
	if row.Phase != store.Asked || row.Observation != nil && row.Observation.Run > 0 {
		return false, nil
	}
	if !st.Missing && !st.Forbidden && st.Run == 0 {
		return true, nil
	}
	sent, err := s.store.Audited(ctx, "start", row.ID)
	return err == nil && sent == 0, err
}

// noted reports whether it is kept already that the end of the same run is here whole.
func noted(before *burnin.Observation, obs burnin.Observation) bool {
	return before != nil && before.Run == obs.Run && before.Complete && !before.LockHeld
}

func (s *Service) audit(ctx context.Context, what string, j store.Job, text string) error {
	return s.store.Audit(ctx, store.AuditEntry{What: what, ProfileID: j.ProfileID, Job: j.ID, DriveID: j.DriveID,
		Text: s.Who + ": " + text})
}
