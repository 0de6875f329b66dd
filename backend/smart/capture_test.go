package smart

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each capture is read a second time here, by plain keys, and both readings must agree.
func TestCapturesAreReadAsTheyStand(t *testing.T) {
	read := 0
	for name, data := range captures(t) {
		root := decoded(t, data)
		h, err := Parse(data)
		if strings.HasPrefix(name, "none/") {
			var none *NoDataError
			if !errors.As(err, &none) {
				t.Errorf("%s: got %v, want a NoDataError", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		read++
		check := func(what string, got, want any) {
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, what, d)
			}
		}
		model := walk(root, "model_name")
		if model == nil {
			model = walk(root, "scsi_model_name")
		}
		check("model", orNil(h.Drive.Model), trimmed(model))
		check("serial", orNil(h.Drive.Serial), trimmed(walk(root, "serial_number")))
		check("protocol", string(h.Drive.Protocol), strings.ToLower(walk(root, "device", "protocol").(string)))
		check("type", h.Drive.DeviceType, walk(root, "device", "type"))
		check("rotation", plain(h.Drive.RotationRPM), plain(walk(root, "rotation_rate")))
		check("block", plain(h.Drive.LogicalBytes), plain(walk(root, "logical_block_size")))
		size := walk(root, "user_capacity", "bytes")
		if size == nil {
			size = walk(root, "nvme_total_capacity")
		}
		check("size", plain(h.Drive.SizeBytes), plain(size))
		check("passed", plain(h.Passed), walk(root, "smart_status", "passed"))
		check("cycles", plain(h.PowerCycles), plain(walk(root, "power_cycle_count")))
		check("warning", plain(h.CriticalWarning), plain(walk(root,
			"nvme_smart_health_information_log", "critical_warning")))
		check("media errors", plain(h.Counters.MediaErrors),
			plain(walk(root, "nvme_smart_health_information_log", "media_errors")))
		check("grown defects", plain(h.Counters.GrownDefects), plain(walk(root, "scsi_grown_defect_list")))
		check("uncorrected", plain(h.Counters.UncorrectedReads),
			plain(walk(root, "scsi_error_counter_log", "read", "total_uncorrected_errors")))

		hours, temperature := walk(root, "power_on_time", "hours"), walk(root, "temperature", "current")
		switch name {
		case "ata/smart-sat.json": // only attribute 9 tells, packed: "2725 (151 234 0)"
			hours = json.Number("2725")
		case "scsi/smart-raid.json": // 0 °C with a limit of 0 °C: not measured
			temperature = nil
		}
		check("hours", plain(h.PowerOnHours), plain(hours))
		check("temperature", plain(h.TemperatureC), plain(temperature))
		if table, ok := walk(root, "ata_smart_attributes", "table").([]any); ok {
			check("attributes", len(h.Attributes), len(table))
		}
		for _, log := range []string{"standard", "extended"} {
			if table, ok := walk(root, "ata_smart_self_test_log", log, "table").([]any); ok {
				check("self-tests", len(h.SelfTests), len(table))
			}
		}
		check("WWN's length", len(h.Drive.WWN) == 0 || len(h.Drive.WWN) == 16, true)
	}
	if read < 120 {
		t.Errorf("only %d captures were read", read)
	}
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func trimmed(v any) any {
	if s, ok := v.(string); ok {
		return orNil(strings.TrimSpace(s))
	}
	return nil
}

// plain makes pointers and JSON numbers comparable.
func plain(v any) any {
	switch v := v.(type) {
	case *int64:
		if v != nil {
			return fmt.Sprint(*v)
		}
		return nil
	case *bool:
		if v != nil {
			return *v
		}
		return nil
	case json.Number:
		return v.String()
	}
	return v
}

// What single captures are known for.
func TestCapturesOfKnownCases(t *testing.T) {
	all := captures(t)
	health := func(name string) Health {
		t.Helper()
		data, ok := all[name]
		if !ok {
			t.Fatalf("the collection has no %s", name)
		}
		return parsed(t, data)
	}
	want := func(what string, got, want any) {
		t.Helper()
		if d := cmp.Diff(want, plain(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	want("196 packed as 2111 (12437 0)", health("ata/smart-sat.json").Counters.ReallocationEvents, "2111")
	want("188 packed as 2 2 2",
		health("ata/sat-Seagate_Enterprise_Capacity_3.5_HDD-ST2000NM0008-2F3100-sdl.json").Counters.Timeouts, "2")
	want("188 packed, printed whole",
		health("ata/sat-Seagate_Exos_X16-ST16000NM001G-2KK103-sda.json").Counters.Timeouts, "12")
	sick := health("ata/smart-fail2.json")
	want("5", sick.Counters.Reallocated, "1975")
	want("197", sick.Counters.Pending, "8")
	want("WWN", sick.Drive.WWN, "5000cca37fca81a8")
	running := health("ata/smart-ata-date2.json").Running
	if running == nil || *running.RemainingPercent != 10 {
		t.Errorf("status 241 is read as %+v, want 10 %% remaining", running)
	}
	want("behind a controller", string(health("ata/smart-megaraid1.json").Drive.RAID), "member")
	raid := health("scsi/smart-raid.json")
	want("a controller's volume", string(raid.Drive.RAID), "volume")
	want("a volume has no health data", raid.HasData(), false)
	want("identity alone is no health data", health("nvme/smartctl_info_nvme.json").HasData(), false)
	want("a drive's limit", health("scsi/smart-scsi.json").TemperatureLimitC, "68")

	for _, c := range []struct {
		name   string
		result SelfTestState
		rows   int
	}{
		{"derived/nvme-selftest-passed.json", Passed, 2},
		{"derived/nvme-selftest-failed.json", Failed, 2},
		{"derived/nvme-selftest-aborted-by-reset.json", Aborted, 1},
		{"derived/nvme-selftest-garbage-behind-null.json", Passed, 1},
		{"derived/sas-selftest-passed.json", Passed, 1},
		{"derived/sas-selftest-failed.json", Failed, 1},
		{"derived/sas-selftest-aborted-by-reset.json", Aborted, 1},
	} {
		h := health(c.name)
		if len(h.SelfTests) != c.rows || h.SelfTests[0].Result != c.result {
			t.Errorf("%s: got %v, want %d rows, the newest %s", c.name, h.SelfTests, c.rows, c.result)
		}
	}
	for name, remaining := range map[string]any{
		"derived/ata-selftest-running.json":            "60",
		"derived/nvme-selftest-running.json":           "68",
		"derived/sas-selftest-running-percent.json":    "48",
		"derived/sas-selftest-running-no-percent.json": nil,
	} {
		if h := health(name); h.Running == nil {
			t.Errorf("%s: no test is seen running", name)
		} else {
			want(name, h.Running.RemainingPercent, remaining)
		}
	}
	for name, rules := range map[string]string{
		"derived/ata-selftest-read-failure.json": "fail selftest_failed, warn reallocated, warn " +
			"reallocation_events, warn pending, " +
			"warn uncorrectable, warn spin_retries, warn hot",
		"derived/ata-selftest-aborted-by-host.json":      "",
		"derived/nvme-critical-spare.json":               "fail critical_warning",
		"derived/nvme-critical-temperature.json":         "warn too_hot",
		"derived/nvme-critical-reliability.json":         "fail critical_warning",
		"derived/nvme-critical-read-only.json":           "fail critical_warning",
		"derived/nvme-critical-backup-capacitor.json":    "fail critical_warning",
		"derived/nvme-selftest-failed.json":              "fail selftest_failed",
		"derived/nvme-selftest-garbage-behind-null.json": "",
		"derived/nvme-selftest-aborted-by-reset.json":    "",
		"derived/sas-selftest-failed.json":               "fail selftest_failed",
		"derived/sas-selftest-aborted-by-reset.json":     "",
		"derived/sas-ie-failure-prediction.json":         "fail smart_failed",
		"derived/sas-ie-temperature-only.json":           "warn too_hot",
		"derived/sas-pending-defects.json":               "warn pending_defects",
		"derived/sas-background-scan-reassign-1.json":    "warn scan_open",
		"derived/sas-background-scan-reassign-4.json":    "fail scan_failed",
		"derived/sas-background-scan-reassign-5.json":    "",
		"derived/sas-grown-and-uncorrected.json":         "warn grown_defects, warn uncorrected_reads",
		"derived/sas-farm-sold-as-new.json":              "warn farm_hours",
		"derived/farm-sold-as-new.json": "fail smart_failed, fail attribute_now, warn selftest_failed_before, warn " +
			"reallocated, warn reallocation_events, " +
			"warn pending, warn link_slow, warn farm_hours, warn farm_head_hours, warn log_older_than_hours",
		"nvme/smart-nvme-failed.json":                          "warn media_errors",
		"nvme/nvme-null-SAMSUNG_MZWLL3T2HAJQ-00005-nvme0.json": "fail critical_warning",
		"ata/smart-fail2.json": "fail smart_failed, fail attribute_now, warn " +
			"selftest_failed_before, warn reallocated, warn reallocation_events, warn pending, warn link_slow",
	} {
		if got := told(Judge(health(name), DeclaredUnknown, false)); got != rules {
			t.Errorf("%s: got %q, want %q", name, got, rules)
		}
	}
}

func told(findings []Finding) string {
	var out []string
	for _, f := range findings {
		out = append(out, string(f.Severity)+" "+f.Rule)
	}
	return strings.Join(out, ", ")
}

func TestNoRuleSpeaksOfAnUnchangedDrive(t *testing.T) {
	for name, data := range captures(t) {
		h, err := Parse(data)
		if err != nil {
			continue
		}
		for _, d := range []Declared{DeclaredNew, DeclaredUsed, DeclaredUnknown} {
			if f := Compare(h, h, d); len(f) > 0 {
				t.Errorf("%s declared %s: %v", name, d, f)
			}
		}
		if c := Changes(h, h); len(c) > 0 {
			t.Errorf("%s: %v", name, c)
		}
	}
}
