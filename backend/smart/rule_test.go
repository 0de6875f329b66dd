package smart

import (
	"fmt"
	"testing"
)

func raw(id string, n int) edit { return edit{"attr:" + id + ".raw.value", n} }

func log(rows ...any) edit { return edit{"ata_smart_error_log.extended.table", rows} }

func logged(number int, text string) any {
	return map[string]any{"error_number": number, "lifetime_hours": 20, "error_description": text}
}

func results(status ...int) edit {
	scan := map[string]any{}
	for i, s := range status {
		scan["result_"+string(rune('1'+i))] = map[string]any{"reassign_status": map[string]any{"value": s}}
	}
	return edit{"scsi_background_scan", scan}
}

func scan(value int, text string) []edit {
	return []edit{{"scsi_background_scan.status", map[string]any{"value": value, "string": text}}}
}

// pairs are edits to a sound drive, before and after; each makes one rule speak of the pair.
var pairs = []struct {
	name          string
	capture       string
	before, after []edit
	rule          string
	severity      Severity
	from, to      any
}{
	{"the drive fails its own check", disk, nil, []edit{{"smart_status.passed", false}}, "smart_failed", Fail,
		"passed", "failed"},
	{"smartctl's exit status says failing", disk, nil, []edit{{"smartctl.exit_status", 8}}, "smart_failed", Fail,
		"passed", "failed"},
	{"sectors reallocated", disk, nil, []edit{raw("5", 8)}, "reallocated", Fail, int64(0), int64(8)},
	{"more sectors reallocated", disk, []edit{raw("5", 8)}, []edit{raw("5", 9)}, "reallocated", Fail, int64(8),
		int64(9)},
	{"reallocation events, packed", disk, nil, []edit{raw("196", 12437<<32|3)}, "reallocation_events", Fail, int64(0),
		int64(3)},
	{"a sector became pending", disk, nil, []edit{raw("197", 1)}, "pending", Fail, int64(0), int64(1)},
	{"a write settled pending sectors", disk, []edit{raw("197", 8)}, nil, "pending", Warn, int64(8), int64(0)},
	{"the pending log grew", disk, nil, []edit{{"ata_pending_defects_log.count", 2}}, "pending_log", Fail, int64(0),
		int64(2)},
	{"a write settled what the pending log lists", disk, []edit{{"ata_pending_defects_log.count", 2}}, nil,
		"pending_log", Warn, int64(2), int64(0)},
	{"uncorrectable sectors", disk, nil, []edit{raw("198", 1)}, "uncorrectable", Fail, int64(0), int64(1)},
	{"a write settled uncorrectable sectors", disk, []edit{raw("198", 2)}, nil, "uncorrectable", Warn, int64(2),
		int64(0)},
	{"errors reported", disk, nil, []edit{raw("187", 4)}, "reported_uncorrectable", Fail, int64(0), int64(4)},
	{"end to end", disk, nil, []edit{raw("184", 1)}, "end_to_end", Fail, int64(0), int64(1)},
	{"spin retries", disk, nil, []edit{raw("10", 1)}, "spin_retries", Warn, int64(0), int64(1)},
	{"timeouts, packed", disk, nil, []edit{raw("188", 3<<32|3<<16|3)}, "timeouts", Warn, int64(0), int64(3)},
	{"CRC errors", disk, nil, []edit{raw("199", 17)}, "crc", Warn, int64(0), int64(17)},
	{"phy events", disk, nil, []edit{{"sata_phy_event_counters.table", []any{map[string]any{"id": 1, "value": 3}}}},
		"link_errors", Warn, int64(0), int64(3)},
	{"an unreadable sector in the log", disk, nil, []edit{{"ata_smart_error_log.extended.count", 1},
		log(logged(1, "Error: UNC at LBA = 0x01 = 1"))},
		"error_log_medium", Fail, nil, "Error: UNC at LBA = 0x01 = 1"},
	{"a sector that was not found", disk, nil, []edit{log(logged(1, "Error: IDNF 8 sectors at LBA = 0x06f57a80 = "+
		"116750976"))}, "error_log_medium", Fail, nil, "Error: IDNF 8 sectors at LBA = 0x06f57a80 = 116750976"},
	{"an address mark that was not found", disk, nil, []edit{log(logged(1, "Error: AMNF at LBA = 0x00000001 = 1"))},
		"error_log_medium", Fail, nil, "Error: AMNF at LBA = 0x00000001 = 1"},
	{"an address behind the drive's end", disk, nil, []edit{log(logged(1, "Error: IDNF at LBA = 0xffffffffff = "+
		"1099511627775"))}, "error_log_other", Info, nil, "Error: IDNF at LBA = 0xffffffffff = 1099511627775"},
	{"a log that was not found", disk, nil, []edit{log(logged(1, "Error: IDNF, ABRT"))}, "error_log_other", Info, nil,
		"Error: IDNF, ABRT"},
	{"a sector that was not found in a damaged transfer", disk, nil, []edit{log(logged(1, "Error: ICRC, IDNF at LBA "+
		"= 0x00000001 = 1"))}, "error_log_link", Warn, nil, "Error: ICRC, IDNF at LBA = 0x00000001 = 1"},
	{"a write to a protected medium", disk, nil, []edit{log(logged(1, "Error: WP, IDNF at LBA = 0x00000001 = 1"))},
		"error_log_other", Info, nil, "Error: WP, IDNF at LBA = 0x00000001 = 1"},
	{"a damaged transfer in the log", disk, nil, []edit{log(logged(1, "Error: ICRC, ABRT at LBA = 0"))},
		"error_log_link", Warn, nil, "Error: ICRC, ABRT at LBA = 0"},
	{"a refused command in the log", disk, []edit{log(logged(1, "Error: ABRT"))},
		[]edit{log(logged(2, "Error: ABRT"), logged(1, "Error: ABRT"))},
		"error_log_other", Info, nil, "Error: ABRT"},
	{"errors counted that the log does not show", disk, []edit{{"ata_smart_error_log.extended.count", 2}},
		[]edit{{"ata_smart_error_log.extended.count", 5}}, "error_log_grew", Info, int64(2), int64(5)},
	{"an attribute fails now", disk, nil, []edit{{"attr:5.when_failed", "now"}, {"attr:5.value", 5}},
		"attribute_now", Fail, int64(100), int64(5)},
	{"an attribute failed once", disk, nil, []edit{{"attr:1.when_failed", "past"}}, "attribute_past", Warn, int64(80),
		int64(80)},
	{"too hot by the drive's limit", disk, nil, []edit{{"temperature.current", 61}}, "too_hot", Warn, int64(30),
		int64(61)},
	{"hot, and the drive gives no limit", disk, []edit{{"temperature", map[string]any{"current": 60}}},
		[]edit{{"temperature", map[string]any{"current": 61}}}, "hot", Warn, int64(60), int64(61)},
	{"the link fell back", disk, []edit{link(60)}, []edit{link(30)}, "link_slow", Warn, "6.0 of 6.0 Gb/s",
		"3.0 of 6.0 Gb/s"},
	{"the write cache went off", disk, []edit{{"write_cache.enabled", true}}, []edit{{"write_cache.enabled", false}},
		"write_cache_off", Info, "on", "off"},
	{"the sensor broke", disk, nil, []edit{{"temperature.current", 255}}, "sensor_odd", Warn, nil, int64(255)},
	{"helium leaks", disk, []edit{helium(98)}, []edit{helium(97)}, "helium", Warn, int64(98), int64(97)},
	{"an SSD wears out", disk, []edit{{"rotation_rate", 0}, {"in_smartctl_database", true},
		gaugeOf(177, "Wear_Leveling_Count", 2, 3000)},
		[]edit{{"rotation_rate", 0}, {"in_smartctl_database", true}, gaugeOf(177, "Wear_Leveling_Count", 1, 3100)},
		"endurance_used", Warn, "2 % left", "1 % left"},
	{"hours went back", disk, nil, []edit{{"power_on_time.hours", 19}}, "hours_went_back", Warn, int64(20), int64(19)},
	{"another drive", disk, nil, []edit{{"serial_number", "ZR50BBBB"}, raw("5", 9)}, "other_drive", Warn, "ZR50AAAA",
		"ZR50BBBB"},
	{"a self-test failed", disk, nil, []edit{{"ata_smart_self_test_log.extended.table",
		[]any{row(1, 121, "Completed: read failure", 20), row(1, 0, "Completed without error", 1)}}},
		"selftest_failed", Fail, nil, "Completed: read failure"},
	{"the status byte alone says failed", disk, nil, []edit{{"ata_smart_data.self_test.status",
		map[string]any{"value": 114}}}, "selftest_failed", Fail, "", "failed"},

	{"prediction of failure", sas, nil, []edit{{"smart_status", map[string]any{"passed": false,
		"scsi": map[string]any{"asc": 0x5d, "ascq": 0x10, "ie_string": "FAILURE PREDICTION"}}}},
		"smart_failed", Fail, "passed", "FAILURE PREDICTION"},
	{"SCSI says only: too hot", sas, nil, []edit{{"smart_status", map[string]any{"passed": false,
		"scsi": map[string]any{"asc": 11, "ascq": 1}}}}, "too_hot", Warn, int64(35), int64(35)},
	{"grown defects", sas, []edit{{"scsi_grown_defect_list", 5}}, []edit{{"scsi_grown_defect_list", 6}},
		"grown_defects", Fail, int64(5), int64(6)},
	{"uncorrected reads", sas, nil, []edit{{"scsi_error_counter_log.read.total_uncorrected_errors", 1}},
		"uncorrected_reads", Fail, int64(0), int64(1)},
	{"uncorrected writes", sas, nil, []edit{{"scsi_error_counter_log.write.total_uncorrected_errors", 1}},
		"uncorrected_writes", Fail, int64(0), int64(1)},
	{"uncorrected verifies", sas, nil, []edit{{"scsi_error_counter_log.verify.total_uncorrected_errors", 1}},
		"uncorrected_verifies", Fail, int64(0), int64(1)},
	{"pending defects", sas, nil, []edit{{"scsi_pending_defects.count", 4}}, "pending_defects", Fail, int64(0),
		int64(4)},
	{"a write settled pending defects", sas, []edit{{"scsi_pending_defects.count", 4}}, nil, "pending_defects", Warn,
		int64(4), int64(0)},
	{"a place to reassign", sas, []edit{results(5)}, []edit{results(5, 1)}, "scan_open", Fail, int64(0), int64(1)},
	{"a failed reassignment", sas, nil, []edit{results(4)}, "scan_failed", Fail, int64(0), int64(1)},
	{"a rewritten place", sas, nil, []edit{results(5)}, "scan_recovered", Warn, int64(0), int64(1)},
	{"the background scan broke off", sas, nil, scan(3, "halted due to fatal error"), "scan_halted", Warn,
		"scan is active", "halted due to fatal error"},
	{"the background scan waits for the heat to go", sas, nil, scan(7, "halted due to temperature out of range"),
		"scan_not_run", Info,
		"scan is active", "halted due to temperature out of range"},
	{"the background scan waits for its time", sas, nil, scan(8, "waiting until BMS interval timer expires"), "", "",
		nil, nil},
	{"non-medium errors", sas, []edit{{"smartctl.output", []any{"Non-medium error count:        5"}}},
		[]edit{{"smartctl.output", []any{"Non-medium error count:       12"}}},
		"non_medium", Warn, int64(5), int64(12)},
	{"words lost on the way", sas, []edit{phys(6, 0)}, []edit{phys(8, 1)}, "link_errors", Warn, int64(6), int64(9)},
	{"a SAS self-test failed", sas, nil, []edit{{"scsi_self_test_0", map[string]any{"code": map[string]any{"value": 2},
		"result": map[string]any{"value": 3, "string": "Unknown error"}}}},
		"selftest_failed", Fail, nil, "Unknown error"},

	{"media errors", flash, nil, []edit{{"nvme_smart_health_information_log.media_errors", 7}}, "media_errors", Fail,
		int64(0), int64(7)},
	{"spare bit", flash, nil, warning(1), "critical_warning", Fail, int64(0), int64(1)},
	{"temperature bit", flash, nil, warning(2), "too_hot", Warn, int64(40), int64(40)},
	{"reliability bit", flash, nil, warning(4), "critical_warning", Fail, int64(0), int64(4)},
	{"read-only bit", flash, nil, warning(8), "critical_warning", Fail, int64(0), int64(8)},
	{"capacitor bit", flash, nil, warning(16), "critical_warning", Fail, int64(0), int64(16)},
	{"memory region bit", flash, nil, warning(32), "minor_warning", Warn, int64(0), int64(32)},
	{"failed without a bit", flash, nil, []edit{{"smart_status.passed", false}}, "smart_failed", Fail,
		"passed", "failed"},
	{"spare below the threshold", flash, nil, []edit{{"nvme_smart_health_information_log.available_spare", 9}},
		"spare_low", Fail, int64(100), int64(9)},
	{"endurance used", flash, nil, []edit{{"nvme_smart_health_information_log.percentage_used", 100}},
		"endurance_used", Warn, int64(0), int64(100)},
	{"refused commands", flash, nil, []edit{{"nvme_smart_health_information_log.num_err_log_entries", 6}},
		"error_log_entries", Info, int64(0), int64(6)},
	{"power cut", flash, nil, []edit{{"nvme_smart_health_information_log.unsafe_shutdowns", 2}},
		"unsafe_shutdowns", Info, int64(1), int64(2)},
}

