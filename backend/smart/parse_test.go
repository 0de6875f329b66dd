package smart

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestASoundDriveIsReadAndNotJudged(t *testing.T) {
	for capture, want := range map[string]Drive{
		disk: {Model: "ST16000NM000J-0", Family: "Seagate Exos", Serial: "ZR50AAAA",
			WWN: "5000c500ee6b2801", Firmware: "SN02", SizeBytes: n(16000900661248),
			LogicalBytes: n(512), PhysicalBytes: n(4096), RotationRPM: n(7200), Protocol: ATA, DeviceType: "sat"},
		sas: {Model: "SEAGATE ST8000NM0075", Serial: "ZA1AAAAA", WWN: "5000c500aaaaaaaa", Firmware: "E004",
			SizeBytes: n(8001563222016), LogicalBytes: n(512),
			RotationRPM: n(7200), Protocol: SCSI, DeviceType: "scsi"},
		flash: {Model: "Invented 990", Serial: "S000000000001", WWN: "00253800075bcd15", Firmware: "1B2Q",
			SizeBytes: n(1000204886016), LogicalBytes: n(512),
			Protocol: NVMe, DeviceType: "nvme"},
	} {
		h := parsed(t, []byte(capture))
		if d := cmp.Diff(want, h.Drive); d != "" {
			t.Errorf("drive (-want +got):\n%s", d)
		}
		if h.Passed == nil || !*h.Passed || !h.HasData() || h.Capabilities.SelfTest == nil ||
			!*h.Capabilities.SelfTest || h.TemperatureLimitC == nil || h.BytesWritten == nil {
			t.Errorf("%s: %+v", h.Drive.Protocol, h)
		}
		if f := Judge(h, DeclaredNew, true); len(f) > 0 {
			t.Errorf("%s: a sound new drive is judged: %v", h.Drive.Protocol, f)
		}
	}
}

func TestPackedRawValuesAreSplit(t *testing.T) {
	for _, c := range []struct {
		name    string
		id      int64
		raw     int64
		text    string
		seagate bool
		want    *int64
	}{
		{"196 of three words", 196, 53416508262463, "2111 (12437 0)", false, n(2111)},
		{"5 of three words without the database", 5, 7<<32 | 12, "", false, n(12)},
		{"5 plainly above 16 bits", 5, 70000, "70000", false, n(70000)},
		{"5 edited by hand beside an old text", 5, 8, "0", false, n(8)},
		{"197 with rubbish above 32 bits", 197, 3<<40 | 8, "3298534883336", false, n(8)},
		{"Seagate's read errors", 1, 5<<32 | 234151754, "x", true, n(5)},
		{"Seagate's seek errors", 7, 12834215976973, "12834215976973", true, n(2988)},
		{"another vendor's 7", 7, 1234, "1234", false, n(1234)},
		{"188 of three words", 188, 8590065666, "2 2 2", false, n(2)},
		{"188 of Seagate, printed whole", 188, 51540393996, "51540393996", true, n(12)},
		{"hours with minutes above", 9, 167031278144165, "2725 (151 234 0)", false, n(2725)},
		{"190 is no count", 190, 487784477, "29 (Min/Max 19/29)", true, nil},
		{"194 is no count", 194, 77309411357, "29 (0 18 0 0 0)", false, nil},
	} {
		got := countOf(Attribute{ID: c.id, Raw: &c.raw, Text: c.text}, c.seagate)
		if !same(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, plain(got), plain(c.want))
		}
	}
}

func TestAnIdUnderAnotherNameIsNotJudged(t *testing.T) {
	h := parsed(t, edited(t, disk, raw("197", 99), edit{"attr:197.name", "Not_In_Use"}))
	if h.Counters.Pending != nil || len(h.Unread) != 1 || h.Unread[0] != 197 {
		t.Errorf("pending %v, unread %v", plain(h.Counters.Pending), h.Unread)
	}
}

func TestTheTemperatureNeverComesFromAnAttribute(t *testing.T) {
	h := parsed(t, edited(t, disk, edit{"temperature", removed}))
	if h.TemperatureC != nil || h.TemperatureLimitC != nil {
		t.Errorf("got %v with a limit of %v", plain(h.TemperatureC), plain(h.TemperatureLimitC))
	}
}

