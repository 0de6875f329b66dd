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
	"strconv"
	"strings"
	"time"

	"burnish/backend/nas/link"
	"burnish/backend/reason"
)

// maxScript bounds what one of the small scripts may print, in bytes.
const maxScript = 64 << 10

// setPath sets the PATH of all scripts: what they call is found although a login without a terminal lacks sbin.
const setPath = `PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin; export PATH LC_ALL=C; `

// scriptBegins is the first line of every script, on stdout and stderr. A start-up file or a ForceCommand that prints
// the command line itself does not print it, since it stands there in two pieces.
const (
	scriptBegins = "burnish-begins"
	sayBegins    = `echo burnish-"begins"; echo burnish-"begins" >&2; `
)

// scriptDone is the last line of a script that did all it should.
const scriptDone = "burnish-done"

// scriptError is a script that ran and did not do what it should.
type scriptError struct {
	status int
	stderr string
	began  bool   // false: the login, or sudo, did not run it
	noise  string // what the login printed before
}

func (e *scriptError) Error() string {
	if e.stderr == "" {
		return fmt.Sprintf("it ended with status %d", e.status)
	}
	return e.stderr
}

// run executes a command that prints lines and then scriptDone, and gives the lines. What a login prints behind that is
// left out. Without scriptDone the error is a *scriptError.
func (c *Conn) run(ctx context.Context, limit time.Duration, command string, stdin io.Reader) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p, err := c.start(ctx, command, false)
	if err != nil {
		return nil, err
	}
	defer p.close()
	go func() {
		// A command that ends without reading all of its stdin says so by its exit.
		if stdin != nil {
			_, _ = io.Copy(p.stdin, stdin)
		}
		p.stdin.Close()
	}()
	out, err := io.ReadAll(io.LimitReader(p.stdout, maxScript+1))
	if len(out) > maxScript {
		return nil, reason.New(reason.NASTooMuch, "what", "the answer of a small script", "limit", "64 KiB")
	}
	if err != nil {
		return nil, c.late(ctx, p, err)
	}
	var lines []string
	for scan := bufio.NewScanner(bytes.NewReader(out)); scan.Scan(); {
		lines = append(lines, scan.Text())
	}
	for i, line := range slices.Backward(lines) {
		if line == scriptDone {
			return lines[:i], nil
		}
	}
	if !p.settle(ctx) || p.status() < 0 {
		return nil, c.cut(ctx, errors.New("a command was cut off"))
	}
	return nil, &scriptError{p.status(), p.stderr.lines(), p.began.Load(), p.noise.lines()}
}

// cut says why a stream from the NAS broke.
func (c *Conn) cut(ctx context.Context, err error) error {
	var said *reason.Said
	switch {
	case errors.As(err, &said):
		return err
	case c.Err() != nil:
		return c.Err()
	case ctx.Err() != nil:
		return c.ended(ctx, "a command ran too long")
	}
	return reason.New(reason.ConnectionLost, "nas", c.target.Name, "error", link.Brief(err))
}

// Facts are what a login finds about the machine behind it.
type Facts struct {
	GOARCH    string // amd64 or arm64
	UID, GID  int    // of the login
	MachineID string // 32 hex digits; "" where the machine has none
	Hostname  string
	System    string // what the machine calls its system, for people; "" where it does not say
}

// probe is a line that the facts script must find on its stdin: a start-up file that reads would take what is meant
// for the commands, which then wait in vain.
const probe = "burnish-probe"

// factsScript prints one key=value a line.
const factsScript = setPath + `echo "os=$(uname -s)"; echo "arch=$(uname -m)"; echo "uid=$(id -u)"; echo "gid=$(id -g)"; ` +
	`for f in /etc/machine-id /var/lib/dbus/machine-id; do [ -r "$f" ] && { echo "machine=$(head -n 1 "$f")"; break; }; done; ` +
	`if command -v midclt >/dev/null 2>&1 && [ -r /etc/version ]; then echo "system=TrueNAS $(head -n 1 /etc/version)"; ` +
	`elif [ -r /etc/os-release ]; then sed -n "s/^PRETTY_NAME=/system=/p" /etc/os-release; fi; ` +
	`echo "host=$(uname -n)"; IFS= read -r l; echo "stdin=$l"; echo ` + scriptDone

// maxSystem bounds the name of a system, in bytes.
const maxSystem = 80

var (
	plainWord = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	machineID = regexp.MustCompile(`^[0-9a-f]{32}$`)
	hostname  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,253}$`)
)

// learn reads the facts, and refuses another machine and one that cannot run the runner.
func (c *Conn) learn(ctx context.Context) error {
	lines, err := c.runPlain(ctx, strings.NewReader(probe+"\n"), factsScript)
	var failed *scriptError
	if errors.As(err, &failed) {
		return c.garbage("the login runs no commands: " + failed.Error())
	}
	if err != nil {
		return err
	}
	said := map[string]string{}
	for _, line := range lines {
		if key, value, ok := strings.Cut(line, "="); ok {
			said[key] = strings.TrimSpace(value)
		}
	}
	if got, told := said["stdin"]; told && got != probe {
		return reason.New(reason.LoginReads, "user", c.target.User, "nas", c.target.Name)
	}
	if !plainWord.MatchString(said["os"]) || !plainWord.MatchString(said["arch"]) {
		return c.garbage("it does not tell its system")
	}
	f := Facts{}
	switch said["arch"] {
	case "x86_64", "amd64":
		f.GOARCH = "amd64"
	case "aarch64", "arm64":
		f.GOARCH = "arm64"
	}
	if said["os"] != "Linux" || f.GOARCH == "" {
		return reason.New(reason.PlatformUnsupported, "nas", c.target.Name, "platform", said["os"]+" on "+said["arch"])
	}
	if f.UID, err = parseID(said["uid"]); err == nil {
		f.GID, err = parseID(said["gid"])
	}
	if err != nil {
		return c.garbage("it does not tell the login's ids")
	}
	if machineID.MatchString(said["machine"]) {
		f.MachineID = said["machine"]
	}
	if hostname.MatchString(said["host"]) {
		f.Hostname = said["host"]
	}
	f.System = reason.Clean(strings.Trim(said["system"], `"'`), maxSystem)
	if known := c.target.MachineID; known != "" && known != f.MachineID {
		shown := f.MachineID
		if shown == "" {
			shown = "one without a machine id"
		}
		return reason.New(reason.NASChanged, "nas", c.target.Name, "known", known, "shown", shown)
	}
	c.facts = f
	return nil
}

func parseID(s string) (int, error) {
	id, err := strconv.ParseUint(s, 10, 32)
	return int(id), err
}
