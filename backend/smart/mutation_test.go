package smart

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// mutation is one change for the worse that a capture can show, as the drive would show it. apply reports whether the
// capture has what it changes.
type mutation struct {
	rule     string // that must speak, and no other; empty: none may
	severity Severity
	apply    func(root map[string]any) bool
}

// mutations of any capture: each is tried on each of the collection.
func mutations() map[string]mutation {
	all := map[string]mutation{
		"SMART status": {"smart_failed", Fail, func(root map[string]any) bool {
			if walk(root, "smart_status", "passed") != true ||
				number(root, "nvme_smart_health_information_log", "critical_warning") > 0 ||
				number(root, "smart_status", "scsi", "asc") > 0 {
				return false
			}
			return put(root, false, "smart_status", "passed")
		}},
		"grown defects": {"grown_defects", Fail, grows("scsi_grown_defect_list")},
		"uncorrected reads": {"uncorrected_reads", Fail,
			grows("scsi_error_counter_log", "read", "total_uncorrected_errors")},
		"uncorrected writes": {"uncorrected_writes", Fail,
			grows("scsi_error_counter_log", "write", "total_uncorrected_errors")},
		"pending defects": {"pending_defects", Fail, grows("scsi_pending_defects", "count")},
		"media errors":    {"media_errors", Fail, grows("nvme_smart_health_information_log", "media_errors")},
		"error log entries": {"error_log_entries", Info, grows("nvme_smart_health_information_log",
			"num_err_log_entries")},
		"unsafe shutdowns": {"unsafe_shutdowns", Info, grows("nvme_smart_health_information_log", "unsafe_shutdowns")},
		"pending log":      {"pending_log", Fail, grows("ata_pending_defects_log", "count")},
		"spare": {"spare_low", Fail, func(root map[string]any) bool {
			limit := number(root, "nvme_smart_health_information_log", "available_spare_threshold")
			return limit > 0 && number(root, "nvme_smart_health_information_log", "available_spare") >= limit &&
				put(root, limit-1, "nvme_smart_health_information_log", "available_spare")
		}},
		"endurance": {"endurance_used", Warn, func(root map[string]any) bool {
			used := number(root, "nvme_smart_health_information_log", "percentage_used")
			return used >= 0 && used < 100 && put(root, 103, "nvme_smart_health_information_log", "percentage_used")
		}},
		"heat": {"", Warn, func(root map[string]any) bool {
			limit := max(number(root, "temperature", "op_limit_max"), number(root, "temperature", "drive_trip"),
				number(root, "nvme_composite_temperature_threshold", "warning"), UsualNVMe)
			now := number(root, "temperature", "current")
			return now >= 0 && now < UsualDisk && put(root, limit+1, "temperature", "current")
		}},
		"helium leaks": {"helium", Warn, func(root map[string]any) bool {
			row := firstRow(root, func(row map[string]any) bool { return row["name"] == "Helium_Level" })
			return row != nil && put(row, number(row, "value")-1, "value")
		}},
		"a wear gauge reaches its end": {"endurance_used", Warn, func(root map[string]any) bool {
			row := firstRow(root, func(row map[string]any) bool {
				name := row["name"]
				return walk(root, "rotation_rate") == json.Number("0") && (name == "Media_Wearout_Indicator" ||
					name == "Percent_Lifetime_Remain" ||
					name == "Wear_Leveling_Count" && row["id"] == json.Number("177"))
			})
			return row != nil && put(row, 1, "value")
		}},
		"hours went back": {"hours_went_back", Warn, func(root map[string]any) bool {
			return number(root, "power_on_time", "hours") > 0 && put(root, number(root, "power_on_time", "hours")-1,
				"power_on_time", "hours")
		}},
		"hours and cycles went on": {"", "", func(root map[string]any) bool {
			return grows("power_on_time", "hours")(root) && grows("power_cycle_count")(root)
		}},
		"another serial": {"other_drive", Warn, func(root map[string]any) bool {
			s, _ := walk(root, "serial_number").(string)
			return strings.TrimSpace(s) != "" && put(root, "OTHER-"+s, "serial_number")
		}},
		"a self-test failed": {"selftest_failed", Fail, failsSelfTest},
		"an unreadable sector is logged": {"error_log_medium", Fail, func(root map[string]any) bool {
			return logs(root, "Error: UNC 8 sectors at LBA = 0x00abcdef = 11259375")
		}},
		"a sector is not found": {"error_log_medium", Fail, func(root map[string]any) bool {
			return number(root, "user_capacity", "bytes") > 0 &&
				logs(root, "Error: IDNF at LBA = 0x00abcdef = 11259375")
		}},
		"a damaged transfer is logged": {"error_log_link", Warn, func(root map[string]any) bool {
			return logs(root,
				"Error: ICRC, ABRT at LBA = 0x00abcdef")
		}},
		"a refused command is logged": {"error_log_other", Info, func(root map[string]any) bool {
			return logs(root,
				"Error: ABRT")
		}},
	}
	all["errors counted that the log does not show"] = mutation{"error_log_grew", Info, func(root map[string]any) bool {
		return grows("ata_smart_error_log", "extended", "count")(root) ||
			grows("ata_smart_error_log", "summary", "count")(root)
	}}
	for bit, text := range map[int]string{0: "spare", 2: "reliability", 3: "read-only", 4: "capacitor"} {
		all["critical warning, "+text] = mutation{"critical_warning", Fail, warns(1 << bit)}
	}
	all["critical warning, heat"] = mutation{"too_hot", Warn, warns(2)}
	for id, c := range map[int64]struct {
		rule     string
		severity Severity
	}{5: {"reallocated", Fail}, 10: {"spin_retries", Warn}, 184: {"end_to_end", Fail},
		187: {"reported_uncorrectable", Fail}, 188: {"timeouts", Warn},
		196: {"reallocation_events", Fail}, 197: {"pending", Fail}, 198: {"uncorrectable", Fail}, 199: {"crc", Warn}} {
		for _, by := range []int64{1, 300} {
			all[fmt.Sprintf("attribute %d by %d", id, by)] = mutation{c.rule, c.severity, counts(id, by, true)}
			all[fmt.Sprintf("attribute %d by %d, its text left", id, by)] = mutation{c.rule, c.severity,
				counts(id, by, false)}
		}
	}
	for _, id := range []int64{1, 7, 9, 190, 194, 195} {
		all[fmt.Sprintf("attribute %d", id)] = mutation{"", "", counts(id, 1, true)}
	}
	all["a pre-failure attribute reaches its threshold"] = mutation{"attribute_now", Fail,
		func(root map[string]any) bool {
			row := firstRow(root, func(row map[string]any) bool {
				return walk(row, "flags", "prefailure") == true && row["when_failed"] == ""
			})
			return row != nil && put(row, "now", "when_failed")
		}}
	return all
}

