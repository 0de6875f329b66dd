package smart

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Shapes that no capture of the collection shows, after smartctl's sources and what people showed of their drives; all
// names and figures are invented.
func TestShapesOfOtherDrivesAndBridges(t *testing.T) {
	type want struct {
		model, serial                string
		protocol                     Protocol
		raid                         RAID
		passed                       any
		temperature, hours, wear     any
		selfTest                     any
		rows                         int
		newest                       SelfTestState
		running, remaining, hasNoSay bool
	}
	for name, c := range map[string]struct {
		data string
		want want
	}{
		"a SAS SSD of smartctl 7.3": {`{"smartctl":{"version":[7,3],"exit_status":0},"device":{"name":"/dev/sdc","type":"scsi","protocol":"SCSI"},
"scsi_vendor":"INVENTED","scsi_product":"PX05SVB","scsi_model_name":"INVENTED PX05SVB","serial_number":"Y6A0A00A","rotation_rate":0,
"user_capacity":{"bytes":1600321314816},"smart_status":{"passed":true},"scsi_Percentage used endurance indicator":3,
"scsi_environmental_reports":{"temperature_1":{"parameter_code":0,"Current":31,"Lifetime maximum":55,"Lifetime minimum":"unknown"}},
"power_on_time":{"hours":21544,"minutes":9},"scsi_grown_defect_list":0,
"scsi_self_test_0":{"code":{"value":1,"string":"Background short"},"result":{"value":0,"string":"Completed"},"power_on_time":{"hours":21540,"aka":"accumulated_power_on_hours"}}}`,
			want{model: "INVENTED PX05SVB", serial: "Y6A0A00A", protocol: SCSI, passed: true,
				temperature: "31", hours: "21544", wear: "3", selfTest: true, rows: 1, newest: Passed}},
		"a SAS disk whose temperature stands among its environment": {`{"smartctl":{"version":[7,4],"exit_status":0},"device":{"name":"/dev/sdc","type":"scsi","protocol":"SCSI"},
"scsi_vendor":"HGST","scsi_product":"HUH000000","scsi_model_name":"HGST HUH000000","serial_number":"7PAAAAAA","rotation_rate":7200,"smart_status":{"passed":true},
"temperature":{"current":0},"scsi_environmental_reports":{"temperature_1":{"parameter_code":0,"current":36,"lifetime_maximum":55},"temperature_2":{"current":70}},
"power_on_time":{"hours":49144},"scsi_grown_defect_list":0}`,
			want{model: "HGST HUH000000", serial: "7PAAAAAA", protocol: SCSI, passed: true,
				temperature: "36", hours: "49144"}},
		"a SAS disk that knows no temperature": {`{"device":{"name":"/dev/sdc","type":"scsi","protocol":"SCSI"},"scsi_model_name":"A B","serial_number":"C","smart_status":{"passed":true},
"temperature":{"current":0,"drive_trip":0},"scsi_environmental_reports":{"temperature_1":{"current":"unknown"}}}`,
			want{model: "A B", serial: "C", protocol: SCSI, passed: true}},
		"a SAS self-test that smartctl's next version shows in percent": {`{"device":{"name":"/dev/sdc","type":"scsi","protocol":"SCSI"},"scsi_model_name":"A B","serial_number":"C","smart_status":{"passed":true},
"temperature":{"current":33,"drive_trip":65},"scsi_self_test_status":{"in_progress":true,"completion_percent":40},
"scsi_self_test_0":{"code":{"value":2,"string":"Background long"},"result":{"value":15,"string":"Self test in progress ..."},"self_test_in_progress":true},
"scsi_self_test_1":{"code":{"value":1,"string":"Background short"},"result":{"value":4,"string":"Failed in first segment"},"power_on_time":{"hours":5}}}`,
			want{model: "A B", serial: "C", protocol: SCSI, passed: true, temperature: "33", selfTest: true, rows: 1,
				newest: Failed, running: true, remaining: true}},
		"a vendor and a product of smartctl 7.0": {`{"device":{"name":"/dev/sdc","type":"scsi","protocol":"SCSI"},"vendor":"SEAGATE","product":"ST00000NM","model_name":"SEAGATE ST00000NM","revision":"N003",
"serial_number":"ZC1AAAAA","smart_status":{"passed":true},"temperature":{"current":29,"drive_trip":60}}`,
			want{model: "SEAGATE ST00000NM", serial: "ZC1AAAAA", protocol: SCSI, passed: true, temperature: "29"}},
		"NVMe behind a USB bridge": {`{"smartctl":{"version":[7,4],"exit_status":0},"device":{"name":"/dev/sdb","info_name":"/dev/sdb [USB NVMe Realtek]","type":"sntrealtek","protocol":"NVMe"},
"model_name":"Invented NV2","serial_number":"50026B7000000000","firmware_version":"ELFK0S","smart_status":{"passed":true,"nvme":{"value":0}},
"nvme_smart_health_information_log":{"critical_warning":0,"temperature":42,"available_spare":100,"available_spare_threshold":10,"percentage_used":2,"power_on_hours":1234,"media_errors":0},
"temperature":{"current":42},"power_on_time":{"hours":1234}}`,
			want{model: "Invented NV2", serial: "50026B7000000000", protocol: NVMe, passed: true,
				temperature: "42", hours: "1234", wear: "2"}},
		"NVMe with smartctl 7.5's figures beside the log": {`{"smartctl":{"version":[7,5],"exit_status":0},"device":{"name":"/dev/nvme0","type":"nvme","protocol":"NVMe"},"model_name":"Invented M2","serial_number":"AA51",
"smart_support":{"available":true,"enabled":true},"smart_status":{"passed":true,"nvme":{"value":0}},
"nvme_smart_health_information_log":{"nsid":-1,"critical_warning":0,"temperature":54,"available_spare":100,"available_spare_threshold":32,"percentage_used":7,"power_on_hours":7420},
"spare_available":{"current_percent":100,"threshold_percent":32},"endurance_used":{"current_percent":7},"power_on_time":{"hours":7420},"temperature":{"current":54,"op_limit_max":90},
"nvme_self_test_log":{"nsid":-1,"current_self_test_operation":{"value":0,"string":"No self-test in progress"}}}`,
			want{model: "Invented M2", serial: "AA51", protocol: NVMe, passed: true,
				temperature: "54", hours: "7420", wear: "7", selfTest: true}},
		"ATA behind a JMicron bridge, without a word on its health": {`{"smartctl":{"version":[7,2],"exit_status":4},"device":{"name":"/dev/sdb","info_name":"/dev/sdb [USB JMicron]","type":"usbjmicron","protocol":"ATA"},
"model_name":"INVENTED HTS000","serial_number":"JR10000000","rotation_rate":5400,"ata_smart_attributes":{"table":[{"id":5,"name":"Reallocated_Sector_Ct","value":100,"worst":100,"thresh":5,
"when_failed":"","flags":{"prefailure":true},"raw":{"value":0,"string":"0"}}]},"power_on_time":{"hours":77},"temperature":{"current":38}}`,
			want{model: "INVENTED HTS000", serial: "JR10000000", protocol: ATA,
				temperature: "38", hours: "77", hasNoSay: true}},
		"an SSD whose spare smartctl guesses": {`{"device":{"name":"/dev/sdd","type":"sat","protocol":"ATA"},"model_name":"INVENTED SSDSC2KB","serial_number":"BTYI0000","rotation_rate":0,"smart_status":{"passed":true},
"spare_available":{"current_percent":47},"endurance_used":{"current_percent":1},"power_on_time":{"hours":8,"minutes":30},"temperature":{"current":25},
"ata_smart_attributes":{"table":[{"id":5,"name":"Reallocated_Sector_Ct","value":47,"worst":47,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}}]}}`,
			want{model: "INVENTED SSDSC2KB", serial: "BTYI0000", protocol: ATA, passed: true,
				temperature: "25", hours: "8", wear: "1"}},
		"a drive behind a Smart Array": {`{"device":{"name":"/dev/sg1","info_name":"/dev/sg1 [cciss_disk_02] [SCSI]","type":"cciss,2","protocol":"SCSI"},"scsi_model_name":"HP EG0600","serial_number":"KW00",
"smart_status":{"passed":true},"temperature":{"current":30,"drive_trip":65}}`,
			want{model: "HP EG0600", serial: "KW00", protocol: SCSI, raid: RAIDMember, passed: true,
				temperature: "30"}},
		"a SATA drive behind an Areca": {`{"device":{"name":"/dev/sg3","type":"areca,3/1","protocol":"ATA"},"model_name":"WDC WD00","serial_number":"WD-W","smart_status":{"passed":true},"temperature":{"current":30}}`,
			want{model: "WDC WD00", serial: "WD-W", protocol: ATA, raid: RAIDMember, passed: true, temperature: "30"}},
		"a SATA drive behind a MegaRAID by SAT": {`{"device":{"name":"/dev/bus/0","type":"sat+megaraid,8","protocol":"ATA"},"model_name":"ST00000","serial_number":"Z","smart_status":{"passed":true}}`,
			want{model: "ST00000", serial: "Z", protocol: ATA, raid: RAIDMember, passed: true}},
		"a Smart Array's own volume": {`{"device":{"name":"/dev/sda","type":"scsi","protocol":"SCSI"},"scsi_vendor":"HP","scsi_product":"LOGICAL VOLUME","scsi_model_name":"HP LOGICAL VOLUME","serial_number":"P0"}`,
			want{model: "HP LOGICAL VOLUME", serial: "P0", protocol: SCSI, raid: RAIDVolume, hasNoSay: true}},
	} {
		h, err := Parse([]byte(c.data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := want{model: h.Drive.Model, serial: h.Drive.Serial, protocol: h.Drive.Protocol, raid: h.Drive.RAID,
			passed: plain(h.Passed), temperature: plain(h.TemperatureC),
			hours: plain(h.PowerOnHours), wear: plain(h.EnduranceUsedPercent), selfTest: plain(h.Capabilities.SelfTest),
			rows:    len(h.SelfTests),
			running: h.Running != nil, remaining: h.Running != nil && h.Running.RemainingPercent != nil &&
				*h.Running.RemainingPercent == 60, hasNoSay: h.Passed == nil}
		if len(h.SelfTests) > 0 {
			got.newest = h.SelfTests[0].Result
		}
		if d := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		for _, f := range Judge(h, DeclaredUnknown, true) {
			if f.Severity == Fail && got.newest != Failed {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
}

// The FARM log of the two kinds of drives, and one that the drive does not keep.
func TestShapesOfTheFARMLog(t *testing.T) {
	for name, c := range map[string]struct {
		log               any
		hours, heads, say any
	}{
		"ATA": {map[string]any{"supported": true, "page_1_drive_information": map[string]any{"poh": 27779,
			"spoh": 27700, "head_flight_hours": 20000}}, "27779", "20000", "farm_hours"},
		"SAS": {map[string]any{"drive_information": map[string]any{"power_on_hour": 27779,
			"date_of_assembled": "2110"}}, "27779", nil, "farm_hours"},
		"not supported": {map[string]any{"supported": false}, nil, nil, nil},
		"only named":    {map[string]any{"supported": true}, nil, nil, nil},
		"of two arms": {map[string]any{"supported": true, "page_1_drive_information": map[string]any{"poh": 25,
			"spoh": 24, "head_flight_hours": -1}}, "25", nil, nil},
	} {
		h := parsed(t, edited(t, disk, edit{"seagate_farm_log", c.log}))
		var hours, heads, say any
		if h.Farm != nil {
			hours, heads = plain(h.Farm.PowerOnHours), plain(h.Farm.HeadFlightHours)
		}
		if found := Judge(h, DeclaredUnknown, false); len(found) > 0 {
			say = found[0].Rule
		}
		if d := cmp.Diff([]any{c.hours, c.heads, c.say}, []any{hours, heads, say}); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
