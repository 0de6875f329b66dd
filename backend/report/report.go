// Package report writes what is known of jobs for people and programs elsewhere: HTML to print or to send with a drive
// that goes back, JSON, and CSV of the evidence.
//
// Its rules:
//   - A report says what the journals say, no more: the state comes with how far it goes, and what was not tested is
//     named as such. It holds the SHA-256 of each file that it rests on.
//   - HTML is one file without scripts and without anything that is fetched. Whatever comes from a NAS is text in it,
//     cleaned of control and bidirectional characters and escaped by html/template. In CSV a cell that a spreadsheet
//     would take for a formula is quoted.
//   - It reads no clock and no files; what it writes follows from its input.
//
// All functions are safe for concurrent use. Errors are those of the writer.
package report

import (
	"bytes"
	"encoding/json"
	"io"

	"burnish/backend/burnin"
)

// Input is one job and what it rests on.
type Input struct {
	Job       burnin.Job
	Events    [][]burnin.Event // of its runs, run 1 first
	Files     []File           // of the job, as they are mirrored
	Burnish   string           // version of the program that writes the report
	WrittenMs int64            // when, unix milliseconds
}

// File is one file of a job.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// about is what a report adds to a job.
type about struct {
	Word      string   `json:"word"` // the state with how far it goes
	WrittenMs int64    `json:"written_ms"`
	Burnish   string   `json:"burnish"`
	Runners   []string `json:"runners"` // versions, one for each run
	SMARTData bool     `json:"smart_data"`
	Files     []File   `json:"files"`
}

func (in Input) about() about {
	a := about{Word: Word(in.Job), WrittenMs: in.WrittenMs, Burnish: in.Burnish, Runners: []string{},
		SMARTData: in.Job.Health != nil, Files: in.Files}
	if a.Files == nil {
		a.Files = []File{}
	}
	for _, run := range in.Events {
		for _, ev := range run {
			var head burnin.Head
			if ev.Kind == burnin.EvHead && json.Unmarshal(ev.Data, &head) == nil {
				a.Runners = append(a.Runners, head.Runner)
			}
		}
	}
	return a
}

// Word is a job's state with how far it goes.
func Word(j burnin.Job) string {
	if j.State != burnin.Passed {
		return string(j.State)
	}
	return "passed, " + j.Verdict.Coverage.Text()
}

// JSON writes a job as show --json does, with one key more: report.
func JSON(w io.Writer, in Input) error {
	job, err := json.Marshal(in.Job)
	if err != nil {
		return err
	}
	extra, err := json.Marshal(in.about())
	if err != nil {
		return err
	}
	job = append(bytes.TrimSuffix(job, []byte("}")), `,"report":`...)
	job = append(append(job, extra...), "}"...)
	var out bytes.Buffer
	if err := json.Indent(&out, job, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(w)
	return err
}
