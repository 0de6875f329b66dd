//go:build linux

package programs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"burnish/backend/testbed/screen"
	"burnish/backend/testbed/tether"
)

var realWindow = flag.Bool("window", false, "look at the window of build/bin/burnish on a display in memory")

// desktop is the release binary with its window, and who reads it.
type desktop struct {
	*screen.Reader
	t    *testing.T
	on   *screen.Screen
	data string
	win  screen.Window
	prog *tether.Child
	said *bytes.Buffer // by the program; read once it has ended
}

// size is a screen in pixels.
type size struct{ width, height int }

var usual = size{1280, 820}

// open opens the window on the practice NAS and waits until its page is drawn.
func open(t *testing.T) *desktop {
	t.Helper()
	return openWith(t, usual, "Burnish: practice", []string{"demo", "--idle"})
}

// openWith opens the window of a title that a command opens, in a home and with an environment of its own.
func openWith(t *testing.T, s size, title string, args []string, env ...string) *desktop {
	t.Helper()
	return reopen(t, t.TempDir(), s, title, args, env...)
}

// reopen opens the window in a home that is there.
func reopen(t *testing.T, home string, s size, title string, args []string, env ...string) *desktop {
	t.Helper()
	d := launch(t, home, s, args, env...)
	d.draws(title)
	if s != usual {
		d.on.Fill(d.win)
	}
	return d
}

// draws waits for the window of a title, and until its page is drawn.
func (d *desktop) draws(title string) {
	d.t.Helper()
	d.win = d.on.Window(title)
	d.until("the page is drawn", d.drawn)
}

// launch starts the program in a home that is there, on a screen of its own, and waits for nothing.
func launch(t *testing.T, home string, s size, args []string, env ...string) *desktop {
	t.Helper()
	d := &desktop{t: t, on: screen.Start(t, s.width, s.height), data: filepath.Join(home, "data"),
		said: &bytes.Buffer{}}
	d.Reader = screen.Read(t, d.on)
	cmd := exec.Command(built(t, "burnish"), append([]string{"--data-dir", d.data}, args...)...)
	cmd.Env = append(append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+filepath.Join(home, "share")), d.Env...)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = d.said, d.said
	var err error
	if d.prog, err = tether.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.prog.Kill()
		if t.Failed() {
			t.Logf("the program said:\n%s", d.said)
		}
	})
	return d
}

// drawn reports whether the page is drawn: a window that draws nothing has few colours.
func (d *desktop) drawn() bool { return colours(d.on.Picture()) > 60 }

// windowPatience bounds the wait for something in a window.
const windowPatience = 3 * time.Minute

// until waits until something holds. A picture of a window that it never held for is left in BURNISH_TEST_SHOTS.
func (d *desktop) until(what string, holds func() bool) {
	d.t.Helper()
	for end := time.Now().Add(windowPatience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if d.prog.Ended(0) {
			d.t.Fatalf("the program ended before %s: %v", what, d.prog.Err())
		}
		if holds() {
			return
		}
	}
	d.keep("never-" + d.t.Name())
	d.t.Logf("the window says:\n%s", d.Words())
	d.t.Fatalf("never: %s", what)
}

// click waits for an element and clicks on it.
func (d *desktop) click(role screen.Role, name string) {
	d.t.Helper()
	d.until(fmt.Sprintf("there is %q to click on", name), func() bool {
		e, ok := d.Find(role, name)
		if ok {
			d.Click(e)
		}
		return ok
	})
}

// reads waits until the window says something.
func (d *desktop) reads(words string) {
	d.t.Helper()
	d.until(fmt.Sprintf("the window says %q", words), func() bool { return strings.Contains(d.Words(), words) })
}

// keep leaves a picture of the screen where a person asked for it.
func (d *desktop) keep(name string) {
	d.keepPicture(d.on.Picture(), name)
}

