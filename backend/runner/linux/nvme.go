//go:build linux

package linux

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// NVMe asks nvme-cli by the drive's name of today, after proving that the name still leads to the held drive.
func (d *held) NVMe(ctx context.Context, command string, args ...string) ([]byte, error) {
	if err := d.named(); err != nil {
		return nil, err
	}
	return Tool(ctx, "nvme", append([]string{command, d.path}, args...)...)
}

// named proves that the drive's path leads to the held drive.
func (d *held) named() error {
	var mine, named unix.Stat_t
	if err := unix.Fstat(int(d.file.Fd()), &mine); err != nil {
		return err
	}
	if err := unix.Stat(d.path, &named); err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
	}
	if mine.Rdev != named.Rdev {
		return fmt.Errorf("%s leads to another drive now", d.path)
	}
	return nil
}
