package middleware_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/middleware"
	stand "burnish/backend/testbed/truenas"
	"burnish/backend/truenas"
)

var (
	errKilled = errors.New("the desktop was killed")
	errLost   = errors.New("the connection was lost")
)

// platter is a disk's medium, and the kernel's count of what is written to it.
type platter struct {
	*stand.Disk
	seq     int
	written int64
	open    bool
	mibs    map[int64]int // by whom: how often each was written since ours began
}

// world is a NAS with one drive under test, the journal of its job, and a desktop that may be killed at any moment.
type world struct {
	mw    *stand.Middleware
	nowMs int64
	boot  int
	upMs  int64
	seqs  int
	drive *platter
	other *platter

	events []burnin.Event
	job    *middleware.Job
	driver *middleware.Driver
	stop   bool

	// cut is asked at each call of the NAS and each line of the journal: before and after it.
	cut     func(what string) error
	foreign bool // somebody else wrote to the drive after the wipe was asked for
	asked   []string
	wrong   []string // what must never be
}

const driveSize = 5*stand.MiB + 512*7

func newWorld(v stand.Version, roles ...string) *world {
	w := &world{nowMs: 1_800_000_000_000, upMs: 1000, boot: 1, cut: func(string) error { return nil }}
	w.drive = w.platter("sda", "ZR1", driveSize)
	w.other = w.platter("sdb", "ZR2", driveSize)
	w.mw = stand.New(v, roles, func() int64 { return w.nowMs }, w.drive.Disk, w.other.Disk)
	w.load()
	return w
}

func (w *world) platter(name, serial string, size int64) *platter {
	w.seqs++
	p := &platter{seq: w.seqs, written: 4096, mibs: map[int64]int{}}
	p.Disk = &stand.Disk{Name: name, Serial: serial, Lunid: "5000c500" + strings.ToLower(serial), Model: "ST16",
		Size: size,
		Open: func() (stand.Medium, error) {
			if p.open {
				return nil, errors.New("busy")
			}
			p.open = true
			return p, nil
		}}
	return p
}

func (p *platter) WriteAt(b []byte, off int64) (int, error) {
	p.written += int64(len(b))
	p.mibs[off/stand.MiB]++
	return len(b), nil
}
func (p *platter) Sync() error  { return nil }
func (p *platter) Close() error { p.open = false; return nil }

func identity() drive.Identity {
	return drive.Identity{Serial: "ZR1", WWN: "5000C500ZR1", Model: "ST16", SizeBytes: driveSize}
}

// load is a desktop that starts: it has what the journal has.
func (w *world) load() {
	job, err := middleware.Load(w.events)
	if err != nil {
		panic(err)
	}
	plan, _ := burnin.PlanNamed("truenas")
	w.job = job
	w.driver = &middleware.Driver{NAS: w, Journal: w, Job: job, Stop: func() bool { return w.stop },
		Request: middleware.Request{Job: "aaaaaaaaaaaaaaaaaaaa", CreatedMs: w.nowMs, Plan: plan, Drive: identity(),
			Usage: drive.Data}}
}

// step is one step of the desktop; one that is killed starts again.
func (w *world) step() error {
	_, err := w.driver.Step(context.Background())
	if errors.Is(err, errKilled) {
		w.load()
		return nil
	}
	return err
}

func (w *world) pass(ms int64) { w.nowMs += ms; w.upMs += ms }

// reboot starts the NAS anew: its list of jobs is empty, its disks come anew, perhaps under each other's names.
func (w *world) reboot(swap bool) {
	w.mw.Restart()
	w.boot++
	w.upMs = 100
	w.pass(60_000)
	for _, p := range []*platter{w.drive, w.other} {
		w.seqs++
		p.seq, p.written, p.open = w.seqs, 0, false
		if p.Running != "" {
			w.mw.EndTest(p.Name, "ABORTED", "Interrupted (host reset)")
		}
	}
	if swap {
		w.drive.Name, w.other.Name = w.other.Name, w.drive.Name
	}
}

// write is somebody else's write to the drive.
func (w *world) write(n int64) {
	w.drive.written += n
	w.foreign = true
}

