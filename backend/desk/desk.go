package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/jobs"
	"burnish/backend/notify"
	"burnish/backend/profile"
	"burnish/backend/reason"
	"burnish/backend/store"
)

// Dialogs are the system's own, which only a window has. An empty path means that the person chose none.
type Dialogs interface {
	OpenFile(title, dir string) (string, error)
	SaveFile(title, name string) (string, error)
}

// Options say what a desk works with. All but Practice, Temporary and Outbox must be set.
type Options struct {
	Service   *jobs.Service
	Emit      func(event string, data any) // called from one goroutine at a time; must not call back
	Dialogs   Dialogs
	Version   string
	Practice  string         // name of the profile that is the practice NAS; empty for none
	Temporary bool           // the data directory is not found again by the next window
	Home      string         // the person's home directory, for ~/.ssh
	User      string         // the person's name at this computer
	Outbox    *notify.Outbox // what is told to people; nil for nothing
	Look      time.Duration  // how often the index is looked at; 0 means 5 s
}

// The pace of deltas.
const (
	pace      = 250 * time.Millisecond
	deltaRows = 200 // of 600 drives at work 150 have changed by then
	look      = 5 * time.Second
)

// Desk is the model of the window.
type Desk struct {
	Options
	ctx  context.Context
	end  context.CancelFunc
	work sync.WaitGroup
	wake chan struct{} // something changed

	emitting sync.Mutex // held while an event is given out

	mu        sync.Mutex
	seq       int64
	links     map[string]*nasRow // by profile id
	drives    map[string]Drive   // by key
	jobs      map[string]Job
	meters    map[string]*meter
	stopping  map[string]bool // jobs that this window has stopped and that have not ended
	questions map[string]*asked
	asks      int
	adding    map[*trial]bool // the tries to add a NAS that have saved nothing yet
	dirty     []string        // names as in Delta.Gone, the oldest change first
}

// Open makes a desk, reads what the index knows, and begins to follow the jobs that have not ended.
func Open(opt Options) (*Desk, error) {
	d := &Desk{Options: opt, wake: make(chan struct{}, 1), links: map[string]*nasRow{}, drives: map[string]Drive{},
		jobs:   map[string]Job{},
		meters: map[string]*meter{}, stopping: map[string]bool{}, questions: map[string]*asked{},
		adding: map[*trial]bool{}}
	if d.Look == 0 {
		d.Look = look
	}
	d.ctx, d.end = context.WithCancel(context.Background())
	d.Service.AskPerson(d.person)
	if err := d.lookAround(); err != nil {
		d.end()
		return nil, err
	}
	d.spawn(d.pump)
	d.spawn(d.lookOften)
	if d.Outbox != nil {
		d.spawn(func() { _ = d.Service.Tell(d.ctx, d.Outbox) }) // it ends with the desk alone
		d.spawn(func() { d.Outbox.Run(d.ctx) })
	}
	return d, nil
}

// Close ends what the desk does and waits for it. Jobs go on at their NAS.
func (d *Desk) Close() {
	d.mu.Lock()
	d.end()
	d.mu.Unlock()
	d.work.Wait()
}

// spawn runs fn until the desk closes. After that it runs nothing.
func (d *Desk) spawn(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx.Err() != nil {
		return
	}
	d.work.Go(fn)
}

// now is the time of this computer in unix ms.
func (d *Desk) now() int64 { return d.Service.Now().UnixMilli() }

