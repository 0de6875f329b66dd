package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/unlock"
	"burnish/backend/wire"
)

// Phase says what the NAS knows of an intent. It only moves forward.
type Phase string

// The phases.
const (
	Asked Phase = "asked" // the intent is stored; the NAS was not asked, or has not answered
	There Phase = "there" // the NAS has the job
	Gone  Phase = "gone"  // cleaned from the NAS; the mirror is kept
)

// Job is one row of the index.
type Job struct {
	ID        string
	ProfileID string // empty once the profile was removed
	NAS       string // the profile's name when the job was made
	DriveID   string
	Plan      string          // its name
	Request   json.RawMessage // the frozen intent: what is asked of the NAS
	Phase     Phase
	State     burnin.State // of the last fold
	Reason    *reason.Said
	CreatedMs int64
	EndedMs   int64
	Grant     string // AddIntents: the grant to spend on it; empty in all that is read
	Adopted   bool   // another computer started it

	Observation *burnin.Observation // nil until the NAS was seen
	SeenMs      int64               // when, by this computer's clock
}

// Limits in bytes of what a drive or a person names.
const (
	maxDriveID = 512
	maxPlan    = 256
)

// wrongClock is how far apart the clocks of two processes of this computer never are.
const wrongClock = 2 * time.Minute

// notEnded is the SQL for jobs that have not ended.
const notEnded = `state IN ('` + string(burnin.Queued) + `', '` + string(burnin.Running) + `')`

// selectJob must name the columns in the order of scanJob.
const selectJob = `SELECT id, ifnull(profile_id, ''), nas, drive_id, plan, request, phase, state, reason, created_ms, ended_ms,
	observation, seen_ms, adopted FROM jobs`

func scanJob(row scanner) (j Job, err error) {
	var request string
	var said, seen sql.NullString
	err = row.Scan(&j.ID, &j.ProfileID, &j.NAS, &j.DriveID, &j.Plan, &request, &j.Phase, &j.State, &said, &j.CreatedMs,
		&j.EndedMs,
		&seen, &j.SeenMs, &j.Adopted)
	if err != nil {
		return Job{}, err
	}
	j.Request = json.RawMessage(request)
	if said.Valid {
		if err := json.Unmarshal([]byte(said.String), &j.Reason); err != nil {
			return Job{}, fmt.Errorf("the reason of job %s: %w", j.ID, err)
		}
	}
	if seen.Valid {
		if err := json.Unmarshal([]byte(seen.String), &j.Observation); err != nil {
			return Job{}, fmt.Errorf("the observation of job %s: %w", j.ID, err)
		}
	}
	return j, nil
}

