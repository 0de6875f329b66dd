//go:build linux

package programs

import (
	"fmt"
	"image"
	"testing"

	"burnish/backend/testbed/screen"
)

// TestTheWindowIsOfOneTheme: on a light and on a dark desktop the page has its theme, from the first frame on, and so
// have the controls that a web view would draw in its own way.
func TestTheWindowIsOfOneTheme(t *testing.T) {
	if !*realWindow {
		t.Skip("run by make window-test")
	}
	for _, theme := range []struct {
		name, gtk string
		dark      bool
	}{{"light", "Adwaita", false}, {"dark", "Adwaita:dark", true}} {
		for _, s := range []size{{900, 820}, {1600, 1000}} {
			t.Run(fmt.Sprint(theme.name, s.width), func(t *testing.T) {
				d := openWith(t, s, "Burnish: practice", []string{"demo", "--idle"}, "GTK_THEME="+theme.gtk)
				d.reads("Practice NAS")
				d.until("the whole screen has the theme", func() bool {
					return dark(d.on.Picture(),
						d.on.Picture().Rect) == theme.dark
				})
				d.until("the drives can be selected", func() bool {
					_, ok := d.Find(screen.CheckBox,
						"Select BRN0A001")
					return ok
				})
				d.keep("theme-" + theme.name + fmt.Sprint(s.width))
				for _, box := range d.boxes() {
					if r := d.Where(box); dark(d.on.Picture(), r) != theme.dark {
						t.Errorf("the box %q at %v is not %s", box.Name, r, theme.name)
					}
				}
				d.click(screen.CheckBox, "Select BRN0A001")
				d.click(screen.Button, "Start…")
				d.reads("Erase and start")
				d.keep("theme-start-" + theme.name + fmt.Sprint(s.width))
				radios := 0
				for _, e := range d.Elements() {
					if e.Role != screen.Radio || e.Checked {
						continue
					}
					radios++
					if r := d.Where(e); dark(d.on.Picture(), r) != theme.dark {
						t.Errorf("the choice %q at %v is not %s", e.Name, r, theme.name)
					}
				}
				if radios == 0 {
					t.Error("the dialog has no choices to look at")
				}
			})
		}
	}
}

// boxes are the boxes that are not checked.
func (d *desktop) boxes() (found []screen.Element) {
	for _, e := range d.Elements() {
		if e.Role == screen.CheckBox && !e.Checked {
			found = append(found, e)
		}
	}
	return found
}

// dark reports whether a part of a picture is dark in the middle of its brightness.
func dark(p *image.RGBA, part image.Rectangle) bool {
	part = part.Intersect(p.Rect)
	sum, n := 0, 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			c := p.RGBAAt(x, y)
			sum += int(c.R) + int(c.G) + int(c.B)
			n++
		}
	}
	return n > 0 && sum/n < 3*128
}
