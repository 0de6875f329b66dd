package bench

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"burnish/backend/reason"
	"burnish/backend/surface"
)

const (
	// hangAfter is how long a request may be without an answer before the journal says so. The stage goes on when the
	// answer comes, and ends as stuck when it does not.
	hangAfter = 120 * time.Second
	// aloneSlow is how long a request that no engine measures has to take to be told, flushSlow a flush: the cache of a
	// disk holds some seconds' worth of scattered writes.
	aloneSlow = 3 * time.Second
	flushSlow = 30 * time.Second
)

// Traffic is what a run has asked of its drive and what the drive has not answered. There is one way to the drive: an
// engine's requests go through attended, those of the run's own code through direct, and looks at labels through ask.
// It is safe for concurrent use.
type traffic struct {
	mu      sync.Mutex
	next    int64
	flights map[int64]Flight
	slow    []Flight // answered, of those that nobody else measures
	hangs   int      // of the stage at work: requests that were without an answer for too long
	longest Flight   // of these
	dead    bool     // one was waited for in vain: the drive is asked nothing more
}

// Flight is a request under way.
type Flight struct {
	What  string // "a flush of its cache"; empty for a request at lba
	lba   int64
	now   func() time.Duration // the time that the machine ran, or that of it in which the drive may work
	since time.Duration
	limit time.Duration // from which on it is slow; 0 where somebody else measures it
	took  time.Duration
	told  bool
}

func (f Flight) String() string { return cmp.Or(f.What, fmt.Sprintf("a request at LBA %d", f.lba)) }

const aFlush = "a flush of its cache"

func (t *traffic) begin(f Flight) int64 {
	f.since = f.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.flights == nil {
		t.flights = map[int64]Flight{}
	}
	t.next++
	t.flights[t.next] = f
	return t.next
}

// maxSlow bounds how many slow requests are kept of a stage.
const maxSlow = 1000

func (t *traffic) land(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, under := t.flights[id]
	delete(t.flights, id)
	if f.limit > 0 || f.told {
		f.took = f.now() - f.since
	}
	if f.told && f.took > t.longest.took {
		t.longest = f
	}
	if under && f.limit > 0 && f.took >= f.limit && len(t.slow) < maxSlow {
		t.slow = append(t.slow, f)
	}
}

// unanswered names the oldest request that is under way, empty where there is none.
func (t *traffic) unanswered() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.flights) == 0 {
		return ""
	}
	return t.flights[slices.Min(slices.Collect(maps.Keys(t.flights)))].String()
}

// hung gives the oldest request that has been without an answer for too long and was not told yet, and which of the
// stage it is, 1 for the first; 0 where there is none.
func (t *traffic) hung() (f Flight, waited time.Duration, which int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var oldest int64
	for id, f := range t.flights {
		if f.told {
			return f, 0, 0 // one word for each hang: the others wait behind it
		}
		if oldest == 0 || id < oldest {
			oldest = id
		}
	}
	if f = t.flights[oldest]; oldest == 0 || f.now()-f.since < hangAfter {
		return f, 0, 0
	}
	f.told = true
	t.flights[oldest] = f
	t.hangs++
	return f, f.now() - f.since, t.hangs
}

// takeHangs gives how often requests hung since it was asked last, and the longest of those that were answered or hang
// still.
func (t *traffic) takeHangs() (n int, longest Flight) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, longest = t.hangs, t.longest
	for _, f := range t.flights {
		if f.took = f.now() - f.since; f.told && f.took > longest.took {
			longest = f
		}
	}
	t.hangs, t.longest = 0, Flight{}
	return n, longest
}

func (t *traffic) giveUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dead = true
}

func (t *traffic) isDead() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dead
}

// takeSlow gives the slow requests since it was asked last.
func (t *traffic) takeSlow() []Flight {
	t.mu.Lock()
	defer t.mu.Unlock()
	slow := t.slow
	t.slow = nil
	return slow
}

// maxHangs is how many hangs of a stage the journal tells one by one. What comes behind them is counted, and told when
// the stage ends: a drive may hang every few minutes for days.
const maxHangs = 10

