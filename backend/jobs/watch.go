package jobs

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/nas"
	"burnish/backend/nas/mirror"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// Sink hears what a watch sees. Its methods are called from several goroutines, one for each NAS.
type Sink interface {
	Job(burnin.Job)                        // a job changed, or grew
	Standing(nas string, now nas.Standing) // the connection changed
}

// Watch follows jobs until all have ended and their files are mirrored whole, trying again for ever while a NAS is
// away. It returns early when ctx ends, or when a NAS must not be talked to any more (another host key, another
// machine, no way to log in).
func (s *Service) Watch(ctx context.Context, rows []store.Job, sink Sink) error {
	theirs, ours := split(rows)
	errs := make(chan error)
	n := 0
	watch := func(rows []store.Job, of func(context.Context, string, []store.Job, Sink) error) {
		for profileID, rows := range perNAS(rows) {
			n++
			go func() { errs <- of(ctx, profileID, rows, sink) }()
		}
	}
	watch(ours, s.watchNAS)
	watch(theirs, s.watchTrueNAS)
	var all error
	for range n {
		all = errors.Join(all, <-errs)
	}
	return all
}

func perNAS(rows []store.Job) map[string][]store.Job {
	of := map[string][]store.Job{}
	for _, row := range rows {
		of[row.ProfileID] = append(of[row.ProfileID], row)
	}
	return of
}

func (s *Service) watchNAS(ctx context.Context, profileID string, rows []store.Job, sink Sink) error {
	p, err := s.store.ProfileByID(ctx, profileID)
	if err != nil {
		return reason.New(reason.NoSuchNAS, "nas", rows[0].NAS)
	}
	w := &watch{Service: s, sink: sink, left: map[string]bool{}, killed: map[string]time.Time{},
		broken: map[string]time.Time{}, asked: map[string]int{}, p: p}
	for _, row := range rows {
		w.left[row.ID] = true
	}
	keep := nas.Keep{
		Connect: func(ctx context.Context) (*nas.Conn, error) { return s.open(ctx, p) },
		Release: s.release,
		Work:    w.work,
		Report:  s.standing(ctx, p, sink),
		Now:     s.Now,
		Sleep:   nas.Nap{Wall: s.Now, Addresses: nas.Addresses}.Sleep,
		Rand:    rand.New(rand.NewPCG(uint64(s.Now().UnixNano()), 0)),
	}
	err = keep.Run(ctx)
	if err != nil && ctx.Err() == nil && w.conn != nil { // it was there, and from now on nobody looks
		if err := s.lost(ctx, p, s.Now(), err); err != nil {
			s.complain(ctx, err)
		}
	}
	return errors.Join(err, w.err)
}

// standing hears how the connection of a watch stands.
func (s *Service) standing(ctx context.Context, p profile.Profile, sink Sink) func(nas.Standing) {
	return func(now nas.Standing) {
		sink.Standing(p.Name, now)
		if err := s.stands(ctx, p, now); err != nil && ctx.Err() == nil {
			s.complain(ctx, err)
		}
	}
}

// watch is the jobs of one NAS that have not ended yet.
type watch struct {
	*Service
	sink Sink

	p profile.Profile

	one    sync.Mutex         // held while a job is looked at
	finish context.CancelFunc // ends the follow; guarded by one
	conn   *nas.Conn          // guarded by one

	mu     sync.Mutex
	left   map[string]bool
	killed map[string]time.Time // jobs whose runner vanished: since when that is known
	broken map[string]time.Time // jobs that the NAS told to end: since when that is known
	asked  map[string]int       // jobs that were asked to go on: after how many runs
	err    error                // a job that cannot be read; the others go on
}

// comesBack is how long a runner that was killed may take to be brought back by the NAS before its job counts as ended.
const comesBack = 8 * time.Second

func (w *watch) done() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.left) == 0
}

func (w *watch) ids() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]string, 0, len(w.left))
	for id := range w.left {
		ids = append(ids, id)
	}
	return ids
}

