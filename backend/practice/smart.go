package practice

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"burnish/backend/drive"
)

// SMART is how a drive speaks of itself, in the shape of what smartctl prints.
type SMART struct {
	Hours    int64         // powered on
	Short    time.Duration // how long its self-tests take
	Long     time.Duration
	Fails    bool  // its self-tests end with a read failure
	FailsLBA int64 // at this place
	Realloc  int   // sectors that it has replaced
}

// How smartctl ends when it cannot open the drive, and when the drive refuses a command.
var (
	errStatus2 = errors.New("exit status 2")
	errStatus4 = errors.New("exit status 4")
)

// Self-tests by the numbers that drives have for them.
const (
	shortTest = 1
	longTest  = 2
)

// smartModel answers as smartctl does for one drive. Its tests take time, show how far they are, and leave a row in the
// drive's log. It is safe for concurrent use.
type smartModel struct {
	id      drive.Identity
	spec    SMART
	pending func() int
	temp    func() *int

	mu    sync.Mutex
	kind  int       // of the running test
	began time.Time // zero: none runs
	rows  []row     // newest first
}

// row is one entry of the self-test log.
type row struct {
	kind   int
	result int // 0 passed, 1 aborted by the host, 7 read failure
}

func newSMARTModel(id drive.Identity, spec SMART, pending func() int, temp func() *int) *smartModel {
	return &smartModel{id: id, spec: spec, pending: pending, temp: temp}
}

// smartctl answers one call.
func (m *smartModel) smartctl(args []string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finish()
	switch {
	case slices.Contains(args, "-t"):
		kind := map[string]int{"short": shortTest, "long": longTest}[args[len(args)-1]]
		if !m.began.IsZero() || kind == 0 {
			return []byte("Can't start self-test without aborting current test"), errStatus4
		}
		m.kind, m.began = kind, time.Now()
		m.finish()
		return []byte("Testing has begun."), nil
	case slices.Contains(args, "-X"):
		if !m.began.IsZero() {
			m.end(1)
		}
		return []byte("Self-testing aborted!"), nil
	case slices.Contains(args, "farm"):
		return []byte(`{"smartctl":{"exit_status":4}}`), errStatus4
	}
	out, err := json.Marshal(m.answer())
	return out, err
}

func (m *smartModel) takes() time.Duration {
	if m.kind == longTest {
		return m.spec.Long
	}
	return m.spec.Short
}

// finish ends a test whose time has come.
func (m *smartModel) finish() {
	if m.began.IsZero() || time.Since(m.began) < m.takes() {
		return
	}
	result := 0
	if m.spec.Fails {
		result = 7
	}
	m.end(result)
}

// maxRows is how many rows a drive's log has room for.
const maxRows = 21

func (m *smartModel) end(result int) {
	m.began = time.Time{}
	m.rows = slices.Insert(m.rows, 0, row{m.kind, result})
	m.rows = m.rows[:min(len(m.rows), maxRows)]
}

// done is how far the running test is, in percent and steps of ten.
func (m *smartModel) done() int {
	return int(100*time.Since(m.began)/max(m.takes(), 1)) / 10 * 10
}

type object = map[string]any

// passed is the drive's own word on its health. These drives think well of themselves.
func (m *smartModel) passed() bool { return true }

func (m *smartModel) answer() object {
	temperature := object{}
	if t := m.temp(); t != nil {
		temperature["current"] = *t
	}
	a := object{
		"smartctl":     object{"version": []int{7, 4}, "exit_status": 0},
		"model_name":   m.id.Model,
		"smart_status": object{"passed": m.passed()}, "power_on_time": object{"hours": m.spec.Hours},
		"user_capacity": object{"bytes": m.id.SizeBytes}, "logical_block_size": m.id.LogicalBytes,
		"temperature": temperature,
	}
	if m.id.Serial != "" {
		a["serial_number"] = m.id.Serial
	}
	if m.id.Firmware != "" {
		a["firmware_version"] = m.id.Firmware
	}
	if m.id.Kind == drive.NVMe {
		m.nvme(a, temperature)
	} else {
		m.ata(a, temperature)
	}
	return a
}

