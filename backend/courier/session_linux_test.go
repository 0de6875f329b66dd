package courier

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"burnish/backend/notice"
	"burnish/backend/testbed/need"
)

// roleOfDesktop makes the test binary the program that runs inside of a desktop session.
const roleOfDesktop = "BURNISH_COURIER_DESKTOP"

// daemon is a notification service as the specification has it.
type daemon struct {
	conn *dbus.Conn
	got  chan shown
}

type shown struct {
	app, title, body string
	actions          []string
	urgency          any
}

func (d *daemon) GetCapabilities() ([]string, *dbus.Error) {
	return []string{"actions", "body", "body-markup"}, nil
}

func (d *daemon) Notify(app string, _ uint32, _, title, body string, actions []string, hints map[string]dbus.Variant,
	_ int32) (uint32, *dbus.Error) {
	d.got <- shown{app, title, body, actions, hints["urgency"].Value()}
	return 7, nil
}

// serve starts a daemon on the session's bus.
func serve(t *testing.T) *daemon {
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{conn: conn, got: make(chan shown, 8)}
	if err := conn.Export(d, busPath, busName); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(busName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestInASession only has a part in the test below.
func TestInASession(t *testing.T) {
	if os.Getenv(roleOfDesktop) == "" {
		return
	}
	opened := make(chan string, 4)
	s := NewSession(func(job string) { opened <- job })
	c := &Courier{Now: time.Now, Desktop: s}
	way := To{Way: notice.Way{Method: notice.Desktop}}
	if a := c.Send(t.Context(), way, event(), nil); a.Fault != notice.Away || !strings.Contains(a.Text, busName) {
		t.Errorf("without a daemon: %+v", a)
	}
	d := serve(t)
	e := event()
	e.Text = "<b>& more"
	if a := c.Send(t.Context(), way, e, nil); a.Fault != "" {
		t.Fatalf("%+v", a)
	}
	if got := <-d.got; got.app != "Burnish" || got.title != e.Title || got.body != "&lt;b&gt;&amp; more" ||
		fmt.Sprint(got.actions) != "[default Open]" || got.urgency != byte(2) {
		t.Errorf("shown %+v", got)
	}
	emit := func(signal string, args ...any) {
		if err := d.conn.Emit(busPath, busName+"."+signal, args...); err != nil {
			t.Fatal(err)
		}
	}
	emit("NotificationClosed", uint32(7), uint32(2)) // by X
	emit("ActionInvoked", uint32(7), "default")      // of a notice that is closed
	if a := c.Send(t.Context(), way, e, nil); a.Fault != "" {
		t.Fatalf("%+v", a)
	}
	emit("ActionInvoked", uint32(7), "default")
	if job := <-opened; job != e.Job.ID {
		t.Errorf("opened %q", job)
	}
	emit("ActionInvoked", uint32(8), "default") // of another program
	if n := len(opened); n != 0 {
		t.Errorf("%d more were opened", n)
	}
	fmt.Println("WAS IN A SESSION")
}

func TestADesktopShowsANoticeAndAClickOpensItsJob(t *testing.T) {
	run := need.Program(t, "dbus-run-session")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, run, "--", os.Args[0], "-test.run=^TestInASession$", "-test.v")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "XDG_RUNTIME_DIR=" + t.TempDir(),
		roleOfDesktop + "=1"}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "WAS IN A SESSION") {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestWithoutADesktopNothingIsStarted(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
	c := &Courier{Now: time.Now, Desktop: NewSession(nil)}
	if a := c.Send(t.Context(), To{Way: notice.Way{Method: notice.Desktop}}, event(), nil); a.Fault != notice.Away {
		t.Errorf("%+v", a)
	}
	c.Desktop = nil
	if a := c.Send(t.Context(), To{Way: notice.Way{Method: notice.Desktop}}, event(), nil); a.Fault != notice.Away {
		t.Errorf("%+v", a)
	}
}
