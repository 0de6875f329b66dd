//go:build linux

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"burnish/backend/cli"
	"burnish/backend/jobs"
	"burnish/backend/runner/bin"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/testbed/sshd"
)

// TestMain lets the test binary be the program: stories run `burnish ...` as a process of its own, so that it can be
// killed.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"burnish": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(cli.Main(ctx, os.Args[1:], cli.Env{
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Ask: cli.AskAt(os.Stdin, os.Stderr),
			Version: "test", Home: os.Getenv("HOME"), Now: time.Now,
			Open: func(ctx context.Context, dir string) (*jobs.Service, func() error, error) {
				return jobs.Open(ctx, dir, bin.Runner)
			},
		}))
	}})
}

// TestStories runs the command line against a real SSH server and real block devices. A story finds its server in
// $HOST $PORT $USER $KEY $FINGERPRINT (and one that allows a single session at $PORT1), a fresh state directory in
// $STATE and data directories of its own choice under $WORK.
func TestStories(t *testing.T) {
	if testing.Short() {
		t.Skip("the stories are told whole, without the race detector")
	}
	need.Root(t)
	need.Loop(t)
	if _, err := bin.Runner("amd64"); err != nil {
		t.Fatalf("%v; run: make runner", err)
	}
	server, single, moody := sshd.Start(t), sshd.Start(t, sshd.MaxSessions(1)), sshd.Start(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// A place where programs may run and that only root can change.
			state, err := os.MkdirTemp("/var/lib", "burnish-story-")
			if err != nil {
				return err
			}
			env.Defer(func() { sweep(t, state) })
			for name, value := range map[string]string{
				"HOST": server.Host, "PORT": strconv.Itoa(server.Port), "USER": server.User, "KEY": server.KeyFile,
				"FINGERPRINT": server.HostKeyFingerprint,
				"PORT1":       strconv.Itoa(single.Port), "KEY1": single.KeyFile,
				"FINGERPRINT1": single.HostKeyFingerprint,
				// of the story that changes it
				"PORT2": strconv.Itoa(moody.Port), "KEY2": moody.KeyFile, "FINGERPRINT2": moody.HostKeyFingerprint,
				"STATE": filepath.Join(state, "burnish"), "HOME": env.WorkDir,
			} {
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: with(claims(), map[string]func(*testscript.TestScript, bool, []string){
			"loop":     func(ts *testscript.TestScript, _ bool, args []string) { makeLoop(t, ts, args) },
			"faulty":   func(ts *testscript.TestScript, _ bool, args []string) { makeFaulty(t, ts, args) },
			"rc":       exitCode,
			"json":     fromJSON,
			"grab":     grab,
			"until":    until,
			"running":  running,
			"free":     isFree,
			"norunner": noRunner,
			"killruns": killRuns,
			"lines":    countLines,
			"mount":    func(ts *testscript.TestScript, _ bool, args []string) { mount(t, ts, args) },
			"sample":   sample,
			"newkey":   func(*testscript.TestScript, bool, []string) { moody.ReplaceHostKey() },
		}),
	})
}