// put sets a value where the path's last object is.
func put(root map[string]any, value any, path ...string) bool {
	object, ok := walk(root, path[:len(path)-1]...).(map[string]any)
	if ok {
		object[path[len(path)-1]] = value
	}
	return ok
}

// number gives a figure of a capture, -1 if there is none.
func number(root map[string]any, path ...string) int64 {
	if literal, ok := walk(root, path...).(json.Number); ok {
		if n, err := literal.Int64(); err == nil {
			return n
		}
	}
	return -1
}

func grows(path ...string) func(map[string]any) bool {
	return func(root map[string]any) bool {
		n := number(root, path...)
		return n >= 0 && put(root, n+1, path...)
	}
}

func warns(bit int) func(map[string]any) bool {
	return func(root map[string]any) bool {
		if number(root, "nvme_smart_health_information_log", "critical_warning") != 0 {
			return false
		}
		return put(root, bit, "nvme_smart_health_information_log", "critical_warning") &&
			put(root, false, "smart_status", "passed")
	}
}

func firstRow(root map[string]any, fits func(map[string]any) bool) map[string]any {
	table, _ := walk(root, "ata_smart_attributes", "table").([]any)
	for _, v := range table {
		if row, ok := v.(map[string]any); ok && fits(row) {
			return row
		}
	}
	return nil
}

