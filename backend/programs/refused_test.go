//go:build linux

package programs

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"burnish/backend/testbed/disk"
	"burnish/backend/testbed/need"
	"burnish/backend/testbed/screen"
	"burnish/backend/testbed/sshd"
)

// TestWhatIsRefusedIsReadInTheWindow: a start, an unlock and a stop that a real NAS refuses, or that do not reach it,
// say on the screen what the command line says of the same: title, text, hint and code.
func TestWhatIsRefusedIsReadInTheWindow(t *testing.T) {
	if !*realWindow {
		t.Skip("run by make window-test")
	}
	need.Loop(t)
	server := sshd.Start(t)
	state, home := onNAS(t), t.TempDir()
	free, lettered := disk.Loop(t, 64<<20), disk.Loop(t, 64<<20)
	slow := disk.Faulty(t, 256<<20)
	slow.Throttle(4 << 20)
	if err := letters(lettered.Path); err != nil {
		t.Fatal(err)
	}
	cli := func(args ...string) (string, error) {
		out, err := exec.Command(built(t, "burnish-cli"), append([]string{"--data-dir", home + "/data"},
			args...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := cli("nas", "add", "box", "--host", server.Host, "--port", strconv.Itoa(server.Port), "--user",
		server.User, "--key", server.KeyFile,
		"--host-key", server.HostKeyFingerprint, "--state-dir", state, "--virtual-drives"); err != nil {
		t.Fatalf("%s%v", out, err)
	}
	if out, err := cli("start", "box", "--drive", slow.Path, "--plan", "standard", "--without-smart"); err != nil {
		t.Fatalf("%s%v", out, err)
	}
	d := reopen(t, home, usual, "Burnish", nil)

	d.filter(free.Path)
	d.click(screen.CheckBox, "Select no serial")
	d.click(screen.Button, "Start…")
	d.click(screen.CheckBox, "Start without SMART")
	held := hold(t, free.Path)
	d.click(screen.Button, "Erase and start 1 drive")
	d.refused("drive_in_use", "The drive is in use", free.Path)
	d.keep("refused-start")
	d.click(screen.Button, "Cancel")
	held()

	d.filter(lettered.Path)
	d.look()
	d.click(screen.Button, "Unlock…")
	d.reads("to unlock")
	held = hold(t, lettered.Path)
	d.on.Type(d.phrase())
	d.click(screen.Button, "Unlock for one start")
	d.refused("drive_in_use", "The drive is in use", lettered.Path)
	d.keep("refused-unlock")
	d.click(screen.Button, "Cancel")
	held()

	d.filter(slow.Path)
	d.look()
	d.click(screen.Button, "Stop…")
	d.reads("Stop this run")
	server.Stop()
	d.click(screen.Button, "Stop the run")
	d.refused("nas_unreachable", "The NAS cannot be reached", "Check that it is on")
	d.keep("refused-stop")
}

// filter leaves one drive in the table.
func (d *desktop) filter(path string) {
	d.t.Helper()
	d.click(screen.Entry, "Filter drives")
	d.on.Chord(screen.Control, 'a')
	d.on.Type(path)
	d.until("one row is left", func() bool {
		n := 0
		for _, e := range d.Elements() {
			if e.Role == screen.CheckBox && strings.HasPrefix(e.Name, "Select no serial") {
				n++
			}
		}
		return n == 1
	})
}

// look opens the drawer of the drive that the filter has left.
func (d *desktop) look() {
	d.t.Helper()
	d.until("the drive's drawer is open", func() bool {
		if box, ok := d.Find(screen.CheckBox, "Select no serial"); ok {
			at := d.Where(box)
			d.on.Click(at.Max.X+80, (at.Min.Y+at.Max.Y)/2) // on its name
		}
		_, open := d.Find(screen.Button, "Close")
		return open
	})
}

// typed is what a dialog asks to be typed.
var typed = regexp.MustCompile(`(?s)^Type .*, (\S+), to unlock`)

// phrase is what the dialog asks to be typed.
func (d *desktop) phrase() (phrase string) {
	d.t.Helper()
	d.until("the dialog says what to type", func() bool {
		for _, e := range d.Elements() {
			if m := typed.FindStringSubmatch(e.Name); e.Role == screen.Entry && m != nil {
				phrase = m[1]
			}
		}
		return phrase != ""
	})
	return phrase
}

// refused waits for a refusal and wants its words to be read.
func (d *desktop) refused(code string, say ...string) {
	d.t.Helper()
	d.until("it is refused", func() bool {
		words := d.Words()
		return strings.Contains(words, code) || strings.Contains(words, "That did not work")
	})
	words := d.Words()
	for _, part := range say {
		if !strings.Contains(words, part) {
			d.t.Errorf("the refusal %s does not say %q", code, part)
		}
	}
	title, found := d.Says(say[0])
	cancel, has := d.Find(screen.Button, "Cancel")
	if !found || !has {
		d.t.Fatalf("there is no refusal to read in a dialog:\n%s", words)
	}
	if a, c := d.Where(title), d.Where(cancel); a.Empty() || a.Max.Y > c.Min.Y {
		d.t.Errorf("the refusal %s lies at %v, below the edge of the dialog, whose buttons are at %v", code, a, c)
	}
	if d.t.Failed() {
		d.keep("refused-" + code)
		d.t.Fatalf("the window says:\n%s", words)
	}
}

// hold takes a drive as a program does that uses it, until it is let go.
func hold(t *testing.T, path string) (letGo func()) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_EXCL, 0)
	if err != nil {
		t.Fatal(err)
	}
	once := sync.OnceFunc(func() { _ = f.Close() })
	t.Cleanup(once)
	return once
}