// sweep ends what a story left running and removes its state directory.
func sweep(t *testing.T, dir string) {
	for _, pid := range runners(dir) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

// runners finds the processes whose program lies under dir.
func runners(dir string) (pids []int) {
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range exes {
		if to, err := os.Readlink(exe); err == nil && strings.HasPrefix(to, dir) {
			pid, _ := strconv.Atoi(strings.Split(exe, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

// loop NAME BYTES: a blank loop device; its path is in $NAME.
func makeLoop(t *testing.T, ts *testscript.TestScript, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Setenv(args[0], disk.Loop(t, size).Path)
}

// faulty NAME BYTES FAULT...: a block device with faults: eio=LBA, flip=LBA, wfail=LBA, drop=LBA, slow=DURATION,
// throttle=BYTES.
func makeFaulty(t *testing.T, ts *testscript.TestScript, args []string) {
	need.FUSE(t)
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	d := disk.Faulty(t, size)
	for _, f := range args[2:] {
		kind, value, _ := strings.Cut(f, "=")
		n, err := strconv.ParseInt(value, 10, 64)
		ts.Check(err)
		switch kind {
		case "eio":
			d.FailReads(disk.Sector(n))
		case "wfail":
			d.FailWrites(disk.Sector(n))
		case "flip":
			d.FlipBits(n*512+100, 0x10)
		case "drop":
			d.DropWrites(disk.Sector(n))
		case "throttle":
			d.Throttle(n)
		default:
			ts.Fatalf("no such fault: %s", f)
		}
	}
	ts.Setenv(args[0], d.Path)
}

// rc CODE COMMAND...: the command must end with just this exit code.
func exitCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

// json PATH WANT: the value at PATH (dots, numbers for lists) of the last line of stdout must be WANT, as JSON.
func fromJSON(ts *testscript.TestScript, neg bool, args []string) {
	got := at(ts, ts.ReadFile("stdout"), args[0])
	if (got == args[1]) == neg {
		ts.Fatalf("%s is %s, wanted %s", args[0], got, args[1])
	}
}

// grab NAME PATH: like json, but keeps the value in $NAME, without quotes.
func grab(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.Trim(at(ts, ts.ReadFile("stdout"), args[1]), `"`))
}

func at(ts *testscript.TestScript, out, path string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var v any
	dec := json.NewDecoder(strings.NewReader(lines[len(lines)-1]))
	dec.UseNumber()
	ts.Check(dec.Decode(&v))
	for _, step := range strings.Split(path, ".") {
		switch w := v.(type) {
		case map[string]any:
			v = w[step]
		case []any:
			i, err := strconv.Atoi(step)
			ts.Check(err)
			if i >= len(w) {
				ts.Fatalf("%s: only %d items", path, len(w))
			}
			v = w[i]
		default:
			ts.Fatalf("%s: nothing at %s", path, step)
		}
	}
	text, err := json.Marshal(v)
	ts.Check(err)
	return string(text)
}

// until FILE TEXT: waits until the file (of a command in the background) holds the text.
func until(ts *testscript.TestScript, _ bool, args []string) {
	for range 6000 { // five minutes: the machine may be busy with much else
		data, _ := os.ReadFile(ts.MkAbs(args[0]))
		if bytes.Contains(data, []byte(args[1])) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	data, _ := os.ReadFile(ts.MkAbs(args[0]))
	ts.Fatalf("%s never came to hold %q:\n%s", args[0], args[1], data)
}

// running JOB STAGE: waits until the job is in that stage.
func running(ts *testscript.TestScript, _ bool, args []string) {
	for range 30_000 {
		ts.Check(ts.Exec("burnish", "jobs", "--json"))
		for _, line := range strings.Split(ts.ReadFile("stdout"), "\n") {
			if strings.Contains(line, `"id":"`+args[0]) && strings.Contains(line, `"stage":"`+args[1]+`"`) && strings.Contains(line, `"state":"running"`) {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("job %s never came to %s:\n%s", args[0], args[1], ts.ReadFile("stdout"))
}

// free DEVICE: nobody holds the device.
func isFree(ts *testscript.TestScript, neg bool, args []string) {
	fd, err := syscall.Open(args[0], syscall.O_RDONLY|syscall.O_EXCL, 0)
	if err == nil {
		syscall.Close(fd)
	}
	if (err == nil) == neg {
		ts.Fatalf("exclusive open of %s: %v", args[0], err)
	}
}

// norunner: no process of the story's NAS lives.
func noRunner(ts *testscript.TestScript, neg bool, _ []string) {
	left := runners(filepath.Dir(ts.Getenv("STATE")))
	if (len(left) == 0) == neg {
		ts.Fatalf("processes on the NAS: %v", left)
	}
}

// killruns SIGNAL: sends the signal to every process of the story's NAS and waits until they are gone.
func killRuns(ts *testscript.TestScript, _ bool, args []string) {
	sig := map[string]syscall.Signal{"KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM}[args[0]]
	dir := filepath.Dir(ts.Getenv("STATE"))
	for _, pid := range runners(dir) {
		ts.Check(syscall.Kill(pid, sig))
	}
	for range 2400 {
		if len(runners(dir)) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("still there: %v", runners(dir))
}

// lines N TEXT FILE: just N lines of the file hold the text.
func countLines(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	for _, line := range strings.Split(ts.ReadFile(args[2]), "\n") {
		if strings.Contains(line, args[1]) {
			n++
		}
	}
	if strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d lines of %s hold %q", n, args[2], args[1])
	}
}

// mount noexec DIR: a file system on which no program may run. mount DEVICE DIR: the device's file system, read-only.
func mount(t *testing.T, ts *testscript.TestScript, args []string) {
	dir := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(dir, 0o755))
	if args[0] == "noexec" {
		ts.Check(syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NOEXEC, "mode=755"))
	} else {
		ts.Check(syscall.Mount(args[0], dir, "ext4", syscall.MS_RDONLY, ""))
	}
	ts.Defer(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// sample DEVICE FILE: keeps the head of a device, to compare later.
func sample(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(args[0])
	ts.Check(err)
	defer f.Close()
	head := make([]byte, 4<<20)
	n, err := f.Read(head)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), slices.Clip(head[:n]), 0o600))
}
