package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/surface"
	"burnish/backend/surface/faultdev"
	"burnish/backend/wire"
)

// looksAtEnds has a look at the drive find what a real one does that reads both its ends: blank, a test's stamps, or
// data.
func (d *memoryDrive) looksAtEnds() {
	d.looks = func() drive.Usage {
		p := make([]byte, 4096)
		for _, off := range []int64{0, d.id.SizeBytes - int64(len(p))} {
			d.Peek(p, off)
			for at := 0; at < len(p); at += 512 {
				if _, stamp := surface.DecodeStamp(p[at : at+512]); !stamp && !bytes.Equal(p[at:at+512],
					make([]byte, 512)) {
					return unlabelled
				}
			}
		}
		return drive.Usage{Class: drive.None, Text: "nothing on it", PhraseKind: drive.NoPhrase}
	}
}

// row asks for the drives as a desktop does and gives the one of the machine.
func (m *machine) row(t require) wire.DriveRow {
	t.Helper()
	var in, out bytes.Buffer
	if err := wire.WriteRequest(&in, wire.InventoryRequest{}); err != nil {
		t.Fatal(err)
	}
	if err := m.service().Serve(context.Background(), wire.VerbInventory, &in, &out); err != nil {
		t.Fatal(err)
	}
	frames := wire.NewReader(&out, wire.MaxInventory)
	for {
		f, err := frames.Next()
		if err != nil {
			t.Fatalf("no drive was told of: %v", err)
		}
		if f.Type == wire.FrameDrive {
			var row wire.DriveRow
			if err := f.Into(&row); err != nil {
				t.Fatal(err)
			}
			return row
		}
	}
}

// require is what a test and a property test have in common.
type require interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// another asks for a job of its own id on the drive, as somebody does who saw it as it is now and typed its phrase.
func another(n int, row wire.DriveRow) wire.StartRequest {
	req := wire.StartRequest{
		Job: fmt.Sprintf("job%017d", n), CreatedMs: 1_700_000_000_000, Plan: stampPlan(), Drive: row.Identity,
		Usage: row.Usage.Class, Slots: 4, GID: os.Getgid(),
	}
	if row.Usage.Class != drive.None {
		g := drive.GrantFor(row.Usage)
		g.ID = "grant0000000000000000"
		req.Grant = &g
	}
	return req
}

func (m *machine) says(job, part string) bool {
	runs := m.journals(job)
	return len(runs) > 0 && bytes.Contains(runs[len(runs)-1], []byte(part))
}

// stopsInGrace starts a job and stops it while all can still be undone.
func (m *machine) stopsInGrace(t require, req wire.StartRequest) {
	t.Helper()
	m.grace = time.Hour
	if _, err := m.service().Start(context.Background(), req); err != nil {
		t.Fatalf("start: %v", err)
	}
	for end := time.Now().Add(10 * time.Minute); !m.says(req.Job, `"kind":"wiped"`); time.Sleep(time.Millisecond) {
		if m.says(req.Job, `"kind":"end"`) || time.Now().After(end) {
			t.Fatalf("the job did not come to wait:\n%s", m.journals(req.Job))
		}
	}
	if reply, err := m.service().Stop(context.Background(), wire.JobRequest{Job: req.Job,
		By: "somebody"}); err != nil || !reply.Stopped {
		t.Fatalf("stop: %+v, %v", reply, err)
	}
	m.wait.Wait()
}

func (m *machine) undoes(job string) error {
	_, err := m.service().Undo(context.Background(), wire.JobRequest{Job: job, By: "somebody"})
	return err
}

// labelAtItsEnd is a drive of which a look finds only what lies at its end.
func labelAtItsEnd(m *machine, size int64) (*memoryDrive, []byte) {
	d := m.addDrive("STARTLED", size)
	d.looksAtEnds()
	d.Poke(bytes.Repeat([]byte("mine"), 8192), size-32768)
	d.Poke([]byte("and this amid it"), size/2/4096*4096+4096)
	return d, d.bytes()
}

