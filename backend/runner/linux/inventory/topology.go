//go:build linux

package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// block is a block device of the kernel: a disk, a partition, or something made of them.
type block struct {
	name    string // as the kernel says it: "sda", "cciss!c0d0"
	dev     Number
	dir     string // in sysfs, links resolved, Root included
	size    int64  // bytes
	disk    *block // of a partition: what it is a part of; of anything else: itself
	part    int    // number of a partition, 0 for a disk
	parts   []*block
	holders []string // kernel names of what is made of it
	slaves  []string // kernel names of what it is made of
	loop    *loop    // of a loop device that is bound
}

// path is where udev or devtmpfs puts the device.
func (b *block) path() string { return "/dev/" + strings.ReplaceAll(b.name, "!", "/") }

// withParts is the disk and its partitions.
func (b *block) withParts() []*block { return append([]*block{b}, b.parts...) }

func (b *block) attr(elem ...string) string { return text(append([]string{b.dir}, elem...)...) }

// topology is all block devices at one moment.
type topology struct {
	h        *Host
	disks    []*block // everything but partitions, in the order of their names
	byName   map[string]*block
	byNumber map[Number]*block
	torn     []string // what may be drives, is there, and cannot be looked at
}

// The paths below an NVMe multipath device (nvme0c0n1) are none of these.
var (
	physicalName = regexp.MustCompile(`^(sd[a-z]+|hd[a-z]+|nvme\d+n\d+)$`)
	virtualName  = regexp.MustCompile(`^(loop\d+|nbd\d+|vd[a-z]+|xvd[a-z]+)$`)
	letters      = regexp.MustCompile(`^[a-z]+`)
)

// topology reads /sys/block. A device that goes away meanwhile is left out.
func (h *Host) topology() (*topology, error) {
	names, err := os.ReadDir(h.at("/sys/block"))
	if err != nil {
		return nil, fmt.Errorf("list the block devices: %w", err)
	}
	t := &topology{h: h, byName: map[string]*block{}, byNumber: map[Number]*block{}}
	for _, n := range names {
		dir, err := filepath.EvalSymlinks(h.at("/sys/block/" + n.Name()))
		if err != nil {
			t.leaveOut(n.Name())
			continue
		}
		disk, ok := readBlock(n.Name(), dir)
		if !ok {
			t.leaveOut(n.Name())
			continue
		}
		disk.disk = disk
		for _, name := range entries(dir) {
			if text(dir, name, "partition") == "" {
				continue
			}
			p, ok := readBlock(name, filepath.Join(dir, name))
			if !ok {
				continue
			}
			p.disk, p.part = disk, int(atoi(p.attr("partition")))
			disk.parts = append(disk.parts, p)
			t.add(p)
		}
		t.add(disk)
		t.disks = append(t.disks, disk)
	}
	slices.SortFunc(t.disks, byName)
	return t, nil
}

// leaveOut notes a device that cannot be looked at, unless it went away meanwhile.
func (t *topology) leaveOut(name string) {
	_, err := os.Lstat(t.h.at("/sys/block/" + name))
	if !errors.Is(err, fs.ErrNotExist) && (physicalName.MatchString(name) || virtualName.MatchString(name)) {
		t.torn = append(t.torn, name)
	}
}

func (t *topology) add(b *block) { t.byName[b.name], t.byNumber[b.dev] = b, b }

func readBlock(name, dir string) (*block, bool) {
	dev, ok := parseNumber(text(dir, "dev"))
	return &block{
		name: name, dev: dev, dir: dir, size: atoi(text(dir, "size")) * 512,
		holders: entries(filepath.Join(dir, "holders")), slaves: entries(filepath.Join(dir, "slaves")),
	}, ok
}

// byName orders sda, sdb, …, sdz, sdaa, and nvme2n1 before nvme10n1.
func byName(a, b *block) int {
	kind := func(b *block) string {
		if s := letters.FindString(b.name); len(s) > 2 {
			return s[:2]
		} else {
			return s
		}
	}
	return cmp.Or(cmp.Compare(kind(a), kind(b)), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
}

func entries(dir string) []string {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.Name()
	}
	return out
}

func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func parseNumber(s string) (Number, bool) {
	major, minor, ok := strings.Cut(s, ":")
	a, errA := strconv.ParseUint(major, 10, 32)
	b, errB := strconv.ParseUint(minor, 10, 32)
	return Number{uint32(a), uint32(b)}, ok && errA == nil && errB == nil
}

// resolve finds the block device that a path of the machine means today, links followed. A name whose node is gone
// still means the device that the kernel has under that name.
func (t *topology) resolve(path string) *block {
	full := t.h.at(path)
	if target, err := filepath.EvalSymlinks(full); err == nil {
		full = target
		var st unix.Stat_t
		if unix.Stat(full, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFBLK {
			return t.byNumber[number(uint64(st.Rdev))]
		}
	}
	name, ok := strings.CutPrefix(full, t.h.at("/dev")+"/")
	if !ok {
		return nil
	}
	return t.byName[strings.ReplaceAll(name, "/", "!")]
}

// backing is the path of what a loop device is made of, for people: it may lead nowhere, or to something else by now.
// The word that a deleted file bears is left out.
func (b *block) backing() string {
	return strings.TrimSuffix(b.attr("loop", "backing_file"), " (deleted)")
}

// below gives the disks that b rests on, down through partitions, device mapper, md, bcache, loop devices and the file
// systems of their files.
func (t *topology) below(b *block) []*block { return t.under(b, true) }

// under is below, without the devices of file systems where files is false.
func (t *topology) under(b *block, files bool) []*block {
	var out []*block
	seen := map[*block]bool{}
	var down func(*block)
	down = func(b *block) {
		if b == nil || seen[b] {
			return
		}
		seen[b] = true
		if b.disk != b {
			down(b.disk)
			return
		}
		if b.loop != nil {
			down(b.loop.over)
			if files && b.loop.overFile() {
				down(t.byNumber[b.loop.FS])
			}
		}
		for _, name := range b.slaves {
			down(t.byName[name])
		}
		out = append(out, b)
	}
	down(b)
	return out
}
