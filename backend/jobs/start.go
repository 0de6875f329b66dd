package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// Order is what a person wants started: one plan on some drives of one NAS.
type Order struct {
	NAS    string
	Drives []string // ids, serials, or paths of today
	Plan   burnin.Plan
	Unlock []Typed  // phrases for drives in use, good for this start
	Grants []string // grants that were given before, by id
}

// Start checks all drives, then stores all intents, then asks the NAS for each. One refusal among the checks starts
// none. The jobs that were made are returned also with an error: some may have started.
func (s *Service) Start(ctx context.Context, o Order) ([]burnin.Job, error) {
	if err := o.Plan.Check(); err != nil {
		return nil, reason.New("bad_plan", "plan", o.Plan.Name, "error", err)
	}
	if len(o.Drives) == 0 {
		return nil, reason.New("wrong_use", "what", "no drive was named", "hint", "Name drives with --drive.")
	}
	c, p, rows, err := s.survey(ctx, o.NAS)
	if err != nil {
		return nil, err
	}
	defer s.release(c)
	var chosen []wire.DriveRow
	for _, which := range o.Drives {
		row, err := choose(rows, which, o.NAS)
		if err != nil {
			return nil, err
		}
		for _, before := range chosen {
			if before.Identity.ID() == row.Identity.ID() {
				return nil, twice(row)
			}
		}
		chosen = append(chosen, row)
	}
	allowed, err := s.permits(ctx, p, o, rows, chosen)
	if err != nil {
		return nil, err
	}
	for _, row := range chosen {
		if err := startable(p, row, o.Plan, allowed.scope(row)); err != nil {
			return nil, err
		}
	}
	intents, err := s.intents(p, o.Plan, chosen, allowed)
	if err != nil {
		return nil, err
	}
	if err := s.Store.AddIntents(ctx, intents, allowed.fresh...); err != nil {
		return nil, err
	}
	return s.ask(ctx, c, intents)
}

// choose finds the one drive that is meant by an id, a serial number, or a path of today.
func choose(rows []wire.DriveRow, which, nasName string) (wire.DriveRow, error) {
	var found []wire.DriveRow
	same := func(a string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(which)) }
	for _, row := range rows {
		id := row.Identity
		if id.ID() != "" && same(id.ID()) || id.Serial != "" && same(id.Serial) || row.Path == which || slices.Contains(row.Place.Paths, which) || slices.Contains(row.Place.ByID, which) {
			found = append(found, row)
		}
	}
	switch len(found) {
	case 0:
		return wire.DriveRow{}, reason.New("no_such_drive", "nas", nasName, "drive", which)
	case 1:
		return found[0], nil
	}
	ids := make([]string, 0, len(found))
	for _, row := range found {
		ids = append(ids, row.Identity.ID()+" at "+row.Path)
	}
	return wire.DriveRow{}, reason.New("ambiguous_drive", "drive", which, "count", len(found), "ids", strings.Join(ids, ", "))
}

// startable refuses a drive that the plan may not be started on.
func startable(p profile.Profile, row wire.DriveRow, plan burnin.Plan, allowed *drive.Grant) error {
	id, u := row.Identity, row.Usage
	can := drive.StartableUnder(id, u, allowed)
	if u.Sealed {
		return reason.New("drive_locked", "drive", name(row), "usage", u.Text, "way_out", u.WayOut())
	}
	if ok := can.Read && (!plan.Destroys() || can.Destructive); !ok {
		return reason.New("drive_in_use", "drive", name(row), "path", row.Path, "usage", u.Text, "way_out", drive.WayOut(p.Name, id, u))
	}
	if plan.NeedsSMART() && row.SMARTSilent && row.SMART == nil {
		return reason.New("smart_silent", "drive", name(row))
	}
	if plan.NeedsSMART() && (row.SMART == nil || !*row.SMART) {
		why := "the drive has none"
		if row.SMART == nil {
			why = "smartctl is missing on the NAS, or did not answer"
		}
		return reason.New("smart_unsupported", "drive", name(row), "error", why)
	}
	return nil
}