func helium(level int) edit { return gaugeOf(22, "Helium_Level", level, level<<16|level) }

// gaugeOf gives the drive one attribute more, and takes those away of which it says nothing here.
func gaugeOf(id int, name string, value, raw int) edit {
	return edit{"ata_smart_attributes.table", []any{map[string]any{"id": id, "name": name, "value": value,
		"worst": value, "thresh": 0, "when_failed": "",
		"flags": map[string]any{"prefailure": false}, "raw": map[string]any{"value": raw, "string": fmt.Sprint(raw)}}}}
}

// link is a SATA link of a drive that can 6.0 Gb/s, at so many tenths of a Gb/s.
func link(tenths int) edit {
	speed := func(tenths int) any { return map[string]any{"units_per_second": tenths, "bits_per_unit": 100000000} }
	return edit{"interface_speed", map[string]any{"max": speed(60), "current": speed(tenths)}}
}

// phys is a SAS port of two phys, the second in the other way to write its keys.
func phys(invalid, lost int) edit {
	return edit{"scsi_sas_port_0", map[string]any{"phy_0": map[string]any{"invalid_dword_count": invalid,
		"phy_reset_problem_count": 50 + invalid},
		"phy_1": map[string]any{"Loss of DWORD synchronization count": lost}, "relative_target_port_id": 1}}
}

