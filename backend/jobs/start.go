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
	NAS    string   // the profile's id
	Drives []string // ids, serials, or paths of today
	Plan   burnin.Plan
	Unlock []Typed  // phrases for drives in use, good for this start
	Grants []string // grants that were given before, by id

	// smartctl's device type of these drives, kept with the NAS; "none" takes it away, empty changes nothing
	SMARTType string
	SMARTOn   bool // SMART may be switched on where it is off
}

// Start checks all drives, then stores all intents, then asks the NAS for all. One refusal, among the checks or at the
// NAS, starts none, and each is told. The jobs that were made are returned also with an error.
func (s *Service) Start(ctx context.Context, o Order) ([]burnin.Job, error) {
	if err := o.Plan.Check(); err != nil {
		return nil, reason.New(reason.BadPlan, "plan", o.Plan.Name, "error", err)
	}
	if len(o.Drives) == 0 {
		return nil, reason.New(reason.WrongUse, "what", "no drive was named", "hint", "Name drives with --drive.").
			AtWindow("Choose drives in the table.")
	}
	if o.Plan.ByTrueNAS() {
		return s.startTrueNAS(ctx, o)
	}
	c, p, rows, err := s.survey(ctx, o.NAS)
	if err != nil {
		return nil, err
	}
	defer s.release(c)
	refused := &refusals{of: len(o.Drives)}
	var chosen []wire.DriveRow
	for _, which := range o.Drives {
		row, err := choose(rows, which, p.Name)
		switch {
		case err != nil:
			refused.add(which, err)
		case slices.ContainsFunc(chosen,
			func(before wire.DriveRow) bool { return before.Identity.ID() == row.Identity.ID() }):
			refused.add(which, twice(row))
		default:
			chosen = append(chosen, row)
		}
	}
	if len(refused.each) == 0 {
		if p, rows, chosen, err = s.withType(ctx, c, p, o, rows, chosen, refused); err != nil {
			return nil, err
		}
	}
	allowed, err := s.permits(ctx, p, o, rows, chosen, refused)
	if err != nil {
		return nil, err
	}
	for _, row := range chosen {
		if _, told := allowed.not[row.Identity.ID()]; told {
			continue
		}
		if err := startable(p, row, o, allowed.scope(row)); err != nil {
			unsupported := reason.CodeOf(err) == reason.SMARTUnsupported
			if unsupported && row.SMART != nil && !row.SMARTOff && row.SMARTType == "" && !row.SMARTSilent {
				row.SMARTFits = fits(ctx, c, p, row)
				err = noSMART(row, quoted(row))
			}
			refused.add(name(row), err)
		}
	}
	if err := refused.err(); err != nil {
		return nil, err
	}
	intents, requests, err := s.intents(p, o, chosen, allowed)
	if err != nil {
		return nil, err
	}
	if err := s.store.AddIntents(ctx, intents, allowed.fresh...); err != nil {
		return nil, err
	}
	return s.ask(ctx, c, intents, requests)
}

// choose finds the one drive that is meant by an id, a serial number, or a path of today.
func choose(rows []wire.DriveRow, which, nasName string) (wire.DriveRow, error) {
	var found []wire.DriveRow
	same := func(a string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(which)) }
	for _, row := range rows {
		id := row.Identity
		if id.ID() != "" && same(id.ID()) || id.Serial != "" && same(id.Serial) || row.Path == which ||
			slices.Contains(row.Place.Paths, which) || slices.Contains(row.Place.ByID, which) {
			found = append(found, row)
		}
	}
	switch len(found) {
	case 0:
		return wire.DriveRow{}, reason.New(reason.NoSuchDrive, "nas", nasName, "drive", which)
	case 1:
		return found[0], nil
	}
	ids := make([]string, 0, len(found))
	for _, row := range found {
		ids = append(ids, row.Identity.ID()+" at "+row.Path)
	}
	return wire.DriveRow{}, reason.New(reason.AmbiguousDrive, "drive", which, "count", len(found),
		"ids", strings.Join(ids, ", "))
}

// startable refuses a drive that the plan may not be started on.
func startable(p profile.Profile, row wire.DriveRow, o Order, allowed *drive.Grant) error {
	plan := o.Plan
	id, u := row.Identity, row.Usage
	can := drive.StartableUnder(id, u, allowed)
	if u.Sealed {
		return reason.New(reason.DriveLocked, "drive", name(row), "usage", u.Text, "way_out", u.WayOut())
	}
	if ok := can.Read && (!plan.Destroys() || can.Destructive); !ok {
		return inUse(p, row)
	}
	if plan.NeedsSMART() && row.SMARTSilent && row.SMART == nil {
		return reason.New(reason.SMARTSilent, "drive", name(row))
	}
	if plan.NeedsSMART() && (row.SMART == nil || !*row.SMART) && !(row.SMARTOff && o.SMARTOn) {
		return noSMART(row, quoted(row))
	}
	return nil
}

func name(row wire.DriveRow) string {
	if id := row.Identity.ID(); id != "" {
		return id
	}
	return row.Path
}

