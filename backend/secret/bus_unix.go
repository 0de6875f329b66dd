//go:build unix && !darwin

package secret

import (
	"errors"
	"fmt"
	"os"
)

// reachable looks whether there is a session bus to ask. Without one the library would start a bus of its own, which
// outlives this process.
func reachable() error {
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" && a != "autolaunch:" {
		return nil
	}
	if _, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())); err == nil {
		return nil
	}
	return errors.New("no desktop session runs here")
}