func (m *smartModel) ata(a, temperature object) {
	a["device"] = object{"type": "sat", "protocol": "ATA"}
	a["rotation_rate"], temperature["op_limit_max"] = 0, 70
	if m.id.Kind == drive.HDD {
		a["rotation_rate"], temperature["op_limit_max"] = 7200, 60
	}
	status := object{"value": 0, "string": "completed without error", "passed": true}
	if !m.began.IsZero() {
		left := 100 - m.done()
		status = object{"value": 0xf0 + left/10, "string": "in progress, " + strconv.Itoa(left) + "% remaining",
			"remaining_percent": left}
	}
	a["ata_smart_data"] = object{
		"self_test":    object{"status": status, "polling_minutes": object{"short": 1, "extended": 2}},
		"capabilities": object{"self_tests_supported": true},
	}
	attribute := func(id int, name string, raw int, thresh int, prefail bool) object {
		return object{"id": id, "name": name, "value": 100, "worst": 100, "thresh": thresh, "when_failed": "",
			"flags": object{"prefailure": prefail},
			"raw":   object{"value": raw, "string": strconv.Itoa(raw)}}
	}
	a["ata_smart_attributes"] = object{"table": []object{
		attribute(5, "Reallocated_Sector_Ct", m.spec.Realloc, 10, true),
		attribute(9, "Power_On_Hours", int(m.spec.Hours), 0, false),
		attribute(197, "Current_Pending_Sector", m.pending(), 0, false),
		attribute(198, "Offline_Uncorrectable", 0, 0, false),
		attribute(199, "UDMA_CRC_Error_Count", 0, 0, false),
	}}
	a["ata_smart_error_log"] = object{"summary": object{"count": 0}}
	table := []object{}
	for _, r := range m.rows {
		status := object{"value": r.result << 4, "string": words[r.result]}
		if r.result != 1 {
			status["passed"] = r.result == 0
		}
		entry := object{"type": object{"value": r.kind, "string": tests[r.kind]}, "status": status,
			"lifetime_hours": m.spec.Hours % 65536}
		if r.result == 7 {
			entry["lba"] = m.spec.FailsLBA
		}
		table = append(table, entry)
	}
	a["ata_smart_self_test_log"] = object{"standard": object{"count": len(table), "table": table}}
}

var (
	words = map[int]string{0: "Completed without error", 1: "Aborted by host", 7: "Completed: read failure"}
	tests = map[int]string{shortTest: "Short offline", longTest: "Extended offline"}
)

func (m *smartModel) nvme(a, temperature object) {
	a["device"] = object{"type": "nvme", "protocol": "NVMe"}
	temperature["op_limit_max"] = 80
	a["nvme_optional_admin_commands"] = object{"self_test": true}
	a["nvme_smart_health_information_log"] = object{
		"critical_warning": 0, "temperature": temperature["current"], "available_spare": 100,
		"available_spare_threshold": 10,
		"percentage_used":           1, "media_errors": 0, "power_on_hours": m.spec.Hours,
	}
	table := []object{}
	for _, r := range m.rows {
		entry := object{"self_test_code": object{"value": r.kind}, "self_test_result": object{"value": r.result,
			"string": words[r.result]}, "power_on_hours": m.spec.Hours}
		if r.result == 7 {
			entry["lba"] = m.spec.FailsLBA
		}
		table = append(table, entry)
	}
	log := object{"current_self_test_operation": object{"value": 0}, "table": table}
	if !m.began.IsZero() {
		log["current_self_test_operation"] = object{"value": m.kind}
		log["current_self_test_completion_percent"] = m.done()
	}
	a["nvme_self_test_log"] = log
}
