package jobs

import (
	"context"
	"errors"
	"slices"

	"burnish/backend/drive"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/store"
	"burnish/backend/truenas"
	"burnish/backend/wire"
)

// A login that cannot become root starts no plan but truenas: without root nobody can prove what uses a drive, nor hold
// it. On TrueNAS it may look, and have TrueNAS do what it allows the login.

// rootless opens a NAS of which root said no, if it is a TrueNAS; else the error is no.
func (s *Service) rootless(ctx context.Context, p profile.Profile, no error) (*nas.Conn, []wire.DriveRow, error) {
	if reason.CodeOf(no) != reason.NoRoot {
		return nil, nil, no
	}
	c, err := s.dial(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.trueNASRows(ctx, c, p)
	if err != nil {
		_ = s.release(c)
		if errors.Is(err, nas.ErrNoMidclt) {
			err = no
		}
		return nil, nil, err
	}
	return c, rows, nil
}

// looksOn reports whether a NAS of which root said no is of use all the same.
func (s *Service) looksOn(ctx context.Context, c *nas.Conn, no error) bool {
	if reason.CodeOf(no) != reason.NoRoot {
		return false
	}
	_, err := trueNASDisks(ctx, c)
	return err == nil
}

func trueNASDisks(ctx context.Context, c *nas.Conn) ([]truenas.Disk, error) {
	a, err := c.MidcltCall(ctx, truenas.MethodDisks, truenas.DisksWithPools()...)
	if err != nil {
		return nil, err
	}
	out, err := truenas.Answer(a).Result(truenas.MethodDisks)
	var disks []truenas.Disk
	if err == nil {
		disks, err = truenas.Disks(out)
	}
	if err != nil {
		return nil, reason.New(reason.MidcltRefused, "error", err)
	}
	return disks, nil
}

// trueNASRows gives the drives as TrueNAS tells of them. What uses them TrueNAS tells as far as it knows: of pools. A
// drive that it knows free can be erased knowingly, and by TrueNAS alone (plan truenas).
func (s *Service) trueNASRows(ctx context.Context, c *nas.Conn, p profile.Profile) ([]wire.DriveRow, error) {
	disks, err := trueNASDisks(ctx, c)
	if err != nil {
		return nil, err
	}
	var details map[string]truenas.Detail
	var wipes []truenas.Job
	temps := map[string]int{}
	// A list that lacks one of them is of use too: what is not told keeps a drive locked.
	for method, read := range map[string]func([]byte) error{
		truenas.MethodDetails:      func(b []byte) (err error) { details, err = truenas.Details(b); return err },
		truenas.MethodJobs:         func(b []byte) (err error) { wipes, err = truenas.Jobs(b); return err },
		truenas.MethodTemperatures: func(b []byte) (err error) { temps, err = truenas.Temperatures(b); return err },
	} {
		args := map[string][]string{truenas.MethodDetails: truenas.AllDetails(), truenas.MethodJobs: truenas.Wipes()}
		a, err := c.MidcltCall(ctx, method, args[method]...)
		if err != nil {
			return nil, err
		}
		out, err := truenas.Answer(a).Result(method)
		if err == nil && read(out) != nil && method == truenas.MethodDetails {
			details = nil
		}
	}
	live, err := s.store.Live(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]wire.DriveRow, len(disks))
	for i, d := range disks {
		row := wire.DriveRow{Identity: d.Drive, Path: "/dev/" + d.Name, Rootless: true,
			Usage: truenas.Use(d, details, wipes)}
		at := slices.IndexFunc(live, func(j store.Job) bool { return j.ProfileID == p.ID && j.DriveID == d.Drive.ID() })
		if at >= 0 {
			row.Job = live[at].ID
			row.Usage = drive.Worse(row.Usage, drive.Usage{Class: drive.BurnIn, Text: "job " + row.Job, Job: row.Job,
				PhraseKind: drive.NoPhrase, Why: []drive.Why{{Layer: drive.LayerBurnish, Answer: "job " + row.Job,
					Sure: true}}})
		}
		if c, ok := temps[d.Name]; ok {
			row.TempC = &c
		}
		rows[i] = row
	}
	return rows, nil
}

