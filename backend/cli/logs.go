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
	Stage  string `help:"Only this stage's log; undo is that of burnish undo."`
	Follow bool   `help:"Stay and print what comes, until the job has ended."`
}

func (c *logsCmd) run(ctx context.Context, a *app) (int, error) {
	row, j, err := a.found(ctx, c.Job)
	if err != nil {
		return 0, err
	}
	p := &printer{app: a, job: j.ID, at: map[string]int64{}, begun: map[string]string{}}
	for _, s := range j.Stages {
		if c.Stage == "" || c.Stage == string(s.Kind) {
			p.files = append(p.files, s.Kind.Log().File())
		}
	}
	if c.Stage == "" || c.Stage == string(burnin.LogUndo) {
		have, err := a.svc.Have(j.ID)
		if err != nil {
			return 0, err
		}
		if have[burnin.LogUndo.File()] > 0 {
			p.files = append(p.files, burnin.LogUndo.File())
		}
	}
	if len(p.files) == 0 && c.Stage == string(burnin.LogUndo) {
		return 0, reason.New(reason.WrongUse, "what", "nothing of this job was brought back",
			"hint", "burnish undo "+j.ID+" does it, where it can still be done.")
	}
	if len(p.files) == 0 {
		return 0, reason.New(reason.WrongUse, "what", "the job has no stage "+c.Stage,
			"hint", "burnish show "+j.ID+" lists its stages.")
	}
	err = p.print()
	if err == nil && c.Follow && !j.State.Ended() {
		if err = a.svc.Watch(ctx, []store.Job{row}, p); err == nil {
			err = p.print()
		}
	}
	if err != nil {
		return 0, err
	}
	return 0, p.rest()
}

// printer prints the mirrored logs as they grow.
type printer struct {
	*app
	noNews
	job   string
	files []string
	at    map[string]int64
	begun map[string]string // --json: the beginning of a line whose end has not come yet
	err   error
}

// logLine is one line of a log as logs --json prints it.
type logLine struct {
	Stage string `json:"stage"`
	Line  string `json:"line"`
}

func (p *printer) Job(burnin.Job) {
	if p.err == nil {
		p.err = p.print()
	}
}

// print writes what is new. With --json each whole line becomes an object; to a terminal it goes escaped; anywhere else
// byte by byte as the NAS has it.
func (p *printer) print() error {
	for _, file := range p.files {
		for {
			data, err := p.svc.ReadFrom(p.job, file, p.at[file], wire.MaxChunk)
			if err != nil {
				return err
			}
			if len(data) == 0 {
				break
			}
			p.at[file] += int64(len(data))
			if p.json {
				if err := p.objects(file, data); err != nil {
					return err
				}
				continue
			}
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

// objects prints the lines that data ends, and keeps the beginning of the next.
func (p *printer) objects(file string, data []byte) error {
	lines := strings.Split(p.begun[file]+string(data), "\n")
	last := len(lines) - 1
	for _, l := range lines[:last] {
		if err := p.object(file, l); err != nil {
			return err
		}
	}
	p.begun[file] = lines[last]
	if len(p.begun[file]) > wire.MaxChunk { // no line of ours; it is shown in pieces
		return p.rest()
	}
	return nil
}

func (p *printer) object(file, line string) error {
	return p.put(logLine{Stage: strings.TrimSuffix(file, ".log"), Line: line})
}

// rest prints lines that have no end.
func (p *printer) rest() error {
	for _, file := range p.files {
		if p.begun[file] != "" {
			if err := p.object(file, p.begun[file]); err != nil {
				return err
			}
			delete(p.begun, file)
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
