//go:build linux

package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"burnish/backend/desk"
	"burnish/backend/jobs"
	"burnish/backend/profile"
	"burnish/backend/report"
	"burnish/backend/runner/bin"
	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/testbed/sshd"
)

// page is what a page would hold: a snapshot with the deltas after it applied by the rules of the contract.
type page struct {
	t *testing.T

	mu    sync.Mutex
	now   desk.Snapshot
	ready bool
	early []desk.Delta
	last  int64 // number of the last delta that came
	steps []desk.Steps
	times []time.Time
	rows  int // the most in one delta
}

func (p *page) emit(event string, data any) {
	if _, err := json.Marshal(data); err != nil {
		p.t.Error(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch v := data.(type) {
	case desk.Delta:
		if p.last != 0 && v.Seq != p.last+1 {
			p.t.Errorf("delta %d came after %d", v.Seq, p.last)
		}
		p.last = v.Seq
		p.times = append(p.times, time.Now())
		p.rows = max(p.rows, len(v.NAS)+len(v.Drives)+len(v.Jobs)+len(v.Questions)+len(v.Gone))
		if p.ready {
			p.apply(v)
		} else {
			p.early = append(p.early, v)
		}
	case desk.Steps:
		p.steps = append(p.steps, v)
	}
}

func (p *page) apply(v desk.Delta) {
	if v.Seq <= p.now.Seq {
		return
	}
	p.now.Seq = v.Seq
	p.now.NAS = upsert(p.now.NAS, v.NAS, func(r desk.NAS) string { return "nas:" + r.ID }, v.Gone)
	p.now.Drives = upsert(p.now.Drives, v.Drives, func(r desk.Drive) string { return "drive:" + r.Key }, v.Gone)
	p.now.Jobs = upsert(p.now.Jobs, v.Jobs, func(r desk.Job) string { return "job:" + r.ID }, v.Gone)
	p.now.Questions = upsert(p.now.Questions, v.Questions, func(r desk.Question) string { return "question:" + r.ID },
		v.Gone)
}

// upsert makes new rows: who waits looks at the old ones meanwhile.
func upsert[T any](rows, fresh []T, name func(T) string, gone []string) []T {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r T) bool {
		return slices.Contains(gone, name(r)) || slices.ContainsFunc(fresh,
			func(f T) bool { return name(f) == name(r) })
	})
	return append(rows, fresh...)
}

// load is what a page does when it is loaded, also again.
func (p *page) load(d *desk.Desk) {
	s := d.Snapshot()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now, p.ready = s, true
	for _, v := range p.early {
		p.apply(v)
	}
	p.early = nil
}

// until waits until what the page holds is as wanted.
func (p *page) until(what string, ok func(desk.Snapshot) bool) desk.Snapshot {
	p.t.Helper()
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		p.mu.Lock()
		now := p.now
		p.mu.Unlock()
		if ok(now) {
			return now
		}
	}
	p.mu.Lock()
	text, _ := json.MarshalIndent(p.now, "", " ")
	p.mu.Unlock()
	p.t.Fatalf("never: %s\n%s", what, text)
	return desk.Snapshot{}
}

type noDialogs struct{ save string }

func (noDialogs) OpenFile(string, string) (string, error)   { return "", nil }
func (d noDialogs) SaveFile(string, string) (string, error) { return d.save, nil }

// open opens a desk on a data directory.
func open(t *testing.T, dir, home string) (*desk.Desk, *page) {
	t.Helper()
	svc, closeIndex, err := jobs.Open(context.Background(), dir, bin.Runner)
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t}
	d, err := desk.Open(desk.Options{Service: svc, Emit: p.emit, Dialogs: noDialogs{filepath.Join(dir, "report.json")},
		Version: "test", Home: home, User: "me", Look: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		_ = closeIndex()
	})
	p.load(d)
	return d, p
}

