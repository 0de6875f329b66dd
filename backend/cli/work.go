package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/courier"
	"burnish/backend/jobs"
	"burnish/backend/nas"
	"burnish/backend/reason"
	"burnish/backend/smart"
	"burnish/backend/store"
)

type startCmd struct {
	NAS          string         `arg:"" name:"nas" help:"The NAS."`
	Drive        []string       `sep:"none" placeholder:"WHICH" help:"Id, serial number, or path of today; more may follow."`
	More         []string       `arg:"" optional:"" name:"drive" help:"More drives."`
	Plan         string         `required:"" help:"A built-in plan, or a file with one."`
	WithoutSMART bool           `name:"without-smart" help:"Leave the drive's own health data out, knowingly."`
	SMARTType    string         `name:"smart-type" placeholder:"TYPE" help:"Device type of these drives, as smartctl -d takes it (sat, sntjmicron, …); kept for them. none takes it away."`
	SMARTOn      bool           `name:"smart-on" help:"Switch SMART on (smartctl -s on) where it is off. It stays on."`
	Declared     smart.Declared `default:"unknown" enum:"new,used,unknown" help:"What the drive was sold as: new, used or unknown."`
	Unlock       []string       `sep:"none" placeholder:"ID=PHRASE" help:"Erase this drive though it holds data or an exported pool; see burnish unlock. Repeat for more."`
	Grant        []string       `sep:"none" help:"Spend this permission, given by burnish unlock. Without it the newest one for the drive is spent."`
	Wait         bool           `help:"Stay until all have ended; the exit code is the worst verdict."`
}

// plan finds the built-in plan, or reads the file.
func (c *startCmd) plan() (burnin.Plan, error) {
	p, ok := burnin.PlanNamed(c.Plan)
	if !ok {
		data, err := os.ReadFile(c.Plan)
		if err != nil {
			return p, reason.New(reason.NoSuchPlan, "plan", c.Plan)
		}
		if p, err = burnin.ParsePlan(data); err != nil {
			return p, reason.New(reason.BadPlan, "plan", c.Plan, "error", err)
		}
	}
	p.WithoutSMART = p.WithoutSMART || c.WithoutSMART
	if c.Declared != smart.DeclaredUnknown || p.Declared == "" {
		p.Declared = c.Declared
	}
	return p, nil
}

