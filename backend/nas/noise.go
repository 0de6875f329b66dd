package nas

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"burnish/backend/reason"
)

// maxHead is how much of the begin of an output is kept, in bytes.
const maxHead = 256

// begin reads over what the login prints before the command begins, and gives what follows. A login that prints more
// than maxNoise is given up.
func (p *process) begin(out io.Reader) io.Reader {
	mark := []byte(scriptBegins + "\n")
	in := bufio.NewReader(out)
	var end []byte // of what was read: the mark may lie across two pieces
	for {
		piece, err := in.ReadSlice('\n')
		end = append(end, piece...)
		if bytes.HasSuffix(end, mark) {
			p.began.Store(true)
			return in
		}
		end = end[max(0, len(end)-len(mark)):]
		if _, full := p.noise.Write(piece); full != nil || err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return in
		}
	}
}

// firstLine is the first line that says something.
func (t *tail) firstLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for line := range strings.Lines(string(t.head)) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return "a line without words"
}

func (c *Conn) noisy(noise *tail) error {
	return reason.New(reason.LoginNoisy, "user", c.target.User, "nas", c.target.Name, "limit", "1 MiB",
		"said", noise.firstLine())
}

// noShell is said of a login that ended by itself without having run what was asked for.
func (c *Conn) noShell(status int, printed ...string) error {
	return c.noCommands(fmt.Sprintf("the login ended with status %d before it ran what was asked for", status),
		printed...)
}

func (c *Conn) noCommands(how string, printed ...string) error {
	said := strings.Join(slices.DeleteFunc(printed, func(s string) bool { return s == "" }), "; ")
	if said == "" {
		said = "nothing"
	}
	return reason.New(reason.NoShell, "user", c.target.User, "nas", c.target.Name, "how", how, "said", said)
}

// late says why the stream of a process broke; where its time was up before it began, what the login printed belongs
// to that.
func (c *Conn) late(ctx context.Context, p *process, err error) error {
	if said := p.noise.lines(); c.Err() == nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && !p.began.Load() &&
		said != "" {
		return reason.New(reason.ConnectionLost, "nas", c.target.Name,
			"error", "no answer in time: the login did not run what was asked for, and printed: "+said)
	}
	return c.cut(ctx, err)
}

// runPlain is run with the login's own rights.
func (c *Conn) runPlain(ctx context.Context, stdin io.Reader, script string, args ...string) ([]string, error) {
	lines, err := c.run(ctx, c.opts.ScriptTimeout, commandLine(script, args...), stdin)
	var failed *scriptError
	if errors.As(err, &failed) && !failed.began {
		return nil, c.noShell(failed.status, failed.noise, failed.stderr)
	}
	return lines, err
}

// Where sudo lists what a login may do, it names how long a command may take.
var sudoLimit = regexp.MustCompile(`(?i)\b(?:command_)?timeout=([0-9]+[0-9dhms]*)`)

const (
	listScript      = setPath + `sudo -n -k -l; echo ` + scriptDone
	listAskedScript = setPath + `sudo -k -S -p "" -l; echo ` + scriptDone
)

// sudoEnded says that sudo itself ended a command, by a signal as it does after its command_timeout. It is nil where
// that is not known.
func (c *Conn) sudoEnded(ctx context.Context, status int) error {
	if status <= 128 || c.facts.UID == 0 {
		return nil
	}
	var lines []string
	var err error
	if c.target.Sudo == SudoPassword {
		var password []byte
		if password, err = c.password(ctx); err == nil {
			lines, err = c.run(ctx, c.opts.ScriptTimeout, commandLine(listAskedScript), bytes.NewReader(password))
		}
	} else {
		lines, err = c.runPlain(ctx, nil, listScript)
	}
	if err != nil {
		return nil
	}
	if m := sudoLimit.FindStringSubmatch(strings.Join(lines, " ")); m != nil {
		limit := m[1]
		if strings.Trim(limit, "0123456789") == "" {
			limit += " s"
		}
		return reason.New(reason.SudoTimeout, "user", c.target.User, "nas", c.target.Name, "limit", limit)
	}
	return nil
}
