package state

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
	"burnish/backend/runner/port"
	"burnish/backend/wire"
)

// Dir is the directory on the NAS under which everything of Burnish lies. Job ids and file names are checked
// before they become paths, and opened through os.Root, so that no request can reach outside.
type Dir struct{ Dir string }

// NewDir names the directory; it need not exist yet.
func NewDir(dir string) Dir { return Dir{Dir: dir} }

const (
	LockFile = "lock"
	StopFile = "stop"
	liveFile = "live"
	JobFile  = "job.json"
	LogFile  = string(burnin.LogRunner) + ".log"
)

func (d Dir) jobs() string { return filepath.Join(d.Dir, "jobs") }

func (d Dir) Job(id string) string { return filepath.Join(d.Dir, "jobs", id) }

func (d Dir) In(id, name string) string { return filepath.Join(d.Dir, "jobs", id, name) }

func (d Dir) Slot(n int) string { return filepath.Join(d.Dir, "slots", strconv.Itoa(n)+".lock") }

func (d Dir) DriveLock(id string) string {
	sum := sha256.Sum256([]byte(id))
	return filepath.Join(d.Dir, "drives", hex.EncodeToString(sum[:12])+".lock")
}

// Root opens a job's directory.
func (d Dir) Root(id string) (*os.Root, error) {
	if !burnin.ValidID(id) {
		return nil, reason.New(reason.BadRequest, "error", "that is no job id")
	}
	r, err := os.OpenRoot(d.Job(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, reason.New(reason.NoSuchJob, "job", id)
	}
	return r, err
}

// Ids lists the jobs that are there, oldest name first; a directory that is no job is passed over.
func (d Dir) Ids() ([]string, error) {
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
		return nil, reason.New(reason.NASTooMuch, "what", "the number of jobs", "limit", wire.MaxJobs)
	}
	return ids, nil
}

// Make creates the directories that jobs need.
func (d Dir) Make() error {
	for _, sub := range []string{"jobs", "drives", "slots"} {
		if err := os.MkdirAll(filepath.Join(d.Dir, sub), 0o755); err != nil {
			return SpaceError("the state directory", err)
		}
	}
	return nil
}

// Create writes a new job's directory with its request, all or nothing. fs.ErrExist means that the id is taken.
func (d Dir) Create(req wire.StartRequest) error {
	if err := d.Make(); err != nil {
		return err
	}
	data, err := json.Marshal(req)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(d.jobs(), ".new-*")
	if err != nil {
		return SpaceError("the job's directory", err)
	}
	defer os.RemoveAll(tmp)
	if err := errors.Join(os.Chmod(tmp, 0o750), Chgrp(tmp, req.GID)); err != nil {
		return err
	}
	if err := WriteSynced(filepath.Join(tmp, JobFile), data, req.GID); err != nil {
		return SpaceError("the job's directory", err)
	}
	if _, err := os.Lstat(d.Job(req.Job)); err == nil {
		return fs.ErrExist
	}
	if err := os.Rename(tmp, d.Job(req.Job)); err != nil {
		if _, there := os.Lstat(d.Job(req.Job)); there == nil {
			return fs.ErrExist
		}
		return err
	}
	return SyncDir(d.jobs())
}

// Forbid keeps a job that is not here from ever starting: its place is taken by a stop request. The login's group may
// look at it, as at any job.
func (d Dir) Forbid(id string, request []byte, gid int) error {
	if err := d.Make(); err != nil {
		return err
	}
	if err := os.Mkdir(d.Job(id), 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return SpaceError("the stop request", err)
	}
	if err := Chgrp(d.Job(id), gid); err != nil {
		return err
	}
	return SpaceError("the stop request", WriteSynced(d.In(id, StopFile), request, gid))
}

// OpenLog makes the file for what a run's process says, if it is not there, so that the login's group may read it
// whoever opens it next.
func (d Dir) OpenLog(root *os.Root, id string) error {
	req, err := d.Request(id)
	if err != nil {
		return err
	}
	f, err := root.OpenFile(LogFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return SpaceError(LogFile, err)
	}
	if os.Geteuid() == 0 {
		err = f.Chown(-1, req.GID)
	}
	return errors.Join(err, f.Close())
}

