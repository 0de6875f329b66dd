//go:build linux

package inventory

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// elsewhere reads what is mounted in the mount namespaces of other processes, but for what is mounted here too: a
// container's mounts are in no list of ours, and the kernel says of them only that somebody has the drive. A namespace
// that no process is in, or that cannot be read, is passed over: the drives that are mounted there are claimed all the
// same, and all that is lost is the word for it.
func (t *topology) elsewhere(own []mount) []mount {
	here := t.mountPoints(own)
	read := map[string]bool{t.h.namespace("self"): true}
	var out []mount
	for _, pid := range entries(t.h.at("/proc")) {
		if !decimal(pid) {
			continue
		}
		ns := t.h.namespace(pid)
		if ns == "" || read[ns] {
			continue
		}
		data, err := t.h.readFile("/proc/" + pid + "/mountinfo")
		if err != nil {
			continue // it ended, or may not be asked; another process of the namespace may
		}
		mounts, err := parseMountinfo(data)
		if err != nil {
			continue
		}
		read[ns] = true
		for _, m := range mounts {
			m.pid = pid
			fresh := false
			for _, b := range t.devices(m) {
				fresh = fresh || here[b] == nil
			}
			if fresh {
				m.point += " (of process " + pid + ")"
				out = append(out, m)
			}
		}
	}
	return out
}

// namespace is the name of a process's mount namespace; empty where it has none, or may not be asked.
func (h *Host) namespace(pid string) string {
	name, err := os.Readlink(h.at("/proc/" + pid + "/ns/mnt"))
	if err != nil {
		return ""
	}
	return name
}

// resolveIn finds the block device that a path means to a process, which may have a root and a /dev of its own, and
// else what it means here.
func (t *topology) resolveIn(pid, path string) *block {
	if pid == "" {
		return t.resolve(path)
	}
	root, err := unix.Open(t.h.at("/proc/"+pid+"/root"), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return t.resolve(path)
	}
	defer unix.Close(root)
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT}
	node, err := unix.Openat2(root, strings.TrimPrefix(path, "/"), &how)
	if err != nil {
		return t.resolve(path)
	}
	defer unix.Close(node)
	if dev, err := blockNumber(node); err == nil {
		return t.byNumber[dev]
	}
	return t.resolve(path)
}
