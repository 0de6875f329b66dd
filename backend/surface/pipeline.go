package surface

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// request is one block of a sweep.
type request struct {
	phase Phase
	stamp *stamper
	off   int64
	n     int
}

// answer is what became of a request. Its data stays in the lane's buffer until the lane's next request.
type answer struct {
	err     error
	differs bool  // verify: some sector is not what it must be
	zero    int64 // read: bytes in sectors of zeros
	took    time.Duration
}

// lane is one of the requests that are under way at once, with its buffer. Block k of a run goes to lane k modulo their
// number.
//
// Where the device has a queue, one conveyor works all lanes. Else each lane has a goroutine, and these pass a token
// along, so that requests start in the order of their blocks while making and comparing data runs in parallel.
type lane struct {
	slot      int
	buf, want []byte
	sweep     Phase // that the buffer was last used in
	began     time.Time
	under     bool          // of the conveyor: at the device
	sent      atomic.Bool   // the device has current, or had it
	start     chan struct{} // without a queue: current is to be done
	turn      chan struct{} // without a queue: the token, this lane may start its request
	done      chan answer
	current   request // written by the engine before the lane has it, read only until the next one
}

// pipeline keeps lanes busy. All its methods belong to the engine's goroutine.
type pipeline struct {
	lanes     []*lane
	asked     chan *lane  // with a queue
	ended     atomic.Bool // nothing more is to be started
	submitted int64       // requests so far
	taken     int64       // of these, answers taken
}

func newPipeline(dev Device, clock Clock, sectorBytes, block, inFlight int) *pipeline {
	p := &pipeline{}
	lanes := inFlight + spareSlots
	queue, err := OpenQueue(dev, lanes, block)
	if err != nil {
		queue, lanes = nil, inFlight
	}
	for i := range lanes {
		l := &lane{slot: i, want: make([]byte, sectorBytes), done: make(chan answer, 1)}
		if queue != nil {
			l.buf = queue.Buffer(i)
		} else {
			l.buf, l.start, l.turn = AlignedBuffer(block), make(chan struct{}, 1), make(chan struct{}, 1)
		}
		p.lanes = append(p.lanes, l)
	}
	if queue != nil {
		p.asked = make(chan *lane, lanes)
		c := &conveyor{pipeline: p, queue: queue, inFlight: inFlight, sector: sectorBytes, clock: clock,
			ready: make([]*lane, 0, lanes)}
		go c.run()
		return p
	}
	for i, l := range p.lanes {
		go l.work(dev, clock, sectorBytes, p.lanes[(i+1)%lanes].turn)
	}
	p.lanes[0].turn <- struct{}{}
	return p
}

func (l *lane) work(dev Device, clock Clock, sectorBytes int, next chan<- struct{}) {
	for range l.start {
		l.prepare(sectorBytes)
		<-l.turn
		next <- struct{}{}
		l.began = clock.Now()
		l.sent.Store(true)
		var err error
		if p := l.buf[:l.current.n]; l.current.phase == PhaseWrite {
			err = writeFull(dev, p, l.current.off)
		} else {
			err = readFull(dev, p, l.current.off)
		}
		l.finish(err, clock.Now(), sectorBytes)
	}
}

// prepare makes the data of a write. Within a sweep the buffer holds another block's data, so that a read that moves
// nothing shows.
func (l *lane) prepare(sectorBytes int) {
	if l.current.phase != l.sweep {
		l.sweep = l.current.phase
		spoil(l.buf, sectorBytes)
	}
	if l.current.phase == PhaseWrite {
		l.current.stamp.fill(l.buf[:l.current.n], l.current.off/int64(sectorBytes))
	}
}

// finish looks at what came and hands the answer on.
func (l *lane) finish(err error, now time.Time, sectorBytes int) {
	l.under = false
	ans := answer{err: err, took: now.Sub(l.began)}
	p := l.buf[:l.current.n]
	switch {
	case err != nil:
	case l.current.phase == PhaseVerify:
		ans.differs = !l.current.stamp.matches(p, l.current.off/int64(sectorBytes), l.want)
	case l.current.phase == PhaseRead:
		ans.zero = zeroBytes(p, sectorBytes)
	}
	l.done <- ans
}

