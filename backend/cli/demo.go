package cli

import (
	gobytes "bytes"
	"context"
	"errors"
	"os"
	"path/filepath"

	"burnish/backend/burnin"
	"burnish/backend/demo"
	"burnish/backend/jobs"
	"burnish/backend/reason"
	"burnish/backend/report"
	"burnish/backend/store"
)

type demoCmd struct {
	Headless bool `help:"As live text, without a window."`
	Idle     bool `help:"In the window, start nothing."`
}

// local: the demo opens a data directory of its own.
func (c *demoCmd) local() {}

func (c *demoCmd) run(ctx context.Context, a *app) (code int, err error) {
	if a.Practice == nil {
		return 0, reason.New(reason.WrongUse, "what", "this build has no practice NAS", "hint", "")
	}
	dir := a.data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "burnish-demo-"); err != nil {
			return 0, reason.New(reason.DataDirUnusable, "dir", os.TempDir(), "error", err)
		}
	}
	svc, cases, closeAll, err := a.Practice(ctx, dir)
	if err != nil {
		return 0, err
	}
	a.svc = svc
	defer func() { err = errors.Join(err, closeAll()) }()
	if a.Window != nil && !c.Headless && !a.json {
		return 0, c.window(ctx, a, cases)
	}
	outcomes, err := c.walk(ctx, a, cases)
	if err != nil {
		return 0, err
	}
	wrong := 0
	t := a.table("DRIVE", "WHAT IT IS", "VERDICT", "", "AS DESERVED")
	for _, o := range outcomes {
		deserved := "yes"
		if o.Wrong != "" {
			wrong++
			deserved = "NO: " + o.Wrong
		}
		if a.json {
			if err := a.put(outcomeLine(o)); err != nil {
				return 0, err
			}
			continue
		}
		t.row(o.Case.Drive.Identity.Serial, o.Case.About, verdictOf(o), whyOf(o), deserved)
	}
	if !a.json {
		a.say("")
		t.print()
	}
	file := filepath.Join(dir, "report.html")
	if err := a.summary(file, outcomes); err != nil {
		return 0, err
	}
	a.note("The report is in %s.", file)
	a.note("The history of this demo is in %s; burnish --data-dir shows it.", dir)
	if wrong > 0 {
		return 0, reason.New(reason.DemoDiffers, "count", wrong, "of", len(outcomes))
	}
	return 0, nil
}

// window starts the practice drives and shows them.
func (c *demoCmd) window(ctx context.Context, a *app, cases []demo.Case) error {
	if !c.Idle {
		if _, _, err := demo.Start(ctx, a.svc, cases); err != nil {
			return err
		}
	}
	return a.Window(ctx, Window{Service: a.svc, Practice: demo.Name, Temporary: a.data == ""})
}

// walk goes through the demo: what is there, what is refused, what is tested, and what came of it.
func (c *demoCmd) walk(ctx context.Context, a *app, cases []demo.Case) ([]demo.Outcome, error) {
	a.note("The practice NAS has %d drives. Nothing of this computer is tested or written to but files in the "+
		"demo's own directory.", len(cases))
	made, refused, err := demo.Start(ctx, a.svc, cases)
	if err != nil {
		return nil, err
	}
	for _, cs := range cases {
		if said := refused[cs.Drive.Identity.Serial]; said != nil {
			a.note("%s  refused at first: %s", cs.Drive.Identity.Serial, said.Text)
		}
	}
	var rows []store.Job
	for _, j := range made {
		a.note("%s  job %s started", driveName(j), j.ID)
		row, err := a.svc.Row(ctx, j.ID)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	if err := a.svc.Watch(ctx, rows, newTicker(a)); err != nil {
		return nil, err
	}
	var all []burnin.Job
	for _, r := range rows {
		j, err := a.svc.View(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, j)
	}
	// nothing stays on a NAS
	nas, err := a.nas(ctx, demo.Name)
	if err != nil {
		return nil, err
	}
	if _, err := a.svc.Clean(ctx, nas, jobs.Sweep{Unknown: true, Forget: true}); err != nil {
		return nil, err
	}
	return demo.Compare(cases, all, refused), nil
}

// summary writes one report over all drives that were tested.
func (a *app) summary(file string, outcomes []demo.Outcome) error {
	var all []report.Input
	for _, o := range outcomes {
		if o.Job == nil {
			continue
		}
		in, err := a.reported(*o.Job)
		if err != nil {
			return err
		}
		all = append(all, in)
	}
	var out gobytes.Buffer
	if err := report.HTML(&out, "Burn-in of the practice NAS", all...); err != nil {
		return err
	}
	return writeReport(file, out.Bytes())
}

// note is for people only.
func (a *app) note(format string, args ...any) {
	if !a.json {
		a.say(format, args...)
	}
}

// outcomeRow is a drive of the demo as --json shows it.
type outcomeRow struct {
	Serial   string       `json:"serial"`
	About    string       `json:"about"`
	Refused  *reason.Said `json:"refused"`
	Job      string       `json:"job,omitempty"`
	State    burnin.State `json:"state,omitempty"`
	Reason   *reason.Said `json:"reason"`
	Deserved bool         `json:"deserved"`
	Wrong    string       `json:"wrong,omitempty"`
}

func outcomeLine(o demo.Outcome) outcomeRow {
	r := outcomeRow{Serial: o.Case.Drive.Identity.Serial, About: o.Case.About, Refused: o.Refused,
		Deserved: o.Wrong == "", Wrong: o.Wrong}
	if o.Job != nil {
		r.Job, r.State, r.Reason = o.Job.ID, o.Job.State, o.Job.Reason
	}
	return r
}

func verdictOf(o demo.Outcome) string {
	switch {
	case o.Job != nil:
		return word(*o.Job)
	case o.Refused != nil:
		return "refused"
	}
	return "not tested"
}

func whyOf(o demo.Outcome) string {
	switch {
	case o.Job == nil && o.Refused != nil:
		return o.Refused.Title
	case o.Job == nil:
		return ""
	case o.Job.Reason != nil:
		return o.Job.Reason.Title
	case len(o.Job.Warnings) > 0:
		return "warning: " + o.Job.Warnings[0].Title
	}
	return ""
}
