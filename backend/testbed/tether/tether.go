//go:build linux

package tether

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Child is a running program that dies with the test's process.
type Child struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start runs cmd, which must not have been started, in a session of its own, so that a ^C in the
// terminal reaches the test and not the child before it.
func Start(cmd *exec.Cmd) (*Child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	c := &Child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(c.done)
		// The kernel sends the signal when the thread ends that made the child, so that thread is kept.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return c, nil
}

// Pid is the process id; it is the child's own until Done is closed.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Done is closed when the child has ended and was reaped.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err says how the child ended, as exec.Cmd.Wait does. It waits for the end.
func (c *Child) Err() error {
	<-c.done
	return c.err
}

// Ended waits for the child's end, at most for the given time, and reports whether it came.
func (c *Child) Ended(within time.Duration) bool {
	select {
	case <-c.done:
		return true
	case <-time.After(within):
		return false
	}
}

// Kill ends the child with SIGKILL and waits until it is gone. A child that has ended already is fine.
func (c *Child) Kill() {
	c.cmd.Process.Kill()
	<-c.done
}

// Will is a POSIX shell script that is run as root or whoever runs the test, if and only if the test's
// process ends without having revoked it.
type Will struct {
	child *exec.Cmd
	life  io.WriteCloser
}

// NewWill leaves script with its positional parameters $1, $2, ... It ends the test if that fails.
// The test must revoke the will once its own cleanup has done what the will would do.
func NewWill(t testing.TB, script string, args ...string) *Will {
	t.Helper()
	// read fails at the end of the file, which the kernel makes when the last writer, the test, is gone.
	argv := append([]string{"-c", "read _ && exit 0\n" + script, "burnish-test-will"}, args...)
	w := &Will{child: exec.Command("/bin/sh", argv...)}
	w.child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var err error
	if w.life, err = w.child.StdinPipe(); err == nil {
		err = w.child.Start()
	}
	if err != nil {
		t.Fatalf("leave a will for the case that the test is killed: %v", err)
	}
	return w
}

// Revoke ends the will without running it.
func (w *Will) Revoke() error {
	_, err := io.WriteString(w.life, "revoked\n")
	return errors.Join(err, w.life.Close(), w.child.Wait())
}
