package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/size"
	"burnish/backend/smart"
)

type smartCmd struct {
	File  string `arg:"" help:"Output of: smartctl -x --json DEVICE"`
	After string `name:"after" placeholder:"FILE" help:"A later one of the same drive; what changed is told."`
}

func (*smartCmd) local() {}

func (c *smartCmd) run(_ context.Context, a *app) (int, error) {
	h, err := capture(c.File)
	if err != nil {
		return 0, err
	}
	var after *smart.Health
	if c.After != "" {
		later, err := capture(c.After)
		if err != nil {
			return 0, err
		}
		after = &later
	}
	report := smart.NewReport(h, after, smart.DeclaredUnknown)
	if a.json {
		return 0, a.put(report)
	}
	a.report(report)
	return 0, nil
}

// capture reads one file. Output of smartctl about no drive is a capture that says nothing but smartctl's own words.
func capture(path string) (smart.Health, error) {
	f, err := os.Open(path)
	if err != nil {
		return smart.Health{}, reason.New(reason.WrongUse, "what", err, "hint", "Give a file with the output of: "+
			"smartctl -x --json DEVICE")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, smart.MaxInput+1))
	if err != nil {
		return smart.Health{}, reason.New(reason.WrongUse, "what", err, "hint", "Give a file with the output of: "+
			"smartctl -x --json DEVICE")
	}
	h, err := smart.Parse(data)
	var none *smart.NoDataError
	switch {
	case errors.As(err, &none):
		said := none.Text
		if said == "" {
			said = none.Error()
		}
		return smart.Health{Messages: []string{said}}, nil
	case err != nil:
		return smart.Health{}, reason.New(reason.WrongUse, "what", fmt.Sprintf("%s: %v", path, err),
			"hint", "Give the output of: smartctl -x --json DEVICE")
	}
	return h, nil
}

// report prints a report for a person.
func (a *app) report(r smart.Report) {
	d, h := r.Drive, r.Health
	a.say("%s %s, firmware %s, %s", orDash(d.Model), orDash(d.Serial), orDash(d.Firmware), sizeOf(d.SizeBytes))
	word := "does not say whether it is healthy"
	if h.Passed != nil {
		word = map[bool]string{true: "says: PASSED", false: "says: FAILED"}[*h.Passed]
	}
	a.say("  the drive %s", word)
	a.say("  %s hours, %s °C, limit %s °C", number(h.PowerOnHours), number(h.TemperatureC), number(h.TemperatureLimitC))
	if r.Unjudged == "" { // which quotes them
		for _, m := range h.Messages {
			a.say("  smartctl: %s", clean(m))
		}
	}
	for i, row := range h.SelfTests {
		if i == 5 {
			break
		}
		a.say("  %s", clean(row.String()))
	}
	for _, c := range r.Changes {
		a.say("  %-24s %s, then %s", c.Name, number(c.Before), number(c.After))
	}
	a.findings(r.Findings)
	switch {
	case r.Unjudged != "":
		a.say("  %s", clean(r.Unjudged))
	case len(r.Findings) == 0:
		a.say("  no findings")
	}
}

// findings prints what the rules say, the worst first.
func (a *app) findings(all []smart.Finding) {
	for _, severity := range []smart.Severity{smart.Fail, smart.Warn, smart.Info} {
		for _, f := range all {
			if f.Severity == severity {
				a.say("  %-4s %s %s", f.Severity, clean(f.Says), clean(f.Figures()))
			}
		}
	}
}

// health prints what a job knows of its drive's health: the drive's own word apart from the findings.
func (a *app) health(j burnin.Job) {
	if j.Health != nil {
		words := []string{}
		for _, h := range []smart.Health{j.Health.Before, j.Health.After} {
			word := "nothing"
			if h.Passed != nil {
				word = map[bool]string{true: "PASSED", false: "FAILED"}[*h.Passed]
			}
			words = append(words, word)
		}
		a.say("  the drive said of itself: %s at first, %s at last", words[0], words[1])
	}
	for _, f := range j.Findings {
		if f.Severity == smart.Fail {
			a.say("  against it: %s %s", clean(f.Says), clean(f.Figures()))
		}
	}
}

// notTested says which self-tests a job went without, for the first line of its verdict.
func notTested(j burnin.Job) string {
	if j.State != burnin.Passed {
		return ""
	}
	var without []string
	for _, s := range j.Stages {
		if s.State == burnin.Skipped && s.Reason != nil && s.Reason.Code == reason.SelfTestUnsupported {
			without = append(without, string(s.Kind.Row().SelfTest))
		}
	}
	if len(without) == 0 {
		return ""
	}
	return ", no " + strings.Join(without, " and no ") + " self-test (the drive has none)"
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return clean(s)
}

func number(n *int64) string {
	if n == nil {
		return "–"
	}
	return fmt.Sprint(*n)
}

func sizeOf(n *int64) string {
	if n == nil {
		return "size not said"
	}
	return size.Text(*n)
}