// counts adds to the raw value of an attribute under one of its known names, with or without smartctl's text for it.
func counts(id, by int64, text bool) func(map[string]any) bool {
	return func(root map[string]any) bool {
		row := firstRow(root, func(row map[string]any) bool { return row["id"] == json.Number(fmt.Sprint(id)) })
		if row == nil {
			return false
		}
		for _, m := range meanings {
			if name, _ := row["name"].(string); m.id == id && m.rule != "" && !slices.Contains(m.names, name) {
				return false
			}
		}
		n := number(row, "raw", "value")
		if n < 0 || n&0xffff+by > 0xffff && id != 197 && id != 198 { // the low word of a packed value would run over
			return false
		}
		if old, _ := walk(row, "raw", "string").(string); text && old == fmt.Sprint(n) {
			put(row, fmt.Sprint(n+by), "raw", "string")
		}
		return put(row, n+by, "raw", "value")
	}
}

// failsSelfTest puts a failed test on top of the log of a drive whose newest results are no failures already.
func failsSelfTest(root map[string]any) bool {
	for _, log := range []string{"extended", "standard"} {
		if table, ok := walk(root, "ata_smart_self_test_log", log, "table").([]any); ok {
			row := map[string]any{"type": map[string]any{"value": 1, "string": "Short offline"}, "lba": 4711,
				"status": map[string]any{"value": 121, "string": "Completed: read failure", "passed": false,
					"remaining_percent": 90},
				"lifetime_hours": number(root, "power_on_time", "hours") % 65536}
			return put(root, append([]any{row}, table...), "ata_smart_self_test_log", log, "table")
		}
	}
	if table, ok := walk(root, "nvme_self_test_log", "table").([]any); ok {
		row := map[string]any{"self_test_code": map[string]any{"value": 1},
			"self_test_result": map[string]any{"value": 7, "string": "Completed: failed segments"},
			"power_on_hours":   number(root, "power_on_time", "hours")}
		return put(root, append([]any{row}, table...), "nvme_self_test_log", "table")
	}
	if first, ok := root["scsi_self_test_0"]; ok {
		root["scsi_self_test_1"] = first
		root["scsi_self_test_0"] = map[string]any{"code": map[string]any{"value": 1, "string": "Background short"},
			"result":        map[string]any{"value": 5, "string": "Failed in second segment"},
			"power_on_time": map[string]any{"hours": number(root, "power_on_time", "hours")}}
		return true
	}
	return false
}

// logs puts an entry on top of the ATA error log.
func logs(root map[string]any, text string) bool {
	for _, log := range []string{"extended", "summary"} {
		if walk(root, "ata_smart_error_log", log) == nil {
			continue
		}
		n := number(root, "ata_smart_error_log", log, "count")
		table, _ := walk(root, "ata_smart_error_log", log, "table").([]any)
		entry := map[string]any{"error_number": n + 1, "lifetime_hours": 1, "error_description": text}
		return n >= 0 && put(root, n+1, "ata_smart_error_log", log, "count") &&
			put(root, append([]any{entry}, table...), "ata_smart_error_log", log, "table")
	}
	return false
}

func TestEachRuleSpeaksAloneOnEveryCapture(t *testing.T) {
	tried := map[string]int{}
	for name, data := range captures(t) {
		before, err := Parse(data)
		if err != nil {
			continue
		}
		for what, m := range mutations() {
			root := decoded(t, data)
			if !m.apply(root) {
				continue
			}
			worse, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			after := parsed(t, worse)
			got := Compare(before, after, DeclaredUnknown)
			rule := m.rule
			if what == "heat" {
				rule = "too_hot"
				if _, own := before.HeatLimit(); !own {
					rule = "hot"
				}
				if before.CriticalWarning != nil && *before.CriticalWarning&heatBit != 0 {
					continue // it said so before
				}
			}
			if what == "a self-test failed" && before.LastSelfTest == Failed || what == "SMART status" &&
				before.IE != nil {
				continue
			}
			tried[what]++
			for _, f := range meanings {
				if f.rule == rule && rule != "" && slices.Contains(after.Guessed, f.id) {
					m.severity = Warn // the name is smartctl's general one, so that the count is no evidence
				}
			}
			switch {
			case rule == "" && len(got) > 0:
				t.Errorf("%s, %s: got %v, want nothing", name, what, got)
			case rule != "" && (len(got) != 1 || got[0].Rule != rule || got[0].Severity != m.severity):
				t.Errorf("%s, %s: got %v, want only %s %s", name, what, got, m.severity, rule)
			}
		}
	}
	for what := range mutations() {
		if tried[what] == 0 && !slices.Contains([]string{"pending log", "uncorrected writes"}, what) {
			t.Errorf("%s was tried on no capture", what)
		}
	}
	t.Logf("%v", tried)
}

