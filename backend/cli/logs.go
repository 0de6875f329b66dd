package cli

import (
	"context"
	"fmt"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/wire"
)

type logsCmd struct {
	Job    string `arg:"" help:"The job's id, or its beginning."`
	Stage  string `help:"Only this stage's log."`
	Follow bool   `help:"Stay and print what comes, until the job has ended."`
}

func (c *logsCmd) run(ctx context.Context, a *app) (int, error) {
	row, err := a.svc.Store.FindJob(ctx, c.Job)
	if err != nil {
		return 0, err
	}
	a.refresh(ctx, []store.Job{row})
	j, err := a.svc.View(ctx, row.ID)
	if err != nil {
		return 0, err
	}
	p := &printer{app: a, job: j.ID, at: map[string]int64{}}
	for _, s := range j.Stages {
		if c.Stage == "" || c.Stage == string(s.Kind) {
			p.files = append(p.files, string(s.Kind)+".log")
		}
	}
	if len(p.files) == 0 {
		return 0, reason.New("wrong_use", "what", "the job has no stage "+c.Stage, "hint", "burnish show "+j.ID+" lists its stages.")
	}
	if err := p.print(); err != nil || !c.Follow || j.State.Ended() {
		return 0, err
	}
	if err := a.svc.Watch(ctx, []store.Job{row}, p); err != nil {
		return 0, err
	}
	return 0, p.print()
}

// printer prints the mirrored logs as they grow.
type printer struct {
	*app
	noNews
	job   string
	files []string
	at    map[string]int64
	err   error
}

func (p *printer) Job(burnin.Job) {
	if p.err == nil {
		p.err = p.print()
	}
}

// print writes what is new. To a terminal it goes escaped; anywhere else byte by byte as the NAS has it.
func (p *printer) print() error {
	for _, file := range p.files {
		for {
			data, err := p.svc.Mirror.ReadFrom(p.job, file, p.at[file], wire.MaxChunk)
			if err != nil {
				return err
			}
			if len(data) == 0 {
				break
			}
			p.at[file] += int64(len(data))
			if p.Terminal {
				data = []byte(cleanLines(string(data)))
			}
			if _, err := p.Stdout.Write(data); err != nil {
				return fmt.Errorf("the log cannot be printed: %w", err)
			}
		}
	}
	return nil
}

func cleanLines(s string) string {
	lines := strings.SplitAfter(s, "\n")
	for i, l := range lines {
		body, nl := strings.CutSuffix(l, "\n")
		lines[i] = reason.Clean(body, len(body)+3)
		if nl {
			lines[i] += "\n"
		}
	}
	return strings.Join(lines, "")
}

// noNews is a sink that says nothing of connections.
type noNews struct{}

func (noNews) Standing(string, nas.Standing) {}
