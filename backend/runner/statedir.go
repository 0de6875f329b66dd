package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// StateDir is the directory on the NAS under which everything of Burnish lies. Job ids and file names are checked
// before they become paths, and opened through os.Root, so that no request can reach outside.
type StateDir struct{ dir string }

// NewStateDir names the directory; it need not exist yet.
func NewStateDir(dir string) StateDir { return StateDir{dir: dir} }

const (
	lockFile = "lock"
	stopFile = "stop"
	liveFile = "live"
	jobFile  = "job.json"
	logFile  = "runner.log"
)

func (d StateDir) jobs() string              { return filepath.Join(d.dir, "jobs") }
func (d StateDir) job(id string) string      { return filepath.Join(d.dir, "jobs", id) }
func (d StateDir) in(id, name string) string { return filepath.Join(d.dir, "jobs", id, name) }
func (d StateDir) slot(n int) string         { return filepath.Join(d.dir, "slots", strconv.Itoa(n)+".lock") }
func (d StateDir) driveLock(id string) string {
	sum := sha256.Sum256([]byte(id))
	return filepath.Join(d.dir, "drives", hex.EncodeToString(sum[:12])+".lock")
}

// root opens a job's directory.
func (d StateDir) root(id string) (*os.Root, error) {
	if !burnin.ValidID(id) {
		return nil, reason.New("bad_request", "error", "that is no job id")
	}
	r, err := os.OpenRoot(d.job(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, reason.New("no_such_job", "job", id)
	}
	return r, err
}

// ids lists the jobs that are there, oldest name first; a directory that is no job is passed over.
func (d StateDir) ids() ([]string, error) {
	entries, err := os.ReadDir(d.jobs())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && burnin.ValidID(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	if len(ids) > wire.MaxJobs {
		return nil, reason.New("nas_too_much", "what", "the number of jobs", "limit", wire.MaxJobs)
	}
	return ids, nil
}

// make creates the directories that jobs need.
func (d StateDir) make() error {
	for _, sub := range []string{"jobs", "drives", "slots"} {
		if err := os.MkdirAll(filepath.Join(d.dir, sub), 0o755); err != nil {
			return spaceError("the state directory", err)
		}
	}
	return nil
}

// create writes a new job's directory with its request, all or nothing. fs.ErrExist means that the id is taken.
func (d StateDir) create(req wire.StartRequest) error {
	if err := d.make(); err != nil {
		return err
	}
	data, err := json.Marshal(req)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(d.jobs(), ".new-*")
	if err != nil {
		return spaceError("the job's directory", err)
	}
	defer os.RemoveAll(tmp)
	if err := errors.Join(os.Chmod(tmp, 0o750), chgrp(tmp, req.GID)); err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(tmp, jobFile), data, req.GID); err != nil {
		return spaceError("the job's directory", err)
	}
	if _, err := os.Lstat(d.job(req.Job)); err == nil {
		return fs.ErrExist
	}
	if err := os.Rename(tmp, d.job(req.Job)); err != nil {
		if _, there := os.Lstat(d.job(req.Job)); there == nil {
			return fs.ErrExist
		}
		return err
	}
	return syncDir(d.jobs())
}

// forbid keeps a job that is not here from ever starting: its place is taken by a stop request. The login's group may
// look at it, as at any job.
func (d StateDir) forbid(id string, request []byte, gid int) error {
	if err := d.make(); err != nil {
		return err
	}
	if err := os.Mkdir(d.job(id), 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return spaceError("the stop request", err)
	}
	if err := chgrp(d.job(id), gid); err != nil {
		return err
	}
	return spaceError("the stop request", writeSynced(d.in(id, stopFile), request, gid))
}

// openLog makes the file for what a run's process says, if it is not there, so that the login's group may read it
// whoever opens it next.
func (d StateDir) openLog(root *os.Root, id string) error {
	req, err := d.request(id)
	if err != nil {
		return err
	}
	f, err := root.OpenFile(logFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return spaceError(logFile, err)
	}
	if os.Geteuid() == 0 {
		err = f.Chown(-1, req.GID)
	}
	return errors.Join(err, f.Close())
}

// sign writes into a run's lock which process has it.
func (d StateDir) sign(root *os.Root, pid int, boot string) error {
	return root.WriteFile(lockFile, fmt.Appendf(nil, "%d %s\n", pid, boot), 0o640)
}

// holder is the process that last signed a run's lock; 0 if there is none. It means something only while the lock is
// held.
func (d StateDir) holder(root *os.Root) int {
	data, err := root.ReadFile(lockFile)
	if err != nil || len(data) > 128 {
		return 0
	}
	pid, _, _ := strings.Cut(string(data), " ")
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 1 {
		return 0
	}
	return n
}

// own says, for each directory, which names in it are Burnish's. What a person put beside them stays.
var own = map[string]*regexp.Regexp{
	"bin":    regexp.MustCompile(`^\.?burnish-runner-[0-9a-zA-Z.-]{1,64}$`),
	"drives": regexp.MustCompile(`^[0-9a-f]{24}\.lock$`),
	"slots":  regexp.MustCompile(`^([0-9]{1,4}|turn|pool-[0-9a-f]{24})\.lock$|^queue\.json$|^\.tmp-[0-9]{1,32}$`),
	"jobs":   regexp.MustCompile(`^\.new-[0-9]{1,32}$`),
}

// remove takes away what Burnish has put into the state directory, by name, and the directories that are empty then.
// A job that was made meanwhile keeps its directory. gone says that no runner is left.
func (d StateDir) remove() (gone bool, err error) {
	for _, sub := range []string{"jobs", "drives", "slots", "bin"} {
		dir := filepath.Join(d.dir, sub)
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, err
		}
		for _, e := range entries {
			if !own[sub].MatchString(e.Name()) {
				continue
			}
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return false, err
			}
		}
		if err := os.Remove(dir); err != nil && sub == "jobs" {
			return false, nil // a new job is there: it needs the rest
		}
	}
	_ = os.Remove(d.dir) // stays where a person's own files lie in it
	return true, nil
}

