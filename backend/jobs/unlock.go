package jobs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"burnish/backend/drive"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/unlock"
	"burnish/backend/wire"
)

// Typed is a phrase that a person typed for a drive.
type Typed struct {
	Drive  string // id, serial, or path of today
	Phrase string
}

// UnlockOrder asks for grants, all or none.
type UnlockOrder struct {
	NAS    string // the profile's id
	Drives []Typed
	TTL    time.Duration // 0 means unlock.TTL
	// DataOnly refuses drives of any other usage than data: what a list unlocks in one go must not hold a pool.
	DataOnly bool
}

// Unlock checks the phrases against the drives as they are now, and stores a grant for each.
func (s *Service) Unlock(ctx context.Context, o UnlockOrder) ([]unlock.Grant, error) {
	if len(o.Drives) == 0 {
		return nil, reason.New(reason.WrongUse, "what", "no drive was named", "hint", "Name one with --drive and "+
			"--phrase, or list serial numbers with --serials.").AtWindow("Choose a drive in the table.")
	}
	c, p, rows, err := s.survey(ctx, o.NAS)
	if reason.CodeOf(err) == reason.NoRoot {
		c, rows, err = s.rootless(ctx, p, err)
	}
	if err != nil {
		return nil, err
	}
	defer s.release(c)
	if err := s.review(ctx, p, rows); err != nil {
		return nil, err
	}
	var grants []unlock.Grant
	for _, t := range o.Drives {
		row, err := choose(rows, t.Drive, p.Name)
		if err != nil {
			return nil, err
		}
		if class := row.Usage.Class; o.DataOnly && class != drive.Data && class != drive.None &&
			row.Usage.Unlockable() {
			return nil, reason.New(reason.DriveInUse, "drive", name(row), "path", row.Path, "usage", row.Usage.Text,
				"way_out", "A list unlocks drives with data only. "+drive.WayOut(p.Name, row.Identity, row.Usage)).
				AtWindow("A list unlocks drives with data only. " + drive.WindowWayOut(row.Identity, row.Usage))
		}
		g, err := s.grant(p, row, t.Phrase, o.TTL)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(grants, func(o unlock.Grant) bool { return o.Drive.ID() == g.Drive.ID() }) {
			return nil, twice(row)
		}
		grants = append(grants, g)
	}
	return grants, s.store.AddGrants(ctx, grants)
}

func twice(row wire.DriveRow) error {
	return reason.New(reason.WrongUse, "what", fmt.Sprintf("drive %s was named twice", row.Identity.ID()),
		"hint", "Name each drive once.")
}

func (s *Service) grant(p profile.Profile, row wire.DriveRow, phrase string, ttl time.Duration) (unlock.Grant, error) {
	return unlock.New(unlock.Ask{
		NAS: p.Name, ProfileID: p.ID, MachineID: p.MachineID, Drive: row.Identity, Path: row.Path, Usage: row.Usage,
		Phrase: phrase, TTL: ttl, By: s.Who,
	}, s.Now(), s.Random)
}

// Grants lists the grants of a NAS, the oldest first.
func (s *Service) Grants(ctx context.Context, nasID string) ([]unlock.Grant, error) {
	p, err := s.Profile(ctx, nasID)
	if err != nil {
		return nil, err
	}
	return s.store.Grants(ctx, p.ID)
}

// Lock takes a grant back. One that has ended already is as it was.
func (s *Service) Lock(ctx context.Context, id string) (unlock.Grant, error) {
	return s.store.EndGrant(ctx, id, unlock.Taken, s.Who)
}

