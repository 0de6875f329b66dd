//go:build linux

// Package main is burnish-runner, the program that Burnish puts on a NAS. It is started over SSH as
// `burnish-runner VERB`, with the request on stdin and frames on stdout (package wire), and as `burnish-runner run JOB`
// by itself. Its state directory is the one that it lies in: DIR/bin/burnish-runner-*.
//
// It empties its environment first and uses nothing of the caller's but stdin and stdout.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"burnish/backend/runner"
	"burnish/backend/runner/bench"
	"burnish/backend/runner/linux"
	"burnish/backend/runner/run"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// version is set when the program is built.
var version = "unversioned"

func main() {
	os.Clearenv()
	err := errors.Join(os.Setenv("PATH", linux.Path), os.Setenv("LC_ALL", "C"))
	if err == nil {
		err = act(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "burnish-runner:", err)
		os.Exit(1)
	}
}

func act(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("which verb? Burnish starts this program by itself; version %s", version)
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	host := linux.NewHost()
	s := &runner.Service{Machine: bench.Machine{
		Dir: state.NewDir(filepath.Dir(filepath.Dir(exe))), Host: host, Locks: linux.Locks{},
		Supervisor: linux.Supervisor{Exe: exe, Systemd: linux.SystemdRuns()}, Version: version,
		Clock: linux.Clock{TimeOfDay: now},
	}}
	if verb := wire.Verb(args[0]); verb != wire.VerbRun {
		// The asker's end is stdin's end or a broken pipe, which ends the process as it should.
		return s.Serve(context.Background(), verb, os.Stdin, os.Stdout)
	}
	if len(args) != 2 {
		return fmt.Errorf("run takes the id of one job")
	}
	runtime.GOMAXPROCS(linux.Processors)
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() {
		<-signals
		cancel(run.ErrTold)
	}()
	return s.Run(ctx, args[1])
}