func (w *world) at(name string) *platter {
	for _, p := range []*platter{w.drive, w.other} {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (w *world) Append(ev burnin.Event) error {
	if err := w.cut("before a line"); err != nil {
		return err
	}
	w.events = append(w.events, ev)
	return w.cut("after a line")
}

func (w *world) Disk(_ context.Context, name string) (middleware.Disk, error) {
	if err := w.cut("before a look"); err != nil {
		return middleware.Disk{}, err
	}
	d := middleware.Disk{Name: name, Boot: fmt.Sprint("boot-", w.boot), NowMs: w.nowMs, UpMs: w.upMs}
	if p := w.at(name); p != nil {
		d.Seq, d.SizeBytes, d.Written = fmt.Sprint(p.seq), p.Size, p.written
		if p.open && w.mw.Wipe() == nil { // the last MiB of one that was aborted
			d.Busy = 1
		}
	}
	return d, nil
}

func (w *world) Call(_ context.Context, method string, args ...string) (truenas.Answer, error) {
	if err := w.cut("before " + method); err != nil {
		return truenas.Answer{}, err
	}
	w.watch(method, args)
	out, errs, status := w.mw.Midclt(append([]string{"call", method}, args...))
	return truenas.Answer{Out: out, Err: strings.TrimSpace(errs), Status: status}, w.cut("after " + method)
}

func (w *world) CallOn(ctx context.Context, d middleware.Disk, method string, args ...string) (truenas.Answer, error) {
	if p := w.at(d.Name); p == nil || fmt.Sprint(p.seq) != d.Seq || d.Boot != fmt.Sprint("boot-", w.boot) {
		return truenas.Answer{}, middleware.ErrOtherDisk
	}
	return w.Call(ctx, method, args...)
}

// watch notes what must never be asked for.
func (w *world) watch(method string, args []string) {
	never := func(format string, a ...any) { w.wrong = append(w.wrong, fmt.Sprintf(format, a...)) }
	for _, a := range args {
		if !json.Valid([]byte(a)) {
			never("%s is called with %s, which is no JSON", method, a)
		}
	}
	switch method {
	case "disk.wipe":
		w.asked = append(w.asked, args[0])
		w.foreign = false
		w.drive.mibs = map[int64]int{}
		switch {
		case len(w.asked) > 1:
			never("a second wipe is asked for")
		case args[0] != `"`+w.drive.Name+`"`:
			never("a wipe of %s is asked for, and the drive is %s", args[0], w.drive.Name)
		case w.drive.Pool != "" || w.drive.Exported != "":
			never("a wipe of a drive in a pool is asked for")
		case args[1] != `"FULL"`:
			never("a wipe with %v is asked for", args)
		}
	case "core.job_abort":
		n, ok := w.begun()
		if !ok || args[0] != fmt.Sprint(n) {
			never("job %s is aborted, and ours is %d", args[0], n)
		}
	case "disk.query", "disk.details", "core.get_jobs", "smart.test.results", "smart.test.manual_test",
		"smart.test.abort":
	default:
		never("%s is called", method)
	}
}

// begun gives the id of the wipe that the journal names.
func (w *world) begun() (int64, bool) {
	for _, ev := range w.events {
		var n struct {
			What string
			Job  *truenas.Job
		}
		if ev.Kind == burnin.EvMiddleware && json.Unmarshal(ev.Data, &n) == nil && n.What == "begun" && n.Job != nil {
			return n.Job.ID, true
		}
	}
	return 0, false
}

// whole reports whether each MiB of the drive was written just once since the wipe was asked for, and nothing else.
func (w *world) whole() bool {
	if w.foreign || len(w.drive.mibs) != driveSize/stand.MiB {
		return false
	}
	for _, n := range w.drive.mibs {
		if n != 1 {
			return false
		}
	}
	return true
}

func (w *world) passed(test string) bool {
	return slices.ContainsFunc(w.drive.Tests, func(t stand.Test) bool {
		return t.Status == "SUCCESS" && strings.HasPrefix(t.Description, test)
	})
}
