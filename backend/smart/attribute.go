package smart

import (
	"slices"
	"strconv"
	"strings"
)

// meaning ties an ATA attribute to a counter. Vendors reuse ids, above all on SSDs: an attribute is read only under
// one of its known names [smartmontools drivedb.h, ataprint.cpp defaults]. The first is what smartctl calls the id of
// any drive that its database does not know.
type meaning struct {
	id    int64
	names []string
	field func(*Health) **int64
	rule  string // that judges it; empty for none
}

var meanings = []meaning{
	{5, []string{"Reallocated_Sector_Ct", "Reallocated_Sector_Count", "Retired_Block_Count", "Reallocate_NAND_Blk_Cnt",
		"Reallocated_Block_Count"},
		func(h *Health) **int64 { return &h.Counters.Reallocated }, "reallocated"},
	{10, []string{"Spin_Retry_Count"}, func(h *Health) **int64 { return &h.Counters.SpinRetries }, "spin_retries"},
	{184, []string{"End-to-End_Error", "End-to-End_Error_Count", "Error_Correction_Count", "IO_Error_Detect_Code_Ct"},
		func(h *Health) **int64 { return &h.Counters.EndToEnd }, "end_to_end"},
	{187, []string{"Reported_Uncorrect", "Uncorrectable_Error_Cnt", "Reported_UE_Counts"},
		func(h *Health) **int64 { return &h.Counters.Reported }, "reported_uncorrectable"},
	{188, []string{"Command_Timeout"}, func(h *Health) **int64 { return &h.Counters.Timeouts }, "timeouts"},
	{196, []string{"Reallocated_Event_Count", "Reallocated_Event_Ct"},
		func(h *Health) **int64 { return &h.Counters.ReallocationEvents }, "reallocation_events"},
	{197, []string{"Current_Pending_Sector", "Pending_Sector_Count", "Current_Pending_Sectors",
		"Total_Pending_Sectors"},
		func(h *Health) **int64 { return &h.Counters.Pending }, "pending"},
	{198, []string{"Offline_Uncorrectable", "Total_Offl_Uncorrectabl", "Offline_Uncorrectable_Sector_Count"},
		func(h *Health) **int64 { return &h.Counters.Uncorrectable }, "uncorrectable"},
	{199, []string{"UDMA_CRC_Error_Count", "CRC_Error_Count", "SATA_CRC_Error_Count", "Interface_CRC_Error_Count"},
		func(h *Health) **int64 { return &h.Counters.CRC }, "crc"},
	{4, []string{"Start_Stop_Count"}, func(h *Health) **int64 { return &h.StartStops }, ""},
	{193, []string{"Load_Cycle_Count"}, func(h *Health) **int64 { return &h.LoadCycles }, ""},
}

// written are the names under which drives count what the host wrote, and their unit in bytes.
var written = map[string]int64{
	"Total_LBAs_Written":  512,
	"Host_Writes_32MiB":   32 << 20,
	"Host_Writes_MiB":     1 << 20,
	"Host_Writes_GiB":     1 << 30,
	"Lifetime_Writes_GiB": 1 << 30,
	"Total_Writes_GiB":    1 << 30,
}

func readAttributes(t tree, h *Health) {
	general := h.Drive.Flash() && !known(t, h.Drive) || nobodyKnows(t, h.Drive)
	rows := t.list(maxTable, "ata_smart_attributes", "table")
	for _, row := range rows {
		id := row.within(1, 254, "id")
		if id == nil {
			continue
		}
		a := Attribute{
			ID: *id, Name: row.text("name"), Text: row.text("raw", "string"),
			Value: row.within(0, 255, "value"), Worst: row.within(0, 255, "worst"), Thresh: row.within(0, 255,
				"thresh"),
			Raw:        row.count("raw", "value"),
			WhenFailed: row.text("when_failed"),
			Prefail:    row.is("flags", "prefailure"),
		}
		if a.Raw != nil {
			a.Count = countOf(a, h.Drive.Seagate())
		}
		h.Attributes = append(h.Attributes, a)
		place(a, general, h)
	}
	if rows != nil && h.Attributes == nil {
		h.Attributes = []Attribute{}
	}
}

