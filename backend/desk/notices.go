package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"burnish/backend/notice"
	"burnish/backend/notify"
	"burnish/backend/reason"
	"burnish/backend/secret"
)

// Notices are who is told what when nobody looks.
type Notices struct {
	Ways   List[Way]   `json:"ways"` // by name
	Topics List[Topic] `json:"topics"`
	Quiet  QuietHours  `json:"quiet"`
	NowMs  int64       `json:"now_ms"`
	Off    bool        `json:"off"` // this window tells nobody: it is one to practise in
}

// Way is where notices go to, and how it does. No address, key or password is in it.
type Way struct {
	Name     string        `json:"name"`
	Method   notice.Method `json:"method"`
	Where    string        `json:"where"`  // what of the address is no secret
	Signed   bool          `json:"signed"` // a webhook with a key
	Events   List[string]  `json:"events"` // Topic.ID
	Waiting  int           `json:"waiting"`
	NextMs   int64         `json:"next_ms"`  // when the next one that waits is told; 0 for none
	GivenUp  int           `json:"given_up"` // in the last 7 days
	LastMs   int64         `json:"last_ms"`  // of the last try; 0 for none
	LastTold bool          `json:"last_told"`
	Answer   string        `json:"answer"` // to it
}

// Topic is what a way can be told of.
type Topic struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	More  string `json:"more"`
	Usual bool   `json:"usual"` // a new way is told of it
}

// QuietHours are the hours in which only a failed drive and a lost NAS are told.
type QuietHours struct {
	On   bool   `json:"on"`
	From string `json:"from"` // 22:00, by this computer's clock
	To   string `json:"to"`
}

// WayForm is what a person fills in for a new way. Which fields count depends on the method.
type WayForm struct {
	Name     string        `json:"name"`
	Method   notice.Method `json:"method"`
	Address  string        `json:"address"` // of a webhook, of ntfy and Apprise
	Key      string        `json:"key"`     // a webhook is signed with it; empty for none
	To       string        `json:"to"`      // of mail: addresses with commas between
	From     string        `json:"from"`
	Host     string        `json:"host"` // the mail server
	Port     int           `json:"port"` // 0: as usual
	User     string        `json:"user"` // empty for no login
	Password string        `json:"password"`
	TLS      notice.TLS    `json:"tls"`
	Report   bool          `json:"report"` // a job's report comes with its end
	Events   List[string]  `json:"events"` // Topic.ID
}

// WayTested is what came of a test.
type WayTested struct {
	Told   bool         `json:"told"`
	Answer string       `json:"answer"`
	TookMs int64        `json:"took_ms"`
	AtMs   int64        `json:"at_ms"`
	Reason *reason.Said `json:"reason"` // why it was not told
}

// Ports of mail servers, where a person names none.
const (
	submission = 587
	plainMail  = 25
)

// topics are the events in the words of a person's choice. The end of a job is chosen by how it ended.
func topics() List[Topic] {
	all := []Topic{
		{ID: "job_ended:failed", Title: "A drive failed", More: "in quiet hours too"},
		{ID: "job_ended:passed", Title: "A drive passed"},
		{ID: "job_ended:unknown", Title: "A test ended without a verdict", More: "also one that can go on"},
		{ID: "job_ended:cancelled", Title: "A test was stopped"},
		{ID: "batch_ended", Title: "All that were started together are done", More: "with a sum"},
		{ID: "job_resumable", Title: "A test can go on"},
		{ID: "drive_vanished", Title: "A drive vanished from its NAS"},
		{ID: "drive_hot", Title: "A drive is too hot", More: "its test waits until it is cooler"},
		{ID: "nas_lost", Title: "A NAS is lost", More: "for 10 min; in quiet hours too"},
		{ID: "nas_back", Title: "A lost NAS is back"},
		{ID: "nas_full", Title: "A NAS has no room", More: "for what is collected of tests"},
		{ID: "adopted", Title: "Tests of another computer were taken over"},
		{ID: "summary", Title: "Every day a summary", More: "at 08:00"},
		{ID: "heartbeat", Title: "Every day “all is well”", More: "at 08:00, so that silence is a sign"},
	}
	usual := apart(notice.Usual())
	for i := range all {
		all[i].Usual = slices.Contains(usual, all[i].ID)
	}
	return all
}

// ends are the topics that job_ended stands for.
func ends() []string {
	return slices.DeleteFunc(notice.Topics(), func(topic string) bool {
		return !strings.HasPrefix(topic, string(notice.JobEnded)+":")
	})
}

