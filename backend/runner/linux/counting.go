//go:build linux

package linux

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"burnish/backend/burnin"
)

// The fields of a disk's stat file that count sectors of 512 bytes (Documentation/block/stat.rst).
const (
	statRead    = 2
	statWritten = 6
)

// stat reads one field of the stat file of an open disk.
func stat(file *os.File, field int) (int64, error) {
	dir, err := sysOf(file)
	if err != nil {
		return 0, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data))
	if len(fields) <= field {
		return 0, fmt.Errorf("%s/stat has %d fields", dir, len(fields))
	}
	return strconv.ParseInt(fields[field], 10, 64)
}

// SectorsWritten is the sum over all paths, without what one that came later had counted by then.
func (d *held) SectorsWritten() (int64, error) {
	d.mu.Lock()
	sum := -d.brought
	d.mu.Unlock()
	for _, f := range d.files() {
		n, err := stat(f, statWritten)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// SectorsRead gives the count of each path.
func (d *held) SectorsRead() ([]int64, error) {
	var out []int64
	for _, f := range d.files() {
		n, err := stat(f, statRead)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// iostats is where a disk is told whether its requests are counted.
const iostats = "queue/iostats"

// Counters tells of each path that has such a switch. What it says elsewhere a read shows.
func (d *held) Counters() ([]burnin.Counter, error) {
	var out []burnin.Counter
	for _, f := range d.files() {
		dir, err := sysOf(f)
		if err != nil {
			return nil, err
		}
		if word, err := firstWord(filepath.Join(dir, iostats)); err == nil {
			out = append(out, burnin.Counter{Path: f.Name(), Disk: diskOf(f, dir), On: word != "0"})
		}
	}
	return out, nil
}

// diskOf names a disk as no other is named until the machine starts again; a kernel that does not number them has only
// its device number.
func diskOf(f *os.File, dir string) string {
	if seq, err := firstWord(filepath.Join(dir, "diskseq")); err == nil {
		return seq
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return ""
	}
	return fmt.Sprintf("%d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
}

// SetCounter switches the count of the path that is this disk.
func (d *held) SetCounter(c burnin.Counter) error {
	for _, f := range d.files() {
		dir, err := sysOf(f)
		if err != nil || diskOf(f, dir) != c.Disk {
			continue
		}
		word := "0"
		if c.On {
			word = "1"
		}
		return os.WriteFile(filepath.Join(dir, iostats), []byte(word), 0)
	}
	return nil
}
