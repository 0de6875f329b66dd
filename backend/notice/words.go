package notice

import (
	"fmt"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// mostListed is how many jobs or events are named one by one in a text; more are counted.
const mostListed = 20

// words makes what a person reads: one line, and what more there is to say.
func (e Event) words() (title, text string) {
	switch e.Kind {
	case JobEnded:
		return upper(e.Job.State) + ": " + e.Job.Drive.Name(), e.Job.text(e.NAS)
	case JobResumable:
		return "Can go on: " + e.Job.Drive.Name(), e.Job.text(e.NAS)
	case DriveHot:
		return "Too hot, waits: " + e.Job.Drive.Name(), e.Job.text(e.NAS)
	case BatchEnded:
		return fmt.Sprintf("Done on %s: %s", e.NAS, e.Counts), listed(e.Jobs)
	case NASLost:
		return e.NAS + " cannot be reached", "Jobs go on there. Burnish keeps trying." + after(e.Reason)
	case NASBack:
		return e.NAS + " is reached again", "Burnish follows its jobs again."
	case Adopted:
		return fmt.Sprintf("Taken over on %s: %s", e.NAS, reason.Count(len(e.Jobs), "job")), listed(e.Jobs)
	case NASFull:
		return e.NAS + " has no room left", says(e.Reason)
	case DriveVanished:
		return "Gone: " + e.Drive.Name(), "The drive is no longer at " + e.NAS + "." + after(e.Reason)
	case DriveChanged:
		return "Changed: " + e.Drive.Name(), "In service at " + e.NAS + "." + after(e.Reason)
	case SelfTestFailed:
		return "Self-test failed: " + e.Drive.Name(), "In service at " + e.NAS + "." + after(e.Reason)
	case Summary:
		if len(e.Jobs) == 0 {
			return "In the last day no job ended", ""
		}
		return "In the last day: " + e.Counts.String(), listed(e.Jobs)
	case Heartbeat:
		return "Burnish runs", "What happens is told. If this message stays away one day, look."
	case Test:
		return "A test by Burnish", "Notices arrive this way."
	case Several:
		return several(e.Events)
	}
	return string(e.Kind), ""
}

// Name is a drive as people name it: model and serial, or its id.
func (d Drive) Name() string {
	if d.Serial == nil || *d.Serial == "" {
		return strings.TrimSpace(d.Model + " " + d.ID)
	}
	return strings.TrimSpace(d.Model + " " + *d.Serial)
}

func (j Job) text(nas string) string {
	text := fmt.Sprintf("Plan %s on %s", j.Plan, nas)
	if nas == "" {
		text = "Plan " + j.Plan
	}
	if j.EndedMs > j.CreatedMs && j.CreatedMs > 0 {
		text += ", " + took(j.EndedMs-j.CreatedMs)
	}
	text += "."
	if j.State == burnin.Passed {
		text += " " + strings.ToUpper(j.Word[:1]) + j.Word[1:] + "."
	}
	return text + after(j.Reason)
}

// after is a reason behind another sentence.
func after(s *reason.Said) string {
	if s == nil {
		return ""
	}
	return " " + says(s)
}

func says(s *reason.Said) string {
	if s == nil {
		return ""
	}
	var parts []string
	for _, part := range []string{s.Title, s.Text, s.Hint} {
		if part == "" {
			continue
		}
		if !strings.ContainsAny(part[len(part)-1:], ".!?") {
			part += "."
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

// took says a duration in its two largest units.
func took(ms int64) string {
	minutes := ms / 60_000
	switch d, h, m := minutes/1440, minutes/60%24, minutes%60; {
	case d > 0:
		return fmt.Sprintf("%d d %d h", d, h)
	case h > 0:
		return fmt.Sprintf("%d h %d min", h, m)
	case m > 0:
		return fmt.Sprintf("%d min", m)
	}
	return fmt.Sprintf("%d s", ms/1000)
}

// String says counts, the worst first: "1 failed, 3 passed".
func (c Counts) String() string {
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{c.Failed, "failed"}, {c.Unknown, "unknown"}, {c.Cancelled, "cancelled"}, {c.Passed, "passed"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	if len(parts) == 0 {
		return "no job"
	}
	return strings.Join(parts, ", ")
}

func listed(jobs []Job) string {
	var lines []string
	for i, j := range jobs {
		if i == mostListed {
			lines = append(lines, fmt.Sprintf("and %d more", len(jobs)-i))
			break
		}
		line := upper(j.State) + ": " + j.Drive.Name()
		if j.Reason != nil {
			line += " (" + j.Reason.Title + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func several(all []Event) (title, text string) {
	var lines []string
	counts, jobs := Counts{}, 0
	for i, one := range all {
		if one.Kind == JobEnded && one.Job != nil {
			counts.add(one.Job.State)
			jobs++
		}
		switch {
		case i < mostListed:
			lines = append(lines, one.Title)
		case i == mostListed:
			lines = append(lines, fmt.Sprintf("and %d more", len(all)-i))
		}
	}
	title = reason.Count(len(all), "notice")
	if jobs > 0 {
		title += ": " + counts.String()
	}
	return title, strings.Join(lines, "\n")
}

func upper(state burnin.State) string {
	if state == "" {
		return ""
	}
	return strings.ToUpper(string(state[:1])) + string(state[1:])
}
