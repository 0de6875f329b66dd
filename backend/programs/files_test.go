//go:build linux

package programs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"burnish/backend/testbed/screen"
)

// TestFilesAreChosenInTheSystemsDialogs: a report is saved where GTK's file chooser says, and a key file picked there
// stands in the form. A window that is to close while a chooser is open cancels it and closes.
func TestFilesAreChosenInTheSystemsDialogs(t *testing.T) {
	if !*realWindow {
		t.Skip("run by make window-test")
	}
	d := open(t)
	home := filepath.Dir(d.data)
	key, report := filepath.Join(home, "a-key"), filepath.Join(home, "a-report.json")
	if err := os.WriteFile(key, []byte("of nobody"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.start()
	d.until("its drawer is open", func() bool {
		d.on.Press(screen.Down, screen.Home, screen.Return) // into the table, to its first drive
		_, ok := d.Find(screen.Button, "Stop…")
		return ok
	})
	d.click(screen.Button, "Stop…")
	d.click(screen.Button, "Stop the run")
	d.click(screen.Button, "JSON…")
	d.chooses("Save the report", report)
	d.reads("Saved as " + report)
	d.keep("report-saved")
	text, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(text), "BRN0A00") {
		t.Errorf("the report is %q: %v", text, err)
	}

	d.pick()
	d.chooses("Choose a private key", key)
	d.until("the form has the key file", func() bool {
		e, ok := d.Find(screen.Entry, "Key file")
		return ok && e.Text == key
	})
	d.keep("key-picked")

	d.click(screen.Button, "Choose the key file")
	d.on.Window("Choose a private key")
	d.on.AskToClose(d.win)
	d.ends(time.Minute)
}

// pick opens the form for a NAS, and the file chooser for its key.
func (d *desktop) pick() {
	d.t.Helper()
	d.click(screen.Button, "Add a NAS")
	d.click(screen.Button, "Choose the key file")
}

// chooses waits for a file chooser of a title, reads it, and chooses a file in it by its path.
func (d *desktop) chooses(title, path string) {
	d.t.Helper()
	chooser := d.on.Window(title)
	d.until(fmt.Sprintf("the chooser %q is read", title), func() bool {
		_, ok := d.Find(screen.FileChooser, title)
		return ok
	})
	d.keep("chooser-" + strings.Fields(title)[0])
	d.on.Chord(screen.Control, 'a') // the name that is proposed
	d.on.Type(path)
	d.until("the path is typed", func() bool {
		for _, e := range d.Elements() {
			if e.Text == path {
				return true
			}
		}
		return false
	})
	d.on.Press(screen.Return)
	d.until("the chooser is gone", func() bool { return !d.on.IsShown(chooser) })
	d.win = d.on.Window("Burnish: practice") // the keyboard is the window's again
}