// work follows until the connection or the jobs end. A job whose files cannot be mirrored is dropped; the others go on.
func (w *watch) work(ctx context.Context, c *nas.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.one.Lock() // a look that an earlier connection asked for may come just now
	w.finish, w.conn = cancel, c
	w.one.Unlock()
	w.tend(ctx, c, w.p, false)
	room, err := w.roomOf(ctx, w.p.ID)
	if err != nil {
		return err
	}
	for !w.done() {
		err := c.Follow(ctx, w.mirror, room, w.ids(), false, func(id string, st *wire.JobStatus) {
			w.again(ctx,
				id, st)
		})
		var one *nas.JobError
		switch {
		case w.done():
			return nil
		case reason.CodeOf(err) == reason.NoSpace:
			return err // the job goes on at the NAS; there may be room again
		case errors.As(err, &one):
			w.drop(one.Job, err)
		default:
			return err
		}
	}
	return nil
}

// again looks at what came of one job, one at a time, and ends the follow after the last.
func (w *watch) again(ctx context.Context, id string, st *wire.JobStatus) {
	w.one.Lock()
	defer w.one.Unlock()
	w.changed(ctx, id, st)
	if w.done() {
		w.finish()
	}
}

// changed folds what came of one job and tells it; a job is done when it has ended and its files are here whole.
func (w *watch) changed(ctx context.Context, id string, st *wire.JobStatus) {
	if st != nil && st.Damaged != "" {
		w.lost(ctx, id, *st)
		return
	}
	job, err := w.saw(ctx, id, st)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.drop(id, err)
	default:
		w.sink.Job(job)
		if st == nil || st.LockHeld || !job.State.Ended() || w.mayComeBack(id, job, func() { w.again(ctx, id, st) }) {
			return
		}
		if w.goesOn(ctx, job, *st, func() { w.again(ctx, id, st) }) {
			return
		}
		if whole, err := w.whole(ctx, *st); err != nil || whole {
			w.drop(id, errors.Join(err, w.store.Release(ctx, id))) // it has been waited for
		}
	}
}

// lost tells a job that the NAS cannot look at as it was last known, with why, and waits for it no more.
func (w *watch) lost(ctx context.Context, id string, st wire.JobStatus) {
	err := damaged(st)
	if job, viewErr := w.View(ctx, id); viewErr == nil {
		job.Warnings = append(job.Warnings, *err)
		w.sink.Job(job)
	}
	w.drop(id, err)
}

// damaged says that the NAS cannot look at a job.
func damaged(st wire.JobStatus) *reason.Said {
	return reason.New(reason.JobDamaged, "job", st.Job, "error", st.Damaged)
}

// mayComeBack reports whether a job whose runner was killed may still be brought back, and has it looked at again when
// that is over. Each call does so: what an earlier one asked for ended with its connection, if that was lost meanwhile.
func (w *watch) mayComeBack(id string, job burnin.Job, again func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(job.Runs); n == 0 || job.Runs[n-1].HowEnded != burnin.EndedSilent {
		delete(w.killed, id)
		return false
	}
	return waits(w.killed, id, comesBack, again)
}

// waits reports whether less than limit has gone by since a job was first asked about here, and has it looked at again
// when that is over. Whoever calls holds the lock of since.
func waits(since map[string]time.Time, id string, limit time.Duration, again func()) bool {
	first, known := since[id]
	if !known {
		first = time.Now()
		since[id] = first
	}
	left := limit - time.Since(first)
	if left > 0 {
		time.AfterFunc(left, again)
	}
	return left > 0
}

func (w *watch) drop(id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left[id] { // once: what is dropped may be looked at once more
		delete(w.left, id)
		w.err = errors.Join(w.err, err)
	}
}

