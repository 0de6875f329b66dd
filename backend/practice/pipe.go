package practice

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeRoom is how many bytes one direction of a pipe holds before a writer waits.
const pipeRoom = 256 << 10

// newPipe makes the two ends of a connection in memory. Unlike net.Pipe it has room, since both sides of SSH write
// first and read then.
func newPipe() (net.Conn, net.Conn) {
	there, back := newStream(), newStream()
	return &end{in: back, out: there}, &end{in: there, out: back}
}

// stream is one direction of a pipe.
type stream struct {
	mu      sync.Mutex
	changed *sync.Cond
	buf     []byte
	closed  bool
}

func newStream() *stream {
	s := &stream{}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.changed.Broadcast()
}

// limit is a deadline of one end for one direction; guarded by the stream's mutex.
type limit struct {
	at    time.Time
	timer *time.Timer
}

func (l *limit) over() bool { return !l.at.IsZero() && !time.Now().Before(l.at) }

func (l *limit) set(s *stream, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if l.at = at; !at.IsZero() {
		l.timer = time.AfterFunc(time.Until(at), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.changed.Broadcast()
		})
	}
	s.changed.Broadcast()
}

// end is one end of a pipe.
type end struct {
	in, out       *stream
	reads, writes limit
}

func (e *end) Read(p []byte) (int, error) {
	s := e.in
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case e.reads.over():
			return 0, os.ErrDeadlineExceeded
		case len(s.buf) > 0:
			n := copy(p, s.buf)
			if s.buf = s.buf[n:]; len(s.buf) == 0 {
				s.buf = nil
			}
			s.changed.Broadcast()
			return n, nil
		case s.closed:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		s.changed.Wait()
	}
}

func (e *end) Write(p []byte) (n int, err error) {
	s := e.out
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(p) > 0 {
		switch room := pipeRoom - len(s.buf); {
		case s.closed:
			return n, io.ErrClosedPipe
		case e.writes.over():
			return n, os.ErrDeadlineExceeded
		case room > 0:
			k := min(room, len(p))
			s.buf = append(s.buf, p[:k]...)
			n, p = n+k, p[k:]
			s.changed.Broadcast()
		default:
			s.changed.Wait()
		}
	}
	return n, nil
}

// Close ends both directions; what was written can still be read on the other side.
func (e *end) Close() error {
	e.in.close()
	e.out.close()
	e.SetDeadline(time.Time{})
	return nil
}

func (e *end) SetDeadline(t time.Time) error {
	e.reads.set(e.in, t)
	e.writes.set(e.out, t)
	return nil
}

func (e *end) SetReadDeadline(t time.Time) error {
	e.reads.set(e.in, t)
	return nil
}

func (e *end) SetWriteDeadline(t time.Time) error {
	e.writes.set(e.out, t)
	return nil
}

func (*end) LocalAddr() net.Addr  { return address{} }
func (*end) RemoteAddr() net.Addr { return address{} }

// address is that of a pipe, which has none.
type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "practice" }
