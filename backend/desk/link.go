package desk

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/unlock"
	"burnish/backend/wire"
)

// nasRow is one NAS: its row, and the watch of its jobs.
type nasRow struct {
	row      NAS
	watched  []string // ids of the jobs that are watched, sorted; nil while nothing is
	cancel   context.CancelFunc
	refused  []string // ids of the jobs that were watched when only a person could help
	surveyed []wire.DriveRow
	again    bool // survey once more when the survey that runs is done
}

func (l *nasRow) stop() {
	if l.cancel != nil {
		l.cancel()
	}
	l.cancel, l.watched = nil, nil
}

// follow sees to it that the live jobs of a NAS are watched, all over one connection. A NAS that refused is not tried
// again for the same jobs until a person says so.
func (d *Desk) follow(p profile.Profile, live []store.Job) {
	ids := make([]string, 0, len(live))
	for _, row := range live {
		ids = append(ids, row.ID)
	}
	slices.Sort(ids)
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.links[p.ID]
	if l == nil || d.ctx.Err() != nil {
		return
	}
	all := true
	for _, id := range ids {
		_, watched := slices.BinarySearch(l.watched, id)
		all = all && watched
	}
	if all || slices.Equal(ids, l.refused) {
		return
	}
	l.stop()
	ctx, cancel := context.WithCancel(d.ctx)
	l.watched, l.cancel, l.refused = ids, cancel, nil
	d.work.Go(func() { d.watch(ctx, p, live) })
}

// watch follows jobs until they have ended, and says how that went.
func (d *Desk) watch(ctx context.Context, p profile.Profile, rows []store.Job) {
	err := d.Service.Watch(ctx, rows, &sink{d, ctx, p})
	if ctx.Err() != nil {
		return // another watch took over, or the desk closes
	}
	d.mu.Lock()
	l := d.links[p.ID]
	if l == nil {
		d.mu.Unlock()
		return
	}
	ids := l.watched
	l.stop()
	phase, why := Idle, (*reason.Said)(nil)
	if err != nil {
		phase, why, l.refused = Refused, asSaid(err), ids
	}
	d.stand(l, phase, d.now(), 0, why)
	d.mu.Unlock()
	d.spawn(func() { _ = d.lookAround() }) // what ended, and what began meanwhile
}

// stand sets how a NAS stands. The caller holds mu.
func (d *Desk) stand(l *nasRow, phase Phase, sinceMs, nextMs int64, why *reason.Said) {
	l.row.Phase, l.row.SinceMs, l.row.NextMs, l.row.Reason = phase, sinceMs, nextMs, why
	d.touch("nas", l.row.ID)
}

// sink hears what a watch of one NAS sees.
type sink struct {
	*Desk
	ctx context.Context
	p   profile.Profile
}

// Job puts a job in the model. When one ends the drives are looked at again: it is free now.
func (s *sink) Job(j burnin.Job) {
	s.mu.Lock()
	before, known := s.jobs[j.ID]
	s.mu.Unlock()
	now := s.put(s.p.ID, j)
	if known && before.CanStop && !now.CanStop {
		s.surveyLater(s.p)
	}
}

// Standing puts the state of the connection in the model.
func (s *sink) Standing(_ string, now nas.Standing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.links[s.p.ID]
	if l == nil || s.ctx.Err() != nil {
		return
	}
	var why *reason.Said
	if now.Err != nil {
		why = asSaid(now.Err)
	}
	next := int64(0)
	if !now.Next.IsZero() {
		next = now.Next.UnixMilli()
	}
	phase := map[nas.Phase]Phase{nas.Connecting: Connecting, nas.Connected: Connected, nas.Lost: Lost}[now.Phase]
	if phase == Connected {
		l.row.Platform = s.Service.System(s.p.ID)
		if l.row.SurveyedMs == 0 && !l.row.Surveying { // its jobs are followed since the window was opened
			s.work.Go(func() { _ = s.survey(s.p) })
		}
	}
	s.stand(l, phase, now.Since.UnixMilli(), next, why)
}