// touch notes that a row changed. The caller holds mu.
func (d *Desk) touch(kind, id string) {
	name := kind + ":" + id
	if !slices.Contains(d.dirty, name) {
		d.dirty = append(d.dirty, name)
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// pump tells what changed, at its pace.
func (d *Desk) pump() {
	for {
		select {
		case <-d.ctx.Done():
			return
		case <-d.wake:
		}
		if delta, more := d.take(); delta != nil {
			tell(d, Changed, *delta)
			if more {
				d.again()
			}
		}
		select {
		case <-d.ctx.Done():
			return
		case <-time.After(pace):
		}
	}
}

func (d *Desk) again() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// take makes the next delta of the rows that changed first; nil if none did.
func (d *Desk) take() (delta *Delta, more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.dirty) == 0 {
		return nil, false
	}
	n := min(len(d.dirty), deltaRows)
	names := d.dirty[:n]
	d.dirty = slices.Clone(d.dirty[n:])
	d.seq++
	out := Delta{Seq: d.seq, NowMs: d.now()}
	for _, name := range names {
		kind, id, _ := strings.Cut(name, ":")
		there := false
		switch kind {
		case "nas":
			if l, ok := d.links[id]; ok {
				out.NAS, there = append(out.NAS, l.row), true
			}
		case "drive":
			if row, ok := d.drives[id]; ok {
				out.Drives, there = append(out.Drives, row), true
			}
		case "job":
			if row, ok := d.jobs[id]; ok {
				out.Jobs, there = append(out.Jobs, row), true
			}
		case "question":
			if q, ok := d.questions[id]; ok {
				out.Questions, there = append(out.Questions, q.Question), true
			}
		}
		if !there {
			out.Gone = append(out.Gone, name)
		}
	}
	return &out, len(d.dirty) > 0
}

// Snapshot is all as it is now. Deltas up to its number are in it.
func (d *Desk) Snapshot() Snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := Snapshot{Seq: d.seq, NowMs: d.now(), Version: d.Version, Practice: d.Practice != "", Temporary: d.Temporary,
		Plans: plans(), Words: words()}
	for _, l := range d.links {
		s.NAS = append(s.NAS, l.row)
	}
	for _, row := range d.drives {
		s.Drives = append(s.Drives, row)
	}
	for _, row := range d.jobs {
		s.Jobs = append(s.Jobs, row)
	}
	for _, q := range d.questions {
		s.Questions = append(s.Questions, q.Question)
	}
	slices.SortFunc(s.NAS, func(a, b NAS) int {
		return strings.Compare(strings.ToLower(a.Name),
			strings.ToLower(b.Name))
	})
	slices.SortFunc(s.Drives, func(a, b Drive) int { return strings.Compare(a.Path+a.Key, b.Path+b.Key) })
	slices.SortFunc(s.Jobs, func(a, b Job) int {
		if a.CreatedMs != b.CreatedMs {
			return int(a.CreatedMs - b.CreatedMs)
		}
		return strings.Compare(a.ID, b.ID)
	})
	slices.SortFunc(s.Questions, func(a, b Question) int { return strings.Compare(a.ID, b.ID) })
	return s
}

// lookOften looks at the index now and then: another process may have saved a NAS, or started a job.
func (d *Desk) lookOften() {
	for {
		select {
		case <-d.ctx.Done():
			return
		case <-time.After(d.Look):
			_ = d.lookAround() // an index that cannot be read now may be read later; what a person does tells the error
		}
	}
}

// lookAround brings the model up to what the index says.
func (d *Desk) lookAround() error {
	profiles, err := d.Service.Profiles(d.ctx)
	if err != nil {
		return err
	}
	rows, err := d.Service.Rows(d.ctx, store.Filter{})
	if err != nil {
		return err
	}
	d.profiles(profiles)
	live := map[string][]store.Job{}
	for _, row := range rows {
		d.mu.Lock()
		known, ok := d.jobs[row.ID]
		stale := !ok || known.State != row.State && row.State.Ended()
		d.mu.Unlock()
		if stale {
			d.show(row)
		}
		if !row.State.Ended() && row.Phase != store.Gone && row.ProfileID != "" {
			live[row.ProfileID] = append(live[row.ProfileID], row)
		}
	}
	broken, err := d.Service.Interrupted(d.ctx)
	if err != nil {
		return err
	}
	for _, row := range broken {
		live[row.ProfileID] = append(live[row.ProfileID], row)
	}
	for _, p := range profiles {
		d.follow(p, live[p.ID])
		if err := d.grants(p); err != nil {
			return err
		}
	}
	return nil
}

