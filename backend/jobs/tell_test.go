package jobs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"burnish/backend/burnin"
	"burnish/backend/nas/mirror"
	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/store"
	"burnish/backend/wire"
)

// childVar makes the test binary play another process of Burnish: the JSON of a process.
const childVar = "BURNISH_JOBS_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childVar); text != "" {
		var p process
		err := json.Unmarshal([]byte(text), &p)
		if err == nil {
			err = p.play(context.Background())
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process finds the ends of jobs and tells what is to be told, and is killed after so many steps, or so much time.
type process struct {
	Dir    string
	Jobs   []string // in this order
	Steps  int      // 0 for no limit
	Within time.Duration
	Name   string

	steps int
	told  *os.File
}

// step is a point at which a process may be killed.
func (p *process) step() {
	if p.steps++; p.steps == p.Steps {
		p.die()
	}
}

func (p *process) die() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

func (p *process) play(ctx context.Context) error {
	if p.Within > 0 {
		time.AfterFunc(p.Within, p.die)
	}
	db, err := store.Open(ctx, p.Dir, time.Now)
	if err != nil {
		return err
	}
	defer db.Close()
	if p.told, err = os.OpenFile(filepath.Join(p.Dir, "told"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	defer p.told.Close()
	s := &Service{store: db, mirror: mirror.Mirror{Dir: filepath.Join(p.Dir, "mirror")}, Now: time.Now, Who: "a test"}
	for _, id := range p.Jobs {
		p.step()
		if _, err := s.saw(ctx, id, over(id)); err != nil {
			return err
		}
		p.step()
		if err := s.TellDue(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// Tell notes in a file who told what.
func (p *process) Tell(_ context.Context, e notice.Event) error {
	p.step()
	if _, err := fmt.Fprintf(p.told, "%s %s %s\n", p.Name, e.Kind, e.ID); err != nil {
		return err
	}
	p.step()
	return nil
}

// over is the word of the NAS on a job that has ended.
func over(id string) *wire.JobStatus {
	return &wire.JobStatus{Job: id, Run: 1, BootID: "b1", BootedMs: 1}
}

// endedFleet is a data directory with jobs that were started together, whose ends are copied and not found yet.
func endedFleet(t testing.TB, jobs int) (dir string, ids []string) {
	f := newFleet(t, jobs, 4)
	for i, row := range f.rows {
		ids = append(ids, row.ID)
		f.seq = 4
		end := burnin.End{State: burnin.Cancelled}
		if i == 0 {
			end.State, end.Reason = burnin.Unknown, reason.New(reason.ToldToEnd, "stage", "surface_validate",
				"progress", "10 %")
		}
		f.put(t, row.ID, burnin.EvEnd, end)
	}
	return filepath.Dir(f.mirror.Dir), ids
}

// few has rapid try so often: each try is several processes.
func few(t *testing.T, checks string) {
	checked := flag.Lookup("rapid.checks").Value.String()
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", checked) })
}

// Several processes find the ends of the same jobs and tell them, and are killed at any point. Each end is told, and
// that of all together; twice only where whoever told it died before that was noted.
func TestEachEndIsToldOnceAndTwiceOnlyAfterACrash(t *testing.T) {
	few(t, "8")
	if memory := "/dev/shm"; isDir(memory) {
		t.Setenv("TMPDIR", memory) // a process that is killed loses nothing of a file, so no disk has to be waited for
	}
	rapid.Check(t, func(rt *rapid.T) {
		const jobs = 3
		dir, ids := endedFleet(t, jobs)
		dead := map[string]bool{}
		for round := range rapid.IntRange(1, 2).Draw(rt, "rounds") {
			var running []*exec.Cmd
			var names []string
			for n := range rapid.IntRange(1, 3).Draw(rt, "processes") {
				p := process{Dir: dir, Jobs: rapid.Permutation(ids).Draw(rt, "order"), Name: fmt.Sprintf("p%d.%d", round, n)}
				if rapid.Bool().Draw(rt, "by steps") {
					p.Steps = rapid.IntRange(1, 14).Draw(rt, "steps")
				} else {
					p.Within = time.Duration(rapid.IntRange(1, 80).Draw(rt, "ms")) * time.Millisecond
				}
				running, names = append(running, p.start(rt)), append(names, p.Name)
			}
			for i, c := range running {
				dead[names[i]] = c.Wait() != nil
			}
		}
		last := process{Dir: dir, Jobs: ids, Name: "last"}
		if c := last.start(rt); c.Wait() != nil {
			rt.Fatalf("the last one: %s", c.Stdout)
		}

		data, err := os.ReadFile(filepath.Join(dir, "told"))
		if err != nil {
			rt.Fatal(err)
		}
		by, kinds, lastLine := map[string][]string{}, map[string]int{}, map[string]string{}
		lines := bufio.NewScanner(bytes.NewReader(data))
		for lines.Scan() {
			f := strings.Fields(lines.Text())
			if len(by[f[2]]) == 0 {
				kinds[f[1]]++
			}
			by[f[2]], lastLine[f[0]] = append(by[f[2]], f[0]), f[2]
		}
		if kinds["job_ended"] != jobs-1 || kinds["job_resumable"] != 1 || kinds["batch_ended"] != 1 || len(kinds) != 3 {
			rt.Errorf("told: %v\n%s", kinds, data)
		}
		for id, tellers := range by {
			for _, name := range tellers[:len(tellers)-1] {
				if !dead[name] || lastLine[name] != id {
					rt.Errorf("%s was told by %v, and %s did not die of it\n%s", id, tellers, name, data)
				}
			}
		}
	})
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (p process) start(rt *rapid.T) *exec.Cmd {
	text, err := json.Marshal(p)
	if err != nil {
		rt.Fatal(err)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childVar+"="+string(text))
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		rt.Fatal(err)
	}
	return c
}
