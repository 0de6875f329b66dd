package jobs

import (
	"context"
	"errors"

	"burnish/backend/drive"
	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/truenas"
	"burnish/backend/wire"
)

// A login that cannot become root starts no plan: without root nobody can prove what uses a drive, nor hold it. On
// TrueNAS it may still look, and have drives test themselves, by what TrueNAS allows the login.

// rootless opens a NAS of which root said no, if it is a TrueNAS; else the error is no.
func (s *Service) rootless(ctx context.Context, p profile.Profile, no error) (*nas.Conn, []truenas.Disk, error) {
	if !said(no, reason.NoRoot) {
		return nil, nil, no
	}
	c, err := s.dial(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	disks, err := trueNASDisks(ctx, c)
	if err != nil {
		_ = s.release(c)
		if errors.Is(err, nas.ErrNoMidclt) {
			err = no
		}
		return nil, nil, err
	}
	return c, disks, nil
}

// looksOn reports whether a NAS of which root said no is of use all the same.
func (s *Service) looksOn(ctx context.Context, c *nas.Conn, no error) bool {
	if !said(no, reason.NoRoot) {
		return false
	}
	_, err := trueNASDisks(ctx, c)
	return err == nil
}

func trueNASDisks(ctx context.Context, c *nas.Conn) ([]truenas.Disk, error) {
	out, err := c.Midclt(ctx, truenas.MethodDisks)
	if err != nil {
		return nil, err
	}
	disks, err := truenas.Disks(out)
	if err != nil {
		return nil, reason.New(reason.MidcltRefused, "error", err)
	}
	return disks, nil
}

// rootlessDrives lists the drives as TrueNAS tells of them. What uses them cannot be told: TrueNAS knows of pools
// alone.
func (s *Service) rootlessDrives(ctx context.Context, p profile.Profile, no error) ([]wire.DriveRow, error) {
	c, disks, err := s.rootless(ctx, p, no)
	if err != nil {
		return nil, err
	}
	defer s.release(c)
	temps := map[string]int{}
	if out, err := c.Midclt(ctx, truenas.MethodTemperatures); err == nil {
		if read, err := truenas.Temperatures(out); err == nil { // a list without temperatures is of use too
			temps = read
		}
	}
	var rows []wire.DriveRow
	for _, d := range disks {
		pool := "in no pool that TrueNAS has imported"
		if d.Pool != "" {
			pool = "pool " + d.Pool
		}
		row := wire.DriveRow{Identity: d.Drive, Path: "/dev/" + d.Name, Rootless: true, Usage: drive.Usage{
			Class: drive.CannotTell, Text: pool + "; without root rights nobody can prove what uses it",
			PhraseKind: drive.NoPhrase, PoolName: d.Pool,
			Why: []drive.Why{{Layer: "TrueNAS", Answer: pool, Sure: true},
				{Layer: "root", Answer: "the login cannot become root", Sure: false}},
		}}
		if c, ok := temps[d.Name]; ok {
			row.TempC = &c
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// SelfTests is what TrueNAS tells of the self-tests of a drive.
type SelfTests struct {
	Drive drive.Identity `json:"drive"`
	truenas.Tests
}

// TrueNASSelfTest has a drive test itself by TrueNAS's own methods, with the rights of the login, and tells what its
// log shows; an empty test only tells. It is no job and gives no verdict. From 25.10 on TrueNAS has no such methods.
func (s *Service) TrueNASSelfTest(ctx context.Context, nasID, which string, test smart.SelfTestType) (SelfTests, error) {
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
