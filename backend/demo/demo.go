// Package demo is the practice NAS with a set of drives, and what each of them deserves.
//
// The drives know nothing of that: package practice gives them bytes and faults, the runner finds what it finds, and
// this package alone compares. Open gives a jobs.Service that reaches the practice NAS as it would any other; all that
// the window or the command line do with a NAS works on it. Its profile is called "practice".
//
// Start and Compare are for one caller; the service that Open gives is as safe for concurrent use as any. Errors are
// those of package jobs, and of the files below the data directory.
package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/nas"
	"burnish/backend/nas/link"
	"burnish/backend/practice"
	"burnish/backend/profile"
	"burnish/backend/reason"
)

// Name is what the practice NAS is called among the profiles.
const Name = "practice"

// Plan is what the demo runs.
const Plan = "standard"

// Open opens a data directory in which the practice NAS is saved, and switches it on. runner gives the program that is
// put on a NAS. The function that comes with it switches the NAS off and closes the index: runs that are at work then
// end as on a machine that is shut down.
func Open(ctx context.Context, dir, version string, runner func(goarch string) ([]byte, error),
	cases []Case) (*jobs.Service, func() error, error) {
	opt := practice.Options{Dir: filepath.Join(dir, "practice"), Imported: []uint64{liveGUID}, Version: version,
		Poll: 200 * time.Millisecond, Grace: 2 * time.Second}
	for _, c := range cases {
		opt.Drives = append(opt.Drives, c.Drive)
	}
	n, err := practice.Open(opt)
	if err != nil {
		return nil, nil, reason.New(reason.DataDirUnusable, "dir", opt.Dir, "error", err)
	}
	svc, closeIndex, err := jobs.OpenWith(ctx, dir, nas.Options{Runner: runner,
		Options: link.Options{Dial: dialler(n)}})
	if err != nil {
		return nil, nil, errors.Join(err, n.Close())
	}
	closeAll := func() error { return errors.Join(n.Close(), closeIndex()) }
	if err := save(ctx, svc, n); err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	return svc, closeAll, nil
}

// dialler leads to the practice NAS by its name, and over TCP otherwise.
func dialler(n *practice.NAS) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, _, err := net.SplitHostPort(address); err == nil && host == practice.Host {
			return n.Dial(ctx, network, address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

// save puts the practice NAS among the profiles, the way any NAS gets there. One that is there already keeps its place;
// only the file of its key may have moved with the data directory.
func save(ctx context.Context, svc *jobs.Service, n *practice.NAS) error {
	key, err := filepath.Abs(n.KeyFile())
	if err != nil {
		return err
	}
	p, err := svc.ProfileNamed(ctx, Name)
	var said *reason.Said
	switch {
	case errors.As(err, &said) && said.Code == reason.NoSuchNAS:
		_, err = svc.AddNAS(ctx, profile.Profile{
			Name: Name, Host: practice.Host, Port: profile.DefaultPort, User: practice.User, KeyFile: key,
			Sudo: profile.SudoNone, Slots: profile.MaxSlots,
		}, jobs.NewNAS{HostKey: n.HostKey()})
		return err
	case err != nil:
		return err
	case p.Host != practice.Host:
		return reason.New(reason.NASExists, "nas", Name)
	case p.KeyFile != key:
		return svc.UseKeyFile(ctx, p.ID, key)
	}
	return nil
}

// Start tries what must be refused, then starts what can be. refused has the reason that each refused drive got, by
// serial number.
func Start(ctx context.Context, svc *jobs.Service, cases []Case) (made []burnin.Job, refused map[string]*reason.Said,
	err error) {
	plan, ok := burnin.PlanNamed(Plan)
	if !ok {
		return nil, nil, reason.New(reason.NoSuchPlan, "plan", Plan)
	}
	nas, err := svc.ProfileNamed(ctx, Name)
	if err != nil {
		return nil, nil, err
	}
	refused = map[string]*reason.Said{}
	usual := jobs.Order{NAS: nas.ID, Plan: plan}
	bare := jobs.Order{NAS: nas.ID, Plan: plan}
	bare.Plan.WithoutSMART = true
	for _, c := range cases {
		serial := c.Drive.Identity.Serial
		if c.Refused != "" {
			started, err := svc.Start(ctx, jobs.Order{NAS: nas.ID, Drives: []string{serial}, Plan: plan})
			made = append(made, started...)
			var said *reason.Said
			if errors.As(err, &said) {
				refused[serial] = said
			} else if err != nil {
				return made, refused, err
			}
			if len(started) > 0 {
				continue // Compare finds that it was not refused
			}
		}
		order := &usual
		if c.WithoutSMART {
			order = &bare
		}
		if c.Phrase != "" {
			order.Unlock = append(order.Unlock, jobs.Typed{Drive: serial, Phrase: c.Phrase})
		}
		if !c.Left() {
			order.Drives = append(order.Drives, serial)
		}
	}
	for _, order := range []jobs.Order{usual, bare} {
		if len(order.Drives) == 0 {
			continue
		}
		started, err := svc.Start(ctx, order)
		made = append(made, started...)
		if err != nil {
			return made, refused, err
		}
	}
	return made, refused, nil
}

// Outcome is what came of one case.
type Outcome struct {
	Case    Case
	Refused *reason.Said
	Job     *burnin.Job
	Wrong   string // what it should have come to; empty where it did
}

// Compare puts what came of the drives beside what they deserve.
func Compare(cases []Case, all []burnin.Job, refused map[string]*reason.Said) []Outcome {
	var out []Outcome
	for _, c := range cases {
		o := Outcome{Case: c, Refused: refused[c.Drive.Identity.Serial]}
		for i := range all {
			if all[i].Drive.ID == c.Drive.Identity.ID() {
				o.Job = &all[i]
			}
		}
		o.Wrong = o.wrong()
		out = append(out, o)
	}
	return out
}

func (o Outcome) wrong() string {
	c := o.Case
	switch {
	case c.Refused != "" && (o.Refused == nil || o.Refused.Code != c.Refused):
		return "it should have been refused: " + string(c.Refused)
	case c.Left() && o.Job != nil:
		return "it should have been left alone"
	case c.Left():
		return ""
	case o.Job == nil:
		return "it was not tested"
	case o.Job.State != c.State:
		return fmt.Sprintf("it should have %s", deserves(c))
	case c.Reason != "" && (o.Job.Reason == nil || o.Job.Reason.Code != c.Reason):
		return "the reason should have been " + string(c.Reason)
	case c.Warning != "" && !slices.ContainsFunc(o.Job.Warnings,
		func(s reason.Said) bool { return s.Code == c.Warning }):
		return "it should have a warning: " + string(c.Warning)
	case c.LBA != 0 && firstBad(*o.Job) != c.LBA:
		return fmt.Sprintf("the first bad sector should have been LBA %d", c.LBA)
	}
	return ""
}

func deserves(c Case) string {
	text := "ended as " + string(c.State)
	if c.Reason != "" {
		text += ", " + string(c.Reason)
	}
	return text
}

func firstBad(j burnin.Job) int64 {
	for _, s := range j.Stages {
		if len(s.BadRanges) > 0 {
			return s.BadRanges[0].FirstLBA
		}
	}
	return -1
}
