//go:build linux

package programs

import (
	"fmt"
	"image"
	"strings"
	"testing"
	"time"

	"burnish/backend/testbed/screen"
)

// theme is a theme by the word that the page has for it.
type theme string

const (
	light theme = "Light"
	dark  theme = "Dark"
)

// desktopOf is the environment of a desktop of a theme.
func desktopOf(t theme) string {
	if t == dark {
		return "GTK_THEME=Adwaita:dark"
	}
	return "GTK_THEME=Adwaita"
}

// TestTheWindowIsOfOneTheme: on a light and on a dark desktop the page has its theme, from the first frame on, and so
// have the controls that a web view would draw in its own way. A person who chooses the other theme sees it from the
// next window's first frame on.
func TestTheWindowIsOfOneTheme(t *testing.T) {
	if !*realWindow {
		t.Skip("run by make window-test")
	}
	const title = "Burnish: practice"
	args := []string{"demo", "--idle"}
	for of, other := range map[theme]theme{light: dark, dark: light} {
		t.Run(string(of), func(t *testing.T) {
			home := t.TempDir()
			d := launch(t, home, size{1600, 1000}, args, desktopOf(of))
			d.isFromItsFirstFrame(of)
			d.draws(title)
			d.on.Resize(d.win, 900, 820)
			d.check("Select BRN0A001")
			for _, width := range []int{900, 1600} {
				d.on.Resize(d.win, width, 820)
				d.hasControlsOf(of, width)
			}
			d.click(screen.Button, "Settings")
			d.click(screen.Radio, string(other))
			d.until("the other theme is kept", func() bool { return ofTheme(d.on.Picture(), other) })
			d.on.AskToClose(d.win)
			d.ends(time.Minute)

			d = launch(t, home, usual, args, desktopOf(of))
			d.isFromItsFirstFrame(other)
		})
	}
}

// isFromItsFirstFrame looks at all that is on the screen until the page is drawn, and wants it to be of a theme.
func (d *desktop) isFromItsFirstFrame(of theme) {
	d.t.Helper()
	frames, drawn := 0, time.Duration(0)
	for begin := time.Now(); drawn == 0; {
		p := d.on.Picture()
		if colours(p) > 60 {
			drawn = time.Since(begin)
		}
		if !ofTheme(p, of) {
			d.keepPicture(p, "first-frame-"+strings.ReplaceAll(d.t.Name(), "/", "-"))
			d.t.Errorf("what is on the screen after %v is not %s", time.Since(begin).Round(time.Millisecond), of)
			return
		}
		if p.RGBAAt(p.Rect.Dx()/2, p.Rect.Dy()/2) != screen.Empty {
			frames++
		}
		if time.Since(begin) > windowPatience || d.prog.Ended(0) {
			d.t.Fatal("the page is never drawn")
		}
	}
	d.t.Logf("%d looks at a window of the theme %s, until its page was drawn after %v", frames, of,
		drawn.Round(time.Millisecond))
}

// hasControlsOf wants the window, its boxes, and the choices of its dialog to be of a theme.
func (d *desktop) hasControlsOf(of theme, width int) {
	d.t.Helper()
	d.until("the whole window has the theme", func() bool { return ofTheme(d.on.Picture(), of) })
	d.keep(fmt.Sprint("theme-", of, width))
	boxes, p := d.unchecked(screen.CheckBox), d.on.Picture()
	for _, e := range boxes {
		if r := d.Where(e); !isOf(p, r, of) {
			d.t.Errorf("the box %q at %v is not %s", e.Name, r, of)
		}
	}
	d.click(screen.Button, "Start…")
	d.reads("Erase and start")
	d.keep(fmt.Sprint("theme-start-", of, width))
	radios, p := d.unchecked(screen.Radio), d.on.Picture()
	for _, e := range radios {
		if r := d.Where(e); !isOf(p, r, of) {
			d.t.Errorf("the choice %q at %v is not %s", e.Name, r, of)
		}
	}
	if len(radios) == 0 {
		d.t.Error("the dialog has no choices to look at")
	}
	d.click(screen.Button, "Cancel")
	d.until("the dialog is gone", func() bool {
		_, ok := d.Find(screen.Button, "Cancel")
		return !ok
	})
}

// check checks a box. A click is lost on a window that moves meanwhile.
func (d *desktop) check(name string) {
	d.t.Helper()
	var clicked time.Time
	d.until(fmt.Sprintf("%q is checked", name), func() bool {
		e, ok := d.Find(screen.CheckBox, name)
		if ok && !e.Checked && time.Since(clicked) > 10*time.Second {
			d.Click(e)
			clicked = time.Now()
		}
		return ok && e.Checked
	})
}

// unchecked are the boxes or choices that are not checked.
func (d *desktop) unchecked(role screen.Role) (found []screen.Element) {
	for _, e := range d.Elements() {
		if e.Role == role && !e.Checked {
			found = append(found, e)
		}
	}
	return found
}

// ofTheme reports whether no more than a quarter of what is drawn is of the other theme.
func ofTheme(p *image.RGBA, of theme) bool {
	other, n := 0, 0
	for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y++ {
		for x := p.Rect.Min.X; x < p.Rect.Max.X; x++ {
			c := p.RGBAAt(x, y)
			if c == screen.Empty {
				continue
			}
			n++
			if isDark := int(c.R)+int(c.G)+int(c.B) < 3*128; isDark != (of == dark) {
				other++
			}
		}
	}
	return 4*other <= n
}

// isOf reports whether a part of a picture is of a theme in the middle of its brightness.
func isOf(p *image.RGBA, part image.Rectangle, of theme) bool {
	part = part.Intersect(p.Rect)
	sum, n := 0, 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			c := p.RGBAAt(x, y)
			sum += int(c.R) + int(c.G) + int(c.B)
			n++
		}
	}
	return n > 0 && (sum/n < 3*128) == (of == dark)
}
