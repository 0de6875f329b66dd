package jobs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/wire"
)

// vast makes the journal of a job that passed so large, with lines that are valid and say nothing, and gives its file.
func vast(t *testing.T, dir, id string, size int) string {
	t.Helper()
	file := filepath.Join(dir, "mirror", id, "run-1.ndjson")
	was, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	events, err := wire.DecodeJournal(was)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	written, seq := 0, int64(0)
	put := func(ev burnin.Event) {
		seq++
		ev.Seq = seq
		line, err := wire.EncodeEvent(ev)
		if err != nil {
			t.Fatal(err)
		}
		n, err := w.Write(line)
		if written += n; err != nil {
			t.Fatal(err)
		}
	}
	for i, ev := range events {
		if i == len(events)-1 {
			for written < size {
				put(burnin.Event{WallMs: ev.WallMs, BootMs: ev.BootMs, Boot: ev.Boot, Kind: "of_a_newer_version", Data: json.RawMessage(`{"text":"` + strings.Repeat("x", 100) + `"}`)})
			}
		}
		put(ev)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// peak gives the most memory that Go held while do ran, in bytes, beyond what it held before.
func peak(do func()) uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, uint64(0)
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	do()
	close(stop)
	<-over
	return most - min(before, most)
}

// A journal is folded as it is read, whatever its size, and that of a job that has ended once.
func TestAVastJournalIsFoldedOnceAndInLittleMemory(t *testing.T) {
	ctx := context.Background()
	dir, id := copied(t)
	file := vast(t, dir, id, 48<<20)
	svc, closeAll, err := jobs.Open(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	list := func() burnin.Job {
		t.Helper()
		all, err := svc.List(ctx, "")
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		return all[0]
	}
	if used := peak(func() { list() }); used > 24<<20 {
		t.Errorf("it took %d MiB", used>>20)
	}
	first := list()
	if first.State != burnin.Passed || len(first.Verdict.Evidence) == 0 {
		t.Fatalf("%s, %v", first.State, first.Reason)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	spoil := func(at time.Time) { // the same size, other bytes
		if err := os.WriteFile(file, make([]byte, info.Size()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	spoil(info.ModTime())
	if again := list(); again.State != burnin.Passed || again.Verdict.Coverage != first.Verdict.Coverage {
		t.Errorf("it was read again: %s, %v", again.State, again.Reason)
	}
	spoil(info.ModTime().Add(time.Second))
	if now := list(); now.Reason == nil || now.Reason.Code != "mirror_damaged" {
		t.Errorf("with other bytes: %s, %v", now.State, now.Reason)
	}
}

// A journal of another job among a job's files is not taken for its own, and that is said.
func TestAJournalOfAnotherJobIsNotTakenForItsOwn(t *testing.T) {
	ctx := context.Background()
	dir, id := copied(t)
	const other = "zzzzzzzzzzzzzzzzzzzz"
	svc, closeAll, err := jobs.Open(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	journal, err := os.ReadFile(filepath.Join(dir, "mirror", id, "run-1.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	moved := []byte(strings.ReplaceAll(string(journal), id, other))
	if err := os.WriteFile(filepath.Join(dir, "mirror", id, "run-1.ndjson"), moved, 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := svc.List(ctx, "")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	if j := all[0]; j.ID != id || j.Reason == nil || j.Reason.Code != "journal_foreign" ||
		!strings.Contains(j.Reason.Text, other) || j.Reason.Hint == "" {
		t.Errorf("%s, %s, %v", j.ID, j.State, j.Reason)
	}
}
