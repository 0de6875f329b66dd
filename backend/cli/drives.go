package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/size"
	"burnish/backend/wire"
)

type drivesCmd struct {
	NAS string `arg:"" name:"nas" help:"The NAS."`
}

// driveRow is a drive as --json shows it.
type driveRow struct {
	ID           string          `json:"id"`
	Serial       *string         `json:"serial"`
	WWN          *string         `json:"wwn"`
	Model        string          `json:"model"`
	SizeBytes    int64           `json:"size_bytes"`
	Path         string          `json:"path"`
	Kind         drive.Kind      `json:"kind"`
	TemperatureC *int            `json:"temperature_c"`
	Usage        drive.Usage     `json:"usage"`
	Startable    drive.Startable `json:"startable"`
	Job          *string         `json:"job"`

	Chip          string      `json:"chip"` // the usage in a few words
	Firmware      string      `json:"firmware"`
	Transport     string      `json:"transport"`
	LogicalBytes  int         `json:"logical_bytes"`
	PhysicalBytes int         `json:"physical_bytes"`
	HiddenBytes   int64       `json:"hidden_bytes"` // that it has and does not show
	Place         drive.Place `json:"place"`
	Bay           *string     `json:"bay"`
	SMART         driveHealth `json:"smart"`
	TempLimitC    *int        `json:"temperature_limit_c"`
	TempCriticalC *int        `json:"temperature_critical_c"`
	Unknown       []string    `json:"unknown"` // what could not be found out
	Part          *string     `json:"part"`    // LUN or namespace, where the serial number has several
	// the ids of all drives here that are parts of the same one, this one's too
	Parts []string `json:"parts"`
	Last  *lastJob `json:"last"` // the newest job of it that has ended; null where there is none
}

// lastJob is how the newest job of a drive ended.
type lastJob struct {
	Job      string          `json:"job"`
	Plan     string          `json:"plan"`
	State    burnin.State    `json:"state"`
	Coverage burnin.Coverage `json:"coverage"`
	Reason   *reason.Said    `json:"reason"`
	EndedMs  int64           `json:"ended_ms"`

	word string
}

// driveHealth is what a drive said of its health; null where it did not say.
type driveHealth struct {
	Available *bool   `json:"available"`
	Passed    *bool   `json:"passed"`
	Said      *string `json:"said"` // what smartctl complained of
	Off       bool    `json:"off"`  // it is there, and switched off
	Type      *string `json:"type"` // the device type that was given to smartctl
}

func driveLine(r wire.DriveRow) driveRow {
	d := driveRow{
		ID: r.Identity.ID(), Model: r.Identity.Model, SizeBytes: r.Identity.SizeBytes, Path: r.Path,
		Kind:         r.Identity.Kind,
		TemperatureC: r.TempC, Usage: r.Usage, Startable: drive.StartableFor(r.Identity, r.Usage),
		Chip: r.Usage.Chip(), Firmware: r.Identity.Firmware, Transport: r.Identity.Transport,
		LogicalBytes: r.Identity.LogicalBytes, PhysicalBytes: r.Identity.PhysicalBytes,
		HiddenBytes: r.Identity.HiddenBytes, Place: r.Place,
		SMART: driveHealth{Available: r.SMART, Passed: r.Passed, Off: r.SMARTOff}, TempLimitC: r.TempLimitC,
		TempCriticalC: r.TempCriticalC,
		Unknown:       append([]string{}, r.Unknown...),
	}
	if r.Rootless {
		d.Startable = drive.Startable{}
	}
	optional := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	d.Serial, d.WWN, d.Job = optional(r.Identity.Serial), optional(r.Identity.WWN), optional(r.Job)
	d.Bay, d.SMART.Said, d.SMART.Type = optional(r.Place.Bay), optional(r.SMARTSaid), optional(r.SMARTType)
	d.Part, d.Parts = optional(r.Identity.Part), []string{}
	return d
}

// driveLines are the drives of a NAS, each with what the others and earlier jobs say of it.
func driveLines(rows []wire.DriveRow, last map[string]burnin.Job) []driveRow {
	parts := map[string][]string{}
	for _, r := range rows {
		if r.Identity.Serial != "" && r.Identity.Part != "" {
			parts[r.Identity.Serial] = append(parts[r.Identity.Serial], r.Identity.ID())
		}
	}
	var out []driveRow
	for _, r := range rows {
		d := driveLine(r)
		if r.Identity.Part != "" {
			d.Parts = append(d.Parts, parts[r.Identity.Serial]...)
		}
		if j, ok := last[d.ID]; ok {
			d.Last = &lastJob{j.ID, j.Plan, j.State, j.Verdict.Coverage, j.Reason, j.EndedMs, word(j)}
		}
		out = append(out, d)
	}
	return out
}

// cells are what a person sees of a drive.
func (d driveRow) cells() []string {
	temp, bay, last := "–", "–", "–"
	if d.TemperatureC != nil {
		temp = strconv.Itoa(*d.TemperatureC)
	}
	if d.Bay != nil {
		bay = *d.Bay
	}
	if d.Last != nil {
		last = d.Last.word + " (" + clock(d.Last.EndedMs) + ")"
	}
	can := map[drive.Startable]string{{Read: true, Destructive: true}: "any plan",
		{Read: true}: "read only"}[d.Startable]
	switch {
	case can == "":
		can = "locked"
	case !d.Startable.Destructive && d.Usage.Unlockable():
		can = "read only, or unlock"
	}
	kind := strings.TrimSpace(string(d.Kind) + " " + d.Transport)
	if d.Part != nil {
		kind += ", part " + *d.Part
		if n := len(d.Parts); n > 1 {
			kind += fmt.Sprintf(" of %d", n)
		}
	}
	path := d.Path
	if len(d.Place.Paths) > 1 {
		path = strings.Join(d.Place.Paths, ", ")
	}
	shown := size.Text(d.SizeBytes)
	if d.HiddenBytes > 0 {
		shown += " (" + size.Text(d.HiddenBytes) + " hidden)"
	}
	return []string{bay, path, d.ID, d.Model, kind, shown, temp, last, string(d.Usage.Class) + ": " + d.Usage.Text, can}
}

func (c *drivesCmd) run(ctx context.Context, a *app) (int, error) {
	nas, err := a.nas(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	rows, err := a.svc.Drives(ctx, nas)
	if err != nil {
		return 0, err
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.Identity.ID())
	}
	last, err := a.svc.Last(ctx, ids)
	if err != nil {
		return 0, err
	}
	t := a.table("BAY", "PATH", "ID", "MODEL", "KIND", "SIZE", "°C", "LAST", "USAGE", "START")
	for _, d := range driveLines(rows, last) {
		if a.json {
			if err := a.put(d); err != nil {
				return 0, err
			}
			continue
		}
		t.row(d.cells()...)
	}
	if len(rows) == 0 && !a.json {
		a.say("%s shows no drives.", c.NAS)
	}
	t.print()
	return 0, nil
}
