package nas

import (
	"context"
	"errors"
	"io"
	"strings"

	"burnish/backend/reason"
)

// rootWay is how this connection becomes root. It is found at the first call that needs it and then kept.
type rootWay struct {
	turn  chan struct{} // holds one token
	found way
}

type way int

const (
	unasked way = iota
	isRoot
	sudoFree  // sudo does not ask
	sudoAsked // sudo wants the password each time
)

func newRootWay() rootWay {
	w := rootWay{turn: make(chan struct{}, 1)}
	w.turn <- struct{}{}
	return w
}

// What sudo says is read, so it has to say it in English, whatever the login's language. This works in every shell.
const (
	inEnglish    = "env LC_ALL=C "
	withPassword = inEnglish + "sudo -k -S -p '' -- "
)

// asRoot gives the command line that runs command as root, and what must stand first on its stdin. command must be
// one made by shell. Its error is no_root, or sudo_refused, where the login cannot become root.
func (c *Conn) asRoot(ctx context.Context, command string) (string, []byte, error) {
	w, err := c.wayToRoot(ctx)
	if err != nil {
		return "", nil, err
	}
	switch w {
	case sudoFree:
		return inEnglish + "sudo -n -k -- " + command, nil, nil
	case sudoAsked:
		password, err := c.password(ctx)
		return withPassword + command, password, err
	case unasked, isRoot:
	}
	return command, nil, nil
}

// HasRoot reports whether the login can become root; no_root says why not, sudo_refused that the password is wrong.
func (c *Conn) HasRoot(ctx context.Context) error {
	_, err := c.wayToRoot(ctx)
	return err
}

func (c *Conn) wayToRoot(ctx context.Context) (way, error) {
	if c.facts.UID == 0 {
		return isRoot, nil
	}
	if c.target.Sudo == SudoNone || c.target.Sudo == "" {
		return unasked, c.noRoot("the login is not root and the profile has no sudo")
	}
	select {
	case <-c.root.turn:
	case <-ctx.Done():
		return unasked, c.ended(ctx, "the way to root was being looked for")
	}
	defer func() { c.root.turn <- struct{}{} }()
	if c.root.found == unasked {
		found, err := c.findRoot(ctx)
		if err != nil {
			return unasked, err
		}
		c.root.found = found
	}
	return c.root.found, nil
}

// rootScript shows that sudo gave what it should.
const rootScript = setPath + `[ "$(id -u)" = 0 ] && echo ` + scriptDone

// findRoot tries sudo. The password is tried alone, with nothing behind it: were it wrong, sudo would take the next
// lines of stdin for further tries.
func (c *Conn) findRoot(ctx context.Context) (way, error) {
	_, err := c.run(ctx, c.opts.ScriptTimeout, inEnglish+"sudo -n -k -- "+commandLine(rootScript), nil)
	var failed *scriptError
	if err == nil || !errors.As(err, &failed) {
		return sudoFree, err
	}
	if c.target.Sudo != SudoPassword {
		return unasked, c.noRoot(failed.Error())
	}
	password, err := c.password(ctx)
	if err != nil {
		return unasked, err
	}
	_, err = c.run(ctx, c.opts.ScriptTimeout, withPassword+commandLine(rootScript), strings.NewReader(string(password)))
	if errors.As(err, &failed) {
		if text := failed.Error(); strings.Contains(text, "incorrect password") || strings.Contains(text,
			"Sorry, try again") {
			return unasked, reason.New(reason.SudoRefused, "user", c.target.User, "nas", c.target.Name, "error", text)
		}
		return unasked, c.noRoot(failed.Error())
	}
	return sudoAsked, err
}

// password gives the password as the line that sudo reads.
func (c *Conn) password(ctx context.Context) ([]byte, error) {
	if c.target.SudoPassword == nil {
		return nil, c.noRoot("sudo asks for a password and none is saved")
	}
	password, err := c.target.SudoPassword(ctx)
	var said *reason.Said
	switch {
	case ctx.Err() != nil:
		return nil, c.ended(ctx, "the sudo password was asked for")
	case errors.As(err, &said):
		return nil, err
	case err != nil:
		return nil, c.noRoot("the sudo password could not be had: " + err.Error())
	case strings.ContainsAny(password, "\n\x00"):
		return nil, c.noRoot("the sudo password holds a line break")
	}
	return []byte(password + "\n"), nil
}

func (c *Conn) noRoot(why string) error {
	return reason.New(reason.NoRoot, "user", c.target.User, "nas", c.target.Name, "error", why)
}

// runRoot is run, as root.
func (c *Conn) runRoot(ctx context.Context, stdin io.Reader, script string, args ...string) ([]string, error) {
	limit := c.opts.ScriptTimeout
	if stdin != nil {
		limit = c.opts.UploadTimeout
	}
	command, first, err := c.asRoot(ctx, commandLine(script, args...))
	if err != nil {
		return nil, err
	}
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	lines, err := c.run(ctx, limit, command, io.MultiReader(strings.NewReader(string(first)), stdin))
	var failed *scriptError
	if errors.As(err, &failed) {
		if ended := c.sudoEnded(ctx, failed.status); ended != nil {
			return nil, ended
		}
	}
	return lines, err
}
