//go:build linux

package inventory

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// Inventory finds all drives, one row a drive: further paths to it are in its usage. It ends within the deadline,
// whatever hangs, and gives at most wire.MaxDrives rows.
func (h *Host) Inventory(ctx context.Context, opt Options) ([]wire.DriveRow, error) {
	within, cancel := context.WithTimeout(ctx, h.deadline())
	defer cancel()
	s, err := h.newSurvey(within, opt)
	if err != nil {
		return nil, err
	}
	s.identifyAll(within)
	s.lookAtAll(within, s.nodes, true)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("the inventory was ended: %w", context.Cause(ctx))
	}
	var rows []wire.DriveRow
	for _, u := range s.units[:min(len(s.units), wire.MaxDrives)] {
		n := u.paths[0]
		row := wire.DriveRow{Identity: s.whole(u), Path: n.path(), Usage: s.usage(u)}
		waits := row.Usage.Class == drive.Pool && s.pools.pools[row.Usage.PoolGUID] == nil
		if c := row.Usage.Class; (c == drive.ExportedPool || c == drive.Remote || waits) && row.Usage.PoolGUID != "" {
			company := reason.Clean(s.company(u, row.Usage.PoolGUID), maxText)
			row.Usage.Text += "; " + company
			row.Usage.Why = append(row.Usage.Why, drive.Why{Layer: zfsLayer, Answer: company, Sure: true})
		}
		row.Job = row.Usage.Job
		for _, p := range u.paths {
			l := s.looks[p]
			row.SMARTSilent = row.SMARTSilent || l.health.hung || !l.health.asked && l.health.smart == nil
			row.TempC, row.SMART = cmp.Or(row.TempC, l.temp), cmp.Or(row.SMART, l.health.smart)
			row.Passed = cmp.Or(row.Passed, l.health.passed)
			row.SMARTSaid, row.SMARTOff = cmp.Or(row.SMARTSaid, l.health.said), row.SMARTOff || l.health.off
			row.SMARTType, row.SMARTFits = cmp.Or(row.SMARTType, l.health.byType), cmp.Or(row.SMARTFits, l.health.fits)
			if p.key != row.Identity.ID() {
				row.SMARTKey = p.key
			}
			row.TempLimitC, row.TempCriticalC = cmp.Or(row.TempLimitC, l.high), cmp.Or(row.TempCriticalC, l.crit)
		}
		row.Place = s.placed(u)
		row.Unknown = unknown(row)
		rows = append(rows, row)
	}
	return rows, nil
}

// Inspect says what the drive is that held is open on, where it is, and what uses it. held is this process's own
// exclusive hold and no use; it is read through, so that no name can come to mean another drive meanwhile. Of other
// paths only those in opt.Held count as held too. It looks closer than Inventory and may take up to 90 s.
func (h *Host) Inspect(ctx context.Context, held *os.File, opt Options) (id drive.Identity, path string, u drive.Usage,
	err error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(opt.Within, inspectDeadline))
	defer cancel()
	dev, err := blockNumber(int(held.Fd()))
	if err != nil {
		return id, "", u, fmt.Errorf("inspect %s: %w", held.Name(), err)
	}
	s, err := h.newSurvey(ctx, opt)
	if err != nil {
		return id, "", u, err
	}
	s.samples, s.held, s.heldDev, s.own[dev] = inspectSamples, held, dev, true
	s.identifyAll(ctx)
	for _, unit := range s.units {
		for _, n := range unit.paths {
			if n.dev == dev {
				if w := opt.Want; w != nil && !n.id.Same(*w) && n.unread() {
					return id, "", u, &Unsure{What: n.path() + " does not say now which drive it is"}
				}
				s.lookAtAll(ctx, unit.paths, false)
				id := s.whole(unit)
				return id, n.path(), s.usage(unit), nil
			}
		}
	}
	return id, "", u, fmt.Errorf("inspect %s: device %v is no drive: %w", held.Name(), dev, ErrNotFound)
}

// whole is a drive's identity with what only the drive itself could say of it.
func (s *survey) whole(u unitOf) drive.Identity {
	id := u.paths[0].id
	for _, n := range u.paths {
		id.HiddenBytes = max(id.HiddenBytes, s.looks[n].guard.hidden)
	}
	return id
}

// Find says where a drive is today: the first of its paths.
func (h *Host) Find(ctx context.Context, want drive.Identity, opt Options) (string, error) {
	paths, err := h.Paths(ctx, want, opt)
	if err != nil {
		return "", err
	}
	return paths[0], nil
}

// Paths lists all paths to a drive today. Where no device is that drive it gives ErrNotFound or, if one may be,
// *Unsure.
func (h *Host) Paths(ctx context.Context, want drive.Identity, opt Options) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, h.deadline())
	defer cancel()
	opt.Want = &want
	s, err := h.newSurvey(ctx, opt)
	if err != nil {
		return nil, err
	}
	s.identifyAll(ctx)
	if ctx.Err() != nil {
		return nil, &Unsure{What: "the drives did not all answer in time"}
	}
	return s.among(want)
}

// Usage says what uses a drive without a hold of it, and looks at no other one.
func (h *Host) Usage(ctx context.Context, want drive.Identity, opt Options) (drive.Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, h.deadline())
	defer cancel()
	opt.Want = &want
	s, err := h.newSurvey(ctx, opt)
	if err != nil {
		return drive.Usage{}, err
	}
	s.identifyAll(ctx)
	for _, u := range s.units {
		if u.paths[0].id.Same(want) {
			s.lookAtAll(ctx, u.paths, false)
			return s.usage(u), nil
		}
	}
	return drive.Usage{}, fmt.Errorf("look at %v: %w", want, ErrNotFound)
}

// usage joins what is said of all paths of a drive: one in use counts for all.
func (s *survey) usage(u unitOf) drive.Usage {
	answers := append([]answer(nil), u.answers...)
	for _, n := range u.paths {
		for _, a := range s.answersFor(n) {
			if len(u.paths) > 1 {
				a.path = n.path()
			}
			answers = append(answers, a)
		}
	}
	return usageOf(answers)
}
