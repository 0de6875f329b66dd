// Command smartshim stands in for smartctl and nvme-cli on a NAS that tests are run on: a QEMU guest, whose drives can
// neither run self-tests over time, fail them, nor count errors. It lies as smartctl and as nvme before the real ones
// in PATH, runs the real one, and changes its answer by a scenario. What comes of it is simulated, and is called so.
//
// A scenario is the file /run/burnish-lab/SERIAL.json; a drive without one is answered for by the real tool alone. The
// state of a self-test lies beside it. The shim knows how drives answer and nothing of what is made of it.
// One call is one process; calls for one drive must not overlap.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const dir = "/run/burnish-lab"

// scenario is how a drive behaves.
type scenario struct {
	Merge map[string]any `json:"merge"` // put over each real answer
	After map[string]any `json:"after"` // put over it once a self-test has ended
	Test  *struct {
		Seconds int  `json:"seconds"` // that a self-test takes
		Step    int  `json:"step"`    // percent by which its progress goes on; 0: it gives none
		Result  int  `json:"result"`  // ATA: high nibble of the status; SCSI, NVMe: the result
		NVMeCLI bool `json:"nvme_cli"`
	} `json:"test"`
}

// state is what the drive remembers.
type state struct {
	Kind  int       `json:"kind"` // of the running test: 1 short, 2 long; 0: none runs
	Began time.Time `json:"began"`
	Rows  []row     `json:"rows"` // newest first
}

type row struct {
	Kind   int `json:"kind"`
	Result int `json:"result"`
}

func main() {
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	code, err := answer(name, args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "smartshim:", err)
		code = 1
	}
	os.Exit(code)
}

