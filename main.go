//go:build !bindings

// Burnish burns in the drives of a NAS over SSH and gives a verdict one can trust. This file reads what the machine is,
// opens what the command needs, and runs it; ARCHITECTURE.md says where everything else is.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/term"

	"burnish/backend/cli"
	"burnish/backend/demo"
	"burnish/backend/jobs"
	"burnish/backend/runner/bin"
)

// version is set when the program is built.
var version = "unversioned"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args[1:], cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Ask: cli.AskAt(os.Stdin, os.Stderr),
		Terminal: term.IsTerminal(int(os.Stdout.Fd())),
		Version:  version, Home: dataHome(), Now: time.Now,
		Open: func(ctx context.Context, dir string) (*jobs.Service, func() error, error) {
			return jobs.Open(ctx, dir, bin.Runner)
		},
		Practice: func(ctx context.Context, dir string) (*jobs.Service, []demo.Case, func() error, error) {
			drives := demo.Cases()
			svc, closeAll, err := demo.Open(ctx, dir, version, bin.Runner, drives)
			return svc, drives, closeAll, err
		},
		Window: window(),
	})
	stop()
	os.Exit(code)
}

// dataHome is where this system keeps the data of a user's programs.
func dataHome() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return os.TempDir()
	}
	if dir, err := os.UserConfigDir(); err == nil && dir != filepath.Join(home, ".config") {
		return dir // Windows and macOS keep data there
	}
	return filepath.Join(home, ".local", "share")
}
