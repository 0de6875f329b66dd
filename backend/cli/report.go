package cli

import (
	gobytes "bytes"
	"context"
	"os"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/report"
)

type reportCmd struct {
	Job    string        `arg:"" help:"The job's id, or its beginning."`
	Format report.Format `default:"html" enum:"html,json,csv" help:"html, json or csv."`
	Output string        `short:"o" placeholder:"FILE" help:"Where to write it; stdout without it."`
}

func (c *reportCmd) run(ctx context.Context, a *app) (int, error) {
	_, j, err := a.found(ctx, c.Job)
	if err != nil {
		return 0, err
	}
	in, err := a.reported(j)
	if err != nil {
		return 0, err
	}
	var out gobytes.Buffer
	if err := report.Write(&out, c.Format, in); err != nil {
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
		return reason.New(reason.ReportNotWritten, "file", file, "error", err)
	}
	return nil
}

// reported gathers what a report of a job rests on.
func (a *app) reported(j burnin.Job) (report.Input, error) {
	return report.Gather(a.svc, j, a.Version, a.Now().UnixMilli())
}
