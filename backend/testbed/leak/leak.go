// Package leak looks for secrets where none may be: in what processes are started with, in files, and in texts.
//
// A Search runs from Watch to End and looks every few milliseconds at the arguments and the environment of every
// process of this machine that it may see; a process that lives for less may be missed, so End is told which programs
// must have been seen. All functions belong to one test; Linux only for Watch.
package leak

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Search looks for secrets in what every process of this machine was started with.
type Search struct {
	secrets []string
	stop    chan struct{}
	done    sync.WaitGroup

	mu    sync.Mutex
	found map[string]bool
	seen  map[string]bool // the programs that were looked at
}

// Watch begins a search, which goes on until End.
func Watch(secrets ...string) *Search {
	s := &Search{secrets: secrets, stop: make(chan struct{}), found: map[string]bool{}, seen: map[string]bool{}}
	s.done.Go(func() {
		for {
			select {
			case <-s.stop:
				return
			case <-time.After(5 * time.Millisecond):
				s.look()
			}
		}
	})
	return s
}

func (s *Search) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, what := range []string{"cmdline", "environ"} {
		files, _ := filepath.Glob("/proc/[0-9]*/" + what)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			if what == "cmdline" {
				program, _, _ := bytes.Cut(text, []byte{0})
				program, _, _ = bytes.Cut(program, []byte(": ")) // sshd writes what it does behind its name
				s.seen[filepath.Base(string(program))] = true
			}
			for _, secret := range s.secrets {
				if bytes.Contains(text, []byte(secret)) {
					s.found[what+": "+strings.ReplaceAll(string(text), "\x00", " ")] = true
				}
			}
		}
	}
}

// End reports what was found; each of the programs must have been seen.
func (s *Search) End(t testing.TB, programs ...string) {
	t.Helper()
	close(s.stop)
	s.done.Wait()
	for where := range s.found {
		t.Errorf("the secret is in the %s", where)
	}
	for _, p := range programs {
		if !s.seen[p] {
			t.Errorf("%s was never looked at; seen: %v", p, s.seen)
		}
	}
}

// Files looks for the secrets in every file under the directories, and reports how many files it read.
func Files(t testing.TB, secrets []string, dirs ...string) (n int) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n++
			for _, secret := range secrets {
				if bytes.Contains(text, []byte(secret)) {
					t.Errorf("the secret is in %s", path)
				}
			}
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
	return n
}

// Text looks for the secrets in a text; where names it.
func Text(t testing.TB, where, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("the secret is in %s:\n%s", where, text)
		}
	}
}