// rootlessDrives lists the drives of a NAS of which root said no, if it is a TrueNAS.
func (s *Service) rootlessDrives(ctx context.Context, p profile.Profile, no error) ([]wire.DriveRow, error) {
	c, rows, err := s.rootless(ctx, p, no)
	if err != nil {
		return nil, err
	}
	defer s.release(c)
	return rows, s.review(ctx, p, rows)
}

// mayStart chooses the drives of an order among those of TrueNAS, with what allows each to be erased.
func (s *Service) mayStart(ctx context.Context, p profile.Profile, o Order, rows []wire.DriveRow) ([]wire.DriveRow,
	*permits, error) {
	refused := &refusals{of: len(o.Drives)}
	var chosen []wire.DriveRow
	for _, which := range o.Drives {
		row, err := choose(rows, which, p.Name)
		switch {
		case err != nil:
			refused.add(which, err)
		case slices.ContainsFunc(chosen, func(c wire.DriveRow) bool { return c.Path == row.Path }):
			refused.add(which, twice(row))
		default:
			chosen = append(chosen, row)
		}
	}
	allowed, err := s.permits(ctx, p, o, rows, chosen, refused)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range chosen {
		if allowed.not[row.Identity.ID()] {
			continue
		}
		if row.Usage.Class != drive.Data || !allowed.scope(row).Covers(row.Usage) {
			refused.add(name(row), inUse(p, row))
		}
	}
	return chosen, allowed, refused.err()
}

func inUse(p profile.Profile, row wire.DriveRow) *reason.Said {
	return reason.New(reason.DriveInUse, "drive", name(row), "path", row.Path, "usage", row.Usage.Text,
		"way_out", drive.WayOut(p.Name, row.Identity, row.Usage)).AtWindow(drive.WindowWayOut(row.Identity, row.Usage))
}

// SelfTests is what TrueNAS tells of the self-tests of a drive.
type SelfTests struct {
	Drive drive.Identity `json:"drive"`
	truenas.Tests
}

// TrueNASSelfTest has a drive test itself by TrueNAS's own methods, with the rights of the login, and tells what its
// log shows; an empty test only tells. It is no job and gives no verdict. From 25.10 on TrueNAS has no such methods.
func (s *Service) TrueNASSelfTest(ctx context.Context, nasID, which string, test smart.SelfTestType) (
	SelfTests, error) {
	p, err := s.Profile(ctx, nasID)
	if err != nil {
		return SelfTests{}, err
	}
	c, err := s.dial(ctx, p)
	if err != nil {
		return SelfTests{}, err
	}
	defer s.release(c)
	disks, err := trueNASDisks(ctx, c)
	if errors.Is(err, nas.ErrNoMidclt) {
		return SelfTests{}, reason.New(reason.MidcltRefused, "error", err)
	}
	if err != nil {
		return SelfTests{}, err
	}
	rows := make([]wire.DriveRow, len(disks))
	of := map[string]truenas.Disk{}
	for i, d := range disks {
		rows[i] = wire.DriveRow{Identity: d.Drive, Path: "/dev/" + d.Name}
		of[rows[i].Path] = d
	}
	row, err := choose(rows, which, p.Name)
	if err != nil {
		return SelfTests{}, err
	}
	d := of[row.Path]
	if test != "" {
		out, err := c.Midclt(ctx, truenas.MethodTest, truenas.Request(d, test))
		if err != nil {
			return SelfTests{}, err
		}
		if err := truenas.Begun(out); err != nil {
			return SelfTests{}, reason.New(reason.MidcltRefused, "error", err)
		}
	}
	out, err := c.Midclt(ctx, truenas.MethodResults, truenas.Filter(d))
	if err != nil {
		return SelfTests{}, err
	}
	tests, err := truenas.Results(out, d.Name)
	if err != nil {
		return SelfTests{}, reason.New(reason.MidcltRefused, "error", err)
	}
	return SelfTests{Drive: d.Drive, Tests: tests}, nil
}