// WatchTraffic tells of requests that hang, for as long as a stage is at work.
func (a *Stage) WatchTraffic() (stop func()) {
	return a.Asker().Watch(func(said *reason.Said, which int) {
		if which > maxHangs {
			a.Say("%s", said.Error())
			return
		}
		// The journal keeps its first error itself; the next event of the stage's own goroutine meets it.
		_ = a.Warn(said)
	})
}

// Watch tells of requests to the drive that hang, and which of the stage each is, 1 for the first.
func (a Asker) Watch(tell func(said *reason.Said, which int)) (stop func()) {
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-end:
				return
			case <-a.After(min(a.Limit/10, 10*time.Second)):
			}
			f, waited, which := a.Traffic.hung()
			if which > 0 {
				tell(reason.New(reason.RequestHung, "what", sentence(f.String()), "seconds", int(waited.Seconds())),
					which)
			}
		}
	}()
	return func() { close(end); <-done }
}

// sentence begins one with a text.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// TellHangs says how often requests hung, where that was more often than was told one by one.
func (a *Stage) TellHangs() error {
	n, longest := a.Traffic.takeHangs()
	if n <= maxHangs {
		return nil
	}
	return a.Warn(reason.New(reason.RequestsHung, "count", n, "stage", a.Spec.Kind, "what", longest,
		"seconds", int(longest.took.Seconds())))
}

// TellSlow warns of requests that took the drive long, of those that no chart shows.
func (a *Stage) TellSlow() error {
	slow := a.Traffic.takeSlow()
	if len(slow) == 0 {
		return nil
	}
	longest := slices.MaxFunc(slow, func(x, y Flight) int { return cmp.Compare(x.took, y.took) })
	return a.Warn(reason.New(reason.SlowAnswers, "count", Counted(int64(len(slow)), "request"), "stage", a.Spec.Kind,
		"what", longest, "ms", longest.took.Milliseconds()))
}

// Attended is the drive for an engine, which waits for the answers itself.
type Attended struct {
	surface.Device
	Traffic *traffic
	Heat    *Heat
}

func (d *Attended) ReadAt(p []byte, off int64) (int, error) {
	defer d.Traffic.land(d.begin(off))
	return d.Device.ReadAt(p, off)
}

func (d *Attended) WriteAt(p []byte, off int64) (int, error) {
	defer d.Traffic.land(d.begin(off))
	return d.Device.WriteAt(p, off)
}

func (d *Attended) Flush() error {
	defer d.Traffic.land(d.Traffic.begin(Flight{What: aFlush, now: d.Heat.Work, limit: flushSlow}))
	return d.Device.Flush()
}

// begin waits while the drive is too hot. What a queue has under way when a pause begins is looked at only after it:
// the pause is no hang.
func (d *Attended) begin(off int64) int64 {
	d.Heat.wait()
	return d.Traffic.begin(Flight{lba: off / int64(d.Geometry().LogicalBytes), now: d.Heat.Work})
}

// Queue implements surface.Queuer.
func (d *Attended) Queue(slots, n int) (surface.Queue, error) {
	q, err := surface.OpenQueue(d.Device, slots, n)
	if err != nil {
		return nil, err
	}
	return &attendedQueue{Queue: q, drive: d, flights: make([]int64, slots)}, nil
}

type attendedQueue struct {
	surface.Queue
	drive   *Attended
	flights []int64 // by slot
}

func (q *attendedQueue) Start(slot int, write bool, n int, off int64) error {
	q.flights[slot] = q.drive.begin(off)
	err := q.Queue.Start(slot, write, n, off)
	if err != nil {
		q.drive.Traffic.land(q.flights[slot])
	}
	return err
}

func (q *attendedQueue) Next() (int, error) {
	slot, err := q.Queue.Next()
	if slot >= 0 {
		q.drive.Traffic.land(q.flights[slot])
		return slot, err
	}
	for _, id := range q.flights { // no answer will come
		q.drive.Traffic.land(id)
	}
	return slot, err
}
