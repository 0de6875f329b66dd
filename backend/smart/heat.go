package smart

// What a measurement and a limit can be, in °C; anything else is garbage. A drive does not work above Hottest: a sensor
// that says so (128 is a byte of "invalid") says nothing.
const (
	Hottest                   = 110
	coldest, hottest          = -40, Hottest
	lowestLimit, highestLimit = 30, 120
)

// stillHours is how long a drive has worked whose sensor cannot have stayed at one degree for all of its life.
const stillHours = 100

// How warm a drive may get that gives no limit of its own, in °C.
const (
	UsualDisk = 60
	UsualSSD  = 70
	UsualNVMe = 75
)

// readTemperature takes only what smartctl itself calls the temperature, and the drive's limits: of SCT, of NVMe's
// controller (WCTEMP, CCTEMP), of the SCSI temperature page. SCSI drives without that page are given as 0 °C with a
// limit of 0 or none: that is no measurement. Such a drive may have the page of environmental reports instead, of which
// smartctl's versions write the keys in two ways.
func readTemperature(t tree, h *Health) {
	h.TemperatureC = first(t.within(coldest, hottest, "temperature", "current"),
		t.within(coldest, hottest, "nvme_smart_health_information_log", "temperature"),
		t.within(coldest, hottest, "ata_sct_status", "temperature", "current"))
	for _, path := range [][]string{{"temperature", "current"}, {"nvme_smart_health_information_log", "temperature"},
		{"ata_sct_status", "temperature", "current"}} {
		if n := t.integer(path...); n != nil && *n > Hottest && h.TemperatureC == nil && h.TemperatureOddC == nil {
			h.TemperatureOddC = n
		}
	}
	if low, high := t.integer("temperature", "lifetime_min"),
		t.integer("temperature", "lifetime_max"); h.TemperatureC != nil && same(low, h.TemperatureC) &&
		same(high, h.TemperatureC) && h.PowerOnHours != nil && *h.PowerOnHours >= stillHours {
		h.TemperatureC, h.TemperatureOddC = nil, h.TemperatureC
	}
	trip := first(t.integer("temperature", "drive_trip"), t.integer("scsi_temperature", "drive_trip"))
	if h.TemperatureC != nil && *h.TemperatureC == 0 && (trip != nil && *trip == 0 || trip == nil &&
		h.Drive.Protocol == SCSI) {
		h.TemperatureC = nil
	}
	if h.TemperatureC == nil && h.Drive.Protocol == SCSI { // smartctl -x gives only this page where the drive has it
		page := t.at("scsi_environmental_reports", "temperature_1")
		if n := first(page.within(coldest, hottest, "current"), page.within(coldest, hottest, "Current")); n != nil &&
			*n != 0 {
			h.TemperatureC = n
		}
	}
	limit := func(path ...string) *int64 { return t.within(lowestLimit, highestLimit, path...) }
	h.TemperatureLimitC = first(limit("temperature", "op_limit_max"),
		limit("nvme_composite_temperature_threshold", "warning"),
		limit("temperature", "drive_trip"),
		limit("scsi_temperature", "drive_trip"),
		limit("ata_sct_status", "temperature", "op_limit_max"))
	h.TemperatureCriticalC = first(limit("temperature", "critical_limit_max"),
		limit("nvme_composite_temperature_threshold", "critical"),
		limit("temperature", "limit_max"),
		limit("ata_sct_status", "temperature", "limit_max"))
}

// HeatLimit is how warm the drive may get: its own limit, else what is usual for its kind. A drive that does not say
// what it is counts as a disk.
func (h Health) HeatLimit() (limit int64, own bool) {
	switch {
	case h.TemperatureLimitC != nil:
		return *h.TemperatureLimitC, true
	case h.Drive.Protocol == NVMe:
		return UsualNVMe, false
	case h.Drive.RotationRPM != nil && *h.Drive.RotationRPM == 0:
		return UsualSSD, false
	}
	return UsualDisk, false
}

// readOddSensor tells of a sensor that says what cannot be: that is no heat.
func readOddSensor(h *Health) []reading {
	if h.TemperatureOddC == nil {
		return nil
	}
	return []reading{{value: *h.TemperatureOddC, holds: true}}
}

// readHeat compares with the drive's limit and takes the drive's word that it is too hot.
func readHeat(h *Health) []reading {
	limit, own := h.HeatLimit()
	over := own && h.TemperatureC != nil && *h.TemperatureC > limit
	said := heatAlone(h) || h.CriticalWarning != nil && *h.CriticalWarning&heatBit != 0
	value := any("over its limit")
	if h.TemperatureC != nil {
		value = *h.TemperatureC
	}
	return []reading{{value: value, holds: over || said}}
}

// readUnusualHeat is for a drive that gives no limit; one that says itself that it is too hot is told of by that.
func readUnusualHeat(h *Health) []reading {
	limit, own := h.HeatLimit()
	if own || h.TemperatureC == nil {
		return nil
	}
	return []reading{{value: *h.TemperatureC, holds: *h.TemperatureC > limit && !readHeat(h)[0].holds}}
}
