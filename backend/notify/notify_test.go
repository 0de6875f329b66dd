package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/courier"
	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/secret"
	"burnish/backend/store"
	"burnish/backend/testbed/leak"
)

const hush = "s3cr3t-part"

// clock is the time of a test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// none is a keychain where there is none.
type none struct{}

func (none) Get(context.Context, string) (secret.Secret, error) {
	return secret.Secret{}, secret.ErrUnavailable
}
func (none) Set(context.Context, string, secret.Secret) error { return secret.ErrUnavailable }
func (none) Delete(context.Context, string) error             { return secret.ErrUnavailable }

// desk is a data directory and the processes that use it.
type desk struct {
	*clock
	dir, conf string
}

func newDesk(t *testing.T) *desk {
	return &desk{&clock{at: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}, t.TempDir(), t.TempDir()}
}

// process opens the directory as one more process does.
func (d *desk) process(t *testing.T) *Outbox {
	t.Helper()
	db, err := store.Open(t.Context(), d.dir, d.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &Outbox{store: db, Now: d.now, Courier: &courier.Courier{Now: d.now}, Places: map[string]Secrets{
		KeepKeychain: none{}, KeepKeyed: secret.NewKeyed(filepath.Join(d.dir, "notices.age"),
			filepath.Join(d.conf, "notices.key"))}}
}

// hook is a receiver of webhooks.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	took   func() // called after a message was taken
	got    []notice.Event
	ids    []string
}

func newHook(t *testing.T) *hook {
	h := &hook{status: 200}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.status != 200 {
			http.Error(w, "I say "+r.URL.String(), h.status)
			return
		}
		var e notice.Event
		if err := json.Unmarshal(body, &e); err != nil {
			t.Error(err)
		}
		h.got, h.ids = append(h.got, e), append(h.ids, r.Header.Get("webhook-id"))
		if h.took != nil {
			h.took()
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// set makes the receiver answer so from now on.
func (h *hook) set(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// told counts how often each event was told.
func (h *hook) told() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := map[string]int{}
	for _, e := range h.got {
		if e.Kind != notice.Several {
			n[e.ID]++
		}
		for _, one := range e.Events {
			n[one.ID]++
		}
	}
	return n
}

func (h *hook) messages() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.got)
}

