package truenas

import (
	"fmt"
)

func identifier(d *Disk) string {
	if d.Serial == "" {
		return "{devicename}" + d.Name
	}
	return "{serial_lunid}" + d.Serial + "_" + d.Lunid
}

func word(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// query is disk.query: pools only where they are asked for.
func (m *Middleware) query(options any) []any {
	pools := false
	if o, ok := options.(map[string]any); ok {
		extra, _ := o["extra"].(map[string]any)
		pools, _ = extra["pools"].(bool)
	}
	out := []any{}
	for _, d := range m.disks {
		row := map[string]any{"identifier": identifier(d), "name": d.Name, "devname": d.Name, "serial": d.Serial,
			"lunid": word(d.Lunid), "model": d.Model, "size": d.Size, "type": "HDD", "bus": "ATA", "pool": nil}
		if pools {
			row["pool"] = word(d.Pool)
		}
		out = append(out, row)
	}
	return out
}

func (m *Middleware) details() map[string]any {
	used, unused := []any{}, []any{}
	for _, d := range m.disks {
		if d.Size == 0 {
			continue // TrueNAS passes over them
		}
		twins := []any{}
		for _, o := range m.disks {
			if o != d && o.Serial == d.Serial && o.Lunid == d.Lunid {
				twins = append(twins, o.Name)
			}
		}
		row := map[string]any{"identifier": identifier(d), "name": d.Name, "devname": d.Name, "serial": d.Serial,
			"lunid": word(d.Lunid), "model": d.Model, "size": d.Size, "imported_zpool": word(d.Pool),
			"exported_zpool": word(d.Exported), "duplicate_serial": twins, "partitions": []any{}}
		if d.Pool != "" || d.Exported != "" {
			used = append(used, row)
		} else {
			unused = append(unused, row)
		}
	}
	return map[string]any{"used": used, "unused": unused}
}

// results is smart.test.results for the disk of a filter [["disk","=",NAME]].
func (m *Middleware) results(filters any) []any {
	out := []any{}
	name := ""
	if rows, ok := filters.([]any); ok && len(rows) == 1 {
		if f, ok := rows[0].([]any); ok && len(f) == 3 {
			name, _ = f[2].(string)
		}
	}
	d := m.disk(name)
	if d == nil {
		return out
	}
	first := 0 // from 25.04 on rows are counted from 0
	if m.Version == V2410 {
		first = 1
	}
	tests := []any{}
	for i, t := range d.Tests {
		tests = append(tests, map[string]any{"num": first + i, "description": t.Description, "status": t.Status,
			"status_verbose": t.Verbose, "remaining": 0.0, "lifetime": t.Lifetime, "lba_of_first_error": nil})
	}
	row := map[string]any{"disk": d.Name, "tests": tests, "current_test": nil}
	if d.Running != "" {
		row["current_test"] = map[string]any{"progress": d.Progress}
	}
	return append(out, row)
}

func (m *Middleware) manualTest(v any) (any, error) {
	rows, _ := v.([]any)
	out := []any{}
	for _, r := range rows {
		ask, _ := r.(map[string]any)
		id, _ := ask["identifier"].(string)
		kind, _ := ask["type"].(string)
		var disk *Disk
		for _, d := range m.disks {
			if identifier(d) == id {
				disk = d
			}
		}
		if disk == nil {
			return nil, refused{fmt.Sprintf("[EINVAL] disks.0.identifier: %s is not valid", id)}
		}
		answer := map[string]any{"disk": disk.Name, "identifier": id, "error": nil,
			"expected_result_time": map[string]any{"$date": m.NowMs() + 60_000}, "job": nil}
		if disk.Running != "" {
			answer["error"] = "Can't start self-test without aborting current test (40% remaining), add '-t force' " +
				"option to override, or run 'smartctl -X' to abort test."
		} else {
			disk.Running, disk.Progress = kind, 0
			answer["job"] = m.add(&Job{Method: "smart.test.wait", args: []any{answer["disk"]}, State: "RUNNING"})
		}
		out = append(out, answer)
	}
	return out, nil
}

func (m *Middleware) abortTest(v any) {
	name, _ := v.(string)
	if d := m.disk(name); d != nil && d.Running != "" {
		m.end(d, "ABORTED", "Aborted by host")
	}
}

// descriptions are those of the rows that a test leaves.
var descriptions = map[string]string{"SHORT": "Short offline", "LONG": "Extended offline"}

func (m *Middleware) end(d *Disk, status, verbose string) {
	d.Tests = append([]Test{{descriptions[d.Running], status, verbose, 812}}, d.Tests...)
	d.Running, d.Progress = "", 0
}

// EndTest ends the self-test of the disk, if one runs.
func (m *Middleware) EndTest(name, status, verbose string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.disk(name)
	if d == nil || d.Running == "" {
		return false
	}
	m.end(d, status, verbose)
	return true
}