func name(row wire.DriveRow) string {
	if id := row.Identity.ID(); id != "" {
		return id
	}
	return row.Path
}

// intents makes what is stored before the NAS is asked.
func (s *Service) intents(p profile.Profile, plan burnin.Plan, chosen []wire.DriveRow, allowed *permits) ([]store.Job, error) {
	var intents []store.Job
	now := s.Now().UnixMilli()
	for _, row := range chosen {
		id, err := burnin.NewID(s.Random)
		if err != nil {
			return nil, err
		}
		req := wire.StartRequest{
			Job: id, CreatedMs: now, Plan: plan, Drive: row.Identity, Usage: row.Usage.Class, Grant: allowed.scope(row),
			VirtualDrives: p.VirtualDrives, Slots: p.Slots,
		}
		line, err := json.Marshal(req)
		if err != nil {
			return nil, err
		}
		intents = append(intents, store.Job{ID: id, ProfileID: p.ID, DriveID: row.Identity.ID(), Plan: plan.Name, Request: line, CreatedMs: now,
			Grant: allowed.of[row.Identity.ID()].ID})
	}
	return intents, nil
}

// ask has the NAS start what was stored. A refusal at the moment of truth ends that job and does not keep the others
// from starting; a lost connection leaves the rest as intents.
func (s *Service) ask(ctx context.Context, c *nas.Conn, intents []store.Job) ([]burnin.Job, error) {
	var made []burnin.Job
	var first error
	for _, j := range intents {
		err := s.askOne(ctx, c, j)
		if err != nil && first == nil {
			first = err
		}
		s.copySeen(ctx, c, j.ID)
		job, viewErr := s.View(ctx, j.ID)
		if viewErr != nil {
			return made, errors.Join(first, viewErr)
		}
		made = append(made, job)
	}
	return made, first
}

func (s *Service) askOne(ctx context.Context, c *nas.Conn, j store.Job) error {
	var req wire.StartRequest
	if err := json.Unmarshal(j.Request, &req); err != nil {
		return err
	}
	if err := s.audit(ctx, "start", j, "plan "+j.Plan); err != nil {
		return err
	}
	_, err := c.Start(ctx, req)
	if err == nil {
		return s.Store.SetThere(ctx, j.ID)
	}
	if said(err, "not_started") && s.atWork(ctx, c, j.ID) {
		return s.Store.SetThere(ctx, j.ID) // it takes its time: its drive answers slowly
	}
	var refused *reason.Said
	if errors.As(err, &refused) && (refused.Kind() != reason.Reach || refused.Code == "not_started") {
		err = errors.Join(err, s.Store.SetThere(ctx, j.ID), s.Store.SaveFold(ctx, j.ID, burnin.Unknown, refused, s.Now().UnixMilli()))
	}
	return err
}

// copyFor is how long a start may take to copy what it has seen.
const copyFor = 10 * time.Second

// copySeen copies what the NAS has of jobs that were just started: whatever becomes of them there, that they began is
// known here from then on. What cannot be copied now comes with the next look.
func (s *Service) copySeen(ctx context.Context, c *nas.Conn, ids ...string) {
	ctx, cancel := context.WithTimeout(ctx, copyFor)
	defer cancel()
	if err := s.follow(ctx, c, ids); err != nil && ctx.Err() == nil {
		_ = s.Store.Audit(ctx, store.AuditEntry{What: "copy", Job: ids[0], Text: err.Error()})
	}
}

// atWork reports whether a run of a job holds its lock at the NAS.
func (s *Service) atWork(ctx context.Context, c *nas.Conn, id string) bool {
	there, err := c.List(ctx)
	return err == nil && slices.ContainsFunc(there, func(st wire.JobStatus) bool { return st.Job == id && st.LockHeld })
}