func TestAStopAndASecondStartKeepTheWayBack(t *testing.T) {
	m := newMachine(t)
	d, before := labelAtItsEnd(m, 40*mib)
	first := another(1, m.row(t))
	m.stopsInGrace(t, first)

	row := m.row(t)
	if row.Usage.Class != drive.Data || row.Usage.PhraseKind != drive.SerialPhrase ||
		!slices.ContainsFunc(row.Usage.Why, func(w drive.Why) bool {
			return strings.Contains(w.Answer, "what job "+first.Job+" erased can be brought back")
		}) {
		t.Fatalf("after the stop the drive is %s", asJSON(t, row.Usage))
	}
	free := another(2, row)
	free.Grant, free.Usage = nil, drive.None
	if _, err := m.service().Start(context.Background(), free); !isReason(err, "usage_changed") {
		t.Errorf("started without its phrase: %v", err)
	}
	m.wait.Wait()

	second := another(3, row)
	m.stopsInGrace(t, second)
	if err := m.undoes(first.Job); !isReason(err, "cannot_undo") || !strings.Contains(err.Error(), second.Job) {
		t.Errorf("the first is undone before the second: %v", err)
	}
	for _, job := range []string{second.Job, first.Job, second.Job} {
		if err := m.undoes(job); err != nil || !bytes.Equal(before, d.bytes()) {
			t.Fatalf("undo of %s: %v", job, err)
		}
	}
	if row := m.row(t); strings.Contains(asJSON(t, row.Usage), "can be brought back") {
		t.Errorf("what is back can be brought back: %s", asJSON(t, row.Usage))
	}
}

// TestAPermissionAlwaysLeavesAMoment: nothing lies where the first act erases, and somebody had to allow it.
func TestAPermissionAlwaysLeavesAMoment(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("AMID", 40*mib)
	d.Poke([]byte("a copy of a label"), 20*mib)
	d.usage = photos
	before := d.bytes()
	req := granted(d, photos)
	m.stopsInGrace(t, req)
	if !bytes.Equal(before, d.bytes()) || m.says(testJob, `"kind":"overwrites"`) || !m.says(testJob, `"grace_ms":`) {
		t.Errorf("it did not wait:\n%s", m.journals(testJob))
	}
}

// TestAnUndoOfTakenOverDataThatIsCutOffGoesOn: half of somebody's labels are back, which the second job never saw.
func TestAnUndoOfTakenOverDataThatIsCutOffGoesOn(t *testing.T) {
	m := newMachine(t)
	d := m.addDrive("HALF BACK", 40*mib)
	before := d.used(t, photos)
	d.looks = func() drive.Usage {
		p := make([]byte, 512)
		if d.Peek(p, d.id.SizeBytes-512); bytes.Equal(p, before[len(before)-512:]) {
			return photos
		}
		return drive.Usage{Class: drive.None}
	}
	m.stopsInGrace(t, another(1, m.row(t)))
	second := another(2, m.row(t))
	m.stopsInGrace(t, second)
	erased := d.Counts().BytesWritten
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten == erased+2*mib {
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 0, Last: 1 << 30})
		}
	})
	if err := m.undoes(second.Job); err == nil {
		t.Fatal("it was not cut off")
	}
	d.OnRequest(nil)
	d.Set()
	if err := m.undoes(second.Job); err != nil || !bytes.Equal(before, d.bytes()) {
		t.Errorf("asked again: %v", err)
	}
}

// TestWhatAnEarlierUndoBroughtBackIsNotErasedAgain: undos of before they ended their job first left it fit to be
// resumed, under a permission that is for just what is on the drive again.
func TestWhatAnEarlierUndoBroughtBackIsNotErasedAgain(t *testing.T) {
	for name, cut := range map[string]func(*machine, *memoryDrive, wire.StartRequest){
		"amid the first destructive act": func(m *machine, d *memoryDrive, req wire.StartRequest) {
			m.cutInFirstAct(d,
				req, 3*mib)
		},
		"while it waited": func(m *machine, _ *memoryDrive, req wire.StartRequest) { m.cutInGrace(req) },
	} {
		t.Run(name, func(t *testing.T) {
			m := quick(t, time.Minute)
			d := m.addDrive("EARLIER", 40*mib)
			before := d.used(t, photos)
			cut(m, d, granted(d, photos))
			d.Poke(before, 0)
			m.grace = time.Millisecond
			if _, err := m.service().Resume(context.Background(), testJob); !isReason(err, "undone") {
				t.Errorf("resumed: %v", err)
			}
			m.wait.Wait()
			if !bytes.Equal(before, d.bytes()) {
				t.Fatal("the drive was erased again")
			}
			ends(t, foldRaw(t, m.journals(testJob), nil), burnin.Cancelled, "undone")
		})
	}
}

