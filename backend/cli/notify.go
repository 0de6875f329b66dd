package cli

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/courier"
	"burnish/backend/notice"
	"burnish/backend/notify"
	"burnish/backend/reason"
	"burnish/backend/report"
	"burnish/backend/secret"
	"burnish/backend/store"
)

type notifyCmd struct {
	Add    notifyAddCmd    `cmd:"" help:"Save a way to be told: webhook, ntfy, Apprise, mail, or the desktop."`
	List   notifyListCmd   `cmd:"" help:"The saved ways, and what their servers last answered."`
	Test   notifyTestCmd   `cmd:"" help:"Send a test at once, and say what the server answers."`
	Edit   notifyEditCmd   `cmd:"" help:"Change what a way is told of."`
	Quiet  notifyQuietCmd  `cmd:"" help:"Hours in which only a failed drive and a lost NAS are told."`
	Remove notifyRemoveCmd `cmd:"" help:"Forget a way and its secrets."`
}

type notifyAddCmd struct {
	Name          string   `arg:"" help:"What you call it."`
	Webhook       string   `placeholder:"URL" help:"Post JSON there. An address on the command line is kept in the shell's history: - reads it from stdin."`
	SecretStdin   bool     `name:"secret-stdin" help:"Sign what the webhook gets with a key: the next line of stdin."`
	Ntfy          string   `placeholder:"URL" help:"Publish to a topic: ntfy://:TOKEN@HOST/TOPIC, https://HOST/TOPIC, or a topic at ntfy.sh; - reads it from stdin."`
	Apprise       string   `placeholder:"URL" help:"Send through an Apprise API: https://HOST/notify/KEY; - reads it from stdin."`
	Mail          []string `placeholder:"TO" help:"Send mail to this address; repeat for more."`
	SMTP          string   `name:"smtp" placeholder:"HOST:PORT" help:"The mail server; without a port 587, or 25 with --tls none."`
	From          string   `placeholder:"ADDR" help:"Whom the mail comes from."`
	User          string   `help:"The login at the mail server."`
	PasswordStdin bool     `name:"password-stdin" help:"Its password is the next line of stdin; an app password is taken with its blanks."`
	TLS           string   `name:"tls" default:"require" enum:"require,opportunistic,none" help:"How the way to the mail server is encrypted: require, opportunistic (where it can) or none."`
	Report        bool     `help:"The drive's report comes with the mail."`
	Desktop       bool     `help:"Show it on the desktop of this computer."`
	Event         []string `placeholder:"E" help:"What is told; repeat for more. Without any all but summary and heartbeat. Of job_ended also by state: job_ended:failed."`
	Secrets       string   `default:"auto" enum:"auto,keychain,file,keyed" help:"Where address, key and password are kept: the system's keychain, a file sealed by a passphrase (file), or one sealed by a key in your configuration (keyed). auto is the keychain, or keyed where there is none."`
}

// method is the one way that the flags name.
func (c *notifyAddCmd) method() (notice.Method, string, error) {
	var all []notice.Method
	address := ""
	for _, one := range []struct {
		method notice.Method
		given  string
	}{{notice.Webhook, c.Webhook}, {notice.Ntfy, c.Ntfy}, {notice.Apprise, c.Apprise}} {
		if one.given != "" {
			all, address = append(all, one.method), one.given
		}
	}
	if len(c.Mail) > 0 {
		all = append(all, notice.Mail)
	}
	if c.Desktop {
		all = append(all, notice.Desktop)
	}
	wrong := func(what string) (notice.Method, string, error) {
		return "", "", reason.New(reason.WrongUse, "what", what, "hint", "burnish notify add --help shows each way.")
	}
	switch {
	case len(all) != 1:
		return wrong("a way is one of --webhook, --ntfy, --apprise, --mail and --desktop")
	case all[0] != notice.Mail && (c.SMTP != "" || c.From != "" || c.User != "" || c.PasswordStdin || c.Report):
		return wrong("--smtp, --from, --user, --password-stdin and --report belong to --mail")
	case all[0] != notice.Webhook && c.SecretStdin:
		return wrong("--secret-stdin belongs to --webhook")
	case all[0] == notice.Mail && (c.SMTP == "" || c.From == ""):
		return wrong("--mail needs --smtp HOST:PORT and --from ADDR")
	case c.PasswordStdin && c.User == "":
		return wrong("--password-stdin needs --user")
	}
	return all[0], address, nil
}