func (c *startCmd) run(ctx context.Context, a *app) (int, error) {
	plan, err := c.plan()
	if err != nil {
		return 0, err
	}
	typed, err := phrases(c.Unlock)
	if err != nil {
		return 0, err
	}
	nas, err := a.nas(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	made, err := a.svc.Start(ctx, jobs.Order{NAS: nas, Drives: append(c.Drive, c.More...), Plan: plan, Unlock: typed,
		Grants: c.Grant, SMARTType: c.SMARTType, SMARTOn: c.SMARTOn})
	// A short plan may be over by the time that its start is answered: that is a job like any other.
	refused := func(j burnin.Job) bool { return err != nil && j.State.Ended() }
	var live []store.Job
	for _, j := range made {
		if a.json {
			if err := a.put(jobLine(j)); err != nil {
				return 0, err
			}
		} else if !refused(j) {
			a.say("%s  job %s started on %s", driveName(j), j.ID, clean(j.NAS))
		}
		row, rowErr := a.svc.Row(ctx, j.ID)
		if rowErr != nil {
			return 0, rowErr
		}
		if !refused(j) {
			live = append(live, row)
		}
	}
	if !c.Wait || len(live) == 0 {
		return 0, err
	}
	if err != nil {
		complain(a.Env, a.json, err)
	}
	code, err := a.watch(ctx, live)
	if ended := worst(made); code == ExitDone && err == nil {
		code = ended // a drive that was refused
	}
	return code, err
}

type watchCmd struct {
	Jobs []string `arg:"" optional:"" name:"job" help:"Jobs; without any, all that have not ended."`
	Exec string   `placeholder:"CMD" help:"Run this at each verdict, with what happened as JSON on its stdin; see docs/notices.md. Without a shell: words are apart by blanks."`
}

func (c *watchCmd) run(ctx context.Context, a *app) (int, error) {
	var program *courier.Program
	if c.Exec != "" {
		p, err := courier.NewProgram(c.Exec)
		if err != nil {
			return 0, err
		}
		program = &p
	}
	rows, err := a.svc.ToWatch(ctx)
	if err != nil {
		return 0, err
	}
	if len(c.Jobs) > 0 {
		rows = nil
		for _, id := range c.Jobs {
			row, err := a.svc.Find(ctx, id)
			if err != nil {
				return 0, err
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 && !a.json {
		a.say("No job is waiting or running.")
	}
	if program == nil {
		return a.watch(ctx, rows)
	}
	return a.watchWith(ctx, rows, *program)
}

// watch follows jobs to their end and gives the worst of their verdicts.
func (a *app) watch(ctx context.Context, rows []store.Job) (int, error) {
	var live []store.Job
	for _, r := range rows {
		if r.Phase != store.Gone {
			live = append(live, r)
		}
	}
	err := a.svc.TellWhile(ctx, a.outbox(), func() error { return a.svc.Watch(ctx, live, newTicker(a)) })
	var all []burnin.Job
	for _, r := range rows {
		j, viewErr := a.svc.View(context.WithoutCancel(ctx), r.ID)
		if viewErr != nil {
			return 0, errors.Join(err, viewErr)
		}
		all = append(all, j)
		if a.json {
			if err := a.put(jobLine(j)); err != nil {
				return 0, err
			}
		} else if j.State.Ended() {
			a.whole(j)
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			return ExitUnknown, reason.New(reason.WrongUse, "what", "interrupted", "hint", "The jobs go on at the "+
				"NAS. burnish watch follows them again.")
		}
		return 0, err
	}
	return worst(all), nil
}

// ticker prints what a watch sees, in lines: every change of state, and progress now and then.
type ticker struct {
	a *app

	mu   sync.Mutex
	last map[string]shown
	lost map[string]bool
}

type shown struct {
	line     string
	progress float64
	at       time.Time
}

func newTicker(a *app) *ticker {
	return &ticker{a: a, last: map[string]shown{}, lost: map[string]bool{}}
}

// every is how often progress alone is worth a line.
const every = 2 * time.Second

func (t *ticker) Job(j burnin.Job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := jobLine(j)
	line := string(j.State)
	if at := j.Current(); at >= 0 && j.State == burnin.Running {
		line = fmt.Sprintf("%s %s", r.Stage, j.Stages[at].State)
		if r.Phase != "" {
			line = fmt.Sprintf("%s %s", r.Stage, r.Phase)
		}
	}
	was, now := t.last[j.ID], t.a.Now()
	if line == was.line && (r.Progress == was.progress || now.Sub(was.at) < every) {
		return
	}
	t.last[j.ID] = shown{line, r.Progress, now}
	if t.a.json {
		_ = t.a.put(r)
		return
	}
	if j.State == burnin.Running && r.Progress > 0 && r.Progress < 1 {
		line += fmt.Sprintf(" %.1f %%", r.Progress*100)
	}
	t.a.say("%s  %s  %s", t.a.Now().Local().Format("15:04:05"), driveName(j), line)
}

// Standing tells a lost connection once, and that it came back.
func (t *ticker) Standing(name string, now nas.Standing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case now.Phase == nas.Lost && !t.lost[name]:
		t.lost[name] = true
		fmt.Fprintf(t.a.Stderr, "burnish: %s: %s; jobs go on there, Burnish keeps trying\n", clean(name),
			clean(reason.Within(now.Err)))
	case now.Phase == nas.Connected && t.lost[name]:
		t.lost[name] = false
		fmt.Fprintf(t.a.Stderr, "burnish: %s: connected again\n", clean(name))
	}
}

type stopCmd struct {
	Job string `arg:"" help:"The job's id, or its beginning."`
}

func (c *stopCmd) run(ctx context.Context, a *app) (int, error) {
	j, err := a.svc.Stop(ctx, c.Job)
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(jobLine(j))
	}
	a.say("%s  %s; nothing of job %s runs at %s any more", driveName(j), j.State, j.ID, clean(j.NAS))
	if j.Erased != nil {
		a.say("  %s", clean(j.Erased.Text(j.ID, false)))
	}
	return 0, nil
}

type resumeCmd struct {
	Job  string `arg:"" help:"The job's id, or its beginning."`
	Wait bool   `help:"Stay until it has ended."`
}

func (c *resumeCmd) run(ctx context.Context, a *app) (int, error) {
	j, err := a.svc.Resume(ctx, c.Job)
	if err != nil {
		return 0, err
	}
	if a.json {
		err = a.put(jobLine(j))
	} else {
		a.say("%s  job %s goes on, run %d", driveName(j), j.ID, len(j.Runs))
	}
	if err != nil || !c.Wait {
		return 0, err
	}
	row, err := a.svc.Row(ctx, j.ID)
	if err != nil {
		return 0, err
	}
	return a.watch(ctx, []store.Job{row})
}

type adoptCmd struct {
	NAS string `arg:"" name:"nas" help:"The NAS."`
}

func (c *adoptCmd) run(ctx context.Context, a *app) (int, error) {
	nas, err := a.nas(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	adopted, err := a.svc.Adopt(ctx, nas)
	for _, j := range adopted {
		if a.json {
			if err := a.put(jobLine(j)); err != nil {
				return 0, err
			}
			continue
		}
		a.say("%s  job %s, %s", driveName(j), j.ID, word(j))
	}
	if err == nil && len(adopted) == 0 && !a.json {
		a.say("%s has no job that is not known here.", c.NAS)
	}
	return 0, err
}

type cleanCmd struct {
	NAS     string `arg:"" name:"nas" help:"The NAS."`
	Unknown bool   `help:"Also jobs that ended as unknown and could be resumed."`
	Forget  bool   `help:"Also jobs by which alone it is known how what they erased is brought back, or that somebody else wrote to their drive."`
}

func (c *cleanCmd) run(ctx context.Context, a *app) (int, error) {
	nas, err := a.nas(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	done, err := a.svc.Clean(ctx, nas, jobs.Sweep{Unknown: c.Unknown, Forget: c.Forget})
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(done)
	}
	runner := "the runner stays"
	switch {
	case done.RunnerRemoved:
		runner = "the runner is removed"
	case len(done.Kept) > 0:
		runner += " with the jobs that are left there"
	}
	a.say("%s removed from %s, %d kept; %s.", reason.Count(len(done.Removed), "job"), c.NAS, len(done.Kept), runner)
	for _, id := range done.Kept {
		a.said("kept: ", done.Why[id])
	}
	return 0, nil
}
