package desk

import (
	"errors"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/store"
)

// StartOrder is what a person wants started.
type StartOrder struct {
	NAS          string       `json:"nas"`
	Drives       List[string] `json:"drives"` // Drive.id
	Plan         string       `json:"plan"`
	WithoutSMART bool         `json:"without_smart"`
	// smartctl's device type of these drives, kept for them; empty changes nothing
	SMARTType string         `json:"smart_type"`
	SMARTOn   bool           `json:"smart_on"` // SMART may be switched on where it is off
	Declared  smart.Declared `json:"declared"`
	Unlock    List[Typed]    `json:"unlock"`
}

// Typed is a phrase that was typed for a drive.
type Typed struct {
	Drive  string `json:"drive"`
	Phrase string `json:"phrase"`
}

// saved finds a saved NAS by its id.
func (d *Desk) saved(id string) (profile.Profile, error) { return d.Service.Profile(d.ctx, id) }

// Survey looks at the drives of a NAS now.
func (d *Desk) Survey(nasID string) error {
	p, err := d.saved(nasID)
	if err != nil {
		return err
	}
	return d.survey(p)
}

// TryNow tries a NAS that is away at once, and one that refused again.
func (d *Desk) TryNow(nasID string) error {
	p, err := d.saved(nasID)
	if err != nil {
		return err
	}
	d.mu.Lock()
	l := d.links[p.ID]
	watched := l != nil && (l.watched != nil || l.refused != nil)
	if l != nil && l.row.Phase != Connected {
		l.stop()
		l.refused = nil
	}
	d.mu.Unlock()
	if !watched {
		return d.survey(p)
	}
	return d.lookAround()
}

// Start starts a plan on drives. The jobs that were made are in the model even where an error says why not all were.
func (d *Desk) Start(o StartOrder) (List[Job], error) {
	p, err := d.saved(o.NAS)
	if err != nil {
		return nil, err
	}
	plan, ok := burnin.PlanNamed(o.Plan)
	if !ok {
		return nil, reason.New(reason.NoSuchPlan, "plan", o.Plan)
	}
	plan.WithoutSMART, plan.Declared = o.WithoutSMART, o.Declared
	order := jobs.Order{NAS: p.ID, Drives: o.Drives, Plan: plan, SMARTType: o.SMARTType, SMARTOn: o.SMARTOn}
	for _, t := range o.Unlock {
		order.Unlock = append(order.Unlock, jobs.Typed(t))
	}
	made, err := d.Service.Start(d.ctx, order)
	rows, putErr := d.putAll(made)
	d.surveyLater(p)
	if err = errors.Join(err, putErr, d.lookAround()); err != nil {
		return rows, asSaid(err)
	}
	return rows, nil
}

// putAll puts jobs in the model.
func (d *Desk) putAll(made []burnin.Job) (List[Job], error) {
	var rows List[Job]
	for _, j := range made {
		row, err := d.Service.Row(d.ctx, j.ID)
		if err != nil {
			return rows, err
		}
		rows = append(rows, d.put(row.ProfileID, j))
	}
	return rows, nil
}

// Stop ends a job and returns when it is proven gone.
func (d *Desk) Stop(job string) error {
	d.setStopping(job, true)
	j, err := d.Service.Stop(d.ctx, job)
	if err != nil {
		var said *reason.Said
		if !errors.As(err, &said) || said.Code != reason.NotStopped { // else the request stands at the NAS
			d.setStopping(job, false)
		}
		return err
	}
	return d.changed(j)
}

// setStopping shows, or shows no more, that a job was stopped and has not ended.
func (d *Desk) setStopping(job string, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	j, ok := d.jobs[job]
	if !ok || on && !j.CanStop {
		return
	}
	delete(d.stopping, job)
	j.Stopping = nil
	if on {
		d.stopping[job], j.Stopping = true, reason.New(reason.Stopping)
	}
	d.jobs[job] = j
	d.touch("job", job)
}

