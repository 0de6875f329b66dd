package jobs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"burnish/backend/burnin"
	"burnish/backend/nas/mirror"
	"burnish/backend/reason"
	"burnish/backend/wire"
)

// A job that no runner does has its journal here and nowhere else: in the place where the copy of a runner's would be,
// so that all that reads journals reads it too. It is one file, run-1.ndjson, which processes of this computer write in
// turn, each while it holds the lock beside it.
type ownJournal struct {
	lock *flock.Flock
	file *os.File
	dir  string
	size int64
	link *wire.Chain
}

// errHeld says that another process has the journal.
var errHeld = errors.New("another process takes the job on")

// stopFile is a person's request to stop such a job; lockFile is held by who takes it on.
const (
	stopFile = "stop"
	lockFile = "driver.lock"
)

// ownDir is the directory of a job's journal.
func ownDir(m mirror.Mirror, id string) (string, error) {
	if !burnin.ValidID(id) {
		return "", reason.New(reason.NoSuchJob, "job", id)
	}
	dir := filepath.Join(m.Dir, id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", reason.New(reason.DataDirUnusable, "dir", dir, "error", err)
	}
	return dir, nil
}

// holdJournal takes the journal of a job, with what stands in it. A torn last line is taken off.
func holdJournal(m mirror.Mirror, id string) (j *ownJournal, events []burnin.Event, err error) {
	dir, err := ownDir(m, id)
	if err != nil {
		return nil, nil, err
	}
	lock := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	if has, err := lock.TryLock(); err != nil || !has {
		_ = lock.Close() // nothing of it is held
		return nil, nil, errHeld
	}
	j = &ownJournal{lock: lock, dir: dir}
	if events, err = j.open(); err != nil {
		j.close()
		return nil, nil, err
	}
	return j, events, nil
}

func (j *ownJournal) open() (events []burnin.Event, err error) {
	j.file, err = os.OpenFile(filepath.Join(j.dir, "run-1.ndjson"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, j.failed(err)
	}
	data, err := io.ReadAll(io.LimitReader(j.file, wire.MaxEvents))
	if err != nil {
		return nil, j.failed(err)
	}
	j.size = int64(bytes.LastIndexByte(data, '\n') + 1)
	if j.size < int64(len(data)) {
		if err := errors.Join(j.file.Truncate(j.size), j.file.Sync()); err != nil {
			return nil, j.failed(err)
		}
	}
	if j.size == 0 { // the names of what is new, where the system can
		for _, dir := range []string{j.dir, filepath.Dir(j.dir)} {
			if d, err := os.Open(dir); err == nil {
				_ = d.Sync()
				_ = d.Close()
			}
		}
	}
	j.link = wire.NewChain(wire.FirstLink)
	if err := j.link.AddAll(data[:j.size]); err != nil {
		return nil, err
	}
	return wire.DecodeJournal(data[:j.size])
}

func (j *ownJournal) failed(err error) error {
	return reason.New(reason.DataDirUnusable, "dir", j.dir, "error", err)
}

// Append keeps an event; it is on the disk when this returns. A line that could not be kept whole is taken back.
func (j *ownJournal) Append(ev burnin.Event) error {
	ev.Link = j.link.Link()
	line, err := wire.EncodeEvent(ev)
	if err != nil {
		return err
	}
	_, err = j.file.WriteAt(line, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return j.failed(errors.Join(err, j.file.Truncate(j.size)))
	}
	j.size += int64(len(line))
	return j.link.Add(line, ev.Link)
}

// stopAsked reports whether a person wants the job stopped.
func (j *ownJournal) stopAsked() bool {
	_, err := os.Stat(filepath.Join(j.dir, stopFile))
	return err == nil
}

func (j *ownJournal) close() {
	if j.file != nil {
		_ = j.file.Close() // each line was synced
	}
	_ = j.lock.Close() // and with that it is free
}

// askToStop leaves a request to stop, which outlives all processes.
func askToStop(m mirror.Mirror, id, who string) error {
	dir, err := ownDir(m, id)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, stopFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		_, err = f.WriteString(who + "\n")
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return reason.New(reason.DataDirUnusable, "dir", dir, "error", err)
	}
	return nil
}
