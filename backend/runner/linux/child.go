//go:build linux

package linux

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"burnish/backend/runner/port"
)

// childDrive is the name under which a child finds the held drive: the first descriptor after the standard ones.
const childDrive = "/proc/self/fd/3"

// Find looks for a program where administrators' programs lie.
func (d *held) Find(program string) (string, error) { return exec.LookPath(program) }

// Spawn starts a program in a process group of its own, on the held drive.
func (d *held) Spawn(s port.Spawn) (port.Process, error) {
	path, err := exec.LookPath(s.Program)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path)
	for _, arg := range s.Args {
		if arg == port.DriveArg {
			arg = childDrive
		}
		cmd.Args = append(cmd.Args, arg)
	}
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = environment(), "/", s.Stdout, s.Stderr
	cmd.ExtraFiles = []*os.File{d.file}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	c := &child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The death signal comes when the starting thread ends, so that this one stays until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		c.err = cmd.Wait()
		c.bury()
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s could not be started: %w", s.Program, err)
	}
	return c, nil
}

// child is a program at work. Its process group is its own.
type child struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // after done
}

func (c *child) PID() int              { return c.cmd.Process.Pid }
func (c *child) Done() <-chan struct{} { return c.done }

func (c *child) Ended() (clean bool, how string) {
	<-c.done
	if c.err == nil {
		return true, "by itself, exit code 0"
	}
	return false, c.err.Error()
}

// Pause stops the whole group, or lets it go on.
func (c *child) Pause(on bool) {
	sig := syscall.SIGCONT
	if on {
		sig = syscall.SIGSTOP
	}
	select {
	case <-c.done:
	default:
		_ = syscall.Kill(-c.PID(), sig)
	}
}

// Kill sends SIGKILL to the group: badblocks handles every signal that can be handled, and reports a stop as an error.
func (c *child) Kill() {
	select {
	case <-c.done: // the number may be another's by now
	default:
		_ = syscall.Kill(-c.PID(), syscall.SIGKILL)
	}
}

// bury ends what the child has left behind in its group, and waits until nothing of it is there. A process that waits
// for a drive that does not answer cannot be ended before it does.
func (c *child) bury() {
	for syscall.Kill(-c.PID(), syscall.SIGKILL) == nil {
		time.Sleep(10 * time.Millisecond)
	}
}
