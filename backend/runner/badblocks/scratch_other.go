//go:build !linux

package badblocks

import "os"

// scratch is a file that nobody else sees and that is gone with this process; where the runner is only practised, the
// system's place for such files will do.
func scratch(name string) (*os.File, error) {
	f, err := os.CreateTemp("", name)
	if err == nil {
		_ = os.Remove(f.Name()) // Windows keeps it until it is closed
	}
	return f, err
}
