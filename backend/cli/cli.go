// Package cli is Burnish on the command line.
//
// Its rules:
//   - stdout is for results: text for people, or with --json one object or one object a line. stderr is for errors and
//     for what goes on meanwhile; with --json an error is one object {code,title,text,hint}.
//   - Exit codes are a contract: 0 done or passed, 1 a drive failed, 2 wrong use or configuration, 3 unknown,
//     4 cancelled, 5 refused for safety, 6 the NAS was never reached or is not usable.
//   - Text that comes from a NAS is shown with control and bidirectional characters taken out.
//
// Main holds no state; it is safe to call from tests side by side.
package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"burnish/backend/burnin"
	"burnish/backend/demo"
	"burnish/backend/jobs"
	"burnish/backend/notify"
	"burnish/backend/reason"
	"burnish/backend/unlock"
)

// The exit codes.
const (
	ExitDone      = 0
	ExitFailed    = 1
	ExitUse       = 2
	ExitUnknown   = 3
	ExitCancelled = 4
	ExitRefused   = 5
	ExitReach     = 6
)

// Env is the machine that a command runs on.
type Env struct {
	Stdin          io.Reader // where passwords are read that no terminal can be asked for
	Stdout, Stderr io.Writer
	Ask            Asker // asks a person at the terminal; nil where stdin is none
	Terminal       bool  // stdout is a terminal
	Version        string
	Home           string // the user's directory for application data
	Now            func() time.Time
	Open           func(ctx context.Context, dataDir string) (*jobs.Service, func() error, error)
	// Practice opens a data directory with the practice NAS, whose drives it gives; nil where there is none.
	Practice func(ctx context.Context, dataDir string) (*jobs.Service, []demo.Case, func() error, error)
	// Window shows the window until it is closed; nil where this build or this computer has none.
	Window func(ctx context.Context, on Window) error
}

// Window is what a window works on.
type Window struct {
	Service   *jobs.Service
	Practice  string         // name of the profile that is the practice NAS; empty for none
	Temporary bool           // the data directory was made for this window alone
	Outbox    *notify.Outbox // what is told to people; nil for nothing
}

type root struct {
	DataDir string           `name:"data-dir" placeholder:"DIR" help:"Where profiles and history are kept (default ${data})."`
	JSON    bool             `name:"json" help:"One JSON object, or one a line."`
	Version kong.VersionFlag `help:"Print the version and end."`

	Window  windowCmd  `cmd:"" default:"1" help:"The window. It is what opens without a command."`
	NAS     nasCmd     `cmd:"" name:"nas" help:"Saved NAS connections."`
	Drives  drivesCmd  `cmd:"" help:"The drives of a NAS, and what uses them."`
	Unlock  unlockCmd  `cmd:"" help:"Allow one start to erase a drive that is in use, by typing its phrase."`
	Grants  grantsCmd  `cmd:"" help:"What is unlocked on a NAS, and what was."`
	Lock    lockCmd    `cmd:"" help:"Take a permission back."`
	Start   startCmd   `cmd:"" help:"Start a plan on drives."`
	Jobs    jobsCmd    `cmd:"" help:"All jobs."`
	Show    showCmd    `cmd:"" help:"One job whole."`
	Logs    logsCmd    `cmd:"" help:"A job's logs."`
	Watch   watchCmd   `cmd:"" help:"Follow jobs until they end."`
	Stop    stopCmd    `cmd:"" help:"Stop a job, and prove it."`
	Resume  resumeCmd  `cmd:"" help:"Go on with a job that ended as unknown."`
	Undo    undoCmd    `cmd:"" help:"Bring back what a start has erased, while the test has written nothing else."`
	Slots   slotsCmd   `cmd:"" help:"How the jobs of a NAS take turns; change it while they wait."`
	Adopt   adoptCmd   `cmd:"" help:"Take over jobs that another computer started."`
	Clean   cleanCmd   `cmd:"" help:"Remove ended jobs and the runner from a NAS."`
	Demo    demoCmd    `cmd:"" help:"Burn in practice drives: about a minute, with nothing real but the code."`
	Report  reportCmd  `cmd:"" help:"Write a report of a job: to print, to send with the drive, or for programs."`
	Notify  notifyCmd  `cmd:"" help:"How you are told when you do not look: webhook, ntfy, Apprise, mail, desktop."`
	Tests   testsCmd   `cmd:"" name:"selftest" help:"Self-tests by TrueNAS's own methods, for a login without root."`
	Smart   smartCmd   `cmd:"" help:"What Burnish reads in a smartctl capture."`
	Plans   plansCmd   `cmd:"" help:"The built-in plans."`
	Reasons reasonsCmd `cmd:"" help:"All reasons that Burnish can give."`
}

// app is what commands work with.
type app struct {
	Env
	json  bool
	dir   string // the data directory
	data  string // the directory that was asked for; empty if none was
	svc   *jobs.Service
	lines *bufio.Reader // of stdin, once a line of it was read
}

// command is one leaf of the command line. It returns an exit code and, where something went wrong, why.
type command interface {
	run(ctx context.Context, a *app) (int, error)
}

// local marks commands that need no data directory.
type local interface{ local() }