// request reads what a job was asked to do.
func (d StateDir) request(id string) (wire.StartRequest, error) {
	var req wire.StartRequest
	root, err := d.root(id)
	if err != nil {
		return req, err
	}
	defer root.Close()
	data, err := root.ReadFile(jobFile)
	if err != nil {
		return req, err
	}
	if err := json.Unmarshal(data, &req); err != nil {
		return req, fmt.Errorf("job %s: %s is damaged: %w", id, jobFile, err)
	}
	return req, nil
}

// runs gives the numbers of a job's runs that are there, without a gap from 1 on.
func runs(root *os.Root) int {
	n := 0
	for {
		if _, err := root.Lstat(runName(n + 1)); err != nil {
			return n
		}
		n++
	}
}

func runName(n int) string { return "run-" + strconv.Itoa(n) + ".ndjson" }

// fold reads all journals of a job into a tracker.
func fold(root *os.Root) (*burnin.Tracker, int, error) {
	t := new(burnin.Tracker)
	if id := filepath.Base(root.Name()); burnin.ValidID(id) {
		t.Of = id
	}
	n := runs(root)
	for i := 1; i <= n; i++ {
		data, err := root.ReadFile(runName(i))
		if err != nil {
			return nil, n, err
		}
		events, err := wire.DecodeJournal(data)
		if err != nil {
			return nil, n, fmt.Errorf("%s: %w", runName(i), err)
		}
		for _, ev := range events {
			if err := t.Apply(ev); err != nil {
				return nil, n, fmt.Errorf("%s, line %d: %w", runName(i), ev.Seq, err)
			}
		}
	}
	return t, n, nil
}

// busy names the jobs that are at work, by the id of their drive.
func (d StateDir) busy(locks Locks) (map[string]string, error) {
	ids, err := d.ids()
	if err != nil {
		return nil, err
	}
	busy := map[string]string{}
	for _, id := range ids {
		held, err := locks.Held(d.in(id, lockFile))
		if err != nil || !held {
			continue // a lock that cannot be looked at is no run's: a run has it open
		}
		req, err := d.request(id)
		if err != nil {
			continue // its drive is held, and shows by that
		}
		busy[driveKey(req.Drive)] = id
	}
	return busy, nil
}

// driveKey is the id by which a drive is locked.
func driveKey(d drive.Identity) string { return d.ID() }

// sizes gives the size of each file of a job that may be read from outside.
func sizes(root *os.Root) (map[string]int64, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	m := map[string]int64{}
	for _, e := range entries {
		if !wire.ValidFile(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			m[e.Name()] = info.Size()
		}
	}
	return m, nil
}

func isJournal(name string) bool { return strings.HasSuffix(name, ".ndjson") }

// writeSynced writes a small file all or nothing, readable for the group.
func writeSynced(path string, data []byte, gid int) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o640), chgrp(f.Name(), gid))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// chgrp gives a file to a group; who may not (no root) leaves it as it is, since then the login is its owner.
func chgrp(path string, gid int) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(path, -1, gid)
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// spaceError tells a full disk apart; nil stays nil.
func spaceError(what string, err error) error {
	if err == nil {
		return nil
	}
	if isNoSpace(err) {
		return reason.New("no_space", "what", what+" on the NAS", "error", err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