// known reports whether smartctl's database has the drive.
func known(t tree, d Drive) bool {
	if in := t.flag("in_smartctl_database"); in != nil {
		return *in
	}
	return d.Family != ""
}

// nobodyKnows reports whether neither the drive nor smartctl's database says whether it has platters. Old drives do not
// say it, and some flash drives of today.
func nobodyKnows(t tree, d Drive) bool {
	in := t.flag("in_smartctl_database")
	return d.RotationRPM == nil && in != nil && !*in
}

// place puts the attribute's count where its meaning belongs. On what may be flash a general name is a guess: such a
// count is judged as one (see guessed), and the unit of what was written is not known at all.
func place(a Attribute, general bool, h *Health) {
	if unit := written[a.Name]; unit != 0 && !(general && a.Name == "Total_LBAs_Written") && a.Count != nil &&
		h.BytesWritten == nil && *a.Count < 1<<62/unit {
		h.BytesWritten = new(*a.Count * unit)
	}
	if a.ID == 9 && h.PowerOnHours == nil && a.Name == "Power_On_Hours" {
		h.PowerOnHours = a.Count
	}
	for _, m := range meanings {
		if m.id != a.ID {
			continue
		}
		if !slices.Contains(m.names, a.Name) {
			h.Unread = append(h.Unread, a.ID)
		} else if field := m.field(h); *field == nil {
			*field = a.Count
			if general && a.Name == m.names[0] && m.rule != "" {
				h.Guessed = append(h.Guessed, a.ID)
			}
		}
	}
}

// Seagate reports whether the drive packs its raw values as Seagate does, and may have its FARM log; Synology's HAT33xx
// are Seagates.
func (d Drive) Seagate() bool {
	model := strings.ToUpper(d.Model)
	isST := len(model) > 2 && model[:2] == "ST" && model[2] >= '0' && model[2] <= '9'
	return isST || strings.HasPrefix(model, "SEAGATE") || strings.HasPrefix(model, "HAT33") ||
		strings.Contains(strings.ToUpper(d.Family), "SEAGATE")
}

// countOf splits a 48-bit raw value that packs several numbers and gives the one that its attribute means. The drive
// database's reading (raw.string) says how wide that number is; it never replaces the value.
//   - Seagate 1 and 7: operations in the low 32 bits, errors above [Seagate, SMART attribute specification].
//   - 188: three 16-bit counts, the lowest is all timeouts.
//   - 5 and 196: raw16(raw16) by default, so 16 bits unless the database says plainly more [smartmontools
//     ataprint.cpp].
//   - 9, 197, 198: never more than 32 bits.
//   - 190, 194: the current temperature with its extremes above; smartctl's own temperature is used instead.
func countOf(a Attribute, seagate bool) *int64 {
	raw := *a.Raw
	switch a.ID {
	case 190, 194:
		return nil
	case 1, 7:
		if seagate {
			return new(raw >> 32 & 0xffff)
		}
		return &raw
	case 188:
		if seagate || raw > 1<<32-1 || strings.ContainsRune(a.Text, ' ') {
			return new(raw & 0xffff)
		}
		return &raw
	case 5, 196:
		return new(raw & narrow(a, raw, 0xffff))
	case 9, 197, 198:
		return new(raw & narrow(a, raw, 1<<32-1))
	}
	return &raw
}

// narrow finds the mask under which the raw value is the number that smartctl printed first; usual if none fits.
func narrow(a Attribute, raw, usual int64) int64 {
	leading := a.Text
	if i := strings.IndexFunc(leading, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		leading = leading[:i]
	}
	printed, err := strconv.ParseInt(leading, 10, 64)
	if err != nil {
		return usual
	}
	for _, mask := range []int64{0xffff, 0xffffff, 1<<32 - 1} {
		if raw&mask == printed {
			return mask
		}
	}
	return usual
}
