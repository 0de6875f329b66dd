//go:build linux

package desk_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"burnish/backend/desk"
	"burnish/backend/jobs"
	"burnish/backend/notice"
	"burnish/backend/notify"
	"burnish/backend/reason"
	"burnish/backend/runner/bin"
	"burnish/backend/secret"
	"burnish/backend/testbed/leak"
)

// noKeychain is a computer without one.
type noKeychain struct{}

func (noKeychain) Get(context.Context, string) (secret.Secret, error) {
	return secret.Secret{}, secret.ErrUnavailable
}
func (noKeychain) Set(context.Context, string, secret.Secret) error { return secret.ErrUnavailable }
func (noKeychain) Delete(context.Context, string) error             { return secret.ErrUnavailable }

// hooks is a webhook server.
type hooks struct {
	mu     sync.Mutex
	answer int
	bodies []map[string]any
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	var body map[string]any
	_ = json.Unmarshal(text, &body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bodies = append(h.bodies, body)
	w.WriteHeader(h.answer)
}

// telling is a desk that tells people, on a data directory of its own.
func telling(t *testing.T) (*desk.Desk, string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", t.TempDir()) // the key of what is sealed
	svc, closeIndex, err := jobs.Open(context.Background(), dir, bin.Runner)
	if err != nil {
		t.Fatal(err)
	}
	o := svc.Outbox(dir, "test")
	o.Places[notify.KeepKeychain], o.Places[notify.KeepFile] = noKeychain{}, noKeychain{}
	d, err := desk.Open(desk.Options{Service: svc, Emit: func(string, any) {}, Dialogs: noDialogs{}, Version: "test",
		Home: t.TempDir(), User: "me", Outbox: o})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		_ = closeIndex()
	})
	return d, dir
}

