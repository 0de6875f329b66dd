package state

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"burnish/backend/runner/port"
)

const (
	QueueFile   = "queue.json" // in slots/: what a person set for all jobs of this NAS
	TurnFile    = "turn.lock"  // in slots/: held by the run that looks for a slot, and a little longer
	WaitingFile = "waiting"    // in a job's directory: its run waits for a slot
	maxQueue    = 64 << 10     // bytes of queueFile
	MaxSlots    = 64
)

// Queue is what a person set while jobs wait. Zero is nothing.
type queue struct {
	Limit int      `json:"limit,omitempty"` // of jobs at once; 0 leaves it to each job's own request
	First []string `json:"first,omitempty"` // jobs that come before all others, in this order
}

func (d Dir) SlotFile(name string) string { return filepath.Join(d.Dir, "slots", name) }

// Queue reads what was set. A file that cannot be read, or makes no sense, counts as nothing set.
func (d Dir) Queue() (q queue) {
	data, err := os.ReadFile(d.SlotFile(QueueFile))
	if err != nil || len(data) > maxQueue || json.Unmarshal(data, &q) != nil || q.Limit < 0 || q.Limit > MaxSlots {
		return queue{}
	}
	return q
}

// Place is where a job stands in the queue: what was put first, then the oldest.
type place struct {
	Job     string
	rank    int
	created int64
}

func (q queue) Place(job string, created int64) place {
	rank := slices.Index(q.First, job)
	if rank < 0 {
		rank = len(q.First)
	}
	return place{job, rank, created}
}

func (p place) Compare(o place) int {
	return cmp.Or(cmp.Compare(p.rank, o.rank), cmp.Compare(p.created, o.created), cmp.Compare(p.Job, o.Job))
}

// Waiting lists the jobs whose runs wait for a slot, the next first.
func (d Dir) Waiting(locks port.Locks, q queue) ([]place, error) {
	ids, err := d.Ids()
	if err != nil {
		return nil, err
	}
	var all []place
	for _, id := range ids {
		if _, err := os.Lstat(d.In(id, WaitingFile)); err != nil {
			continue
		}
		if held, err := locks.Held(d.In(id, LockFile)); err != nil || !held {
			continue // its run is gone
		}
		req, err := d.Request(id)
		if err != nil {
			continue
		}
		all = append(all, q.Place(id, req.CreatedMs))
	}
	slices.SortFunc(all, place.Compare)
	return all, nil
}

// Working counts the slots that are taken.
func (d Dir) Working(locks port.Locks) (n int, free int, err error) {
	free = -1
	for i := range MaxSlots {
		held, err := locks.Held(d.Slot(i))
		switch {
		case err != nil:
			return 0, 0, err
		case held:
			n++
		case free < 0:
			free = i
		}
	}
	return n, free, nil
}

// NoTurn is the turn of a run that needs none.
type NoTurn struct{}

func (NoTurn) Close() error { return nil }
