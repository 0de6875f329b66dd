//go:build linux

package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
)

// Loop is what the kernel says that a loop device is made of. It holds whatever became of the path that the device was
// made with: that one may name nothing here, or something else by now.
type Loop struct {
	FS    Number // of the file system that the file lies on, or the node of the device; btrfs and others make one up
	Inode uint64 // of the file, or of the node
	Over  Number // the block device that it is over; zero where it is over a file
}

// loop is a loop device that is bound.
type loop struct {
	Loop
	known bool
	over  *block // what it is over; nil where that is a file, or a device that is gone
	err   error  // it may be over any drive
}

// overFile reports whether it is over a file for certain.
func (l *loop) overFile() bool { return l.known && l.Over == Number{} }

// openLoop asks the kernel what the loop device at path is made of, which must have this number. ENXIO: nothing.
func openLoop(path string, dev Number) (Loop, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return Loop{}, err
	}
	defer unix.Close(fd)
	if found, err := blockNumber(fd); err != nil || found != dev {
		return Loop{}, errors.Join(err, fmt.Errorf("%s is device %v, not %v", path, found, dev))
	}
	info, err := unix.IoctlLoopGetStatus64(fd)
	if err != nil {
		return Loop{}, err
	}
	return Loop{FS: number(info.Device), Inode: info.Inode, Over: number(info.Rdevice)}, nil
}

// askLoops asks all loop devices at once what they are made of. One that hangs is left behind, soon where it cannot be
// the drive that is looked for.
func (t *topology) askLoops(ctx context.Context, want *drive.Identity) {
	ask := openLoop
	if t.h.Loop != nil {
		ask = t.h.Loop
	}
	var wg sync.WaitGroup
	for _, b := range t.disks {
		if b.backing() == "" {
			continue
		}
		wg.Go(func() {
			patience := briefly
			if want != nil && strings.HasPrefix(want.Backing, b.backing()+":") {
				patience = t.h.deadline() / 2
			}
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			is, err := await(ctx, func() (Loop, error) { return ask(t.h.at(b.path()), b.dev) })
			if errors.Is(err, unix.ENXIO) || err != nil && b.backing() == "" {
				return // unbound meanwhile
			}
			b.loop = &loop{Loop: is, known: err == nil}
			switch {
			case err == nil:
				b.loop.over = t.byNumber[is.Over]
				// A number that the kernel has no device for is that of one which is gone.
				if b.loop.over == nil && !b.loop.overFile() && t.h.exists(fmt.Sprintf("/sys/dev/block/%v", is.Over)) {
					b.loop.err = fmt.Errorf("%s is over block device %v, which came just now", b.name, is.Over)
				}
			case !t.h.onRemote(b.backing(), err):
				b.loop.err = fmt.Errorf("%s (%s) may be over any drive, and what it is over cannot be asked for: %w",
					b.name, b.backing(), err)
			}
		})
	}
	wg.Wait()
}

// onRemote reports whether a loop device that answers an error, or nothing, is over a file that a server or a program
// serves. To say what it is made of the kernel asks the file system, and only such a one can fail to answer.
func (h *Host) onRemote(path string, err error) bool {
	switch {
	case errors.Is(err, unix.ENOTCONN), errors.Is(err, unix.ESTALE):
		return true
	case !errors.Is(err, errNoAnswer):
		return false
	}
	mounts, err := h.mounts()
	var on mount
	for _, m := range mounts {
		if within(path, m.point) && len(m.point) >= len(on.point) { // of two at one place the later one counts
			on = m
		}
	}
	kind, _, _ := strings.Cut(on.kind, ".")
	return err == nil && slices.Contains([]string{"fuse", "fuseblk", "nfs", "nfs4", "cifs", "smb3", "9p", "ceph",
		"virtiofs"}, kind)
}

// within reports whether path lies at dir or below.
func within(path, dir string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(dir, "/"))
	return ok && (rest == "" || rest[0] == '/')
}

// loopClaims finds loop devices over a disk or a partition: the kernel counts them as no holder and leaves the disk
// free to be claimed, mounted or not. Two over one file are one drive under two names.
func (t *topology) loopClaims(mounts []mount) (claims, error) {
	out := claims{}
	at := t.mountPoints(mounts)
	var unknown error
	for _, b := range t.disks {
		if b.loop == nil {
			continue
		}
		unknown = errors.Join(unknown, b.loop.err)
		var points []string
		for _, up := range t.above(b.name) {
			points = append(points, at[up]...)
		}
		class := drive.OpenByProcess
		if len(points) > 0 {
			class = drive.Mounted
		}
		for _, disk := range t.below(b.loop.over) {
			a := claim(drive.LayerLoops, class, "%s is a loop device over %s%s", b.name, b.loop.over.name,
				mountedAt(points))
			a.by = b.name
			out.add(disk, a)
		}
		for _, twin := range t.disks {
			if twin != b && twin.loop != nil && twin.loop.overFile() && twin.loop.Loop == b.loop.Loop {
				out.add(twin, claim(drive.LayerLoops, class, "%s is over the same file%s", b.name, mountedAt(points)))
			}
		}
		if fs := t.byNumber[b.loop.FS]; b.loop.overFile() && fs != nil && len(at[fs]) == 0 {
			for _, disk := range t.below(fs) {
				out.add(disk, claim(drive.LayerLoops, drive.Mounted,
					"the file of %s lies on %s, which is mounted where it cannot be seen from here", b.name, fs.name))
			}
		}
	}
	return out, unknown
}

// usedBelow gives what else uses the devices that a loop device lies over: to write to it is to write to them.
func (s *survey) usedBelow(n *node) []answer {
	if n.loop == nil || n.loop.over == nil {
		return nil
	}
	chain := s.topo.under(n.block, false)
	var out []answer
	for _, b := range chain {
		if b == n.block {
			continue
		}
		for _, l := range s.layers {
			for _, a := range l.claims[b.name] {
				if !slices.ContainsFunc(chain, func(c *block) bool { return c.name == a.by }) {
					a.text = b.name + ", over which it lies: " + a.text
					out = append(out, a)
				}
			}
		}
	}
	return out
}

// probeBelow asks whether somebody claims what a loop device lies over, which the loop device itself does not.
func (s *survey) probeBelow(ctx context.Context, n *node) []answer {
	var out []answer
	for b := n.block; b.loop != nil && b.loop.over != nil; b = b.loop.over {
		if over := b.loop.over; !s.own[over.dev] {
			a := s.h.probe(ctx, &node{block: over})
			a.text = over.name + ", over which it lies: " + a.text
			out = append(out, a)
		}
	}
	return out
}
