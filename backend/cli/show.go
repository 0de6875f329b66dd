package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/size"
	"burnish/backend/store"
)

// refreshFor is how long jobs and show wait for a NAS.
const refreshFor = 5 * time.Second

// refresh asks the NAS of live jobs what is new. That it could not be reached shows in seen_ms and on stderr.
func (a *app) refresh(ctx context.Context, rows []store.Job) {
	var live []store.Job
	for _, r := range rows {
		// Somebody else may have resumed one that ended as unknown.
		if r.Phase != store.Gone && (!r.State.Ended() || r.State == burnin.Unknown || a.mayBeUndone(ctx, r)) {
			live = append(live, r)
		}
	}
	if len(live) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, refreshFor)
	defer cancel()
	if err := a.svc.Refresh(ctx, live); err != nil {
		fmt.Fprintf(a.Stderr, "burnish: what follows is as last seen: %s\n", clean(err.Error()))
	}
}

// mayBeUndone reports whether somebody may have brought back, from elsewhere, what a job had erased.
func (a *app) mayBeUndone(ctx context.Context, r store.Job) bool {
	if r.State != burnin.Cancelled {
		return false
	}
	j, err := a.svc.View(ctx, r.ID)
	return err == nil && j.Erased != nil && (j.Erased.Undo == burnin.BackPossible || j.Erased.Undo == burnin.BackTaken)
}

type jobsCmd struct {
	NAS string `name:"nas" help:"Only those of one NAS."`
}

// jobRow is a job as jobs --json shows it.
type jobRow struct {
	ID        string       `json:"id"`
	NAS       string       `json:"nas"`
	Drive     string       `json:"drive"`
	Plan      string       `json:"plan"`
	State     burnin.State `json:"state"`
	Reason    *reason.Said `json:"reason"`
	Stage     string       `json:"stage"`
	Phase     string       `json:"phase,omitempty"`
	Progress  float64      `json:"progress"` // of that stage, 0 to 1
	CreatedMs int64        `json:"created_ms"`
	EndedMs   int64        `json:"ended_ms"`
	SeenMs    int64        `json:"seen_ms"`

	Erased *burnin.Erased `json:"erased,omitempty"`
}

func jobLine(j burnin.Job) jobRow {
	r := jobRow{ID: j.ID, NAS: j.NAS, Drive: j.Drive.ID, Plan: j.Plan, State: j.State, Reason: j.Reason,
		CreatedMs: j.CreatedMs, EndedMs: j.EndedMs, SeenMs: j.SeenMs, Erased: j.Erased}
	if at := j.Current(); at >= 0 {
		s := j.Stages[at]
		r.Stage, r.Phase, r.Progress = string(s.Kind), string(s.Phase), s.Progress
	}
	return r
}

func (c *jobsCmd) run(ctx context.Context, a *app) (int, error) {
	rows, err := a.svc.Rows(ctx, store.Filter{NAS: c.NAS})
	if err != nil {
		return 0, err
	}
	a.refresh(ctx, rows)
	all, err := a.svc.List(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	if len(all) == 0 && !a.json {
		a.say("No jobs yet.")
	}
	t := a.table("JOB", "NAS", "DRIVE", "PLAN", "STARTED", "STATE", "")
	for _, j := range all {
		if a.json {
			if err := a.put(jobLine(j)); err != nil {
				return 0, err
			}
			continue
		}
		what := ""
		if r := jobLine(j); j.Reason != nil {
			what = j.Reason.Title
		} else if j.Stopping() {
			what = "stopping, not ended yet"
		} else if j.State == burnin.Running {
			what = fmt.Sprintf("%s %.0f %%", r.Stage, r.Progress*100)
		}
		if old := stale(j, a.Now()); old != "" {
			what = strings.TrimPrefix(what+"; "+old, "; ")
		}
		t.row(j.ID, j.NAS, driveName(j), j.Plan, clock(j.CreatedMs), word(j), what)
	}
	t.print()
	return 0, nil
}

// stale says that a job which has not ended was not seen just now: its state may be another one by now.
func stale(j burnin.Job, now time.Time) string {
	switch age := now.Sub(time.UnixMilli(j.SeenMs)).Round(time.Second); {
	case j.State.Ended():
		return ""
	case j.SeenMs == 0:
		return "not seen at the NAS yet"
	case age > 2*refreshFor:
		return fmt.Sprintf("as seen %s ago", age)
	}
	return ""
}

type showCmd struct {
	Job string `arg:"" help:"The job's id, or its beginning."`
}

func (c *showCmd) run(ctx context.Context, a *app) (int, error) {
	_, j, err := a.found(ctx, c.Job)
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(j)
	}
	a.whole(j)
	return 0, nil
}