// write puts text at the beginning of a device.
func write(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// TestTheWindowsStory walks through the window with a real server and real block devices: a NAS is added after its key
// was compared, a drive with data is unlocked, two are burned in, one is stopped; the page is loaded again amid it, the
// desk is closed and opened again, and at each moment the page holds what a snapshot says.
func TestTheWindowsStory(t *testing.T) {
	need.Root(t)
	need.Loop(t)
	server := sshd.Start(t)
	state, err := os.MkdirTemp("/var/lib", "burnish-desk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	small, large := disk.Loop(t, 16<<20), disk.Faulty(t, 512<<20)
	large.Throttle(64 << 20)
	if err := write(large.Path, "somebody's letters"); err != nil {
		t.Fatal(err)
	}
	data, home := t.TempDir(), t.TempDir()
	d, p := open(t, data, home)

	form := desk.NASForm{Name: "lab", Host: server.Host, Port: server.Port, User: server.User, KeyFile: server.KeyFile,
		VirtualDrives: true, StateDir: filepath.Join(state, "burnish")}
	added, err := d.AddNAS(form)
	if err != nil || added.OK || added.ShownKey != server.HostKeyFingerprint {
		t.Fatalf("an unknown host key: %+v, %v", added, err)
	}
	if s := added.Steps[0]; s.ID != "connect" || s.State != "failed" || s.Said == nil ||
		s.Said.Code != "host_key_unknown" {
		t.Fatalf("the step: %+v", s)
	}
	if n := len(d.Snapshot().NAS); n != 0 {
		t.Fatalf("%d NAS were saved", n)
	}
	form.HostKey = added.ShownKey
	if added, err = d.AddNAS(form); err != nil || !added.OK {
		t.Fatalf("%+v, %v", added, err)
	}
	for _, s := range added.Steps {
		if s.State != "passed" {
			t.Errorf("step %+v", s)
		}
	}
	now := p.until("both drives are shown", func(s desk.Snapshot) bool {
		return slices.ContainsFunc(s.Drives, func(r desk.Drive) bool { return r.Path == small.Path }) &&
			slices.ContainsFunc(s.Drives, func(r desk.Drive) bool { return r.Path == large.Path })
	})
	if n := now.NAS[0]; n.Slots != profile.DefaultSlots || n.KeepDays != 0 || n.AutoResume {
		t.Errorf("as it was added: %+v", n)
	}
	form, err2 := d.Form(added.NAS)
	if err2 != nil || form.Password != "" || form.Host == "" {
		t.Fatalf("%+v, %v", form, err2)
	}
	form.Slots = 1000
	if r, err := d.EditNAS(added.NAS, form, nil); err == nil && r.OK {
		t.Error("a NAS has 1000 slots")
	}
	form.Slots, form.KeepDays, form.AutoResume = 3, 7, true
	if r, err := d.EditNAS(added.NAS, form, nil); err != nil || !r.OK {
		t.Error(err)
	}
	now = p.until("the NAS is treated in another way", func(s desk.Snapshot) bool {
		return s.NAS[0].Slots == 3 && s.NAS[0].KeepDays == 7 && s.NAS[0].AutoResume
	})
	row := func(path string) desk.Drive {
		return now.Drives[slices.IndexFunc(now.Drives, func(r desk.Drive) bool { return r.Path == path })]
	}
	free, used := row(small.Path), row(large.Path)
	if free.Locking != "open" || !free.DestructiveOK || used.Locking != "phrase" || used.DestructiveOK ||
		used.UsageClass != "data" || len(used.Why) == 0 {
		t.Fatalf("free %+v\nused %+v", free, used)
	}

	// A wrong phrase gives nothing; the right one a permission that the row shows, and that can be taken back.
	if _, err := d.Unlock(added.NAS, used.ID, "nonsense"); err == nil {
		t.Fatal("a wrong phrase unlocks")
	}
	grant, err := d.Unlock(added.NAS, used.ID, used.ID)
	if err != nil || grant.Drive != used.Key {
		t.Fatalf("%+v, %v", grant, err)
	}
	p.until("the drive is unlocked", func(s desk.Snapshot) bool {
		now = s
		return row(large.Path).Grant != nil && row(large.Path).DestructiveOK
	})
	if err := d.Lock(grant.ID); err != nil {
		t.Fatal(err)
	}
	p.until("the drive is locked again", func(s desk.Snapshot) bool { now = s; return row(large.Path).Grant == nil })

	// Refused before anything was made.
	if made, err := d.Start(desk.StartOrder{NAS: added.NAS, Drives: []string{free.ID, used.ID},
		Plan: "standard", WithoutSMART: true, Declared: "unknown"}); err == nil || len(made) != 0 {
		t.Fatalf("%v, %v", made, err)
	}
	made, err := d.Start(desk.StartOrder{NAS: added.NAS, Drives: []string{free.ID, used.ID},
		Plan: "extended", WithoutSMART: true, Declared: "unknown", Unlock: []desk.Typed{{Drive: used.ID,
			Phrase: used.ID}}})
	if err != nil || len(made) != 2 {
		t.Fatalf("%v, %v", made, err)
	}
	job := func(s desk.Snapshot, id string) desk.Job {
		return s.Jobs[slices.IndexFunc(s.Jobs, func(j desk.Job) bool { return j.ID == id })]
	}
	big := made[1].ID
	p.until("the large drive moves", func(s desk.Snapshot) bool {
		return len(s.Jobs) == 2 && job(s, big).Stage == "surface_validate" && job(s, big).StageProgress > 0.02
	})
	large.Throttle(4 << 20) // it is at work until it is stopped
	p.until("the NAS is connected", func(s desk.Snapshot) bool {
		return s.NAS[0].Phase == desk.Connected &&
			s.NAS[0].LiveJobs > 0
	})

	// The page is loaded again: the snapshot is all it needs.
	p.mu.Lock()
	p.now, p.ready = desk.Snapshot{}, false
	p.mu.Unlock()
	p.load(d)
	p.until("it goes on after a reload", func(s desk.Snapshot) bool { return len(s.Jobs) == 2 && len(s.Drives) > 1 })

	// The window is closed and opened again: the jobs went on.
	d.Close()
	d, p = open(t, data, home)
	if !d.Leaving() {
		t.Error("closing now would ask nothing")
	}
	p.until("a job is followed again", func(s desk.Snapshot) bool { return s.NAS[0].Phase == desk.Connected })
	if err := d.Stop(big); err != nil {
		t.Fatal(err)
	}
	stopped := job(p.until("it is cancelled", func(s desk.Snapshot) bool { return job(s, big).State == "cancelled" }),
		big)
	if stopped.Reason == nil || stopped.Reason.Code != "stopped_by_person" || stopped.CanStop {
		t.Errorf("%+v", stopped)
	}
	chunk, err := d.Log(big, "surface_validate", -1)
	if err != nil || !strings.Contains(chunk.Text, "[ABORTED]") {
		t.Errorf("%+v, %v", chunk, err)
	}
	p.until("the small drive has passed", func(s desk.Snapshot) bool { return job(s, made[0].ID).State == "passed" })
	p.until("the connection is let go", func(s desk.Snapshot) bool {
		return s.NAS[0].Phase == desk.Idle &&
			s.NAS[0].LiveJobs == 0
	})
	if d.Leaving() {
		t.Error("closing now would ask")
	}
	if s, err := d.Series(big); err != nil || len(s.Points) == 0 || len(s.Points) > 1000 {
		t.Errorf("%d points, %v", len(s.Points), err)
	}
	for _, format := range []report.Format{report.FormatHTML, report.FormatJSON, report.FormatCSV} {
		path, err := d.SaveReport(big, format)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(path); err != nil || !strings.Contains(string(data), big) {
			t.Errorf("the %s report does not name the job: %v", format, err)
		}
	}
	if _, err := d.SaveReport(big, "pdf"); err == nil {
		t.Error("a report was written in a format that is not there")
	}
	if c, err := d.Clean(added.NAS); err != nil || c.Removed != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	if err := d.RemoveNAS(added.NAS); err != nil {
		t.Fatal(err)
	}
	p.until("the NAS is gone and the history stays", func(s desk.Snapshot) bool {
		return len(s.NAS) == 0 &&
			len(s.Drives) == 0 && len(s.Jobs) == 2
	})

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows > 200 {
		t.Errorf("a delta of %d rows", p.rows)
	}
	for i := 4; i < len(p.times); i++ {
		if d := p.times[i].Sub(p.times[i-4]); d < 900*time.Millisecond {
			t.Errorf("five deltas within %v", d)
		}
	}
}

// TestAQuestionIsShownAnsweredRefusedAndOver: a password that nobody saved is asked for in the window.
func TestAQuestionIsShownAnsweredAndRefused(t *testing.T) {
	need.Root(t)
	server := sshd.Start(t, sshd.Config("PasswordAuthentication yes", "UsePAM yes"))
	user := sshd.NewUser(t, sshd.SudoPassword)
	d, p := open(t, t.TempDir(), t.TempDir())
	form := desk.NASForm{Name: "box", Host: server.Host, Port: server.Port, User: user.Name, PasswordLogin: true,
		Sudo: "password", HostKey: server.HostKeyFingerprint, Keep: "session",
		StateDir: "/var/lib/burnish-desk-question-" + strconv.Itoa(os.Getpid())}
	t.Cleanup(func() { _ = os.RemoveAll(form.StateDir) })
	done := make(chan desk.AddResult, 1)
	ask := func() {
		r, err := d.AddNAS(form)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}
	go ask()
	q := p.until("a question", func(s desk.Snapshot) bool { return len(s.Questions) == 1 }).Questions[0]
	if q.About != "login" || q.NAS != "box" || q.Echo || !strings.Contains(q.Text, user.Name) {
		t.Errorf("%+v", q)
	}
	d.Refuse(q.ID)
	if r := <-done; r.OK || r.Steps[1].State != "failed" || r.Steps[1].Said.Code != "password_needed" {
		t.Fatalf("%+v", r)
	}
	p.until("no question", func(s desk.Snapshot) bool { return len(s.Questions) == 0 })
	if err := d.Answer(q.ID, "too late"); err != nil {
		t.Error(err)
	}

	go ask()
	q = p.until("a question again", func(s desk.Snapshot) bool {
		return len(s.Questions) == 1 &&
			s.Questions[0].ID != q.ID
	}).Questions[0]
	if err := d.Answer(q.ID, user.Password); err != nil {
		t.Fatal(err)
	}
	if r := <-done; !r.OK {
		t.Fatalf("%+v", r.Steps)
	}
}
