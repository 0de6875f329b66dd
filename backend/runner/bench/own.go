package bench

import (
	"burnish/backend/runner/port"
	"burnish/backend/surface"
)

// Ask asks something of the drive that no engine does, and waits for the answer only for as long as the stage does:
// until nothing came for the stage's limit, or, once the run is to end, for a moment. What is left behind then ends
// with the process; until it does, it counts as unanswered. What call works on is not to be touched after such an
// error.
func Ask[T any](a *Stage, f Flight, call func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	if a.Traffic.isDead() {
		return none, ErrStuck
	}
	f.now = a.BootTime
	id := a.Traffic.begin(f)
	done, stuck := make(chan answer, 1), a.After(a.StuckLimit())
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
	stage *Stage
}

// NewDirect has the run's own code ask a stage's drive.
func NewDirect(dev port.Device, a *Stage) Direct { return Direct{dev, a} }

func (o Direct) request(off int64) Flight {
	return Flight{lba: off / int64(o.Geometry().LogicalBytes), limit: aloneSlow}
}

func (o Direct) ReadAt(p []byte, off int64) (int, error) {
	return Ask(o.stage, o.request(off), func() (int, error) { return o.Device.ReadAt(p, off) })
}

func (o Direct) WriteAt(p []byte, off int64) (int, error) {
	return Ask(o.stage, o.request(off), func() (int, error) { return o.Device.WriteAt(p, off) })
}

func (o Direct) Flush() error {
	_, err := Ask(o.stage, Flight{What: aFlush, limit: flushSlow}, func() (struct{}, error) {
		return struct{}{},
			o.Device.Flush()
	})
	return err
}
