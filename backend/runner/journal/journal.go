package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/port"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// Journal writes a run's events and folds them. It is safe for concurrent use. After the first error nothing more is
// written: a journal with a hole is worth less than one that stops.
type Journal struct {
	clock port.Clock
	id    string // boot id

	Ended  <-chan struct{} // closed when the run is to end; nil: no line waits for room
	Stands atomic.Bool     // a line waits for room

	run  int
	name string // of the file
	root *os.Root

	mu   sync.Mutex
	file *os.File
	size int64 // of the whole lines in file
	seq  int64
	fold *burnin.Tracker
	link *wire.Chain
	err  error // the first, returned for ever
}

// OpenJournal creates the journal of a run; a file that is there already is an error, since it has its writer for ever.
// Where it fails it leaves nothing: a journal that is there counts as a run. The room for the last word comes first,
// since that is what a full disk refuses.
func OpenJournal(root *os.Root, run, gid int, facts port.Facts, clock port.Clock, fold *burnin.Tracker) (*Journal,
	error) {
	if err := keepRoom(root); err != nil {
		return nil, state.SpaceError("the journal", err)
	}
	before, err := linkBefore(root, run)
	if err != nil {
		return nil, errors.Join(err, root.Remove(ReserveFile))
	}
	f, err := root.OpenFile(state.RunName(run), os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o640)
	if err != nil {
		return nil, errors.Join(state.SpaceError("the journal", err), root.Remove(ReserveFile))
	}
	j := &Journal{
		clock: clock,
		id:    facts.BootID,
		run:   run,
		name:  state.RunName(run),
		root:  root,
		file:  f,
		fold:  fold,
		link:  wire.NewChain(before),
	}
	if os.Geteuid() == 0 {
		if err := f.Chown(-1, gid); err != nil {
			return nil, errors.Join(err, j.Close())
		}
	}
	return j, nil
}

// keepRoom sets room aside for a journal's last word, should the disk fill up; all of it or none.
func keepRoom(root *os.Root) error {
	err := root.WriteFile(ReserveFile, make([]byte, reserveBytes), 0o600)
	if err != nil {
		_ = root.Remove(ReserveFile) // what stands of it takes room from others
	}
	return err
}

const (
	ReserveFile  = "reserve"
	reserveBytes = 64 << 10
)

// End writes a run's last line. Where the journal has failed before, its torn rest is cut off and the room kept for
// this is used: the line then says that the journal failed, unless the run was to end anyway.
func (j *Journal) End(e burnin.End) error {
	j.mu.Lock()
	failed := j.err
	j.err = nil
	j.mu.Unlock()
	_ = j.root.Remove(ReserveFile) // at the end of every run; nobody else looks at it
	if failed != nil {
		if err := j.file.Truncate(j.size); err != nil {
			return errors.Join(failed, err)
		}
		if e.Reason == nil || e.Reason.Kind() != reason.Person && e.Reason.Code != reason.ToldToEnd {
			var broken *Error
			errors.As(failed, &broken)
			e = burnin.End{State: burnin.Unknown, Reason: reason.New(reason.JournalFailed, "error", broken.Err)}
		}
	}
	return errors.Join(failed, j.Put(burnin.EvEnd, e))
}

// Put writes an event and folds it. It is synced before put returns, progress too, which comes about once a minute: a
// power cut must not take from the NAS what a follower has already.
func (j *Journal) Put(kind burnin.EventKind, data any) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.put(kind, data)
}

func (j *Journal) put(kind burnin.EventKind, data any) error {
	if j.err != nil {
		return j.err
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return j.fail(err)
	}
	ev := burnin.Event{Seq: j.seq + 1, WallMs: j.clock.Wall().UnixMilli(), BootMs: j.clock.BootTime().Milliseconds(),
		Boot: j.id, Link: j.link.Link(), Kind: kind, Data: raw}
	line, err := wire.EncodeEvent(ev)
	if err != nil {
		return j.fail(err)
	}
	next := *j.fold // a tracker that refuses an event is as before; nothing is written that would not fold
	if err := next.Apply(ev); err != nil {
		return j.fail(fmt.Errorf("%s: %w", kind, err))
	}
	if err := j.write(line); err != nil {
		return j.fail(err)
	}
	*j.fold, j.seq = next, ev.Seq
	return j.link.Add(line, ev.Link)
}

// linkBefore is the link with which a run begins: that behind all runs before it.
func linkBefore(root *os.Root, run int) (string, error) {
	link := wire.FirstLink
	for i := 1; i < run; i++ {
		data, err := root.ReadFile(state.RunName(i))
		if err != nil {
			return "", err
		}
		c := wire.NewChain(link)
		if err := c.AddAll(data); err != nil {
			return "", err
		}
		link = c.Behind()
	}
	return link, nil
}

const (
	// roomEvery is how often a journal without room is tried again, roomWithin for how long.
	roomEvery  = time.Second
	roomWithin = 12 * time.Hour
)

// write appends a line.
func (j *Journal) write(line []byte) error {
	return j.patiently(func() error { return j.append(line) })
}

// patiently writes. While the state directory is full, or read-only, it waits: the drive is left in peace meanwhile,
// and nothing of the test is lost.
func (j *Journal) patiently(write func() error) error {
	for begin := j.clock.Running(); ; {
		err := write()
		if err == nil {
			j.Stands.Store(false)
			return nil
		}
		if !state.IsNoSpace(err) || j.Ended == nil || j.clock.Running()-begin > roomWithin {
			return err
		}
		j.Stands.Store(true)
		select {
		case <-j.Ended:
			return err
		case <-j.clock.After(roomEvery):
		}
	}
}

// append writes a line at the end of the whole lines, so that none is torn or there twice. What could not be written
// whole, or not be synced, is taken back at once: readers have not got it yet, and another line may come in its place.
func (j *Journal) append(line []byte) error {
	info, err := j.file.Stat()
	if err == nil && info.Size() > j.size {
		err = j.file.Truncate(j.size)
	}
	if err == nil {
		_, err = j.file.Write(line)
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		_ = j.file.Truncate(j.size) // where it fails it is tried again before the next line
		return err
	}
	j.size += int64(len(line))
	return nil
}

func (j *Journal) fail(err error) error {
	if state.IsNoSpace(err) {
		err = reason.New(reason.NoSpace, "what", "the journal", "error", err)
	}
	j.err = &Error{err}
	return j.err
}

// Error marks that the journal itself failed, so that no stage is blamed for it.
type Error struct{ Err error }

func (e *Error) Error() string { return "the journal could not be written: " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Job gives the fold so far.
func (j *Journal) Job() burnin.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.fold.Job()
}

// Where says in words where the job is.
func (j *Journal) Where() (stage, progress string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.fold.Where()
}

// Close gives the file up. A run that has not said a word leaves no journal, and so was none.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.size == 0 {
		_ = j.root.Remove(ReserveFile)
		return errors.Join(j.root.Remove(j.name), j.file.Close())
	}
	return errors.Join(j.file.Sync(), j.file.Close())
}