func warning(bits int) []edit {
	return []edit{{"nvme_smart_health_information_log.critical_warning", bits}, {"smart_status.passed", false},
		{"smart_status.nvme.value", bits}, {"smartctl.exit_status", 8}}
}

func row(kind, status int, text string, hours int) any {
	return map[string]any{"type": map[string]any{"value": kind}, "status": map[string]any{"value": status,
		"string": text}, "lifetime_hours": hours}
}

func TestEachRuleSpeaksAloneOfTheChangeThatItIsFor(t *testing.T) {
	for _, c := range pairs {
		before, after := parsed(t, edited(t, c.capture, c.before...)), parsed(t, edited(t, c.capture, c.after...))
		got := Compare(before, after, DeclaredUnknown)
		switch {
		case c.rule == "" && len(got) == 0:
		case len(got) != 1 || got[0].Rule != c.rule || got[0].Severity != c.severity || got[0].Before != c.from ||
			got[0].After != c.to:
			t.Errorf("%s: got %v, want only %s %s: %v -> %v", c.name, got, c.severity, c.rule, c.from, c.to)
		}
		for _, same := range []Health{before, after} {
			if f := Compare(same, same, DeclaredNew); len(f) > 0 {
				t.Errorf("%s: unchanged, yet %v", c.name, f)
			}
		}
	}
}