func (d *desktop) keepPicture(p *image.RGBA, name string) {
	dir := os.Getenv("BURNISH_TEST_SHOTS")
	if dir == "" {
		return
	}
	var out bytes.Buffer
	if err := png.Encode(&out, p); err != nil {
		d.t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), out.Bytes(), 0o600); err != nil {
		d.t.Error(err)
	}
}

// start starts a burn-in by the keyboard alone, and waits until the data directory has its job: the page drew, heard
// the keys, and reached the program behind it.
func (d *desktop) start() {
	d.t.Helper()
	// Keys that come before the page has its drives do nothing, so they are pressed until the start is asked about,
	// which darkens the page.
	bright := brightness(d.on.Picture())
	var pressed time.Time
	d.until("the start is asked about", func() bool {
		if time.Since(pressed) > 20*time.Second {
			d.on.Press(screen.Down, screen.Space, 's')
			pressed = time.Now()
		}
		return brightness(d.on.Picture()) < 0.8*bright
	})
	d.keep("start")
	d.on.Press(screen.Tab, screen.Return) // from Cancel on, where the focus begins
	d.until("a job is there", func() bool { return d.jobs() > 0 })
}

// jobs counts the jobs that have not ended, by the command line.
func (d *desktop) jobs() (n int) {
	out, err := exec.Command(built(d.t, "burnish-cli"), "--data-dir", d.data, "jobs", "--json").Output()
	if err != nil {
		return 0 // the index is being made
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var row struct{ State string }
		if json.Unmarshal(lines.Bytes(), &row) == nil && (row.State == "queued" || row.State == "running") {
			n++
		}
	}
	return n
}

// ends waits for the program's end and wants it to be a good one.
func (d *desktop) ends(within time.Duration) {
	d.t.Helper()
	if !d.prog.Ended(within) {
		d.keep("stays-" + d.t.Name())
		d.t.Fatalf("the window is still there after %v", within)
	}
	if err := d.prog.Err(); err != nil {
		d.t.Errorf("it ended with %v", err)
	}
}

// colours counts the colours of a picture: a window that draws nothing has one or two.
func colours(p *image.RGBA) int {
	seen := map[[3]byte]bool{}
	for i := 0; i < len(p.Pix); i += 4 {
		seen[[3]byte(p.Pix[i:i+3])] = true
	}
	return len(seen)
}

func brightness(p *image.RGBA) float64 {
	sum := 0
	for i := 0; i < len(p.Pix); i += 4 {
		sum += int(p.Pix[i]) + int(p.Pix[i+1]) + int(p.Pix[i+2])
	}
	return float64(sum) / float64(len(p.Pix))
}

// TestTheWindowAsksBeforeItCloses: with a drive at work the frame's button brings a question, and the answer closes.
func TestTheWindowAsksBeforeItCloses(t *testing.T) {
	if !*realWindow {
		t.Skip("run by make window-test")
	}
	d := open(t)
	d.start()
	var bright float64
	d.until("the start dialog is gone", func() bool {
		before := bright
		bright = brightness(d.on.Picture())
		return before != 0 && bright > 1.2*before || bright > 500
	})
	d.keep("running")
	d.on.AskToClose(d.win)
	d.until("it asks", func() bool { return brightness(d.on.Picture()) < 0.8*bright })
	d.keep("closing")
	if d.jobs() == 0 {
		t.Error("nothing is at work while it asks")
	}
	d.on.Press(screen.Return) // the focus begins on: close, runs go on
	d.ends(time.Minute)
}

// TestTheWindowEndsWhenTheSystemSaysSo: SIGTERM asks nobody, although a drive is at work and a file chooser is open.
func TestTheWindowEndsWhenTheSystemSaysSo(t *testing.T) {
	if !*realWindow {
		t.Skip("run by make window-test")
	}
	d := open(t)
	d.start()
	d.until("the start dialog is gone", func() bool {
		_, ok := d.Find(screen.Button, "Erase and start")
		return !ok
	})
	d.pick()
	d.on.Window("Choose a private key")
	if err := syscall.Kill(d.prog.Pid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	d.ends(30 * time.Second)
}
