//go:build linux

package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var labLost = flag.Bool("lab-lost", false, "break the throw-away NAS that BURNISH_LAB_* name in the middle of jobs, as docs/lost.md tells")

// machine does to the lab's machine what only its power supply, its cables or its host can: $BURNISH_LAB_RESET, _PAUSE,
// _CONTINUE, _UNPLUG and _PLUG are commands for that. _SLOW and _PLUGGABLE are the serials of two drives of 128 MiB or more
// that take half a minute for a sweep.
func (l *lab) machine(what string) {
	l.t.Helper()
	command := os.Getenv("BURNISH_LAB_" + what)
	if command == "" {
		l.t.Skipf("BURNISH_LAB_%s is not set", what)
	}
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		l.t.Fatalf("%s: %v: %s", what, err, out)
	}
}

// lost is a job of the lab that is at work, with a watch of its own.
type lost struct {
	*lab
	drive  string
	id     string
	begun  time.Time
	watch  *exec.Cmd
	output bytes.Buffer
}

const lostPlan = `{"name":"surface","without_smart":true,"stages":[{"kind":"precheck"},{"kind":"surface_validate","engine":"stamp"},{"kind":"final_check"}]}`

// begin starts a job on the drive that $BURNISH_LAB_<name> says, and waits until it is well into the write sweep.
func (l *lab) begin(t *testing.T, name string) *lost {
	t.Helper()
	mine := *l
	mine.t = t
	j := &lost{lab: &mine, drive: os.Getenv("BURNISH_LAB_" + name), begun: time.Now()}
	if j.drive == "" {
		t.Skipf("BURNISH_LAB_%s is not set", name)
	}
	plan := filepath.Join(l.dir, "surface.json")
	if err := os.WriteFile(plan, []byte(lostPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code := l.burnish("--json", "start", "lab", "--drive", j.drive, "--plan", plan)
	var line struct{ ID, Job string }
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &line); err != nil || code != 0 {
		t.Fatalf("start: exit %d, %v: %s %s", code, err, out, errs)
	}
	j.id = line.ID + line.Job
	j.follow()
	j.until("a third is written", func(job map[string]any) bool {
		stages, _ := job["stages"].([]any)
		written, _ := field(stages[1], "bytes_written").(float64)
		return written > 40e6
	})
	return j
}

// follow starts a watch of the job, which reconnects by itself.
func (j *lost) follow() {
	j.t.Helper()
	j.output.Reset()
	j.watch = exec.Command(j.prog, "--data-dir", filepath.Join(j.dir, "data"), "watch", j.id)
	j.watch.Stdout, j.watch.Stderr = &j.output, &j.output
	if err := j.watch.Start(); err != nil {
		j.t.Fatal(err)
	}
	watch := j.watch
	j.t.Cleanup(func() { _ = watch.Process.Kill() })
}

// ended waits for the watch's end, which is the job's, and gives the job and the watch's exit code.
func (j *lost) ended() (map[string]any, int) {
	j.t.Helper()
	stuck := time.AfterFunc(15*time.Minute, func() { _ = j.watch.Process.Kill() })
	defer stuck.Stop()
	_ = j.watch.Wait()
	job := j.show()
	j.t.Logf("%s: exit %d, %v %s %v; %s", j.id, j.watch.ProcessState.ExitCode(), job["state"], said(job), field(job, "reason", "text"), time.Since(j.begun).Round(time.Second))
	return job, j.watch.ProcessState.ExitCode()
}

func (j *lost) show() map[string]any {
	j.t.Helper()
	out, errs, _ := j.burnish("--json", "show", j.id)
	var job map[string]any
	if err := json.Unmarshal([]byte(out), &job); err != nil {
		j.t.Fatalf("show: %v: %s", err, errs)
	}
	return job
}

func (j *lost) until(what string, holds func(map[string]any) bool) {
	j.t.Helper()
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		if holds(j.show()) {
			return
		}
	}
	j.t.Fatalf("never: %s: %s", what, j.output.String())
}

// breaks wants the job to have ended as unknown for one of these reasons, on stage and job.
func (j *lost) breaks(codes ...string) map[string]any {
	j.t.Helper()
	job, code := j.ended()
	stages, _ := job["stages"].([]any)
	if code != 3 || job["state"] != "unknown" || field(stages[1], "state") != "unknown" || !strings.Contains(" "+strings.Join(codes, " ")+" ", " "+said(job)+" ") {
		j.t.Errorf("exit %d, %v %s, stage %v; want 3, unknown, one of %v\n%s", code, job["state"], said(job), field(stages[1], "state"), codes, j.output.String())
	}
	if on := field(stages[1], "reason", "code"); on != said(job) {
		j.t.Errorf("the stage says %v, the job %s", on, said(job))
	}
	return job
}

// passes wants the job to have passed with every byte verified, in so many runs, and its log here to be the log there.
func (j *lost) passes(runs int) map[string]any {
	j.t.Helper()
	job, code := j.ended()
	size, covered := field(job, "drive", "size_bytes"), job["bytes_covered"]
	if list, _ := job["runs"].([]any); code != 0 || job["state"] != "passed" || covered != size || len(list) != runs {
		j.t.Errorf("exit %d, %v %s, %v of %v bytes, %d runs; want %d\n%s", code, job["state"], said(job), covered, size, len(list), runs, j.output.String())
	}
	here, _, _ := j.burnish("logs", j.id, "--stage", "surface_validate")
	there := j.root(nil, "cat /var/lib/burnish/jobs/"+j.id+"/surface_validate.log")
	if here != there || here == "" {
		j.t.Errorf("the log here has %d bytes, there %d", len(here), len(there))
	}
	return job
}

