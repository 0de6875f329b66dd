//go:build linux

package main

import "time"

// now is the machine's clock. It stands alone so that a test can build the same program with a clock that is wrong.
func now() time.Time { return time.Now() }
