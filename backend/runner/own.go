package runner

import (
	"time"

	"burnish/backend/surface"
)

// ask asks something of the drive that no engine does, and waits for the answer only for as long as the stage does: until
// nothing came for the stage's limit, or, once the run is to end, for a moment. What is left behind then ends with the
// process; until it does, it is owed. What call works on is not to be touched any more after such an error.
func ask[T any](a *at, f flight, call func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	if a.traffic.isDead() {
		return none, errStuck
	}
	f.now = a.Now
	id := a.traffic.begin(f)
	done := make(chan answer, 1)
	go func() {
		value, err := call()
		a.traffic.land(id)
		done <- answer{value, err}
	}()
	stuck := time.NewTimer(a.stuckLimit())
	defer stuck.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-stuck.C:
		a.traffic.giveUp()
		return none, errStuck
	case <-a.ended:
	}
	select {
	case r := <-done:
		return r.value, r.err
	case <-time.After(surface.StopGrace):
		return none, errEnds
	}
}

// direct is the drive, or a path to it, for the run's own code.
type direct struct {
	Device
	at *at
}

func (o direct) request(off int64) flight {
	return flight{lba: off / int64(o.Geometry().LogicalBytes), limit: aloneSlow}
}

func (o direct) ReadAt(p []byte, off int64) (int, error) {
	return ask(o.at, o.request(off), func() (int, error) { return o.Device.ReadAt(p, off) })
}

func (o direct) WriteAt(p []byte, off int64) (int, error) {
	return ask(o.at, o.request(off), func() (int, error) { return o.Device.WriteAt(p, off) })
}

func (o direct) Flush() error {
	_, err := ask(o.at, flight{what: aFlush, limit: flushSlow}, func() (struct{}, error) { return struct{}{}, o.Device.Flush() })
	return err
}

// own gives the drive that is open for writing to the run's own code.
func (a *at) own() direct { return direct{a.wrote, a} }
