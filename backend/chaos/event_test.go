//go:build linux

package chaos_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"burnish/backend/testbed/disk"
)

// event is one disruption.
type event struct {
	name string
	do   func(*world)
}

var events = []event{
	{"the app is killed", func(w *world) { w.apps[0].kill() }},
	{"the SSH server is killed", func(w *world) { w.server.Restart() }},
	{"the SSH sessions are killed", func(w *world) { w.server.KillSessions() }},
	{"the network loses every packet", func(w *world) { w.proxy.Cut(); w.wait(3, 7); w.proxy.Mend() }},
	{"the network stalls", func(w *world) { w.proxy.Stall(); w.wait(3, 7); w.proxy.Resume() }},
	{"the connection is reset", func(w *world) { w.proxy.Drop() }},
	{"the NAS restarts", (*world).reboot},
	{"a runner is killed", func(w *world) { w.signal(syscall.SIGKILL) }},
	{"a runner is told to end", func(w *world) { w.signal(syscall.SIGTERM) }},
	{"a runner's child is killed", (*world).killChild},
	{"a sector goes bad", (*world).breakSector},
	{"a drive hangs", (*world).hang},
	{"a drive vanishes", (*world).vanish},
	{"the NAS's disk is full", func(w *world) { w.fill(w.state()) }},
	{"the app's disk is full", func(w *world) { w.fill(filepath.Join(w.apps[0].home, "data")) }},
	{"the app's clock jumps", func(w *world) { w.skew("app-clock") }},
	{"the NAS's clock jumps", func(w *world) { w.skew("nas-clock") }},
	{"a second app adopts", func(w *world) { w.apps[1].run("adopt", "box"); w.apps[1].watch() }},
	{"a person stops a job", func(w *world) { w.stop(w.apps[0]) }},
	{"a person resumes", func(w *world) { w.resume(w.apps[0]) }},
	{"the second app stops a job", func(w *world) { w.apps[1].run("adopt", "box"); w.stop(w.apps[1]) }},
	{"the second app resumes", func(w *world) { w.apps[1].run("adopt", "box"); w.resume(w.apps[1]) }},
}

// wait lets some time go by, in seconds.
func (w *world) wait(least, most float64) {
	time.Sleep(time.Duration((least + w.rng.Float64()*(most-least)) * float64(time.Second)))
}

func (w *world) drawDrive() *drive { return w.drives[w.rng.IntN(len(w.drives))] }

func (w *world) reboot() {
	for _, d := range w.drives {
		d.answer()
	}
	w.server.PowerCut()
	w.wait(0, 1)
	w.server.Boot()
}

// answer ends what keeps a drive from answering.
func (d *drive) answer() {
	if d.hung != nil {
		d.hung.Heal()
		d.hung = nil
	}
}

func (w *world) signal(sig syscall.Signal) {
	pids := []int{}
	for pid := range w.runs() {
		pids = append(pids, pid)
	}
	if len(pids) == 0 {
		w.say("  there is none")
		return
	}
	slices.Sort(pids)
	_ = syscall.Kill(pids[w.rng.IntN(len(pids))], sig)
}

func (w *world) killChild() {
	for _, pid := range w.children() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

func (w *world) breakSector() {
	d := w.drawDrive()
	d.guilty = true
	d.FailReads(disk.Sector(w.rng.Int64N(driveBytes / 512)))
}

func (w *world) hang() {
	d := w.drawDrive()
	d.hung = d.Hang(disk.All)
	w.wait(0.5, 3)
	if w.rng.IntN(2) == 0 { // else until something needs it, or the end
		d.answer()
	}
}

// vanish pulls a drive: it answers nothing but errors, and the kernel does not have it any more.
func (w *world) vanish() {
	d := w.drawDrive()
	d.pulled++
	w.server.Unplug(d.Path)
	gone := d.Vanish()
	w.wait(0.5, 3)
	gone.Heal()
	w.server.Replug()
}

// fill leaves no byte free on a small disk for a while.
func (w *world) fill(dir string) {
	name := filepath.Join(dir, "somebody-elses")
	f, err := os.Create(name)
	if err != nil {
		w.t.Fatal(err)
	}
	block := make([]byte, 64<<10)
	for err == nil {
		_, err = f.Write(block)
	}
	for block = block[:512]; errors.Is(err, syscall.ENOSPC) && len(block) > 1; block = block[:len(block)/2] {
		_, _ = f.Write(block)
	}
	w.wait(0.5, 4)
	if err := errors.Join(f.Close(), os.Remove(name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) skew(name string) {
	hours := []string{"-48h", "-61m", "-30s", "0s", "40s", "3h", "400h"}
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(hours[w.rng.IntN(len(hours))]), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) stop(a *app) {
	if rows := a.jobs(); len(rows) > 0 {
		a.run("stop", rows[w.rng.IntN(len(rows))].ID)
	}
}

// resume goes on with what ended as unknown.
func (w *world) resume(a *app) {
	for _, r := range a.jobs() {
		if r.State == "unknown" {
			a.run("resume", r.ID)
		}
	}
}
