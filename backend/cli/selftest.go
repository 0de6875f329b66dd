package cli

import (
	"context"

	"burnish/backend/smart"
)

type testsCmd struct {
	NAS   string `arg:"" name:"nas" help:"A TrueNAS up to 25.04."`
	Drive string `required:"" placeholder:"WHICH" help:"Id, serial number or path."`
	Test  string `enum:"short,long,none" default:"none" help:"What to start: short, long or none, which only shows the drive's log."`
}

func (c *testsCmd) run(ctx context.Context, a *app) (int, error) {
	test := smart.SelfTestType(c.Test)
	if c.Test == "none" {
		test = ""
	}
	nas, err := a.nas(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	got, err := a.svc.TrueNASSelfTest(ctx, nas, c.Drive, test)
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(got)
	}
	a.say("%s, as TrueNAS tells (no job, no verdict)", orDash(got.Drive.Serial))
	if got.Running != nil {
		left := "TrueNAS does not say how far"
		if got.Running.RemainingPercent != nil {
			left = number(got.Running.RemainingPercent) + " % left"
		}
		a.say("  a self-test is running, %s", left)
	}
	for _, r := range got.Rows {
		a.say("  %-8s %s", r.Result, clean(r.String()))
	}
	if got.Running == nil && len(got.Rows) == 0 {
		a.say("  no self-test is logged")
	}
	return 0, nil
}
