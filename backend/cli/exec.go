package cli

import (
	"context"
	"fmt"
	"time"

	"burnish/backend/courier"
	"burnish/backend/jobs"
	"burnish/backend/notice"
	"burnish/backend/reason"
	"burnish/backend/store"
)

// endsEvery is how often it is looked for ends that a program waits for.
const endsEvery = time.Second

// watchWith follows jobs as watch does, and runs a program at each end, one at a time. A program that fails is told,
// and changes nothing.
func (a *app) watchWith(ctx context.Context, rows []store.Job, program courier.Program) (int, error) {
	ids := make([]string, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	ends, err := a.svc.Ends(ctx, ids)
	if err != nil {
		return 0, err
	}
	over, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- a.give(ctx, ends, program, over) }()
	code, err := a.watch(ctx, rows)
	close(over)
	if giveErr := <-done; err == nil && ctx.Err() == nil {
		err = giveErr
	}
	return code, err
}

// give gives ends to a program as they come, and at last those that are left.
func (a *app) give(ctx context.Context, ends *jobs.Ends, program courier.Program, over <-chan struct{}) error {
	for last := false; ; {
		fresh, err := ends.Next(ctx)
		if err == nil && last {
			var rest []notice.Event
			rest, err = ends.Rest(ctx)
			fresh = append(fresh, rest...)
		}
		for _, e := range fresh {
			if err := program.Run(ctx, e, a.Stderr); err != nil && ctx.Err() == nil {
				fmt.Fprintf(a.Stderr, "burnish: the program for %s: %s\n", clean(e.Title), clean(reason.Within(err)))
			}
		}
		if err != nil || last || ctx.Err() != nil {
			return err
		}
		select {
		case <-over:
			last = true
		case <-ctx.Done():
			return nil
		case <-time.After(endsEvery):
		}
	}
}
