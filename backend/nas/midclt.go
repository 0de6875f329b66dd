package nas

import (
	"bytes"
	"context"
	"errors"
	"io"

	"burnish/backend/reason"
)

// ErrNoMidclt means that the NAS has no midclt, so it is no TrueNAS.
var ErrNoMidclt = errors.New("the NAS has no midclt")

// maxMidclt bounds an answer of TrueNAS's middleware: a few KiB for each of its disks.
const maxMidclt = 8 << 20

// midcltScript: $1 a method, the rest its arguments in JSON. It runs with the login's own rights, so that what the
// login has in its own PATH may serve.
const midcltScript = `PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:$PATH; export PATH LC_ALL=C; ` +
	`command -v midclt >/dev/null || exit 127; midclt call "$@"; s=$?; echo; echo ` + scriptDone + `; exit $s`

// Midclt calls a method of TrueNAS's middleware with the login's own rights and gives what it prints; its exit status
// says little and is not looked at. Errors: ErrNoMidclt; connection_lost; nas_too_much.
func (c *Conn) Midclt(ctx context.Context, method string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.ScriptTimeout)
	defer cancel()
	p, err := c.start(ctx, shell(midcltScript, append([]string{method}, args...)...), false)
	if err != nil {
		return nil, err
	}
	defer p.close()
	p.stdin.Close()
	out, err := io.ReadAll(io.LimitReader(p.stdout, maxMidclt+1))
	switch {
	case err != nil:
		return nil, c.late(ctx, p, err)
	case len(out) > maxMidclt:
		return nil, reason.New(reason.NASTooMuch, "what", "an answer of TrueNAS", "limit", "8 MiB")
	case !p.settle(ctx) || p.status() < 0:
		return nil, c.cut(ctx, errors.New("midclt was cut off"))
	case !p.began.Load():
		return nil, c.noShell(p.status(), p.noise.lines(), p.stderr.lines())
	case p.status() == 127:
		return nil, ErrNoMidclt
	}
	if i := bytes.LastIndex(out, []byte("\n"+scriptDone+"\n")); i >= 0 {
		out = out[:i]
	}
	if len(out) == 0 {
		out = []byte(p.stderr.lines())
	}
	return out, nil
}
