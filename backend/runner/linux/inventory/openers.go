//go:build linux

package inventory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
)

const (
	openLayer  = drive.LayerOpen
	claimLayer = drive.LayerClaim
	// glance is how long an open for reading may last without being a use: udev, smartd and zpool import look at
	// drives and go.
	glance = 300 * time.Millisecond
)

// devKey tells the number of a character device from that of a block device.
type devKey struct {
	Number
	char bool
}

// nodesOf maps every device node that leads to a disk: its own, its partitions', and the character devices by which
// commands reach it past the block layer (sg, bsg, ng, and an NVMe controller).
func (t *topology) nodesOf(nodes []*node) map[devKey][]*node {
	out := map[devKey][]*node{}
	for _, n := range nodes {
		for _, b := range n.withParts() {
			out[devKey{b.dev, false}] = []*node{n}
		}
		device := filepath.Join(n.dir, "device")
		for _, pattern := range []string{"scsi_generic/sg*/dev", "bsg/*/dev", "dev", "nvme*/dev", "ng*/dev",
			"nvme*/ng*/dev"} {
			files, _ := filepath.Glob(filepath.Join(device, pattern))
			for _, f := range files {
				own := "ng" + strings.TrimPrefix(n.name, "nvme")
				if base := filepath.Base(filepath.Dir(f)); strings.HasPrefix(base, "ng") && base != own {
					continue // another namespace of the same controller
				}
				if dev, ok := parseNumber(text(f)); ok {
					out[devKey{dev, true}] = append(out[devKey{dev, true}], n)
				}
			}
		}
	}
	return out
}

// opener is one process that has a disk open.
type opener struct {
	pid    string
	thread string // one that has it; below /proc it is found like a process
	dev    devKey
	write  bool
}

// openClaims finds the processes that have a disk open, by the device numbers of all their files. This process is
// left out, and so is every other process of this program that only reads.
func (h *Host) openClaims(ctx context.Context, t *topology, nodes []*node) (claims, error) {
	leads := t.nodesOf(nodes)
	seen, hidden, err := h.openers(ctx, leads)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(seen, func(o opener) bool { return !o.write }) {
		select {
		case <-time.After(glance):
		case <-ctx.Done():
			return nil, errNoAnswer
		}
		again, _, err := h.openers(ctx, leads)
		if err != nil {
			return nil, err
		}
		seen = lasting(seen, again)
	}
	out := claims{}
	told := map[opener]bool{}
	for _, o := range seen {
		o.write, o.thread = false, ""
		if told[o] {
			continue
		}
		told[o] = true
		for _, n := range leads[o.dev] {
			out.add(n.block, claim(openLayer, drive.OpenByProcess, "open in process %s (%s)", o.pid,
				ascii([]byte(text(h.at("/proc/"+o.pid+"/comm"))))))
		}
	}
	if len(hidden) > 0 {
		return out, hiddenError(hidden)
	}
	return out, nil
}

// lasting keeps the opens that are a use: those for writing, and those for reading that were still there a glance
// later.
func lasting(seen, later []opener) []opener {
	return slices.DeleteFunc(seen, func(o opener) bool { return !o.write && !slices.Contains(later, o) })
}

// hiddenError lists the processes whose files this process may not see. Root may see all, but in a container or a
// virtual machine whose supervisor has rights that root there has not.
type hiddenError []string

func (e hiddenError) Error() string {
	return fmt.Sprintf("what %d processes have open may not be seen (the first is %s)", len(e), e[0])
}

// openers gives every open of a disk by another process, mapped or by a descriptor of any of its threads, and the
// processes whose files may not be seen.
func (h *Host) openers(ctx context.Context, leads map[devKey][]*node) (out []opener, hidden []string, err error) {
	procs, err := os.ReadDir(h.at("/proc"))
	if err != nil {
		return nil, nil, err
	}
	self := fmt.Sprint(os.Getpid())
	files := map[string]devKey{}
	for _, p := range procs {
		pid := p.Name()
		if !decimal(pid) || pid == self {
			continue
		}
		opens, err := h.opensOf(ctx, pid, leads, files)
		if errors.Is(err, fs.ErrPermission) {
			hidden = append(hidden, pid)
		} else if err != nil {
			return nil, nil, err
		}
		for _, o := range opens {
			// smartctl opens for writing whatever it only asks.
			asks := h.isSmartctl(o.thread)
			o.write = o.write && !asks
			if by := h.parent(pid); asks && (by == self || h.ours(by)) || !o.write && h.ours(o.thread) {
				continue
			}
			out = append(out, o)
		}
	}
	return out, hidden, nil
}

