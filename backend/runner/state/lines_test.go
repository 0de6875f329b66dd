package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// journalFile is a journal of which the test says what a sync does.
type journalFile struct {
	*os.File
	sync func() error
}

func (f journalFile) Sync() error { return f.sync() }

// What a reader has of a journal must be what the journal says for ever. Each case gives what the file holds, what
// happens while it is read, and how much of it is given.
func TestOnlyWhatARunWillNotTakeBackIsGiven(t *testing.T) {
	well := func(*os.File) error { return nil }
	fails := func(*os.File) error { return errors.New("input/output error") }
	for name, c := range map[string]struct {
		holds  string
		off, n int64
		sync   func(*os.File) error
		want   string
	}{
		"whole lines":                         {"one\ntwo\n", 0, 100, well, "one\ntwo\n"},
		"a torn line stays back":              {"one\ntwo\nthr", 0, 100, well, "one\ntwo\n"},
		"nothing but a torn line":             {"one\ntw", 4, 100, well, ""},
		"a first line that is torn":           {"on", 0, 100, well, ""},
		"an empty journal":                    {"", 0, 100, well, ""},
		"from the middle of a line on":        {"one\ntwo\nthr", 5, 100, well, "wo\n"},
		"no more than was asked for":          {"one\ntwo\n", 0, 6, well, "one\ntw"},
		"the last line could not be synced":   {"one\ntwo\n", 0, 100, fails, "one\n"},
		"it alone, and could not be synced":   {"one\ntwo\n", 4, 100, fails, ""},
		"a line is begun once the last stays": {"one\ntwo\nthr", 0, 100, fails, "one\ntwo\n"},
		"the run takes a line back": {"one\ntwo\n", 4, 100, func(f *os.File) error { return f.Truncate(4) },
			""},
		"and says something else": {"one\ntwo\n", 4, 100, func(f *os.File) error {
			_, err := f.WriteAt([]byte("end\n"), 4)
			return err
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "run-1.ndjson")
			if err := os.WriteFile(file, []byte(c.holds), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(file, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got, err := readLines(journalFile{f, func() error { return c.sync(f) }}, c.off, c.n)
			if err != nil || string(got) != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}
