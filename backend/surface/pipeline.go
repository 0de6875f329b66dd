package surface

import (
	"context"
	"encoding/binary"
	"io"
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

// lane is one of the requests that are under way at once. Block k of a run goes to lane k modulo their number, and lanes
// pass a token along, so that requests start in the order of their blocks while making and comparing data runs in parallel.
type lane struct {
	buf, want []byte
	start     chan request
	turn      chan struct{} // the token: this lane may start its request
	done      chan answer
	current   request // of the engine, not of the lane
}

// pipeline keeps lanes busy. All its methods belong to the engine's goroutine.
type pipeline struct {
	lanes     []*lane
	submitted int64 // requests so far
	taken     int64 // of these, answers taken
}

func newPipeline(dev Device, clock Clock, sectorBytes, block, inFlight int) *pipeline {
	p := &pipeline{}
	for range inFlight {
		p.lanes = append(p.lanes, &lane{
			buf: AlignedBuffer(block), want: make([]byte, sectorBytes),
			start: make(chan request, 1), turn: make(chan struct{}, 1), done: make(chan answer, 1),
		})
	}
	for i, l := range p.lanes {
		go l.work(dev, clock, sectorBytes, p.lanes[(i+1)%inFlight].turn)
	}
	p.lanes[0].turn <- struct{}{}
	return p
}

func (l *lane) work(dev Device, clock Clock, sectorBytes int, next chan<- struct{}) {
	sweep := Phase("")
	for req := range l.start {
		p, lba := l.buf[:req.n], req.off/int64(sectorBytes)
		// Within a sweep the buffer holds another block's data, so that a read that moves nothing shows.
		if req.phase != sweep {
			sweep = req.phase
			spoil(l.buf, sectorBytes)
		}
		if req.phase == PhaseWrite {
			req.stamp.fill(p, lba)
		}
		<-l.turn
		next <- struct{}{}
		var ans answer
		begin := clock.Now()
		if req.phase == PhaseWrite {
			ans.err = writeFull(dev, p, req.off)
		} else {
			ans.err = readFull(dev, p, req.off)
		}
		ans.took = clock.Now().Sub(begin)
		switch {
		case ans.err != nil:
		case req.phase == PhaseVerify:
			ans.differs = !req.stamp.matches(p, lba, l.want)
		case req.phase == PhaseRead:
			ans.zero = zeroBytes(p, sectorBytes)
		}
		l.done <- ans
	}
}

// spoiled begins no sector that anybody would write.
const spoiled = 0xdead_5ec7_0bad_da7a

// spoil takes its head from each sector of p: a buffer that still holds what was written must not pass for data that came
// from the drive.
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
	l.start <- req
	p.submitted++
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
// answered by then; their lanes end when they are.
func (p *pipeline) close(ctx context.Context) (unanswered []request) {
	for _, l := range p.lanes {
		close(l.start)
	}
	for ; p.pending() > 0; p.taken++ {
		l := p.lanes[p.taken%int64(len(p.lanes))]
		select {
		case <-l.done:
			continue
		default:
		}
		select {
		case <-l.done:
		case <-ctx.Done():
			unanswered = append(unanswered, l.current)
		}
	}
	return unanswered
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
	case <-h.done:
		return nil
	case <-ctx.Done():
		return h.busy
	}
}
