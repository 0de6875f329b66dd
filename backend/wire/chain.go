package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"burnish/backend/burnin"
)

// The lines of a job's journals are a chain: each bears the link of what comes before it, so that whoever knows the
// newest link knows every byte of every line. Its rules:
//   - The link behind a line that bears one is the SHA-256 of that line with its newline, in hex. Since the line holds
//     the link before it, that stands for all that came before.
//   - Runners of before links were written bear none in their lines. The link behind such a line is the SHA-256 of the
//     link before its file, a newline, and all lines of the file up to it: such a journal is hashed as a whole.
//   - The first run begins with the SHA-256 of nothing; each other run with the link behind the run before it, which
//     is hashed as a whole where it has no line; the undo journal with the SHA-256 of the first run's head.
//   - A line is one with its newline. What a crash has left of a line is none.
//
// A chain does not say who wrote it, nor that nothing was cut off its end: for that its newest link is kept elsewhere.

// FirstLink is the link before the first line of a job.
var FirstLink = linkOf(nil)

func linkOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// Chain is how far the chain of one file goes.
type Chain struct {
	link  string
	whole hash.Hash // for lines that bear no link

	lines, linked int
}

// NewChain begins a file whose first line follows this link.
func NewChain(before string) *Chain {
	c := &Chain{link: before, whole: sha256.New()}
	_, _ = fmt.Fprintln(c.whole, before) // a hash takes all
	return c
}

// Link is what the next line of the file bears.
func (c *Chain) Link() string { return c.link }

// Behind is the link with which the next file begins. One without a line counts: it is hashed as a whole.
func (c *Chain) Behind() string {
	if c.lines == 0 {
		return hex.EncodeToString(c.whole.Sum(nil))
	}
	return c.link
}

// errBroken says that a line bears another link than that of what comes before it.
var errBroken = errors.New("it does not follow on what comes before it: something was changed, left out or put in")

// Add takes in a line, with its newline, that bears a link, empty for none. It is an error where the line does not
// follow on what comes before it; the chain goes on behind it all the same.
func (c *Chain) Add(line []byte, link string) error {
	var err error
	if link != "" && link != c.link {
		err = errBroken
	}
	_, _ = c.whole.Write(line)
	c.lines++
	if link != "" {
		c.linked++
		c.link = linkOf(line)
	} else {
		c.link = hex.EncodeToString(c.whole.Sum(nil))
	}
	return err
}

// AddAll takes in the whole lines of a journal, or of a piece of it.
func (c *Chain) AddAll(data []byte) error {
	return ReadLines(bytes.NewReader(data), int64(len(data)), func(line []byte, ev burnin.Event) error {
		_ = c.Add(line, ev.Link) // who writes goes on behind whatever is there
		return nil
	})
}

// Chained is what the chain of a job's journals says.
type Chained struct {
	Link string // behind the newest run; it stands for each line of all runs
	Undo string // behind the newest line of the undo journal; empty where there is none

	Lines, Linked int // lines in all, and those that bear a link; the others are hashed as a whole
}

// ChainError says where a chain is broken.
type ChainError struct {
	Run  int // 0 for the undo journal
	Line int
	Err  error
}

func (e *ChainError) Error() string {
	if e.Run == 0 {
		return fmt.Sprintf("line %d of the undo journal: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d of run %d: %v", e.Line, e.Run, e.Err)
}

func (e *ChainError) Unwrap() error { return e.Err }

// CheckChain reads the journals of a job's runs, of run 1 first, and its undo journal, nil for none. A broken chain is
// a *ChainError; what is no journal is an error as of ReadLines. That nothing was cut off the end shows only beside
// links that were kept elsewhere.
func CheckChain(runs []io.Reader, undo io.Reader) (Chained, error) {
	out := Chained{Link: FirstLink}
	head := FirstLink // of the first run
	read := func(run int, r io.Reader, c *Chain) error {
		err := ReadLines(r, MaxFrame, func(line []byte, ev burnin.Event) error {
			if run == 1 && c.lines == 0 {
				head = linkOf(line)
			}
			if err := c.Add(line, ev.Link); err != nil {
				return &ChainError{Run: run, Line: c.lines, Err: err}
			}
			return nil
		})
		out.Lines += c.lines
		out.Linked += c.linked
		return err
	}
	for i, r := range runs {
		c := NewChain(out.Link)
		if err := read(i+1, r, c); err != nil {
			return out, err
		}
		out.Link = c.Behind()
	}
	if undo == nil {
		return out, nil
	}
	c := NewChain(head)
	err := read(0, undo, c)
	if c.lines > 0 {
		out.Undo = c.link
	}
	return out, err
}

// HeadLink is the link with which the undo journal of a job begins, given the journal of its first run.
func HeadLink(run []byte) string {
	line, _, whole := bytes.Cut(run, []byte{'\n'})
	if !whole {
		return FirstLink
	}
	return linkOf(run[:len(line)+1])
}