func add(t *testing.T, o *Outbox, name string, h *hook, events ...string) notice.Way {
	t.Helper()
	w, err := o.Add(t.Context(), Fresh{Way: notice.Way{Name: name, Method: notice.Webhook, Events: events},
		Address: secret.New(h.URL + "/" + hush), Keep: KeepAuto})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ended is the n-th job that has ended.
func ended(n int, state burnin.State) notice.Event {
	serial := fmt.Sprintf("S%d", n)
	return notice.OfJobEnded(burnin.Job{ID: fmt.Sprintf("job%016d", n), State: state, NAS: "tank",
		Drive: burnin.Drive{ID: serial, Serial: &serial}, Runs: make([]burnin.Run, 1)})
}

func tell(t *testing.T, o *Outbox, all ...notice.Event) {
	t.Helper()
	for _, e := range all {
		if err := o.Tell(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnEventIsToldOnceByOneOfSeveralProcesses(t *testing.T) {
	d, h := newDesk(t), newHook(t)
	one, two := d.process(t), d.process(t)
	w := add(t, one, "hook", h)
	if w.Secrets != KeepKeyed || w.Where != "http://"+strings.TrimPrefix(h.URL, "http://")+" (not encrypted)" {
		t.Errorf("%+v", w)
	}
	e := ended(1, burnin.Passed)
	tell(t, two, e, e)
	tell(t, one, e)
	var at sync.WaitGroup
	for range 4 {
		at.Go(func() { one.Flush(t.Context()) })
		at.Go(func() { two.Flush(t.Context()) })
	}
	at.Wait()
	if n := h.told()[e.ID]; n != 1 || h.messages() != 1 {
		t.Errorf("told %d times in %d messages", n, h.messages())
	}
	old := ended(2, burnin.Passed)
	old.Old = true
	tell(t, one, old, notice.OfHeartbeat(d.now().UnixMilli()))
	one.Flush(t.Context())
	if h.messages() != 1 {
		t.Error("what nobody wants was told")
	}
	all, err := one.List(t.Context())
	if err != nil || len(all) != 1 || !all[0].Told || all[0].Waiting != 0 || !strings.HasPrefix(all[0].Answer, "200 in ") {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestACrashBetweenTellingAndNotingTellsOnceMoreWithTheSameID(t *testing.T) {
	d, h := newDesk(t), newHook(t)
	o := d.process(t)
	add(t, o, "hook", h)
	for n := range 8 {
		tell(t, o, ended(n, burnin.Passed))
	}
	h.took = func() { o.store.Close() }
	o.Flush(t.Context())
	h.took = nil
	o = d.process(t)
	o.Flush(t.Context())
	if h.messages() != 1 {
		t.Fatalf("%d messages: it was told again too early", h.messages())
	}
	tell(t, o, ended(99, burnin.Passed))
	d.add(unnoted + time.Second)
	for range 3 {
		o.Flush(t.Context())
		d.add(notice.Span)
	}
	if len(h.ids) != 3 || h.ids[0] != h.ids[1] || h.got[0].Kind != notice.Several || len(h.got[1].Events) != 8 {
		t.Errorf("ids %v of %v", h.ids, h.got)
	}
}

func TestAFailureIsTriedAgainAndHoldsUpNobodyElse(t *testing.T) {
	d, bad, good := newDesk(t), newHook(t), newHook(t)
	o := d.process(t)
	w := add(t, o, "bad", bad)
	add(t, o, "good", good)
	bad.set(500)
	tell(t, o, ended(1, burnin.Passed), ended(2, burnin.Failed))
	o.Flush(t.Context())
	if good.messages() != 2 {
		t.Errorf("the other way told %d", good.messages())
	}
	st, err := o.store.WayStanding(t.Context(), w.ID)
	if err != nil || st.Waiting != 2 || st.Told || !strings.HasPrefix(st.Answer, "500 Internal Server Error: I say") ||
		st.NextMs <= d.now().UnixMilli() {
		t.Errorf("%+v, %v", st, err)
	}
	leak.Text(t, "the answer", st.Answer, hush)
	for range 3 * 60 {
		d.add(time.Minute)
		o.Flush(t.Context())
	}
	bad.set(200)
	for n := range 20 {
		tell(t, o, ended(10+n, burnin.Passed))
	}
	for range 5 * 60 {
		d.add(time.Minute)
		o.Flush(t.Context())
	}
	told := bad.told()
	if len(told) != 22 || bad.messages() > 4 {
		t.Errorf("%d told in %d messages", len(told), bad.messages())
	}
	for id, n := range told {
		if n != 1 {
			t.Errorf("%s was told %d times", id, n)
		}
	}
}

func TestWhatFailsForADayIsGivenUpAndSaidAndATestBringsItBack(t *testing.T) {
	d, h := newDesk(t), newHook(t)
	o := d.process(t)
	w := add(t, o, "hook", h)
	h.set(403)
	tell(t, o, ended(1, burnin.Failed))
	for range 30 {
		o.Flush(t.Context())
		d.add(time.Hour)
	}
	st, err := o.store.WayStanding(t.Context(), w.ID)
	if err != nil || st.GivenUp != 1 || st.Waiting != 0 || st.Told {
		t.Fatalf("%+v, %v", st, err)
	}
	if a, err := o.Test(t.Context(), "hook"); err != nil || a.Fault != notice.Refused || a.Code != 403 {
		t.Errorf("%+v, %v", a, err)
	}
	h.set(200)
	if a, err := o.Test(t.Context(), "hook"); err != nil || a.Fault != "" {
		t.Errorf("%+v, %v", a, err)
	}
	o.Flush(t.Context())
	if len(h.told()) != 2 { // the test and the failed drive
		t.Errorf("told %v", h.got)
	}
	if _, err := o.Test(t.Context(), "none"); err == nil {
		t.Error("a way that is none answers")
	}
}

func TestQuietHoursLetOnlyTheUrgentThrough(t *testing.T) {
	d, h := newDesk(t), newHook(t)
	o := d.process(t)
	add(t, o, "hook", h)
	if err := o.store.SetQuiet(t.Context(), notice.Quiet{From: 22 * 60, To: 7 * 60}); err != nil {
		t.Fatal(err)
	}
	d.add(11 * time.Hour) // 23:00
	for n := range 7 {
		tell(t, o, ended(n, burnin.Passed))
	}
	tell(t, o, ended(8, burnin.Failed), notice.OfNASLost("tank", 1, 2, reason.New(reason.ConnectionLost, "nas", "tank", "error", "x")))
	for range 7*60 + 59 {
		o.Flush(t.Context())
		d.add(time.Minute)
	}
	if h.messages() != 2 {
		t.Errorf("%d messages in the night", h.messages())
	}
	d.add(time.Minute)
	o.Flush(t.Context())
	if h.messages() != 3 || len(h.got[2].Events) != 7 {
		t.Errorf("%d messages in the morning", h.messages())
	}
}

func TestWaysAreToldWhatTheyWant(t *testing.T) {
	d, h := newDesk(t), newHook(t)
	o := d.process(t)
	add(t, o, "hook", h, "job_ended:failed")
	tell(t, o, ended(1, burnin.Passed), ended(2, burnin.Failed))
	o.Flush(t.Context())
	if _, err := o.SetEvents(t.Context(), "HOOK", []string{"heartbeat"}); err != nil {
		t.Fatal(err)
	}
	tell(t, o, ended(3, burnin.Failed), notice.OfHeartbeat(d.now().AddDate(0, 0, 1).UnixMilli()))
	o.Flush(t.Context())
	if len(h.got) != 2 || h.got[0].Job.State != burnin.Failed || h.got[1].Kind != notice.Heartbeat {
		t.Errorf("%v", h.got)
	}
	if _, err := o.SetEvents(t.Context(), "hook", []string{"nonsense"}); err == nil {
		t.Error("nonsense is taken")
	}
	if _, err := o.Add(t.Context(), Fresh{Way: notice.Way{Name: "Hook", Method: notice.Desktop}}); err == nil {
		t.Error("a name is taken twice")
	}
	if err := o.Remove(t.Context(), "hook"); err != nil {
		t.Fatal(err)
	}
	if all, err := o.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestNoSecretOfAWayLiesOpen(t *testing.T) {
	d, h := newDesk(t), newHook(t)
	o := d.process(t)
	secrets := []string{hush, "k3y-part", "p4ssword-part"}
	for _, f := range []Fresh{
		{Way: notice.Way{Name: "hook", Method: notice.Webhook}, Address: secret.New(h.URL + "/" + hush + "?x=" + hush),
			Key: secret.New("k3y-part")},
		{Way: notice.Way{Name: "ntfy", Method: notice.Ntfy}, Address: secret.New("ntfy://:" + hush + "@" +
			strings.TrimPrefix(h.URL, "http://") + "/" + hush + "?scheme=http")},
		{Way: notice.Way{Name: "apprise", Method: notice.Apprise}, Address: secret.New(h.URL + "/notify/" + hush)},
		{Way: notice.Way{Name: "mail", Method: notice.Mail, Post: &notice.Post{To: []string{"a@example.org"},
			From: "b@example.org", Host: "127.0.0.1", Port: 1, User: "u", TLS: notice.TLSRequire}}, Password: secret.New("p4ssword-part")},
	} {
		if _, err := o.Add(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	h.set(500)
	tell(t, o, ended(1, burnin.Failed))
	for range 4 {
		o.Flush(t.Context())
		d.add(time.Hour)
	}
	all, err := o.List(t.Context())
	if err != nil || len(all) != 4 {
		t.Fatal(all, err)
	}
	text, _ := json.Marshal(all)
	leak.Text(t, "what is listed", string(text)+fmt.Sprintf("%+v", all), secrets...)
	for _, w := range all {
		if w.LastMs == 0 || w.Told {
			t.Errorf("%+v", w)
		}
		_, err := o.Test(t.Context(), w.Name)
		leak.Text(t, "an error", fmt.Sprint(err), secrets...)
	}
	if n := leak.Files(t, secrets, d.dir, d.conf); n < 3 {
		t.Errorf("%d files were looked at", n)
	}
}

// A process that is about to end tells also what is held because enough was told; it does not wait for what fails.
func TestTheLastWordWaitsForWhatIsHeldAndForNoServerThatFails(t *testing.T) {
	d, h := newDesk(t), newHook(t)
	o := d.process(t)
	add(t, o, "hook", h)
	for n := range 5 {
		tell(t, o, ended(n, burnin.Passed))
	}
	o.Flush(t.Context())
	for n := range 9 {
		tell(t, o, ended(10+n, burnin.Passed))
	}
	o.Flush(t.Context())
	if h.messages() != 5 {
		t.Fatalf("%d messages at once", h.messages())
	}
	d.add(notice.Span - 300*time.Millisecond)
	go d.add(300 * time.Millisecond)
	o.Last(t.Context())
	if len(h.told()) != 14 || h.messages() != 6 {
		t.Errorf("%d told in %d messages", len(h.told()), h.messages())
	}
	h.set(500)
	d.add(notice.Span)
	tell(t, o, ended(30, burnin.Passed), ended(31, burnin.Passed))
	begin := time.Now()
	if o.Last(t.Context()); time.Since(begin) > 4*time.Second {
		t.Errorf("it took %v", time.Since(begin))
	}
}

func TestEachMorningTellsTheDayToWhoWantsIt(t *testing.T) {
	d, h, usual := newDesk(t), newHook(t), newHook(t)
	o := d.process(t)
	var from, to int64
	o.Ended = func(_ context.Context, fromMs, toMs int64) ([]burnin.Job, error) {
		from, to = fromMs, toMs
		return []burnin.Job{{ID: "job1", State: burnin.Passed}}, nil
	}
	o.Flush(t.Context()) // at noon: of this day nobody wanted to hear
	add(t, o, "daily", h, "summary", "heartbeat")
	add(t, o, "usual", usual)
	for range 3 * 24 {
		o.Flush(t.Context())
		d.add(time.Hour)
	}
	again := d.process(t)
	again.Flush(t.Context())
	if len(h.got) != 6 || h.got[0].Kind != notice.Heartbeat || h.got[1].Kind != notice.Summary ||
		h.got[1].Counts.Passed != 1 || usual.messages() != 0 || to-from != (24*time.Hour).Milliseconds() || time.UnixMilli(h.got[0].AtMs).UTC().Hour() != morning {
		t.Errorf("%d told: %+v", len(h.got), h.got)
	}
}

func TestTheReportGoesWithTheMailOfAJobThatWantsIt(t *testing.T) {
	o := &Outbox{Report: func(_ context.Context, job string) (*courier.Report, error) {
		return &courier.Report{Name: job}, nil
	}}
	e := ended(1, burnin.Failed)
	with, without := courier.To{Way: notice.Way{Post: &notice.Post{Report: true}}}, courier.To{Way: notice.Way{Post: &notice.Post{}}}
	if r := o.report(t.Context(), with, e); r == nil || r.Name != e.Job.ID {
		t.Errorf("%v", r)
	}
	if o.report(t.Context(), without, e) != nil || o.report(t.Context(), courier.To{}, e) != nil ||
		o.report(t.Context(), with, notice.OfHeartbeat(1)) != nil {
		t.Error("a report goes where none belongs")
	}
}

// A day of events against a server that comes and goes, with the program killed at random: every event is told at least
// once, twice only where a crash came between telling and noting, and none is lost.
func TestADayOfEventsWithCrashesLosesNone(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	d, h := newDesk(t), newHook(t)
	o := d.process(t)
	add(t, o, "hook", h)
	crashes, events := 0, []string{}
	for minute := range 24 * 60 {
		d.add(time.Minute)
		if minute < 20*60 && random.IntN(40) == 0 {
			for range 1 + random.IntN(12) { // a batch
				e := ended(len(events), burnin.Passed)
				events = append(events, e.ID)
				tell(t, o, e)
			}
		}
		if random.IntN(30) == 0 {
			h.set([]int{200, 200, 500, 429, 503}[random.IntN(5)])
		}
		if minute > 20*60 {
			h.set(200)
		}
		crashed := false
		if random.IntN(3) == 0 {
			h.took = func() {
				crashed = true
				crashes++
				o.store.Close()
			}
		}
		if minute%3 == 0 {
			o.Flush(t.Context())
		}
		if h.took = nil; crashed || random.IntN(60) == 0 {
			o.store.Close()
			o = d.process(t)
		}
	}
	for range 4 * 60 { // whatever still waits
		d.add(2 * time.Minute)
		o.Flush(t.Context())
	}
	told, twice := h.told(), 0
	for _, id := range events {
		switch {
		case told[id] == 0:
			t.Errorf("%s is lost", id)
		case told[id] > 1:
			twice += told[id] - 1
		}
	}
	repeated := len(h.ids) - len(slices.Compact(slices.Sorted(slices.Values(h.ids))))
	if repeated > crashes {
		t.Errorf("%d messages were told again after %d crashes", repeated, crashes)
	}
	t.Logf("%d events in %d messages, %d crashes, %d told again", len(events), len(h.ids), crashes, twice)
}
