//go:build linux

package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"burnish/backend/cli"
	"burnish/backend/jobs"
	"burnish/backend/nas"
	"burnish/backend/nas/link"
	"burnish/backend/testbed/tether"
)

// What the test tells its app processes in the environment.
const (
	asApp     = "BURNISH_CHAOS_APP"    // set: this process is burnish
	runnerAt  = "BURNISH_CHAOS_RUNNER" // the program for the NAS
	clockSkew = "BURNISH_CHAOS_CLOCK"  // a file with how wrong this computer's clock is, as a duration
)

// atOnce is how many scenarios run at once: they mostly wait.
const atOnce = "4"

func TestMain(m *testing.M) {
	if os.Getenv(asApp) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Main(ctx, os.Args[1:], cli.Env{
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: "chaos", Home: os.Getenv("HOME"),
			Now: wrongNow, Open: open,
		})
		stop()
		os.Exit(code)
	}
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// wrongNow is the app's clock. It jumps as a computer's does: in the middle of a process, while its monotonic time goes
// on.
func wrongNow() time.Time {
	text, _ := os.ReadFile(os.Getenv(clockSkew))
	skew, _ := time.ParseDuration(strings.TrimSpace(string(text)))
	return jumped(time.Now(), skew)
}

// jumped moves the wall clock of a time that time.Now gave, in whole seconds, and leaves its monotonic reading.
// Time.Add moves both.
func jumped(t time.Time, by time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += uint64(by/time.Second) << 30
	return t
}

// open opens a data directory as the program does, but for a runner of the test's and less patience with silence.
func open(ctx context.Context, dir string) (*jobs.Service, func() error, error) {
	runner := func(string) ([]byte, error) { return os.ReadFile(os.Getenv(runnerAt)) }
	svc, closeAll, err := jobs.Open(ctx, dir, runner)
	if err != nil {
		return nil, nil, err
	}
	svc.Now = wrongNow
	svc.Dial = func(ctx context.Context, t nas.Target) (*nas.Conn, error) {
		return nas.Dial(ctx, t, nas.Options{Runner: runner, KeepaliveEvery: time.Second, BeatTimeout: 20 * time.Second,
			Options: link.Options{HandshakeTimeout: 5 * time.Second}})
	}
	return svc, closeAll, nil
}

// wrongClock stands in the place of backend/runner/main/clock.go: jumped on the NAS. Its file is looked at ten times a
// second at most.
const wrongClock = `//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unsafe"
)

var skew struct {
	sync.Mutex
	read time.Time
	by   time.Duration
}

func now() time.Time {
	skew.Lock()
	defer skew.Unlock()
	t := time.Now()
	if skew.read.IsZero() || t.Sub(skew.read) > 100*time.Millisecond {
		exe, _ := os.Executable()
		text, _ := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(exe))), "nas-clock"))
		skew.by, _ = time.ParseDuration(strings.TrimSpace(string(text)))
		skew.read = t
	}
	*(*uint64)(unsafe.Pointer(&t)) += uint64(skew.by/time.Second) << 30
	return t
}
`

// buildRunner builds the program for the NAS, once a test binary.
var buildRunner = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "burnish-chaos-")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	real, err := filepath.Abs("../runner/main/clock.go")
	if err != nil {
		return "", err
	}
	clock, overlay, out := filepath.Join(dir, "clock.go"), filepath.Join(dir, "overlay.json"),
		filepath.Join(dir, "runner")
	err = errors.Join(os.WriteFile(clock, []byte(wrongClock), 0o600),
		os.WriteFile(overlay, fmt.Appendf(nil, `{"Replace":{%q:%q}}`, real, clock), 0o600))
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-overlay", overlay, "-trimpath", "-ldflags", "-s -w", "-o", out,
		"../runner/main")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, text)
	}
	return out, nil
})

// app is one computer with Burnish on it: its data directory, and the process that watches.
type app struct {
	w    *world
	name string
	home string

	watching *exec.Cmd // nil: none
	out      *bytes.Buffer
	ended    <-chan struct{}
}

func (a *app) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append(args, "--data-dir", filepath.Join(a.home, "data"))...)
	cmd.Env = []string{asApp + "=1", runnerAt + "=" + a.w.runner, clockSkew + "=" + filepath.Join(a.w.dir, "app-clock"),
		"HOME=" + a.home, "PATH=" + os.Getenv("PATH")}
	return cmd
}

// patience is how long one command may take: only one that hangs takes so long.
const patience = 4 * time.Minute

// run runs one command to its end. Its exit code says nothing about promises: a NAS may be away.
func (a *app) run(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	cmd := a.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	child, err := tether.Start(cmd)
	if err != nil {
		a.w.t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { cmd.Process.Signal(syscall.SIGQUIT) })
	<-child.Done()
	if !late.Stop() {
		a.w.t.Fatalf("%s: burnish %s has not ended within %v:\n%s", a.name, strings.Join(args, " "), patience,
			errs.String())
	}
	a.w.say("%s: burnish %s: exit %d %s", a.name, strings.Join(args, " "), cmd.ProcessState.ExitCode(),
		last(errs.String()))
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func last(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// must runs a command that has no right to fail.
func (a *app) must(args ...string) string {
	a.w.t.Helper()
	code, out, errs := a.run(args...)
	if code != 0 {
		a.w.t.Fatalf("%s: burnish %s: exit %s: %s", a.name, strings.Join(args, " "), strconv.Itoa(code), errs)
	}
	return out
}

// watch has a process of its own follow all jobs, if none does.
func (a *app) watch() {
	if a.watching != nil {
		select {
		case <-a.ended:
		default:
			return
		}
	}
	a.out = new(bytes.Buffer)
	cmd := a.command("watch")
	cmd.Stdout, cmd.Stderr = a.out, a.out
	child, err := tether.Start(cmd)
	if err != nil {
		a.w.t.Fatal(err)
	}
	a.watching, a.ended = cmd, child.Done()
}

// kill ends the watching process without a word.
func (a *app) kill() {
	if a.watching == nil {
		return
	}
	_ = a.watching.Process.Kill()
	<-a.ended
	a.watching = nil
}
