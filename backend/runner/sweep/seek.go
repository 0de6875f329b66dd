package sweep

import (
	"context"
	"fmt"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/surface"
)

// seek works the drive's arm after the sweeps, and adds what it finds to theirs.
func (a *Stage) seek(ctx context.Context, dev surface.Device, watch *Observer, res *surface.Result) error {
	a.Say("seek pass: %d minutes", a.Spec.SeekMinutes)
	watch.newPart()
	var found surface.SeekResult
	err := a.Watched(ctx, watch, func(ctx context.Context) (err error) {
		opt := surface.SeekOptions{Budget: time.Duration(a.Spec.SeekMinutes) * time.Minute,
			BadRangeLimit: a.Spec.BadRangeLimit}
		found, err = surface.Seek(ctx, watch.Attend(dev), ClockOf(a.Heat), opt, &seekObserver{watch, *res})
		return err
	})
	res.Active += found.Active
	res.BadRanges = append(res.BadRanges, found.BadRanges...)
	res.Transients = append(res.Transients, found.Transients...)
	res.TransientsAll += found.TransientsAll
	res.Accidents += found.Accidents
	if err != nil {
		return err
	}
	if !found.Complete {
		res.Complete, res.EndedEarly, res.Phase = false, found.Early, surface.PhaseSeek
	}
	value := fmt.Sprintf("%d seeks, %v each, at most %v", found.Seeks, found.Mean.Round(time.Microsecond),
		found.Max.Round(time.Microsecond))
	return a.Fact("seek_pass", found.Complete, value, "reads from both ends to the middle and at random places")
}

// seekObserver tells how far the seek pass is without moving the sweeps' counters.
type seekObserver struct {
	*Observer
	swept surface.Result
}

func (o *seekObserver) Progress(p surface.Progress) {
	o.Answered.Add(1)
	o.sampleOf(p.Done, p.Total, burnin.Progress{
		Stage: o.Index, Seek: float64(p.Done) / float64(max(p.Total, 1)), Phase: burnin.Phase(p.Phase),
		Pass: o.swept.Pass, Done: o.swept.Done, Total: o.swept.Total, Written: o.swept.BytesWritten,
		Verified: o.swept.BytesVerified, Covered: o.swept.BytesCovered,
		ActiveMs: (o.swept.Active + p.Active).Milliseconds(),
	})
}
