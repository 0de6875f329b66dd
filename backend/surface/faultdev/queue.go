package faultdev

import "burnish/backend/surface"

// Queued gives any device a queue, with a goroutine for each request.
type Queued struct{ surface.Device }

var _ surface.Queuer = Queued{}

// Queue implements surface.Queuer.
func (d Queued) Queue(slots, n int) (surface.Queue, error) {
	q := &queue{dev: d.Device, answers: make(chan answered, slots)}
	for range slots {
		q.buffers = append(q.buffers, surface.AlignedBuffer(n))
	}
	return q, nil
}

type answered struct {
	slot int
	err  error
}

type queue struct {
	dev     surface.Device
	buffers [][]byte
	answers chan answered
}

func (q *queue) Buffer(slot int) []byte { return q.buffers[slot] }

func (q *queue) Start(slot int, write bool, n int, off int64) error {
	go func() {
		call := q.dev.ReadAt
		if write {
			call = q.dev.WriteAt
		}
		_, err := call(q.buffers[slot][:n], off)
		q.answers <- answered{slot, err}
	}()
	return nil
}

func (q *queue) Next() (int, error) {
	a := <-q.answers
	return a.slot, a.err
}

func (q *queue) Close() error { return nil }