// resumed resumes the job and wants it to pass, to say so, and to have repeated little.
func (j *lost) resumed(runs int) {
	j.t.Helper()
	if out, errs, code := j.burnish("resume", j.id); code != 0 {
		j.t.Fatalf("resume: exit %d: %s %s", code, out, errs)
	}
	j.follow()
	job := j.passes(runs)
	stages, _ := job["stages"].([]any)
	if field(stages[1], "resumed") == nil {
		j.t.Error("the verdict does not say that it was resumed")
	} else {
		j.t.Logf("resumed: %v", field(stages[1], "resumed"))
	}
}

// unit is the systemd unit of the job's newest run.
func (j *lost) unit() string {
	return strings.TrimSpace(j.root(nil, "systemctl list-units --plain --no-legend burnish-"+j.id+"-* | cut -d\" \" -f1"))
}

// listed is what the drives of the lab look like.
func (l *lab) listed() string {
	out, _, _ := l.burnish("--json", "drives", "lab")
	return out
}

// back waits until the lab answers again.
func (l *lab) back() {
	l.t.Helper()
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		if exec.Command("ssh", append(l.ssh, "-o", "ConnectTimeout=5", "true")...).Run() == nil {
			return
		}
	}
	l.t.Fatal("the lab does not come back")
}

// TestWhatBreaksARealNAS breaks a machine with systemd in the ways that machines break.
func TestWhatBreaksARealNAS(t *testing.T) {
	if !*labLost {
		return // make lab-lost
	}
	l := openLab(t)
	t.Run("systemctl stop", func(t *testing.T) {
		j := l.begin(t, "SLOW")
		j.root(nil, "systemctl stop "+j.unit())
		j.breaks("told_to_end")
		if log, _, _ := j.burnish("logs", j.id, "--stage", "surface_validate"); !strings.Contains(log, "[ABORTED]") {
			t.Errorf("the log does not say [ABORTED]: %s", log)
		}
		j.resumed(2)
	})
	t.Run("the runner is killed", func(t *testing.T) {
		j := l.begin(t, "SLOW")
		j.root(nil, "systemctl kill --signal=KILL "+j.unit())
		j.passes(2) // systemd brings it back
	})
	t.Run("the machine is paused", func(t *testing.T) {
		j := l.begin(t, "SLOW")
		j.machine("PAUSE")
		time.Sleep(3 * time.Minute) // it is what is tested
		away := j.show()
		j.machine("CONTINUE")
		if away["state"] != "running" {
			t.Errorf("while nobody answers the job is %v", away["state"])
		}
		j.passes(1)
		t.Logf("the watch said:\n%s", j.output.String())
	})
	t.Run("a drive is pulled", func(t *testing.T) {
		j := l.begin(t, "PLUGGABLE")
		j.machine("UNPLUG")
		j.breaks("drive_vanished")
		j.machine("PLUG")
		for end := time.Now().Add(time.Minute); !strings.Contains(j.listed(), j.drive) && time.Now().Before(end); {
			time.Sleep(time.Second)
		}
		j.resumed(2)
	})
	t.Run("the machine is shut down", func(t *testing.T) {
		j := l.begin(t, "SLOW")
		j.root(nil, "systemctl --no-block reboot")
		j.breaks("told_to_end", "nas_restarted")
		j.back()
		j.resumed(2)
	})
	t.Run("the machine is reset", func(t *testing.T) {
		j := l.begin(t, "SLOW")
		j.root(nil, "sync")
		j.machine("RESET")
		j.breaks("nas_restarted")
		j.back()
		j.resumed(2)

		other := *l
		other.dir = t.TempDir()
		if out, errs, code := other.burnish("nas", "add", "lab", "--host", os.Getenv("BURNISH_LAB_HOST"), "--port", os.Getenv("BURNISH_LAB_PORT"), "--user", os.Getenv("BURNISH_LAB_USER"),
			"--key", os.Getenv("BURNISH_LAB_KEY"), "--sudo", "nopasswd", "--host-key", os.Getenv("BURNISH_LAB_HOSTKEY")); code != 0 {
			t.Fatalf("nas add elsewhere: %s %s", out, errs)
		}
		if out, errs, code := other.burnish("adopt", "lab"); code != 0 {
			t.Fatalf("adopt: %s %s", out, errs)
		}
		here, _, _ := l.burnish("--json", "show", j.id)
		there, _, _ := other.burnish("--json", "show", j.id)
		var a, b map[string]any
		if json.Unmarshal([]byte(here), &a) != nil || json.Unmarshal([]byte(there), &b) != nil {
			t.Fatalf("%s\n%s", here, there)
		}
		for _, key := range []string{"state", "reason", "stages", "verdict", "runs", "bytes_covered"} {
			x, _ := json.Marshal(a[key])
			y, _ := json.Marshal(b[key])
			if !bytes.Equal(x, y) {
				t.Errorf("%s here and elsewhere:\n%s\n%s", key, x, y)
			}
		}
	})
}