func TestOnlyTheLowestExitBitsMeanNoData(t *testing.T) {
	for status := range 256 {
		h, err := Parse(edited(t, disk, edit{"smartctl.exit_status", status}))
		var none *NoDataError
		if noData := errors.As(err, &none); noData != (status&3 != 0) {
			t.Errorf("exit status %d: %v", status, err)
		}
		if status&3 == 0 && *h.Passed == (status&8 != 0) {
			t.Errorf("exit status %d: passed is %v", status, *h.Passed)
		}
	}
}

func TestPassedIsOnlyWhatTheDriveSaid(t *testing.T) {
	for _, value := range []any{removed, nil, 1, "true", []any{true}, map[string]any{"passed": true}} {
		if h := parsed(t, edited(t, disk, edit{"smart_status.passed", value})); h.Passed != nil {
			t.Errorf("passed %v is read as %v", value, *h.Passed)
		}
	}
	if h := parsed(t, edited(t, disk, edit{"ata_sct_status.smart_status.passed", false})); *h.Passed {
		t.Error("the drive's SCT status says failed, yet it passed")
	}
	for name, h := range map[string]Health{
		"a critical warning": parsed(t, edited(t, flash, edit{"nvme_smart_health_information_log.critical_warning",
			4})),
		"a prediction of failure": parsed(t, edited(t, sas, edit{"smart_status", map[string]any{"passed": true,
			"scsi": map[string]any{"asc": 0x5d, "ascq": 0x10}}})),
	} {
		if h.Passed == nil || *h.Passed {
			t.Errorf("%s, yet it passed", name)
		}
	}
	worn := parsed(t, edited(t, sas, edit{"scsi_percentage_used_endurance_indicator", 103}))
	if got := told(Judge(worn, DeclaredUnknown, false)); got != "warn endurance_used" {
		t.Errorf("a worn SAS SSD: %s", got)
	}
	twice := strings.Replace(disk, `"smart_status":{"passed":true}`, `"smart_status":{"passed":false},"smart_status":{"passed":true}`, 1)
	if _, err := Parse([]byte(twice)); err == nil {
		t.Error("a capture with two verdicts was read")
	}
}

func TestNumbersThatExceedADouble(t *testing.T) {
	for _, c := range []struct {
		value, exact any
		want         int64
	}{
		{json.Number("9007199254740993"), nil, 9007199254740993},
		{json.Number("1.8e19"), "18446744073709551617", math.MaxInt64},
		{json.Number("9.007199254740992e15"), "9007199254740993", 9007199254740993},
		{removed, "77", 77},
		{json.Number("340282366920938463463374607431768211455"), nil, math.MaxInt64},
		{json.Number("1e300"), nil, math.MaxInt64},
	} {
		log := "nvme_smart_health_information_log."
		edits := []edit{{log + "media_errors", c.value}}
		if c.exact != nil {
			edits = append(edits, edit{log + "media_errors_s", c.exact})
		}
		h := parsed(t, edited(t, flash, edits...))
		if h.Counters.MediaErrors == nil || *h.Counters.MediaErrors != c.want {
			t.Errorf("%v, %v: got %v, want %d", c.value, c.exact, plain(h.Counters.MediaErrors), c.want)
		}
	}
	for _, damaged := range []any{json.Number("-1"), json.Number("1.5"), "seven", true, nil} {
		if h := parsed(t, edited(t, flash, edit{"nvme_smart_health_information_log.media_errors",
			damaged})); h.Counters.MediaErrors != nil {
			t.Errorf("%v is read as %d", damaged, *h.Counters.MediaErrors)
		}
	}
}