// post is where mail goes to.
func (c *notifyAddCmd) post() (*notice.Post, error) {
	host, port := c.SMTP, 587
	if notice.TLS(c.TLS) == notice.TLSNone {
		port = 25
	}
	if h, p, err := net.SplitHostPort(c.SMTP); err == nil {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, reason.New(reason.BadWay, "what", p+" is no port")
		}
		host = h
	}
	return &notice.Post{To: c.Mail, From: c.From, Host: strings.Trim(host, "[]"), Port: port, User: c.User,
		TLS: notice.TLS(c.TLS), Report: c.Report}, nil
}

func (c *notifyAddCmd) run(ctx context.Context, a *app) (int, error) {
	method, address, err := c.method()
	if err != nil {
		return 0, err
	}
	f := notify.Fresh{Way: notice.Way{Name: c.Name, Method: method, Events: c.Event}, Address: secret.New(address),
		Keep: c.Secrets}
	if method == notice.Mail {
		if f.Way.Post, err = c.post(); err != nil {
			return 0, err
		}
	}
	for _, ask := range []struct {
		wanted bool
		text   string
		into   *secret.Secret
	}{
		{address == "-", "Address of " + c.Name, &f.Address},
		{c.SecretStdin, "Key that the webhook is signed with", &f.Key},
		{c.PasswordStdin, "Password of " + c.User, &f.Password},
	} {
		if !ask.wanted {
			continue
		}
		if *ask.into, err = a.mustSecret(ctx, ask.text); err != nil {
			return 0, err
		}
	}
	w, err := a.outbox().Add(ctx, f)
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(w)
	}
	a.say("%s is saved: %s, %s.", w.Name, w.Method, w.Where)
	switch w.Secrets {
	case notify.KeepKeychain:
		a.say("Its secrets are in the keychain.")
	case notify.KeepFile:
		a.say("Its secrets are in a file that your passphrase seals.")
	case notify.KeepKeyed:
		a.say("Its secrets are in a sealed file, its key in your configuration: who can read both can read them.")
	}
	a.say("Try it with: burnish notify test %q", w.Name)
	return 0, nil
}

type notifyListCmd struct{}

func (c *notifyListCmd) run(ctx context.Context, a *app) (int, error) {
	all, err := a.outbox().List(ctx)
	if err != nil {
		return 0, err
	}
	if !a.json && len(all) == 0 {
		a.say("Nobody is told. Add a way with: burnish notify add NAME --webhook URL, or --ntfy, --mail, --desktop")
	}
	t := a.table("NAME", "WAY", "WHERE", "LAST", "ANSWER", "WAITING")
	for _, w := range all {
		if a.json {
			if err := a.put(w); err != nil {
				return 0, err
			}
			continue
		}
		answer := w.Answer
		if w.LastMs > 0 && !w.Told {
			answer = "not told: " + answer
		}
		waiting := ""
		if w.Waiting > 0 {
			waiting = fmt.Sprintf("%d, next %s", w.Waiting, clock(w.NextMs))
		}
		if w.GivenUp > 0 {
			waiting = strings.TrimPrefix(waiting+fmt.Sprintf("; %d given up", w.GivenUp), "; ")
		}
		t.row(w.Name, string(w.Method), w.Where, clock(w.LastMs), answer, waiting)
	}
	t.print()
	return 0, nil
}

type notifyTestCmd struct {
	Name string `arg:"" help:"The way."`
}

