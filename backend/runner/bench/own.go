package bench

import (
	"time"

	"burnish/backend/runner/port"
	"burnish/backend/surface"
)

// Asker is who asks a run's drive what no engine does: a stage, or what the run does between and beside its stages.
type Asker struct {
	*Run
	Limit time.Duration // how long it waits for an answer
}

// Asker is the stage as one.
func (a *Stage) Asker() Asker { return Asker{a.Run, a.StuckLimit()} }

// UntilQuiet waits until the drive has answered all that it was asked.
func (a Asker) UntilQuiet() {
	for a.Traffic.unanswered() != "" {
		<-a.After(a.Poll())
	}
}

// Ask asks something of the drive that no engine does, and waits for the answer only until nothing came for the
// asker's limit, or, once the run is to end, for a moment. What is left behind then ends with the process; until it
// does, it counts as unanswered. What call works on is not to be touched after such an error.
func Ask[T any](a Asker, f Flight, call func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	if a.Traffic.isDead() {
		return none, ErrStuck
	}
	f.now = a.Running
	id := a.Traffic.begin(f)
	done, stuck := make(chan answer, 1), a.After(a.Limit)
	go func() {
		value, err := call()
		a.Traffic.land(id)
		done <- answer{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-stuck:
		a.Traffic.giveUp()
		return none, ErrStuck
	case <-a.Ended:
	}
	select {
	case r := <-done:
		return r.value, r.err
	case <-a.After(surface.StopGrace):
		return none, ErrEnds
	}
}

// Direct is the drive, or a path to it, for the run's own code.
type Direct struct {
	port.Device
	by Asker
}

// NewDirect has the run's own code ask the drive.
func NewDirect(dev port.Device, by Asker) Direct { return Direct{dev, by} }

func (o Direct) request(off int64) Flight {
	return Flight{lba: off / int64(o.Geometry().LogicalBytes), limit: aloneSlow}
}

func (o Direct) ReadAt(p []byte, off int64) (int, error) {
	return Ask(o.by, o.request(off), func() (int, error) { return o.Device.ReadAt(p, off) })
}

func (o Direct) WriteAt(p []byte, off int64) (int, error) {
	return Ask(o.by, o.request(off), func() (int, error) { return o.Device.WriteAt(p, off) })
}

func (o Direct) Flush() error {
	_, err := Ask(o.by, Flight{What: aFlush, limit: flushSlow}, func() (struct{}, error) {
		return struct{}{},
			o.Device.Flush()
	})
	return err
}
