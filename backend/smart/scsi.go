package smart

import (
	"strconv"
	"strings"
)

// scsiRows is how many self-test results a SCSI drive keeps [SPC-5, self-test results log page].
const scsiRows = 20

// readSCSI fills in what SCSI and SAS drives say.
func readSCSI(t tree, h *Health) {
	if asc, ascq := t.within(0, 255, "smart_status", "scsi", "asc"),
		t.within(0, 255, "smart_status", "scsi", "ascq"); asc != nil && ascq != nil {
		h.IE = &Exception{ASC: *asc, ASCQ: *ascq, Text: t.text("smart_status", "scsi", "ie_string")}
	}
	c := &h.Counters
	c.GrownDefects = t.count("scsi_grown_defect_list")
	c.UncorrectedReads = t.count("scsi_error_counter_log", "read", "total_uncorrected_errors")
	c.UncorrectedWrites = t.count("scsi_error_counter_log", "write", "total_uncorrected_errors")
	c.UncorrectedVerify = t.count("scsi_error_counter_log", "verify", "total_uncorrected_errors")
	c.PendingDefects = t.count("scsi_pending_defects", "count")
	h.StartStops = t.count("scsi_start_stop_cycle_counter", "accumulated_start_stop_cycles")
	h.LoadCycles = t.count("scsi_start_stop_cycle_counter", "accumulated_load_unload_cycles")
	if gb, err := strconv.ParseFloat(t.text("scsi_error_counter_log", "write", "gigabytes_processed"),
		64); err == nil && gb >= 0 && gb < 1e9 {
		h.BytesWritten = new(int64(gb * 1e9))
	}
	c.LinkErrors = phyErrors(t)
	readBackgroundScan(t, h)
	readSCSISelfTests(t, h)
}

// phyErrors adds up what the phys of a SAS drive counted: words that were damaged or lost. smartctl's versions write
// these keys in two ways. Resets are left out: each time that a drive is plugged in counts as some.
func phyErrors(t tree) *int64 {
	var sum *int64
	for port := range 4 {
		phys, _ := t.at("scsi_sas_port_" + strconv.Itoa(port)).v.(map[string]any)
		for name := range phys {
			if !strings.HasPrefix(name, "phy_") {
				continue
			}
			phy := tree{phys[name]}
			for _, keys := range [][2]string{{"invalid_dword_count", "Invalid DWORD count"},
				{"running_disparity_error_count", "Running disparity error count"},
				{"loss_of_dword_synchronization_count", "Loss of DWORD synchronization count"}} {
				n := first(phy.within(0, 1<<32, keys[0]), phy.within(0, 1<<32, keys[1]))
				if n == nil {
					continue
				}
				if sum == nil {
					sum = new(int64)
				}
				*sum += *n
			}
		}
	}
	return sum
}

// readBackgroundScan counts the results of the background medium scan by what became of the place [SBC-4, reassign
// status]: 1 waits for a write, 4 and 8 could not be reassigned, 2 and 5 to 7 are settled.
func readBackgroundScan(t tree, h *Health) {
	log := t.at("scsi_background_scan")
	object, ok := log.v.(map[string]any)
	if !ok {
		return
	}
	h.BackgroundScan, h.ScanStatus = log.text("status", "string"), log.within(0, 255, "status", "value")
	var open, failed, recovered int64
	for key := range object {
		if !strings.HasPrefix(key, "result_") {
			continue
		}
		status := log.integer(key, "reassign_status", "value")
		if status == nil {
			continue
		}
		switch *status {
		case 1:
			open++
		case 4, 8:
			failed++
		case 2, 5, 6, 7:
			recovered++
		}
	}
	h.Counters.ScanOpen, h.Counters.ScanFailed, h.Counters.ScanRecovered = &open, &failed, &recovered
}

func readSCSISelfTests(t tree, h *Health) {
	seconds := t.within(1, 1<<31, "scsi_extended_self_test_seconds")
	if seconds != nil {
		h.Capabilities.LongMinutes = new((*seconds + 59) / 60)
		h.Capabilities.SelfTest = new(true)
	}
	for i := range scsiRows {
		row := t.at("scsi_self_test_" + strconv.Itoa(i))
		result := row.within(0, 15, "result", "value")
		if result == nil {
			continue
		}
		h.Capabilities.SelfTest = new(true)
		r := SelfTestRow{
			Type: scsiTest(row.integer("code", "value")), Result: scsiResult(*result),
			Text:  row.text("result", "string"),
			Hours: row.count("power_on_time", "hours"), LBA: row.count("lba_first_failure", "value"),
		}
		if r.Result == Running || row.is("self_test_in_progress") {
			if h.Running == nil {
				h.Running = &RunningTest{Type: r.Type}
			}
			continue // its row is written when it ends
		}
		h.SelfTests = append(h.SelfTests, r)
	}
	// An empty log cannot be told from one that was not read, except where the page is known to have been asked for.
	if h.SelfTests == nil && (seconds != nil || h.Running != nil) {
		h.SelfTests = []SelfTestRow{}
	}
	now := t.at("scsi_self_test_status")
	if now.is("in_progress") && h.Running == nil {
		h.Running = &RunningTest{}
	}
	if done := now.within(0, 100, "completion_percent"); done != nil && h.Running != nil {
		h.Running.RemainingPercent = new(100 - *done)
	}
}

func scsiTest(code *int64) SelfTestType {
	if code == nil {
		return Other
	}
	switch *code {
	case 1, 5: // background, foreground
		return Short
	case 2, 6:
		return Long
	}
	return Other
}

// scsiResult reads the result of a self-test [SPC-5, self-test results]. Value 3, an unknown error that kept the drive
// from completing, counts as failed: the drive could not do what it is asked to prove.
func scsiResult(value int64) SelfTestState {
	switch value {
	case 0:
		return Passed
	case 1, 2:
		return Aborted
	case 3, 4, 5, 6, 7:
		return Failed
	case 15:
		return Running
	}
	return Unknown
}