func (c *notifyTestCmd) run(ctx context.Context, a *app) (int, error) {
	answer, err := a.outbox().Test(ctx, c.Name)
	if err != nil {
		return 0, err
	}
	if a.json {
		if err := a.put(struct {
			Name string `json:"name"`
			Told bool   `json:"told"`
			notice.Answer
			TookMs int64 `json:"took_ms"`
		}{c.Name, answer.Fault == "", answer, answer.Took.Milliseconds()}); err != nil {
			return 0, err
		}
	}
	if answer.Fault != "" {
		return 0, reason.New(reason.NoticeUntold, "way", c.Name, "answer", strings.TrimSuffix(answer.Text, "."))
	}
	if !a.json {
		a.say("%s: %s.", c.Name, answer.Text)
	}
	return 0, nil
}

type notifyEditCmd struct {
	Name  string   `arg:"" help:"The way."`
	Event []string `required:"" placeholder:"E" help:"What is told from now on, and nothing else; repeat for more."`
}

func (c *notifyEditCmd) run(ctx context.Context, a *app) (int, error) {
	w, err := a.outbox().SetEvents(ctx, c.Name, c.Event)
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(w)
	}
	a.say("%s is told of %s.", w.Name, strings.Join(w.Events, ", "))
	return 0, nil
}

type notifyQuietCmd struct {
	Hours string `arg:"" optional:"" placeholder:"22:00-07:00" help:"From and to, by this computer's clock; off for none. Without it they are shown."`
}

func (c *notifyQuietCmd) run(ctx context.Context, a *app) (int, error) {
	if c.Hours != "" {
		q, err := notice.ParseQuiet(c.Hours)
		if err != nil {
			return 0, err
		}
		if err := a.outbox().SetQuiet(ctx, q); err != nil {
			return 0, err
		}
	}
	q, err := a.outbox().Quiet(ctx)
	if err != nil {
		return 0, err
	}
	switch {
	case a.json:
		return 0, a.put(map[string]string{"quiet": q.String()})
	case q.String() == notice.NeverQuiet:
		a.say("There are no quiet hours.")
	default:
		a.say("Quiet from %s: only a failed drive and a lost NAS are told then; the rest comes after.",
			strings.ReplaceAll(q.String(), "-", " to "))
	}
	return 0, nil
}

type notifyRemoveCmd struct {
	Name string `arg:"" help:"The way."`
}

func (c *notifyRemoveCmd) run(ctx context.Context, a *app) (int, error) {
	if err := a.outbox().Remove(ctx, c.Name); err != nil {
		return 0, err
	}
	if !a.json {
		a.say("%s is removed, with what it had not told yet.", c.Name)
	}
	return 0, nil
}

// outbox is what is to be told to people, and how. A notice on the desktop cannot be clicked: there is no window here.
func (a *app) outbox() *notify.Outbox {
	o := a.svc.Outbox(a.dir, a.Version)
	o.Courier.Desktop = courier.NewSession(nil)
	o.Report = func(ctx context.Context, job string) (*courier.Report, error) {
		j, err := a.svc.View(ctx, job)
		if err != nil {
			return nil, err
		}
		in, err := a.reported(j)
		if err != nil {
			return nil, err
		}
		var page strings.Builder
		if err := report.Write(&page, "html", in); err != nil {
			return nil, err
		}
		return &courier.Report{Name: "report-" + fileName(driveName(j)) + ".html", HTML: []byte(page.String())}, nil
	}
	o.Ended = func(ctx context.Context, fromMs, toMs int64) ([]burnin.Job, error) {
		rows, err := a.svc.Rows(ctx, store.Filter{})
		if err != nil {
			return nil, err
		}
		var all []burnin.Job
		for _, row := range rows {
			if !row.State.Ended() || row.EndedMs < fromMs || row.EndedMs >= toMs {
				continue
			}
			j, err := a.svc.View(ctx, row.ID)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil { // its copy cannot be read: as the index knows it
				j = burnin.Job{ID: row.ID, NAS: row.NAS, Plan: row.Plan, State: row.State, Reason: row.Reason,
					Drive: burnin.Drive{ID: row.DriveID}, CreatedMs: row.CreatedMs, EndedMs: row.EndedMs}
			}
			all = append(all, j)
		}
		return all, nil
	}
	return o
}

// fileName keeps of a serial number what a file may be called.
func fileName(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, text)
}
