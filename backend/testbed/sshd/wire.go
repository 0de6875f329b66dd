//go:build linux

package sshd

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"burnish/backend/testbed/need"
	"burnish/backend/testbed/tether"
)

// Wire is a Proxy that is reached over a network link of its own, into a network namespace. Where Stall keeps the
// kernels talking, Cut loses every packet: nothing is acknowledged, and no new connection is taken.
type Wire struct {
	*Proxy
	t     testing.TB
	space string // the namespace
}

var wires atomic.Int32

// NewWire lays a link and forwards what comes over it to target, a "host:port". It needs root and ip(8).
func NewWire(t testing.TB, target string) *Wire {
	t.Helper()
	need.Root(t)
	need.Program(t, "ip")
	n := int(wires.Add(1)) + os.Getpid()*16
	near, far := address(n, 1), address(n, 2)
	w := &Wire{t: t, space: "burnish-" + hexRandom(4)}
	host := "b" + w.space[len("burnish-"):]
	will := tether.NewWill(t, `ip link del "$2"; ip netns del "$1"`, w.space, host)
	t.Cleanup(func() {
		w.ip("netns", "del", w.space)
		if err := will.Revoke(); err != nil {
			t.Error(err)
		}
	})
	w.ip("netns", "add", w.space)
	w.ip("link", "add", host, "type", "veth", "peer", "name", "nas", "netns", w.space)
	t.Cleanup(func() { w.ip("link", "del", host) })
	w.ip("addr", "add", near+"/30", "dev", host)
	w.ip("link", "set", host, "up")
	w.ip("-n", w.space, "addr", "add", far+"/30", "dev", "nas")
	w.ip("-n", w.space, "link", "set", "nas", "up")
	l, err := listenIn("/run/netns/"+w.space, far)
	if err != nil {
		t.Fatalf("listen in a network namespace: %v", err)
	}
	w.Proxy = newProxy(t, l, target)
	return w
}

// address is one end of the n-th link, in the network that is set aside for tests of equipment (RFC 2544).
func address(n, end int) string {
	at := n%(1<<15)*4 + end
	return fmt.Sprintf("198.%d.%d.%d", 18+at>>16&1, at>>8&0xff, at&0xff)
}

// Cut takes the far end of the link down.
func (w *Wire) Cut() { w.ip("-n", w.space, "link", "set", "nas", "down") }

// Mend ends a Cut.
func (w *Wire) Mend() { w.ip("-n", w.space, "link", "set", "nas", "up") }

func (w *Wire) ip(args ...string) {
	w.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		w.t.Errorf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// listenIn listens in another network namespace. A socket stays in the one where it was made.
func listenIn(space, host string) (net.Listener, error) {
	type result struct {
		net.Listener
		error
	}
	made := make(chan result)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		f, err := os.Open(space)
		if err == nil {
			defer f.Close()
			err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
		}
		var l net.Listener
		if err == nil {
			l, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
		}
		made <- result{l, err}
	}()
	r := <-made
	return r.Listener, r.error
}
