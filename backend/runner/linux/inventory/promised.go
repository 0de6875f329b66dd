//go:build linux

package inventory

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"burnish/backend/drive"
)

const promisedLayer = "targets and guests"

// promises are files that give a disk to somebody without any process having it open now: block targets of the
// kernel, and virtual machines that may be started at any time.
var promises = []struct {
	pattern string
	name    func(file string) string
}{
	{"/sys/kernel/config/target/core/*/*/udev_path", func(f string) string { return "exported by LIO as " + up(f, 1) }},
	{"/sys/kernel/config/nvmet/subsystems/*/namespaces/*/device_path", func(f string) string { return "exported over NVMe as " + up(f, 3) }},
	{"/sys/kernel/scst_tgt/devices/*/filename", func(f string) string { return "exported by SCST as " + up(f, 1) }},
	{"/etc/pve/nodes/*/qemu-server/*.conf", guest},
	{"/etc/pve/nodes/*/lxc/*.conf", guest},
	{"/etc/libvirt/qemu/*.xml", guest},
}

// up is the name of a file's directory n levels above it.
func up(file string, n int) string {
	for range n {
		file = filepath.Dir(file)
	}
	return filepath.Base(file)
}

func guest(file string) string {
	base := filepath.Base(file)
	return "given to the virtual machine " + strings.TrimSuffix(base, filepath.Ext(base))
}

// devicePath is a path below /dev in somebody's configuration.
var devicePath = regexp.MustCompile(`/dev/[^\s,;'"<>]+`)

// promisedClaims finds disks that are given to a target or to a virtual machine, running or not.
func (t *topology) promisedClaims() (claims, error) {
	out := claims{}
	for _, p := range promises {
		files, err := filepath.Glob(t.h.at(p.pattern))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			data, err := readBounded(f)
			if gone(err) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("who is given which disk: %w", err)
			}
			for _, path := range devicePath.FindAllString(string(data), -1) {
				b := t.resolve(path)
				if b == nil {
					continue
				}
				for _, disk := range t.below(b) {
					out.add(disk, claim(promisedLayer, drive.OpenByProcess, "%s is %s", b.name, p.name(f)))
				}
			}
		}
	}
	return out, nil
}
