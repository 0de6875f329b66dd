package runner_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface/faultdev"
)

var golden = flag.Bool("golden", false, "write golden journals that are not there yet; those that are stay as they "+
	"are for ever")

// goldens is where package burnin reads them.
const goldens = "../burnin/testdata/journals"

// TestWriteGoldens has the runner write the journals by which later versions prove that they still read old ones.
func TestWriteGoldens(t *testing.T) {
	if !*golden {
		t.Log("the golden journals are kept; -golden adds new ones")
		return
	}
	for name, life := range map[string]func(*machine, *memoryDrive){
		"passed": func(m *machine, d *memoryDrive) { m.run(order(d, stampPlan())) },
		"read":   func(m *machine, d *memoryDrive) { m.run(order(d, readPlan())) },
		"failed": func(m *machine, d *memoryDrive) {
			d.Set(faultdev.Fault{Effect: faultdev.FailRead, First: 5000, Last: 5003, Errno: "ENODATA"},
				faultdev.Fault{Effect: faultdev.FlipRead, First: 6000, Last: 6000, Byte: 9, Mask: 16})
			m.run(order(d, stampPlan()))
		},
		"vanished-drive": func(m *machine, d *memoryDrive) {
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 9000, Last: 9000})
			m.run(order(d, stampPlan()))
		},
		"vanished-twice": func(m *machine, d *memoryDrive) {
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 9000, Last: 9000})
			m.run(order(d, stampPlan()))
			d.Set(faultdev.Fault{Effect: faultdev.Vanish, First: 9000, Last: 9000})
			m.resume()
		},
		"told-and-resumed": func(m *machine, d *memoryDrive) {
			d.Set(faultdev.Fault{Effect: faultdev.Slow, First: 0, Last: 1 << 30, Delay: time.Millisecond})
			if _, err := m.service().Start(context.Background(), order(d, stampPlan())); err != nil {
				t.Fatal(err)
			}
			m.awaitStage(2, burnin.Running)
			m.killAll()
			m.wait.Wait()
			d.Set()
			if _, err := m.service().Resume(context.Background(), testJob); err != nil {
				t.Fatal(err)
			}
			m.wait.Wait()
		},
	} {
		dir := filepath.Join(goldens, name)
		if _, err := os.Stat(dir); err == nil {
			continue
		}
		m := newMachine(t)
		life(m, m.addDrive("GOLDEN", 20*mib))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		raw := m.journals(testJob)
		for i, run := range raw {
			if err := os.WriteFile(filepath.Join(dir, "run-"+string(rune('1'+i))+".ndjson"), run, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "fold.json"), []byte(asJSON(t, foldRaw(t, raw, nil))+"\n"),
			0o644); err != nil {
			t.Fatal(err)
		}
	}
}
