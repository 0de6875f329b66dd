//go:build linux

package linux

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"burnish/backend/reason"
	"burnish/backend/size"
	"burnish/backend/wire"
)

// Path is where tools are looked for; an SSH login that is not root often has no sbin in its own.
const Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment is all that tools get to see.
func environment() []string { return []string{"PATH=" + Path, "LC_ALL=C"} }

// Tool runs a program of the NAS and gives its standard output, at most wire.MaxTool bytes. The exit code is in the
// error (*exec.ExitError), with the output beside it: for many tools it says little. The program dies with this
// process.
func Tool(ctx context.Context, name string, args ...string) ([]byte, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.Dir = environment(), "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	var out, errs capped
	out.max, errs.max = wire.MaxTool, 4096
	cmd.Stdout, cmd.Stderr = &out, &errs

	// The death signal comes when the starting thread ends, so the thread has to stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = cmd.Run()
	if out.over {
		return nil, reason.New(reason.NASTooMuch, "what", "the output of "+name, "limit",
			size.Text(wire.MaxTool))
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s did not answer: %w", name, context.Cause(ctx))
	}
	if err != nil && errs.Len() > 0 {
		err = fmt.Errorf("%w: %s", err, reason.Clean(errs.String(), 300))
	}
	return out.Bytes(), err
}

// capped keeps the first max bytes and takes the rest without keeping it.
type capped struct {
	bytes.Buffer
	max  int
	over bool
}

func (c *capped) Write(p []byte) (int, error) {
	if room := c.max - c.Len(); len(p) > room {
		c.over = true
		c.Buffer.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return c.Buffer.Write(p)
}
