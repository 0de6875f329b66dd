// Package truenas has the words of TrueNAS's own middleware (midclt call), for a login that cannot become root: which
// disks there are, what it knows to use them, how warm they are, its jobs, its wipe of a disk, and up to 25.04 its
// self-tests. From 25.10 on TrueNAS has no methods for self-tests.
//
// Its rules: what an answer lacks is unknown. Answers are data of the NAS: texts are cleaned, tables are capped. None
// of them proves that nothing uses a disk: TrueNAS knows of pools alone. Arguments are JSON, strings in quotes. Errors
// name the method. The package is pure and may be used from any goroutine.
package truenas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/smart"
)

// The methods that are called; all are public.
const (
	MethodDisks        = "disk.query"
	MethodTemperatures = "disk.temperatures"
	MethodResults      = "smart.test.results"
	MethodTest         = "smart.test.manual_test"
	MethodTestAbort    = "smart.test.abort"
	MethodDetails      = "disk.details"
	MethodWipe         = "disk.wipe"
	MethodJobs         = "core.get_jobs"
	MethodJobAbort     = "core.job_abort"
	MethodMe           = "auth.me"
)

const (
	maxDisks = 4096
	maxTests = 64
)

// Disk is one disk as TrueNAS knows it.
type Disk struct {
	Identifier string // TrueNAS's own id, which its methods want
	Name       string // sda
	Drive      drive.Identity
	Pool       string // of an imported pool; says nothing of other uses
}

// decode reads JSON of the method. midclt prints a sentence and exits 0 where it is refused.
func decode(method string, data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("midclt call %s: %s", method,
			reason.Clean(strings.TrimSpace(string(data[:min(len(data), 200)])), 200))
	}
	return nil
}

// Disks reads disk.query.
func Disks(data []byte) ([]Disk, error) {
	var rows []map[string]any
	if err := decode(MethodDisks, data, &rows); err != nil {
		return nil, err
	}
	var out []Disk
	for _, row := range rows[:min(len(rows), maxDisks)] {
		d := Disk{Identifier: text(row["identifier"]), Name: text(row["name"]), Pool: text(row["pool"])}
		if d.Name == "" || strings.ContainsAny(d.Name, "/ ") {
			continue
		}
		d.Drive = drive.Identity{
			Serial: strings.ToUpper(text(row["serial"])), WWN: strings.ToUpper(text(row["lunid"])),
			Model:     text(row["model"]),
			SizeBytes: number(row["size"]), Kind: kind(row, d.Name), Transport: strings.ToLower(text(row["bus"])),
		}
		out = append(out, d)
	}
	return out, nil
}

func kind(row map[string]any, name string) drive.Kind {
	switch {
	case strings.HasPrefix(name, "nvme"):
		return drive.NVMe
	case text(row["type"]) == "SSD":
		return drive.SSD
	}
	return drive.HDD
}

// Temperatures reads disk.temperatures: a number a disk, since 25.10 also with its critical limit behind it.
func Temperatures(data []byte) (map[string]int, error) {
	var rows map[string]any
	if err := decode(MethodTemperatures, data, &rows); err != nil {
		return nil, err
	}
	out := map[string]int{}
	for name, v := range rows {
		if pair, ok := v.([]any); ok && len(pair) > 0 {
			v = pair[0]
		}
		literal, ok := v.(json.Number)
		if !ok {
			continue // no sensor: null
		}
		if c, err := literal.Float64(); err == nil && c > -40 && c < 150 && c != 0 {
			out[name] = int(c + 0.5)
		}
	}
	return out, nil
}

// Tests is what TrueNAS knows of a disk's self-tests.
type Tests struct {
	Rows    []smart.SelfTestRow `json:"rows"` // newest first
	Running *smart.RunningTest  `json:"running"`
}

// results are TrueNAS's words for how a self-test ended.
var results = map[string]smart.SelfTestState{"SUCCESS": smart.Passed, "FAILED": smart.Failed, "ABORTED": smart.Aborted,
	"RUNNING": smart.Running}

// Results reads smart.test.results for one disk.
func Results(data []byte, name string) (Tests, error) {
	var rows []map[string]any
	t := Tests{Rows: []smart.SelfTestRow{}}
	if err := decode(MethodResults, data, &rows); err != nil {
		return t, err
	}
	for _, row := range rows {
		if text(row["disk"]) != name {
			continue
		}
		if now, ok := row["current_test"].(map[string]any); ok {
			t.Running = &smart.RunningTest{}
			if done := number(now["progress"]); now["progress"] != nil && done >= 0 && done <= 100 {
				t.Running.RemainingPercent = new(100 - done)
			}
		}
		tests, _ := row["tests"].([]any)
		for _, v := range tests[:min(len(tests), maxTests)] {
			test, _ := v.(map[string]any)
			r := smart.SelfTestRow{Type: testType(text(test["description"])), Result: smart.Unknown,
				Text: text(test["status_verbose"])}
			if known, ok := results[text(test["status"])]; ok {
				r.Result = known
			}
			if r.Result == smart.Failed && !failure(r.Text) {
				r.Result = smart.Unknown
			}
			if _, ok := test["lifetime"].(json.Number); ok {
				r.Hours = new(number(test["lifetime"]))
			}
			if r.Result == smart.Running {
				if t.Running == nil {
					t.Running = &smart.RunningTest{Type: r.Type}
				}
				continue
			}
			t.Rows = append(t.Rows, r)
		}
		return t, nil
	}
	return t, nil
}

// failure reports whether the drive's own words say that it failed its test. TrueNAS says FAILED of all that is not
// passed, running or one of two ways to be aborted: of a fatal or unknown error too.
func failure(verbose string) bool {
	return strings.HasPrefix(verbose, "Completed:") || strings.HasPrefix(verbose, "Failed in segment")
}

func testType(description string) smart.SelfTestType {
	switch d := strings.ToLower(description); {
	case strings.Contains(d, "short"):
		return smart.Short
	case strings.Contains(d, "extended"), strings.Contains(d, "long"):
		return smart.Long
	}
	return smart.Other
}

// Request is the argument of smart.test.manual_test.
func Request(d Disk, test smart.SelfTestType) string {
	// strings alone
	out, _ := json.Marshal([]map[string]string{{"identifier": d.Identifier, "type": strings.ToUpper(string(test))}})
	return string(out)
}

// Filter is the argument of smart.test.results for one disk.
func Filter(d Disk) string {
	out, _ := json.Marshal([][]string{{"disk", "=", d.Name}})
	return string(out)
}

// Begun reads the answer to smart.test.manual_test.
func Begun(data []byte) error {
	var rows []map[string]any
	if err := decode(MethodTest, data, &rows); err != nil {
		return err
	}
	if len(rows) == 0 {
		return fmt.Errorf("midclt call %s: it names no disk", MethodTest)
	}
	for _, row := range rows {
		if why := text(row["error"]); why != "" {
			return fmt.Errorf("midclt call %s: %s", MethodTest, why)
		}
	}
	return nil
}

func text(v any) string {
	s, _ := v.(string)
	return reason.Clean(strings.TrimSpace(s), 200)
}

func number(v any) int64 {
	literal, _ := v.(json.Number)
	n, err := literal.Int64()
	if err != nil {
		return 0
	}
	return n
}
