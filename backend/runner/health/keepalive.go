package health

import (
	"context"
	"errors"
	"time"

	"burnish/backend/runner/bench"
	"burnish/backend/surface"
)

// touchEvery is how often a drive that tests itself is read from: spin-down timers and USB bridges that see no traffic
// for minutes put it to sleep, which aborts the test.
const touchEvery = time.Minute

// maxTold bounds the lines that one stage tells of sectors that could not be read meanwhile.
const maxTold = 100

// keepAwake reads one sector a minute past the page cache, each time another one, so that no cache of the drive answers
// for it. Gone gives the error with which the drive vanished. It ends with ctx; a read that never returns is left
// behind and ends with the process.
func (a *Stage) keepAwake(ctx context.Context) (gone <-chan error, err error) {
	raw, err := a.Held.Device(false)
	if err != nil {
		return nil, err
	}
	dev := bench.NewDirect(raw, a.Asker())
	found := make(chan error, 1)
	go func() {
		defer dev.Close()
		geo := dev.Geometry()
		sectors := geo.SizeBytes / int64(geo.LogicalBytes)
		buf := surface.AlignedBuffer(geo.LogicalBytes)
		told := 0
		for n := int64(1); ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-a.After(touchEvery):
			}
			const stride = 1_000_003 // a prime: places far apart
			_, err := dev.ReadAt(buf, n*stride%sectors*int64(geo.LogicalBytes))
			var io *surface.IOError
			switch {
			case errors.Is(err, bench.ErrStuck):
				return // it is told, and left behind
			case errors.As(err, &io) && io.Class == surface.ClassGone:
				found <- err
				return
			case errors.As(err, &io) && io.Class == surface.ClassMedium && told < maxTold:
				told++
				_ = a.MediumErrors(1, 0) // the journal keeps its first error itself
				fallthrough
			case err != nil && ctx.Err() == nil: // a bad sector is for the surface and the drive's own test to find
				a.Say("keeping the drive awake: %v", err)
			}
		}
	}()
	return found, nil
}
