//go:build linux

package tether

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The test binary plays the process that is killed: it starts a child, leaves a will and waits.
const roleOfVictim = "BURNISH_TETHER_VICTIM"

func TestVictim(t *testing.T) {
	mark := os.Getenv(roleOfVictim)
	if mark == "" {
		return // it only has a part in TestAKilledTestTakesItsChildAlongAndItsWillIsRun
	}
	c, err := Start(exec.Command("sleep", "600"))
	if err != nil {
		t.Fatal(err)
	}
	NewWill(t, `echo "$2" > "$1.new" && mv "$1.new" "$1"`, mark, "it's done")
	fmt.Println(c.Pid())
	select {}
}

func TestAKilledTestTakesItsChildAlongAndItsWillIsRun(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), roleOfVictim+"="+mark)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var child int
	if _, err := fmt.Fscan(bufio.NewReader(out), &child); err != nil {
		t.Fatalf("the victim named no child: %v", err)
	}
	victim.Process.Kill()
	victim.Wait()

	eventually(t, "the child to die", func() bool {
		// What has died has no command line, also where nobody collects the dead.
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child))
		return len(line) == 0
	})
	eventually(t, "the will to be run", func() bool {
		text, _ := os.ReadFile(mark)
		return string(text) == "it's done\n"
	})
}

func TestARevokedWillIsNotRun(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	w := NewWill(t, `touch "$1"`, mark)
	if err := w.Revoke(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the will was run")
	}
}

func TestAChildTellsHowItEnded(t *testing.T) {
	c, err := Start(exec.Command("sh", "-c", "exit 3"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Err(); got == nil || got.Error() != "exit status 3" {
		t.Errorf("got %v", got)
	}
	c.Kill()
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
