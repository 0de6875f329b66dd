//go:build linux

package linux

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"burnish/backend/runner/linux/inventory"
	"burnish/backend/runner/port"
)

// notFound tells absence from all that is none.
func notFound(ctx context.Context, err error) error {
	var unsure *inventory.Unsure
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, inventory.ErrNotFound):
		return fmt.Errorf("%w: %w", port.ErrAbsent, err)
	case errors.As(err, &unsure):
		return &port.UnsureError{What: unsure.What}
	}
	return &port.UnsureError{What: "the drives of this machine could not be looked at: " + err.Error()}
}

// lostSight is for a drive that was found a moment ago: that it is not found now is no absence.
func lostSight(err error) error {
	var unsure *inventory.Unsure
	switch {
	case errors.As(err, &unsure):
		return &port.UnsureError{What: unsure.What}
	case errors.Is(err, inventory.ErrNotFound):
		return &port.UnsureError{What: "it was there a moment ago, and comes and goes"}
	}
	return err
}

// Alive implements runner.Held.
func (d *held) Alive() bool { return d.alive() }

// left lists the states of a device in sysfs that the kernel has given up, or is about to. One that is blocked, resets
// or connects is still there.
var left = map[string]bool{
	"offline": true, "transport-offline": true, "cancel": true, "deleted": true,
	"dead": true, "deleting": true, "deleting (no IO)": true,
}

// alive reports whether the kernel still has the drive.
func (d *held) alive() bool {
	dir, err := sysOf(d.file)
	return err != nil || stands(dir)
}

// stands reports whether a block device is in sysfs, and its device not given up. What cannot be read says nothing.
func stands(dir string) bool {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	state, _ := os.ReadFile(filepath.Join(dir, "device", "state"))
	return !left[strings.TrimSpace(string(state))]
}
