//go:build linux

package screen

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"os/exec"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"burnish/backend/testbed/need"
)

// patience bounds the wait for the server, and for a window to be there.
const patience = 2 * time.Minute

// The keys that are no letters, as X names them.
const (
	Tab     xproto.Keysym = 0xff09
	Return  xproto.Keysym = 0xff0d
	Escape  xproto.Keysym = 0xff1b
	Home    xproto.Keysym = 0xff50
	Down    xproto.Keysym = 0xff54
	Space   xproto.Keysym = 0x0020
	Shift   xproto.Keysym = 0xffe1
	Control xproto.Keysym = 0xffe3
)

// Screen is a display.
type Screen struct {
	Name string // for DISPLAY

	t             testing.TB
	width, height uint16
	x             *xgb.Conn
	root          xproto.Window
	codes         map[xproto.Keysym]xproto.Keycode // without a modifier
	shifted       map[xproto.Keysym]xproto.Keycode
}

// Window is a window of a program under test.
type Window = xproto.Window

// Start runs an X server of a size in pixels. It needs Xvfb.
func Start(t testing.TB, width, height int) *Screen {
	t.Helper()
	// The server takes the first number that is free and writes it to the pipe.
	number := started(t, exec.Command(need.Program(t, "Xvfb"), "-displayfd", "3", "-screen",
		"0", fmt.Sprintf("%dx%dx24", width, height), "-nolisten", "tcp"))
	s := &Screen{Name: ":" + number, t: t, width: uint16(width), height: uint16(height)}
	xgb.Logger.SetOutput(io.Discard) // it tells of an authority that nobody needs, and of the end of the server
	var err error
	if s.x, err = xgb.NewConnDisplay(s.Name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.x.Close)
	if err := xtest.Init(s.x); err != nil {
		t.Fatal(err)
	}
	setup := xproto.Setup(s.x)
	s.root = setup.DefaultScreen(s.x).Root
	s.empty()
	s.codes, s.shifted = map[xproto.Keysym]xproto.Keycode{}, map[xproto.Keysym]xproto.Keycode{}
	keys, err := xproto.GetKeyboardMapping(s.x, setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)).Reply()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(keys.Keysyms); i += int(keys.KeysymsPerKeycode) {
		if sym := keys.Keysyms[i]; s.codes[sym] == 0 { // without a modifier
			s.codes[sym] = setup.MinKeycode + xproto.Keycode(i/int(keys.KeysymsPerKeycode))
		}
		if sym := keys.Keysyms[i+1]; keys.KeysymsPerKeycode > 1 && s.shifted[sym] == 0 {
			s.shifted[sym] = setup.MinKeycode + xproto.Keycode(i/int(keys.KeysymsPerKeycode))
		}
	}
	return s
}

// Window waits for a window of a title that is shown, and gives it the keyboard.
func (s *Screen) Window(title string) Window {
	s.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if w, ok := s.titled(title); ok {
			if err := xproto.SetInputFocusChecked(s.x, xproto.InputFocusParent, w,
				xproto.TimeCurrentTime).Check(); err == nil {
				return w
			}
		}
	}
	s.t.Fatalf("no window of the title %q came up", title)
	return 0
}

// Empty is the colour of the screen where no window has drawn.
var Empty = color.RGBA{R: 0xff, B: 0xff, A: 0xff}

// empty gives the screen its colour. A window that is shown and has drawn nothing yet has it too, as it has whatever
// was there before.
func (s *Screen) empty() {
	s.t.Helper()
	ground := uint32(Empty.R)<<16 | uint32(Empty.G)<<8 | uint32(Empty.B)
	if err := xproto.ChangeWindowAttributesChecked(s.x, s.root, xproto.CwBackPixel,
		[]uint32{ground}).Check(); err != nil {
		s.t.Fatal(err)
	}
	if err := xproto.ClearAreaChecked(s.x, false, s.root, 0, 0, 0, 0).Check(); err != nil {
		s.t.Fatal(err)
	}
}

// IsShown reports whether a window is still there and shown.
func (s *Screen) IsShown(w Window) bool {
	at, err := xproto.GetWindowAttributes(s.x, w).Reply()
	return err == nil && at.MapState == xproto.MapStateViewable
}

