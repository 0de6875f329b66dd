package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"burnish/backend/drive"
	"burnish/backend/jobs"
	"burnish/backend/reason"
	"burnish/backend/unlock"
)

type unlockCmd struct {
	NAS     string `arg:"" name:"nas" help:"The NAS."`
	Drive   string `placeholder:"WHICH" help:"Id, serial number, or path of today."`
	Phrase  string `help:"What unlocks it: the pool's name, else the serial number as it is shown, else the id."`
	Serials string `placeholder:"FILE" help:"A list of serial numbers, one a line, of drives with data to unlock in one go; - reads it from standard input."`
	TTL     *int   `name:"ttl" placeholder:"SECONDS" help:"How long the permission waits for its start (default ${ttl})."`
}

func (c *unlockCmd) run(ctx context.Context, a *app) (int, error) {
	order := jobs.UnlockOrder{NAS: c.NAS}
	if c.TTL != nil {
		order.TTL = time.Duration(*c.TTL) * time.Second
		if order.TTL <= 0 { // 0 would mean the default
			order.TTL = -1
		}
	}
	switch {
	case c.Serials != "" && (c.Drive != "" || c.Phrase != ""):
		return 0, reason.New(reason.WrongUse, "what", "--serials and --drive with --phrase exclude each other",
			"hint", "Give one or the other.")
	case c.Serials != "":
		serials, err := a.serials(c.Serials)
		if err != nil {
			return 0, err
		}
		order.DataOnly = true
		for _, s := range serials {
			order.Drives = append(order.Drives, jobs.Typed{Drive: s, Phrase: s})
		}
	case c.Drive == "":
		return 0, reason.New(reason.WrongUse, "what", "no drive was named", "hint", "Give --drive and --phrase, or "+
			"--serials.")
	default:
		order.Drives = []jobs.Typed{{Drive: c.Drive, Phrase: c.Phrase}}
	}
	nas, err := a.nas(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	order.NAS = nas
	grants, err := a.svc.Unlock(ctx, order)
	if err != nil {
		return 0, err
	}
	for _, g := range grants {
		if err := a.granted(c.NAS, g); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// maxSerials bounds a list of serial numbers.
const maxSerials = 1000

// serials reads a list, one a line. Nothing but the end of the line is cut off: a phrase is right or wrong.
func (a *app) serials(from string) ([]string, error) {
	in := a.Stdin
	if from != "-" {
		f, err := os.Open(from)
		if err != nil {
			return nil, reason.New(reason.WrongUse, "what", err, "hint", "Give a file with one serial number a line.")
		}
		defer f.Close()
		in = f
	}
	var out []string
	lines := bufio.NewScanner(io.LimitReader(in, 1<<20))
	for lines.Scan() {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if line == "" {
			continue
		}
		if out = append(out, line); len(out) > maxSerials {
			return nil, reason.New(reason.WrongUse, "what", fmt.Sprintf("the list holds more than %d lines",
				maxSerials), "hint", "Give one serial number a line.")
		}
	}
	if err := lines.Err(); err != nil {
		return nil, reason.New(reason.WrongUse, "what", err, "hint", "Give one serial number a line.")
	}
	if out == nil {
		return nil, reason.New(reason.WrongUse, "what", "the list is empty", "hint", "Give one serial number a line.")
	}
	return out, nil
}

// grantRow is a grant as --json shows it.
type grantRow struct {
	Grant     string      `json:"grant"`
	NAS       string      `json:"nas"`
	Drive     string      `json:"drive"`
	Serial    *string     `json:"serial"`
	Model     string      `json:"model"`
	SizeBytes int64       `json:"size_bytes"`
	Class     drive.Class `json:"class"`
	Text      string      `json:"text"`
	PoolGUID  *string     `json:"pool_guid"`
	By        string      `json:"by"`
	State     string      `json:"state"` // live, expired, spent, locked, changed
	CreatedMs int64       `json:"created_ms"`
	ExpiresMs int64       `json:"expires_ms"`
	TTLMs     int64       `json:"ttl_ms"`
	LeftMs    int64       `json:"left_ms"`
	EndedMs   *int64      `json:"ended_ms"`
	Job       *string     `json:"job"`
}

func (a *app) grantLine(nas string, g unlock.Grant) grantRow {
	now := a.Now()
	r := grantRow{
		Grant: g.ID, NAS: nas, Drive: g.Drive.ID(), Model: g.Drive.Model, SizeBytes: g.Drive.SizeBytes,
		Class: g.Scope.Class, Text: g.Text, By: g.By,
		State: g.State(now), CreatedMs: g.CreatedMs, ExpiresMs: g.ExpiresMs, TTLMs: g.ExpiresMs - g.CreatedMs,
		LeftMs: g.Left(now).Milliseconds(),
	}
	optional := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	r.Serial, r.PoolGUID, r.Job = optional(g.Drive.Serial), optional(g.Scope.PoolGUID), optional(g.Job)
	if g.Ended != "" {
		r.EndedMs = &g.EndedMs
	}
	return r
}

// granted tells a person what they have just allowed.
func (a *app) granted(nas string, g unlock.Grant) error {
	r := a.grantLine(nas, g)
	if a.json {
		return a.put(r)
	}
	a.say("%s unlocked until %s (%s): grant %s", clean(r.Drive), clock(r.ExpiresMs),
		time.Duration(r.TTLMs)*time.Millisecond, r.Grant)
	a.say("  The next start of a plan that writes destroys this: %s.", clean(g.Text))
	return nil
}

type grantsCmd struct {
	NAS string `arg:"" name:"nas" help:"The NAS."`
}

func (c *grantsCmd) run(ctx context.Context, a *app) (int, error) {
	nas, err := a.nas(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	grants, err := a.svc.Grants(ctx, nas)
	if err != nil {
		return 0, err
	}
	t := a.table("GRANT", "DRIVE", "FOR", "STATE", "LEFT", "JOB")
	for _, g := range grants {
		r := a.grantLine(c.NAS, g)
		if a.json {
			if err := a.put(r); err != nil {
				return 0, err
			}
			continue
		}
		left := "–"
		if r.LeftMs > 0 {
			left = (time.Duration(r.LeftMs) * time.Millisecond).Round(time.Second).String()
		}
		t.row(r.Grant, r.Drive, string(r.Class)+": "+r.Text, r.State, left, g.Job)
	}
	if len(grants) == 0 && !a.json {
		a.say("Nothing is unlocked on %s.", c.NAS)
	}
	t.print()
	return 0, nil
}

type lockCmd struct {
	Grant string `arg:"" help:"The grant's id."`
}

func (c *lockCmd) run(ctx context.Context, a *app) (int, error) {
	g, err := a.svc.Lock(ctx, c.Grant)
	if err != nil {
		return 0, err
	}
	p, err := a.svc.Profile(ctx, g.ProfileID)
	if err != nil {
		return 0, err
	}
	r := a.grantLine(p.Name, g)
	if a.json {
		return 0, a.put(r)
	}
	a.say("%s: the permission is %s", clean(r.Drive), r.State)
	return 0, nil
}

type undoCmd struct {
	Job string `arg:"" help:"The job's id, or its beginning."`
}

func (c *undoCmd) run(ctx context.Context, a *app) (int, error) {
	j, reply, err := a.svc.Undo(ctx, c.Job)
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(undone{j.ID, reply.RestoredBytes, reply.LostBytes})
	}
	a.say("%s  what job %s had erased is back: %d bytes, read back and right", clean(j.DriveID), j.ID,
		reply.RestoredBytes)
	if reply.LostBytes > 0 {
		a.say("  %d bytes could not be read before they were erased and are zeros now.", reply.LostBytes)
	}
	return 0, nil
}

// undone is what undo did, as --json shows it.
type undone struct {
	ID            string `json:"id"`
	RestoredBytes int64  `json:"restored_bytes"`
	LostBytes     int64  `json:"lost_bytes"`
}

// phrases splits each ID=PHRASE at its first equals sign; ids hold none.
func phrases(list []string) ([]jobs.Typed, error) {
	var out []jobs.Typed
	for _, one := range list {
		id, phrase, ok := strings.Cut(one, "=")
		if !ok {
			return nil, reason.New(reason.WrongUse, "what", "--unlock takes ID=PHRASE",
				"hint", "burnish drives NAS shows the ids.")
		}
		out = append(out, jobs.Typed{Drive: id, Phrase: phrase})
	}
	return out, nil
}

// joined makes one argument of a flag and its value where the value may begin with a hyphen.
func joined(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		switch one := args[i]; {
		case one == "--":
			return append(out, args[i:]...)
		case (one == "--serials" || one == "--phrase" || one == "--unlock") && i+1 < len(args):
			out = append(out, one+"="+args[i+1])
			i++
		default:
			out = append(out, one)
		}
	}
	return out
}
