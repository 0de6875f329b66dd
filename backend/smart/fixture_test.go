package smart

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Three invented drives without a fault, as smartctl 7.4 shows them.
const (
	disk = `{"smartctl":{"version":[7,4],"exit_status":0},
"device":{"name":"/dev/sda","type":"sat","protocol":"ATA"},"model_family":"Seagate Exos","model_name":"ST16000NM000J-0","serial_number":"ZR50AAAA",
"wwn":{"naa":5,"oui":3152,"id":4000000001},"firmware_version":"SN02","user_capacity":{"blocks":31251759104,"bytes":16000900661248},
"logical_block_size":512,"physical_block_size":4096,"rotation_rate":7200,"smart_status":{"passed":true},
"ata_smart_data":{"self_test":{"status":{"value":0,"string":"completed without error","passed":true},"polling_minutes":{"short":1,"extended":1500}},
"capabilities":{"self_tests_supported":true}},
"ata_smart_attributes":{"table":[
{"id":1,"name":"Raw_Read_Error_Rate","value":80,"worst":64,"thresh":44,"when_failed":"","flags":{"prefailure":true},"raw":{"value":100000000,"string":"100000000"}},
{"id":4,"name":"Start_Stop_Count","value":100,"worst":100,"thresh":20,"when_failed":"","flags":{"prefailure":false},"raw":{"value":5,"string":"5"}},
{"id":5,"name":"Reallocated_Sector_Ct","value":100,"worst":100,"thresh":10,"when_failed":"","flags":{"prefailure":true},"raw":{"value":0,"string":"0"}},
{"id":9,"name":"Power_On_Hours","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":20,"string":"20"}},
{"id":10,"name":"Spin_Retry_Count","value":100,"worst":100,"thresh":97,"when_failed":"","flags":{"prefailure":true},"raw":{"value":0,"string":"0"}},
{"id":184,"name":"End-to-End_Error","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}},
{"id":187,"name":"Reported_Uncorrect","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}},
{"id":188,"name":"Command_Timeout","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0 0 0"}},
{"id":190,"name":"Airflow_Temperature_Cel","value":70,"worst":60,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":505217054,"string":"30 (Min/Max 25/31)"}},
{"id":196,"name":"Reallocated_Event_Count","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}},
{"id":197,"name":"Current_Pending_Sector","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}},
{"id":198,"name":"Offline_Uncorrectable","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}},
{"id":199,"name":"UDMA_CRC_Error_Count","value":200,"worst":200,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}}]},
"power_on_time":{"hours":20},"power_cycle_count":4,"temperature":{"current":30,"op_limit_max":60},
"ata_smart_error_log":{"extended":{"count":0}},
"ata_smart_self_test_log":{"extended":{"count":1,"table":[{"type":{"value":1,"string":"Short offline"},"status":{"value":0,"string":"Completed without error","passed":true},"lifetime_hours":1}]}},
"ata_pending_defects_log":{"size":2047,"count":0},
"ata_device_statistics":{"pages":[{"number":1,"table":[{"offset":24,"name":"Logical Sectors Written","value":1000,"flags":{"valid":true}}]}]},
"sata_phy_event_counters":{"table":[{"id":1,"value":0},{"id":2,"value":0},{"id":5,"value":0},{"id":10,"value":7}]},
"seagate_farm_log":{"supported":true,"page_1_drive_information":{"poh":20,"spoh":19,"head_flight_hours":18,"power_cycle_count":4,"date_of_assembly":"2433"}}}`

	sas = `{"smartctl":{"version":[7,4],"exit_status":0},
"device":{"name":"/dev/sdb","type":"scsi","protocol":"SCSI"},"scsi_vendor":"SEAGATE","scsi_product":"ST8000NM0075","scsi_model_name":"SEAGATE ST8000NM0075",
"scsi_revision":"E004","serial_number":"ZA1AAAAA","logical_unit_id":"0x5000C500AAAAAAAA","user_capacity":{"blocks":15628053168,"bytes":8001563222016},
"logical_block_size":512,"rotation_rate":7200,"smart_status":{"passed":true},"temperature":{"current":35,"drive_trip":60},
"power_on_time":{"hours":30,"minutes":5},"scsi_start_stop_cycle_counter":{"accumulated_start_stop_cycles":6,"accumulated_load_unload_cycles":40},
"scsi_grown_defect_list":0,"scsi_pending_defects":{"count":0},"scsi_extended_self_test_seconds":50030,
"scsi_background_scan":{"status":{"value":1,"string":"scan is active"}},
"scsi_error_counter_log":{"read":{"total_uncorrected_errors":0},"write":{"gigabytes_processed":"12.500","total_uncorrected_errors":0},"verify":{"total_uncorrected_errors":0}}}`

	flash = `{"smartctl":{"version":[7,5],"exit_status":0},
"device":{"name":"/dev/nvme0n1","type":"nvme","protocol":"NVMe"},"model_name":"Invented 990","serial_number":"S000000000001","firmware_version":"1B2Q",
"nvme_namespaces":[{"id":1,"eui64":{"oui":9528,"ext_id":123456789}}],"user_capacity":{"bytes":1000204886016},"logical_block_size":512,
"nvme_optional_admin_commands":{"self_test":true},"nvme_composite_temperature_threshold":{"warning":82,"critical":85},
"smart_status":{"passed":true,"nvme":{"value":0}},"temperature":{"current":40},"power_on_time":{"hours":10},"power_cycle_count":3,
"nvme_smart_health_information_log":{"critical_warning":0,"temperature":40,"available_spare":100,"available_spare_threshold":10,"percentage_used":0,
"data_units_written":100,"power_cycles":3,"power_on_hours":10,"unsafe_shutdowns":1,"media_errors":0,"num_err_log_entries":0},
"nvme_self_test_log":{"current_self_test_operation":{"value":0,"string":"No self-test in progress"},
"table":[{"self_test_code":{"value":1,"string":"Short"},"self_test_result":{"value":0,"string":"Completed without error"},"power_on_hours":9}]}}`
)