// Main runs one command line and gives its exit code.
func Main(ctx context.Context, args []string, env Env) int {
	var r root
	data := filepath.Join(env.Home, "burnish")
	exit := -1
	parser, err := kong.New(&r, kong.Name("burnish"), kong.Description("Burns in the drives of a NAS and gives a "+
		"verdict one can trust."),
		kong.Vars{"version": env.Version, "data": data, "ttl": strconv.Itoa(int(unlock.TTL / time.Second))},
		kong.Writers(env.Stdout, env.Stderr), kong.Exit(func(code int) { exit = code }))
	if err != nil {
		return complain(env, false, reason.New(reason.Internal, "error", err))
	}
	if len(args) == 0 && env.Window == nil {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(joined(args))
	if exit >= 0 {
		return ExitDone // help or version
	}
	if err != nil {
		return complain(env, wantsJSON(args), reason.New(reason.WrongUse, "what", err,
			"hint", "burnish --help shows all commands."))
	}
	if r.DataDir != "" {
		if data, err = filepath.Abs(r.DataDir); err != nil {
			return complain(env, r.JSON, err)
		}
	}
	cmd, ok := parsed.Selected().Target.Addr().Interface().(command)
	if !ok {
		return complain(env, r.JSON, reason.New(reason.WrongUse, "what", "that is no whole command",
			"hint", "burnish --help shows all commands."))
	}
	a := &app{Env: env, json: r.JSON, dir: data}
	if r.DataDir != "" {
		a.data = data
	}
	if _, alone := cmd.(local); !alone {
		svc, closeAll, err := env.Open(ctx, data)
		if err != nil {
			return complain(env, r.JSON, err)
		}
		defer func() {
			if err := closeAll(); err != nil {
				complain(env, r.JSON, err)
			}
		}()
		aside, err := svc.Aside()
		for _, file := range aside {
			complain(env, r.JSON, reason.New(reason.DataDamaged, "file", file))
		}
		if err != nil {
			return complain(env, r.JSON, err)
		}
		if a.svc = svc; env.Ask != nil {
			svc.AskPerson(a.person)
		}
	}
	code, err := cmd.run(ctx, a)
	if err != nil {
		if worse := complain(env, r.JSON, err); code == ExitDone {
			code = worse
		}
	}
	return code
}

// nas gives the id of a saved NAS by its name.
func (a *app) nas(ctx context.Context, name string) (string, error) {
	p, err := a.svc.ProfileNamed(ctx, name)
	return p.ID, err
}

func wantsJSON(args []string) bool {
	for _, a := range args {
		if a == "--json" || a == "--json=true" {
			return true
		}
	}
	return false
}

// complain tells an error and gives its exit code.
func complain(env Env, asJSON bool, err error) int {
	var said *reason.Said
	if !errors.As(err, &said) {
		said = reason.New(reason.Internal, "error", err)
		if errors.Is(err, context.Canceled) {
			said = reason.New(reason.WrongUse, "what", "interrupted", "hint",
				"Jobs that were started go on at the NAS.")
		}
	}
	if asJSON {
		line, _ := json.Marshal(said)
		fmt.Fprintf(env.Stderr, "%s\n", escapeBidi(line))
	} else {
		fmt.Fprintf(env.Stderr, "burnish: %s: %s\n", said.Title, said.Text)
		if said.Hint != "" {
			fmt.Fprintf(env.Stderr, "burnish: hint: %s\n", said.Hint)
		}
	}
	return exitOf(said)
}

func exitOf(said *reason.Said) int {
	switch said.Kind() {
	case reason.Evidence:
		return ExitFailed
	case reason.Use:
		return ExitUse
	case reason.Person:
		return ExitCancelled
	case reason.Refusal:
		return ExitRefused
	case reason.Reach:
		return ExitReach
	case reason.Doubt, reason.Note, reason.Fault:
	}
	return ExitUnknown
}

// worst gives the exit code of several jobs: a failed one first, then unknown, cancelled, passed.
func worst(all []burnin.Job) int {
	for _, rank := range []struct {
		state burnin.State
		code  int
	}{{burnin.Failed, ExitFailed}, {burnin.Unknown, ExitUnknown}, {burnin.Cancelled, ExitCancelled}} {
		for _, j := range all {
			if j.State == rank.state {
				return rank.code
			}
		}
	}
	return ExitDone
}

// put prints one JSON object.
func (a *app) put(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Stdout, "%s\n", escapeBidi(line))
	return err
}

// escapeBidi writes characters that turn the text around them as \u escapes, which JSON reads the same.
func escapeBidi(line []byte) []byte {
	var out []byte
	for i, r := range string(line) {
		if !reason.Bidi(r) {
			continue
		}
		if out == nil {
			out = append(out, line[:i]...)
		}
		out = fmt.Appendf(out, `\u%04x`, r)
		rest := line[i+len(string(r)):]
		return append(out, escapeBidi(rest)...)
	}
	return line
}

// say prints one line. Whatever is in it may stem from a NAS.
func (a *app) say(format string, args ...any) {
	fmt.Fprintln(a.Stdout, reason.Clean(fmt.Sprintf(format, args...), 8192))
}

// absolute gives the whole path of a key file, which must be there: the window may run elsewhere later.
func absolute(path string) (string, error) {
	if _, err := os.Stat(path); err != nil {
		return "", reason.New(reason.KeyUnusable, "key", path, "error", err, "hint", "Give the key file by its "+
			"whole path.")
	}
	return filepath.Abs(path)
}
