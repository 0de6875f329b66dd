package truenas

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Request is what the program sends of a call.
type Request struct{ Args []string }

// Reply is what the program prints.
type Reply struct {
	Stdout, Stderr string
	Status         int
}

// SocketName is that of the socket beside the program.
const SocketName = "midclt.sock"

// Serve puts a program midclt into dir that answers as m does, until the test ends. Any login may run it.
func Serve(t testing.TB, m *Middleware, dir string) {
	t.Helper()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "midclt"), "burnish/backend/testbed/truenas/midclt")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the stand-in for midclt: %v: %s", err, out)
	}
	socket := filepath.Join(dir, SocketName)
	l, err := net.Listen("unix", socket)
	if err == nil {
		err = errors.Join(os.Chmod(socket, 0o666), os.Chmod(filepath.Join(dir, "midclt"), 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answer(m, c)
		}
	}()
}

func answer(m *Middleware, c net.Conn) {
	defer c.Close()
	var req Request
	if json.NewDecoder(c).Decode(&req) != nil {
		return
	}
	var r Reply
	r.Stdout, r.Stderr, r.Status = m.Midclt(req.Args)
	_ = json.NewEncoder(c).Encode(r) // who asked may be gone
}
