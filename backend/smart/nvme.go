package smart

// dataUnit is the unit of NVMe's data counters, in bytes [NVMe 1.4, SMART / health information].
const dataUnit = 512_000

// readNVMe fills in what NVMe drives say.
func readNVMe(t tree, h *Health) {
	log := t.at("nvme_smart_health_information_log")
	h.CriticalWarning = first(log.within(0, 255, "critical_warning"), t.within(0, 255, "smart_status", "nvme", "value"))
	h.SparePercent = log.within(0, 100, "available_spare")
	h.SpareThresholdPercent = log.within(0, 100, "available_spare_threshold")
	h.EnduranceUsedPercent = first(log.within(0, 255, "percentage_used"), h.EnduranceUsedPercent)
	h.Counters.MediaErrors = log.count("media_errors")
	h.Counters.ErrorLogEntries = log.count("num_err_log_entries")
	h.Counters.UnsafeShutdowns = log.count("unsafe_shutdowns")
	if units := log.count("data_units_written"); units != nil && *units < 1<<62/dataUnit {
		h.BytesWritten = new(*units * dataUnit)
	}
	h.Capabilities.SelfTest = t.flag("nvme_optional_admin_commands", "self_test")
	readNVMeSelfTests(t, h)
}

func readNVMeSelfTests(t tree, h *Health) {
	log := t.at("nvme_self_test_log")
	if !log.has() {
		return
	}
	if h.Capabilities.SelfTest == nil {
		h.Capabilities.SelfTest = new(true)
	}
	if op := log.within(1, 15, "current_self_test_operation", "value"); op != nil {
		h.Running = &RunningTest{Type: nvmeTest(op)}
		if done := log.within(0, 100, "current_self_test_completion_percent"); done != nil {
			h.Running.RemainingPercent = new(100 - *done)
		}
	}
	h.SelfTests = []SelfTestRow{}
	hole := false
	for _, row := range log.list(maxTable, "table") {
		result := row.within(0, 15, "self_test_result", "value")
		if result == nil || *result == 15 { // 15: unused
			hole = true
			continue
		}
		r := SelfTestRow{
			Type: nvmeTest(row.integer("self_test_code", "value")), Result: nvmeResult(*result),
			Text:  row.text("self_test_result", "string"),
			Hours: row.count("power_on_hours"), LBA: row.count("lba"),
		}
		if hole && !older(r, *h) {
			break // drives leave garbage behind an unused entry
		}
		h.SelfTests = append(h.SelfTests, r)
	}
}

// older reports whether the row can be older than the rows before it and the drive itself.
func older(r SelfTestRow, h Health) bool {
	newest := h.PowerOnHours
	if n := len(h.SelfTests); n > 0 {
		newest = h.SelfTests[n-1].Hours
	}
	return r.Hours != nil && newest != nil && *r.Hours <= *newest
}

func nvmeTest(code *int64) SelfTestType {
	if code == nil {
		return Other
	}
	switch *code {
	case 1:
		return Short
	case 2:
		return Long
	case 14:
		return Vendor
	}
	return Other
}

// nvmeResult reads the result of a device self-test [NVMe 1.4, device self-test log].
func nvmeResult(value int64) SelfTestState {
	switch value {
	case 0:
		return Passed
	case 1, 2, 3, 4, 8, 9: // by command, reset, namespace removed, format, unknown reason, sanitize
		return Aborted
	case 5, 6, 7: // fatal error, a segment failed
		return Failed
	}
	return Unknown
}
