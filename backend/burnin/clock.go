package burnin

// Clock gives the moments of a job's journals on one clock. The wall clock of a NAS may be set while a job runs, or
// have been wrong until it was; how long something took is told by the time since the machine started. So the wall
// clock counts as of a start's first line, goes on by that time, and a later start of the machine does not begin before
// the last line of the one before, nor a job before it was asked for. The zero value is ready.
type Clock struct {
	boot  string
	ms    int64 // since the machine started, of the newest event
	off   int64 // of the wall clock, from the time since the start, as it was last set
	shift int64 // by how much the wall clock is corrected
	last  int64
}

// stepMs is by how much the wall clock must leave the time since the start to have been set.
const stepMs = 2000

// NotBefore says that nothing was before a moment.
func (c *Clock) NotBefore(ms int64) { c.last = max(c.last, ms) }

// At gives the moment of the next event, in unix milliseconds.
func (c *Clock) At(ev Event) int64 {
	off := ev.WallMs - ev.BootMs
	switch step := off - c.off; {
	case ev.Boot == "" || ev.BootMs <= 0 || ev.Boot == c.boot && ev.BootMs == c.ms: // it does not say, or stands still
	case ev.Boot != c.boot:
		c.boot, c.off = ev.Boot, off
		switch {
		case ev.WallMs >= c.last:
			c.shift = 0
		case ev.WallMs+c.shift < c.last:
			c.shift = c.last - ev.WallMs
		}
	case step > stepMs, step < -stepMs:
		c.off, c.shift = off, c.shift-step
	}
	c.ms, c.last = ev.BootMs, max(c.last, ev.WallMs+c.shift)
	return c.last
}

// Moments gives the moments of all events of a job's runs, in their order.
func Moments(runs [][]Event) [][]int64 {
	var c Clock
	out := make([][]int64, len(runs))
	for i, run := range runs {
		for _, ev := range run {
			c.begin(ev)
			out[i] = append(out[i], c.At(ev))
		}
	}
	return out
}

// begin sets the clock to when the job was asked for, before its first line.
func (c *Clock) begin(ev Event) {
	var head Head
	if c.last == 0 && ev.Kind == EvHead && decode(ev, &head) == nil {
		c.NotBefore(head.CreatedMs)
	}
}
