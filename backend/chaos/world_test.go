//go:build linux

package chaos_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/sshd"
	"burnish/backend/testbed/tether"
)

const (
	driveBytes = 40 << 20
	// driveSpeed makes a stamped pass last some seconds, in bytes per second.
	driveSpeed = 24 << 20
	diskBytes  = "size=64m,mode=755" // the NAS's and the app's own
)

// world is a NAS with its drives, and the computers that use it.
type world struct {
	t      *testing.T
	seed   uint64
	rng    *rand.Rand
	began  time.Time
	dir    string // for root alone but for reading; on the NAS
	runner string

	server    *sshd.Server
	proxy     *sshd.Wire
	drives    []*drive
	bystander *disk.LoopDisk // nobody names it
	before    [sha256.Size]byte
	apps      []*app

	story []string
}

// drive is one drive of the NAS and the jobs on it.
type drive struct {
	*disk.FaultyDisk
	plan   string
	work   int64 // about how many bytes its job moves
	guilty bool  // it has a fault that lasts
	from   bool  // since before its job
	hung   *disk.Fault
	pulled int // how often it vanished
}

func (w *world) say(format string, args ...any) {
	w.story = append(w.story, fmt.Sprintf("%6.2f s  ", time.Since(w.began).Seconds())+fmt.Sprintf(format, args...))
}

func newWorld(t *testing.T, seed uint64, runner string) *world {
	w := &world{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), began: time.Now(), runner: runner}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d:\n%s", seed, strings.Join(w.story, "\n"))
		}
	})
	var err error
	if w.dir, err = os.MkdirTemp("/var/lib", "burnish-chaos-"); err != nil {
		t.Fatal(err)
	}
	will := tether.NewWill(t, `for m in "$1"/*/data "$1"/state; do umount -l "$m"; done; rm -rf "$1"`, w.dir)
	t.Cleanup(func() {
		if err := errors.Join(os.RemoveAll(w.dir), will.Revoke()); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(w.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	w.mount(w.state())
	w.bystander = disk.Loop(t, 8<<20)
	w.writeBystander()
	w.before = w.sum()
	for i := range 1 + w.rng.IntN(2) {
		w.drives = append(w.drives, w.newDrive(i))
	}
	w.server = sshd.Start(t, sshd.OwnMachine(), sshd.MaxSessions(1+w.rng.IntN(3)*4))
	t.Cleanup(func() { // before the disks go
		for _, d := range w.drives {
			d.HealAll()
		}
		w.server.PowerCut()
	})
	w.proxy = sshd.NewWire(t, w.server.Addr())
	for _, name := range []string{"first", "second"} {
		a := &app{w: w, name: name, home: filepath.Join(w.dir, name)}
		if err := os.Mkdir(a.home, 0o700); err != nil {
			t.Fatal(err)
		}
		w.mount(filepath.Join(a.home, "data"))
		t.Cleanup(a.kill)
		a.must("nas", "add", "box", "--host", w.proxy.Host, "--port", strconv.Itoa(w.proxy.Port), "--user",
			w.server.User, "--key", w.server.KeyFile,
			"--virtual-drives", "--state-dir", w.state(), "--host-key", w.server.HostKeyFingerprint, "--slots",
			strconv.Itoa(1+w.rng.IntN(3)))
		w.apps = append(w.apps, a)
	}
	return w
}

func (w *world) state() string { return filepath.Join(w.dir, "state") }

// mount makes a small file system.
func (w *world) mount(dir string) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, diskBytes); err != nil {
		w.t.Fatalf("mount a small disk: %v", err)
	}
	w.t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			w.t.Error(err)
		}
	})
}

// plans are what is drawn from: text, and how often it moves each byte of the drive.
var plans = []struct {
	text  string
	moves int64
}{
	{`{"name":"stamp","without_smart":true,"stages":[{"kind":"precheck"},{"kind":"surface_validate","engine":"stamp"},{"kind":"final_check"}]}`, 2},
	{`{"name":"stamp","without_smart":true,"stages":[{"kind":"precheck"},{"kind":"capacity_probe"},{"kind":"surface_validate","engine":"stamp","passes":2},{"kind":"final_check"}]}`, 4},
	{`{"name":"read","without_smart":true,"stages":[{"kind":"precheck"},{"kind":"surface_validate","engine":"read"},{"kind":"final_check"}]}`, 1},
	{`{"name":"blocks","without_smart":true,"stages":[{"kind":"precheck"},{"kind":"surface_validate","engine":"badblocks","window_mib":16},{"kind":"final_check"}]}`, 8},
}

func (w *world) newDrive(i int) *drive {
	p := w.rng.IntN(len(plans))
	d := &drive{FaultyDisk: disk.Faulty(w.t, driveBytes), plan: filepath.Join(w.dir, fmt.Sprintf("plan-%d.json", i)),
		work: plans[p].moves * driveBytes}
	if err := os.WriteFile(d.plan, []byte(plans[p].text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	d.Throttle(driveSpeed * max(plans[p].moves/2, 1))
	if w.rng.IntN(6) == 0 {
		d.guilty, d.from = true, true
		d.FailReads(disk.Sector(w.rng.Int64N(driveBytes / 512)))
	}
	return d
}

// writeBystander fills a drive with what looks like somebody's data.
func (w *world) writeBystander() {
	data := make([]byte, 8<<20)
	for i := range data {
		data[i] = byte(w.rng.Uint32())
	}
	if err := os.WriteFile(w.bystander.Backing, data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) sum() (sum [sha256.Size]byte) {
	f, err := os.Open(w.bystander.Backing)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		w.t.Fatal(err)
	}
	copy(sum[:], h.Sum(nil))
	return sum
}

// runs are the runner's processes that execute a job, by process id.
func (w *world) runs() map[int]string {
	found := map[int]string{}
	for _, pid := range w.server.Processes() {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if words := strings.Split(string(line), "\x00"); len(words) > 2 && words[1] == "run" &&
			strings.HasPrefix(words[0], w.state()) {
			found[pid] = words[2]
		}
	}
	return found
}

// children are the programs that runs have started on drives.
func (w *world) children() (pids []int) {
	for _, pid := range w.server.Processes() {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if strings.Contains(strings.Split(string(line), "\x00")[0], "badblocks") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// row is a job as the app lists it.
type row struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Reason *struct {
		Code string `json:"code"`
	} `json:"reason"`
}

func (a *app) jobs() (rows []row) {
	code, out, _ := a.run("jobs", "--json")
	if code != 0 {
		return nil
	}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		var r row
		if json.Unmarshal([]byte(line), &r) == nil && r.ID != "" {
			rows = append(rows, r)
		}
	}
	return rows
}
