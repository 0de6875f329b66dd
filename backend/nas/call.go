package nas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"burnish/backend/reason"
	"burnish/backend/wire"
)

// ErrNoRunner means that the runner is not on the NAS: Deploy, then call once more.
var ErrNoRunner = errors.New("the runner is not on the NAS")

// What startScript says on stderr instead of starting.
const (
	saysMissing = "burnish: missing"
	saysChanged = "burnish: changed"
)

// startScript: $1 the runner's file, $2 its SHA-256, $3 the verb. Between the check and the start only root could put
// another file there.
const startScript = setPath + `[ -f "$1" ] || { echo "` + saysMissing + `" >&2; exit 127; }; h=$(sha256sum < "$1") || exit 126; ` +
	`[ "${h%% *}" = "$2" ] || { echo "` + saysChanged + `" >&2; exit 126; }; exec "$1" "$3"`

// noAnswerError is a runner that ended without an end frame, by itself.
type noAnswerError struct {
	status int
	stderr string
}

func (e *noAnswerError) Error() string {
	return fmt.Sprintf("the runner ended without an answer (status %d): %s", e.status, e.stderr)
}

// Call asks the runner and hands each frame of its answer to each, which may end the call with an error. It returns
// nil only after an end frame. All frames together may have wire.MaxReply bytes, an inventory's wire.MaxInventory.
//
// Errors: the runner's own; ErrNoRunner; no_root, runner_changed, connection_lost (also when ctx reached its
// deadline), nas_garbage, nas_too_much; ctx.Err() if ctx was cancelled.
func (c *Conn) Call(ctx context.Context, verb wire.Verb, req any, root bool, each func(wire.Frame) error) error {
	return c.spoken(c.invoke(ctx, c.placed(), verb, req, root, each))
}

// spoken makes an error for people of a runner that did not answer.
func (c *Conn) spoken(err error) error {
	var none *noAnswerError
	if errors.As(err, &none) {
		return c.garbage(none.Error())
	}
	return err
}

func (c *Conn) invoke(ctx context.Context, at placed, verb wire.Verb, req any, root bool,
	each func(wire.Frame) error) error {
	p, err := c.ask(ctx, at, verb, req, root, false)
	if err != nil {
		return err
	}
	defer p.close()
	limit := int64(wire.MaxReply)
	if verb == wire.VerbInventory {
		limit = wire.MaxInventory
	}
	for frames := wire.NewReader(p.stdout, limit); ; {
		f, err := frames.Next()
		switch {
		case err != nil:
			return c.stopped(ctx, p, at, root, err)
		case f.Type == wire.FrameEnd:
			return nil
		case f.Type == wire.FrameBeat:
			continue
		}
		if err := each(f); err != nil {
			return err
		}
	}
}

// ask starts the runner with a request on its stdin, which is closed behind it unless this is a follow.
func (c *Conn) ask(ctx context.Context, at placed, verb wire.Verb, req any, root, follow bool) (*process, error) {
	if at.file == "" {
		return nil, ErrNoRunner
	}
	command := commandLine(startScript, at.file, at.sum, string(verb))
	var first []byte
	if root {
		var err error
		if command, first, err = c.asRoot(ctx, command); err != nil {
			return nil, err
		}
	}
	p, err := c.start(ctx, command, follow)
	if err != nil {
		return nil, err
	}
	go func() {
		// What keeps the runner from reading shows in its answer.
		if _, err := p.stdin.Write(first); err == nil {
			err = wire.WriteRequest(p.stdin, req)
			if err == nil && follow {
				close(p.asked)
				return
			}
		}
		p.stdin.Close()
	}()
	return p, nil
}

// stopped says what it means that the frames stopped without an end.
func (c *Conn) stopped(ctx context.Context, p *process, at placed, root bool, err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return c.late(ctx, p, err)
	}
	if !p.settle(ctx) || p.status() < 0 {
		return c.cut(ctx, errors.New("the answer was cut off"))
	}
	said := p.stderr.lines()
	switch {
	case !p.began.Load() && root && c.facts.UID != 0:
		return c.noRoot(said)
	case !p.began.Load():
		return c.noShell(p.status(), p.noise.lines(), p.stderr.lines())
	case strings.HasSuffix(said, saysChanged):
		return reason.New(reason.RunnerChanged, "path", at.file)
	case strings.HasSuffix(said, saysMissing), p.status() == 127 && strings.Contains(said, "not found"):
		return ErrNoRunner
	case root:
		if err := c.sudoEnded(ctx, p.status()); err != nil {
			return err
		}
	}
	return &noAnswerError{p.status(), said}
}
