package sshconfig

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile bounds a configuration, in bytes.
const maxFile = 1 << 20

// maxIncludes is how deep files may name further ones, as for ssh itself.
const maxIncludes = 16

// line is a line that says something.
type line struct {
	file   string
	number int
	key    string // in lower case
	args   []string
	inner  []line // of what an Include includes
}

func (l line) place() string { return fmt.Sprintf("line %d of %s", l.number, l.file) }

// lines reads a file and all that it includes.
func (c *Config) lines(file string, depth int) ([]line, error) {
	text, err := readAtMost(file)
	if err != nil {
		return nil, err
	}
	if depth > maxIncludes {
		return nil, errors.New("the files include each other without an end")
	}
	var all []line
	for i, raw := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		words := split(raw)
		if len(words) < 2 {
			continue
		}
		l := line{file: file, number: i + 1, key: strings.ToLower(words[0]), args: words[1:]}
		if l.key == "include" {
			for _, found := range c.included(l.args) {
				inner, err := c.lines(found, depth+1)
				if err != nil && depth < maxIncludes && errors.Is(err, os.ErrPermission) {
					continue // as ssh does
				}
				if err != nil {
					return nil, err
				}
				l.inner = append(l.inner, inner...)
				// What a file leaves open does not reach into the next.
				l.inner = append(l.inner, line{file: found, key: "include"})
			}
		}
		all = append(all, l)
	}
	return all, nil
}

// readAtMost reads a file of a bounded size.
func readAtMost(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("it is too long")
	}
	return text, err
}

// included are the files that patterns name; those that are not absolute are of ~/.ssh.
func (c *Config) included(patterns []string) []string {
	var files []string
	for _, pattern := range patterns {
		if rest, ok := strings.CutPrefix(pattern, "~/"); ok {
			pattern = filepath.Join(c.home, rest)
		}
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(c.home, ".ssh", pattern)
		}
		found, _ := filepath.Glob(pattern) // a pattern that is none matches nothing
		files = append(files, slices.DeleteFunc(found, func(f string) bool { return !exists(f) })...)
	}
	return files
}

// split takes a line apart as ssh does: a word, then an = or blanks, then words, of which quotes make one of several. A
// # begins a comment.
func split(raw string) (words []string) {
	rest := strings.TrimSpace(raw)
	for rest != "" && rest[0] != '#' {
		var word string
		switch end := 0; {
		case rest[0] == '"':
			if end = strings.IndexByte(rest[1:], '"'); end < 0 {
				return nil // ssh takes no such line
			}
			word, rest = rest[1:1+end], rest[2+end:]
		default:
			stop := " \t"
			if len(words) == 0 {
				stop = " \t="
			}
			if end = strings.IndexAny(rest, stop); end < 0 {
				end = len(rest)
			}
			word, rest = rest[:end], rest[end:]
		}
		rest = strings.TrimLeft(rest, " \t")
		if len(words) == 0 {
			rest = strings.TrimLeft(strings.TrimPrefix(rest, "="), " \t")
		}
		words = append(words, word)
	}
	return words
}

// names lists the hosts that lines give settings for, without patterns, in their order.
func names(lines []line) (found []string) {
	for _, l := range lines {
		more := l.args
		if l.key == "include" {
			more = names(l.inner)
		} else if l.key != "host" {
			continue
		}
		for _, name := range more {
			if name != "" && !strings.ContainsAny(name, "*?!") && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	return found
}