// states are what one capture says, for a drive of unknown past, for one declared new, and after all of it was written.
var states = []struct {
	name                string
	capture             string
	edits               []edit
	rule                string
	unknown, new, swept Severity
}{
	{"it says that it is failing", disk, []edit{{"smart_status.passed", false}}, "smart_failed", Fail, Fail, Fail},
	{"a pre-failure attribute at its threshold", disk, []edit{{"attr:5.when_failed", "now"}}, "attribute_now", Fail,
		Fail, Fail},
	{"an attribute once at its threshold", disk, []edit{{"attr:5.when_failed", "past"}}, "attribute_past", Warn, Warn,
		Warn},
	{"an old-age attribute at its threshold", disk, []edit{{"attr:4.when_failed", "now"}}, "attribute_past", Warn, Warn,
		Warn},
	{"over its limit", disk, []edit{{"temperature.current", 61}}, "too_hot", Warn, Warn, Warn},
	{"reallocated at the start", disk, []edit{raw("5", 8)}, "reallocated", Warn, Warn, Warn},
	{"reallocation events at the start", disk, []edit{raw("196", 8)}, "reallocation_events", Warn, Warn, Warn},
	{"pending", disk, []edit{raw("197", 8)}, "pending", Warn, Fail, Fail},
	{"pending log", disk, []edit{{"ata_pending_defects_log.count", 1}}, "pending_log", Warn, Fail, Fail},
	{"uncorrectable", disk, []edit{raw("198", 8)}, "uncorrectable", Warn, Fail, Fail},
	{"reported", disk, []edit{raw("187", 1)}, "reported_uncorrectable", Warn, Fail, Warn},
	{"end to end", disk, []edit{raw("184", 1)}, "end_to_end", Warn, Warn, Warn},
	{"spin retries", disk, []edit{raw("10", 1)}, "spin_retries", Warn, Warn, Warn},
	{"old CRC errors", disk, []edit{raw("199", 100)}, "", "", "", ""},
	{"old timeouts", disk, []edit{raw("188", 100)}, "", "", "", ""},
	{"Seagate's sector count in 1", disk, []edit{raw("1", 234151754)}, "", "", "", ""},
	{"attribute 190 packed", disk, []edit{raw("190", 487784477)}, "", "", "", ""},
	{"an old failed test, only short ones since", disk, []edit{{"ata_smart_self_test_log.extended.table",
		[]any{row(1, 0, "ok", 20), row(2, 121, "Completed: read failure", 4)}}},
		"selftest_failed_before", Warn, Fail, Warn},
	{"an old failed test, a long one passed since", disk, []edit{{"ata_smart_self_test_log.extended.table",
		[]any{row(2, 0, "ok", 20), row(2, 121, "Completed: read failure", 4)}}},
		"", "", "", ""},
	{"the latest test failed", disk, []edit{{"ata_smart_self_test_log.extended.table",
		[]any{row(1, 121, "Completed: read failure", 20)}}}, "selftest_failed", Fail, Fail, Fail},
	{"an aborted test", disk, []edit{{"ata_smart_self_test_log.extended.table",
		[]any{row(2, 0x19, "Aborted by host", 20)}}}, "", "", "", ""},
	{"FARM counts more", disk, []edit{{"seagate_farm_log.page_1_drive_information.poh", 27779}}, "farm_hours", Warn,
		Warn, Warn},
	{"heads flew longer", disk, []edit{{"seagate_farm_log.page_1_drive_information.head_flight_hours", 9000}},
		"farm_head_hours", Warn, Warn, Warn},
	{"FARM rounds otherwise", disk, []edit{{"seagate_farm_log.page_1_drive_information.poh", 60}}, "", "", "", ""},
	{"the log is older than the hours", disk, []edit{{"ata_smart_self_test_log.extended.table",
		[]any{row(1, 0, "ok", 30000)}}}, "log_older_than_hours", Warn, Warn, Warn},
	{"the log of a drive past 65,536 hours", disk, []edit{{"power_on_time.hours", 65592},
		{"ata_smart_self_test_log.extended.table", []any{row(1, 0, "ok", 42), row(1, 0, "ok", 65530)}}},
		"hours_not_new", "", Warn, ""},
	{"too many starts", disk, []edit{raw("4", 30000)}, "cycles_exceed_hours", Warn, Warn, Warn},
	{"too much written for the hours", disk, []edit{{"user_capacity", removed}, {"ata_device_statistics", removed},
		{"ata_smart_attributes.table", []any{map[string]any{
			"id": 241, "name": "Total_LBAs_Written", "raw": map[string]any{"value": 1 << 40,
				"string": "1099511627776"}}}}}, "writes_exceed_hours", Warn, Warn, Warn},
	{"switched on often", disk, []edit{{"power_cycle_count", 51}}, "cycles_not_new", "", Warn, ""},
	{"written to", flash, []edit{{"nvme_smart_health_information_log.data_units_written", 300000}},
		"writes_not_new", "", Warn, ""},
	{"a sensor of 128 °C", disk, []edit{{"temperature", map[string]any{"current": 128, "op_limit_max": 60}}},
		"sensor_odd", Warn, Warn, Warn},
	{"little helium", disk, []edit{helium(97)}, "helium", Warn, Warn, Warn},
	{"all of the helium, packed", disk, []edit{helium(100)}, "", "", "", ""},
	{"a firmware notice", disk, []edit{{"smartctl.output", []any{"==> WARNING: A firmware update for this drive may " +
		"be available,"}}}, "firmware_notice", Info, Info, Info},
	{"a slow link", disk, []edit{link(15)}, "link_slow", Warn, Warn, Warn},
	{"a full link", disk, []edit{link(60)}, "", "", "", ""},
	{"hot without a limit, NVMe", flash, []edit{{"nvme_composite_temperature_threshold", removed},
		{"temperature.current", 76}}, "hot", Warn, Warn, Warn},
	{"warm without a limit, NVMe", flash, []edit{{"nvme_composite_temperature_threshold", removed},
		{"temperature.current", 75}}, "", "", "", ""},
	{"hot without a limit, SATA SSD", disk, []edit{{"rotation_rate", 0},
		{"temperature", map[string]any{"current": 71}}}, "hot", Warn, Warn, Warn},
	{"warm without a limit, SATA SSD", disk, []edit{{"rotation_rate", 0},
		{"temperature", map[string]any{"current": 70}}}, "", "", "", ""},
	{"no write cache", disk, []edit{{"write_cache.enabled", false}}, "write_cache_off", Info, Info, Info},
	{"no write cache on a SAS disk", sas, []edit{{"smartctl.output", []any{"Writeback Cache is:   Disabled"}}},
		"write_cache_off", Info, Info, Info},
	{"no write cache on an SSD", disk, []edit{{"write_cache.enabled", false}, {"rotation_rate", 0}}, "", "", "", ""},
	{"grown defects", sas, []edit{{"scsi_grown_defect_list", 5}}, "grown_defects", Warn, Warn, Warn},
	{"uncorrected reads", sas, []edit{{"scsi_error_counter_log.read.total_uncorrected_errors", 5}},
		"uncorrected_reads", Warn, Fail, Warn},
	{"uncorrected writes", sas, []edit{{"scsi_error_counter_log.write.total_uncorrected_errors", 5}},
		"uncorrected_writes", Warn, Fail, Warn},
	{"uncorrected verifies", sas, []edit{{"scsi_error_counter_log.verify.total_uncorrected_errors", 5}},
		"uncorrected_verifies", Warn, Fail, Warn},
	{"pending defects", sas, []edit{{"scsi_pending_defects.count", 5}}, "pending_defects", Warn, Fail, Fail},
	{"a place to reassign", sas, []edit{results(1)}, "scan_open", Warn, Fail, Warn},
	{"a failed reassignment", sas, []edit{results(4)}, "scan_failed", Fail, Fail, Fail},
	{"a scan broken off by a pattern of errors", sas, scan(4, "halted due to a vendor specific pattern of error"),
		"scan_halted", Warn, Warn, Warn},
	{"a scan that the vendor stopped", sas, scan(6, ""), "scan_not_run", Info, Info, Info},
	{"media errors", flash, []edit{{"nvme_smart_health_information_log.media_errors", 7}}, "media_errors", Warn, Fail,
		Warn},
	{"a capacitor gone", flash, warning(16), "critical_warning", Fail, Fail, Fail},
	{"a memory region gone", flash, warning(32), "minor_warning", Warn, Warn, Warn},
	{"few spares", flash, []edit{{"nvme_smart_health_information_log.available_spare", 9}}, "spare_low", Fail, Fail,
		Fail},
	{"worn out", flash, []edit{{"nvme_smart_health_information_log.percentage_used", 100}}, "endurance_used", Warn,
		Warn, Warn},
	{"an error log of refused commands", flash, []edit{{"nvme_smart_health_information_log.num_err_log_entries", 7000}},
		"", "", "", ""},
}

