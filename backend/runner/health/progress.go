package health

import (
	"time"

	"burnish/backend/burnin"
	"burnish/backend/smart"
)

// progress follows the drive's own word on how far its test is.
type progress struct {
	*selfTest
	last  int64         // percent done by the drive's word, -1 before the first
	moved time.Duration // when that changed last, by Clock.Running
}

// at takes an answer in. The journal gets the drive's own percentages; between two of them the display may go on by
// the drive's estimate, never past the next step.
func (p *progress) at(h smart.Health) error {
	done := int64(0)
	said := h.Running != nil && h.Running.RemainingPercent != nil
	if said {
		done = 100 - *h.Running.RemainingPercent
	}
	if done != p.last {
		p.last, p.moved = done, p.Running()
		p.Say("%d %% done", done)
		if err := p.Put(burnin.EvProgress, burnin.Progress{Stage: p.Index, Phase: burnin.PhaseSelfTest, Done: done,
			Total: 100, TempC: p.Held.TempC()}); err != nil {
			return err
		}
	}
	step := 10.0 // percent
	switch {
	case !said:
		step = 99
	case h.Drive.Protocol != smart.ATA:
		step = 1
	}
	between := 100 * (p.Running() - p.moved).Seconds() / p.estimate(h).Seconds()
	shown := min(float64(done)+min(between, step*0.95), 99.9)
	p.TellLive(burnin.Progress{Stage: p.Index, Phase: burnin.PhaseSelfTest, Done: int64(shown * 10), Total: 1000,
		TempC: p.Held.TempC()})
	return nil
}

// estimate is how long the drive says that the test takes when it is idle, or what is usual where it says nothing.
func (p *progress) estimate(h smart.Health) time.Duration {
	minutes := h.Capabilities.ShortMinutes
	if p.test == smart.Long {
		minutes = h.Capabilities.LongMinutes
	}
	switch {
	case minutes != nil:
		return time.Duration(*minutes) * time.Minute
	case p.test == smart.Long:
		return time.Duration(max(float64(p.Req.Drive.SizeBytes)/slowestRate, 3600)) * time.Second
	}
	return shortMinutes * time.Minute
}

// limit is how long the percentage may stand still: half of the estimate for the whole test, since many drives report
// in steps of a tenth and slow down under load. A drive that gives no percentage has three times the estimate.
func (p *progress) limit(h smart.Health) time.Duration {
	switch {
	case p.Spec.StuckMinutes > 0:
		return time.Duration(p.Spec.StuckMinutes) * time.Minute
	case h.Running == nil || h.Running.RemainingPercent == nil:
		return max(leastStuck, 3*p.estimate(h))
	}
	return max(leastStuck, p.estimate(h)/2)
}
