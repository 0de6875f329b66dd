//go:build linux

package inventory

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// What a process has open is in the descriptor tables of its threads, of which the first one's need not be all: that
// thread may have ended, and another one may have a table of its own (unshare). A mapping outlives its descriptor.
// Descriptors in flight in a Unix socket and those that only an io_uring knows cannot be found; see docs/safety.md.

// threads lists a process's threads, the first one first.
func (h *Host) threads(pid string) []string {
	out := []string{pid}
	for _, id := range entries(h.at("/proc/" + pid + "/task")) {
		if id != pid {
			out = append(out, id)
		}
	}
	return out
}

// tables picks one thread for each descriptor table. Where the kernel does not compare them each counts as having its
// own.
func (h *Host) tables(threads []string) []string {
	var out []string
	for _, t := range threads {
		if !slices.ContainsFunc(out, func(o string) bool { return sameTable(o, t) }) {
			out = append(out, t)
		}
	}
	return out
}

func sameTable(a, b string) bool {
	const files = 2 // KCMP_FILES
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	if errX != nil || errY != nil {
		return false
	}
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(x), uintptr(y), files, 0, 0, 0)
	return errno == 0 && order == 0
}

// mapping is a file in a process's memory.
type mapping struct {
	at    string // its name below map_files
	file  string // device, inode and path: what tells it from other files
	write bool   // what is written there reaches the file
}

// unique reports whether what tells the file from others does so in all processes. Where the file system makes up its
// device number, as btrfs with its subvolumes and overlays do, two files may bear the same in two containers.
func (m mapping) unique() bool { return !strings.HasPrefix(m.file, "00:") }

// parseMapping reads a line of /proc/PID/maps; false where it is no file.
func parseMapping(line string) (mapping, bool) {
	f := strings.SplitN(line, " ", 5)
	if len(f) < 5 || len(f[1]) < 4 {
		return mapping{}, false
	}
	from, to, ok := strings.Cut(f[0], "-")
	inode, _, _ := strings.Cut(f[4], " ")
	if !ok || inode == "0" {
		return mapping{}, false
	}
	bare := func(address string) string { // maps pads what map_files does not
		return strings.TrimLeft(address[:len(address)-1], "0") + address[len(address)-1:]
	}
	if from == "" || to == "" {
		return mapping{}, false
	}
	file, write := f[3]+" "+strings.TrimSpace(f[4]), f[1][1] == 'w' && f[1][3] == 's'
	return mapping{at: bare(from) + "-" + bare(to), file: file, write: write}, true
}

// mapWait is how long the kernel may take to list what a process has in its memory: it waits for one that is amid a
// change of it, and that one may wait for a dead drive.
const mapWait = 2 * time.Second

// mappings lists the files in a process's memory, each once, as the first of its threads shows them that still has any.
// A process that the kernel cannot list is one that may not be seen.
func (h *Host) mappings(ctx context.Context, threads []string) (out []mapping, thread string, err error) {
	ctx, cancel := context.WithTimeout(ctx, mapWait)
	defer cancel()
	for _, thread := range threads {
		out, err := await(ctx, func() ([]mapping, error) { return h.readMappings(thread) })
		switch {
		case errors.Is(err, errNoAnswer):
			return nil, thread, fmt.Errorf("what process %s has in its memory: %w (%w)", threads[0], err,
				fs.ErrPermission)
		case err != nil && !gone(err):
			return nil, thread, fmt.Errorf("what process %s has in its memory: %w", threads[0], err)
		case len(out) > 0:
			return out, thread, nil
		}
	}
	return nil, threads[0], nil
}

func (h *Host) readMappings(thread string) ([]mapping, error) {
	f, err := os.Open(h.at("/proc/" + thread + "/maps"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []mapping
	seen := map[string]bool{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxFile)
	for lines.Scan() {
		m, ok := parseMapping(lines.Text())
		if key := fmt.Sprint(m.write, m.file); ok && !seen[key] {
			seen[key] = true
			out = append(out, m)
		}
	}
	return out, lines.Err()
}

// mappedDevice gives the device that is mapped; the zero one where what is mapped is none. False: it is gone.
func (h *Host) mappedDevice(thread, at string) (dev devKey, known bool, err error) {
	dir := "/proc/" + thread + "/map_files"
	var st unix.Statx_t
	err = unix.Statx(unix.AT_FDCWD, h.at(dir+"/"+at), unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &st)
	switch {
	case gone(err) && h.exists("/proc/"+thread+"/maps") && !h.exists(dir):
		return devKey{}, false, fmt.Errorf("what process %s has mapped: %w", thread, fs.ErrPermission)
	case gone(err):
		return devKey{}, false, nil
	case errors.Is(err, fs.ErrPermission):
		return devKey{}, false, fmt.Errorf("what process %s has mapped: %w", thread, err)
	case err != nil: // a dead mount is no device
		return devKey{}, true, nil
	}
	switch kind := uint32(st.Mode) & unix.S_IFMT; kind {
	case unix.S_IFBLK, unix.S_IFCHR:
		return devKey{Number{st.Rdev_major, st.Rdev_minor}, kind == unix.S_IFCHR}, true, nil
	}
	return devKey{}, true, nil
}
