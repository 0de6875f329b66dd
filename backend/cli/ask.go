package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"burnish/backend/credentials"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// Asker asks a person one line at a terminal.
type Asker func(ctx context.Context, text string, echo bool) (secret.Secret, error)

// maxAnswer bounds one answer, in bytes.
const maxAnswer = 4 << 10

// AskAt asks at the terminal that in is, and writes the questions to out; nil where in is none. A question ends with
// its context; the terminal is then as it was.
func AskAt(in *os.File, out io.Writer) Asker {
	fd := int(in.Fd())
	if !term.IsTerminal(fd) {
		return nil
	}
	return func(ctx context.Context, text string, echo bool) (secret.Secret, error) {
		before, err := term.GetState(fd)
		if err != nil {
			return secret.Secret{}, err
		}
		fmt.Fprintf(out, "%s: ", text)
		type answer struct {
			line []byte
			err  error
		}
		given := make(chan answer, 1)
		go func() {
			var a answer
			if echo {
				a.line, a.err = readLine(in)
			} else {
				a.line, a.err = term.ReadPassword(fd)
			}
			given <- a
		}()
		select {
		case a := <-given:
			if !echo {
				fmt.Fprintln(out)
			}
			return secret.New(string(a.line)), a.err
		case <-ctx.Done():
			fmt.Fprintln(out)
			return secret.Secret{}, errors.Join(ctx.Err(), term.Restore(fd, before))
		}
	}
}

// readLine reads no further than the end of the line, so that the next question finds the next one.
func readLine(r io.Reader) ([]byte, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxAnswer; {
		n, err := r.Read(b)
		switch {
		case n == 1 && b[0] == '\n':
			if last := len(line) - 1; last >= 0 && line[last] == '\r' {
				line = line[:last]
			}
			return line, nil
		case n == 1:
			line = append(line, b[0])
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case err != nil:
			return nil, err
		}
	}
	return nil, errors.New("the line is too long")
}

// person is credentials.Provider.Person at a terminal.
func (a *app) person(ctx context.Context, q credentials.Question) (secret.Secret, error) {
	text := clean(q.Text)
	if q.Again {
		text = "That was wrong. " + text
	}
	s, err := a.Ask(ctx, text, q.Echo)
	if err != nil || q.About != credentials.AboutNewSeal {
		return s, err
	}
	again, err := a.Ask(ctx, "The same once more", false)
	if err == nil && again.Reveal() != s.Reveal() {
		err = reason.New(reason.WrongUse, "what", "the two passphrases differ", "hint", "Type the same one twice.")
	}
	return s, err
}

// secretLine takes a secret from the terminal, else from the next line of stdin. An error is wrong_use; io.EOF where
// stdin has ended.
func (a *app) secretLine(ctx context.Context, text string) (secret.Secret, error) {
	if a.Ask != nil {
		return a.Ask(ctx, text, false)
	}
	if a.Stdin == nil {
		return secret.Secret{}, io.EOF
	}
	if a.lines == nil {
		a.lines = bufio.NewReader(a.Stdin)
	}
	line, err := readLine(a.lines)
	if err == nil && strings.ContainsRune(string(line), 0) {
		err = errors.New("it holds a NUL")
	}
	return secret.New(string(line)), err
}

// mustSecret is secretLine for a secret that cannot be left out.
func (a *app) mustSecret(ctx context.Context, text string) (secret.Secret, error) {
	s, err := a.secretLine(ctx, text)
	if err == nil && !s.Empty() {
		return s, nil
	}
	if ctx.Err() != nil {
		return s, ctx.Err()
	}
	why := "it is empty"
	if err != nil && !errors.Is(err, io.EOF) {
		why = err.Error()
	}
	return s, reason.New(reason.WrongUse, "what", strings.ToLower(text[:1])+text[1:]+": "+why,
		"hint", "Type it at the terminal, or give it as a line on stdin.")
}
