package smart

import (
	"fmt"
	"slices"
	"strconv"

	"burnish/backend/size"
)

// The conditions that the rules read.

const (
	ascWarning        = 0x0b // with ascq 1: only the temperature
	ascqTemperature   = 0x01
	ascFailurePredict = 0x5d
)

func heatAlone(h *Health) bool {
	return h.IE != nil && h.IE.ASC == ascWarning && h.IE.ASCQ == ascqTemperature
}

// readVerdict takes the drive's overall word, except where smartctl made it from something that is judged by itself:
// NVMe's critical warning, and SCSI's notice of heat.
func readVerdict(h *Health) []reading {
	failing := h.Passed != nil && !*h.Passed
	predicted := h.IE != nil && h.IE.ASC == ascFailurePredict
	word := "not said"
	switch {
	case (failing || predicted) && h.IE != nil && h.IE.Text != "":
		word = h.IE.Text
	case failing || predicted:
		word = "failed"
	case h.Passed != nil:
		word = "passed"
	}
	explained := heatAlone(h) || h.CriticalWarning != nil && *h.CriticalWarning != 0
	return []reading{{value: word, holds: predicted || failing && !explained}}
}

// criticalBits are the bits of NVMe's critical warning; bit 1, temperature, is judged as heat.
var criticalBits = []struct {
	bit   uint
	text  string
	minor bool
}{
	{0, "spare blocks below the threshold", false},
	{2, "reliability degraded", false},
	{3, "medium read-only", false},
	{4, "backup capacitor failed", false},
	{5, "persistent memory region read-only or unreliable", true},
	{6, "unknown warning, bit 6", true},
	{7, "unknown warning, bit 7", true},
}

const heatBit = 1 << 1

func readBits(h *Health, minor bool) []reading {
	if h.CriticalWarning == nil {
		return nil
	}
	var out []reading
	for _, b := range criticalBits {
		if b.minor == minor {
			set := *h.CriticalWarning>>b.bit&1 == 1
			out = append(out, reading{item: b.text, value: *h.CriticalWarning, holds: set})
		}
	}
	return out
}

func readCritical(h *Health) []reading { return readBits(h, false) }
func readMinor(h *Health) []reading    { return readBits(h, true) }

func readPrefailNow(h *Health) []reading {
	return readAttributeStates(h, func(a Attribute) bool { return a.Prefail && a.WhenFailed == "now" })
}

func readThresholds(h *Health) []reading {
	return readAttributeStates(h, func(a Attribute) bool {
		return a.WhenFailed == "past" || a.WhenFailed == "now" && !a.Prefail
	})
}

func readAttributeStates(h *Health, holds func(Attribute) bool) []reading {
	var out []reading
	for _, a := range h.Attributes {
		value := any(nil)
		if a.Value != nil {
			value = *a.Value
		}
		out = append(out, reading{item: strconv.FormatInt(a.ID, 10) + " " + a.Name, value: value, holds: holds(a)})
	}
	return out
}

// readScan looks for one of the states in which a SCSI drive's background scan does not go on.
func readScan(states ...int64) func(*Health) []reading {
	return func(h *Health) []reading {
		if h.ScanStatus == nil {
			return nil
		}
		value := any(*h.ScanStatus)
		if h.BackgroundScan != "" {
			value = h.BackgroundScan
		}
		return []reading{{value: value, holds: slices.Contains(states, *h.ScanStatus)}}
	}
}

// errorLogGrew looks at the count alone: entries that are shown are judged by what they say.
func errorLogGrew(before, after *Health) (from, to any, grew bool) {
	if before.ErrorLogCount == nil || after.ErrorLogCount == nil || *after.ErrorLogCount <= *before.ErrorLogCount {
		return nil, nil, false
	}
	for _, e := range after.ErrorLog {
		known := func(old ErrorLogEntry) bool { return old.Number == e.Number }
		if !slices.ContainsFunc(before.ErrorLog, known) {
			return nil, nil, false
		}
	}
	return *before.ErrorLogCount, *after.ErrorLogCount, true
}

func readSpare(h *Health) []reading {
	if h.SparePercent == nil || h.SpareThresholdPercent == nil {
		return nil
	}
	return []reading{{value: *h.SparePercent, holds: *h.SparePercent < *h.SpareThresholdPercent}}
}

// farmLeads reports whether the figure of FARM is far above the hours of SMART.
func farmLeads(farm, smart *int64) []reading {
	if farm == nil || smart == nil {
		return nil
	}
	lead := *farm - *smart
	return []reading{{value: fmt.Sprintf("FARM %d hours, SMART %d hours", *farm, *smart), holds: lead > farmHours &&
		lead > *farm/100*farmShare}}
}

