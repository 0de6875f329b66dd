package cli

import (
	gobytes "bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"os"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/report"
	"burnish/backend/store"
)

type reportCmd struct {
	Job    string `arg:"" help:"The job's id, or its beginning."`
	Format string `default:"html" enum:"html,json,csv" help:"html, json or csv."`
	Output string `short:"o" placeholder:"FILE" help:"Where to write it; stdout without it."`
}

func (c *reportCmd) run(ctx context.Context, a *app) (int, error) {
	row, err := a.svc.Store.FindJob(ctx, c.Job)
	if err != nil {
		return 0, err
	}
	a.refresh(ctx, []store.Job{row})
	j, err := a.svc.View(ctx, row.ID)
	if err != nil {
		return 0, err
	}
	in, err := a.reported(j)
	if err != nil {
		return 0, err
	}
	var out gobytes.Buffer
	switch c.Format {
	case "json":
		err = report.JSON(&out, in)
	case "csv":
		err = report.CSV(&out, in)
	default:
		err = report.HTML(&out, "Burn-in of drive "+driveName(j), in)
	}
	if err != nil {
		return 0, err
	}
	if c.Output == "" {
		_, err = out.WriteTo(a.Stdout)
		return 0, err
	}
	return 0, writeReport(c.Output, out.Bytes())
}

func writeReport(file string, data []byte) error {
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return reason.New("report_not_written", "file", file, "error", err)
	}
	return nil
}

// reported gathers what a report of a job rests on.
func (a *app) reported(j burnin.Job) (report.Input, error) {
	in := report.Input{Job: j, Burnish: a.Version, WrittenMs: a.Now().UnixMilli()}
	var err error
	if in.Events, err = a.svc.Mirror.Journals(j.ID); err != nil {
		return in, err
	}
	have, err := a.svc.Mirror.Have(j.ID)
	if err != nil {
		return in, err
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		sum := sha256.New()
		n, err := io.Copy(sum, &mirrored{a: a, job: j.ID, file: name, left: have[name]})
		if err != nil {
			return in, err
		}
		in.Files = append(in.Files, report.File{Name: name, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))})
	}
	return in, nil
}

// mirrored reads the mirror's copy of a file, as long as it was when it was listed.
type mirrored struct {
	a         *app
	job, file string
	off, left int64
}

// mirrorPiece is how much of a mirrored file is read at a time.
const mirrorPiece = 1 << 20

func (m *mirrored) Read(p []byte) (int, error) {
	if m.left == 0 || len(p) == 0 {
		return 0, io.EOF
	}
	data, err := m.a.svc.Mirror.ReadFrom(m.job, m.file, m.off, int(min(int64(len(p)), m.left, mirrorPiece)))
	if err == nil && len(data) == 0 {
		err = errors.New(m.file + " is shorter than it was")
	}
	m.off, m.left = m.off+int64(len(data)), m.left-int64(len(data))
	return copy(p, data), err
}