func TestAVolumeOfARAIDControllerIsRecognised(t *testing.T) {
	for _, c := range []struct {
		kind, model string
		want        RAID
	}{
		{"scsi", "HP LOGICAL VOLUME", RAIDVolume}, {"scsi", "DELL PERC H730P Mini", RAIDVolume},
		{"scsi", "AVAGO MR9361-8i", RAIDVolume},
		{"scsi", "Intel Raid 1 Volume", RAIDVolume}, {"megaraid,3", "SEAGATE ST8000NM0075", RAIDMember},
		{"cciss,0", "HP EG0600FBDSR", RAIDMember},
		{"scsi", "SEAGATE ST8000NM0075", ""}, {"scsi", "HGST HUH721212AL5200", ""},
	} {
		h := parsed(t, edited(t, sas, edit{"device.type", c.kind}, edit{"model_name", c.model}))
		if h.Drive.RAID != c.want {
			t.Errorf("%s, %s: got %q, want %q", c.kind, c.model, h.Drive.RAID, c.want)
		}
	}
	if h := parsed(t, edited(t, disk, edit{"device.type", "sat+megaraid,1"})); h.Drive.RAID != RAIDMember {
		t.Errorf("sat+megaraid,1: got %q", h.Drive.RAID)
	}
}

func TestLinesForPeopleFillWhatJSONLacks(t *testing.T) {
	h := parsed(t, edited(t, sas, edit{"scsi_extended_self_test_seconds", removed}, edit{"smartctl.output", []any{
		"Self-test execution status:\t\t50% of test remaining", "Non-medium error count:      389",
		"No Self-tests have been logged"}}))
	if h.Running == nil || *h.Running.RemainingPercent != 50 || *h.Counters.NonMedium != 389 || h.SelfTests == nil {
		t.Errorf("%+v", h)
	}
	for line, want := range map[string]bool{
		"Optional Admin Commands (0x0017):   Security Format Frmw_DL Self_Test": true,
		"Optional Admin Commands (0x010a):   Format NS_Mngmt":                   false,
		"Self-tests not supported":                                              false,
	} {
		h := parsed(t, edited(t, flash, edit{"nvme_optional_admin_commands", removed},
			edit{"nvme_self_test_log", removed}, edit{"smartctl.output", []any{line}}))
		if h.Capabilities.SelfTest == nil || *h.Capabilities.SelfTest != want {
			t.Errorf("%q: want %v", line, want)
		}
	}
}

func TestHostileTextIsCutAndCleaned(t *testing.T) {
	evil := "ZR50\x1b]0;owned\x07\u202e" + strings.Repeat("x", 100_000)
	h := parsed(t, edited(t, disk, edit{"serial_number", evil}, edit{"model_name", evil}, edit{"attr:5.name", evil},
		edit{"smartctl.messages", []any{map[string]any{"string": evil}}}))
	for _, s := range []string{h.Drive.Serial, h.Drive.Model, h.Attributes[2].Name, h.Messages[0]} {
		if len(s) > maxText+4 || strings.IndexFunc(s, func(r rune) bool {
			return unicode.IsControl(r) ||
				r == '\u202e'
		}) >= 0 {
			t.Errorf("got %d bytes: %.40q", len(s), s)
		}
	}
}

