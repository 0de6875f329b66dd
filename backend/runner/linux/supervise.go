//go:build linux

package linux

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"burnish/backend/reason"
	"burnish/backend/runner/port"
)

// Supervisor starts runs under systemd where it runs, and as daemons of their own elsewhere.
type Supervisor struct {
	Exe     string // path of this program
	Systemd bool   // systemd is this machine's init
}

var _ port.Supervisor = Supervisor{}

// SystemdRuns reports whether systemd is this machine's init, as sd_booted(3) does.
func SystemdRuns() bool {
	info, err := os.Lstat("/run/systemd/system")
	return err == nil && info.IsDir()
}

// Launch starts a run that lives on when the caller ends.
func (s Supervisor) Launch(ctx context.Context, job string, run int, logPath string) error {
	if s.Systemd {
		return s.unit(ctx, job, run, logPath)
	}
	return s.daemon(job, logPath)
}

// unit starts the run as a transient service. KillMode=mixed sends SIGTERM to the run alone, so that it can end its
// child and say so; on-abnormal brings back a run that was killed, which goes on as the job's next run.
func (s Supervisor) unit(ctx context.Context, job string, run int, logPath string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	name := unitName(job, run)
	cmd := exec.CommandContext(ctx, "systemd-run", "--quiet", "--collect", "--unit="+name,
		"-p", "Type=exec", "-p", "KillMode=mixed", "-p", "TimeoutStopSec=60",
		"-p", "Restart=on-abnormal", "-p", "RestartSec=2", "-p", "StartLimitIntervalSec=3600", "-p",
		"StartLimitBurst=3",
		"-p", "StandardOutput=append:"+logPath, "-p", "StandardError=append:"+logPath,
		"--", s.Exe, "run", job)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("systemd-run: %w: %s", err, reason.Clean(string(out), 300))
	}
	return nil
}

// daemon starts the run in a session of its own with no descriptor of the caller's.
func (s Supervisor) daemon(job, logPath string) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	log, err := os.OpenFile(logPath, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.Exe, "run", job)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = "/", null, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// Cancel ends the units of a job's runs, one that waits to be restarted too. That a unit is not there is no error; what
// still runs shows in the lock.
func (s Supervisor) Cancel(ctx context.Context, job string, runs int) error {
	if !s.Systemd {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	args := []string{"stop", "--no-block"}
	for n := 1; n <= runs; n++ {
		args = append(args, unitName(job, n)+".service")
	}
	if err := exec.CommandContext(ctx, "systemctl", args...).Run(); ctx.Err() != nil {
		return fmt.Errorf("systemctl does not answer: %w", err)
	}
	return nil
}

func unitName(job string, run int) string { return fmt.Sprintf("burnish-%s-%d", job, run) }

// Terminate sends SIGTERM; a process that is gone already is no error.
func (Supervisor) Terminate(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("process %d cannot be told to end: %w", pid, err)
	}
	return nil
}

// Gone reports whether the process has ended; one that waits to be reaped has.
func (Supervisor) Gone(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH)
	}
	after := stat[strings.LastIndexByte(string(stat), ')')+1:]
	fields := strings.Fields(string(after))
	return len(fields) > 0 && (fields[0] == "Z" || fields[0] == "X")
}