func TestOneCaptureIsJudgedByWhatTheDriveIsDeclaredAs(t *testing.T) {
	for _, c := range states {
		h := parsed(t, edited(t, c.capture, c.edits...))
		for _, as := range []struct {
			declared Declared
			swept    bool
			severity Severity
		}{{DeclaredUnknown, false, c.unknown}, {DeclaredUsed, false, c.unknown}, {DeclaredNew, false, c.new},
			{DeclaredUnknown, true, c.swept}} {
			got := Judge(h, as.declared, as.swept)
			if as.severity == "" {
				if len(got) > 0 {
					t.Errorf("%s, %s: got %v, want nothing", c.name, as.declared, got)
				}
			} else if len(got) != 1 || got[0].Rule != c.rule || got[0].Severity != as.severity {
				t.Errorf("%s, %s, written %v: got %v, want only %s %s", c.name, as.declared, as.swept, got, as.severity,
					c.rule)
			}
		}
	}
}

// Each word that a rule can say is said in a pair or in a single capture above: a rule, or a severity, without a test
// fails here.
func TestEachRuleIsTestedAndHasASource(t *testing.T) {
	type word struct {
		rule, column string
		severity     Severity
	}
	said := map[word]bool{}
	for _, c := range pairs {
		column := "rising"
		if from, ok := c.from.(int64); ok && from > 0 && c.to == int64(0) {
			column = "fell"
		}
		said[word{c.rule, column, c.severity}] = true
	}
	for _, c := range states {
		said[word{c.rule, "held", c.unknown}] = true
		said[word{c.rule, "new", c.new}] = true
		said[word{c.rule, "swept", c.swept}] = true
	}
	ids := map[string]bool{}
	for _, r := range Rules() {
		if ids[r.ID] || r.Source == "" || r.Says == "" {
			t.Errorf("rule %s stands twice, or lacks its source or its sentence", r.ID)
		}
		ids[r.ID] = true
		for column, severity := range map[string]Severity{"held": r.Held, "new": r.New, "swept": r.Swept,
			"rising": r.Rising, "fell": r.Fell} {
			if severity != "" && !said[word{r.ID, column, severity}] {
				t.Errorf("no test has the rule %s say %s where it is %s", r.ID, severity, column)
			}
			delete(said, word{r.ID, column, severity})
		}
	}
	for w := range said {
		if w.rule != "" && !ids[w.rule] {
			t.Errorf("a test is of the rule %s, which there is not", w.rule)
		}
	}
}

