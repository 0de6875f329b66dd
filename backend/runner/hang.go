package runner

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"burnish/backend/reason"
	"burnish/backend/surface"
)

// hangAfter is how long a request may be without an answer before the journal says so. The stage goes on when the answer
// comes, and ends as stuck when it does not.
const hangAfter = 120 * time.Second

// attended is a drive whose requests are watched. It is safe for concurrent use.
type attended struct {
	surface.Device
	now  func() time.Time
	heat *heat

	mu      sync.Mutex
	next    int64
	flights map[int64]flight
}

// flight is a request under way.
type flight struct {
	lba   int64
	since time.Time
	told  bool
}

// attend has the requests to a drive watched from here on.
func (o *observer) attend(dev surface.Device) surface.Device {
	// What a queue has under way when a pause begins is looked at only after it: the pause is no hang.
	d := &attended{Device: dev, now: o.heat.work, heat: o.heat, flights: map[int64]flight{}}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drive, o.owed = d, d.owed
	return d
}

// owed names the oldest request that is under way.
func (d *attended) owed() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.flights) == 0 {
		return ""
	}
	return fmt.Sprintf("a request at LBA %d", d.flights[slices.Min(slices.Collect(maps.Keys(d.flights)))].lba)
}

func (d *attended) ReadAt(p []byte, off int64) (int, error) {
	defer d.land(d.begin(off))
	return d.Device.ReadAt(p, off)
}

func (d *attended) WriteAt(p []byte, off int64) (int, error) {
	defer d.land(d.begin(off))
	return d.Device.WriteAt(p, off)
}

// Queue implements surface.Queuer.
func (d *attended) Queue(slots, n int) (surface.Queue, error) {
	q, err := surface.OpenQueue(d.Device, slots, n)
	if err != nil {
		return nil, err
	}
	return &attendedQueue{Queue: q, drive: d, flights: make([]int64, slots)}, nil
}

type attendedQueue struct {
	surface.Queue
	drive   *attended
	flights []int64 // by slot
}

func (q *attendedQueue) Start(slot int, write bool, n int, off int64) error {
	q.flights[slot] = q.drive.begin(off)
	err := q.Queue.Start(slot, write, n, off)
	if err != nil {
		q.drive.land(q.flights[slot])
	}
	return err
}

func (q *attendedQueue) Next() (int, error) {
	slot, err := q.Queue.Next()
	if slot >= 0 {
		q.drive.land(q.flights[slot])
		return slot, err
	}
	for _, id := range q.flights { // no answer will come
		q.drive.land(id)
	}
	return slot, err
}

// begin waits while the drive is too hot.
func (d *attended) begin(off int64) int64 {
	d.heat.wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next++
	d.flights[d.next] = flight{lba: off / int64(d.Geometry().LogicalBytes), since: d.now()}
	return d.next
}

func (d *attended) land(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.flights, id)
}

// hung gives the LBA of the oldest request that has been without an answer for too long and was not told yet.
func (d *attended) hung() (lba int64, waited time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var oldest int64
	for id, f := range d.flights {
		if f.told {
			return 0, 0, false // one word for each hang: the others wait behind it
		}
		if oldest == 0 || id < oldest {
			oldest = id
		}
	}
	f := d.flights[oldest]
	if oldest == 0 || d.now().Sub(f.since) < hangAfter {
		return 0, 0, false
	}
	f.told = true
	d.flights[oldest] = f
	return f.lba, d.now().Sub(f.since), true
}

// noticeHangs tells of a request that hangs, once.
func (o *observer) noticeHangs() {
	o.mu.Lock()
	d := o.drive
	o.mu.Unlock()
	if d == nil {
		return
	}
	if lba, waited, ok := d.hung(); ok {
		// The journal keeps its first error itself; the next event of the stage's own goroutine meets it.
		_ = o.warn(reason.New("request_hung", "lba", lba, "seconds", int(waited.Seconds())))
	}
}
