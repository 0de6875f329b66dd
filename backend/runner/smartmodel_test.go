package runner_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// smartModel answers as smartctl and nvme-cli do for one drive: a real drive's capture with figures and a self-test log
// that change. It knows how drives behave, no verdicts. It is safe for concurrent use.
type smartModel struct {
	mu      sync.Mutex
	capture map[string]any
	calls   []string

	// how the drive tests itself
	takes    time.Duration // 0: at once
	result   int           // the high nibble of ATA's status, or the result of SCSI and NVMe
	step     int           // percent a step of its progress has; 0: it gives none
	deaf     bool          // asked for a test, it says nothing and starts none
	hangs    bool          // its progress never moves
	noLog    bool          // a test that ends leaves no row
	noAbort  bool          // a test cannot be aborted
	kind     int           // of the running test: 1 short, 2 long
	began    time.Time     // zero: none runs
	withNVMe bool          // the NAS has nvme-cli
	fails    int           // so many of the next answers of smartctl are errors
	switched bool          // smartctl -s on was called
	before   func(*smartModel)
}

// Three invented drives in the shape of smartctl's answers.
const (
	ataDrive = `{"smartctl":{"exit_status":0},"device":{"name":"/dev/sda","type":"sat","protocol":"ATA"},"model_name":"Invented HDD","serial_number":"A1",
"user_capacity":{"bytes":8388608},"logical_block_size":512,"rotation_rate":7200,"smart_status":{"passed":true},"power_on_time":{"hours":100216},
"temperature":{"current":33,"op_limit_max":60},"ata_smart_data":{"self_test":{"polling_minutes":{"short":2,"extended":200}},"capabilities":{"self_tests_supported":true}},
"ata_smart_attributes":{"table":[
{"id":5,"name":"Reallocated_Sector_Ct","value":100,"worst":100,"thresh":10,"when_failed":"","flags":{"prefailure":true},"raw":{"value":0,"string":"0"}},
{"id":197,"name":"Current_Pending_Sector","value":100,"worst":100,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}},
{"id":199,"name":"UDMA_CRC_Error_Count","value":200,"worst":200,"thresh":0,"when_failed":"","flags":{"prefailure":false},"raw":{"value":0,"string":"0"}}]},
"ata_smart_error_log":{"summary":{"count":0}},"ata_smart_self_test_log":{"standard":{"count":1,"table":[
{"type":{"value":2},"status":{"value":0,"string":"Completed without error","passed":true},"lifetime_hours":30000}]}}}`
	sasDrive = `{"smartctl":{"exit_status":0},"device":{"name":"/dev/sdb","type":"scsi","protocol":"SCSI"},"scsi_model_name":"Invented SAS","serial_number":"S1",
"user_capacity":{"bytes":8388608},"rotation_rate":7200,"smart_status":{"passed":true},"temperature":{"current":35,"drive_trip":60},"power_on_time":{"hours":30},
"scsi_grown_defect_list":0,"scsi_extended_self_test_seconds":6000}`
	nvmeDrive = `{"smartctl":{"exit_status":0},"device":{"name":"/dev/nvme0n1","type":"nvme","protocol":"NVMe"},"model_name":"Invented NVMe","serial_number":"N1",
"user_capacity":{"bytes":8388608},"smart_status":{"passed":true},"power_on_time":{"hours":10},"nvme_optional_admin_commands":{"self_test":true},
"nvme_smart_health_information_log":{"critical_warning":0,"temperature":40,"available_spare":100,"available_spare_threshold":10,"percentage_used":0,"media_errors":0},
"nvme_self_test_log":{"current_self_test_operation":{"value":0},"table":[]}}`
)

// modelOf makes a model of a capture.
func modelOf(t testing.TB, capture string) *smartModel {
	t.Helper()
	m := &smartModel{step: 10}
	if err := json.Unmarshal([]byte(capture), &m.capture); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *smartModel) smartctl(args []string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, "smartctl "+strings.Join(args, " "))
	m.finish()
	if m.before != nil {
		m.before(m)
	}
	switch {
	case slices.Contains(args, "-t"):
		if m.protocol() == "NVMe" && !m.logs() {
			return nil, nil // what smartctl before 7.4 does
		}
		return m.begin(map[string]int{"short": 1, "long": 2}[args[len(args)-1]])
	case slices.Contains(args, "-s"):
		m.switched = true
		return []byte("SMART Enabled."), nil
	case slices.Contains(args, "-X"):
		m.abort()
		return []byte("Self-testing aborted!"), nil
	case slices.Contains(args, "farm"):
		return []byte(`{"smartctl":{"exit_status":1}}`), errors.New("exit status 1")
	}
	if m.fails > 0 {
		m.fails--
		return []byte(`{"smartctl":{"exit_status":2,"messages":[{"string":"Smartctl open device failed"}]}}`), errors.New("exit status 2")
	}
	m.show()
	out, err := json.Marshal(m.capture)
	return out, err
}

func (m *smartModel) nvme(command string, args []string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, "nvme "+command+" "+strings.Join(args, " "))
	if !m.withNVMe {
		return nil, exec.ErrNotFound
	}
	m.finish()
	switch {
	case command == "device-self-test" && slices.Contains(args, "0xf"):
		m.abort()
		return nil, nil
	case command == "device-self-test":
		kind, err := strconv.Atoi(args[len(args)-1])
		if err != nil {
			return nil, err
		}
		return m.begin(kind)
	case command == "self-test-log":
		log := map[string]any{"Current Device Self-Test Operation": 0, "Current Device Self-Test Completion": 0,
			"List of Valid Reports": m.rows()}
		if !m.began.IsZero() {
			log["Current Device Self-Test Operation"], log["Current Device Self-Test Completion"] = m.kind, m.done()
		}
		return json.Marshal(log)
	}
	return nil, fmt.Errorf("nvme %s: not known", command)
}