func TestAReviewKeepsWhatAWriteHealed(t *testing.T) {
	before := parsed(t, edited(t, disk, raw("197", 8), raw("5", 3)))
	healed := parsed(t, []byte(disk))
	for declared, severity := range map[Declared]Severity{DeclaredUnknown: Warn, DeclaredNew: Fail} {
		got := Review(before, healed, declared, true)
		if len(got) != 2 || got[0].Rule != "pending" || got[0].Severity != severity || got[1].Rule != "reallocated" ||
			got[1].Before != int64(3) || got[1].After != int64(0) {
			t.Errorf("declared %s: %v", declared, got)
		}
	}
	left := Review(before, before, DeclaredUnknown, true)
	if Worst(left) != Fail || told(left) != "warn reallocated, fail pending" {
		t.Errorf("pending sectors that a write did not settle: %v", left)
	}
	if got := Review(before, before, DeclaredUnknown, false); told(got) != "warn reallocated, warn pending" {
		t.Errorf("pending sectors on a drive that was only read: %v", got)
	}
	if got := Review(healed, parsed(t, edited(t, disk, edit{"power_on_time.hours", 90})), DeclaredNew,
		true); len(got) > 0 {
		t.Errorf("the job's own hours count against a new drive: %v", got)
	}
}

func TestWhatACaptureDoesNotSayIsNotCompared(t *testing.T) {
	bare := parsed(t, edited(t, disk, edit{"ata_smart_attributes", removed}, edit{"ata_smart_error_log", removed},
		edit{"ata_pending_defects_log", removed}))
	sick := parsed(t, edited(t, disk, raw("5", 8), raw("187", 2), edit{"ata_smart_error_log.extended.count", 1},
		log(logged(1, "Error: UNC"))))
	for _, p := range [][2]Health{{bare, sick}, {sick, bare}} {
		if got := Compare(p[0], p[1], DeclaredNew); len(got) > 0 {
			t.Errorf("got %v", got)
		}
	}
}