// Resume goes on with a job that ended as unknown.
func (d *Desk) Resume(job string) error {
	j, err := d.Service.Resume(d.ctx, job)
	if err != nil {
		return err
	}
	return errors.Join(d.changed(j), d.lookAround())
}

// Undo brings back what a job's first act erased. A job that still waits before it writes anything else is stopped
// first.
func (d *Desk) Undo(job string) error {
	before, err := d.Service.View(d.ctx, job)
	if err != nil {
		return err
	}
	if !before.State.Ended() {
		if err := d.Stop(job); err != nil {
			return err
		}
	}
	if _, _, err := d.Service.Undo(d.ctx, job); err != nil {
		return err
	}
	j, err := d.Service.View(d.ctx, job)
	if err != nil {
		return err
	}
	return d.changed(j)
}

// changed shows a job that a person changed, and looks at its drive again.
func (d *Desk) changed(j burnin.Job) error {
	rows, err := d.putAll([]burnin.Job{j})
	if err != nil {
		return err
	}
	if p, err := d.saved(rows[0].NAS); err == nil {
		d.surveyLater(p)
	}
	return nil
}

// Unlock takes a phrase and gives the permission for it.
func (d *Desk) Unlock(nasID, which, phrase string) (Grant, error) {
	p, err := d.saved(nasID)
	if err != nil {
		return Grant{}, err
	}
	given, err := d.Service.Unlock(d.ctx, jobs.UnlockOrder{NAS: p.ID,
		Drives: []jobs.Typed{{Drive: which, Phrase: phrase}}})
	if err != nil {
		return Grant{}, err
	}
	g := given[0]
	return Grant{ID: g.ID, Drive: driveKey(p.ID, g.Drive.ID(), ""), Usage: text(g.Text), ExpiresMs: g.ExpiresMs},
		d.grants(p)
}

// Lock takes a permission back.
func (d *Desk) Lock(grant string) error {
	g, err := d.Service.Lock(d.ctx, grant)
	if err != nil {
		return err
	}
	if p, err := d.saved(g.ProfileID); err == nil {
		return d.grants(p)
	}
	return nil
}

// Adopt takes over the jobs of a NAS that are not known here.
func (d *Desk) Adopt(nasID string) (List[Job], error) {
	p, err := d.saved(nasID)
	if err != nil {
		return nil, err
	}
	taken, err := d.Service.Adopt(d.ctx, p.ID)
	rows, putErr := d.putAll(taken)
	return rows, errors.Join(err, putErr, d.lookAround())
}

// Cleaned is what Clean removed.
type Cleaned struct {
	Removed int `json:"removed"`
}

// Clean removes ended jobs and the runner from a NAS. Those that could be resumed stay.
func (d *Desk) Clean(nasID string) (Cleaned, error) {
	p, err := d.saved(nasID)
	if err != nil {
		return Cleaned{}, err
	}
	done, err := d.Service.Clean(d.ctx, p.ID, jobs.Sweep{})
	return Cleaned{Removed: len(done.Removed)}, err
}

// OpenJob has the page show a job: a person has clicked on a notice of it.
func (d *Desk) OpenJob(job string) { tell(d, Opened, job) }

// Leaving asks the page to show the question whether to close, and reports whether there is anything to ask: a job that
// has not ended.
func (d *Desk) Leaving() bool {
	d.mu.Lock()
	live := false
	for _, j := range d.jobs {
		live = live || j.CanStop
	}
	d.mu.Unlock()
	if live {
		tell(d, Closing, nil)
	}
	return live
}

// StopAll stops all jobs that have not ended. Those that cannot be proven gone are in the error; the others are
// stopped.
func (d *Desk) StopAll() error {
	rows, err := d.Service.Rows(d.ctx, store.Filter{NotEnded: true})
	for _, row := range rows {
		err = errors.Join(err, d.Stop(row.ID))
	}
	return err
}
