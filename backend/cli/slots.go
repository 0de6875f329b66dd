package cli

import (
	"context"
	"fmt"
	"strings"
)

type slotsCmd struct {
	NAS   string   `arg:"" name:"nas" help:"The NAS."`
	Limit *int     `help:"How many jobs run at once from now on; 0 leaves it to what each was started with."`
	First []string `sep:"none" placeholder:"JOB" help:"This job comes next; repeat for more, in their order."`
}

func (c *slotsCmd) run(ctx context.Context, a *app) (int, error) {
	nas, err := a.nas(ctx, c.NAS)
	if err != nil {
		return 0, err
	}
	r, err := a.svc.Slots(ctx, nas, c.Limit, c.First)
	if err != nil {
		return 0, err
	}
	if a.json {
		return 0, a.put(r)
	}
	limit := "as many as each was started with"
	if r.Limit > 0 {
		limit = fmt.Sprintf("%d", r.Limit)
	}
	a.say("At once: %s. At work: %d. Waiting: %d%s", limit, r.Working, len(r.Waiting),
		map[bool]string{true: ", the next first: " + strings.Join(r.Waiting, ", ")}[len(r.Waiting) > 0])
	return 0, nil
}
