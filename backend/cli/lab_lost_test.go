//go:build linux

package cli_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/reason"
)

// What TestLostInTheLab needs beside the flags of TestLab: the lab is a virtual machine that it may pause, reset and
// take a drive from.
var (
	labQMP = flag.String("lab-qmp", "",
		"the socket of the lab's QEMU for QMP; the machine is paused and reset by it")
	labSerial = flag.String("lab-serial", "", "the serial of a blank SCSI drive of the lab, slow enough that a "+
		"surface pass takes minutes")
	labUnplug = flag.String("lab-unplug", "", "the id of that drive's device in QEMU")
	labReplug = flag.String("lab-replug", "", "the device_add arguments, as JSON, that plug it in again")
)

// lost is one job that is disrupted in one way after the other.
type lost struct {
	*bench
	id       string
	watching chan struct{} // closed when the watch has ended
}

// told is what the watch said.
func (l *lost) told() string {
	text, _ := os.ReadFile(filepath.Join(l.dir, "watch"))
	return strings.TrimSpace(string(text))
}

// disruption does something to the NAS or its drive and looks at what the job says of it. What ended is resumed after
// it.
type disruption struct {
	name string
	do   func(*lost)
	want string // the reason of the job that ends as unknown; empty: it goes on
	says []string
}

var disruptions = []disruption{
	{name: "runner killed with -9", do: func(l *lost) { l.kill() }},
	{name: "systemctl stop of the unit", do: func(l *lost) { l.must("systemctl stop 'burnish-" + l.id + "-*'") },
		want: "told_to_end", says: []string{"surface_validate"}},
	{name: "drive unplugged", do: func(l *lost) { l.unplug() }, want: "drive_vanished"},
	{name: "machine paused for 3 minutes", do: func(l *lost) { l.pause() }},
	{name: "system_reset", do: func(l *lost) { l.qmp(`{"execute":"system_reset"}`) }, want: "nas_restarted", says: []string{"surface_validate"}},
	{name: "shutdown -r", do: func(l *lost) { _, _ = l.shell("systemctl --no-block reboot") },
		want: "told_to_end", says: []string{"surface_validate"}},
}

// TestLostInTheLab runs one job on a drive of the lab through everything that happens to a NAS, then reads it from a
// second computer. make lab-lost runs it.
func TestLostInTheLab(t *testing.T) {
	if *labQMP == "" {
		t.Skip("-lab-qmp runs it; make lab-lost does")
	}
	l := &lost{bench: &bench{t: t, dir: t.TempDir()}}
	l.add()
	l.start()
	only := regexp.MustCompile(*labOnly)
	for _, d := range disruptions {
		if !only.MatchString(d.name) {
			continue
		}
		before := l.runsOn()
		_ = os.Truncate(filepath.Join(l.dir, "watch"), 0)
		began := time.Now()
		d.do(l)
		l.after(d, before, began)
	}
	job := l.ends()
	l.adopted(job)
}

const (
	aLongWhile = 12 * time.Minute // an emulated machine on a busy one
	// A slow drive takes half of this for what comes before its sweep, and has its first checkpoint 30 s into that.
	betweenCheckpoints = 90 * time.Second
)

// until asks again until it is so.
func (l *lost) until(what string, so func() bool) {
	l.t.Helper()
	for end := time.Now().Add(aLongWhile); !so(); time.Sleep(time.Second) {
		l.watch()
		if time.Now().After(end) {
			l.t.Fatalf("not within %v: %s\nthe watch says:\n%s\nthe job is %+v", aLongWhile, what, l.told(), l.job())
		}
	}
}

// again runs a command until the NAS is there for it.
func (l *lost) again(args ...string) string {
	l.t.Helper()
	var out string
	l.until("burnish "+strings.Join(args, " "), func() bool {
		var code int
		if out, code = l.burnish(args...); code != 0 {
			l.t.Logf("burnish %s: exit %d: %s", strings.Join(args, " "), code, out)
		}
		return code == 0
	})
	return out
}

func (l *lost) must(script string) {
	l.t.Helper()
	l.until(script, func() bool {
		out, err := l.shell(script)
		if err != nil {
			l.t.Logf("%s: %v %s", script, err, out)
		}
		return err == nil
	})
}

func (l *lost) start() {
	plan := filepath.Join(l.dir, "plan.json")
	text := `{"name":"lost","without_smart":true,"stages":[{"kind":"precheck"},{"kind":"surface_validate","engine":"stamp"},{"kind":"final_check"}]}`
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	l.again("start", "lab", "--drive", *labSerial, "--plan", plan)
	var job struct{ ID string }
	out, _ := l.output("jobs", "--json")
	if err := json.Unmarshal(out, &job); err != nil || job.ID == "" {
		l.t.Fatalf("jobs: %v %s", err, out)
	}
	l.id = job.ID
}