func (s *Screen) titled(title string) (Window, bool) {
	tree, err := xproto.QueryTree(s.x, s.root).Reply()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, w := range tree.Children {
		at, err := xproto.GetWindowAttributes(s.x, w).Reply()
		if err != nil || at.MapState != xproto.MapStateViewable {
			continue
		}
		name, err := xproto.GetProperty(s.x, false, w, xproto.AtomWmName, xproto.GetPropertyTypeAny, 0, 256).Reply()
		if err == nil && string(name.Value) == title {
			return w, true
		}
	}
	return 0, false
}

// Press presses and lets go of keys, one after the other.
func (s *Screen) Press(keys ...xproto.Keysym) {
	s.t.Helper()
	for _, k := range keys {
		s.key(xproto.KeyPress, k)
		s.key(xproto.KeyRelease, k)
	}
}

// Chord presses a key while another is held down.
func (s *Screen) Chord(held, key xproto.Keysym) {
	s.t.Helper()
	s.key(xproto.KeyPress, held)
	s.Press(key)
	s.key(xproto.KeyRelease, held)
}

// Type types a text in ASCII.
func (s *Screen) Type(text string) {
	s.t.Helper()
	for _, c := range text {
		sym := xproto.Keysym(c)
		if s.codes[sym] != 0 {
			s.Press(sym)
			continue
		}
		s.key(xproto.KeyPress, Shift)
		code, ok := s.shifted[sym]
		if !ok {
			s.t.Fatalf("the keyboard has no key for %q", c)
		}
		s.code(xproto.KeyPress, code)
		s.code(xproto.KeyRelease, code)
		s.key(xproto.KeyRelease, Shift)
	}
}

func (s *Screen) key(what byte, sym xproto.Keysym) {
	s.t.Helper()
	code := s.codes[sym]
	if code == 0 {
		s.t.Fatalf("the keyboard has no key %#x", sym)
	}
	s.code(what, code)
}

func (s *Screen) code(what byte, code xproto.Keycode) {
	s.t.Helper()
	if err := xtest.FakeInputChecked(s.x, what, byte(code), 0, s.root, 0, 0, 0).Check(); err != nil {
		s.t.Fatal(err)
	}
}

// Fill gives a window the whole screen, as a window manager does to one that is maximised.
func (s *Screen) Fill(w Window) {
	s.t.Helper()
	s.Resize(w, int(s.width), int(s.height))
}

// Resize gives a window a size, and puts it into the corner of the screen.
func (s *Screen) Resize(w Window, width, height int) {
	s.t.Helper()
	const all = xproto.ConfigWindowX | xproto.ConfigWindowY | xproto.ConfigWindowWidth | xproto.ConfigWindowHeight
	if err := xproto.ConfigureWindowChecked(s.x, w, all, []uint32{0, 0, uint32(width),
		uint32(height)}).Check(); err != nil {
		s.t.Fatal(err)
	}
}

// AskToClose asks a window to close, as a window manager does.
func (s *Screen) AskToClose(w Window) {
	s.t.Helper()
	atom := func(name string) uint32 {
		r, err := xproto.InternAtom(s.x, false, uint16(len(name)), name).Reply()
		if err != nil {
			s.t.Fatal(err)
		}
		return uint32(r.Atom)
	}
	ask := xproto.ClientMessageEvent{
		Format: 32, Window: w, Type: xproto.Atom(atom("WM_PROTOCOLS")),
		Data: xproto.ClientMessageDataUnionData32New([]uint32{atom("WM_DELETE_WINDOW"), xproto.TimeCurrentTime, 0, 0,
			0}),
	}
	if err := xproto.SendEventChecked(s.x, false, w, xproto.EventMaskNoEvent, string(ask.Bytes())).Check(); err != nil {
		s.t.Fatal(err)
	}
}

// Picture is what is on the screen now.
func (s *Screen) Picture() *image.RGBA {
	s.t.Helper()
	got, err := xproto.GetImage(s.x, xproto.ImageFormatZPixmap, xproto.Drawable(s.root), 0, 0, s.width, s.height,
		0xffffffff).Reply()
	if err != nil {
		s.t.Fatal(err)
	}
	out := image.NewRGBA(image.Rect(0, 0, int(s.width), int(s.height)))
	for i := 0; i+3 < len(got.Data) && i+3 < len(out.Pix); i += 4 { // blue, green, red, nothing
		out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = got.Data[i+2], got.Data[i+1], got.Data[i], 0xff
	}
	return out
}