// intents makes what is stored before the NAS is asked, and what it is asked then: one of each for a drive.
func (s *Service) intents(p profile.Profile, o Order, chosen []wire.DriveRow, allowed *permits) (intents []store.Job,
	requests []wire.StartRequest, err error) {
	var gate string
	plan, now := o.Plan, s.Now().UnixMilli()
	for _, row := range chosen {
		id, err := burnin.NewID(s.Random)
		if err != nil {
			return nil, nil, err
		}
		req := wire.StartRequest{
			Job: id, CreatedMs: now, Plan: plan, Drive: row.Identity, Usage: row.Usage.Class, Grant: allowed.scope(row),
			VirtualDrives: p.VirtualDrives, SMARTOn: o.SMARTOn && row.SMARTOff, Slots: p.Slots,
		}
		if row.SMARTType != "" {
			req.SMARTTypes = map[string]string{row.Key(): row.SMARTType}
		}
		if len(chosen) > 1 {
			if gate == "" {
				gate = id
			}
			req.Gate, req.Together = gate, len(chosen)
		}
		line, err := json.Marshal(req)
		if err != nil {
			return nil, nil, err
		}
		requests = append(requests, req)
		intents = append(intents, store.Job{ID: id, ProfileID: p.ID, DriveID: row.Identity.ID(), Plan: plan.Name,
			Request: line, CreatedMs: now,
			Grant: allowed.of[row.Identity.ID()].ID})
	}
	return intents, requests, nil
}

// ask has the NAS start what was stored, all or none: several hold their drives first and then go on together. What the
// NAS refuses ends its job; a lost connection leaves all as intents.
func (s *Service) ask(ctx context.Context, c *nas.Conn, intents []store.Job,
	requests []wire.StartRequest) ([]burnin.Job, error) {
	failed := s.askAll(ctx, c, intents, requests)
	ids := make([]string, 0, len(intents))
	for _, j := range intents {
		ids = append(ids, j.ID)
	}
	s.copySeen(ctx, c, ids...)
	var made []burnin.Job
	for _, id := range ids {
		job, err := s.View(ctx, id)
		if err != nil {
			return made, errors.Join(failed, err)
		}
		made = append(made, job)
	}
	return made, failed
}

func (s *Service) askAll(ctx context.Context, c *nas.Conn, intents []store.Job,
	requests []wire.StartRequest) error {
	for _, j := range intents {
		if err := s.audit(ctx, "start", j, "plan "+j.Plan); err != nil {
			return err
		}
	}
	if len(intents) == 1 {
		_, err := c.Start(ctx, requests[0])
		return s.answered(ctx, c, intents[0], err)
	}
	reply, err := c.StartAll(ctx, wire.StartAllRequest{Jobs: requests})
	if err != nil {
		for _, j := range intents {
			err = errors.Join(err, s.refusedAll(ctx, j, err))
		}
		return err
	}
	refused, late := &refusals{of: len(intents)}, &refusals{of: len(intents)}
	for i, j := range intents {
		said := reply.Jobs[i].Refused
		if said == nil {
			if err := s.store.SetThere(ctx, j.ID); err != nil {
				return err
			}
			continue
		}
		state, tell := burnin.Unknown, refused
		if said.Kind() == reason.Person {
			state, tell = burnin.Cancelled, late // with the others
		}
		tell.add(j.DriveID, said)
		if err := errors.Join(s.store.SetThere(ctx, j.ID), s.store.SaveFold(ctx, j.ID, state, said,
			s.Now().UnixMilli())); err != nil {
			return err
		}
	}
	if len(refused.each) == 0 {
		return late.err()
	}
	return refused.err()
}

// refusedAll keeps why a NAS refused a start of many as a whole. Where it may have been asked without an answer nothing
// is known.
func (s *Service) refusedAll(ctx context.Context, j store.Job, err error) error {
	var said *reason.Said
	if !errors.As(err, &said) || said.Kind() == reason.Reach {
		return nil
	}
	return errors.Join(s.store.SetThere(ctx, j.ID), s.store.SaveFold(ctx, j.ID, burnin.Unknown, said,
		s.Now().UnixMilli()))
}

// answered keeps what came of asking for one job.
func (s *Service) answered(ctx context.Context, c *nas.Conn, j store.Job, err error) error {
	if err == nil {
		return s.store.SetThere(ctx, j.ID)
	}
	if reason.CodeOf(err) == reason.NotStarted && s.atWork(ctx, c, j.ID) {
		return s.store.SetThere(ctx, j.ID) // it takes its time: its drive answers slowly
	}
	var refused *reason.Said
	if errors.As(err, &refused) && (refused.Kind() != reason.Reach || refused.Code == reason.NotStarted) {
		err = errors.Join(err, s.store.SetThere(ctx, j.ID), s.store.SaveFold(ctx, j.ID, burnin.Unknown, refused,
			s.Now().UnixMilli()))
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
		_ = s.store.Audit(ctx, store.AuditEntry{What: "copy", Job: ids[0], Text: err.Error()})
	}
}

// atWork reports whether a run of a job holds its lock at the NAS.
func (s *Service) atWork(ctx context.Context, c *nas.Conn, id string) bool {
	there, err := c.List(ctx)
	return err == nil && slices.ContainsFunc(there, func(st wire.JobStatus) bool { return st.Job == id && st.LockHeld })
}
