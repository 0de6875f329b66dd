package surface

import "errors"

// Queuer is a Device that can have many requests under way without a goroutine for each. A sweep uses that where it is
// offered; an error of Queue makes it do without.
type Queuer interface {
	Device
	// Queue gives slots with a buffer of n bytes each.
	Queue(slots, n int) (Queue, error)
}

// Queue has one request under way for each slot at most. Its methods are for one goroutine.
type Queue interface {
	// Buffer is the slot's memory. It belongs to the device while the slot's request is under way.
	Buffer(slot int) []byte
	// Start sends a request for the first n bytes of the slot's buffer. It does not wait for the answer. An error is
	// the request's answer.
	Start(slot int, write bool, n int, off int64) error
	// Next waits for an answer to any request, which is as that of ReadAt or WriteAt. A negative slot means that the
	// queue failed, and that no answer will come to what is under way.
	Next() (slot int, err error)
	// Close gives the buffers back. No request is under way.
	Close() error
}

// ErrNoQueue is what Queue gives where the device under a wrapper is no Queuer.
var ErrNoQueue = errors.New("the device has no queue")

// OpenQueue opens the queue of a device, for wrappers of devices.
func OpenQueue(dev Device, slots, n int) (Queue, error) {
	if q, ok := dev.(Queuer); ok {
		return q.Queue(slots, n)
	}
	return nil, ErrNoQueue
}

// spareSlots is how many blocks are prepared, compared or judged while InFlight requests are at the device.
const spareSlots = 2

// errNotStarted is the answer to a request that was never sent, since the run ended.
var errNotStarted = errors.New("the run ended before this request began")

// conveyor is the goroutine that works a queue: it makes the data of the blocks to come and compares that of those that
// came back while the device is at work, and starts requests strictly in the order in which they were asked for.
type conveyor struct {
	*pipeline
	queue    Queue
	inFlight int
	sector   int
	clock    Clock
	ready    []*lane // prepared, in order
	under    int     // requests at the device
}

func (c *conveyor) run() {
	for c.step() {
	}
	if c.under == 0 {
		_ = c.queue.Close() // nothing is under way, and each answer is known
	}
}

// step reports whether there is more to do.
func (c *conveyor) step() bool {
	c.start()
	select {
	case l, ok := <-c.asked:
		return c.take(l, ok)
	default:
	}
	if c.under == 0 {
		l, ok := <-c.asked
		return c.take(l, ok)
	}
	slot, err := c.queue.Next()
	if slot < 0 {
		c.fail(err)
		return false
	}
	c.under--
	c.start()
	c.lanes[slot].finish(err, c.clock.Now(), c.sector)
	return true
}

// take prepares a block. Without one it waits for what is at the device, and ends.
func (c *conveyor) take(l *lane, ok bool) bool {
	if ok {
		l.prepare(c.sector)
		c.ready = append(c.ready, l)
		return true
	}
	for _, l := range c.ready {
		l.done <- answer{err: errNotStarted}
	}
	for c.ready = nil; c.under > 0; c.under-- {
		slot, err := c.queue.Next()
		if slot < 0 {
			c.fail(err)
			break
		}
		c.lanes[slot].finish(err, c.clock.Now(), c.sector)
	}
	return false
}

func (c *conveyor) start() {
	for len(c.ready) > 0 && c.under < c.inFlight {
		l := c.ready[0]
		c.ready = append(c.ready[:0], c.ready[1:]...)
		if c.ended.Load() {
			l.done <- answer{err: errNotStarted}
			continue
		}
		l.began = c.clock.Now()
		l.sent.Store(true)
		if err := c.queue.Start(l.slot, l.current.phase == PhaseWrite, l.current.n, l.current.off); err != nil {
			l.finish(err, c.clock.Now(), c.sector)
			continue
		}
		l.under = true
		c.under++
	}
}

// fail answers all that is at the device, and all that is still to come, with the queue's error.
func (c *conveyor) fail(err error) {
	for _, l := range c.lanes {
		if l.under {
			l.finish(err, c.clock.Now(), c.sector)
		}
	}
	for _, l := range c.ready {
		l.done <- answer{err: err}
	}
	for l := range c.asked {
		l.done <- answer{err: err}
	}
}
