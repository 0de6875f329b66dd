package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofrs/flock"
)

// steps gives migrations numbered from 1.
func steps(scripts ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i, s := range scripts {
		m["00"+itoa(i+1)+"-step.sql"] = &fstest.MapFile{Data: []byte(s)}
	}
	return m
}

// first makes a table, second must run only once, third leaves a row that refers to nothing.
const (
	first  = `CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER) STRICT; INSERT INTO a (n) VALUES (7);`
	second = `ALTER TABLE a ADD COLUMN m INTEGER; INSERT INTO a (n, m) VALUES (8, 9);`
	third  = `CREATE TABLE b (a INTEGER REFERENCES a (id)) STRICT; INSERT INTO b VALUES (99);`
)

func count(t *testing.T, path, query string) (n int) {
	t.Helper()
	db, err := openAlone(path)
	ok(t, err)
	defer db.Close()
	ok(t, db.QueryRow(query).Scan(&n))
	return n
}

func copies(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "burnish-v*"))
	ok(t, err)
	return found
}

// made gives a directory with a database of the given schema.
func made(t *testing.T, scripts ...string) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	s, err := open(t.Context(), dir, clock, steps(scripts...))
	ok(t, err)
	ok(t, s.Close())
	return dir, filepath.Join(dir, fileName)
}

// contents gives all files of a directory but the lock.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	ok(t, err)
	all := map[string]string{}
	for _, e := range entries {
		if e.Name() == "migrate.lock" || e.IsDir() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		ok(t, err)
		all[e.Name()] = string(b)
	}
	return all
}

func untouched(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	after := contents(t, dir)
	for name := range after {
		if after[name] != before[name] {
			t.Errorf("%s was touched", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("there were %d files, now %d", len(before), len(after))
	}
}

func TestTheEmbeddedMigrationsAreInOrder(t *testing.T) {
	scripts, err := readScripts(migrations)
	ok(t, err)
	if len(scripts) == 0 {
		t.Error("there are none")
	}
}

func TestMigrationsWithAGapOrAStrangeNameAreRefused(t *testing.T) {
	for _, name := range []string{"002-b.sql", "1-b.sql", "001.sql", "readme.md"} {
		if _, err := readScripts(fstest.MapFS{name: {}}); err == nil {
			t.Errorf("%s alone was taken", name)
		}
	}
}

func TestAnOlderSchemaIsCopiedThenMigrated(t *testing.T) {
	dir, path := made(t, first)
	s, err := open(t.Context(), dir, clock, steps(first, second))
	ok(t, err)
	ok(t, s.Close())
	if n := count(t, path, `SELECT count(*) FROM a`); n != 2 {
		t.Errorf("%d rows after the migration", n)
	}
	kept := copies(t, dir)
	if len(kept) != 1 || filepath.Base(kept[0]) != "burnish-v1-20261123T120000.000Z.db" {
		t.Fatalf("copies: %v", kept)
	}
	if n := count(t, kept[0], `SELECT count(*) FROM a`); n != 1 {
		t.Errorf("%d rows in the copy", n)
	}
	if st, err := os.Stat(kept[0]); err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", st.Mode(), err)
	}
}

func TestAMigrationThatFailsChangesNothingAndCanBeTriedAgain(t *testing.T) {
	for what, broken := range map[string]string{"a script that stops midway": second + `SELECT nonsense;`, "a row that refers to nothing": third} {
		dir, path := made(t, first)
		if _, err := open(t.Context(), dir, clock, steps(first, broken)); err == nil {
			t.Errorf("%s: opened", what)
		}
		if v, n := count(t, path, `PRAGMA user_version`), count(t, path, `SELECT count(*) FROM a`); v != 1 || n != 1 {
			t.Errorf("%s: version %d with %d rows", what, v, n)
		}
		s, err := open(t.Context(), dir, clock, steps(first, second))
		ok(t, err)
		ok(t, s.Close())
	}
}

func TestACreationThatFailsLeavesNoDatabaseBehind(t *testing.T) {
	dir := t.TempDir()
	if _, err := open(t.Context(), dir, clock, steps(first, `nonsense`)); err == nil {
		t.Fatal("opened")
	}
	if _, err := os.Stat(filepath.Join(dir, fileName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
	mustOpen(t, dir) // what the first try left is no hindrance
}

func TestANewerSchemaIsRefusedUntouched(t *testing.T) {
	dir, _ := made(t, first, second)
	before := contents(t, dir)
	_, err := open(t.Context(), dir, clock, steps(first))
	wantCode(t, err, "newer_data")
	untouched(t, dir, before)
}

func TestAForeignDatabaseIsRefusedUntouched(t *testing.T) {
	for what, script := range map[string]string{
		"of another program":     `PRAGMA application_id = 77; CREATE TABLE t (x);`,
		"of no program":          `CREATE TABLE jobs (x);`,
		"with our version":       `PRAGMA user_version = 1; CREATE TABLE t (x);`,
		"in the same log format": `PRAGMA journal_mode = WAL; CREATE TABLE t (x);`,
	} {
		dir := t.TempDir()
		db, err := sql.Open("sqlite", filepath.Join(dir, fileName))
		ok(t, err)
		db.SetMaxOpenConns(1)
		_, err = db.Exec(script)
		ok(t, errors.Join(err, db.Close()))
		before := contents(t, dir)
		_, err = Open(t.Context(), dir, clock)
		if err == nil {
			t.Errorf("a database %s was opened", what)
			continue
		}
		wantCode(t, err, "data_dir_unusable")
		untouched(t, dir, before)
	}
}

func TestAFileThatIsNoDatabaseIsRefusedUntouched(t *testing.T) {
	for what, content := range map[string][]byte{"text": []byte("my notes\n"),
		"long text": bytes.Repeat([]byte("notes "), 10_000), "zeros": make([]byte, 8192)} {
		dir := t.TempDir()
		ok(t, os.WriteFile(filepath.Join(dir, fileName), content, 0o600))
		before := contents(t, dir)
		_, err := Open(t.Context(), dir, clock)
		if err == nil {
			t.Errorf("%s was opened", what)
			continue
		}
		wantCode(t, err, "data_dir_unusable")
		untouched(t, dir, before)
	}
}

func TestAnEmptyFileIsADatabaseToBe(t *testing.T) {
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, fileName), nil, 0o600))
	mustOpen(t, dir)
}

