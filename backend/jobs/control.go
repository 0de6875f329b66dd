package jobs

import (
	"context"
	"encoding/json"
	"errors"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// Stop ends a job's run at the NAS and returns when it is proven gone there. A job that has ended already is as it was.
func (s *Service) Stop(ctx context.Context, prefix string) (burnin.Job, error) {
	if row, err := s.store.FindJob(ctx, prefix); err == nil && byTrueNAS(row) {
		return s.stopTrueNAS(ctx, row)
	}
	c, j, err := s.ofJob(ctx, prefix)
	if err != nil {
		return burnin.Job{}, err
	}
	defer s.release(c)
	if err := s.audit(ctx, "stop", j, ""); err != nil {
		return burnin.Job{}, err
	}
	if _, err := c.Stop(ctx, j.ID, s.Who); err != nil {
		return burnin.Job{}, err
	}
	if err := s.follow(ctx, c, []string{j.ID}); err != nil {
		return burnin.Job{}, err
	}
	job, err := s.View(ctx, j.ID)
	if never := job.Reason != nil && job.Reason.Code == reason.NeverBegun; err == nil && j.Phase == store.Asked &&
		len(job.Runs) == 0 && (never || !job.State.Ended()) {
		// It had not begun: the request to stop stands in its place.
		why := reason.New(reason.StoppedByPerson, "stage", "the wait for its turn", "progress", "")
		job.State, job.Reason, job.EndedMs = burnin.Cancelled, why, s.Now().UnixMilli()
		var ends []store.Edge
		if ends, err = s.endOf(ctx, j, job, false); err == nil {
			err = s.store.SaveFold(ctx, j.ID, job.State, why, job.EndedMs, ends...)
		}
		if err == nil {
			job, err = s.View(ctx, j.ID)
		}
	}
	return job, err
}

// Resume starts the next run of a job that ended as unknown.
func (s *Service) Resume(ctx context.Context, prefix string) (burnin.Job, error) {
	if row, err := s.store.FindJob(ctx, prefix); err == nil && byTrueNAS(row) {
		job, err := s.view(row)
		if err == nil {
			err = resumable(job)
		}
		return job, err
	}
	c, j, err := s.ofJob(ctx, prefix)
	if err != nil {
		return burnin.Job{}, err
	}
	defer s.release(c)
	if err := s.follow(ctx, c, []string{j.ID}); err != nil {
		return burnin.Job{}, err
	}
	job, err := s.View(ctx, j.ID)
	if err != nil {
		return job, err
	}
	if err := resumable(job); err != nil {
		return job, err
	}
	if err := s.audit(ctx, "resume", j, ""); err != nil {
		return job, err
	}
	_, err = c.Resume(ctx, j.ID)
	if followErr := s.follow(ctx, c, []string{j.ID}); followErr != nil {
		err = errors.Join(err, followErr)
	}
	if err != nil {
		return job, err
	}
	return s.View(ctx, j.ID)
}

// resumable says why a job cannot be gone on with; nil where it can.
func resumable(job burnin.Job) error {
	switch {
	case job.State != burnin.Unknown:
		return reason.New(reason.CannotResume, "job", job.ID, "state", job.State)
	case job.Reason.NeedsNewJob(), job.Spec.ByTrueNAS(): // TrueNAS begins a wipe anew, and forgets it
		return reason.New(reason.NeedsNewJob, "job", job.ID, "why", job.Reason.Error(), "nas", job.NAS)
	}
	return nil
}

// Adopt takes over the jobs that are on a NAS and not known here, and mirrors what there is of them.
func (s *Service) Adopt(ctx context.Context, nasID string) ([]burnin.Job, error) {
	c, p, err := s.connect(ctx, nasID)
	if reason.CodeOf(err) == reason.NoRoot {
		if err := s.attach(ctx, p); err != nil {
			return nil, err
		}
		return s.restoreOf(ctx, p, burnin.Plan.ByTrueNAS) // what a runner does needs root
	}
	if err != nil {
		return nil, err
	}
	defer s.release(c)
	if err := s.attach(ctx, p); err != nil {
		return nil, err
	}
	there, err := c.List(ctx)
	if err != nil {
		return nil, err
	}
	var adopted []burnin.Job
	var broken error // the others are taken all the same
	for _, st := range there {
		if st.Damaged != "" {
			broken = errors.Join(broken, damaged(st))
			continue
		}
		if _, err := s.store.Job(ctx, st.Job); err == nil {
			continue
		} else if reason.CodeOf(err) != reason.NoSuchJob {
			return adopted, err
		}
		room, err := s.roomOf(ctx, p.ID)
		if err != nil {
			return adopted, err
		}
		var one *nas.JobError
		if err := c.Follow(ctx, s.mirror, room, []string{st.Job}, true,
			func(string, *wire.JobStatus) {}); errors.As(err, &one) {
			broken = errors.Join(broken, err) // what there is of it is shown, and the others are taken
		} else if err != nil {
			return adopted, err
		}
		row, err := s.known(st.Job)
		if err != nil {
			broken = errors.Join(broken, reason.New(reason.JobDamaged, "job", st.Job, "error", err))
			continue
		}
		if row == nil {
			continue // not begun: it has no journal yet
		}
		row.ProfileID, row.Adopted = p.ID, true
		if err := s.store.AddIntents(ctx, []store.Job{*row}); err != nil {
			return adopted, err
		}
		if err := errors.Join(s.store.SetThere(ctx, row.ID), s.audit(ctx, "adopt", *row, "from "+p.Name)); err != nil {
			return adopted, err
		}
		if err := s.follow(ctx, c, []string{row.ID}); reason.CodeOf(err) == reason.JobDamaged || errors.As(err, &one) {
			broken = errors.Join(broken, err)
		} else if err != nil {
			return adopted, err
		}
		job, err := s.View(ctx, row.ID)
		if err != nil {
			return adopted, err
		}
		adopted = append(adopted, job)
	}
	kept, err := s.restore(ctx, p)
	return append(adopted, kept...), errors.Join(broken, err, s.took(ctx, p, adopted))
}

// restore takes jobs back into the index whose copies are here and which the NAS no longer has: the index was lost, or
// the profile was added anew. What TrueNAS does goes on where it is.
func (s *Service) restore(ctx context.Context, p profile.Profile) ([]burnin.Job, error) {
	return s.restoreOf(ctx, p, func(burnin.Plan) bool { return true })
}

// restoreOf is restore for the jobs of some plans.
func (s *Service) restoreOf(ctx context.Context, p profile.Profile, wanted func(burnin.Plan) bool) ([]burnin.Job,
	error) {
	ids, err := s.mirror.Jobs()
	if err != nil {
		return nil, err
	}
	var back []burnin.Job
	for _, id := range ids {
		if _, err := s.store.Job(ctx, id); reason.CodeOf(err) != reason.NoSuchJob {
			if err != nil {
				return back, err
			}
			continue
		}
		row, err := s.known(id)
		if err != nil || row == nil {
			continue // a copy that cannot be read stays where it is
		}
		job, err := s.fold(id, nil)
		if err != nil || job.Machine.MachineID != p.MachineID || !wanted(job.Spec) {
			continue
		}
		row.ProfileID = p.ID
		if job.Spec.ByTrueNAS() {
			err := errors.Join(s.store.AddIntents(ctx, []store.Job{*row}), s.store.SetThere(ctx, id),
				s.store.SaveFold(ctx, id, job.State, job.Reason, job.EndedMs),
				s.audit(ctx, "adopt", *row, "from the journal here"))
			if err != nil {
				return back, err
			}
			back = append(back, job)
			continue
		}
		if job, err = s.fold(id, &burnin.Observation{Missing: true}); err != nil {
			continue
		}
		obs := burnin.Observation{Missing: true, SeenMs: s.Now().UnixMilli()}
		err = errors.Join(s.store.AddIntents(ctx, []store.Job{*row}), s.store.SetGone(ctx, id),
			s.store.SaveObservation(ctx, id, obs, obs.SeenMs),
			s.store.SaveFold(ctx, id, job.State, job.Reason, job.EndedMs), s.audit(ctx, "adopt", *row,
				"from the copy here"))
		if err != nil {
			return back, err
		}
		back = append(back, job)
	}
	return back, nil
}

// known makes a row for a job from its mirrored journal; nil while there is no line of it.
func (s *Service) known(id string) (*store.Job, error) {
	job, err := s.fold(id, nil)
	if err != nil || len(job.Runs) == 0 {
		return nil, err
	}
	req, err := json.Marshal(wire.StartRequest{Job: id, CreatedMs: job.CreatedMs, Plan: job.Spec, Drive: job.Identity})
	if err != nil {
		return nil, err
	}
	return rowOf(job, req), nil
}
