package courier

import (
	"context"
	"errors"
	"fmt"
	"html"
	"os"
	"slices"
	"sync"

	"github.com/godbus/dbus/v5"

	"burnish/backend/notice"
	"burnish/backend/reason"
)

// The names of the desktop's notices on its bus.
const (
	busName = "org.freedesktop.Notifications"
	busPath = "/org/freedesktop/Notifications"
)

// maxShown is how many notices are remembered for a click on them.
const maxShown = 200

// session shows notices over the bus of the desktop session.
type session struct {
	open func(job string)

	mu    sync.Mutex // held while a notice is shown, by a goroutine of its own: a daemon may never answer
	conn  *dbus.Conn // nil until the first notice, and after the bus has ended
	plain bool       // the daemon takes a text as it is

	shownMu sync.Mutex
	shown   map[uint32]string // notices that a click opens: the job of each
}

// NewSession shows notices on the desktop of this session. A click on one calls open with its job; open may be nil, and
// no notice can be clicked then. Closing a notice is no click. nil where this system has no such bus.
func NewSession(open func(job string)) Desktop {
	return &session{open: open, shown: map[uint32]string{}}
}

// Show shows a notice, or says why it cannot.
func (s *session) Show(ctx context.Context, e notice.Event) error {
	done := make(chan error, 1)
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		done <- s.show(ctx, e)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the notification service does not answer: %w", ctx.Err())
	}
}

func (s *session) show(ctx context.Context, e notice.Event) error {
	if ctx.Err() != nil { // the one before has taken all the time
		return ctx.Err()
	}
	if s.conn == nil || !s.conn.Connected() {
		if err := s.connect(ctx); err != nil {
			return err
		}
	}
	text := e.Text
	if !s.plain {
		text = html.EscapeString(text)
	}
	actions := []string{}
	if s.open != nil {
		actions = []string{"default", "Open"}
	}
	urgency := byte(1)
	if e.Urgent && e.Kind != notice.Test {
		urgency = 2
	}
	var id uint32
	err := s.conn.Object(busName, busPath).CallWithContext(ctx, busName+".Notify", 0, "Burnish", uint32(0), "burnish",
		e.Title, text, actions, map[string]dbus.Variant{"urgency": dbus.MakeVariant(urgency),
			"desktop-entry": dbus.MakeVariant("burnish")}, int32(-1)).Store(&id)
	if err != nil {
		return errors.New(reason.Clean(err.Error(), maxAnswer))
	}
	if s.open != nil {
		s.remember(id, e)
	}
	return nil
}

// connect opens the bus that is there. Without one the library would start one of its own, which outlives this process.
func (s *session) connect(ctx context.Context) error {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" || address == "autolaunch:" {
		socket := fmt.Sprintf("/run/user/%d/bus", os.Getuid())
		if _, err := os.Stat(socket); err != nil {
			return errors.New("no desktop session runs here")
		}
		address = "unix:path=" + socket
	}
	conn, err := dbus.Connect(address)
	if err != nil {
		return err
	}
	var can []string
	daemon := conn.Object(busName, busPath)
	if err := daemon.CallWithContext(ctx, busName+".GetCapabilities", 0).Store(&can); err != nil {
		return errors.Join(errors.New(reason.Clean(err.Error(), maxAnswer)), conn.Close())
	}
	if s.open != nil {
		if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(busName),
			dbus.WithMatchInterface(busName)); err != nil {
			return errors.Join(err, conn.Close())
		}
		signals := make(chan *dbus.Signal, 16)
		conn.Signal(signals)
		go s.listen(signals)
	}
	s.conn, s.plain = conn, !slices.Contains(can, "body-markup")
	return nil
}

// listen waits for clicks until the bus ends.
func (s *session) listen(signals <-chan *dbus.Signal) {
	for signal := range signals {
		if len(signal.Body) < 2 {
			continue
		}
		id, _ := signal.Body[0].(uint32)
		switch signal.Name {
		case busName + ".ActionInvoked":
			if job, known := s.take(id); known && signal.Body[1] == "default" {
				s.open(job)
			}
		case busName + ".NotificationClosed":
			s.take(id)
		}
	}
}

func (s *session) remember(id uint32, e notice.Event) {
	s.shownMu.Lock()
	defer s.shownMu.Unlock()
	if len(s.shown) >= maxShown {
		clear(s.shown)
	}
	s.shown[id] = ""
	if e.Job != nil {
		s.shown[id] = e.Job.ID
	}
}

func (s *session) take(id uint32) (job string, known bool) {
	s.shownMu.Lock()
	defer s.shownMu.Unlock()
	job, known = s.shown[id]
	delete(s.shown, id)
	return job, known
}
