package smart

// readATA fills in what ATA drives say, also behind SAT bridges.
func readATA(t tree, h *Health) {
	readAttributes(t, h)
	readStatistics(t, h)
	readATASelfTests(t, h)
	readErrorLog(t, h)
	h.Counters.PendingLog = t.count("ata_pending_defects_log", "count")
	h.Counters.LinkErrors = linkErrors(t)
	h.WriteCache = t.flag("write_cache", "enabled")
	h.LinkMbps, h.LinkMaxMbps = linkSpeed(t.at("interface_speed", "current")), linkSpeed(t.at("interface_speed", "max"))

	capable := t.at("ata_smart_data", "capabilities")
	polling := t.at("ata_smart_data", "self_test", "polling_minutes")
	h.Capabilities = Capabilities{
		SelfTest:     capable.flag("self_tests_supported"),
		ShortMinutes: polling.within(1, 1<<16, "short"),
		LongMinutes:  polling.within(1, 1<<16, "extended"),
	}
}

// readStatistics takes from the device statistics log what the attributes lack [ACS-4, 9.5]. Its values are standard
// and so come before the vendors' attributes, where both count the same.
func readStatistics(t tree, h *Health) {
	block := int64(512)
	if h.Drive.LogicalBytes != nil {
		block = *h.Drive.LogicalBytes
	}
	for _, page := range t.list(maxTable, "ata_device_statistics", "pages") {
		number := page.integer("number")
		if number == nil {
			continue
		}
		for _, row := range page.list(maxTable, "table") {
			offset, value := row.integer("offset"), row.count("value")
			if offset == nil || value == nil || !row.is("flags", "valid") {
				continue
			}
			switch [2]int64{*number, *offset} {
			case [2]int64{1, 24}: // logical sectors written
				if block > 0 && *value < 1<<62/block {
					h.BytesWritten = new(*value * block)
				}
			case [2]int64{5, 88}: // specified maximum operating temperature
				if h.TemperatureLimitC == nil {
					h.TemperatureLimitC = row.within(30, 120, "value")
				}
			case [2]int64{7, 8}: // percentage used endurance indicator
				if h.EnduranceUsedPercent == nil {
					h.EnduranceUsedPercent = value
				}
			}
		}
	}
}

// linkErrors adds up the SATA phy event counters of failed commands and refused frames; the others repeat them by kind
// or count resets.
func linkErrors(t tree) *int64 {
	var sum *int64
	for _, row := range t.list(maxTable, "sata_phy_event_counters", "table") {
		id, value := row.integer("id"), row.within(0, 1<<32, "value")
		if id == nil || value == nil || *id != 1 && *id != 2 && *id != 5 {
			continue
		}
		if sum == nil {
			sum = new(int64)
		}
		*sum += *value
	}
	return sum
}

// linkSpeed gives a speed in Mbit/s.
func linkSpeed(t tree) *int64 {
	units, bits := t.within(1, 1<<16, "units_per_second"), t.within(1, 1<<40, "bits_per_unit")
	if units == nil || bits == nil {
		return nil
	}
	return new(*units * *bits / 1_000_000)
}

func readErrorLog(t tree, h *Health) {
	log := t.at("ata_smart_error_log", "extended")
	if !log.has() {
		log = t.at("ata_smart_error_log", "summary")
	}
	if h.ErrorLogCount = log.count("count"); h.ErrorLogCount == nil {
		return
	}
	h.ErrorLog = []ErrorLogEntry{}
	for _, row := range log.list(maxTable, "table") {
		if number := row.count("error_number"); number != nil {
			h.ErrorLog = append(h.ErrorLog, ErrorLogEntry{Number: *number, Hours: row.count("lifetime_hours"),
				Text: row.text("error_description")})
		}
	}
}

func readATASelfTests(t tree, h *Health) {
	log := t.at("ata_smart_self_test_log", "extended")
	if !log.has() {
		log = t.at("ata_smart_self_test_log", "standard")
	}
	if log.has("count") || log.has("table") {
		h.SelfTests = []SelfTestRow{}
	}
	for _, row := range log.list(maxTable, "table") {
		status := row.within(0, 255, "status", "value")
		if status == nil {
			continue
		}
		h.SelfTests = append(h.SelfTests, SelfTestRow{
			Type:             ataTest(row.within(0, 255, "type", "value")),
			Result:           ataResult(*status, row.flag("status", "passed")),
			Text:             row.text("status", "string"),
			Hours:            row.count("lifetime_hours"),
			RemainingPercent: row.within(0, 100, "status", "remaining_percent"),
			LBA:              row.count("lba"),
		})
	}
	status := t.at("ata_smart_data", "self_test", "status")
	value := status.within(0, 255, "value")
	if value == nil {
		return
	}
	switch result := ataResult(*value, status.flag("passed")); result {
	case Running:
		h.Running = &RunningTest{RemainingPercent: new(min(100, *value&15*10))}
	case Passed: // also said by a drive that never ran a test
	default:
		h.LastSelfTest = result
	}
}

// ataTest names the subcommand of a self-test; bit 7 means that it ran captive, but for the vendors' own [ACS-4, SMART
// EXECUTE OFF-LINE IMMEDIATE].
func ataTest(code *int64) SelfTestType {
	if code == nil {
		return Other
	}
	if c := *code; c >= 0x40 && c <= 0x7e || c >= 0x90 {
		return Vendor
	}
	switch *code &^ 0x80 {
	case 1:
		return Short
	case 2:
		return Long
	}
	return Other
}

// ataResult reads the high nibble of a self-test status [ACS-4, table for self-test execution status]. Value 3, the
// test could not be completed, is a failure only where smartctl calls it one.
func ataResult(status int64, passed *bool) SelfTestState {
	switch status >> 4 {
	case 0:
		if passed != nil && !*passed {
			return Unknown
		}
		return Passed
	case 1, 2:
		return Aborted
	case 3:
		if passed != nil && !*passed {
			return Failed
		}
		return Unknown
	case 4, 5, 6, 7, 8:
		return Failed
	case 15:
		return Running
	}
	return Unknown
}
