package jobs

import (
	"context"
	"fmt"

	"burnish/backend/store"
	"burnish/backend/wire"
)

// Slots says how the jobs of a NAS take turns, after changing it where asked: limit nil and no first change nothing.
// first are jobs by the beginnings of their ids.
func (s *Service) Slots(ctx context.Context, nasID string, limit *int, first []string) (wire.SlotsReply, error) {
	req := wire.SlotsRequest{Limit: limit}
	for _, prefix := range first {
		j, err := s.store.FindJob(ctx, prefix)
		if err != nil {
			return wire.SlotsReply{}, err
		}
		req.First = append(req.First, j.ID)
	}
	c, p, err := s.connect(ctx, nasID)
	if err != nil {
		return wire.SlotsReply{}, err
	}
	defer s.release(c)
	reply, err := c.Slots(ctx, req)
	if err == nil && (limit != nil || len(first) > 0) {
		err = s.store.Audit(ctx, store.AuditEntry{What: "slots", ProfileID: p.ID,
			Text: fmt.Sprintf("%s: limit %d, first %v", s.Who, reply.Limit, req.First)})
	}
	return reply, err
}
