package journal

import (
	"errors"
	"fmt"
	"io/fs"

	"burnish/backend/burnin"
	"burnish/backend/runner/state"
)

// Checkpoint keeps a checkpoint of the run's stage beside the journal, and takes it in. Like a line it stays once this
// returns, and waits for room. While the directory is removed it becomes a line: the journal's file is open.
func (h *Home) Checkpoint(c burnin.Checkpoint) error {
	j := h.Journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	k := burnin.Kept{Job: h.id, Run: j.run, Seq: j.seq, Checkpoint: c}
	err := j.patiently(func() error { return state.WriteCheckpoint(j.root, h.gid, k) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return j.put(burnin.EvCheckpoint, c)
	case err != nil:
		return j.fail(err)
	case !j.fold.Take(k):
		return j.fail(fmt.Errorf("a checkpoint of stage %d, which is not at work", c.Stage))
	}
	h.Mu.Lock()
	defer h.Mu.Unlock()
	_ = h.Keep(state.CheckpointFile) // else what was kept before is put back, should the directory be removed
	return nil
}