// The junk that damage can leave where a value was.
var junk = []any{nil, true, false, "", "35", "\x1b[31m\u202eevil\x00<script>", strings.Repeat("9", 400),
	json.Number("1e400"), json.Number("1e18"),
	json.Number("18446744073709551615"), json.Number("-9223372036854775808"), json.Number("-1"), json.Number("0.5"),
	json.Number("9007199254740993"),
	[]any{}, []any{nil, []any{}, map[string]any{}}, map[string]any{"value": map[string]any{"value": true}}}

// Any value of any capture is replaced by junk: nothing panics, and what is not in the capture is not made up.
func TestJunkInACaptureIsNeverReadAsHealth(t *testing.T) {
	tried := 0
	for name, data := range captures(t) {
		if _, err := Parse(data); err != nil {
			continue
		}
		root := decoded(t, data)
		n, first := 0, start(name)
		junkable(root, func(set func(any)) {
			if n++; (n+first)%stride != 0 { // some places of each capture; all of them would take minutes
				return
			}
			for _, j := range junk {
				set(j)
				broken, err := json.Marshal(root)
				if err != nil {
					t.Fatal(err)
				}
				tried++
				h, err := Parse(broken)
				if err != nil {
					continue
				}
				nothingMadeUp(t, name, root, h)
			}
		})
	}
	t.Logf("%d damaged captures", tried)
}

// junkable is leaves in a fixed order.
func junkable(v any, visit func(set func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			old := v[key]
			visit(func(x any) { v[key] = x })
			v[key] = old
			junkable(old, visit)
		}
	case []any:
		for i, old := range v {
			visit(func(x any) { v[i] = x })
			v[i] = old
			junkable(old, visit)
		}
	}
}

const stride = 241

func start(name string) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int(h.Sum32() % stride)
}

func nothingMadeUp(t *testing.T, name string, root map[string]any, h Health) {
	t.Helper()
	if h.Passed != nil && *h.Passed && walk(root, "smart_status", "passed") != true {
		t.Fatalf("%s: passed out of nothing", name)
	}
	among := func(got *int64, paths ...[]string) bool {
		if got == nil {
			return true
		}
		for _, p := range paths {
			if number(root, p...) == *got {
				return true
			}
		}
		return false
	}
	if !among(h.TemperatureC, []string{"temperature", "current"},
		[]string{"nvme_smart_health_information_log", "temperature"},
		[]string{"ata_sct_status", "temperature", "current"}) {
		t.Fatalf("%s: an invented temperature, %d °C", name, *h.TemperatureC)
	}
	if !among(h.PowerOnHours, []string{"power_on_time", "hours"},
		[]string{"nvme_smart_health_information_log", "power_on_hours"}) &&
		firstRow(root, func(row map[string]any) bool {
			return row["name"] == "Power_On_Hours" &&
				row["id"] == json.Number("9")
		}) == nil {
		t.Fatalf("%s: invented hours, %d", name, *h.PowerOnHours)
	}
	for _, s := range []string{h.Drive.Model, h.Drive.Serial, h.Drive.Family, h.Drive.Firmware, h.Drive.WWN,
		h.Drive.DeviceType, h.Notice} {
		if !utf8.ValidString(s) || len(s) > maxText+4 || strings.ContainsAny(s, "\x00\x1b\n\u202e") {
			t.Fatalf("%s: text is not clean: %q", name, s)
		}
	}
	if again := Compare(h, h, DeclaredNew); len(again) > 0 {
		t.Fatalf("%s: compared with itself: %v", name, again)
	}
	Review(h, h.Brief(), DeclaredNew, true)
	Rows(h, h)
	if _, err := json.Marshal(NewReport(h, &h, DeclaredNew)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
