package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/report"
)

// clean makes text from a NAS fit for a terminal.
func clean(s string) string { return reason.Clean(s, 1000) }

// table prints columns; nothing where there is no row.
type table struct {
	w    io.Writer
	head []string
	rows [][]string
}

func (a *app) table(head ...string) *table { return &table{w: a.Stdout, head: head} }

func (t *table) row(cells ...string) {
	for i := range cells {
		cells[i] = clean(cells[i])
	}
	t.rows = append(t.rows, cells)
}

func (t *table) print() {
	if len(t.rows) == 0 {
		return
	}
	w := tabwriter.NewWriter(t.w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(t.head, "\t"))
	for _, r := range t.rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	w.Flush()
}

func clock(ms int64) string {
	if ms == 0 {
		return "–"
	}
	return time.UnixMilli(ms).Local().Format("2006-01-02 15:04:05")
}

// word is a job's state with how far it goes.
func word(j burnin.Job) string { return report.Word(j) }

// driveName is how people know the drive: its serial number, else its id.
func driveName(j burnin.Job) string {
	if j.Drive.Serial != nil {
		return clean(*j.Drive.Serial)
	}
	return clean(j.Drive.ID)
}