// opensOf gives the opens of one process. Those that were found stand, whatever else may not be seen.
func (h *Host) opensOf(ctx context.Context, pid string, leads map[devKey][]*node,
	files map[string]devKey) (out []opener, err error) {
	add := func(thread string, dev devKey, write bool) {
		if leads[dev] != nil {
			out = append(out, opener{pid: pid, thread: thread, dev: dev, write: write})
		}
	}
	threads := h.threads(pid)
	for _, thread := range h.tables(threads) {
		fds, err := os.ReadDir(h.at("/proc/" + thread + "/fd"))
		if err != nil && !gone(err) {
			return out, fmt.Errorf("the open files of process %s: %w", pid, err)
		}
		for _, fd := range fds {
			dev, ok, err := h.fdDevice(thread, fd.Name())
			if err != nil {
				return out, err
			}
			if ok && leads[dev] != nil {
				add(thread, dev, h.writable(thread, fd.Name()))
			}
		}
	}
	maps, thread, err := h.mappings(ctx, threads)
	for _, m := range maps {
		dev, known := files[m.file]
		if !known {
			if dev, known, err = h.mappedDevice(thread, m.at); err != nil {
				return out, err
			}
		}
		if known {
			if m.unique() {
				files[m.file] = dev
			}
			add(thread, dev, m.write)
		}
	}
	return out, err
}

// gone reports whether an error says that a process ended while it was looked at.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}

// fdDevice gives the device that a file descriptor is open on, if it is one. What has no place in a file system is
// passed over, and no file system is asked anew: a dead network mount must not hang the scan.
func (h *Host) fdDevice(pid, fd string) (devKey, bool, error) {
	link := h.at("/proc/" + pid + "/fd/" + fd)
	target, err := os.Readlink(link)
	if gone(err) {
		return devKey{}, false, nil
	}
	if err != nil {
		return devKey{}, false, err
	}
	if kind, _, ok := strings.Cut(target, ":"); ok && (kind == "socket" || kind == "pipe" || kind == "anon_inode") {
		return devKey{}, false, nil
	}
	var st unix.Statx_t
	err = unix.Statx(unix.AT_FDCWD, link, unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &st)
	if err != nil {
		if gone(err) || !strings.HasPrefix(target, "/dev/") { // a dead mount is no device
			return devKey{}, false, nil
		}
		return devKey{}, false, fmt.Errorf("what process %s has open as %s: %w", pid, fd, err)
	}
	kind := uint32(st.Mode) & unix.S_IFMT
	key := devKey{Number{st.Rdev_major, st.Rdev_minor}, kind == unix.S_IFCHR}
	return key, kind == unix.S_IFBLK || kind == unix.S_IFCHR, nil
}

// writable reports whether a descriptor is open for writing; one that cannot be asked about counts as if it were.
func (h *Host) writable(pid, fd string) bool {
	data, err := h.readFile("/proc/" + pid + "/fdinfo/" + fd)
	if err != nil {
		return true
	}
	for line := range bytes.Lines(data) {
		if flags, ok := bytes.CutPrefix(line, []byte("flags:")); ok {
			digits := bytes.TrimSpace(flags)
			if len(digits) == 0 {
				break
			}
			return (digits[len(digits)-1]-'0')&3 != 0 // octal: the last two bits are the access mode
		}
	}
	return true
}

func (h *Host) isSmartctl(pid string) bool {
	exe, err := os.Readlink(h.at("/proc/" + pid + "/exe"))
	return err == nil && filepath.Base(exe) == "smartctl"
}

// parent is the process that started pid; empty when it is gone.
func (h *Host) parent(pid string) string {
	data, err := h.readFile("/proc/" + pid + "/status")
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(data) {
		if of, ok := bytes.CutPrefix(line, []byte("PPid:")); ok {
			return string(bytes.TrimSpace(of))
		}
	}
	return ""
}

// runnerName begins the name of every version of this program on a NAS.
const runnerName = "burnish-runner-"

// ours reports whether a process is this program, of whatever version and from whatever state directory: what it only
// reads is an inventory or a test of its own, which the drive's lock and the exclusive hold settle, and no use.
func (h *Host) ours(pid string) bool {
	exe, err := os.Readlink(h.at("/proc/" + pid + "/exe"))
	return err == nil && strings.HasPrefix(filepath.Base(exe), runnerName)
}

// probe asks the kernel whether the drive is claimed, by claiming it for a moment. Others probe too: a short claim is
// waited out.
func (h *Host) probe(ctx context.Context, n *node) answer {
	for try := 0; ; try++ {
		dev, err := h.open(n.path(), n.dev, true)
		switch {
		case err == nil:
			dev.Close()
			return clean(claimLayer, "nobody in the kernel claims it")
		case errors.Is(err, unix.EBUSY) && try < 4:
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return because(claimLayer, errNoAnswer)
			}
		case errors.Is(err, unix.EBUSY):
			a := claim(claimLayer, drive.OpenByProcess, "something claims it for itself alone (EBUSY)")
			a.claimed = true
			return a
		case errors.Is(err, unix.ENOMEDIUM):
			return claim(claimLayer, drive.Unsupported, "no medium in it")
		default:
			return failed(claimLayer, "it cannot be opened: %v", err)
		}
	}
}
