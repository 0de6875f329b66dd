package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"burnish/backend/reason"
)

// CSV writes bad ranges, evidence, findings and warnings, one a row.
func CSV(w io.Writer, in Input) error {
	j := in.Job
	serial := j.Drive.ID
	if j.Drive.Serial != nil {
		serial = *j.Drive.Serial
	}
	out := csv.NewWriter(w)
	row := func(record, stage, id, ok, value, source, first, last string) {
		cells := []string{j.ID, serial, j.Drive.Model, record, stage, id, ok, value, source, first, last}
		for i := range cells {
			cells[i] = cell(cells[i])
		}
		_ = out.Write(cells) // the writer keeps its error
	}
	_ = out.Write([]string{"job", "serial", "model", "record", "stage", "id", "ok", "value", "source", "first_lba",
		"last_lba"})
	why := ""
	if j.Reason != nil {
		why = j.Reason.Error()
	}
	row("verdict", "", "state", "", Word(j), why, "", "")
	if e := j.Erased; e != nil {
		row("erased", "", string(e.Undo), "", e.Text(j.ID, !j.State.Ended()), "", "", "")
	}
	if g := j.Grant; g != nil {
		row("permission", "", g.ID, "", string(g.Class)+": "+g.Text, g.By, "", "")
	}
	for _, s := range j.Stages {
		row("stage", string(s.Kind), "state", "", string(s.State), said(s.Reason), "", "")
		for _, r := range s.BadRanges {
			kept := "healed"
			if r.Persistent {
				kept = "persistent"
			}
			row("bad_range", string(s.Kind), string(r.Kind), "false", kept, r.Errno, strconv.FormatInt(r.FirstLBA, 10),
				strconv.FormatInt(r.LastLBA, 10))
		}
	}
	for _, e := range j.Verdict.Evidence {
		row("evidence", "", e.ID, strconv.FormatBool(e.OK), e.Value, e.Source, "", "")
	}
	for _, l := range j.Verdict.Lacks {
		row("missing", "", l.ID, "false", "", l.Source, "", "")
	}
	for _, f := range j.Findings {
		row("finding", "", f.Rule, "", string(f.Severity)+": "+f.Figures(), f.Says, "", "")
	}
	for _, s := range j.Warnings {
		row("warning", "", string(s.Code), "", s.Text, s.Title, "", "")
	}
	out.Flush()
	return out.Error()
}

func said(s *reason.Said) string {
	if s == nil {
		return ""
	}
	return s.Error()
}

// cell makes text fit for a spreadsheet: cleaned, and quoted where it would be taken for a formula.
func cell(s string) string {
	s = reason.Clean(s, 2000)
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsRune("=+-@", rune(t[0])) {
		return "'" + s
	}
	return s
}