// surveyLater looks at the drives of a NAS in a moment: several jobs may end at once.
func (d *Desk) surveyLater(p profile.Profile) {
	d.spawn(func() {
		select {
		case <-d.ctx.Done():
		case <-time.After(time.Second):
			_ = d.survey(p)
		}
	})
}

// survey looks at the drives of a NAS. One that is asked for while another runs is done after it.
func (d *Desk) survey(p profile.Profile) error {
	d.mu.Lock()
	l := d.links[p.ID]
	if l == nil {
		d.mu.Unlock()
		return reason.New(reason.NoSuchNAS, "nas", p.Name)
	}
	if l.row.Surveying {
		l.again = true
		d.mu.Unlock()
		return nil
	}
	l.row.Surveying = true
	alone := l.watched == nil
	if alone {
		d.stand(l, Connecting, d.now(), 0, nil)
	}
	d.touch("nas", p.ID)
	d.mu.Unlock()

	rows, err := d.Service.Drives(d.ctx, p.ID)

	d.mu.Lock()
	again := l.again
	l.again, l.row.Surveying = false, false
	if err == nil {
		l.refused = nil // what kept its jobs from being watched is over
	}
	d.touch("nas", p.ID)
	if err == nil {
		l.row.SurveyedMs, l.surveyed, l.row.Platform = d.now(), rows, d.Service.System(p.ID)
	}
	if alone = alone && l.watched == nil; alone {
		switch {
		case err == nil:
			d.stand(l, Idle, d.now(), 0, nil)
		case errors.Is(err, context.Canceled):
			d.stand(l, Idle, d.now(), 0, nil)
		default:
			said := asSaid(err)
			phase := Refused
			if said.Kind() == reason.Reach {
				phase = Lost
			}
			d.stand(l, phase, d.now(), 0, said)
		}
	}
	d.mu.Unlock()
	if err == nil {
		err = d.lookAround() // jobs may go on that nobody watched
	}
	if again && d.ctx.Err() == nil {
		return d.survey(p)
	}
	return err
}

// grants shows the drives of a NAS as they were last seen, with the permissions of now. Those of which only their jobs
// tell are among them: before the first look, and where a drive was not there.
func (d *Desk) grants(p profile.Profile) error {
	grants, err := d.Service.Grants(d.ctx, p.ID)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.links[p.ID]
	if l == nil {
		return nil
	}
	now := d.Service.Now()
	seen := map[string]bool{}
	for _, r := range l.surveyed {
		var live *unlock.Grant
		for i := range grants {
			if g := &grants[i]; g.Live(now) && g.Drive.Same(r.Identity) {
				live = g
			}
		}
		row := driveRow(p, r, live)
		row.Job = d.newest(row.Key, row.Job)
		seen[row.Key] = true
		if before, ok := d.drives[row.Key]; !ok || !reflect.DeepEqual(before, row) {
			d.drives[row.Key] = row
			d.touch("drive", row.Key)
		}
	}
	for _, j := range d.jobs {
		if j.NAS != p.ID || !j.CanStop && !j.CanResume || seen[j.DriveKey] || j.ID != d.newest(j.DriveKey, "") {
			continue
		}
		row := unseen(j, l.row.SurveyedMs != 0, l.surveyed)
		seen[row.Key] = true
		if before, ok := d.drives[row.Key]; !ok || !reflect.DeepEqual(before, row) {
			d.drives[row.Key] = row
			d.touch("drive", row.Key)
		}
	}
	for key, row := range d.drives {
		if row.NAS == p.ID && !seen[key] {
			delete(d.drives, key)
			d.touch("drive", key)
		}
	}
	return nil
}

// newest gives the newest job of a drive, else the one that the NAS named. The caller holds mu.
func (d *Desk) newest(key, named string) string {
	var found Job
	for _, j := range d.jobs {
		if j.DriveKey == key && (found.ID == "" || j.CreatedMs > found.CreatedMs || j.CreatedMs == found.CreatedMs &&
			strings.Compare(j.ID, found.ID) > 0) {
			found = j
		}
	}
	if found.ID == "" {
		return named
	}
	return found.ID
}
