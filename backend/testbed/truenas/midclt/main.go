// Program midclt is the stand-in for TrueNAS's client: it hands its arguments to the test by the socket that lies
// beside it, prints what comes back and ends as that says. Without the socket it fails as midclt does without its
// daemon. It takes nothing from its environment.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"burnish/backend/testbed/truenas"
)

func main() {
	r, err := ask(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "Failed to run middleware call. Daemon not running?")
		os.Exit(1)
	}
	fmt.Print(r.Stdout)
	fmt.Fprint(os.Stderr, r.Stderr)
	os.Exit(r.Status)
}

func ask(args []string) (r truenas.Reply, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	c, err := net.Dial("unix", filepath.Join(filepath.Dir(self), truenas.SocketName))
	if err != nil {
		return r, err
	}
	defer c.Close()
	if err := json.NewEncoder(c).Encode(truenas.Request{Args: args}); err != nil {
		return r, err
	}
	return r, json.NewDecoder(c).Decode(&r)
}