func TestTwoUndosAtOnceAreToldApartFromARun(t *testing.T) {
	m := quick(t, time.Minute)
	d := m.addDrive("TWICE", 40*mib)
	before := d.used(t, photos)
	stopInGrace(t, m, granted(d, photos))
	var second, stop, again error
	var once atomic.Bool
	d.OnRequest(func(faultdev.Counts) {
		if once.Swap(true) {
			return
		}
		second = m.undo()
		_, stop = m.service().Stop(context.Background(), wire.JobRequest{Job: testJob})
		_, again = m.service().Resume(context.Background(), testJob)
	})
	if err := m.undo(); err != nil || !bytes.Equal(before, d.bytes()) {
		t.Fatalf("undo: %v", err)
	}
	if !isReason(second, "cannot_undo") || strings.Contains(second.Error(), "running") {
		t.Errorf("the second: %v", second)
	}
	if !isReason(stop, "not_stopped") || !isReason(again, "cannot_resume") {
		t.Errorf("a stop: %v; a resume: %v", stop, again)
	}
}

// TestWhatSomebodyElseWroteIsDataUntilItIsUnlocked: a job found it by the kernel's count. No look at the drive shows
// it.
func TestWhatSomebodyElseWroteIsDataUntilItIsUnlocked(t *testing.T) {
	m := quick(t, time.Millisecond)
	d := m.addDrive("FOREIGN", 40*mib)
	d.looksAtEnds()
	d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten > 36*mib {
			m.mu.Lock()
			d.foreign = 8
			m.mu.Unlock()
		}
	})
	first := another(1, m.row(t))
	ends(t, m.run(first), burnin.Unknown, "foreign_writes")
	d.OnRequest(nil)
	d.foreign = 0
	row := m.row(t)
	if row.Usage.Class != drive.Data || row.Usage.PhraseKind != drive.SerialPhrase || !strings.Contains(row.Usage.Text,
		first.Job) {
		t.Fatalf("the drive is %s", asJSON(t, row.Usage))
	}
	if _, err := m.service().Resume(context.Background(), first.Job); !isReason(err, "usage_changed") {
		t.Errorf("resumed: %v", err)
	}
	m.wait.Wait()
	free := another(2, row)
	free.Grant, free.Usage = nil, drive.None
	if _, err := m.service().Start(context.Background(), free); !isReason(err, "usage_changed") {
		t.Errorf("started without its phrase: %v", err)
	}
	m.wait.Wait()
	if reply, err := m.service().Clean(wire.CleanRequest{Jobs: []string{first.Job}}); err != nil ||
		len(reply.Removed) > 0 || reply.Knows[first.Job] == "" {
		t.Errorf("cleaned: %+v, %v", reply, err)
	}
	if job := m.run(another(3, m.row(t))); job.State != burnin.Passed {
		t.Fatalf("under a permission it ended as %s, %v", job.State, job.Reason)
	}
	if row := m.row(t); row.Usage.Class != drive.None {
		t.Errorf("once it was unlocked the drive is %s", asJSON(t, row.Usage))
	}
	if reply, err := m.service().Clean(wire.CleanRequest{Jobs: []string{first.Job}}); err != nil ||
		len(reply.Removed) != 1 {
		t.Errorf("cleaned: %+v, %v", reply, err)
	}
}

// wayBack is a drive that a startled person starts, stops, undoes and cleans jobs on.
type wayBack struct {
	*rapid.T
	m    *machine
	d    *memoryDrive
	were []byte   // what was on the drive before any job of which the kit still counts
	jobs []string // there
	next int
	over bool // it was written over: nothing is left to bring back
}

// offered names the job that the drive says can be undone, empty for none.
func (w *wayBack) offered() string {
	for _, why := range w.m.row(w).Usage.Why {
		if id, ok := strings.CutPrefix(why.Answer, "what job "); ok && strings.Contains(id, "by its undo") {
			return id[:20]
		}
	}
	return ""
}

func (w *wayBack) start() wire.StartRequest {
	w.next++
	row := w.m.row(w)
	if w.offered() == "" && !bytes.Equal(w.were, w.d.bytes()) {
		w.were = w.d.bytes()
	}
	req := another(w.next, row)
	w.jobs = append(w.jobs, req.Job)
	return req
}

// cut starts a job and ends its run as a NAS does that shuts down.
func (w *wayBack) cut(after int64) {
	req := w.start()
	w.m.grace = time.Hour
	var over atomic.Bool
	before := w.d.Counts().BytesWritten
	w.d.OnRequest(func(c faultdev.Counts) {
		if c.BytesWritten >= before+after && !over.Swap(true) {
			w.m.killAll()
		}
	})
	_, err := w.m.service().Start(context.Background(), req)
	w.m.wait.Wait()
	w.d.OnRequest(nil)
	if err != nil {
		w.Fatalf("start: %v", err)
	}
}

