package sshd

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy is a stretch of network between a client and a server that can be cut (Drop) or go silent (Stall).
type Proxy struct {
	Host string
	Port int

	target   string
	listener net.Listener
	wg       sync.WaitGroup
	up, down atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]struct{} // of both sides; nil once closed
	open  chan struct{}         // closed while bytes may pass
}

// NewProxy listens on a free port of loopback and forwards each connection to target, a "host:port". A connection
// that target refuses is reset. It is closed when the test ends.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for a proxy: %v", err)
	}
	return newProxy(t, l, target)
}

func newProxy(t testing.TB, l net.Listener, target string) *Proxy {
	addr := l.Addr().(*net.TCPAddr)
	p := &Proxy{
		Host: addr.IP.String(), Port: addr.Port,
		target: target, listener: l,
		conns: map[net.Conn]struct{}{}, open: make(chan struct{}),
	}
	close(p.open)
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Addr is where clients connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Drop resets all connections, on both sides, as a NAT that lost its state or a server that lost its power does. New
// ones are taken.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		reset(c)
	}
}

// Stall stops forwarding in both directions and closes nothing, as a pulled cable does. Connections are still
// accepted, by the kernel, and hear nothing.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flows() {
		p.open = make(chan struct{})
	}
}

// Resume ends a Stall; what was sent meanwhile arrives.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.flows() {
		close(p.open)
	}
}

// Up is the number of bytes forwarded from clients to the server so far.
func (p *Proxy) Up() int64 { return p.up.Load() }

// Down is the number of bytes forwarded from the server to clients so far.
func (p *Proxy) Down() int64 { return p.down.Load() }

// flows must be called with mu held.
func (p *Proxy) flows() bool {
	select {
	case <-p.open:
		return true
	default:
		return false
	}
}

func (p *Proxy) gate() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

func (p *Proxy) close() {
	p.listener.Close()
	p.Resume()
	p.mu.Lock()
	for c := range p.conns {
		reset(c)
	}
	p.conns = nil
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.carry(client) })
	}
}

func (p *Proxy) carry(client net.Conn) {
	if !p.enter(client) {
		return
	}
	defer p.leave(client)
	<-p.gate()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	if !p.enter(server) {
		return
	}
	defer p.leave(server)
	var both sync.WaitGroup
	both.Go(func() { p.pump(server, client, &p.up) })
	both.Go(func() { p.pump(client, server, &p.down) })
	both.Wait()
}

// pump forwards from one side to the other. The end of the stream is passed on alone, so that the other
// direction goes on; anything else, such as a reset, takes both sides down.
func (p *Proxy) pump(to, from net.Conn, count *atomic.Int64) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		<-p.gate()
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			} else {
				count.Add(int64(n))
			}
		}
		if errors.Is(err, io.EOF) {
			to.(*net.TCPConn).CloseWrite()
			return
		}
		if err != nil {
			reset(to)
			reset(from)
			return
		}
	}
}

func (p *Proxy) enter(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		reset(c)
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *Proxy) leave(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// reset closes c so that the peer gets a RST and not an orderly end.
func reset(c net.Conn) {
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}
