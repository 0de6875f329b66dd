//go:build linux

package linux

import (
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/runner/port"
)

// Clock is the kernel's clock.
type Clock struct {
	TimeOfDay func() time.Time // nil: the system's
}

var _ port.Clock = Clock{}

// Wall is the time of day as the machine has it.
func (c Clock) Wall() time.Time {
	if c.TimeOfDay == nil {
		return time.Now()
	}
	return c.TimeOfDay()
}

// BootTime is CLOCK_BOOTTIME.
func (Clock) BootTime() time.Duration { return clockTime(unix.CLOCK_BOOTTIME) }

// Running is CLOCK_MONOTONIC.
func (Clock) Running() time.Duration { return clockTime(unix.CLOCK_MONOTONIC) }

// After goes by CLOCK_MONOTONIC, which nobody sets.
func (Clock) After(d time.Duration) <-chan time.Time { return time.After(d) }