func TestALogWithoutItsDatabaseIsNotPlayedIntoANewOne(t *testing.T) {
	for _, end := range []string{"-wal", "-journal"} {
		dir := t.TempDir()
		ok(t, os.WriteFile(filepath.Join(dir, fileName+end), []byte("the last of it"), 0o600))
		before := contents(t, dir)
		_, err := Open(t.Context(), dir, clock)
		wantCode(t, err, "data_dir_unusable")
		untouched(t, dir, before)
	}
}

func TestADirectoryThatCannotHoldDataIsSaidSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, nil, 0o600))
	withDir := t.TempDir()
	ok(t, os.Mkdir(filepath.Join(withDir, fileName), 0o700))
	dirs := map[string]string{"a file": file, "below a file": filepath.Join(file, "data"),
		"a directory as database": withDir, "a NUL in it": "a\x00b"}
	if runtime.GOOS != "windows" {
		open := t.TempDir()
		ok(t, os.Chmod(open, 0o777))
		dirs["anyone may write"] = open
		if os.Geteuid() != 0 {
			closed := t.TempDir()
			ok(t, os.Chmod(closed, 0o500))
			dirs["not writable"] = closed
		}
	}
	for what, dir := range dirs {
		s, err := Open(t.Context(), dir, clock)
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", what)
			continue
		}
		wantCode(t, err, "data_dir_unusable")
	}
}

func TestOpenWaitsForAMigrationOfAnotherAsLongAsItsContext(t *testing.T) {
	dir := t.TempDir()
	l := flock.New(filepath.Join(dir, "migrate.lock"))
	ok(t, l.Lock())
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Open(short, dir, clock); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ok(t, l.Close())
	mustOpen(t, dir)
}
