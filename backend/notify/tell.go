package notify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"burnish/backend/courier"
	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/store"
)

// look is how often the outbox is looked at: another process may have put something in.
const look = 2 * time.Second

// unnoted is how long a try may take until it counts as one whose end was never noted.
const unnoted = courier.Patience + 40*time.Second

// mostTogether is how many events one message holds.
const mostTogether = 100

// Tell takes an event for all ways that want it, once for each of its ids. When it returns nil, the event is kept.
func (o *Outbox) Tell(ctx context.Context, e notice.Event) error {
	_, err := o.store.AddNotice(ctx, e)
	return err
}

// busy are the ways that are at work.
type busy struct {
	mu   sync.Mutex
	ways map[string]bool
}

func (b *busy) take(way string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ways[way] {
		return false
	}
	if b.ways == nil {
		b.ways = map[string]bool{}
	}
	b.ways[way] = true
	return true
}

func (b *busy) free(way string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.ways, way)
}

// grace is how long a message that is on its way may still take when its process ends.
const grace = 5 * time.Second

// Run tells what lies in the outbox until ctx ends, while this process leads. An index that cannot be read now may be
// read at the next look; what a person asks for tells the error.
func (o *Outbox) Run(ctx context.Context) {
	work, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var at sync.WaitGroup
	for {
		o.begin(work, &at)
		select {
		case <-ctx.Done():
			last := time.AfterFunc(grace, end)
			at.Wait()
			last.Stop()
			return
		case <-time.After(look):
		}
	}
}

// Flush tells what is due now, once, and waits for it.
func (o *Outbox) Flush(ctx context.Context) {
	var at sync.WaitGroup
	o.begin(ctx, &at)
	at.Wait()
}

// Last is Flush for a process that is about to end: it waits also for what was never tried and is held because enough
// was told in the last minute. What has failed is not waited for.
func (o *Outbox) Last(ctx context.Context) {
	for {
		o.Flush(ctx)
		next, err := o.store.NextUntried(ctx)
		pause := time.UnixMilli(next).Sub(o.Now())
		if err != nil || next == 0 || pause > notice.Span || !o.store.Lead() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(pause, 100*time.Millisecond)):
		}
	}
}

// begin has each way that is not at work tell what is due.
func (o *Outbox) begin(ctx context.Context, at *sync.WaitGroup) {
	if !o.store.Lead() {
		return
	}
	if o.daily(ctx) != nil {
		return
	}
	ways, err := o.store.Ways(ctx)
	if err != nil {
		return
	}
	for _, w := range ways {
		if !o.busy.take(w.ID) {
			continue
		}
		at.Go(func() {
			defer o.busy.free(w.ID)
			_ = o.tell(ctx, w) // the index; see Run
		})
	}
}

