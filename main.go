// Burnish burns in the drives of a NAS over SSH and gives a verdict one can trust. This file reads flags, opens what the
// command needs, and runs it; see ARCHITECTURE.md for where everything else is.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/term"

	"burnish/backend/cli"
	"burnish/backend/jobs"
	"burnish/backend/nas"
	"burnish/backend/reason"
	"burnish/backend/runner/bin"
	"burnish/backend/store"
)

// version is set when the program is built.
var version = "unversioned"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args[1:], cli.Env{
		Stdout: os.Stdout, Stderr: os.Stderr, Terminal: term.IsTerminal(int(os.Stdout.Fd())),
		Version: version, Home: dataHome(), Now: time.Now, Open: open,
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

// open makes the service over a data directory.
func open(ctx context.Context, dir string) (*jobs.Service, func() error, error) {
	db, err := store.Open(ctx, dir, time.Now)
	if err != nil {
		return nil, nil, err
	}
	mirror := filepath.Join(dir, "mirror")
	if err := os.MkdirAll(mirror, 0o700); err != nil {
		return nil, nil, errors.Join(reason.New("data_dir_unusable", "dir", mirror, "error", err), db.Close())
	}
	options := nas.Options{Runner: bin.Runner}
	return &jobs.Service{
		Store: db, Mirror: nas.Mirror{Dir: mirror}, Now: time.Now, Random: rand.Reader, Who: who(),
		Dial: func(ctx context.Context, t nas.Target) (*nas.Conn, error) { return nas.Dial(ctx, t, options) },
	}, db.Close, nil
}

// who names the person at this computer for audit trails.
func who() string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "a computer"
	}
	return reason.Clean(name+"@"+host, 200)
}