func TestInputIsBounded(t *testing.T) {
	for name, data := range map[string]string{
		"too long":        disk + strings.Repeat(" ", MaxInput),
		"nested":          `{"device":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`,
		"too many values": `{"device":{"name":"a"},"x":[0` + strings.Repeat(",0", maxNodes) + `]}`,
		"empty":           "",
		"a list":          "[]",
		"cut":             disk[:len(disk)-1],
		"two captures":    disk + disk,
		"text":            "smartctl 7.4 2023-08-01 r5530",
	} {
		if _, err := Parse([]byte(data)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
	rows := make([]any, 5000)
	for i := range rows {
		rows[i] = row(1, 0, "ok", i)
	}
	h := parsed(t, edited(t, disk, edit{"ata_smart_self_test_log.extended.table", rows}, log(rows...)))
	if len(h.SelfTests) > maxTable || len(h.ErrorLog) > maxTable {
		t.Errorf("%d self-tests, %d errors", len(h.SelfTests), len(h.ErrorLog))
	}
}

// One field of a wrong type must not cost the others, nor turn a failing drive into a passing one.
func TestAFieldOfAWrongTypeCostsNoOther(t *testing.T) {
	for _, capture := range []string{disk, sas, flash} {
		whole := parsed(t, []byte(capture))
		for key := range decoded(t, []byte(capture)) {
			for _, junk := range []any{nil, "x", json.Number("1e999"), -1, []any{nil, 3}, map[string]any{"count": "x"},
				true} {
				h, err := Parse(edited(t, capture, edit{key, junk}))
				if err != nil {
					t.Errorf("%s = %v: %v", key, junk, err)
					continue
				}
				if key != "serial_number" && h.Drive.Serial != whole.Drive.Serial || key != "temperature" &&
					!same(h.TemperatureC, whole.TemperatureC) ||
					key != "smart_status" && (h.Passed == nil || !*h.Passed) || key == "smart_status" &&
					h.Passed != nil {
					t.Errorf("%s = %v changed other fields: %+v", key, junk, h)
				}
			}
		}
	}
}

func TestTheReportNamesWhatIsUnknown(t *testing.T) {
	h := parsed(t, edited(t, disk, edit{"smart_status", removed}, edit{"temperature", removed}))
	out, err := json.Marshal(NewReport(h, nil, DeclaredUnknown))
	if err != nil {
		t.Fatal(err)
	}
	root := decoded(t, out)
	health := root["health"].(map[string]any)
	for _, key := range []string{"passed", "temperature_c", "critical_warning"} {
		if v, there := health[key]; !there || v != nil {
			t.Errorf("%s is %v, want null", key, v)
		}
	}
	if walk(root, "drive", "serial") != "ZR50AAAA" || health["drive"] != nil || len(root["findings"].([]any)) != 0 ||
		walk(root, "health", "power_on_hours") != json.Number("20") {
		t.Errorf("%s", out)
	}

	later := parsed(t, edited(t, disk, raw("5", 8), edit{"power_on_time.hours", 21}))
	r := NewReport(parsed(t, []byte(disk)), &later, DeclaredUnknown)
	if told(r.Findings) != "fail reallocated" || len(r.Changes) != 2 || r.Changes[0].Name != "power_on_hours" ||
		r.Changes[1].Name != "reallocated" {
		t.Errorf("%+v", r)
	}
}

func TestLimitsOfTemperatureAreTheDrivesOwn(t *testing.T) {
	for name, c := range map[string]struct {
		data            []byte
		limit, critical any
	}{
		"SCT": {edited(t, disk, edit{"temperature", map[string]any{"current": 30, "op_limit_max": 60,
			"limit_max": 85}}), "60", "85"},
		"SCSI": {[]byte(sas), "60", nil},
		"SCSI as 7.3 shows it": {edited(t, sas, edit{"temperature", map[string]any{"current": 30}},
			edit{"scsi_temperature.drive_trip", 65}), "65", nil},
		"NVMe": {[]byte(flash), "82", "85"},
		"NVMe as 7.5 shows it": {edited(t, flash, edit{"nvme_composite_temperature_threshold", removed},
			edit{"temperature", map[string]any{"current": 30, "op_limit_max": 100, "critical_limit_max": 110}}),
			"100", "110"},
		"NVMe as 7.3 shows it": {edited(t, flash, edit{"nvme_composite_temperature_threshold", removed},
			edit{"smartctl.output", []any{
				"Warning  Comp. Temp. Threshold:     77 Celsius", "Critical Comp. Temp. Threshold:     79 Celsius"}}),
			"77", "79"},
		"none": {edited(t, disk, edit{"temperature", map[string]any{"current": 30}}), nil, nil},
		"garbage": {edited(t, disk, edit{"temperature", map[string]any{"current": 30, "op_limit_max": 0,
			"limit_max": 255}}), nil, nil},
	} {
		h := parsed(t, c.data)
		if plain(h.TemperatureLimitC) != c.limit || plain(h.TemperatureCriticalC) != c.critical {
			t.Errorf("%s: limits %v and %v, want %v and %v", name, plain(h.TemperatureLimitC),
				plain(h.TemperatureCriticalC), c.limit, c.critical)
		}
	}
}

func TestZeroDegreesOfADriveWithoutASensorAreNoTemperature(t *testing.T) {
	for name, edits := range map[string][]edit{
		"no limit":     {{"temperature", map[string]any{"current": 0}}},
		"a limit of 0": {{"temperature", map[string]any{"current": 0, "drive_trip": 0}}},
		"a limit of 0, smartctl 7.3": {{"temperature", map[string]any{"current": 0}}, {"scsi_temperature.drive_trip",
			0}},
	} {
		if h := parsed(t, edited(t, sas, edits...)); h.TemperatureC != nil {
			t.Errorf("%s: %d °C", name, *h.TemperatureC)
		}
	}
}