// TestAsLongAsAnUndoIsOfferedItBringsBackWhatWasThere walks at random through starts, stops, cuts, resumes, undos and
// cleans of several jobs of one drive.
func TestAsLongAsAnUndoIsOfferedItBringsBackWhatWasThere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{t: t, dir: t.TempDir(), boot: "boot-1", poll: time.Millisecond, began: time.Now(),
			drives: map[string]*memoryDrive{},
			locks:  map[string]os.FileInfo{}, cancels: map[int]context.CancelCauseFunc{}}
		defer func() { m.killAll(); m.wait.Wait() }()
		d, before := labelAtItsEnd(m, 2*mib)
		w := &wayBack{T: rt, m: m, d: d, were: before}
		pick := func() string { return rapid.SampledFrom(w.jobs).Draw(rt, "job") }
		for range rapid.IntRange(2, 9).Draw(rt, "steps") {
			steps := []string{"stop", "stop", "cut", "finish"}
			if len(w.jobs) > 0 {
				steps = append(steps, "undo", "undo", "offered", "offered", "clean", "resume", "other boot")
			}
			switch step := rapid.SampledFrom(steps).Draw(rt, "step"); step {
			case "stop":
				m.stopsInGrace(rt, w.start())
			case "cut":
				w.cut(rapid.SampledFrom([]int64{1, 512 << 10, 2 * mib}).Draw(rt, "after"))
			case "finish":
				req := w.start()
				m.grace = time.Millisecond
				if job := m.run(req); job.State != burnin.Passed {
					rt.Fatalf("ended as %s, %v", job.State, job.Reason)
				}
				if w.offered() != "" {
					rt.Fatalf("a drive that was written over is to be brought back: %s", asJSON(t, m.row(rt).Usage))
				}
			case "undo":
				job, was := pick(), d.bytes()
				if err := m.undoes(job); err == nil {
					if !bytes.Equal(w.were, d.bytes()) {
						rt.Fatalf("undo of %s brought back something else", job)
					}
				} else if !bytes.Equal(was, d.bytes()) {
					rt.Fatalf("undo of %s was refused and wrote: %v", job, err)
				}
			case "offered":
				if job := w.offered(); job != "" {
					if err := m.undoes(job); err != nil || !bytes.Equal(w.were, d.bytes()) {
						rt.Fatalf("undo of %s is offered: %v", job, err)
					}
				}
			case "clean":
				job, offered := pick(), w.offered()
				over := m.wroteOver([]string{job})
				reply, err := m.service().Clean(wire.CleanRequest{Jobs: []string{job}})
				if err != nil {
					rt.Fatal(err)
				}
				if len(reply.Removed) > 0 {
					w.over = w.over || over
					if w.jobs = slices.DeleteFunc(w.jobs, func(j string) bool { return j == job }); job == offered {
						rt.Fatalf("the way back of %s was cleaned away", job)
					}
				}
			case "resume":
				job, offered := pick(), w.offered()
				m.grace = time.Hour
				if _, err := m.service().Resume(context.Background(), job); err == nil {
					m.killAll()
				}
				m.wait.Wait()
				if after := w.offered(); offered != "" && after == "" && !bytes.Equal(w.were, d.bytes()) {
					rt.Fatalf("a resume of %s took the way back of %s", job, offered)
				}
			case "other boot":
				m.boot = "boot-" + rapid.StringMatching("[a-z]{4}").Draw(rt, "boot")
			}
			if !bytes.Equal(w.were, d.bytes()) && w.offered() == "" && !w.over && !m.wroteOver(w.jobs) {
				rt.Fatalf("what was there is gone, and no way back is told of: %s", asJSON(t, m.row(rt).Usage))
			}
		}
		if w.offered() != "" {
			free := another(99, m.row(rt))
			free.Grant, free.Usage = nil, drive.None
			if _, err := m.service().Start(context.Background(), free); !isReason(err, "usage_changed") {
				rt.Fatalf("what can be brought back was erased without a phrase: %v", err)
			}
		}
	})
}

// wroteOver reports whether a job that is there has written over the drive.
func (m *machine) wroteOver(jobs []string) bool {
	return slices.ContainsFunc(jobs, func(job string) bool {
		files, _ := filepath.Glob(filepath.Join(m.dir, "jobs", job, "run-*.ndjson"))
		return slices.ContainsFunc(files, func(name string) bool {
			data, _ := os.ReadFile(name)
			return bytes.Contains(data, []byte(`"kind":"overwrites"`))
		})
	})
}
