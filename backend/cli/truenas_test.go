//go:build linux

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"burnish/backend/cli"
	"burnish/backend/jobs"
	"burnish/backend/runner/bin"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/sshd"
	"burnish/backend/testbed/truenas"
)

// rootless is a TrueNAS behind a real SSH server, over loop devices that its wipe really writes to, with a login that
// may not use sudo.
type rootless struct {
	t    *testing.T
	mw   *truenas.Middleware
	home string
	name string // of the disk under test
	path string
	size int64
}

func newRootless(t *testing.T, v truenas.Version, roles ...string) *rootless {
	const size = 8*truenas.MiB + 3*512
	free, pooled := disk.Loop(t, size), disk.Loop(t, 4*truenas.MiB)
	user := sshd.NewUser(t, sshd.SudoNone)
	tools := filepath.Join(user.Home, "bin")
	if err := os.MkdirAll(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	of := func(path, serial, pool string, size int64) *truenas.Disk {
		return &truenas.Disk{Name: filepath.Base(path), Serial: serial, Lunid: "5000c500" + strings.ToLower(serial),
			Model: "ST16", Size: size, Pool: pool, Open: func() (truenas.Medium, error) {
				return os.OpenFile(path, os.O_WRONLY|os.O_EXCL, 0)
			}}
	}
	r := &rootless{t: t, home: t.TempDir(), name: filepath.Base(free.Path), path: free.Path, size: size}
	r.mw = truenas.New(v, roles, func() int64 { return time.Now().UnixMilli() },
		of(free.Path, "ZR1", "", size), of(pooled.Path, "ZR2", "tank", 4*truenas.MiB))
	truenas.Serve(t, r.mw, tools)
	server := sshd.Start(t, sshd.Config("SetEnv PATH="+tools+":/usr/bin:/bin"))
	if _, errs, code := r.run("nas", "add", "nas", "--host", server.Host, "--port", strconv.Itoa(server.Port), "--user",
		user.Name, "--key", server.KeyFile, "--host-key", server.HostKeyFingerprint); code != 0 {
		t.Fatalf("nas add: exit %d, %s", code, errs)
	}
	return r
}

// run is a process of its own as far as the data directory is concerned.
func (r *rootless) run(args ...string) (lines []map[string]any, errs string, code int) {
	r.t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Main(r.t.Context(), append([]string{"--json", "--data-dir", filepath.Join(r.home, "data")}, args...),
		cli.Env{
			Stdout: &stdout, Stderr: &stderr, Home: r.home, Version: "test", Now: time.Now,
			Open: func(ctx context.Context, dir string) (*jobs.Service, func() error, error) {
				return jobs.Open(ctx, dir, bin.Runner)
			},
		})
	for dec := json.NewDecoder(&stdout); dec.More(); {
		var line map[string]any
		if err := dec.Decode(&line); err != nil {
			r.t.Fatalf("%v: %v", args, err)
		}
		lines = append(lines, line)
	}
	return lines, stderr.String(), code
}

// start starts the plan and gives the job.
func (r *rootless) start() string {
	r.t.Helper()
	made, errs, code := r.run("start", "nas", "--drive", "ZR1", "--plan", "truenas", "--unlock", "ZR1=ZR1")
	if code != 0 || len(made) != 1 || made[0]["state"] != "running" {
		r.t.Fatalf("start: exit %d, %s, %v", code, errs, made)
	}
	return made[0]["id"].(string)
}

func (r *rootless) show(job string) map[string]any {
	r.t.Helper()
	lines, errs, code := r.run("show", job)
	if len(lines) != 1 || errs != "" {
		r.t.Fatalf("show: exit %d, %s, %v", code, errs, lines)
	}
	return lines[0]
}

func (r *rootless) content() []byte {
	r.t.Helper()
	data, err := os.ReadFile(r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	return data
}

// A TrueNAS 25.10, a login with just the roles that it takes: the drive is written to by TrueNAS, the kernel counts,
// and the desktop is another process each time.
func TestATrueNASWithoutRootWipesADrive(t *testing.T) {
	r := newRootless(t, truenas.V2510, "DISK_WRITE", "REPORTING_READ", "POOL_READ")
	rows, errs, code := r.run("drives", "nas")
	if code != 0 || len(rows) != 2 {
		t.Fatalf("drives: exit %d, %s", code, errs)
	}
	if field(rows[0], "usage", "class") != "data" || field(rows[0], "usage", "phrase_kind") != "serial" ||
		!strings.Contains(field(rows[0], "usage", "text").(string), "may not look") ||
		field(rows[0], "startable", "destructive") != false || field(rows[1], "usage", "class") != "pool" {
		t.Errorf("%v", rows)
	}
	for want, args := range map[string][]string{
		"drive_in_use": {"--drive", "ZR1", "--plan", "truenas"},
		"wrong_phrase": {"--drive", "ZR1", "--plan", "truenas", "--unlock", "ZR1=zr2"},
		"no_root":      {"--drive", "ZR1", "--plan", "standard"},
	} {
		_, errs, code := r.run(append([]string{"start", "nas"}, args...)...)
		if code == 0 || !strings.Contains(errs, want) {
			t.Errorf("start %v: exit %d, %s", args, code, errs)
		}
	}
	if _, errs, code := r.run("start", "nas", "--drive", "ZR2", "--plan", "truenas", "--unlock",
		"ZR2=ZR2"); code != cli.ExitRefused || !strings.Contains(errs, "drive_in_use") {
		t.Errorf("start in a pool: exit %d, %s", code, errs)
	}
	if wipes := r.calls("disk.wipe"); len(wipes) > 0 {
		t.Fatalf("wipes were asked for: %v", wipes)
	}

	job := r.start()
	if rows, _, _ := r.run("drives", "nas"); field(rows[0], "usage", "class") != "burnin" {
		t.Errorf("while it is wiped: %v", rows[0])
	}
	if _, errs, code := r.run("start", "nas", "--drive", "ZR1", "--plan", "truenas", "--unlock",
		"ZR1=ZR1"); code != cli.ExitRefused {
		t.Errorf("a second start: exit %d, %s", code, errs)
	}
	r.mw.Write(4, 0)
	if got := r.show(job); got["state"] != "running" || field(got["stages"].([]any)[3], "progress") != 0.5 {
		t.Errorf("halfway: %v", got)
	}
	r.mw.Write(8, 0)
	got := r.show(job)
	if got["state"] != "passed" || field(got, "verdict", "coverage") != "written" ||
		got["bytes_written"] != float64(8*truenas.MiB) || got["bytes_covered"] != 0.0 {
		t.Errorf("ended: %v", got)
	}
	for i, want := range []string{"passed", "skipped", "skipped", "passed", "passed"} {
		if s := got["stages"].([]any)[i]; field(s, "state") != want {
			t.Errorf("stage %d: %v", i, s)
		}
	}
	want := append(bytes.Repeat([]byte{'0'}, 8*truenas.MiB), make([]byte, 3*512)...)
	if !bytes.Equal(r.content(), want) {
		t.Error("the drive does not hold what the wipe writes")
	}
	if wipes := r.calls("disk.wipe"); len(wipes) != 1 ||
		!slices.Equal(wipes[0], []string{"call", "disk.wipe", `"` + r.name + `"`, `"FULL"`}) {
		t.Errorf("wipes: %v", wipes)
	}
	if _, errs, code := r.run("resume", job); code == 0 {
		t.Errorf("resume: exit %d, %s", code, errs)
	}
}

func (r *rootless) calls(method string) (found [][]string) {
	for _, c := range r.mw.Calls() {
		if c[1] == method {
			found = append(found, c)
		}
	}
	return found
}

// An older one, for a full administrator: self-tests first. A wipe that writes nothing is no pass, and a stop ends what
// runs.
func TestATrueNASWithoutRootTestsItsDrivesFirst(t *testing.T) {
	r := newRootless(t, truenas.V2410, "FULL_ADMIN")
	upToTheWipe := func() string {
		job := r.start()
		for range 2 {
			if !r.mw.EndTest(r.name, "SUCCESS", "Completed without error") {
				t.Fatal("no self-test runs")
			}
			r.show(job)
		}
		if r.mw.Wipe() == nil {
			t.Fatalf("no wipe runs: %v", r.show(job))
		}
		return job
	}
	job := upToTheWipe()
	r.mw.EndUnwritten()
	if got := r.show(job); got["state"] != "unknown" || field(got, "reason", "code") != "wipe_unwritten" ||
		field(got, "verdict", "coverage") != "none" {
		t.Errorf("unwritten: %v", got)
	}

	job = upToTheWipe()
	r.mw.Write(2, 0)
	stopped := make(chan int)
	go func() {
		_, _, code := r.run("stop", job)
		stopped <- code
	}()
	for r.mw.Wipe() != nil {
		time.Sleep(10 * time.Millisecond)
	}
	r.mw.Settle()
	if code := <-stopped; code != 0 {
		t.Errorf("stop: exit %d", code)
	}
	got := r.show(job)
	if got["state"] != "cancelled" || field(got, "reason", "code") != "stopped_by_person" {
		t.Errorf("stopped: %v", got)
	}
	if data := r.content(); data[2*truenas.MiB] != '0' || data[4*truenas.MiB] != 0 {
		t.Error("it did not stop where it was")
	}
	if jobs, _, code := r.run("jobs"); code != 0 || len(jobs) != 2 {
		t.Errorf("jobs: exit %d, %v", code, jobs)
	}
}