// spoiled begins no sector that anybody would write.
const spoiled = 0xdead_5ec7_0bad_da7a

// spoil takes its head from each sector of p: a buffer that still holds what was written must not pass for data that
// came from the drive.
func spoil(p []byte, sectorBytes int) {
	for i := 0; i < len(p); i += sectorBytes {
		binary.NativeEndian.PutUint64(p[i:], spoiled)
	}
}

// readFull reads all of p, which was spoiled or holds other data.
func readFull(dev Device, p []byte, off int64) error {
	n, err := dev.ReadAt(p, off)
	if err == nil && n != len(p) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func writeFull(dev Device, p []byte, off int64) error {
	n, err := dev.WriteAt(p, off)
	if err == nil && n != len(p) {
		return io.ErrShortWrite
	}
	return err
}

func (p *pipeline) pending() int { return int(p.submitted - p.taken) }
func (p *pipeline) full() bool   { return p.pending() == len(p.lanes) }

func (p *pipeline) submit(req request) {
	l := p.lanes[p.submitted%int64(len(p.lanes))]
	l.current = req
	l.sent.Store(false)
	p.submitted++
	if p.asked != nil {
		p.asked <- l
	} else {
		l.start <- struct{}{}
	}
}

// take waits for the oldest request. The lane's buffer is the caller's until the next submit.
func (p *pipeline) take(ctx context.Context) (*lane, answer, error) {
	l := p.lanes[p.taken%int64(len(p.lanes))]
	select {
	case ans := <-l.done:
		p.taken++
		return l, ans, nil
	case <-ctx.Done():
		return nil, answer{}, context.Cause(ctx)
	}
}

// close lets the lanes end and waits for the requests that are under way until ctx ends. It returns those that were not
// answered by then, whose lanes end when they are, and those that were never sent: a conveyor that waits for the device
// may not have come to them.
func (p *pipeline) close(ctx context.Context) (unanswered, unsent []request) {
	p.ended.Store(true)
	if p.asked != nil {
		close(p.asked)
	} else {
		for _, l := range p.lanes {
			close(l.start)
		}
	}
	take := func(l *lane, ans answer) {
		if errors.Is(ans.err, errNotStarted) {
			unsent = append(unsent, l.current)
		}
	}
	for ; p.pending() > 0; p.taken++ {
		l := p.lanes[p.taken%int64(len(p.lanes))]
		select {
		case ans := <-l.done:
			take(l, ans)
			continue
		default:
		}
		select {
		case ans := <-l.done:
			take(l, ans)
		case <-ctx.Done():
			if l.sent.Load() {
				unanswered = append(unanswered, l.current)
			} else {
				unsent = append(unsent, l.current)
			}
		}
	}
	return unanswered, unsent
}

// hand does one request at a time for error handling, apart from the lanes, so that the engine can leave a request that
// hangs.
type hand struct {
	calls chan func() error
	done  chan error
	busy  *request
}

func newHand() *hand {
	h := &hand{calls: make(chan func() error, 1), done: make(chan error, 1)}
	go func() {
		for call := range h.calls {
			h.done <- call()
		}
	}()
	return h
}

// do calls call and returns its answer. When ctx ends first it returns ctx's cause as err, and call may still run.
func (h *hand) do(ctx context.Context, req request, call func() error) (answer, err error) {
	h.busy = &req
	h.calls <- call
	select {
	case answer = <-h.done:
		h.busy = nil
		return answer, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// close is as pipeline.close.
func (h *hand) close(ctx context.Context) *request {
	close(h.calls)
	if h.busy == nil {
		return nil
	}
	select {
	case <-h.done: //nolint:errcheck // the run is over, whatever the answer
		return nil
	case <-ctx.Done():
		return h.busy
	}
}
