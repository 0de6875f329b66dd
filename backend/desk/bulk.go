package desk

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"unicode/utf8"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/report"
	"burnish/backend/store"
)

// Whole is a job with all that is known of it.
func (d *Desk) Whole(job string) (JobWhole, error) {
	row, err := d.Service.Find(d.ctx, job)
	if err != nil {
		return JobWhole{}, err
	}
	full, err := d.Service.View(d.ctx, row.ID)
	if err != nil {
		return JobWhole{}, err
	}
	return JobWhole{Job: d.put(row.ProfileID, full), Full: atWindow(full)}, nil
}

// History lists all jobs of this computer, the oldest first.
func (d *Desk) History() (List[Job], error) {
	rows, err := d.Service.Rows(d.ctx, store.Filter{})
	if err != nil {
		return nil, err
	}
	var all List[Job]
	for _, row := range rows {
		d.mu.Lock()
		j, ok := d.jobs[row.ID]
		d.mu.Unlock()
		if !ok {
			d.show(row)
			d.mu.Lock()
			j = d.jobs[row.ID]
			d.mu.Unlock()
		}
		all = append(all, j)
	}
	return all, nil
}

// logLimit is how much of a log is given at once, in bytes.
const logLimit = 64 << 10

// Log gives a piece of a job's log as it is mirrored here, from a byte on; with -1 its end.
func (d *Desk) Log(job string, file burnin.LogName, from int64) (LogChunk, error) {
	if !file.Known() {
		return LogChunk{}, reason.New(reason.WrongUse, "what", "there is no log "+string(file),
			"hint", "A log is that of a stage, of an undo, or of the runner.")
	}
	row, err := d.Service.Find(d.ctx, job)
	if err != nil {
		return LogChunk{}, err
	}
	have, err := d.Service.Have(row.ID)
	if err != nil {
		return LogChunk{}, err
	}
	size := have[file.File()]
	tail := from < 0
	if tail {
		from = max(0, size-logLimit)
	}
	data, err := d.Service.ReadFrom(row.ID, file.File(), from, logLimit)
	if err != nil {
		return LogChunk{}, err
	}
	if tail && from > 0 { // begin with a whole line
		if at := strings.IndexByte(string(data), '\n'); at >= 0 {
			data, from = data[at+1:], from+int64(at+1)
		}
	}
	if from+int64(len(data)) < size {
		data = wholeRunes(data)
	}
	return LogChunk{Text: cleanLines(string(data)), From: from, Next: from + int64(len(data)), Size: size}, nil
}

// wholeRunes cuts off a character that has only begun.
func wholeRunes(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n < len(b); n++ {
		if at := len(b) - n; utf8.RuneStart(b[at]) {
			if !utf8.FullRune(b[at:]) {
				return b[:at]
			}
			break
		}
	}
	return b
}

// cleanLines takes out of a log what is no text, line by line.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = strings.ReplaceAll(strings.TrimSuffix(l, "\r"), "\t", "    ")
		lines[i] = reason.Clean(l, 4*len(l)+4)
	}
	return strings.Join(lines, "\n")
}

// maxPoints bounds a series.
const maxPoints = 1000

// Series is what the journals say of a job's progress, thinned out evenly.
func (d *Desk) Series(job string) (Series, error) {
	row, err := d.Service.Find(d.ctx, job)
	if err != nil {
		return Series{}, err
	}
	journals, err := d.Service.Journals(row.ID)
	if err != nil {
		return Series{}, err
	}
	return Series{Job: row.ID, Points: points(journals)}, nil
}

func points(journals [][]burnin.Event) List[Point] {
	samples := 0
	for _, run := range journals {
		for _, e := range run {
			if e.Kind == burnin.EvProgress {
				samples++
			}
		}
	}
	step := max(1, (samples+maxPoints-1)/maxPoints)
	var out List[Point]
	n := 0
	moments := burnin.Moments(journals)
	for i, run := range journals {
		var last *burnin.Progress // of this run: between two there is a gap
		for k, e := range run {
			var p burnin.Progress
			if e.Kind != burnin.EvProgress || json.Unmarshal(e.Data, &p) != nil {
				continue
			}
			if n++; (n-1)%step != 0 {
				continue
			}
			point := Point{TMs: moments[i][k], BytesDone: p.Written + p.Verified, TempC: p.TempC, Phase: phase(p.Phase)}
			if last != nil && last.Stage == p.Stage && p.ActiveMs > last.ActiveMs {
				if moved := p.Written + p.Verified - last.Written - last.Verified; moved > 0 {
					bps := float64(moved) / float64(p.ActiveMs-last.ActiveMs) * 1000
					point.BPS = &bps
				}
			}
			last = &p
			out = append(out, point)
		}
	}
	return out
}

// SaveReport saves what is known of a job where the person chooses. It gives the path, empty if none was chosen.
// The formats are html, json and csv, as those of the command line.
func (d *Desk) SaveReport(job string, format report.Format) (string, error) {
	full, err := d.Service.View(d.ctx, job)
	if err != nil {
		return "", err
	}
	in, err := report.Gather(d.Service, full, d.Version, d.now())
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := report.Write(&out, format, in); err != nil {
		return "", reason.New(reason.WrongUse, "what", err, "hint", "Choose html, json or csv.")
	}
	path, err := d.Dialogs.SaveFile("Save the report", "burnish-"+full.ID+"."+string(format))
	if err != nil || path == "" {
		return "", err
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		return "", reason.New(reason.ReportNotWritten, "file", path, "error", err)
	}
	return path, nil
}