// Sign writes into a run's lock which process has it.
func (d Dir) Sign(root *os.Root, pid int, boot string) error {
	return root.WriteFile(LockFile, fmt.Appendf(nil, "%d %s\n", pid, boot), 0o640)
}

// Holder is the process that last signed a run's lock; 0 if there is none. It means something only while the lock is
// held.
func (d Dir) Holder(root *os.Root) int {
	data, err := root.ReadFile(LockFile)
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

// Remove takes away what Burnish has put into the state directory, by name, and the directories that are empty then.
// A job that was made meanwhile keeps its directory. gone says that no runner is left.
func (d Dir) Remove() (gone bool, err error) {
	for _, sub := range []string{"jobs", "drives", "slots", "bin"} {
		dir := filepath.Join(d.Dir, sub)
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
	_ = os.Remove(d.Dir) // stays where a person's own files lie in it
	return true, nil
}

// Request reads what a job was asked to do.
func (d Dir) Request(id string) (wire.StartRequest, error) {
	var req wire.StartRequest
	root, err := d.Root(id)
	if err != nil {
		return req, err
	}
	defer root.Close()
	data, err := root.ReadFile(JobFile)
	if err != nil {
		return req, err
	}
	if err := json.Unmarshal(data, &req); err != nil {
		return req, fmt.Errorf("job %s: %s is damaged: %w", id, JobFile, err)
	}
	return req, nil
}

// Runs gives the numbers of a job's runs that are there, without a gap from 1 on.
func Runs(root *os.Root) int {
	n := 0
	for {
		if _, err := root.Lstat(RunName(n + 1)); err != nil {
			return n
		}
		n++
	}
}

func RunName(n int) string { return "run-" + strconv.Itoa(n) + ".ndjson" }

// Fold reads all journals of a job into a tracker.
func Fold(root *os.Root) (*burnin.Tracker, int, error) {
	t := new(burnin.Tracker)
	if id := filepath.Base(root.Name()); burnin.ValidID(id) {
		t.Of = id
	}
	n := Runs(root)
	for i := 1; i <= n; i++ {
		data, err := root.ReadFile(RunName(i))
		if err != nil {
			return nil, n, err
		}
		events, err := wire.DecodeJournal(data)
		if err != nil {
			return nil, n, fmt.Errorf("%s: %w", RunName(i), err)
		}
		for _, ev := range events {
			if err := t.Apply(ev); err != nil {
				return nil, n, fmt.Errorf("%s, line %d: %w", RunName(i), ev.Seq, err)
			}
		}
	}
	return t, n, nil
}

// Busy names the jobs that are at work, by the id of their drive.
func (d Dir) Busy(locks port.Locks) (map[string]string, error) {
	ids, err := d.Ids()
	if err != nil {
		return nil, err
	}
	busy := map[string]string{}
	for _, id := range ids {
		held, err := locks.Held(d.In(id, LockFile))
		if err != nil || !held {
			continue // a lock that cannot be looked at is no run's: a run has it open
		}
		req, err := d.Request(id)
		if err != nil {
			continue // its drive is held, and shows by that
		}
		busy[DriveKey(req.Drive)] = id
	}
	return busy, nil
}

// DriveKey is the id by which a drive is locked.
func DriveKey(d drive.Identity) string { return d.ID() }

// Sizes gives the size of each file of a job that may be read from outside.
func Sizes(root *os.Root) (map[string]int64, error) {
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

func IsJournal(name string) bool { return strings.HasSuffix(name, ".ndjson") }

// WriteSynced writes a small file all or nothing, readable for the group.
func WriteSynced(path string, data []byte, gid int) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o640), Chgrp(f.Name(), gid))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Chgrp gives a file to a group; who may not (no root) leaves it as it is, since then the login is its owner.
func Chgrp(path string, gid int) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(path, -1, gid)
}

func SyncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// SpaceError tells a full disk apart; nil stays nil.
func SpaceError(what string, err error) error {
	if err == nil {
		return nil
	}
	if IsNoSpace(err) {
		return reason.New(reason.NoSpace, "what", what+" on the NAS", "error", err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// ReasonCode is the code of the reason behind an error, empty where there is none.
func ReasonCode(err error) reason.Code {
	var said *reason.Said
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}