func answer(name string, args []string) (int, error) {
	real := "/usr/sbin/" + name
	var sc scenario
	serial := serialOf(args)
	data, err := os.ReadFile(filepath.Join(dir, serial+".json"))
	if err != nil || serial == "" {
		cmd := exec.Command(real, args...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode(), nil
	}
	if err := json.Unmarshal(data, &sc); err != nil {
		return 0, err
	}
	var st state
	stateFile := filepath.Join(dir, serial+".state")
	if data, err := os.ReadFile(stateFile); err == nil {
		if err := json.Unmarshal(data, &st); err != nil {
			return 0, err
		}
	}
	sc.finish(&st)
	code := 0
	if name == "nvme" {
		code = sc.nvme(&st, args)
	} else {
		code, err = sc.smartctl(&st, real, args)
	}
	if err != nil {
		return code, err
	}
	data, err = json.Marshal(st)
	if err != nil {
		return code, err
	}
	return code, os.WriteFile(stateFile, data, 0o600)
}

// serialOf asks the system for the serial number of the device among the arguments.
func serialOf(args []string) string {
	for _, a := range args {
		if strings.HasPrefix(a, "/dev/") {
			out, _ := exec.Command("lsblk", "-dno", "SERIAL", a).Output()
			return filepath.Base("/" + strings.TrimSpace(string(out)))
		}
	}
	return ""
}

// finish ends a test whose time has come.
func (sc *scenario) finish(st *state) {
	if st.Kind != 0 && sc.Test != nil && time.Since(st.Began) >= time.Duration(sc.Test.Seconds)*time.Second {
		st.Rows = append([]row{{st.Kind, sc.Test.Result}}, st.Rows...)
		st.Kind = 0
	}
}

func (sc *scenario) begin(st *state, kind int) int {
	if st.Kind != 0 {
		fmt.Println("Can't start self-test without aborting current test")
		return 4
	}
	st.Kind, st.Began = kind, time.Now()
	fmt.Println("Testing has begun.")
	return 0
}

func abort(st *state) {
	if st.Kind != 0 {
		st.Rows = append([]row{{st.Kind, 1}}, st.Rows...)
		st.Kind = 0
	}
}

func (sc *scenario) done(st *state) int {
	if sc.Test.Step == 0 {
		return 0
	}
	percent := int(100 * time.Since(st.Began) / (time.Duration(sc.Test.Seconds) * time.Second))
	return min(percent/sc.Test.Step*sc.Test.Step, 99)
}

func (sc *scenario) nvme(st *state, args []string) int {
	switch {
	case slices.Contains(args, "device-self-test") && slices.Contains(args, "0xf"):
		abort(st)
	case slices.Contains(args, "device-self-test"):
		return sc.begin(st, map[string]int{"1": 1, "2": 2}[args[len(args)-1]])
	case slices.Contains(args, "self-test-log"):
		reports := []any{}
		for _, r := range st.Rows {
			reports = append(reports, map[string]any{"Self test code": r.Kind, "Self test result": r.Result,
				"Power on hours": 1})
		}
		log := map[string]any{"Current Device Self-Test Operation": st.Kind, "Current Device Self-Test Completion": 0,
			"List of Valid Reports": append(reports, map[string]any{"Self test result": 15})}
		if st.Kind != 0 {
			log["Current Device Self-Test Completion"] = sc.done(st)
		}
		_ = json.NewEncoder(os.Stdout).Encode(log)
	}
	return 0
}

func (sc *scenario) smartctl(st *state, real string, args []string) (int, error) {
	if i := slices.Index(args, "-t"); i >= 0 && sc.Test != nil && i+1 < len(args) {
		if sc.Test.NVMeCLI {
			return 0, nil // what smartctl before 7.4 does: nothing, and says nothing
		}
		return sc.begin(st, map[string]int{"short": 1, "long": 2}[args[i+1]]), nil
	}
	if slices.Contains(args, "-X") {
		abort(st)
		fmt.Println("Self-testing aborted!")
		return 0, nil
	}
	out, _ := exec.Command(real, args...).Output()
	doc := map[string]any{}
	_ = json.Unmarshal(out, &doc) // of a drive that it cannot read there is nothing to keep
	merge(doc, sc.Merge)
	if len(st.Rows) > 0 {
		merge(doc, sc.After)
	}
	if sc.Test != nil {
		sc.show(st, doc)
	}
	return 0, json.NewEncoder(os.Stdout).Encode(doc)
}

// show puts the drive's self-tests into smartctl's answer.
func (sc *scenario) show(st *state, doc map[string]any) {
	device, _ := doc["device"].(map[string]any)
	switch device["protocol"] {
	case "ATA":
		table := []any{}
		for _, r := range st.Rows {
			table = append(table, map[string]any{"type": map[string]any{"value": r.Kind}, "lifetime_hours": 4660,
				"status": map[string]any{"value": r.Result << 4, "string": fmt.Sprintf("simulated status %d", r.Result),
					"passed": r.Result == 0}})
		}
		if old, ok := object(doc, "ata_smart_self_test_log", "standard")["table"].([]any); ok {
			table = append(table, old...)
		}
		doc["ata_smart_self_test_log"] = map[string]any{"standard": map[string]any{"table": table, "count": len(table)}}
		status := map[string]any{"value": 0, "passed": true}
		if st.Kind != 0 {
			status = map[string]any{"value": 0xf0 + (100-sc.done(st)+9)/10, "string": "in progress"}
		}
		object(doc, "ata_smart_data", "self_test")["status"] = status
	case "SCSI":
		for i, r := range st.Rows {
			doc[fmt.Sprintf("scsi_self_test_%d", i)] = map[string]any{"code": map[string]any{"value": r.Kind},
				"power_on_time": map[string]any{"hours": 30},
				"result": map[string]any{"value": r.Result, "string": fmt.Sprintf("simulated result %d",
					r.Result)}}
		}
		if st.Kind != 0 { // all that smartctl up to 7.5 says
			object(doc, "smartctl")["output"] = []any{fmt.Sprintf("Self-test execution status:\t\t%d%% of test "+
				"remaining", 100-sc.done(st))}
		}
	case "NVMe":
		if sc.Test.NVMeCLI {
			return
		}
		table := []any{}
		for _, r := range st.Rows {
			table = append(table, map[string]any{"self_test_code": map[string]any{"value": r.Kind}, "power_on_hours": 0,
				"self_test_result": map[string]any{"value": r.Result, "string": fmt.Sprintf("simulated result %d",
					r.Result)}})
		}
		log := map[string]any{"current_self_test_operation": map[string]any{"value": st.Kind}, "table": table}
		if st.Kind != 0 {
			log["current_self_test_completion_percent"] = sc.done(st)
		}
		doc["nvme_self_test_log"] = log
	}
}

// object gives the object at the path, made if need be.
func object(doc map[string]any, path ...string) map[string]any {
	for _, key := range path {
		next, ok := doc[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			doc[key] = next
		}
		doc = next
	}
	return doc
}

// merge puts one document over another; lists are replaced whole, but for ATA attributes, which are replaced by id.
func merge(into, over map[string]any) {
	for key, v := range over {
		if key == "attributes" {
			attributes(into, v)
			continue
		}
		a, ok1 := into[key].(map[string]any)
		b, ok2 := v.(map[string]any)
		if ok1 && ok2 {
			merge(a, b)
		} else {
			into[key] = v
		}
	}
}

func attributes(doc map[string]any, rows any) {
	table, _ := object(doc, "ata_smart_attributes")["table"].([]any)
	list, _ := rows.([]any)
	for _, v := range list {
		next, _ := v.(map[string]any)
		at := slices.IndexFunc(table, func(old any) bool { o, _ := old.(map[string]any); return o["id"] == next["id"] })
		if at < 0 {
			table = append(table, next)
		} else {
			table[at] = next
		}
	}
	object(doc, "ata_smart_attributes")["table"] = table
}