// review ends the grants of drives that are seen to be used in another way.
func (s *Service) review(ctx context.Context, p profile.Profile, rows []wire.DriveRow) error {
	grants, err := s.store.Grants(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, g := range grants {
		for _, row := range rows {
			if !g.Live(s.Now()) || !row.Identity.Same(g.Drive) || !g.EndsBy(row.Usage) {
				continue
			}
			if _, err := s.store.EndGrant(ctx, g.ID, unlock.Changed, s.Who); err != nil {
				return err
			}
		}
	}
	return nil
}

// permits are the grants that a start spends: fresh ones, which are stored with the intents, and the one for each
// drive.
type permits struct {
	fresh []unlock.Grant
	of    map[string]unlock.Grant // by drive id
	not   map[string]bool         // drive ids whose permission does not do; why was told
}

func (p *permits) scope(row wire.DriveRow) *drive.Grant {
	if g, ok := p.of[row.Identity.ID()]; ok {
		return &g.Scope
	}
	return nil
}

// permits finds what allows the start: phrases typed with it, grants named with it, and grants that wait for it. Plans
// that destroy nothing need none and spend none.
//
// What does not do for one drive is told by refused, and the others are looked at all the same.
func (s *Service) permits(ctx context.Context, p profile.Profile, o Order, rows, chosen []wire.DriveRow,
	refused *refusals) (*permits, error) {
	all := &permits{of: map[string]unlock.Grant{}, not: map[string]bool{}}
	if !o.Plan.Destroys() {
		return all, nil
	}
	for _, t := range o.Unlock {
		row, err := choose(rows, t.Drive, p.Name)
		if err != nil {
			refused.add(t.Drive, err)
			continue
		}
		id := row.Identity.ID()
		if !slices.ContainsFunc(chosen, func(c wire.DriveRow) bool { return c.Path == row.Path }) {
			return nil, reason.New(reason.WrongUse, "what", name(row)+" is to be unlocked, but not to be started",
				"hint", "Name it with --drive too.").AtWindow("Choose it in the table too.")
		}
		if _, ok := all.of[id]; ok {
			return nil, twice(row)
		}
		g, err := s.grant(p, row, t.Phrase, 0)
		if err != nil {
			if !refused.add(name(row), err) {
				return nil, err
			}
			all.not[id] = true
			continue
		}
		all.of[id], all.fresh = g, append(all.fresh, g)
	}
	for _, id := range o.Grants {
		if len(chosen) == 0 {
			break // which is told already
		}
		if err := s.named(ctx, p, id, chosen, all); err != nil && !refused.add("permission "+id, err) {
			return nil, err
		}
	}
	return all, s.waiting(ctx, p, chosen, all, refused)
}

// named takes a grant that the start names.
func (s *Service) named(ctx context.Context, p profile.Profile, id string, chosen []wire.DriveRow, all *permits) error {
	g, err := s.store.Grant(ctx, id)
	if err != nil {
		return err
	}
	if err := g.Usable(p.Name, p.ID, p.MachineID, s.Now()); err != nil {
		return err
	}
	at := slices.IndexFunc(chosen, func(c wire.DriveRow) bool { return c.Identity.Same(g.Drive) })
	if at < 0 {
		at = 0 // the drive that the person means, and which is another one
	}
	row := chosen[at]
	if _, ok := all.of[row.Identity.ID()]; ok {
		return twice(row)
	}
	return s.take(ctx, g, row, all)
}

// take checks a grant against its drive, and ends it where the drive has changed.
func (s *Service) take(ctx context.Context, g unlock.Grant, row wire.DriveRow, all *permits) error {
	if err := g.Fits(row.Identity, row.Path, row.Usage); err != nil {
		if row.Identity.Same(g.Drive) && g.EndsBy(row.Usage) {
			if _, endErr := s.store.EndGrant(ctx, g.ID, unlock.Changed, s.Who); endErr != nil {
				return endErr
			}
		}
		return err
	}
	all.of[row.Identity.ID()] = g
	return nil
}

// waiting takes the newest grant that was given for each drive that is to be started and has none yet.
func (s *Service) waiting(ctx context.Context, p profile.Profile, chosen []wire.DriveRow, all *permits,
	refused *refusals) error {
	grants, err := s.store.Grants(ctx, p.ID)
	if err != nil {
		return err
	}
	slices.Reverse(grants)
	for _, row := range chosen {
		id := row.Identity.ID()
		if _, ok := all.of[id]; ok || all.not[id] {
			continue
		}
		at := slices.IndexFunc(grants, func(g unlock.Grant) bool { return g.Drive.Same(row.Identity) })
		if at < 0 {
			continue
		}
		g := grants[at]
		err := g.Usable(p.Name, p.ID, p.MachineID, s.Now())
		switch {
		case err == nil:
			err = s.take(ctx, g, row, all)
		case g.Ended != "" || row.Usage.Class == drive.None:
			err = nil // only one that has expired before anybody used it is told
		}
		if err != nil {
			if !refused.add(name(row), err) {
				return err
			}
			all.not[id] = true
		}
	}
	return nil
}

// Undo has the NAS bring back what a job's first destructive act erased, while nothing else was written to the drive.
func (s *Service) Undo(ctx context.Context, prefix string) (store.Job, wire.UndoReply, error) {
	c, j, err := s.ofJob(ctx, prefix)
	if err != nil {
		return j, wire.UndoReply{}, err
	}
	defer s.release(c)
	if err := s.audit(ctx, "undo", j, ""); err != nil {
		return j, wire.UndoReply{}, err
	}
	reply, err := c.Undo(ctx, j.ID, s.Who)
	if err != nil {
		return j, reply, err
	}
	return j, reply, s.follow(ctx, c, []string{j.ID})
}
