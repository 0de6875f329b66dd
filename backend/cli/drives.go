package cli

import (
	"context"
	"strconv"

	"burnish/backend/drive"
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
		ID: r.Identity.ID(), Model: r.Identity.Model, SizeBytes: r.Identity.SizeBytes, Path: r.Path, Kind: r.Identity.Kind,
		TemperatureC: r.TempC, Usage: r.Usage, Startable: drive.StartableFor(r.Identity, r.Usage),
		Chip: r.Usage.Chip(), Firmware: r.Identity.Firmware, Transport: r.Identity.Transport,
		LogicalBytes: r.Identity.LogicalBytes, PhysicalBytes: r.Identity.PhysicalBytes, HiddenBytes: r.Identity.HiddenBytes, Place: r.Place,
		SMART: driveHealth{Available: r.SMART, Passed: r.Passed, Off: r.SMARTOff}, TempLimitC: r.TempLimitC, TempCriticalC: r.TempCriticalC,
		Unknown: append([]string{}, r.Unknown...),
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
	return d
}

func (c *drivesCmd) run(ctx context.Context, a *app) (int, error) {
	rows, err := a.svc.Drives(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	t := a.table("BAY", "PATH", "ID", "MODEL", "SIZE", "°C", "USAGE", "START")
	for _, r := range rows {
		if a.json {
			if err := a.put(driveLine(r)); err != nil {
				return 0, err
			}
			continue
		}
		temp := "–"
		if r.TempC != nil {
			temp = strconv.Itoa(*r.TempC)
		}
		d := driveLine(r)
		can := map[drive.Startable]string{{Read: true, Destructive: true}: "any plan", {Read: true}: "read only"}[d.Startable]
		switch {
		case can == "":
			can = "locked"
		case !d.Startable.Destructive && r.Usage.Unlockable():
			can = "read only, or unlock"
		}
		bay := "–"
		if d.Bay != nil {
			bay = *d.Bay
		}
		size := bytes(d.SizeBytes)
		if d.HiddenBytes > 0 {
			size += " (" + bytes(d.HiddenBytes) + " hidden)"
		}
		t.row(bay, r.Path, d.ID, d.Model, size, temp, string(r.Usage.Class)+": "+r.Usage.Text, can)
	}
	if len(rows) == 0 && !a.json {
		a.say("%s shows no drives.", c.NAS)
	}
	t.print()
	return 0, nil
}
