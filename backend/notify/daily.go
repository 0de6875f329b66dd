package notify

import (
	"context"
	"sync"
	"time"

	"burnish/backend/notice"
)

// morning is the hour of the day at which the daily notices are told.
const morning = 8

// days is the last day whose daily notices are in the outbox, as far as this process knows.
type days struct {
	mu   sync.Mutex
	last time.Time
}

// daily puts the summary and the heartbeat of this day into the outbox, once it is morning. Their ids are those of the
// day, so that each is kept once, whoever does it and however often; a way that is added later hears of the next.
func (o *Outbox) daily(ctx context.Context) error {
	now := o.Now()
	at := time.Date(now.Year(), now.Month(), now.Day(), morning, 0, 0, 0, now.Location())
	o.days.mu.Lock()
	defer o.days.mu.Unlock()
	if now.Before(at) || o.days.last.Equal(at) {
		return nil
	}
	if err := o.Tell(ctx, notice.OfHeartbeat(at.UnixMilli())); err != nil {
		return err
	}
	if o.Ended != nil {
		jobs, err := o.Ended(ctx, at.AddDate(0, 0, -1).UnixMilli(), at.UnixMilli())
		if err != nil {
			return err
		}
		if err := o.Tell(ctx, notice.OfSummary(at.UnixMilli(), jobs)); err != nil {
			return err
		}
	}
	o.days.last = at
	return nil
}
