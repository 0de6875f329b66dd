package jobs

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"burnish/backend/nas"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/wire"
)

// noType takes a drive's device type away.
const noType = "none"

// withType gives the chosen drives a device type, if the order has one. It is kept with the NAS once smartctl has read
// each of them by it; otherwise nothing is kept and nothing starts. The rows that it gives are those of a new look.
func (s *Service) withType(ctx context.Context, c *nas.Conn, p profile.Profile, o Order, rows, chosen []wire.DriveRow,
	refused *refusals) (profile.Profile, []wire.DriveRow, []wire.DriveRow, error) {
	if o.SMARTType == "" {
		return p, rows, chosen, nil
	}
	if o.SMARTType != noType && !smart.IsDeviceType(o.SMARTType) {
		return p, nil, nil, reason.New(reason.WrongUse, "what", fmt.Sprintf("%q is no device type of one drive",
			o.SMARTType), "hint", profile.TypeHint)
	}
	types := maps.Clone(p.SMARTTypes)
	if types == nil {
		types = map[string]string{}
	}
	for _, row := range chosen {
		switch {
		case row.Key() == "":
			return p, nil, nil, reason.New(reason.WrongUse, "what", "the drive at "+row.Path+
				" has no id, so that no device type can be kept for it", "hint", "Only drives with a serial number "+
				"or a worldwide name can have one.")
		case o.SMARTType == noType:
			delete(types, row.Key())
		default:
			types[row.Key()] = o.SMARTType
		}
	}
	p.SMARTTypes = types
	rows, err := c.Inventory(ctx, lookAt(p))
	if err != nil {
		return p, nil, nil, err
	}
	again := make([]wire.DriveRow, 0, len(chosen))
	for _, before := range chosen {
		i := slices.IndexFunc(rows, func(r wire.DriveRow) bool { return r.Key() == before.Key() })
		if i < 0 {
			return p, nil, nil, reason.New(reason.NoSuchDrive, "nas", p.Name, "drive", name(before))
		}
		row := rows[i]
		if o.SMARTType != noType && !row.SMARTOff && (row.SMART == nil || !*row.SMART) {
			refused.add(name(before),
				noSMART(row, fmt.Sprintf("not by the device type %s either, which is not kept; %s", o.SMARTType,
					quoted(row))))
		}
		again = append(again, row)
	}
	if err := refused.err(); err != nil {
		return p, nil, nil, err
	}
	saved, err := s.store.ProfileByID(ctx, p.ID) // as it is now: somebody may have changed other things meanwhile
	if err != nil {
		return p, nil, nil, err
	}
	saved.SMARTTypes = types
	return p, rows, again, s.store.UpdateProfile(ctx, saved)
}

// lookAt is how the drives of a NAS are looked at.
func lookAt(p profile.Profile) wire.InventoryRequest {
	return wire.InventoryRequest{VirtualDrives: p.VirtualDrives, SMARTTypes: p.SMARTTypes}
}

// fits has the usual device types tried on a drive that smartctl cannot read; nothing is written. It gives one that
// reads it, empty if none does.
func fits(ctx context.Context, c *nas.Conn, p profile.Profile, row wire.DriveRow) string {
	if row.Key() == "" || row.Rootless {
		return ""
	}
	look := lookAt(p)
	look.TryTypes = []string{row.Key()}
	rows, err := c.Inventory(ctx, look)
	if err != nil {
		return "" // what is known already is told
	}
	for _, r := range rows {
		if r.Key() == row.Key() {
			return r.SMARTFits
		}
	}
	return ""
}

// quoted says in smartctl's own words why a drive has no health data.
func quoted(row wire.DriveRow) string {
	switch {
	case row.SMARTSaid != "":
		return fmt.Sprintf("smartctl said: %q", row.SMARTSaid)
	case row.SMARTOff:
		return "SMART is switched off on it"
	case row.SMART == nil:
		return "smartctl is missing on the NAS, or did not answer"
	}
	return "smartctl finds no SMART on it"
}

const withoutHint = "add --without-smart to test it knowingly without its health data."

// noSMART refuses a drive without health data and says what can be done: each way is for the person to choose.
func noSMART(row wire.DriveRow, why string) *reason.Said {
	hint := "A" + withoutHint[1:]
	switch {
	case row.SMARTOff:
		hint = "Add --smart-on, and Burnish switches SMART on before the test (smartctl -s on): the drive then " +
			"keeps its counts and can test itself; its data is not touched, and SMART stays on. Or " + withoutHint
	case row.SMARTFits != "":
		why += "; it reads the drive by the device type " + row.SMARTFits
		hint = "Add --smart-type " + row.SMARTFits + ", which is kept for this drive. Or " + withoutHint
	case row.Identity.Transport == "usb":
		hint = "If you know the bridge, add --smart-type TYPE, as in smartctl -d (the usual ones were tried where " +
			"the bridge is not known). Or " + withoutHint
	}
	return reason.New(reason.SMARTUnsupported, "drive", name(row), "error", why, "hint", hint)
}
