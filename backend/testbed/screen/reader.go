//go:build linux

package screen

import (
	"bufio"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"burnish/backend/testbed/need"
	"burnish/backend/testbed/tether"
)

// Reader reads what a window says, as a screen reader does: from the accessibility tree that the toolkit and the web
// view keep of what they show. It asks the program for nothing and needs nothing of its build.
type Reader struct {
	Env []string // for the program: the bus on which it finds the screen reader, and nothing else

	t    testing.TB
	on   *Screen
	tree *dbus.Conn
}

// Element is a piece of a window.
type Element struct {
	Role       Role
	Name, Text string // Text is what stands in it, apart from what its parts say
	Checked    bool

	ref ref
}

// Role is what an element is, by the numbers of AT-SPI.
type Role uint32

// The roles that tests look for.
const (
	CheckBox    Role = 7
	Dialog      Role = 16
	FileChooser Role = 19
	Button      Role = 43
	Radio       Role = 44
	Entry       Role = 79
	Row         Role = 90
)

// ref is where an element is asked.
type ref struct {
	Bus  string
	Path dbus.ObjectPath
}

const (
	accessible = "org.a11y.atspi.Accessible"
	service    = "/usr/share/dbus-1/services/org.a11y.Bus.service"
	// deepest and most bound a tree, which is a program's to make.
	deepest, most = 64, 5000
)