// TestAWayIsAddedTestedChangedAndRemoved: against a real server, and nothing that was typed as a secret comes back.
func TestAWayIsAddedTestedChangedAndRemoved(t *testing.T) {
	const hidden, key = "h1dd3n-p4th", "k3y-t0-sign"
	hook := &hooks{answer: http.StatusNoContent}
	server := httptest.NewServer(hook)
	defer server.Close()
	d, dir := telling(t)
	form := desk.WayForm{Name: " erp ", Method: notice.Webhook, Address: server.URL + "/" + hidden, Key: key,
		Events: desk.List[string]{"job_ended:failed", "nas_lost"}}
	if err := d.AddWay(form); err != nil {
		t.Fatal(err)
	}
	if err := d.AddWay(form); reason.CodeOf(err) != reason.WayExists {
		t.Errorf("the name twice: %v", err)
	}
	tested, err := d.TestWay("erp")
	if err != nil || !tested.Told || tested.Reason != nil || !strings.Contains(tested.Answer, "204") {
		t.Errorf("%+v, %v", tested, err)
	}
	hook.mu.Lock()
	if len(hook.bodies) != 1 || hook.bodies[0]["event"] != "test" {
		t.Errorf("the server got %v", hook.bodies)
	}
	hook.answer = http.StatusForbidden
	hook.mu.Unlock()
	tested, err = d.TestWay("erp")
	if err != nil || tested.Told || tested.Reason == nil || tested.Reason.Code != reason.NoticeUntold ||
		!strings.Contains(tested.Reason.Text, "403") || tested.Reason.Hint == "" {
		t.Errorf("%+v, %v", tested, err)
	}
	if err := d.SetEvents("erp", desk.List[string]{}); err != nil {
		t.Fatal(err)
	}
	n, err := d.Notices()
	if err != nil || len(n.Ways) != 1 || n.Ways[0].Name != "erp" || !n.Ways[0].Signed || len(n.Ways[0].Events) != 0 {
		t.Fatalf("%+v, %v", n, err)
	}
	shown, err := json.Marshal([]any{n, tested})
	if err != nil {
		t.Fatal(err)
	}
	leak.Text(t, "what the page is given", string(shown), hidden)
	leak.Text(t, "what the page is given", string(shown), key)
	leak.Files(t, []string{hidden, key}, dir)
	if err := d.RemoveWay("erp"); err != nil {
		t.Fatal(err)
	}
	if n, err = d.Notices(); err != nil || len(n.Ways) != 0 {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err = d.TestWay("erp"); reason.CodeOf(err) != reason.NoSuchWay {
		t.Errorf("a way that is gone: %v", err)
	}
}

// TestEveryEventCanBeChosen: the topics are all that a way can be told of, each end of a job by itself, and what was
// chosen comes back as it was.
func TestEveryEventCanBeChosen(t *testing.T) {
	d, _ := telling(t)
	n, err := d.Notices()
	if err != nil {
		t.Fatal(err)
	}
	var have, usual []string
	for _, topic := range n.Topics {
		have = append(have, topic.ID)
		if topic.Title == "" {
			t.Errorf("%s has no words", topic.ID)
		}
		if topic.Usual {
			usual = append(usual, topic.ID)
		}
	}
	// What nothing finds out yet is no choice: who ticked it would wait for it in vain.
	none := []notice.Kind{notice.JobEnded, notice.DriveChanged, notice.SelfTestFailed}
	want := slices.DeleteFunc(notice.Topics(), func(topic string) bool {
		return slices.Contains(none, notice.Kind(topic))
	})
	slices.Sort(want)
	if slices.Sort(have); !slices.Equal(have, want) {
		t.Errorf("the topics are %v, not %v", have, want)
	}
	if slices.Contains(usual, "summary") || !slices.Contains(usual, "job_ended:failed") {
		t.Errorf("the usual ones: %v", usual)
	}
	for name, events := range map[string][]string{"all": have, "usual": usual, "one": {"job_ended:passed"}, "none": {}} {
		if err := d.AddWay(desk.WayForm{Name: name, Method: notice.Desktop, Events: events}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err = d.Notices(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(usual)
	for _, w := range n.Ways {
		want := map[string][]string{"all": have, "usual": usual, "one": {"job_ended:passed"}, "none": nil}[w.Name]
		if !slices.Equal(w.Events, want) {
			t.Errorf("%s is told of %v, not %v", w.Name, w.Events, want)
		}
	}
}

// TestQuietHoursAreKept: and a time that is none is refused and changes nothing.
func TestQuietHoursAreKept(t *testing.T) {
	d, _ := telling(t)
	quiet := func() desk.QuietHours {
		t.Helper()
		n, err := d.Notices()
		if err != nil {
			t.Fatal(err)
		}
		return n.Quiet
	}
	if quiet().On {
		t.Error("quiet before anybody asked for it")
	}
	night := desk.QuietHours{On: true, From: "23:30", To: "06:15"}
	if err := d.SetQuiet(night); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []desk.QuietHours{{On: true, From: "25:00", To: "06:00"}, {On: true, From: "06:00", To: "06:00"}} {
		if err := d.SetQuiet(bad); reason.CodeOf(err) != reason.BadWay {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if got := quiet(); got != night {
		t.Errorf("quiet is %+v", got)
	}
	if err := d.SetQuiet(desk.QuietHours{}); err != nil || quiet().On {
		t.Errorf("still quiet, %v", err)
	}
}

// TestMailGoesAsItWasFilledIn: and what is missing is said.
func TestMailGoesAsItWasFilledIn(t *testing.T) {
	d, _ := telling(t)
	form := desk.WayForm{Name: "mail", Method: notice.Mail, To: "a@lab.example, b@lab.example", From: "nas@lab.example",
		Host: "mail.lab.example", User: "nas", Password: "wonder", TLS: notice.TLSRequire}
	for _, bad := range []func(*desk.WayForm){
		func(f *desk.WayForm) { f.To = " , " },
		func(f *desk.WayForm) { f.Host = "" },
		func(f *desk.WayForm) { f.Port = 70000 },
		func(f *desk.WayForm) { f.TLS = "" },
		func(f *desk.WayForm) { f.Method = "pigeon" },
		func(f *desk.WayForm) { f.Method, f.Address = notice.Webhook, "not an address" },
		func(f *desk.WayForm) { f.Name = "" },
	} {
		f := form
		bad(&f)
		if err := d.AddWay(f); reason.CodeOf(err) != reason.BadWay {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if err := d.AddWay(form); err != nil {
		t.Fatal(err)
	}
	n, err := d.Notices()
	if err != nil || len(n.Ways) != 1 || n.Ways[0].Where != "a@lab.example, b@lab.example by mail.lab.example" {
		t.Errorf("%+v, %v", n, err)
	}
}

// TestAWindowThatTellsNobodySaysSo: the practice window has no outbox; its settings are shown, and nothing can be
// added.
func TestAWindowThatTellsNobodySaysSo(t *testing.T) {
	d, _ := open(t, t.TempDir(), t.TempDir())
	if n, err := d.Notices(); err != nil || !n.Off || len(n.Ways) != 0 {
		t.Errorf("%+v, %v", n, err)
	}
	if err := d.AddWay(desk.WayForm{Name: "x", Method: notice.Desktop}); reason.CodeOf(err) != reason.BadWay {
		t.Error(err)
	}
}
