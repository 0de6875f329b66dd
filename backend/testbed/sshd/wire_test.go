//go:build linux

package sshd_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"burnish/backend/testbed/sshd"
)

func TestACutWireLosesEveryPacketUntilItIsMended(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); _, _ = io.Copy(c, c) }()
		}
	}()
	w := sshd.NewWire(t, echo.Addr().String())
	c, err := net.Dial("tcp", w.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	lines := bufio.NewReader(c)
	fmt.Fprintln(c, "before")
	if said, err := lines.ReadString('\n'); said != "before\n" {
		t.Fatalf("%q %v", said, err)
	}
	w.Cut()
	fmt.Fprintln(c, "while it is cut")
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	if said, err := lines.ReadString('\n'); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("over a cut wire came %q, %v", said, err)
	}
	if other, err := net.DialTimeout("tcp", w.Addr(), time.Second); err == nil {
		other.Close()
		t.Error("a cut wire took a connection")
	}
	w.Mend()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	if said, err := lines.ReadString('\n'); said != "while it is cut\n" {
		t.Errorf("after it: %q %v", said, err)
	}
}
