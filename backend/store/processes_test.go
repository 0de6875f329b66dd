package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"burnish/backend/burnin"
)

// childVar makes the test binary play another process of Burnish: what it does, then the data directory.
const childVar = "BURNISH_STORE_CHILD"

func TestMain(m *testing.M) {
	if what, dir, found := strings.Cut(os.Getenv(childVar), " "); found {
		if err := play(what, dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(what, dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childVar+"="+what+" "+dir)
	return c
}

// play begins when its stdin ends, so that several begin at once.
func play(what, dir string) error {
	ctx := context.Background()
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	what, name, _ := strings.Cut(what, ":")
	if what == "migrate" {
		s, err := open(ctx, dir, clock, steps(first, second))
		if err != nil {
			return err
		}
		return s.Close()
	}
	s, err := Open(ctx, dir, clock)
	if err != nil {
		return err
	}
	defer s.Close()
	rounds := writes
	if what == "forever" {
		rounds = 1 << 30
	}
	for i := range rounds {
		a, b := fmt.Sprintf("%sa%016d", name, i), fmt.Sprintf("%sb%016d", name, i)
		if err := s.AddIntents(ctx, []Job{intent(a, tank().ID), intent(b, tank().ID)}); err != nil {
			return err
		}
		fmt.Println(a)
		if what == "forever" {
			continue
		}
		if err := s.SaveObservation(ctx, jobID("shared"), burnin.Observation{Run: i}, int64(i)); err != nil {
			return err
		}
	}
	return nil
}

// together runs children that begin at the same moment; all must end well.
func together(t *testing.T, children ...*exec.Cmd) {
	t.Helper()
	outs := make([]strings.Builder, len(children))
	var gates []io.Closer
	for i, c := range children {
		gate, err := c.StdinPipe()
		ok(t, err)
		gates = append(gates, gate)
		c.Stdout, c.Stderr = &outs[i], &outs[i]
		ok(t, c.Start())
	}
	for _, g := range gates {
		g.Close()
	}
	for i, c := range children {
		if err := c.Wait(); err != nil {
			lines := strings.Split(strings.TrimSpace(outs[i].String()), "\n")
			t.Errorf("process %d: %v: %s", i, err, lines[len(lines)-1])
		}
	}
}

// writes is how often each process writes: SQLite's waiting is not fair, and on a busy machine none may wait for as
// long as a statement may.
const writes = 30

func TestEightProcessesWriteAtOnceAndNoneIsTurnedAway(t *testing.T) {
	s := withTank(t, jobID("shared"))
	var children []*exec.Cmd
	for i := range 8 {
		children = append(children, child(fmt.Sprintf("write:p%d", i), s.dir))
	}
	together(t, children...)
	jobs, err := s.Jobs(t.Context(), Filter{})
	ok(t, err)
	if len(jobs) != 8*writes*2+1 {
		t.Errorf("%d jobs were stored", len(jobs))
	}
	if j, err := s.Job(t.Context(), jobID("shared")); err != nil || j.SeenMs != writes-1 ||
		j.Observation.Run != writes-1 {
		t.Errorf("the newest observation is of %d (%v)", j.SeenMs, err)
	}
}

func TestProcessesThatStartAtOnceCreateOnce(t *testing.T) {
	dir := t.TempDir()
	together(t, child("migrate", dir), child("migrate", dir), child("migrate", dir))
	if n := count(t, filepath.Join(dir, fileName), `SELECT count(*) FROM a`); n != 2 {
		t.Errorf("%d rows", n)
	}
	if kept := copies(t, dir); len(kept) != 0 {
		t.Errorf("copies of nothing: %v", kept)
	}
}

func TestProcessesThatStartAtOnceMigrateOnce(t *testing.T) {
	dir, path := made(t, first)
	together(t, child("migrate", dir), child("migrate", dir), child("migrate", dir))
	if n := count(t, path, `SELECT count(*) FROM a`); n != 2 {
		t.Errorf("%d rows", n)
	}
	if kept := copies(t, dir); len(kept) != 1 {
		t.Errorf("copies: %v", kept)
	}
}

func TestAWriterKilledMidwayLosesNothingItHadConfirmed(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	ok(t, s.AddProfile(t.Context(), tank()))
	ok(t, s.Close())
	for round, after := range []int{1, 7, 40} {
		c := child(fmt.Sprintf("forever:k%d", round), dir)
		out, err := c.StdoutPipe()
		ok(t, err)
		ok(t, c.Start())
		var confirmed []string
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			confirmed = append(confirmed, lines.Text())
			if len(confirmed) == after {
				ok(t, c.Process.Kill()) // what it still writes into the pipe counts as confirmed
			}
		}
		var died *exec.ExitError
		if err := c.Wait(); !errors.As(err, &died) || len(confirmed) < after {
			t.Fatalf("the writer ended by itself: %v, %q", err, confirmed)
		}
		s := mustOpen(t, dir)
		for _, id := range confirmed {
			if _, err := s.Job(t.Context(), id); err != nil {
				t.Errorf("round %d: %s was confirmed and is lost: %v", round, id, err)
			}
		}
		var halves int
		ok(t, s.read.QueryRow(`SELECT count(*) % 2 FROM jobs`).Scan(&halves))
		var sound string
		ok(t, s.read.QueryRow(`PRAGMA integrity_check`).Scan(&sound))
		if halves != 0 || sound != "ok" {
			t.Errorf("round %d: half a transaction is there (%d), the file is %s", round, halves, sound)
		}
		ok(t, s.Close())
	}
}