func (l *lost) output(args ...string) ([]byte, error) {
	return exec.Command(*labProgram, append([]string{"--data-dir", l.dir}, args...)...).Output()
}

// job is what the app has of it now.
func (l *lost) job() (j burnin.Job) {
	out, _ := l.output("show", l.id, "--json")
	_ = json.Unmarshal(out, &j)
	return j
}

func surfaceOf(j burnin.Job) burnin.Stage {
	for _, s := range j.Stages {
		if s.Kind == burnin.SurfaceValidate {
			return s
		}
	}
	return burnin.Stage{}
}

// runsOn waits until the surface stage has moved on, for longer than from one checkpoint to the next, and gives how far
// it was then.
func (l *lost) runsOn() float64 {
	l.t.Helper()
	from, began := surfaceOf(l.job()).Progress, time.Now()
	var s burnin.Stage
	l.until("the surface stage moves on", func() bool {
		j := l.job()
		s = surfaceOf(j)
		if j.State.Ended() {
			l.t.Fatalf("the job ended too early: %s %+v", j.State, j.Reason)
		}
		return s.State == burnin.Running && s.Progress > from && time.Since(began) > betweenCheckpoints
	})
	return s.Progress
}

// watch follows the job as a person would, in a process that ends with the job.
func (l *lost) watch() {
	if l.id == "" {
		return
	}
	if l.watching != nil {
		select {
		case <-l.watching:
		default:
			return
		}
	}
	f, err := os.OpenFile(filepath.Join(l.dir, "watch"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		l.t.Fatal(err)
	}
	cmd := exec.Command(*labProgram, "--data-dir", l.dir, "watch", l.id)
	cmd.Stdout, cmd.Stderr = f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); f.Close(); close(ended) }()
	l.watching = ended
	l.t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
}

// after looks at the job after a disruption, and resumes what ended.
func (l *lost) after(d disruption, before float64, began time.Time) {
	l.t.Helper()
	runs := len(l.job().Runs)
	var j burnin.Job
	if d.want == "" {
		l.until("the job goes on after: "+d.name, func() bool {
			j = l.job()
			return j.State == burnin.Running && surfaceOf(j).Progress > before
		})
	} else {
		l.until("the job is unknown after: "+d.name, func() bool { j = l.job(); return j.State.Ended() })
		s := surfaceOf(j)
		if j.State != burnin.Unknown || j.Reason == nil || j.Reason.Code != reason.Code(d.want) ||
			s.State != burnin.Unknown || s.Reason == nil || s.Reason.Text != j.Reason.Text {
			l.t.Fatalf("after %s the job is %s: %+v, its stage %s: %+v", d.name, j.State, j.Reason, s.State, s.Reason)
		}
		for _, word := range d.says {
			if !strings.Contains(j.Reason.Text, word) {
				l.t.Errorf("after %s the reason says nothing of %s: %s", d.name, word, j.Reason.Text)
			}
		}
	}
	said := "goes on"
	if j.Reason != nil {
		said = string(j.Reason.Code) + ": " + j.Reason.Text
	}
	fmt.Printf("| %s | at %.0f %% | %s, runs %d | seen after %.0f s |\n", d.name, before*100, said, len(j.Runs),
		time.Since(began).Seconds())
	fmt.Printf("  watch: %s\n", strings.Join(strings.Split(l.told(), "\n"), "\n         "))
	if d.want == "" {
		return
	}
	if d.want == "told_to_end" {
		l.aborted()
	}
	if d.want == "drive_vanished" {
		l.qmp(`{"execute":"device_add","arguments":` + *labReplug + `}`)
	}
	l.again("resume", l.id)
	l.until("the resumed job runs", func() bool {
		j = l.job()
		return len(j.Runs) > runs && surfaceOf(j).State == burnin.Running
	})
	if s := surfaceOf(j); s.Resumed == nil || s.Resumed.FromByte == 0 && s.Resumed.Pass == 0 {
		l.t.Errorf("after %s it goes on with %+v, and was at %.1f %%", d.name, s.Resumed, before*100)
	}
}

