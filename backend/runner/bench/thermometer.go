package bench

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"burnish/backend/burnin"
	"burnish/backend/drive"
	"burnish/backend/smart"
)

const (
	tempEvery  = 30 * time.Second // the kernel's sensor is read
	smartEvery = 5 * time.Minute  // smartctl is asked, where the kernel has no sensor
	// sensorTimeout is how long a stage waits for the kernel's sensor: that of a dead drive may never answer.
	sensorTimeout = 5 * time.Second
)

// Thermometer takes the drive's temperature through a stage, beside whatever the stage does. It also keeps up with the
// kernel's log, which forgets what nobody fetches.
type Thermometer struct {
	*Stage
	mu    sync.Mutex
	temps burnin.Temps
	sum   int

	sensor atomic.Bool // the kernel has one for this drive

	cancel context.CancelFunc
	done   chan struct{}
}

// Thermometer begins the watch. It returns after the first look at the kernel's sensor, so that no stage begins on a
// drive that is known to be too hot.
func (a *Stage) Thermometer(ctx context.Context) *Thermometer {
	ctx, cancel := context.WithCancel(ctx)
	t := &Thermometer{Stage: a, cancel: cancel, done: make(chan struct{})}
	looked := make(chan struct{})
	go func() {
		defer close(t.done)
		t.watch(ctx, sync.OnceFunc(func() { close(looked) }))
	}()
	select {
	case <-looked:
	case <-a.After(sensorTimeout):
	}
	return t
}

// watch takes the temperature until ctx ends; looked is called after each look.
func (t *Thermometer) watch(ctx context.Context, looked func()) {
	asked := t.Running()
	for {
		t.Held.KernelErrors()
		if c := t.Held.TempC(); c != nil {
			t.sensor.Store(true)
			t.add(*c)
		} else if t.Running()-asked >= t.askEvery() && t.Spec.Kind.Surface() &&
			!t.Req.Plan.WithoutSMART {
			asked = t.Running()
			t.ask(ctx)
		}
		looked()
		select {
		case <-ctx.Done():
			return
		case <-t.After(cmp.Or(t.TempEvery, tempEvery)):
		}
	}
}

// askEvery is how long smartctl is left alone: not for long where it gets hot.
func (t *Thermometer) askEvery() time.Duration {
	if t.Heat.near() {
		return time.Minute
	}
	return smartEvery
}

// ask takes the temperature from smartctl. A self-test does not need it: its progress is asked for anyway.
func (t *Thermometer) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, SmartTimeout)
	defer cancel()
	out, _ := t.Held.SMART(ctx, "--json=c", "-A")
	if h, err := smart.Parse(out); err == nil {
		t.Of(h)
	}
}

// Of takes a sample from an answer of the drive, where the kernel has no sensor of its own.
func (t *Thermometer) Of(h smart.Health) {
	if h.TemperatureC != nil && !t.sensor.Load() && t.Held.TempC() == nil {
		t.add(int(*h.TemperatureC))
	}
}

func (t *Thermometer) add(c int) {
	t.Heat.see(c)
	t.count(c)
}

// count takes a sample into the stage's figures.
func (t *Thermometer) count(c int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &t.temps
	if s.Samples == 0 {
		s.Min, s.Max = c, c
	}
	t.sum += c
	s.Samples++
	s.Min, s.Max, s.Avg = min(s.Min, c), max(s.Max, c), t.sum/s.Samples
}

func (t *Thermometer) seen() burnin.Temps {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.temps
}

// Read ends the watch and gives what it saw; nil if it saw nothing. A drive over its limit is said.
func (t *Thermometer) Read() (*burnin.Temps, error) {
	t.cancel()
	select {
	case <-t.done:
	case <-t.After(sensorTimeout):
	}
	job := t.Job()
	s := t.seen()
	if job.Health != nil && s.Samples == 0 && job.Health.After.TemperatureC != nil {
		t.count(int(*job.Health.After.TemperatureC)) // of earlier: nothing waits for it any more
		s = t.seen()
	}
	s.Limit, _ = t.HeatLimits()
	if s.Samples == 0 {
		return nil, nil
	}
	t.Say("temperature: %d to %d °C, %d on average of %d samples; limit %d °C", s.Min, s.Max, s.Avg, s.Samples,
		s.Limit)
	if s.Max > s.Limit {
		return &s, t.warnHot(s.Max, s.Limit)
	}
	return &s, nil
}

// HeatLimits is how warm the drive may get, and where it may take harm; 0 where nobody says the latter. The drive's own
// word comes first, then the kernel's sensor, then what is usual for its kind.
func (a *Stage) HeatLimits() (limit, critical int) {
	limit = map[drive.Kind]int{drive.NVMe: smart.UsualNVMe, drive.SSD: smart.UsualSSD}[a.Req.Drive.Kind]
	if limit == 0 {
		limit = smart.UsualDisk
	}
	high, harm := a.Held.TempLimits()
	if high != nil {
		limit = *high
	}
	if harm != nil {
		critical = *harm
	}
	if job := a.Job(); job.Health != nil {
		if own := job.Health.After.TemperatureLimitC; own != nil {
			limit = int(*own)
		}
		if own := job.Health.After.TemperatureCriticalC; own != nil {
			critical = int(*own)
		}
	}
	return limit, critical
}
