package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/smart"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"clean": func(text any) string { return reason.Clean(fmt.Sprint(text), 2000) }, // words of many types
	"clock": clock,
	"bytes": func(n int64) string { return fmt.Sprintf("%d", n) },
	"figure": func(n *int64, text string) string {
		switch {
		case text != "":
			return reason.Clean(text, 200)
		case n == nil:
			return "–"
		}
		return fmt.Sprint(*n)
	},
}).Parse(page))

// clock shows a moment in UTC, so that a report reads the same everywhere.
func clock(ms int64) string {
	if ms == 0 {
		return "–"
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05 UTC")
}

// section is one job in the page.
type section struct {
	Job    burnin.Job
	About  about
	Serial string
	Charts []chart
	Rows   []smart.Row
}

// HTML writes a report of one job, or of several with a table of all first.
func HTML(w io.Writer, title string, all ...Input) error {
	data := struct {
		Title    string
		Burnish  string
		Written  string
		Sections []section
	}{Title: title}
	for _, in := range all {
		data.Burnish, data.Written = in.Burnish, clock(in.WrittenMs)
		s := section{Job: in.Job, About: in.about(), Serial: "none"}
		if in.Job.Drive.Serial != nil {
			s.Serial = *in.Job.Drive.Serial
		}
		if in.Job.Health != nil {
			s.Rows = in.Job.Health.Rows
		}
		s.Charts = append(speeds(in.Job), heat(in.Events)...)
		data.Sections = append(data.Sections, s)
	}
	return pageTemplate.Execute(w, data)
}