// Read starts a message bus of the test's own with the service that keeps the accessibility tree. It needs
// dbus-daemon and at-spi2-core.
func Read(t testing.TB, on *Screen) *Reader {
	t.Helper()
	dir := t.TempDir()
	need.File(t, service, "at-spi2-core")
	offer, err := os.ReadFile(service)
	if err != nil {
		t.Fatal(err)
	}
	// No other service can be started on this bus: no keychain, no portal.
	if err := os.WriteFile(filepath.Join(dir, "org.a11y.Bus.service"), offer, 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, []byte(`<busconfig><type>session</type><listen>unix:dir=`+dir+`</listen><servicedir>`+dir+
		`</servicedir><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &Reader{t: t, on: on}
	address := r.bus(dir, config)
	r.Env = []string{"DBUS_SESSION_BUS_ADDRESS=" + address, "DISPLAY=" + on.Name, "WAYLAND_DISPLAY=", "NO_AT_BRIDGE=0",
		"GTK_A11Y="}
	session := r.connect(address)
	var tree string
	if err := session.Object("org.a11y.Bus", "/org/a11y/bus").Call("org.a11y.Bus.GetAddress",
		0).Store(&tree); err != nil {
		t.Fatalf("the accessibility bus: %v", err)
	}
	r.tree = r.connect(tree)
	return r
}

// bus starts a message bus and gives its address.
func (r *Reader) bus(dir, config string) string {
	r.t.Helper()
	cmd := exec.Command(need.Program(r.t, "dbus-daemon"), "--config-file="+config, "--nofork", "--print-address=3",
		"--nopidfile")
	cmd.Env = append(os.Environ(), "DISPLAY="+r.on.Name, "WAYLAND_DISPLAY=", "HOME="+dir, "XDG_RUNTIME_DIR="+dir)
	return started(r.t, cmd)
}

func (r *Reader) connect(address string) *dbus.Conn {
	r.t.Helper()
	c, err := dbus.Connect(address)
	if err != nil {
		r.t.Fatalf("the message bus at %s: %v", address, err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// Elements are all that is shown now, in the order in which it is read. What goes away meanwhile is left out.
func (r *Reader) Elements() []Element {
	var out []Element
	r.walk(ref{"org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"}, 0, &out)
	return out
}

func (r *Reader) walk(at ref, depth int, out *[]Element) {
	if depth > deepest || len(*out) > most {
		return
	}
	e := Element{ref: at}
	_ = r.ask(at, accessible+".GetRole", nil, &e.Role)
	var states []uint32
	_ = r.ask(at, accessible+".GetState", nil, &states)
	e.Checked = len(states) > 0 && states[0]&(1<<4) != 0
	e.Name, _ = r.property(at, accessible+".Name")
	e.Name = plain.Replace(e.Name)
	var can []string
	_ = r.ask(at, accessible+".GetInterfaces", nil, &can)
	if slices.Contains(can, "org.a11y.atspi.Text") {
		_ = r.ask(at, "org.a11y.atspi.Text.GetText", []any{int32(0), int32(-1)}, &e.Text)
		e.Text = plain.Replace(e.Text)
	}
	*out = append(*out, e)
	var parts []ref
	_ = r.ask(at, accessible+".GetChildren", nil, &parts)
	if len(parts) == 0 {
		// The place of the web view names the part that another process draws only when it is asked for by its number.
		var part ref
		if r.ask(at, accessible+".GetChildAtIndex", []any{int32(0)}, &part) == nil && part.Bus != "" &&
			part.Bus != at.Bus {
			parts = append(parts, part)
		}
	}
	for _, p := range parts {
		r.walk(p, depth+1, out)
	}
}

// plain makes blanks of those at which no line ends, and leaves out what stands for the parts of a text.
var plain = strings.NewReplacer("\u00a0", " ", "\ufffc", "")

func (r *Reader) property(at ref, name string) (string, error) {
	v, err := r.tree.Object(at.Bus, at.Path).GetProperty(name)
	if err != nil {
		return "", err
	}
	s, _ := v.Value().(string)
	return s, nil
}

// answer bounds one question: a program that is about to end answers nothing.
const answer = 5 * time.Second

func (r *Reader) ask(at ref, method string, args []any, into any) error {
	call := r.tree.Object(at.Bus, at.Path).Go(method, 0, make(chan *dbus.Call, 1), args...)
	select {
	case done := <-call.Done:
		return done.Store(into)
	case <-time.After(answer):
		return fmt.Errorf("%s does not answer %s", at.Bus, method)
	}
}

// Words is all that the window says, a line for each element that says something.
func (r *Reader) Words() string {
	var lines []string
	for _, e := range r.Elements() {
		if s := strings.TrimSpace(e.said()); s != "" {
			lines = append(lines, s)
		}
	}
	return strings.Join(lines, "\n")
}

func (e Element) said() string {
	text := strings.TrimSpace(e.Text)
	if text == "" || text == e.Name {
		return e.Name
	}
	if e.Name == "" {
		return text
	}
	return e.Name + ": " + text
}

// Find gives the last element of a role whose name begins so: of several windows the one on top is read last.
func (r *Reader) Find(role Role, name string) (Element, bool) {
	all := r.Elements()
	for _, e := range slices.Backward(all) {
		if e.Role == role && strings.HasPrefix(e.Name, name) {
			return e, true
		}
	}
	return Element{}, false
}

// Says gives the last element that says just this.
func (r *Reader) Says(words string) (Element, bool) {
	all := r.Elements()
	for _, e := range slices.Backward(all) {
		if strings.TrimSpace(e.said()) == words {
			return e, true
		}
	}
	return Element{}, false
}

// Click clicks into the middle of an element with the pointer.
func (r *Reader) Click(e Element) {
	r.t.Helper()
	at := r.Where(e)
	r.on.Click((at.Min.X+at.Max.X)/2, (at.Min.Y+at.Max.Y)/2)
}

// Where is the place of an element on the screen; it may be one that is not shown, outside of what scrolls.
func (r *Reader) Where(e Element) image.Rectangle {
	r.t.Helper()
	var at struct{ X, Y, Width, Height int32 }
	if err := r.ask(e.ref, "org.a11y.atspi.Component.GetExtents", []any{uint32(0)}, &at); err != nil {
		r.t.Fatalf("where %q is: %v", e.Name, err)
	}
	return image.Rect(int(at.X), int(at.Y), int(at.X+at.Width), int(at.Y+at.Height))
}

// Click moves the pointer and clicks.
func (s *Screen) Click(x, y int) {
	s.t.Helper()
	for _, what := range []struct{ kind, button byte }{
		{xproto.MotionNotify, 0}, {xproto.ButtonPress, 1}, {xproto.ButtonRelease, 1},
	} {
		if err := xtest.FakeInputChecked(s.x, what.kind, what.button, 0, s.root, int16(x), int16(y),
			0).Check(); err != nil {
			s.t.Fatal(err)
		}
	}
}

// started starts a program that writes a line to its descriptor 3 once it is ready, and gives the line. It ends with
// the test.
func started(t testing.TB, cmd *exec.Cmd) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd.ExtraFiles = []*os.File{write}
	child, err := tether.Start(cmd)
	_ = write.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(child.Kill)
	_ = read.SetReadDeadline(time.Now().Add(patience))
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("%s does not say that it is ready: %v", filepath.Base(cmd.Path), err)
	}
	return strings.TrimSpace(line)
}