// AddIntents stores new jobs, all or none, in phase asked and state queued; when it returns nil they are on the disk.
// Of each job ID, ProfileID, DriveID, Plan, Request, CreatedMs and Adopted are taken; NAS becomes the profile's name. A
// job that is there with the same request is left as it is; with another request the call fails. no_such_nas if a
// profile is gone. New grants are stored with them, and a job's Grant, where it has one, is spent, all in the same
// transaction: no_such_grant or grant_expired if that cannot be.
func (s *Store) AddIntents(ctx context.Context, jobs []Job, fresh ...unlock.Grant) error {
	for _, j := range jobs {
		if err := j.check(); err != nil {
			return err
		}
	}
	return s.change(ctx, "store the intents", func(tx *sql.Tx) error {
		if err := s.addGrants(ctx, tx, fresh); err != nil {
			return err
		}
		for _, j := range jobs {
			if err := s.addIntent(ctx, tx, j); err != nil {
				return err
			}
			if j.Grant == "" {
				continue
			}
			if err := s.spend(ctx, tx, j.Grant, j.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func (j Job) check() error {
	switch {
	case !burnin.ValidID(j.ID):
		return fmt.Errorf("%q cannot be a job's id", j.ID)
	case j.DriveID == "" || len(j.DriveID) > maxDriveID:
		return fmt.Errorf("job %s: a drive's id has 1 to %d bytes, not %d", j.ID, maxDriveID, len(j.DriveID))
	case len(j.Plan) > maxPlan:
		return fmt.Errorf("job %s: a plan's name has at most %d bytes, not %d", j.ID, maxPlan, len(j.Plan))
	case len(j.Request) > wire.MaxJobRequest || !json.Valid(j.Request):
		return fmt.Errorf("job %s: the request must be JSON of at most %d bytes", j.ID, wire.MaxJobRequest)
	}
	return nil
}

func (s *Store) addIntent(ctx context.Context, tx *sql.Tx, j Job) error {
	p, err := s.profile(ctx, tx, `WHERE id = ?`, j.ProfileID)
	if err != nil {
		return err
	}
	done, err := tx.ExecContext(ctx, `INSERT INTO jobs (id, profile_id, nas, drive_id, plan, request, phase, state, created_ms, ended_ms, seen_ms, adopted)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?) ON CONFLICT (id) DO NOTHING`,
		j.ID, p.ID, p.Name, j.DriveID, j.Plan, string(j.Request), Asked, burnin.Queued, j.CreatedMs, j.Adopted)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); n == 1 || err != nil {
		return err
	}
	there, err := s.job(ctx, tx, j.ID)
	if err != nil {
		return err
	}
	if there.ProfileID != j.ProfileID || there.DriveID != j.DriveID || !bytes.Equal(there.Request, j.Request) {
		return fmt.Errorf("job %s is there already with another request", j.ID)
	}
	return nil
}

// SetThere notes that the NAS has the job: no_such_job.
func (s *Store) SetThere(ctx context.Context, id string) error {
	return s.update(ctx, id, `UPDATE jobs SET phase = ? WHERE id = ? AND phase = ?`, There, id, Asked)
}

// SetGone notes that the job was cleaned from the NAS: no_such_job.
func (s *Store) SetGone(ctx context.Context, id string) error {
	return s.update(ctx, id, `UPDATE jobs SET phase = ? WHERE id = ?`, Gone, id)
}

// SaveFold caches what a job's journals amount to; said may be nil only for queued, running and passed. The same fold
// saved again changes nothing. A job that passed, failed or was cancelled never runs again: a fold of an older mirror
// that says so is passed over. With a fold that has ended what tells its end is stored, in the same transaction; one
// that goes on withdraws what tells an end and was not told. no_such_job.
func (s *Store) SaveFold(ctx context.Context, id string, state burnin.State, said *reason.Said, endedMs int64,
	ends ...Edge) error {
	var text sql.NullString
	if said != nil {
		line, err := json.Marshal(said)
		if err != nil {
			return fmt.Errorf("the reason of job %s: %w", id, err)
		}
		text = sql.NullString{String: string(line), Valid: true}
	}
	for _, e := range ends {
		if err := e.check(); err != nil {
			return err
		}
	}
	return s.updateThen(ctx, id, func(tx *sql.Tx) error {
		if !state.Ended() {
			return goesOn(ctx, tx, id)
		}
		return ended(ctx, tx, id, ends)
	}, `UPDATE jobs SET state = ?, reason = ?, ended_ms = ? WHERE id = ? AND (? OR state = ? OR `+notEnded+`)`,
		state, text, endedMs, id, state.Ended(), burnin.Unknown)
}

// SaveObservation keeps what was seen of the job's newest run at seenMs of this computer's clock, unless something
// newer is kept already: no_such_job. What was seen far in the future was seen by a clock that has been set right
// since.
func (s *Store) SaveObservation(ctx context.Context, id string, obs burnin.Observation, seenMs int64) error {
	line, err := json.Marshal(obs)
	if err != nil {
		return fmt.Errorf("the observation of job %s: %w", id, err)
	}
	return s.update(ctx, id, `UPDATE jobs SET observation = ?1, seen_ms = ?2 WHERE id = ?3 AND (seen_ms <= ?2 OR seen_ms > ?2 + ?4)`, string(line), seenMs, id, wrongClock.Milliseconds())
}

// SeenMs is when this computer last saw anything of a NAS: a job of it, or that it was asked for one; 0 for never.
func (s *Store) SeenMs(ctx context.Context, profileID string) (ms int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT ifnull(max(max(seen_ms), max(created_ms)), 0) FROM jobs WHERE profile_id = ?`,
		profileID).Scan(&ms)
	return ms, s.explain("list the jobs", err)
}

// update changes one job. That its row no longer allows the change is no error; that there is no such job is one.
func (s *Store) update(ctx context.Context, id, query string, args ...any) error {
	return s.updateThen(ctx, id, func(*sql.Tx) error { return nil }, query, args...)
}

// updateThen changes one job, and where it did what belongs to that, in the same transaction.
func (s *Store) updateThen(ctx context.Context, id string, then func(*sql.Tx) error, query string, args ...any) error {
	return s.change(ctx, "save job "+id, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil {
			return err
		} else if n == 1 {
			return then(tx)
		}
		_, err = s.job(ctx, tx, id)
		return err
	})
}

// Job finds a job by its whole id: no_such_job.
func (s *Store) Job(ctx context.Context, id string) (Job, error) {
	return s.job(ctx, s.read, id)
}

func (s *Store) job(ctx context.Context, from asker, id string) (Job, error) {
	j, err := scanJob(from.QueryRowContext(ctx, selectJob+` WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Job{}, reason.New(reason.NoSuchJob, "job", id)
	}
	return j, s.explain("read job "+id, err)
}

// MinPrefix is how many characters of a job's id a person must give.
const MinPrefix = 4

// FindJob finds the job whose id begins with prefix: no_such_job, or wrong_use if prefix is too short or fits several.
func (s *Store) FindJob(ctx context.Context, prefix string) (Job, error) {
	if len(prefix) < MinPrefix {
		return Job{}, reason.New(reason.WrongUse, "what", fmt.Sprintf("%q is too short for a job", prefix),
			"hint", fmt.Sprintf("Give at least %d characters of the job's id; burnish jobs lists them.", MinPrefix)).
			AtWindow("Choose the job in the table.")
	}
	// substr counts characters and knows no wildcards.
	found, err := list(ctx, s, "find job "+prefix, scanJob,
		selectJob+` WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 3`, prefix)
	switch {
	case err != nil:
		return Job{}, err
	case len(found) == 0:
		return Job{}, reason.New(reason.NoSuchJob, "job", prefix)
	case len(found) == 1 || found[0].ID == prefix:
		return found[0], nil
	}
	return Job{}, reason.New(reason.WrongUse, "what", fmt.Sprintf("%s fits more than one job: %s, %s", prefix,
		found[0].ID, found[1].ID),
		"hint", "Give more characters of the job's id.")
}

// Filter chooses jobs; its zero value chooses all.
type Filter struct {
	NAS      string // by name, without regard to case; also that of a removed profile
	NotEnded bool
}

// Jobs lists jobs, the oldest first.
func (s *Store) Jobs(ctx context.Context, f Filter) ([]Job, error) {
	return list(ctx, s, "list the jobs", scanJob,
		selectJob+` WHERE (?1 = '' OR nas = ?1 COLLATE NOCASE) AND (NOT ?2 OR `+notEnded+`) ORDER BY created_ms, id`, f.NAS, f.NotEnded)
}

// Live lists the jobs to ask a NAS about, the oldest first: they have not ended and are not gone from it.
func (s *Store) Live(ctx context.Context) ([]Job, error) {
	return list(ctx, s, "list the live jobs", scanJob,
		selectJob+` WHERE `+notEnded+` AND phase <> ? ORDER BY created_ms, id`, Gone)
}
