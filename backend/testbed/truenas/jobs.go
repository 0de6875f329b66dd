package truenas

import (
	"bytes"
	"fmt"
	"strings"
)

// Job is a job of the middleware.
type Job struct {
	ID      int64
	Method  string
	State   string
	Error   string
	Percent float64

	args    []any
	started int64
	dev     string
	lock    string // its first argument as it was given: sda and /dev/sda are two locks
	off     int64
	size    int64
	medium  Medium
	aborted bool
}

func (j *Job) close() {
	if j.medium != nil {
		_ = j.medium.Close() // a test's own file
		j.medium = nil
	}
}

func (m *Middleware) add(j *Job) int64 {
	j.ID, j.started = m.next, m.NowMs()
	m.next++
	m.jobs = append(m.jobs, j)
	return j.ID
}

func (m *Middleware) list(filters any) ([]any, error) {
	out := []any{}
	rows, _ := filters.([]any)
	for _, j := range m.jobs {
		keep := true
		for _, r := range rows {
			f, _ := r.([]any)
			if len(f) != 3 || f[1] != "=" {
				return nil, refused{"[EINVAL] filters: not understood"}
			}
			switch f[0] {
			case "id":
				keep = keep && f[2] == float64(j.ID)
			case "method":
				keep = keep && f[2] == j.Method
			}
		}
		if keep {
			out = append(out, map[string]any{"id": j.ID, "method": j.Method, "arguments": j.args, "state": j.State,
				"error": word(j.Error), "progress": map[string]any{"percent": int(j.Percent), "description": ""},
				"time_started":  map[string]any{"$date": j.started},
				"time_finished": nil, "result": nil})
		}
	}
	return out, nil
}

func (m *Middleware) wipe(in []any) (any, error) {
	var dev, mode string
	if len(in) >= 2 {
		dev, _ = in[0].(string)
		mode, _ = in[1].(string)
	}
	switch {
	case dev == "":
		return nil, refused{"[EINVAL] disk_wipe.dev: Input should be a valid string"}
	case mode != "QUICK" && mode != "FULL" && mode != "FULL_RANDOM":
		return nil, refused{"[EINVAL] disk_wipe.mode: Input should be 'QUICK', 'FULL' or 'FULL_RANDOM'"}
	}
	args := []any{dev, mode, true}
	j := &Job{Method: "disk.wipe", args: args, State: "WAITING", dev: dev, lock: dev}
	if m.Version == V2510 {
		j.dev = strings.TrimPrefix(dev, "/dev/")
	}
	id := m.add(j)
	m.run()
	return id, nil
}

// run starts the wipes whose lock is free.
func (m *Middleware) run() {
	for _, j := range m.jobs {
		if j.Method != "disk.wipe" || j.State != "WAITING" || m.locked(j) {
			continue
		}
		if j.aborted {
			j.State = "ABORTED"
			continue
		}
		d := m.disk(j.dev)
		if d == nil {
			j.State, j.Error = "FAILED", fmt.Sprintf("[Errno 2] No such file or directory: '/dev/%s'", j.dev)
			continue
		}
		medium, err := d.Open()
		if err != nil {
			j.State, j.Error = "FAILED", fmt.Sprintf("[Errno 16] Device or resource busy: '/dev/%s'", j.dev)
			continue
		}
		j.State, j.medium, j.size = "RUNNING", medium, d.Size
	}
}

func (m *Middleware) locked(j *Job) bool {
	for _, o := range m.jobs {
		if o != j && o.Method == j.Method && o.State == "RUNNING" && o.lock == j.lock {
			return true
		}
	}
	return false
}

// abort is core.job_abort: what waits is only flagged.
func (m *Middleware) abort(id int64) error {
	for _, j := range m.jobs {
		if j.ID != id {
			continue
		}
		switch j.State {
		case "WAITING":
			j.aborted = true
		case "RUNNING":
			j.State = "ABORTED" // while its last MiB is on its way: see Settle
		}
		m.run()
		return nil
	}
	return refused{fmt.Sprintf("[ENOENT] Job %d does not exist", id)}
}

// Wipe gives the newest wipe that runs, as it is now; nil if none does.
func (m *Middleware) Wipe() *Job {
	m.mu.Lock()
	defer m.mu.Unlock()
	if j := m.running(); j != nil {
		c := *j
		return &c
	}
	return nil
}

func (m *Middleware) running() *Job {
	for i := range m.jobs {
		if j := m.jobs[len(m.jobs)-1-i]; j.Method == "disk.wipe" && j.State == "RUNNING" {
			return j
		}
	}
	return nil
}

// Write lets the running wipe write so many MiB, with an fsync each; unwritten of them it does not write, and does not
// notice. It reports whether the wipe goes on.
func (m *Middleware) Write(n, unwritten int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	j := m.running()
	if j == nil {
		return false
	}
	data := bytes.Repeat([]byte{'0'}, MiB)
	iterations := j.size / MiB
	for range n {
		if j.off/MiB >= iterations {
			break
		}
		if unwritten > 0 {
			unwritten--
		} else if _, err := j.medium.WriteAt(data, j.off); err != nil {
			m.fail(j, err)
			return false
		} else if err := j.medium.Sync(); err != nil {
			m.fail(j, err)
			return false
		}
		j.Percent = float64(j.off/MiB) / float64(iterations) * 100
		j.off += MiB
	}
	if j.off/MiB < iterations {
		return true
	}
	m.finish(j)
	return false
}

// Settle lets wipes that were aborted write their last MiB and close their disks.
func (m *Middleware) Settle() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, j := range m.jobs {
		if j.State == "ABORTED" && j.medium != nil {
			if j.off+MiB <= j.size {
				_, _ = j.medium.WriteAt(bytes.Repeat([]byte{'0'}, MiB), j.off) // nobody looks at what came of it
			}
			j.close()
		}
	}
}

// EndUnwritten has the running wipe end SUCCESS where it is: its size was read as 0.
func (m *Middleware) EndUnwritten() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if j := m.running(); j != nil {
		m.finish(j)
	}
}

func (m *Middleware) finish(j *Job) {
	j.close()
	j.State, j.Percent = "SUCCESS", 100
	m.run()
}

func (m *Middleware) fail(j *Job, err error) {
	j.close()
	j.State, j.Error = "FAILED", "[Errno 5] Input/output error: "+err.Error()
	m.run()
}

// Fail ends the running wipe with an error of the drive.
func (m *Middleware) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if j := m.running(); j != nil {
		m.fail(j, err)
	}
}