// tell tells what one way has due now.
func (o *Outbox) tell(ctx context.Context, w notice.Way) error {
	now := o.Now()
	due, err := o.store.Due(ctx, w.ID, now.UnixMilli())
	if err != nil || len(due) == 0 {
		return err
	}
	if due, err = o.loud(ctx, w, due, now); err != nil || len(due) == 0 {
		return err
	}
	to, err := o.open(ctx, w)
	if err != nil {
		return o.unopened(ctx, w, due, err)
	}
	var fresh []store.Delivery
	for _, d := range due {
		if d.Message == "" {
			fresh = append(fresh, d)
		}
	}
	for _, message := range messages(due) { // what was tried before goes as it went
		if held, err := o.hold(ctx, w, 1); held != notice.Each || err != nil {
			return err
		}
		if ok, err := o.try(ctx, to, message); !ok || err != nil {
			return err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	how, err := o.hold(ctx, w, len(fresh))
	if err != nil || how == notice.Hold {
		return err
	}
	most := 1
	if how == notice.Together {
		most = mostTogether
	}
	for len(fresh) > 0 {
		n := min(most, len(fresh))
		if ok, err := o.try(ctx, to, fresh[:n]); !ok || err != nil {
			return err
		}
		if fresh = fresh[n:]; how == notice.Together {
			return nil // more than fit come with the next look
		}
	}
	return nil
}

// hold says how so many messages go now, and puts all off where none may.
func (o *Outbox) hold(ctx context.Context, w notice.Way, due int) (notice.Gathering, error) {
	recent, oldest, err := o.store.Tried(ctx, w.ID, o.Now().Add(-notice.Span).UnixMilli())
	if err != nil {
		return notice.Hold, err
	}
	how := notice.Gather(recent, due)
	if how == notice.Hold {
		err = o.store.DelayWay(ctx, w.ID, oldest+notice.Span.Milliseconds())
	}
	return how, err
}

// loud puts off what is not urgent until the quiet hours are over.
func (o *Outbox) loud(ctx context.Context, w notice.Way, due []store.Delivery,
	now time.Time) ([]store.Delivery, error) {
	quiet, err := o.store.Quiet(ctx)
	if err != nil {
		return nil, err
	}
	end, is := quiet.Until(now)
	if !is {
		return due, nil
	}
	var later []int64
	due = slices.DeleteFunc(due, func(d store.Delivery) bool {
		if !d.Event.Urgent {
			later = append(later, d.Seq)
		}
		return !d.Event.Urgent
	})
	return due, o.store.DelayNotices(ctx, w.ID, later, end.UnixMilli())
}

// messages puts together what was tried in one message, the oldest first.
func messages(due []store.Delivery) [][]store.Delivery {
	var all [][]store.Delivery
	at := map[string]int{}
	for _, d := range due {
		if d.Message == "" {
			continue
		}
		i, known := at[d.Message]
		if !known {
			i = len(all)
			at[d.Message] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], d)
	}
	return all
}

func seqs(all []store.Delivery) []int64 {
	var out []int64
	for _, d := range all {
		out = append(out, d.Seq)
	}
	return out
}

// try tells one message of one or more events, and notes what came of it. It reports whether the way may go on.
func (o *Outbox) try(ctx context.Context, to courier.To, all []store.Delivery) (bool, error) {
	e := all[0].Event
	if len(all) > 1 {
		var events []notice.Event
		for _, d := range all {
			events = append(events, d.Event)
		}
		e = notice.OfSeveral(all[len(all)-1].Event.AtMs, events)
	}
	id, first := to.Way.ID, o.Now()
	if err := o.store.BeginTry(ctx, id, e.ID, seqs(all), first.Add(unnoted).UnixMilli()); err != nil {
		return false, err
	}
	answer := o.Courier.Send(ctx, to, e, o.report(ctx, to, e))
	ended, now := ctx.Err() != nil, o.Now()
	ctx = context.WithoutCancel(ctx) // what came of it is noted also where this process ends
	switch {
	case answer.Fault == "":
		return true, o.store.EndTry(ctx, id, seqs(all), true, answer.Text, 0)
	case ended: // it was broken off: the next process tries it at once
		return false, o.store.EndTry(ctx, id, seqs(all), false, answer.Text, now.UnixMilli())
	case all[0].FirstMs > 0:
		first = time.UnixMilli(all[0].FirstMs)
	}
	nextMs := int64(0)
	next, again := notice.Again(first, now, all[0].Tries+1, answer)
	if again {
		nextMs = next.UnixMilli()
	}
	if err := o.store.EndTry(ctx, id, seqs(all), false, answer.Text, nextMs); err != nil {
		return false, err
	}
	if answer.Fault == notice.Content {
		return true, nil
	}
	if !again { // the others wait as if they had just begun to
		next, _ = notice.Again(now, now, 1, answer)
	}
	return false, o.store.DelayWay(ctx, id, next.UnixMilli())
}

// report is the file that goes with the mail of a job, nil for none. A mail without it is better than none.
func (o *Outbox) report(ctx context.Context, to courier.To, e notice.Event) *courier.Report {
	if o.Report == nil || to.Way.Post == nil || !to.Way.Post.Report || e.Job == nil {
		return nil
	}
	report, err := o.Report(ctx, e.Job.ID)
	if err != nil {
		return nil
	}
	return report
}

// unopened notes that the secrets of a way cannot be read: it counts as a try that failed.
func (o *Outbox) unopened(ctx context.Context, w notice.Way, due []store.Delivery, why error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := why.Error()
	var said *reason.Said
	if errors.As(why, &said) {
		text = strings.TrimSuffix(said.Error(), ".")
	}
	now := o.Now()
	for _, d := range due {
		message := d.Message
		if err := o.store.BeginTry(ctx, w.ID, message, []int64{d.Seq}, now.Add(unnoted).UnixMilli()); err != nil {
			return err
		}
		first := now
		if d.FirstMs > 0 {
			first = time.UnixMilli(d.FirstMs)
		}
		nextMs := int64(0)
		if next, again := notice.Again(first, now, d.Tries+1, notice.Answer{Fault: notice.Away}); again {
			nextMs = next.UnixMilli()
		}
		if err := o.store.EndTry(ctx, w.ID, []int64{d.Seq}, false, reason.Clean(text, 400), nextMs); err != nil {
			return err
		}
	}
	return nil
}
