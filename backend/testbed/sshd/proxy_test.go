package sshd

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// echo answers each connection with what it sends, and ends it when the client has ended its half.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

func say(t *testing.T, c net.Conn, word string) {
	t.Helper()
	if _, err := io.WriteString(c, word); err != nil {
		t.Fatalf("say %q: %v", word, err)
	}
}

func hear(t *testing.T, c net.Conn, word string) {
	t.Helper()
	p := make([]byte, len(word))
	if _, err := io.ReadFull(c, p); err != nil || string(p) != word {
		t.Fatalf("heard %q, %v, want %q", p, err, word)
	}
}

func TestAProxyForwardsAndCounts(t *testing.T) {
	p := NewProxy(t, echo(t))
	c := dial(t, p)
	say(t, c, "hello")
	hear(t, c, "hello")
	c.CloseWrite()
	if rest, err := io.ReadAll(c); err != nil || len(rest) != 0 {
		t.Errorf("the end is not passed on: %q, %v", rest, err)
	}
	if p.Up() != 5 || p.Down() != 5 {
		t.Errorf("%d bytes up and %d down", p.Up(), p.Down())
	}
}

func TestADropResetsWhatIsConnectedAndNothingElse(t *testing.T) {
	p := NewProxy(t, echo(t))
	c := dial(t, p)
	say(t, c, "one")
	hear(t, c, "one")
	p.Drop()
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("not a reset: %v", err)
	}
	again := dial(t, p)
	say(t, again, "two")
	hear(t, again, "two")
}

func TestAStallIsSilentUntilItEnds(t *testing.T) {
	p := NewProxy(t, echo(t))
	c := dial(t, p)
	say(t, c, "before")
	hear(t, c, "before")
	p.Stall()
	say(t, c, "during")
	late := dial(t, p)
	say(t, late, "late")
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("heard %d bytes during the stall", n)
	}
	if p.Up() != 6 {
		t.Errorf("%d bytes went up", p.Up())
	}
	c.SetReadDeadline(time.Time{})
	p.Resume()
	hear(t, c, "during")
	hear(t, late, "late")
}

func TestAConnectionThatStallsCanBeDropped(t *testing.T) {
	p := NewProxy(t, echo(t))
	c := dial(t, p)
	say(t, c, "x")
	hear(t, c, "x")
	p.Stall()
	p.Drop()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("it lives on")
	}
	p.Resume()
}

func TestAProxyInFrontOfNothingResets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	c, err := net.Dial("tcp", NewProxy(t, nobody).Addr())
	if err != nil {
		return // reset so soon that the dial has seen it
	}
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("it answered")
	}
}
