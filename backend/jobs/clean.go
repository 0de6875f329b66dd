package jobs

import (
	"context"
	"errors"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// Cleaned is what Clean did.
type Cleaned struct {
	Removed       []string                `json:"removed"`
	Kept          []string                `json:"kept"` // not ended, or not mirrored whole
	Why           map[string]*reason.Said `json:"why"`  // of those that were kept: why, and how to go on
	RunnerRemoved bool                    `json:"runner_removed"`
}

func (c *Cleaned) keep(id string, why *reason.Said) {
	c.Kept, c.Why[id] = append(c.Kept, id), why
}

// keptFor says why a job stays on its NAS.
func keptFor(id, why, hint string) *reason.Said {
	return reason.New(reason.JobKept, "job", id, "why", why, "hint", hint)
}

// Sweep says which jobs go beside those that nobody needs any more.
type Sweep struct {
	Unknown bool // that ended as unknown and may still be resumed
	Forget  bool // that alone know how what they erased is brought back, or that somebody else wrote to their drive
}

// Clean removes from a NAS the jobs that have ended and are mirrored here whole; the runner too if nothing is left of
// which it is needed.
func (s *Service) Clean(ctx context.Context, nasID string, also Sweep) (Cleaned, error) {
	c, p, err := s.connect(ctx, nasID)
	if err != nil {
		return Cleaned{Removed: []string{}, Kept: []string{}, Why: map[string]*reason.Said{}}, err
	}
	defer s.release(c)
	return s.clean(ctx, c, p, wire.CleanRequest{Runner: true, Forget: also.Forget}, func(_ store.Job, job burnin.Job,
		_ wire.JobStatus) bool {
		return also.Unknown || job.State != burnin.Unknown
	})
}

// clean removes, as req says, the jobs that are chosen, of those that have ended and are here whole, and with Runner
// the runner too if nothing is left of which it is needed. Of a job that another computer started a last word stays for
// that one.
func (s *Service) clean(ctx context.Context, c *nas.Conn, p profile.Profile, req wire.CleanRequest,
	chosen func(store.Job, burnin.Job, wire.JobStatus) bool) (Cleaned, error) {
	done := Cleaned{Removed: []string{}, Kept: []string{}, Why: map[string]*reason.Said{}}
	there, err := c.List(ctx)
	if err != nil {
		return done, err
	}
	req.Sums, req.By = map[string]map[string]string{}, s.Who
	for _, st := range there {
		why, err := s.collected(ctx, c, p, st, chosen)
		if err == nil && why == nil { // from then on the only copy is here
			if err = s.mirror.Sync(st.Job); err == nil {
				req.Sums[st.Job], err = s.mirror.Sums(st.Job)
			}
		}
		if err != nil {
			return done, err
		}
		if why != nil {
			done.keep(st.Job, why)
			continue
		}
		req.Jobs = append(req.Jobs, st.Job)
		if sent, err := s.store.Audited(ctx, "start", st.Job); err != nil {
			return done, err
		} else if sent == 0 {
			req.Leave = append(req.Leave, st.Job)
		}
	}
	if req.Runner && !slices.ContainsFunc(there, func(st wire.JobStatus) bool { return st.LockHeld }) {
		if err := c.RemoveOld(ctx); err != nil { // of versions before this one
			return done, err
		}
	}
	if req.Heard, err = s.heard(ctx, c, p, there); err != nil {
		return done, err
	}
	if !req.Runner && len(req.Jobs)+len(req.Heard) == 0 {
		return done, nil
	}
	reply, err := c.Clean(ctx, req)
	if err != nil {
		return done, err
	}
	done.Removed, done.RunnerRemoved = reply.Removed, reply.RunnerRemoved
	for _, id := range reply.Kept {
		if what := reply.Knows[id]; what != "" {
			done.keep(id, keptFor(id, "it alone knows that "+what, "Undo it, or start that drive anew, which "+
				"settles it. To give it up: burnish clean "+p.Name+" --forget").
				AtWindow("Undo it, or start that drive anew, which settles it."))
			continue
		}
		done.keep(id, keptFor(id, "the NAS has begun it again, or what is copied here differs from what lies there",
			"Look at it with burnish show "+id+", which copies what is new; then clean again.").AtWindow(lookFirst))
	}
	for _, id := range slices.Concat(reply.Removed, req.Heard) {
		if err := s.store.SetGone(ctx, id); err != nil {
			return done, err
		}
	}
	return done, s.store.Audit(ctx, store.AuditEntry{What: "clean", Text: s.Who + ": " + p.Name})
}

// heard lists the jobs that were started here and of which the NAS has no more than the last word, once that is kept
// here.
func (s *Service) heard(ctx context.Context, c *nas.Conn, p profile.Profile, there []wire.JobStatus) ([]string, error) {
	rows, err := s.store.Jobs(ctx, store.Filter{NAS: p.Name})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, row := range rows {
		isThere := slices.ContainsFunc(there, func(st wire.JobStatus) bool { return st.Job == row.ID })
		if row.ProfileID != p.ID || row.Phase == store.Gone || isThere {
			continue
		}
		sent, err := s.store.Audited(ctx, "start", row.ID)
		if err != nil {
			return nil, err
		}
		if sent > 0 {
			ids = append(ids, row.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	if err := s.follow(ctx, c, ids); err != nil {
		return nil, err
	}
	var heard []string
	for _, id := range ids {
		row, err := s.store.Job(ctx, id)
		if err != nil {
			return nil, err
		}
		if row.Observation != nil && row.Observation.Last != nil {
			heard = append(heard, id)
		}
	}
	return heard, nil
}

// cut reports whether the NAS has more of a job than is copied of it.
func (s *Service) cut(st wire.JobStatus) bool {
	have, err := s.mirror.Have(st.Job)
	for file, size := range st.Sizes {
		if have[file] < size {
			return true
		}
	}
	return err != nil
}

// lookFirst is the hint for the window where a job is not copied whole.
const lookFirst = "Open the job, which copies what is new; then clean again."

// collected gives why a job may not go from its NAS; nil where it is chosen, has ended, and is mirrored here whole.
func (s *Service) collected(ctx context.Context, c *nas.Conn, p profile.Profile, st wire.JobStatus,
	chosen func(store.Job, burnin.Job, wire.JobStatus) bool) (*reason.Said, error) {
	id := st.Job
	switch {
	case st.Damaged != "":
		return damaged(st), nil
	case st.LockHeld:
		return keptFor(id, "it is at work", "It can be cleaned once it has ended: burnish watch "+id+
			" waits for that, burnish stop "+id+" ends it.").
			AtWindow("It can be cleaned once it has ended."), nil
	}
	row, err := s.store.Job(ctx, id)
	if reason.CodeOf(err) == reason.NoSuchJob {
		return keptFor(id, "another computer started it, and nothing of it is copied here",
			"Take it over first: burnish adopt "+p.Name).
			AtWindow("Take it over first: Find jobs, in the settings."), nil
	}
	if err != nil {
		return nil, err
	}
	err = s.follow(ctx, c, []string{id})
	job, viewErr := s.View(ctx, id)
	for _, err := range []error{err, viewErr} { // nobody knows how it ended, or all of it
		var why *reason.Said
		if errors.As(err, &why) && (why.Code == reason.MirrorDamaged || why.Code == reason.JobDamaged ||
			why.Code == reason.MirrorFull || why.Code == reason.MirrorsFull || why.Code == reason.JournalForeign) {
			return why, nil
		}
	}
	if err = errors.Join(err, viewErr); err != nil {
		return nil, err
	}
	whole, err := s.whole(ctx, st)
	switch {
	case err != nil:
		return nil, err
	case !job.State.Ended():
		return keptFor(id, "it has not ended", "Look at it with: burnish show "+id).
			AtWindow("It can be cleaned once it has ended."), nil
	case !whole:
		return keptFor(id, "not all of it is copied here", "Look at it with burnish show "+id+
			", which copies what is new; then clean again.").AtWindow(lookFirst), nil
	case !chosen(row, job, st) && job.Reason.NeedsNewJob():
		return keptFor(id, "it ended as unknown", "Remove it too with: burnish clean "+p.Name+" --unknown").
			AtWindow("The window leaves it there: who wants it gone removes it at the command line."), nil
	case s.cut(st):
		return keptFor(id, "its logs are larger than what is copied of them, and cleaning would lose the rest",
			"Read them in the job's directory on the NAS, and remove that by hand when they are of no use."), nil
	case !chosen(row, job, st):
		return keptFor(id, "it ended as unknown and may still be resumed", "Resume it with burnish resume "+id+
			", or remove it too with: burnish clean "+p.Name+" --unknown").
			AtWindow("Resume it; the window leaves it there until then."), nil
	}
	return nil, nil
}