// edit is one change to a capture: the value at a path of keys and indexes.
type edit struct {
	path  string // joined by dots; attr:5 finds the attribute with that id
	value any
}

// edited gives the capture with the changes made; removed stands for a key that is taken away.
func edited(t testing.TB, capture string, edits ...edit) []byte {
	t.Helper()
	root := decoded(t, []byte(capture))
	for _, e := range edits {
		steps := strings.Split(e.path, ".")
		var at any = root
		for i, step := range steps {
			object, ok := at.(map[string]any)
			if !ok {
				t.Fatalf("edit %s: step %s leads through %T", e.path, step, at)
			}
			if id, ok := strings.CutPrefix(step, "attr:"); ok {
				at = attribute(t, root, id)
				continue
			}
			switch {
			case i < len(steps)-1:
				if object[step] == nil {
					object[step] = map[string]any{}
				}
				at = object[step]
			case e.value == removed:
				delete(object, step)
			default:
				object[step] = e.value
			}
		}
	}
	out, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type gone struct{}

var removed any = gone{}

func decoded(t testing.TB, data []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var root map[string]any
	if err := d.Decode(&root); err != nil {
		t.Fatal(err)
	}
	return root
}

func attribute(t testing.TB, root map[string]any, id string) map[string]any {
	t.Helper()
	for _, row := range walk(root, "ata_smart_attributes", "table").([]any) {
		if row.(map[string]any)["id"] == json.Number(id) {
			return row.(map[string]any)
		}
	}
	t.Fatalf("the capture has no attribute %s", id)
	return nil
}

// walk follows keys through plain decoded JSON; nil where they lead nowhere.
func walk(v any, path ...string) any {
	for _, key := range path {
		object, _ := v.(map[string]any)
		v = object[key]
	}
	return v
}

func parsed(t testing.TB, data []byte) Health {
	t.Helper()
	h, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// captures gives the real captures by name; the test is skipped where they are not.
func captures(t testing.TB) map[string][]byte {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "smartctl")
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if len(files) == 0 {
		t.Skip("needs the collection of smartctl captures beside the repository (../shared/smartctl)")
	}
	out := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(dir, file)
		out[filepath.ToSlash(name)] = data
	}
	return out
}