// apart gives what a way is told of with each end of a job by itself.
func apart(events []string) []string {
	var all []string
	for _, e := range events {
		if e == string(notice.JobEnded) {
			all = append(all, ends()...)
		} else {
			all = append(all, e)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// together is the other way: all ends of jobs are one topic. It never gives nil, which stands for the usual ones.
func together(events []string) []string {
	all, of := slices.Clone(events), ends()
	for _, end := range of {
		if !slices.Contains(events, end) {
			return append([]string{}, all...)
		}
	}
	all = slices.DeleteFunc(all, func(e string) bool { return slices.Contains(of, e) })
	return append([]string{string(notice.JobEnded)}, all...)
}

// outbox gives the outbox, or why there is none.
func (d *Desk) outbox() (*notify.Outbox, error) {
	if d.Outbox == nil {
		return nil, reason.New(reason.BadWay, "what", "this window tells nobody")
	}
	return d.Outbox, nil
}

// Notices says who is told what, and how each way does.
func (d *Desk) Notices() (Notices, error) {
	n := Notices{Topics: topics(), NowMs: d.now(), Off: d.Outbox == nil}
	if n.Off {
		return n, nil
	}
	o := d.Outbox
	all, err := o.List(d.ctx)
	if err != nil {
		return n, err
	}
	for _, w := range all {
		n.Ways = append(n.Ways, Way{Name: word(w.Name), Method: w.Method, Where: text(w.Where), Signed: w.Signed,
			Events: apart(w.Events), Waiting: w.Waiting, NextMs: w.NextMs, GivenUp: w.GivenUp, LastMs: w.LastMs,
			LastTold: w.Told, Answer: text(w.Answer)})
	}
	q, err := o.Quiet(d.ctx)
	if err != nil {
		return n, err
	}
	n.Quiet = quietHours(q)
	return n, nil
}

func quietHours(q notice.Quiet) QuietHours {
	if q.From == q.To {
		return QuietHours{From: "22:00", To: "07:00"} // what is offered
	}
	clock := func(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
	return QuietHours{On: true, From: clock(q.From), To: clock(q.To)}
}

// AddWay saves a way to be told.
func (d *Desk) AddWay(f WayForm) error {
	o, err := d.outbox()
	if err != nil {
		return err
	}
	fresh := notify.Fresh{Way: notice.Way{Name: strings.TrimSpace(f.Name), Method: f.Method,
		Events: together(f.Events)}}
	switch f.Method {
	case notice.Webhook, notice.Ntfy, notice.Apprise:
		fresh.Address = secret.New(strings.TrimSpace(f.Address))
		if f.Method == notice.Webhook {
			fresh.Key = secret.New(f.Key)
		}
	case notice.Mail:
		fresh.Way.Post, fresh.Password = f.post(), secret.New(f.Password)
	case notice.Desktop:
	default:
		return reason.New(reason.BadWay, "what", fmt.Sprintf("there is no method %q", text(string(f.Method))))
	}
	_, err = o.Add(d.ctx, fresh)
	return err
}

func (f WayForm) post() *notice.Post {
	p := notice.Post{From: strings.TrimSpace(f.From), Host: strings.TrimSpace(f.Host), User: strings.TrimSpace(f.User),
		TLS: f.TLS, Report: f.Report}
	p.Port = cmp.Or(f.Port, submission)
	if f.Port == 0 && f.TLS == notice.TLSNone {
		p.Port = plainMail
	}
	for to := range strings.SplitSeq(f.To, ",") {
		if to = strings.TrimSpace(to); to != "" {
			p.To = append(p.To, to)
		}
	}
	return &p
}

// SetEvents changes what a way is told of: these and nothing else.
func (d *Desk) SetEvents(way string, events List[string]) error {
	o, err := d.outbox()
	if err != nil {
		return err
	}
	_, err = o.SetEvents(d.ctx, way, together(events))
	return err
}

// TestWay sends a test at once and says what the server answered.
func (d *Desk) TestWay(way string) (WayTested, error) {
	o, err := d.outbox()
	if err != nil {
		return WayTested{}, err
	}
	// A dead server is waited for, but not for ever.
	ctx, end := context.WithTimeout(d.ctx, time.Minute)
	defer end()
	answer, err := o.Test(ctx, way)
	if err != nil {
		return WayTested{}, err
	}
	tested := WayTested{Told: answer.Fault == "", Answer: text(answer.Text), TookMs: answer.Took.Milliseconds(),
		AtMs: d.now()}
	if !tested.Told {
		tested.Reason = asSaid(reason.New(reason.NoticeUntold, "way", way,
			"answer", strings.TrimSuffix(answer.Text, ".")))
	}
	return tested, nil
}

// RemoveWay forgets a way and its secrets, with what it has not told yet.
func (d *Desk) RemoveWay(way string) error {
	o, err := d.outbox()
	if err != nil {
		return err
	}
	return o.Remove(d.ctx, way)
}

// SetQuiet changes the quiet hours.
func (d *Desk) SetQuiet(q QuietHours) error {
	o, err := d.outbox()
	if err != nil {
		return err
	}
	hours := notice.NeverQuiet
	if q.On {
		hours = q.From + "-" + q.To
	}
	parsed, err := notice.ParseQuiet(hours)
	if err != nil {
		return err
	}
	return o.SetQuiet(d.ctx, parsed)
}
