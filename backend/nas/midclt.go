package nas

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"burnish/backend/reason"
)

// ErrNoMidclt means that the NAS has no midclt, so it is no TrueNAS.
var ErrNoMidclt = errors.New("the NAS has no midclt")

// ErrOtherDisk means that the name of a disk is not what it was: nothing was called.
var ErrOtherDisk = errors.New("the name is another disk's now")

// maxMidclt bounds an answer of TrueNAS's middleware: a few KiB for each of its disks.
const maxMidclt = 8 << 20

// loginPath sets the PATH of what runs with the login's own rights, so that what it has in its own PATH may serve.
const loginPath = `PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:$PATH; export PATH LC_ALL=C; `

// midcltScript: $1 a method, the rest its arguments in JSON.
const midcltScript = loginPath + `command -v midclt >/dev/null || exit 127; midclt call "$@"; s=$?; echo; echo ` +
	scriptDone + `; exit $s`

// sameDiskScript: $1 the name of a disk, $2 and $3 what it was: the boot and the number that the kernel gave the disk.
// It calls nothing, and ends with 126, where the name is another's.
const sameDiskScript = loginPath + `command -v midclt >/dev/null || exit 127; d=/sys/block/$1; b=$2; n=$3; shift 3; ` +
	`[ "$(cat /proc/sys/kernel/random/boot_id)" = "$b" ] && [ "$(cat "$d/diskseq")" = "$n" ] || exit 126; ` +
	`midclt call "$@"; s=$?; echo; echo ` + scriptDone + `; exit $s`

// MidcltAnswer is what midclt printed for one call, and how it ended.
type MidcltAnswer struct {
	Out, Err string // Err: its lines that say something
	Status   int
}

// Midclt calls a method of TrueNAS's middleware with the login's own rights and gives what it prints; its exit status
// says little and is not looked at. Errors: those of MidcltCall.
func (c *Conn) Midclt(ctx context.Context, method string, args ...string) ([]byte, error) {
	a, err := c.MidcltCall(ctx, method, args...)
	if a.Out == "" {
		return []byte(a.Err), err
	}
	return []byte(a.Out), err
}

// MidcltCall is Midclt with all that came of the call. It never waits for a job of the middleware: a method that begins
// one answers with its id. Errors: ErrNoMidclt; connection_lost, where the method may have been called; nas_too_much.
func (c *Conn) MidcltCall(ctx context.Context, method string, args ...string) (MidcltAnswer, error) {
	return c.midclt(ctx, midcltScript, append([]string{method}, args...))
}

// MidcltOn is MidcltCall for a method on a disk, by whose name as of today it works. It is called in the moment in
// which the name was seen to be the disk that was looked at; else the error is ErrOtherDisk.
func (c *Conn) MidcltOn(ctx context.Context, disk KernelDisk, method string, args ...string) (MidcltAnswer, error) {
	return c.midclt(ctx, sameDiskScript, append([]string{disk.Name, disk.Boot, disk.Seq, method}, args...))
}

func (c *Conn) midclt(ctx context.Context, script string, args []string) (a MidcltAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.ScriptTimeout)
	defer cancel()
	p, err := c.start(ctx, commandLine(script, args...), false)
	if err != nil {
		return a, err
	}
	defer p.close()
	p.stdin.Close()
	out, err := io.ReadAll(io.LimitReader(p.stdout, maxMidclt+1))
	switch {
	case err != nil:
		return a, c.late(ctx, p, err)
	case len(out) > maxMidclt:
		return a, reason.New(reason.NASTooMuch, "what", "an answer of TrueNAS", "limit", "8 MiB")
	case !p.settle(ctx) || p.status() < 0:
		return a, c.cut(ctx, errors.New("midclt was cut off"))
	case !p.began.Load():
		return a, c.noShell(p.status(), p.noise.lines(), p.stderr.lines())
	case p.status() == 127:
		return a, ErrNoMidclt
	case p.status() == 126:
		return a, ErrOtherDisk
	}
	if i := bytes.LastIndex(out, []byte("\n"+scriptDone+"\n")); i >= 0 {
		out = out[:i]
	}
	out = bytes.TrimSuffix(out, []byte("\n"))
	return MidcltAnswer{string(out), strings.Join(p.stderr.all(), "\n"), p.status()}, nil
}