func (m *smartModel) protocol() string { return get[string](m.capture, "device", "protocol") }

// logs reports whether smartctl can read this drive's self-test log.
func (m *smartModel) logs() bool {
	_, ok := m.capture["nvme_self_test_log"]
	return ok || m.protocol() != "NVMe"
}

func (m *smartModel) begin(kind int) ([]byte, error) {
	if !m.began.IsZero() {
		return []byte("Can't start self-test without aborting current test"), errors.New("exit status 4")
	}
	if !m.deaf {
		m.kind, m.began = kind, time.Now()
		m.finish()
	}
	return []byte("Testing has begun."), nil
}

func (m *smartModel) abort() {
	if !m.began.IsZero() && !m.noAbort {
		m.began = time.Time{}
		m.row(1)
	}
}

// finish ends a test whose time has come.
func (m *smartModel) finish() {
	if !m.began.IsZero() && !m.hangs && time.Since(m.began) >= m.takes {
		m.began = time.Time{}
		if !m.noLog {
			m.row(m.result)
		}
	}
}

// done is how much of the test is done, in percent, as the drive would say it.
func (m *smartModel) done() int {
	if m.hangs || m.step == 0 {
		return 10
	}
	percent := int(100 * time.Since(m.began) / m.takes)
	return percent / m.step * m.step
}

// row puts a result on top of the log.
func (m *smartModel) row(result int) {
	hours := m.hours()
	switch m.protocol() {
	case "ATA":
		row := map[string]any{"type": map[string]any{"value": m.kind}, "status": map[string]any{"value": result << 4,
			"string": "status " + strconv.Itoa(result), "passed": result == 0}, "lifetime_hours": int(hours) % 65536}
		log := get[map[string]any](m.capture, "ata_smart_self_test_log", "standard")
		log["table"] = append([]any{row}, get[[]any](log, "table")...)
		log["count"] = len(log["table"].([]any))
	case "SCSI":
		for i := 18; i >= 0; i-- {
			if old, ok := m.capture["scsi_self_test_"+strconv.Itoa(i)]; ok {
				m.capture["scsi_self_test_"+strconv.Itoa(i+1)] = old
			}
		}
		m.capture["scsi_self_test_0"] = map[string]any{"code": map[string]any{"value": m.kind},
			"result":        map[string]any{"value": result, "string": "result " + strconv.Itoa(result)},
			"power_on_time": map[string]any{"hours": hours}}
	case "NVMe":
		row := map[string]any{"self_test_code": map[string]any{"value": m.kind},
			"self_test_result": map[string]any{"value": result, "string": "result " + strconv.Itoa(result)},
			"power_on_hours":   hours}
		log := m.capture["nvme_self_test_log"]
		if log == nil { // only nvme-cli sees it
			log = map[string]any{}
			m.capture["kept_nvme_log"] = log
		}
		l := log.(map[string]any)
		l["table"] = append([]any{row}, get[[]any](l, "table")...)
	}
}

// rows gives the log as nvme-cli words it.
func (m *smartModel) rows() []any {
	out := []any{}
	for _, r := range get[[]any](m.capture, "kept_nvme_log", "table") {
		row := r.(map[string]any)
		out = append(out, map[string]any{"Self test code": get[any](row, "self_test_code", "value"),
			"Self test result": get[any](row, "self_test_result", "value"), "Power on hours": row["power_on_hours"]})
	}
	return append(out, map[string]any{"Self test result": 15})
}

func (m *smartModel) hours() float64 { return get[float64](m.capture, "power_on_time", "hours") }

// show puts the state of a running test into the capture.
func (m *smartModel) show() {
	running := !m.began.IsZero()
	switch m.protocol() {
	case "ATA":
		status := map[string]any{"value": 0, "passed": true}
		if running {
			status = map[string]any{"value": 0xf0 + (100-m.done())/10, "string": "in progress"}
		}
		get[map[string]any](m.capture, "ata_smart_data", "self_test")["status"] = status
	case "SCSI":
		delete(m.capture, "scsi_self_test_status")
		if running {
			now := map[string]any{"in_progress": true}
			if m.step != 0 {
				now["completion_percent"] = m.done()
			}
			m.capture["scsi_self_test_status"] = now
		}
	case "NVMe":
		if log, ok := m.capture["nvme_self_test_log"].(map[string]any); ok {
			log["current_self_test_operation"] = map[string]any{"value": 0}
			if running {
				log["current_self_test_operation"] = map[string]any{"value": m.kind}
				log["current_self_test_completion_percent"] = m.done()
			}
		}
	}
}

// attribute sets the raw value of an ATA attribute, before the model is in use or from inside an answer.
func (m *smartModel) attribute(id, raw int) {
	for _, a := range get[[]any](m.capture, "ata_smart_attributes", "table") {
		if row := a.(map[string]any); get[float64](row, "id") == float64(id) {
			row["raw"] = map[string]any{"value": raw, "string": strconv.Itoa(raw)}
		}
	}
}

// called counts the calls that hold the words.
func (m *smartModel) called(words string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.calls {
		if strings.Contains(c, words) {
			n++
		}
	}
	return n
}

// get follows keys into a capture; the zero value where they lead nowhere.
func get[T any](object map[string]any, path ...string) T {
	var v any = object
	for _, key := range path {
		o, _ := v.(map[string]any)
		v = o[key]
	}
	value, _ := v.(T)
	return value
}
