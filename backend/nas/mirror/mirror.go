package mirror

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/size"
	"burnish/backend/wire"
)

// Mirror is a byte-identical copy of jobs' files, at Dir/JOB/FILE. How much of a file is there is its size and
// nothing else; bytes are written at their own offset. So it may be cut off at any moment, and any number of
// processes may write at once. Nothing is synced until Sync: what a crash takes is fetched again.
type Mirror struct{ Dir string }

// root opens the mirror's directory; nothing outside of it can be reached through what it returns.
func (m Mirror) root() (*os.Root, error) {
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		return nil, m.failed(err)
	}
	root, err := os.OpenRoot(m.Dir)
	if err != nil {
		return nil, m.failed(err)
	}
	return root, nil
}

func (m Mirror) failed(err error) error {
	if noSpace(err) {
		return reason.New(reason.NoSpace, "what", m.Dir, "error", err)
	}
	return reason.New(reason.DataDirUnusable, "dir", m.Dir, "error", err)
}

func checkName(job, file string) error {
	if !burnin.ValidID(job) || !wire.ValidFile(file) {
		return reason.New(reason.NASGarbage, "nas", "the job "+reason.Clean(job, 40),
			"error", "a file that cannot be: "+reason.Clean(file, 40))
	}
	return nil
}

