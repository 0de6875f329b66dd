// Package truenas is a stand-in for TrueNAS's middleware: what midclt prints, per version, for a login with certain
// roles, over disks that a test gives. It follows the middleware's sources of 24.10, 25.04 and 25.10, and what its
// client prints: who may call what, ids that begin at 1 again with each start, a wipe that writes whole MiB and leaves
// the rest, that looks at no result of a write, that refuses nothing but what an exclusive open refuses, and queues
// behind another one of the same disk.
//
// Its rules: time goes by only where a test says so (Write, EndTest); nothing happens by itself. It may be used from
// any goroutine. Serve puts it behind a program midclt that any login of this machine may run.
package truenas

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Version is a release of TrueNAS.
type Version string

// The versions whose answers are known.
const (
	V2410 Version = "24.10"
	V2504 Version = "25.04"
	V2510 Version = "25.10"
)

// MiB is what a wipe writes at once.
const MiB = 1 << 20

// Medium is what a wipe writes to.
type Medium interface {
	WriteAt(p []byte, off int64) (int, error)
	Sync() error
	Close() error
}

// Disk is one disk of the machine.
type Disk struct {
	Name, Serial, Lunid, Model string
	Size                       int64
	Pool, Exported             string // imported, or only found
	Tests                      []Test // newest first
	Running                    string // SHORT or LONG
	Progress                   int    // of the test, in per cent

	// Open opens the disk as O_WRONLY|O_EXCL does.
	Open func() (Medium, error)
}

// Test is a row of the disk's self-test log.
type Test struct {
	Description, Status, Verbose string
	Lifetime                     int
}

// Middleware is the running middleware.
type Middleware struct {
	Version Version
	Roles   []string // of the login; FULL_ADMIN may call everything
	NowMs   func() int64

	mu     sync.Mutex
	disks  []*Disk
	jobs   []*Job
	next   int64
	calls  [][]string
	Refuse map[string]string // by method: what is printed in place of an answer
}

// New is a middleware that has just started.
func New(v Version, roles []string, now func() int64, disks ...*Disk) *Middleware {
	return &Middleware{Version: v, Roles: roles, NowMs: now, disks: disks, next: 1, Refuse: map[string]string{}}
}

// Restart empties the list of jobs, as a restart of the middleware or of the machine does; wipes end where they are.
func (m *Middleware) Restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, j := range m.jobs {
		j.close()
	}
	m.jobs, m.next = nil, 1
}

// With changes disks as fn does.
func (m *Middleware) With(fn func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fn()
}

// SetDisks replaces the disks: what is plugged, and under which name.
func (m *Middleware) SetDisks(disks ...*Disk) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.disks = disks
}

// Calls are all that were made, with their arguments.
func (m *Middleware) Calls() [][]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

// refused is a call that the middleware answers with words.
type refused struct{ text string }

func (r refused) Error() string { return r.text }

// needs are the roles that a method needs, beside FULL_ADMIN.
func (m *Middleware) needs(method string) (roles []string, exists bool) {
	old := m.Version != V2510
	switch method {
	case "auth.me", "core.get_jobs", "core.job_abort":
		return nil, true
	case "disk.query":
		if m.Version == V2410 {
			return []string{"READONLY_ADMIN"}, true
		}
		return []string{"DISK_READ", "DISK_WRITE"}, true
	case "disk.details", "disk.temperatures":
		return []string{"REPORTING_READ"}, true
	case "disk.wipe":
		if old {
			return []string{"FULL_ADMIN"}, true
		}
		return []string{"DISK_WRITE"}, true
	case "smart.test.results":
		return []string{"REPORTING_READ"}, old
	case "smart.test.manual_test", "smart.test.abort":
		return []string{"FULL_ADMIN"}, old
	}
	return nil, false
}

// Midclt answers the program's arguments as midclt does.
func (m *Middleware) Midclt(args []string) (stdout, stderr string, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, slices.Clone(args))
	if len(args) < 2 || args[0] != "call" || strings.HasPrefix(args[1], "-") {
		return "", "usage: midclt [-h] [-q] [-u URI] ...", 2
	}
	method := args[1]
	if text, ok := m.Refuse[method]; ok {
		return "", text + "\n", 1
	}
	var in []any
	for _, a := range args[2:] {
		var v any
		if json.Unmarshal([]byte(a), &v) != nil {
			v = a // what is no JSON is a string
		}
		in = append(in, v)
	}
	out, err := m.call(method, in)
	if err != nil {
		return "", err.Error() + "\n", 1
	}
	switch v := out.(type) {
	case nil:
		return "null\n", "", 0
	case int64:
		return fmt.Sprintf("%d\n", v), "", 0
	}
	data, _ := json.Marshal(out) // of this package's own making
	return string(data) + "\n", "", 0
}

func (m *Middleware) call(method string, in []any) (any, error) {
	roles, exists := m.needs(method)
	switch {
	case !exists && m.Version == V2410:
		service, name, _ := cutLast(method)
		return nil, refused{fmt.Sprintf("[ENOMETHOD] Method '%s' not found in '%s'", name, service)}
	case !exists:
		return nil, refused{"Method does not exist"}
	case len(m.Roles) == 0:
		return nil, refused{"[ENOTAUTHENTICATED] Not authenticated"}
	case roles != nil && !slices.Contains(m.Roles, "FULL_ADMIN") &&
		!slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(m.Roles, r) }):
		if m.Version == V2410 {
			return nil, refused{"Not authorized"}
		}
		return nil, refused{"[EACCES] Not authorized\nTraceback (most recent call last):\n  File \"rpc.py\", line 1"}
	}
	arg := func(i int) any {
		if i < len(in) {
			return in[i]
		}
		return nil
	}
	switch method {
	case "auth.me":
		roles := map[string]any{"$set": m.Roles}
		return map[string]any{"pw_name": "login", "privilege": map[string]any{"roles": roles}}, nil
	case "core.get_jobs":
		return m.list(arg(0))
	case "core.job_abort":
		id, _ := arg(0).(float64)
		return nil, m.abort(int64(id))
	case "disk.query":
		return m.query(arg(1)), nil
	case "disk.details":
		return m.details(), nil
	case "disk.temperatures":
		out := map[string]any{}
		for _, d := range m.disks {
			out[d.Name] = 34
		}
		return out, nil
	case "disk.wipe":
		return m.wipe(in)
	case "smart.test.results":
		return m.results(arg(0)), nil
	case "smart.test.manual_test":
		return m.manualTest(arg(0))
	case "smart.test.abort":
		m.abortTest(arg(0))
		return nil, nil
	}
	return nil, refused{"Method does not exist"}
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

func (m *Middleware) disk(name string) *Disk {
	for _, d := range m.disks {
		if d.Name == name {
			return d
		}
	}
	return nil
}
