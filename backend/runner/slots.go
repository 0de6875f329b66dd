package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"burnish/backend/burnin"
	"burnish/backend/reason"
	"burnish/backend/runner/state"
	"burnish/backend/wire"
)

// Slots shows how jobs of this NAS take turns, after setting what is asked for.
func (s *Service) Slots(req wire.SlotsRequest) (wire.SlotsReply, error) {
	q := s.Dir.Queue()
	if req.Limit != nil {
		if *req.Limit < 0 || *req.Limit > state.MaxSlots {
			return wire.SlotsReply{}, reason.New(reason.BadRequest, "error", fmt.Sprintf("a limit is 1 to %d, or 0 "+
				"for that of each job", state.MaxSlots))
		}
		q.Limit = *req.Limit
	}
	for _, id := range slices.Backward(req.First) {
		if !burnin.ValidID(id) {
			return wire.SlotsReply{}, reason.New(reason.BadRequest, "error", "that is no job id")
		}
		if _, err := os.Lstat(s.Dir.Job(id)); errors.Is(err, fs.ErrNotExist) {
			return wire.SlotsReply{}, reason.New(reason.NoSuchJob, "job", id)
		}
		q.First = append([]string{id}, slices.DeleteFunc(q.First, func(o string) bool { return o == id })...)
	}
	if req.Limit != nil || len(req.First) > 0 {
		q.First = slices.DeleteFunc(q.First, func(id string) bool {
			_,
				err := os.Lstat(s.Dir.Job(id))
			return err != nil
		})
		data, err := json.Marshal(q)
		if err == nil {
			err = s.Dir.Make()
		}
		if err == nil {
			err = state.SpaceError("the queue", state.WriteSynced(s.Dir.SlotFile(state.QueueFile), data, -1))
		}
		if err != nil {
			return wire.SlotsReply{}, err
		}
	}
	n, _, err := s.Dir.Working(s.Locks)
	if err != nil {
		return wire.SlotsReply{}, err
	}
	all, err := s.Dir.Waiting(s.Locks, q)
	reply := wire.SlotsReply{Limit: q.Limit, Working: n, Waiting: []string{}}
	for _, p := range all {
		reply.Waiting = append(reply.Waiting, p.Job)
	}
	return reply, err
}