// Write puts a piece of a file in its place and reports whether the file has grown. What is there already is written
// again, for it is the same. All jobs of a NAS have only the room of within, or any where it is nil. Errors:
// nas_garbage for a name that cannot be or a piece that would leave a gap, mirror_full and mirrors_full for a journal,
// ErrLogCut for a log of which there is no room for all, no_space, data_dir_unusable.
func (m Mirror) Write(d wire.Data, within *Room) (grown bool, err error) {
	if err := checkName(d.Job, d.File); err != nil {
		return false, err
	}
	if d.Off < 0 || len(d.Bytes) > wire.MaxChunk {
		return false, reason.New(reason.NASGarbage, "nas", d.File, "error", "a piece that cannot be")
	}
	root, err := m.root()
	if err != nil {
		return false, err
	}
	defer root.Close()
	if err := root.Mkdir(d.Job, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return false, m.failed(err)
	}
	f, err := root.OpenFile(path.Join(d.Job, d.File), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return false, m.failed(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, m.failed(err)
	}
	size, end := info.Size(), d.Off+int64(len(d.Bytes))
	if d.Off > size {
		return false, reason.New(reason.NASGarbage, "nas", d.File, "error", fmt.Sprintf("bytes from %d on, where "+
			"only %d are known", d.Off, size))
	}
	more := max(end-size, 0)
	if more > 0 {
		have, err := sizes(root, d.Job)
		if err != nil {
			return false, m.failed(err)
		}
		room, full := m.room(d, have, within)
		if more > room && full != nil {
			return false, full
		}
		more = min(more, room)
	}
	end = min(end, size+more)
	if end > d.Off {
		if _, err := f.WriteAt(d.Bytes[:end-d.Off], d.Off); err != nil {
			return false, m.failed(err)
		}
	}
	if within != nil {
		within.left.Add(-more)
	}
	if d.Off+int64(len(d.Bytes)) > end {
		return more > 0, ErrLogCut
	}
	return more > 0, nil
}

// Fold folds a job's journals as they are read, line by line, with what was last seen of it. Errors: those of
// Cursor.Fold.
func (m Mirror) Fold(job string, obs *burnin.Observation) (burnin.Job, error) {
	return m.Cursor(job).Fold(obs)
}

// Begun reports whether any whole line of a job's runs is here. What cannot be read is taken for one.
func (m Mirror) Begun(job string) bool {
	for n := 1; ; n++ {
		have, err := m.ReadFrom(job, journal(n), 0, wire.MaxFrame+1)
		switch {
		case err != nil || len(have) > wire.MaxFrame || bytes.IndexByte(have, '\n') >= 0:
			return true
		case len(have) > 0:
			continue
		}
		if sizes, err := m.Have(job); err != nil {
			return true
		} else if _, there := sizes[journal(n)]; !there {
			return false
		}
	}
}

// Stamp identifies the bytes of a job's journals: while it is the same, so are they. Empty where there are none.
func (m Mirror) Stamp(job string) (string, error) {
	if !burnin.ValidID(job) {
		return "", reason.New(reason.NoSuchJob, "job", job)
	}
	root, err := m.root()
	if err != nil {
		return "", err
	}
	defer root.Close()
	stamp := ""
	for n := 1; ; n++ {
		info, err := root.Stat(path.Join(job, journal(n)))
		if errors.Is(err, fs.ErrNotExist) {
			if told, err := root.Stat(path.Join(job, wire.UndoJournal)); err == nil && n > 1 {
				stamp += stampOf(wire.UndoJournal, told)
			}
			return stamp, nil
		}
		if err != nil {
			return "", m.failed(err)
		}
		stamp += stampOf(journal(n), info)
	}
}

func stampOf(file string, info fs.FileInfo) string {
	return fmt.Sprintf("%s:%d:%d ", file, info.Size(), info.ModTime().UnixNano())
}

// sizes gives the files of a job; none of a job that is not there.
func sizes(root *os.Root, job string) (map[string]int64, error) {
	have := map[string]int64{}
	dir, err := root.Open(job)
	if errors.Is(err, fs.ErrNotExist) {
		return have, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !wire.ValidFile(e.Name()) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		have[e.Name()] = info.Size()
	}
	return have, nil
}

// Have gives how many bytes of each file of a job are there.
func (m Mirror) Have(job string) (map[string]int64, error) {
	if !burnin.ValidID(job) {
		return nil, reason.New(reason.NoSuchJob, "job", job)
	}
	root, err := m.root()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	have, err := sizes(root, job)
	if err != nil {
		return nil, m.failed(err)
	}
	return have, nil
}

// ReadFrom gives at most limit bytes of a file from off on; none at its end, or of a file that is not there.
func (m Mirror) ReadFrom(job, file string, off int64, limit int) ([]byte, error) {
	if err := checkName(job, file); err != nil {
		return nil, err
	}
	root, err := m.root()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(path.Join(job, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, m.failed(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, max(off, 0), int64(limit)))
	if err != nil {
		return nil, m.failed(err)
	}
	return data, nil
}

// Jobs lists the jobs of which there is a copy.
func (m Mirror) Jobs() ([]string, error) {
	entries, err := os.ReadDir(m.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, m.failed(err)
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && burnin.ValidID(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// Sums gives the SHA-256, in hex, of each file of a job.
func (m Mirror) Sums(job string) (map[string]string, error) {
	have, err := m.Have(job)
	if err != nil {
		return nil, err
	}
	root, err := m.root()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	sums := map[string]string{}
	for name := range have {
		f, err := root.Open(path.Join(job, name))
		if err != nil {
			return nil, m.failed(err)
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, m.failed(err)
		}
		sums[name] = hex.EncodeToString(h.Sum(nil))
	}
	return sums, nil
}

// Journals gives the events of a job's runs, of run 1 first, and behind those of the last what undos and later jobs
// have told of its drive. A run whose journal has not arrived ends the list.
func (m Mirror) Journals(job string) ([][]burnin.Event, error) {
	have, err := m.Have(job)
	if err != nil {
		return nil, err
	}
	read := func(file string, size int64) ([]burnin.Event, error) {
		data, err := m.ReadFrom(job, file, 0, int(size))
		if err != nil {
			return nil, err
		}
		return wire.DecodeJournal(data)
	}
	if journals, _ := total(have); journals > wire.MaxEvents {
		return nil, reason.New(reason.NASTooMuch, "what", "the journal of job "+job, "limit",
			size.Text(wire.MaxEvents))
	}
	var runs [][]burnin.Event
	for n := 1; ; n++ {
		file := journal(n)
		size, ok := have[file]
		if !ok {
			break
		}
		events, err := read(file, size)
		if err != nil {
			return nil, err
		}
		runs = append(runs, events)
	}
	if size := have[wire.UndoJournal]; size > 0 && len(runs) > 0 {
		events, err := read(wire.UndoJournal, size)
		if err != nil {
			return nil, err
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], events...)
	}
	return runs, nil
}

func journal(run int) string { return fmt.Sprintf("run-%d.ndjson", run) }

// Sync returns when what is there of a job stays, whatever becomes of this computer. Who notes elsewhere that all of a
// job is here, or has the NAS remove it, calls it first.
func (m Mirror) Sync(job string) error {
	have, err := m.Have(job)
	if err != nil {
		return err
	}
	root, err := m.root()
	if err != nil {
		return err
	}
	defer root.Close()
	for name := range have {
		f, err := root.OpenFile(path.Join(job, name), os.O_WRONLY, 0)
		if err == nil {
			err = errors.Join(f.Sync(), f.Close())
		}
		if err != nil {
			return m.failed(err)
		}
	}
	for _, dir := range []string{job, "."} { // the names of the files; not every system can
		if d, err := root.Open(dir); err == nil {
			_ = d.Sync()
			_ = d.Close()
		}
	}
	return nil
}

// Drop forgets a job's copy, so that the next follow fetches it anew.
func (m Mirror) Drop(job string) error {
	if !burnin.ValidID(job) {
		return reason.New(reason.NoSuchJob, "job", job)
	}
	return os.RemoveAll(filepath.Join(m.Dir, job))
}

// Observe makes an observation of what the NAS says of a job and of how much of it the mirror has. nowMs is the
// desktop's clock, unix milliseconds, when the status came.
func (m Mirror) Observe(s wire.JobStatus, nowMs int64) (burnin.Observation, error) {
	have, err := m.Have(s.Job)
	if err != nil {
		return burnin.Observation{}, err
	}
	complete := true
	for file, size := range s.Sizes {
		if n, here := have[file]; IsJournal(file) && (!here || n < size) {
			complete = false // an empty one too: a run that has not said a word is there to be known of
		}
	}
	if _, ok := s.Sizes[journal(s.Run)]; s.Run > 0 && !ok {
		complete = false
	}
	return burnin.Observation{
		Run: s.Run, Missing: s.Missing, Last: s.Last, LockHeld: s.LockHeld, StopAsked: s.StopAsked, BootID: s.BootID,
		BootedMs: s.BootedMs, UpMs: s.NowMs - s.BootedMs, SeenMs: nowMs, Complete: complete, Live: s.Live,
		Trouble: s.Trouble,
	}, nil
}