// Refresh asks the NAS of these jobs once what is new, all NAS at once, until ctx ends. What cannot be reached keeps
// its old view; seen_ms tells its age. Errors of single NAS are returned joined.
func (s *Service) Refresh(ctx context.Context, rows []store.Job) error {
	byNAS := perNAS(rows)
	delete(byNAS, "") // their NAS was removed here, and nobody is there to ask
	type answer struct {
		profileID string
		err       error
	}
	answers := make(chan answer, len(byNAS))
	for profileID, rows := range byNAS {
		go func() { answers <- answer{profileID, s.refreshNAS(ctx, profileID, rows)} }()
	}
	var all error
	for len(byNAS) > 0 {
		select {
		case a := <-answers:
			if a.err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
				continue // what it says is that the time was over
			}
			delete(byNAS, a.profileID)
			all = errors.Join(all, a.err)
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return errors.Join(all, context.Cause(ctx))
			}
			return errors.Join(all, s.slow(rows, byNAS))
		}
	}
	return all
}

// slow says which NAS have not answered in time. One of which there are only jobs that were just started is at work on
// them: that is no error.
func (s *Service) slow(rows []store.Job, byNAS map[string][]store.Job) error {
	var all error
	for profileID := range byNAS {
		at := slices.IndexFunc(rows, func(row store.Job) bool {
			return row.ProfileID == profileID && s.Now().Sub(time.UnixMilli(row.CreatedMs)) >= askedFor
		})
		if at >= 0 {
			all = errors.Join(all, reason.New(reason.NoAnswerYet, "nas", rows[at].NAS))
		}
	}
	return all
}

func (s *Service) refreshNAS(ctx context.Context, profileID string, rows []store.Job) error {
	theirs, ours := split(rows)
	if err := s.refreshTrueNAS(ctx, profileID, theirs); err != nil || len(ours) == 0 {
		return err
	}
	ids := make([]string, 0, len(ours))
	for _, row := range ours {
		ids = append(ids, row.ID)
	}
	p, err := s.store.ProfileByID(ctx, profileID)
	if err != nil {
		return err
	}
	c, err := s.open(ctx, p)
	if err != nil {
		return err
	}
	defer s.release(c)
	return s.follow(ctx, c, ids)
}

// follow mirrors once what is new of some jobs and folds it.
func (s *Service) follow(ctx context.Context, c *nas.Conn, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	row, err := s.store.Job(ctx, ids[0]) // all are of one NAS
	if err != nil {
		return err
	}
	room, err := s.roomOf(ctx, row.ProfileID)
	if err != nil {
		return err
	}
	for left := slices.Clone(ids); ; {
		failed := s.followOnce(ctx, c, room, left)
		err = errors.Join(err, failed)
		var one *nas.JobError // the others can be followed without it
		if !errors.As(failed, &one) || reason.CodeOf(failed) == reason.NoSpace {
			return err
		}
		if left = slices.DeleteFunc(left, func(id string) bool { return id == one.Job }); len(left) == 0 {
			return err
		}
	}
}

func (s *Service) followOnce(ctx context.Context, c *nas.Conn, room *mirror.Room, ids []string) error {
	var failed error
	err := c.Follow(ctx, s.mirror, room, ids, true, func(id string, st *wire.JobStatus) {
		if st == nil {
			return // more is coming
		}
		if st.Damaged != "" {
			failed = errors.Join(failed, damaged(*st))
			return
		}
		if _, err := s.saw(ctx, id, st); err != nil {
			failed = errors.Join(failed, err)
		}
	})
	return errors.Join(err, failed)
}

// whole reports whether the mirror has every byte that the NAS had when it gave this status, but for logs that are cut.
func (s *Service) whole(ctx context.Context, st wire.JobStatus) (bool, error) {
	have, err := s.mirror.Have(st.Job)
	if err != nil {
		return false, err
	}
	logs := false
	for file, size := range st.Sizes {
		if have[file] >= size {
			continue
		}
		if !strings.HasSuffix(file, ".log") {
			return false, nil
		}
		logs = true
	}
	if !logs {
		return true, nil
	}
	row, err := s.store.Job(ctx, st.Job)
	if err != nil {
		return false, err
	}
	room, err := s.roomOf(ctx, row.ProfileID)
	if err != nil {
		return false, err
	}
	return s.mirror.Cut(st.Job, room)
}