// profiles puts the saved NAS in the model and takes out those that are gone.
func (d *Desk) profiles(all []profile.Profile) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range all {
		l := d.links[p.ID]
		if l == nil {
			l = &nasRow{row: NAS{ID: p.ID, Phase: Idle, SinceMs: d.now()}}
			d.links[p.ID] = l
		}
		before := l.row
		l.row.Name, l.row.Host, l.row.User, l.row.Port, l.row.Slots, l.row.Hostname = p.Name, p.Host, p.User, p.Port,
			p.Slots, word(p.Hostname)
		l.row.KeepDays, l.row.AutoResume = p.KeepDays, p.AutoResume
		l.row.Practice = d.Practice != "" && p.Name == d.Practice
		if l.row != before {
			d.touch("nas", p.ID)
		}
	}
	for id, l := range d.links {
		if slices.ContainsFunc(all, func(p profile.Profile) bool { return p.ID == id }) {
			continue
		}
		l.stop()
		delete(d.links, id)
		d.touch("nas", id)
		for key, row := range d.drives {
			if row.NAS == id {
				delete(d.drives, key)
				d.touch("drive", key)
			}
		}
	}
}

// show folds a job of the index and puts it in the model.
func (d *Desk) show(row store.Job) {
	job, err := d.Service.View(d.ctx, row.ID)
	if err != nil {
		// Its copy cannot be read: as the index last knew it, with why.
		job = burnin.Job{ID: row.ID, NAS: row.NAS, Plan: row.Plan, State: row.State, Reason: asSaid(err),
			CreatedMs: row.CreatedMs, EndedMs: row.EndedMs, SeenMs: row.SeenMs}
		job.Drive.ID = row.DriveID
	}
	d.put(row.ProfileID, job)
}

// put puts a job in the model. profileID is empty where the profile was removed.
func (d *Desk) put(profileID string, job burnin.Job) Job {
	r := jobRow(profileID, job)
	if job.State == burnin.Running {
		r.TempC = job.TempC
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.meters[job.ID]
	if m == nil {
		m = &meter{}
		d.meters[job.ID] = m
	}
	if r.BPS = m.add(job, d.now()); job.State.Ended() {
		delete(d.meters, job.ID)
	}
	if job.State.Ended() {
		delete(d.stopping, job.ID)
	} else if r.Stopping == nil && d.stopping[job.ID] {
		r.Stopping = reason.New(reason.Stopping)
	}
	before, known := d.jobs[job.ID]
	d.jobs[job.ID] = r
	d.touch("job", job.ID)
	if drive, ok := d.drives[r.DriveKey]; ok && drive.Job != r.ID {
		if at, has := d.jobs[drive.Job]; !has || at.CreatedMs <= r.CreatedMs {
			drive.Job = r.ID
			d.drives[r.DriveKey] = drive
			d.touch("drive", r.DriveKey)
		}
	}
	if !known || before.State != r.State {
		d.count(r.NAS)
	}
	return r
}

// count counts the jobs of a NAS that have not ended. The caller holds mu.
func (d *Desk) count(nasID string) {
	l := d.links[nasID]
	if l == nil {
		return
	}
	n := 0
	for _, j := range d.jobs {
		if j.NAS == nasID && j.CanStop {
			n++
		}
	}
	if n != l.row.LiveJobs {
		l.row.LiveJobs = n
		d.touch("nas", nasID)
	}
}

// asSaid makes a reason of any error.
func asSaid(err error) *reason.Said {
	var s *reason.Said
	if errors.As(err, &s) {
		return said(s, nil)
	}
	return reason.New(reason.Internal, "error", err)
}
