//go:build linux

package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"burnish/backend/drive"
)

// claims are answers by the name of the disk that they are about.
type claims map[string][]answer

func (c claims) add(b *block, a answer) { c[b.disk.name] = append(c[b.disk.name], a) }

// mount is one line of mountinfo.
type mount struct {
	dev                 Number
	point, kind, source string
	pid                 string // in whose mount namespace it is; empty: in this one
}

// parseMountinfo reads /proc/self/mountinfo. A line that is none is an error: what it hides could be a drive.
func parseMountinfo(data []byte) ([]mount, error) {
	var out []mount
	for line := range bytes.Lines(data) {
		before, after, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), " - ")
		head, tail := strings.Fields(before), strings.Fields(after)
		if !ok || len(head) < 6 || len(tail) < 2 {
			return nil, fmt.Errorf("mountinfo has a line that is none: %.80q", line)
		}
		dev, ok := parseNumber(head[2])
		if !ok {
			return nil, fmt.Errorf("mountinfo names the device %.20q", head[2])
		}
		out = append(out, mount{dev: dev, point: unescape(head[4]), kind: tail[0], source: unescape(tail[1])})
	}
	if out == nil {
		return nil, errors.New("mountinfo is empty")
	}
	return out, nil
}

// unescape undoes the octal escapes of /proc.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// mounts reads what is mounted here.
func (h *Host) mounts() ([]mount, error) {
	data, err := h.readFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return parseMountinfo(data)
}

// devices are the block devices that a mount names: by its number, and by its source where the number is one that the
// file system made up (btrfs, bcachefs).
func (t *topology) devices(m mount) []*block {
	if b := t.byNumber[m.dev]; b != nil {
		return []*block{b}
	}
	var out []*block
	if m.pid != "" && m.kind != "btrfs" && m.kind != "bcachefs" {
		return nil // what a path of another file system leads to there may hang
	}
	for _, source := range strings.Split(m.source, ":") {
		if strings.HasPrefix(source, "/") {
			if b := t.resolveIn(m.pid, source); b != nil {
				out = append(out, b)
			}
		}
	}
	return out
}

// mountClaims finds disks that are mounted, whole or in part, and the members of btrfs file systems of several
// devices. What is mounted from device mapper or md is said by holders.
func (t *topology) mountClaims(mounts []mount) claims {
	out := claims{}
	at := t.mountPoints(mounts)
	for _, b := range t.byNumber {
		if points := at[b]; points != nil && !t.btrfsMember(b) {
			out.add(b, claim(drive.LayerMounts, drive.Mounted, "%s is mounted at %s", b.name,
				few(points)).in("mounted", points[0]))
		}
	}
	for _, v := range t.btrfs() {
		var points []string
		for _, b := range v.devices {
			points = append(points, at[b]...)
		}
		if len(v.devices) < 2 && points != nil {
			continue // said above
		}
		for _, b := range v.devices {
			for _, disk := range t.below(b) {
				out.add(disk, claim(drive.LayerMounts, drive.Btrfs, "%s is %s the btrfs file system %s%s", b.name,
					oneOf(len(v.devices)), v.id, mountedAt(points)))
			}
		}
	}
	return out
}

func oneOf(devices int) string {
	if devices == 1 {
		return "the device of"
	}
	return fmt.Sprintf("one of %d devices of", devices)
}

// mountPoints lists for each device where it is mounted, the shortest place first.
func (t *topology) mountPoints(mounts []mount) map[*block][]string {
	at := map[*block][]string{}
	for _, m := range mounts {
		for _, b := range t.devices(m) {
			if !slices.Contains(at[b], m.point) {
				at[b] = append(at[b], m.point)
			}
		}
	}
	for _, points := range at {
		slices.SortFunc(points, func(a, b string) int { return len(a) - len(b) })
	}
	return at
}

func mountedAt(points []string) string {
	if len(points) == 0 {
		return ""
	}
	return ", mounted at " + few(points)
}

func few(list []string) string {
	const shown = 2
	if len(list) <= shown {
		return strings.Join(list, " and ")
	}
	return fmt.Sprintf("%s and %d more places", list[0], len(list)-1)
}

// btrfsFS is a btrfs file system that the kernel has open.
type btrfsFS struct {
	id      string
	devices []*block
}

func (t *topology) btrfs() []btrfsFS {
	dirs, _ := filepath.Glob(t.h.at("/sys/fs/btrfs/*/devices"))
	var out []btrfsFS
	for _, dir := range dirs {
		v := btrfsFS{id: filepath.Base(filepath.Dir(dir))}
		for _, name := range entries(dir) {
			if b := t.byName[name]; b != nil {
				v.devices = append(v.devices, b)
			}
		}
		out = append(out, v)
	}
	return out
}

// btrfsMember reports whether b is one of several devices of a btrfs file system.
func (t *topology) btrfsMember(b *block) bool {
	return slices.ContainsFunc(t.btrfs(), func(v btrfsFS) bool {
		return len(v.devices) > 1 && slices.Contains(v.devices,
			b)
	})
}

// bootPlaces are where the machine's own system is mounted.
var bootPlaces = []string{"/", "/usr", "/boot", "/boot/efi", "/boot/firmware", "/efi"}

// bootClaims finds the disks that the machine runs from, down through whatever lies between; and the ZFS pools that it
// runs from.
func (t *topology) bootClaims(mounts []mount) (out claims, pools map[string]string) {
	out, pools = claims{}, map[string]string{}
	for _, m := range mounts {
		if !slices.Contains(bootPlaces, m.point) {
			continue
		}
		if m.kind == "zfs" {
			pool, _, _ := strings.Cut(m.source, "/")
			pools[pool] = m.point
			continue
		}
		for _, b := range t.devices(m) {
			over := []*block{b}
			for _, v := range t.btrfs() {
				if slices.Contains(v.devices, b) {
					over = v.devices
				}
			}
			for _, b := range over {
				for _, disk := range t.below(b) {
					out.add(disk, claim(drive.LayerBoot, drive.Boot, "the NAS runs from it (%s)", m.point))
				}
			}
		}
	}
	return out, pools
}

// swapClaims finds the disks that the machine swaps to, down through whatever lies between.
func (t *topology) swapClaims() (claims, error) {
	data, err := t.h.readFile("/proc/swaps")
	if errors.Is(err, fs.ErrNotExist) { // a kernel without swap
		return claims{}, nil
	}
	if err != nil {
		return nil, err
	}
	out := claims{}
	first := true
	for line := range bytes.Lines(data) {
		fields := strings.Fields(string(line))
		if first || len(fields) < 2 {
			first = false
			continue
		}
		if fields[1] != "partition" {
			continue // a file: its file system is mounted
		}
		path := unescape(fields[0])
		// that of a node which was removed since, " (deleted)", leads nowhere: the kernel shows no number
		b := t.resolve(path)
		if b == nil {
			return nil, fmt.Errorf("the machine swaps to %s, which cannot be found", path)
		}
		for _, disk := range t.below(b) {
			out.add(disk, claim(drive.LayerSwap, drive.Swap, "the NAS swaps to %s", b.name))
		}
	}
	return out, nil
}
