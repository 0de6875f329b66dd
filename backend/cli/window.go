package cli

import (
	"context"

	"burnish/backend/reason"
)

// windowCmd opens the window; it ends when the window is closed.
type windowCmd struct{}

func (c *windowCmd) run(ctx context.Context, a *app) (int, error) {
	if a.Window == nil {
		return 0, reason.New(reason.WrongUse,
			"what", "there is no window here: this build has none, or no display is set",
			"hint", "burnish --help shows all commands.")
	}
	return 0, a.Window(ctx, Window{Service: a.svc, Outbox: a.outbox()})
}
