package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"github.com/gofrs/flock"

	"burnish/backend/reason"
)

//go:embed migrations/*.sql
var embedded embed.FS

var migrations = func() fs.FS {
	dir, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the name above is not the name of a directory
	}
	return dir
}()

// applicationID marks a database as ours: "Brns".
const applicationID = 0x42726e73

// lockName is the file that is locked by who creates or migrates.
const lockName = "migrate.lock"

// lockWait bounds how long Open waits for another process that creates or migrates.
const lockWait = time.Minute

// prepare leaves a directory with a database of the newest schema in it.
func prepare(ctx context.Context, dir string, now func() time.Time, steps fs.FS) error {
	scripts, err := readScripts(steps)
	if err != nil {
		return err
	}
	if err := makeDir(dir); err != nil {
		return err
	}
	known := inUse(dir)
	unlock, err := lock(ctx, dir)
	if err != nil {
		return err
	}
	defer unlock()
	path := filepath.Join(dir, fileName)
	if broken, err := damaged(ctx, path, known); err != nil {
		return err
	} else if broken {
		if err := setAside(dir, path, now()); err != nil {
			return err
		}
	}
	there, err := inspect(ctx, dir, path)
	if err != nil {
		return err
	}
	if !there {
		return create(ctx, path, scripts)
	}
	return upgrade(ctx, path, scripts, now)
}

// makeDir makes the directory for its owner alone. One that is there stays as it is, unless anyone may put files in it.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	st, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && st.Mode().Perm()&0o002 != 0 {
		return unusable(dir, fmt.Errorf("anyone may write there (mode %v)", st.Mode().Perm()))
	}
	return nil
}

func lock(ctx context.Context, dir string) (unlock func(), err error) {
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l := flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))
	if _, err := l.TryLockContext(wait, 20*time.Millisecond); err != nil {
		if wait.Err() != nil && ctx.Err() == nil {
			err = unusable(dir, errors.New("another process keeps migrate.lock for too long"))
		}
		return nil, err
	}
	return func() { l.Close() }, nil
}

// inspect reports whether a database of ours is there. It looks through SQLite, because closing a file descriptor of
// its own would drop the locks that this process may hold on the file, but as immutable, so that a foreign file and
// what lies beside it stay as they are. The file's first page is always complete: create moves a finished file into
// place.
func inspect(ctx context.Context, dir, path string) (there bool, err error) {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && st.Mode().IsRegular() && st.Size() == 0 {
		return false, strayLogs(dir, path)
	}
	if err != nil {
		return false, err
	}
	if !st.Mode().IsRegular() {
		return false, unusable(dir, errors.New(fileName+" is not a file"))
	}
	db, err := sql.Open("sqlite", address(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return false, err
	}
	defer db.Close()
	var id int
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id); err != nil {
		return false, err
	}
	if id != applicationID {
		return false, unusable(dir, fmt.Errorf("%s is a database of another program (application id %#x); it was "+
			"left as it is", fileName, id))
	}
	if runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		return true, os.Chmod(path, 0o600)
	}
	return true, nil
}

// strayLogs refuses to begin anew beside the log of a lost database: SQLite would play it into the new one.
func strayLogs(dir, path string) error {
	for _, end := range []string{"-wal", "-journal"} {
		if st, err := os.Stat(path + end); err == nil && st.Size() > 0 {
			return unusable(dir, fmt.Errorf("%s is gone but %s%s is there; restore the first or move the second away",
				fileName, fileName, end))
		}
	}
	return nil
}

// create makes the database under another name and moves it into place when it is complete.
func create(ctx context.Context, path string, scripts []string) error {
	fresh := path + ".new"
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(fresh + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := touch(fresh); err != nil {
		return err
	}
	err := func() error {
		db, err := openAlone(fresh)
		if err != nil {
			return err
		}
		defer db.Close()
		if err := apply(ctx, db, 0, scripts); err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, `PRAGMA journal_mode = WAL`)
		return errors.Join(err, db.Close())
	}()
	if err != nil {
		return err
	}
	return settle(fresh, path)
}

// upgrade brings an older schema to the newest.
func upgrade(ctx context.Context, path string, scripts []string, now func() time.Time) error {
	db, err := openAlone(path)
	if err != nil {
		return err
	}
	defer db.Close()
	var version int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	switch {
	case version == len(scripts):
		return nil
	case version > len(scripts):
		return reason.New(reason.NewerData, "what", path, "version", fmt.Sprintf("schema %d, known here is %d", version,
			len(scripts)))
	}
	if err := keepCopy(ctx, db, path, version, now()); err != nil {
		return err
	}
	return errors.Join(apply(ctx, db, version, scripts), db.Close())
}

// keepCopy writes the database as it is to a file beside it.
func keepCopy(ctx context.Context, db *sql.DB, path string, version int, at time.Time) error {
	name := fmt.Sprintf("burnish-v%d-%s.db", version, at.UTC().Format("20060102T150405.000Z"))
	final := filepath.Join(filepath.Dir(path), name)
	part := final + ".part"
	if err := touch(part); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, part); err != nil {
		os.Remove(part)
		return err
	}
	return settle(part, final)
}

// apply runs the scripts after version, each in a transaction of its own. The connection has no foreign keys switched
// on, so that tables can be rebuilt; they are checked before each commit.
func apply(ctx context.Context, db *sql.DB, version int, scripts []string) error {
	for n := version + 1; n <= len(scripts); n++ {
		if err := applyOne(ctx, db, n, scripts[n-1]); err != nil {
			return fmt.Errorf("migration %d: %w", n, err)
		}
	}
	return nil
}

func applyOne(ctx context.Context, db *sql.DB, n int, script string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, script); err != nil {
		return err
	}
	var broken int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM pragma_foreign_key_check`).Scan(&broken); err != nil {
		return err
	}
	if broken > 0 {
		return fmt.Errorf("leaves %d rows that refer to nothing", broken)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID, n)); err != nil {
		return err
	}
	return tx.Commit()
}

// openAlone gives one plain connection for creating and migrating.
func openAlone(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", address(path, url.Values{
		"mode": {"rw"}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_pragma": {busyPragma, "synchronous(FULL)"},
	}))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// touch makes an empty file for its owner alone; SQLite gives the rights of a database to the files beside it.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// settle gives a finished file its name, for good.
func settle(from, to string) error {
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close(), os.Rename(from, to)); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	d, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

var scriptName = regexp.MustCompile(`^(\d{3})-[a-z0-9-]+\.sql$`)

// readScripts gives the migrations in order; they must be numbered 1 to n without a gap.
func readScripts(steps fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(steps, ".") // sorted by name
	if err != nil {
		return nil, err
	}
	var scripts []string
	for _, e := range entries {
		m := scriptName.FindStringSubmatch(e.Name())
		if m == nil {
			return nil, fmt.Errorf("%s is no name of a migration", e.Name())
		}
		if n, _ := strconv.Atoi(m[1]); n != len(scripts)+1 {
			return nil, fmt.Errorf("migration %s stands where %d is expected", e.Name(), len(scripts)+1)
		}
		text, err := fs.ReadFile(steps, e.Name())
		if err != nil {
			return nil, err
		}
		scripts = append(scripts, string(text))
	}
	return scripts, nil
}