// found finds a job by its id or the beginning of it, as fresh as its NAS can be asked.
func (a *app) found(ctx context.Context, id string) (store.Job, burnin.Job, error) {
	row, err := a.svc.Find(ctx, id)
	if err != nil {
		return store.Job{}, burnin.Job{}, err
	}
	a.refresh(ctx, []store.Job{row})
	j, err := a.svc.View(ctx, row.ID)
	return row, j, err
}

// whole prints a job for a person: the reason first, then what it rests on.
func (a *app) whole(j burnin.Job) {
	old := stale(j, a.Now())
	if old != "" {
		old = " (" + old + ")"
	}
	a.say("%s  %s%s%s", driveName(j), word(j), notTested(j), old)
	a.said("", j.Reason)
	for _, w := range j.Warnings {
		a.said("warning: ", &w)
	}
	a.say("  job %s, plan %s, on %s, drive %s (%s, %s)", j.ID, j.Plan, clean(j.NAS), clean(j.Drive.ID),
		clean(j.Drive.Model), size.Text(j.Drive.SizeBytes))
	a.say("  began %s, ended %s, seen %s", clock(j.CreatedMs), clock(j.EndedMs), clock(j.SeenMs))
	if g := j.Grant; g != nil {
		did := "erased"
		if len(j.Runs) == 0 {
			did = "to be erased"
		}
		a.say("  %s under grant %s: %s: %s; typed %s by %s", did, clean(g.ID), clean(string(g.Class)), clean(g.Text),
			clock(g.TypedMs), clean(g.By))
	}
	if e := j.Erased; e != nil {
		a.say("  %s", clean(e.Text(j.ID, !j.State.Ended())))
	}
	for _, s := range j.Stages {
		line := fmt.Sprintf("  %-17s %-9s", s.Kind, s.State)
		if s.State == burnin.Running {
			line += fmt.Sprintf(" %s %.1f %%", s.Phase, s.Progress*100)
		}
		if s.Kind.Surface() && s.StartedMs != 0 {
			line += sweeps(s, j.Drive.SizeBytes)
		}
		a.say("%s", line)
		if s.Reason != nil {
			a.say("    %s", clean(s.Reason.Error()))
		}
		a.ranges(s)
	}
	a.health(j)
}

// sweeps says how far the sweeps of a surface stage went. One that came to write nothing says nothing of that: its
// drive's ends may be erased all the same.
func sweeps(s burnin.Stage, whole int64) string {
	if s.BytesWritten+s.BytesVerified == 0 {
		return " no sweep begun"
	}
	written := ""
	if s.BytesWritten > 0 {
		written = " written " + size.Text(s.BytesWritten) + ","
	}
	return fmt.Sprintf("%s verified %s, covered %d of %d bytes", written, size.Text(s.BytesVerified), s.BytesCovered,
		whole)
}

// maxRangesShown keeps a bad drive from filling the screen; --json has all.
const maxRangesShown = 20

func (a *app) ranges(s burnin.Stage) {
	for i, r := range s.BadRanges {
		if i == maxRangesShown {
			a.say("    and %s", reason.Count(len(s.BadRanges)-i, "more range"))
			return
		}
		more := ""
		if r.FoundLBA != nil {
			more = fmt.Sprintf(", holds what was written to LBA %d", *r.FoundLBA)
		}
		if r.FlippedBits > 0 {
			more = fmt.Sprintf(", %d bits flipped", r.FlippedBits)
		}
		a.say("    LBA %d to %d: %s %s%s", r.FirstLBA, r.LastLBA, r.Kind, r.Errno, more)
	}
}

func (a *app) said(prefix string, s *reason.Said) {
	if s == nil {
		return
	}
	a.say("  %s%s. %s", prefix, clean(s.Title), clean(s.Text))
	if s.Hint != "" {
		a.say("  %s", clean(s.Hint))
	}
}

type plansCmd struct{}

func (*plansCmd) local() {}

func (c *plansCmd) run(_ context.Context, a *app) (int, error) {
	for _, p := range burnin.Plans() {
		if a.json {
			if err := a.put(p); err != nil {
				return 0, err
			}
			continue
		}
		a.say("%-10s %s", p.Name, p.Text)
	}
	return 0, nil
}

type reasonsCmd struct{}

func (*reasonsCmd) local() {}

func (c *reasonsCmd) run(_ context.Context, a *app) (int, error) {
	for _, r := range reason.All() {
		if a.json {
			if err := a.put(r); err != nil {
				return 0, err
			}
			continue
		}
		a.say("%-22s %-9s %s", r.Code, r.Kind, r.Title)
	}
	return 0, nil
}
