package truenas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// JobState is how a job of the middleware stands.
type JobState string

// The states.
const (
	Waiting JobState = "WAITING"
	Running JobState = "RUNNING"
	Success JobState = "SUCCESS"
	Broken  JobState = "FAILED"
	Aborted JobState = "ABORTED"
)

// Job is a job of the middleware. The middleware keeps its jobs in memory: after a restart of it the list is empty and
// ids begin at 1 again. So an id alone names nothing; see Same.
type Job struct {
	ID        int64    `json:"id"`
	Method    string   `json:"method"`
	Arguments string   `json:"arguments"` // JSON without blanks
	State     JobState `json:"state"`
	Percent   int      `json:"percent"` // rounded down
	Error     string   `json:"error,omitempty"`
	StartedMs int64    `json:"started_ms"` // when it was asked for, by the clock of the NAS
}

// Same reports whether both are one job, seen twice. That the NAS has not started anew meanwhile is for the caller.
func (j Job) Same(other Job) bool {
	return j.ID == other.ID && j.Method == other.Method && j.StartedMs == other.StartedMs &&
		j.Arguments == other.Arguments
}

// Ended reports whether the middleware does nothing more for the job.
func (j Job) Ended() bool { return j.State == Success || j.State == Broken || j.State == Aborted }

// Disk gives the name of the disk that a wipe is of; empty for any other job. From 25.10 on /dev/sda is sda too.
func (j Job) Disk() string {
	var args []any
	if j.Method != MethodWipe || json.Unmarshal([]byte(j.Arguments), &args) != nil || len(args) == 0 {
		return ""
	}
	name, _ := args[0].(string)
	return strings.TrimPrefix(name, "/dev/")
}

const maxJobs = 4096

// Jobs reads core.get_jobs. It lists those of the login alone, if that is no full administrator.
func Jobs(data []byte) ([]Job, error) {
	var rows []map[string]any
	if err := decode(MethodJobs, data, &rows); err != nil {
		return nil, err
	}
	var out []Job
	for _, row := range rows[:min(len(rows), maxJobs)] {
		j := Job{ID: number(row["id"]), Method: text(row["method"]), State: JobState(text(row["state"])),
			Error: text(row["error"]), StartedMs: date(row["time_started"])}
		if args, err := json.Marshal(row["arguments"]); err == nil {
			j.Arguments = string(args)
		}
		if p, ok := row["progress"].(map[string]any); ok {
			if literal, ok := p["percent"].(json.Number); ok {
				f, _ := literal.Float64() // a percentage that is none is 0
				j.Percent = int(min(max(f, 0), 100))
			}
		}
		if j.ID > 0 && j.Method != "" {
			out = append(out, j)
		}
	}
	return out, nil
}

// date reads a moment as the middleware prints it, {"$date": unix milliseconds}.
func date(v any) int64 {
	m, _ := v.(map[string]any)
	return number(m["$date"])
}

// JobID reads the answer of a method that is a job: the id and nothing else.
func JobID(method string, data []byte) (int64, error) {
	id, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("midclt call %s: %q is no job", method, text(string(data[:min(len(data), 100)])))
	}
	return id, nil
}

// chunk is what a wipe writes at once; what of a disk is left behind the last whole one it never writes.
const chunk = 1 << 20

// Wiped is how many bytes a full wipe of a disk of this size writes.
func Wiped(size int64) int64 { return size / chunk * chunk }

// Wipe gives the arguments for a full wipe of the disk of this name.
func Wipe(name string) []string { return []string{quoted(name), `"FULL"`} }

// WipeOf reports whether a job is a full wipe of the disk of this name, as Wipe asks for it.
func WipeOf(j Job, name string) bool {
	return j.Arguments == `[`+quoted(name)+`,"FULL",true]` || j.Arguments == `[`+quoted(name)+`,"FULL"]`
}

// JobByID gives the arguments that ask for one job, Wipes those for all wipes.
func JobByID(id int64) []string { return []string{`[["id","=",` + strconv.FormatInt(id, 10) + `]]`} }

// Wipes gives the arguments that ask for all wipes that the login may see.
func Wipes() []string { return []string{`[["method","=",` + quoted(MethodWipe) + `]]`} }

// AbortJob gives the arguments that end a job.
func AbortJob(id int64) []string { return []string{strconv.FormatInt(id, 10)} }

// AbortTest gives the arguments that end the self-test of a disk.
func AbortTest(name string) []string { return []string{quoted(name)} }

// quoted gives a string as JSON: midclt takes what it cannot read as JSON for a string, and a serial number of digits
// for a number.
func quoted(s string) string {
	out, _ := json.Marshal(s) // a string
	return string(out)
}
