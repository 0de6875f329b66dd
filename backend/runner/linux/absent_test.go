//go:build linux

package linux

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"burnish/backend/runner/linux/inventory"
	"burnish/backend/runner/port"
)

func TestADriveThatIsLostFromSightWhileItIsHeldIsNotAbsent(t *testing.T) {
	for _, err := range []error{inventory.ErrNotFound, &inventory.Unsure{What: "two claim to be it"}} {
		d := &held{host: NewHost(), exclusive: true, paths: func(context.Context) ([]string, error) {
			return nil,
				fmt.Errorf("find it: %w", err)
		}}
		var unsure *port.UnsureError
		if got := d.openOthers(t.Context()); !errors.As(got, &unsure) || errors.Is(got, port.ErrAbsent) {
			t.Errorf("%v becomes %v", err, got)
		}
	}
}

func TestWhatALookFoundIsToldFromWhatItCouldNotSee(t *testing.T) {
	for _, c := range []struct {
		err    error
		absent bool
	}{{inventory.ErrNotFound, true}, {&inventory.Unsure{What: "x"}, false}, {errors.New("list the block devices: " +
		"input/output error"), false}} {
		if got := notFound(t.Context(), fmt.Errorf("find it: %w", c.err)); errors.Is(got, port.ErrAbsent) != c.absent {
			t.Errorf("%v becomes %v", c.err, got)
		}
	}
}

// A device that is reset, or whose link is looked for, has not left: a second such moment must not read as a drive that
// does not stay.
func TestOnlyADeviceThatTheKernelGaveUpHasLeft(t *testing.T) {
	for state, want := range map[string]bool{
		"": true, "running": true, "live": true, "blocked": true, "quiesce": true, "created": true, "resetting": true,
		"connecting": true,
		"offline":    false, "transport-offline": false, "cancel": false, "dead": false, "deleting": false,
		"deleting (no IO)": false,
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "device"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "device", "state"), []byte(state+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := stands(dir); got != want {
			t.Errorf("%q: it stands: %v, want %v", state, got, want)
		}
	}
	if stands(filepath.Join(t.TempDir(), "gone")) {
		t.Error("what is not in sysfs stands")
	}
	if !stands(t.TempDir()) {
		t.Error("a device without a state does not stand")
	}
}
