package courier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"burnish/backend/notice"
	"burnish/backend/reason"
)

// maxProgram is how long a program may take for one event.
const maxProgram = time.Minute

// Program gives events to a program on its stdin, each as one line of JSON. No shell is between: words are apart by
// blanks, and nothing in them is special.
type Program struct {
	words []string
}

// NewProgram finds the program: bad_way if there is none. The whole command is the program's name if there is one of
// that name, blanks and all.
func NewProgram(command string) (Program, error) {
	if _, err := exec.LookPath(command); err == nil {
		return Program{[]string{command}}, nil
	}
	words := strings.Fields(command)
	if len(words) == 0 {
		return Program{}, reason.New(reason.BadWay, "what", "there is no program to run")
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		return Program{}, reason.New(reason.BadWay, "what", "the program "+words[0]+" cannot be run: "+
			reason.Within(err))
	}
	return Program{words}, nil
}

// Run gives the program one event and waits for its end. What it prints goes to out.
func (p Program) Run(ctx context.Context, e notice.Event, out io.Writer) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, maxProgram)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.words[0], p.words[1:]...)
	cmd.Stdin = bytes.NewReader(append(line, '\n'))
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s did not end within %v", p.words[0], maxProgram)
	}
	if err != nil && cmd.ProcessState != nil && cmd.ProcessState.Success() { // it does not read what it is given
		return nil
	}
	return err
}