func readFarmHours(h *Health) []reading {
	if h.Farm == nil {
		return nil
	}
	return farmLeads(h.Farm.PowerOnHours, h.PowerOnHours)
}

func readFarmHeads(h *Health) []reading {
	if h.Farm == nil {
		return nil
	}
	return farmLeads(h.Farm.HeadFlightHours, h.PowerOnHours)
}

// readOldRows looks for log rows later than the shown hours. From 65,536 hours on, every row fits.
func readOldRows(h *Health) []reading {
	if h.PowerOnHours == nil || *h.PowerOnHours >= hourWrap {
		return nil
	}
	late := func(hours *int64) bool { return hours != nil && *hours%hourWrap > *h.PowerOnHours+1 }
	say := func(log string, hours int64) []reading {
		return []reading{{value: fmt.Sprintf("%s at %d hours, SMART %d hours", log, hours, *h.PowerOnHours),
			holds: true}}
	}
	for _, row := range h.SelfTests {
		if late(row.Hours) {
			return say("self-test", *row.Hours)
		}
	}
	for _, e := range h.ErrorLog {
		if late(e.Hours) {
			return say("error", *e.Hours)
		}
	}
	return nil
}

func readCycles(h *Health) []reading {
	if h.StartStops == nil || h.PowerOnHours == nil || h.Drive.RotationRPM == nil || *h.Drive.RotationRPM == 0 {
		return nil
	}
	return []reading{{value: fmt.Sprintf("%d starts, %d hours", *h.StartStops, *h.PowerOnHours),
		holds: *h.StartStops/cyclesPerHour > *h.PowerOnHours+1}}
}

func readImpossibleWrites(h *Health) []reading {
	if h.BytesWritten == nil || h.PowerOnHours == nil {
		return nil
	}
	rate := ssdRate
	switch {
	case h.Drive.Protocol == NVMe:
		rate = nvmeRate
	case h.Drive.RotationRPM != nil && *h.Drive.RotationRPM > 0:
		rate = diskRate
	}
	return []reading{{value: fmt.Sprintf("%s, %d hours", size.Text(*h.BytesWritten), *h.PowerOnHours),
		holds: float64(*h.BytesWritten) > rate*3600*float64(*h.PowerOnHours+1)}}
}

func over(n *int64, limit int64) []reading {
	if n == nil {
		return nil
	}
	return []reading{{value: *n, holds: *n > limit}}
}

func readNewHours(h *Health) []reading  { return over(h.PowerOnHours, newHours) }
func readNewCycles(h *Health) []reading { return over(h.PowerCycles, newPowerCycles) }

func readNewWrites(h *Health) []reading {
	if h.Drive.SizeBytes == nil {
		return nil
	}
	return over(h.BytesWritten, *h.Drive.SizeBytes/100*newWrittenShare)
}

func readLinkSpeed(h *Health) []reading {
	if h.LinkMbps == nil || h.LinkMaxMbps == nil {
		return nil
	}
	return []reading{{value: fmt.Sprintf("%.1f of %.1f Gb/s", float64(*h.LinkMbps)/1000, float64(*h.LinkMaxMbps)/1000),
		holds: *h.LinkMbps < *h.LinkMaxMbps}}
}

// readWriteCache is for disks: SSDs do well without.
func readWriteCache(h *Health) []reading {
	if h.WriteCache == nil || h.Drive.RotationRPM == nil || *h.Drive.RotationRPM == 0 {
		return nil
	}
	return []reading{{value: map[bool]string{true: "on", false: "off"}[*h.WriteCache], holds: !*h.WriteCache}}
}

func readNotice(h *Health) []reading {
	return []reading{{value: h.Notice, holds: h.Notice != ""}}
}

// otherDrive compares what both captures know of the drive's identity.
func otherDrive(before, after *Health) (from, to any, differs bool) {
	b, a := before.Drive, after.Drive
	for _, p := range [][2]string{{b.Serial, a.Serial}, {b.WWN, a.WWN}, {string(b.Protocol), string(a.Protocol)}} {
		if p[0] != "" && p[1] != "" && p[0] != p[1] {
			return p[0], p[1], true
		}
	}
	if b.SizeBytes != nil && a.SizeBytes != nil && *b.SizeBytes != *a.SizeBytes {
		return *b.SizeBytes, *a.SizeBytes, true
	}
	return nil, nil, false
}

func hoursWentBack(before, after *Health) (from, to any, fell bool) {
	if before.PowerOnHours == nil || after.PowerOnHours == nil {
		return nil, nil, false
	}
	return *before.PowerOnHours, *after.PowerOnHours, *after.PowerOnHours < *before.PowerOnHours
}