// aborted: the stage's log ends with the word for it.
func (l *lost) aborted() {
	out, _ := l.output("logs", l.id, "--stage", "surface_validate")
	if lines := strings.Split(strings.TrimSpace(string(out)), "\n"); strings.Count(string(out), "[ABORTED]") == 0 ||
		!strings.Contains(lines[len(lines)-1], "[ABORTED]") {
		l.t.Errorf("the log does not end with [ABORTED]: %s", out)
	}
}

// kill ends the runner as the kernel would that is short of memory. The service brings it back.
func (l *lost) kill() {
	runs := len(l.job().Runs) // it may be back before it can be asked
	l.must(`p=$(systemctl show -p MainPID --value 'burnish-` + l.id + `-*' | tr -d '\n'); kill -9 $p`)
	l.until("the runner comes back by itself", func() bool {
		j := l.job()
		return j.State == burnin.Running && len(j.Runs) > runs && surfaceOf(j).State == burnin.Running
	})
}

func (l *lost) unplug() {
	l.qmp(`{"execute":"device_del","arguments":{"id":"` + *labUnplug + `"}}`)
}

// pause stops the machine for three minutes. The app says that it is away, and that it is back.
func (l *lost) pause() {
	l.qmp(`{"execute":"stop"}`)
	time.Sleep(3 * time.Minute) // it is what is being tested
	j := l.job()
	if j.State != burnin.Running {
		l.t.Errorf("while the NAS does not answer the job is %s", j.State)
	}
	l.qmp(`{"execute":"cont"}`)
}

// qmp has QEMU do something.
func (l *lost) qmp(command string) {
	l.t.Helper()
	conn, err := net.Dial("unix", *labQMP)
	if err != nil {
		l.t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewScanner(conn)
	answers.Scan() // the greeting
	for _, c := range []string{`{"execute":"qmp_capabilities"}`, command} {
		fmt.Fprintln(conn, c)
		for answers.Scan() && bytes.Contains(answers.Bytes(), []byte(`"event"`)) {
		}
		if !bytes.Contains(answers.Bytes(), []byte(`"return"`)) {
			l.t.Fatalf("QEMU answers %s with %s", c, answers.Text())
		}
	}
}

// ends waits for the job's end and looks whether its verdict tells of what happened.
func (l *lost) ends() burnin.Job {
	var j burnin.Job
	l.until("the job ends", func() bool { j = l.job(); return j.State.Ended() })
	fmt.Printf("| the end | %s, %d runs | covered %d of %d bytes | %v |\n", j.State, len(j.Runs), j.BytesCovered,
		j.Drive.SizeBytes, j.Warnings)
	resumed := slices.ContainsFunc(j.Warnings, func(w reason.Said) bool { return w.Code == "resumed" })
	if j.State != burnin.Passed || !resumed {
		l.t.Errorf("the job is %s: %+v, and says that it was resumed: %v", j.State, j.Reason, resumed)
	}
	return j
}

// adopted reads the job from a data directory that never heard of it, and compares.
func (l *lost) adopted(first burnin.Job) {
	mirror := filepath.Join(l.dir, "mirror", l.id)
	second := &lost{bench: &bench{t: l.t, dir: l.t.TempDir()}}
	second.add()
	second.again("adopt", "lab")
	second.id = l.id
	if j := second.job(); j.State != first.State || len(j.Runs) != len(first.Runs) {
		l.t.Errorf("the second computer says %s with %d runs, the first %s with %d", j.State, len(j.Runs), first.State,
			len(first.Runs))
	}
	entries, err := os.ReadDir(mirror)
	if err != nil || len(entries) == 0 {
		l.t.Fatalf("the first computer has no copy: %v", err)
	}
	for _, e := range entries {
		here, _ := os.ReadFile(filepath.Join(mirror, e.Name()))
		there, err := os.ReadFile(filepath.Join(second.dir, "mirror", l.id, e.Name()))
		if err != nil || !bytes.Equal(here, there) {
			l.t.Errorf("%s differs on the two computers: %d and %d bytes, %v", e.Name(), len(here), len(there), err)
		}
		sum, err := l.shell(`sha256sum </var/lib/burnish/jobs/` + l.id + `/` + e.Name())
		if err != nil || !strings.HasPrefix(sum, fmt.Sprintf("%x", sha256.Sum256(here))) {
			l.t.Errorf("%s differs from the NAS's: %s %v", e.Name(), sum, err)
		}
	}
	second.again("clean", "lab", "--unknown")
	l.again("clean", "lab") // hears the last word that the second left for it
	if out, err := l.shell(`test ! -e /var/lib/burnish || find /var/lib/burnish`); err != nil || out != "" {
		l.t.Errorf("clean left on the NAS: %s %v", out, err)
	}
}
