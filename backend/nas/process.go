package nas

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"burnish/backend/nas/link"
	"burnish/backend/reason"
)

const (
	keptErrors = 64 << 10 // bytes of stderr that are kept: the last ones
	maxErrors  = 16 << 20 // bytes of stderr after which the command is given up
	maxNoise   = 1 << 20  // bytes that a login may print before what was asked for begins
)

// process is a command that runs on the NAS in a channel of its own. Its stdin may block and is for one goroutine;
// its stdout ends with an error as soon as the context, the connection or the command does. What the login prints
// before the command begins, as a shell's start-up files do, is no part of stdout.
type process struct {
	stdin  io.WriteCloser
	stdout *io.PipeReader
	stderr *tail
	noise  *tail         // what came before
	began  atomic.Bool   // the command itself has spoken
	asked  chan struct{} // closed when a request stands on stdin

	lane    *lane
	session *ssh.Session
	pipe    *io.PipeWriter // feeds stdout
	gone    chan struct{}  // closed when the server has closed the channel
	exit    error          // of the command; valid once gone is closed
	given   sync.Once
	up      chan struct{} // closed when this side has closed the channel
}

// patience is how long a channel that was closed here keeps its lane where the server does not close it: a command
// that hangs in the kernel, or no SSH server at all.
const patience = 10 * time.Second

// start runs a command. ctx governs all of its life.
func (c *Conn) start(ctx context.Context, command string, follow bool) (*process, error) {
	late := time.Now().Add(c.opts.OpenTimeout)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		ctx, cancel := c.bound(ctx)
		lane, err := c.lanes.take(ctx, follow)
		if err != nil {
			err = c.ended(ctx, "no channel was free")
			cancel()
			return nil, err
		}
		p, err := c.open(ctx, lane, command)
		if err == nil {
			p.watch(ctx, cancel)
			return p, nil
		}
		var refused *ssh.OpenChannelError
		if !errors.As(err, &refused) {
			cancel()
			return nil, err
		}
		if lane.refused() {
			cancel()
			continue
		}
		// Nothing else is open on this side, so the server has not yet done away with what was closed.
		lane.release()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			err = c.ended(ctx, "the server allows no channel: "+refused.Error())
			cancel()
			return nil, err
		}
		cancel()
		if time.Now().After(late) {
			return nil, c.unusable("it allows no command: " + refused.Error())
		}
	}
}

// bound makes a context that ends with the connection too.
func (c *Conn) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.life, func() { cancel(c.Err()) })
	return ctx, func() {
		stop()
		cancel(context.Canceled)
	}
}

// ended says why a bound context is over: the connection, the caller's deadline, or the caller.
func (c *Conn) ended(ctx context.Context, late string) error {
	switch {
	case c.Err() != nil:
		return c.Err()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return reason.New(reason.ConnectionLost, "nas", c.target.Name, "error", "no answer in time: "+late)
	}
	return context.Cause(ctx)
}

func (c *Conn) unusable(what string) error {
	return reason.New(reason.NASUnreachable, "nas", c.target.Name, "address", c.target.Address(), "error", what)
}

// open opens a channel and starts the command. If it does not come about in time, the lane is held until the server
// has spoken.
func (c *Conn) open(ctx context.Context, lane *lane, command string) (*process, error) {
	type opened struct {
		p   *process
		err error
	}
	result := make(chan opened, 1)
	go func() {
		p, err := c.command(lane, command)
		result <- opened{p, err}
	}()
	timer := time.NewTimer(c.opts.OpenTimeout)
	defer timer.Stop()
	var err error
	select {
	case o := <-result:
		var refused *ssh.OpenChannelError
		var not *notRun
		if errors.As(o.err, &not) && c.Err() == nil && !link.Broken(o.err) {
			lane.release()
			return nil, c.noCommands("the server runs no commands for this login")
		}
		if o.err != nil && !errors.As(o.err, &refused) {
			lane.release()
			return nil, c.lostOr(c.unusable("it starts no command: " + link.Brief(o.err)))
		}
		return o.p, o.err
	case <-ctx.Done():
		err = c.ended(ctx, "a channel was asked for")
	case <-timer.C:
		err = reason.New(reason.ConnectionLost, "nas", c.target.Name, "error", "no answer in time: a channel was "+
			"asked for")
	}
	go func() {
		if o := <-result; o.err == nil {
			o.p.give(err)
			<-o.p.gone
		}
		lane.release()
	}()
	return nil, err
}

// notRun is a command that the server did not start in a channel that it opened.
type notRun struct{ error }

// Unwrap gives the library's error.
func (e *notRun) Unwrap() error { return e.error }

// command starts the command in a new channel. It may block as long as the connection lives.
func (c *Conn) command(lane *lane, command string) (*process, error) {
	s, err := c.client.NewSession()
	if err != nil {
		return nil, err
	}
	p := &process{lane: lane, session: s, asked: make(chan struct{}), gone: make(chan struct{}),
		up: make(chan struct{})}
	p.stdout, p.pipe = io.Pipe()
	p.stderr = &tail{limit: maxErrors, flood: func() {
		p.give(reason.New(reason.NASTooMuch, "what", "the error output", "limit", "16 MiB"))
	}}
	p.noise = &tail{limit: maxNoise, flood: func() { p.give(c.noisy(p.noise)) }}
	out, err := s.StdoutPipe()
	if err == nil {
		p.stdin, err = s.StdinPipe()
	}
	if err == nil {
		s.Stderr = p.stderr
		if err = s.Start(command); err != nil {
			err = &notRun{err}
		}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	go func() {
		// Not io.Copy's error: the end of a channel looks the same whatever its cause, and Wait knows the cause.
		_, _ = io.Copy(p.pipe, p.begin(out))
		p.pipe.Close()
	}()
	go func() {
		p.exit = s.Wait()
		close(p.gone)
	}()
	return p, nil
}

// watch ends the process with its context, and gives its lane back when the server has closed the channel.
func (p *process) watch(ctx context.Context, cancel context.CancelFunc) {
	stop := context.AfterFunc(ctx, func() { p.give(context.Cause(ctx)) })
	go func() {
		select {
		case <-p.gone:
		case <-p.up:
			select {
			case <-p.gone:
			case <-time.After(patience):
			}
		}
		p.lane.release()
		stop()
		cancel()
	}()
}

// close ends the process if it has not ended, and does not wait for it.
func (p *process) close() { p.give(io.ErrClosedPipe) }

// give gives the process up: whoever reads its stdout sees err.
func (p *process) give(err error) {
	p.given.Do(func() {
		p.pipe.CloseWithError(err)
		p.session.Close()
		close(p.up)
	})
}

// settle waits a little for the command's exit to be known. It reports whether it is.
func (p *process) settle(ctx context.Context) bool {
	timer := time.NewTimer(5 * time.Second)
	defer timer.Stop()
	select {
	case <-p.gone:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// status is the command's exit status, -1 if none came: then the channel was cut.
func (p *process) status() int {
	var exit *ssh.ExitError
	switch {
	case p.exit == nil:
		return 0
	case errors.As(p.exit, &exit):
		return exit.ExitStatus()
	}
	return -1
}

// tail keeps the end of what is written to it, and how it began.
type tail struct {
	limit int64
	flood func() // called once more than the limit came

	mu    sync.Mutex
	head  []byte
	kept  []byte
	total int64
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.head = append(t.head, p[:min(len(p), maxHead-len(t.head))]...)
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - keptErrors; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	t.total += int64(len(p))
	flood := t.total > t.limit
	t.mu.Unlock()
	if flood {
		t.flood()
		return 0, errors.New("it is too much")
	}
	return len(p), nil
}

// lines are the last lines that say something, on one line, of what came after the command began if it did.
func (t *tail) lines() string {
	said := t.all()
	return strings.Join(said[max(0, len(said)-4):], "; ")
}

// all are all lines that are kept and say something, of what came after the command began if it did.
func (t *tail) all() []string {
	t.mu.Lock()
	text := string(t.kept)
	t.mu.Unlock()
	if i := strings.LastIndex(text, scriptBegins+"\n"); i >= 0 {
		text = text[i+len(scriptBegins):]
	}
	var said []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			said = append(said, line)
		}
	}
	return said
}
