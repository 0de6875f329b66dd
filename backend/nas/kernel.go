package nas

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"burnish/backend/reason"
)

// KernelDisk is what the kernel of a NAS says of the disk of a name, which any login may read.
type KernelDisk struct {
	Name string
	Boot string // the kernel's boot id
	// NowMs is the clock of the NAS, UpMs how long it runs.
	NowMs, UpMs int64

	Seq       string // the kernel's number of the disk: no two that come in one boot share one. Empty: no disk
	SizeBytes int64
	ReadOnly  bool
	// Written is how many bytes were written to it since it came, Busy how many requests are on their way.
	Written, Busy int64
	Uses          []string // who has it, in words: mounts, swap, md and device mapper
}

// There reports whether a disk has the name.
func (d KernelDisk) There() bool { return d.Seq != "" }

// Same reports whether both are one disk in one stay of it.
func (d KernelDisk) Same(other KernelDisk) bool {
	return d.Boot == other.Boot && d.Name == other.Name && d.There() && d.Seq == other.Seq
}

// kernelScript: $1 the name of a disk. It prints one key=value a line. What holds a partition holds the disk.
const kernelScript = setPath + `echo "boot=$(cat /proc/sys/kernel/random/boot_id)"; echo "now=$(date +%s%3N)"; ` +
	`read -r up rest < /proc/uptime && echo "up=$up"; d=/sys/block/$1; [ -r "$d/diskseq" ] && { ` +
	`echo "seq=$(cat "$d/diskseq")"; echo "size=$(cat "$d/size")"; echo "ro=$(cat "$d/ro")"; ` +
	`echo "stat=$(cat "$d/stat")"; for h in "$d"/holders/* "$d"/"$1"*/holders/*; do [ -e "$h" ] && ` +
	`echo "use=held by ${h##*/}"; done; ` +
	`case $1 in *[0-9]) p=p;; *) p=;; esac; ` + // nvme0n1p1, sda1
	`while read -r dev at rest; do case $dev in /dev/$1|/dev/$1$p[0-9]*) echo "use=mounted at $at";; esac; done ` +
	`< /proc/mounts; while read -r dev rest; do case $dev in /dev/$1|/dev/$1$p[0-9]*) echo "use=swap";; esac; ` +
	`done < /proc/swaps; }; echo ` + scriptDone

// diskName is what the kernel may call a disk.
var diskName = regexp.MustCompile(`^[a-z][a-z0-9]{1,30}$`)

// maxUses bounds who has a disk.
const maxUses = 16

// KernelDisk asks the kernel of the NAS about the disk of a name, with the login's own rights. One that is not there is
// no error. Errors: connection_lost, nas_garbage.
func (c *Conn) KernelDisk(ctx context.Context, name string) (KernelDisk, error) {
	if !diskName.MatchString(name) {
		return KernelDisk{}, reason.New(reason.NASGarbage, "nas", c.target.Name, "error", "no disk is called "+
			reason.Clean(name, 40))
	}
	lines, err := c.runPlain(ctx, nil, kernelScript, name)
	var failed *scriptError
	if errors.As(err, &failed) {
		return KernelDisk{}, c.garbage("it does not tell of its disks: " + failed.Error())
	}
	if err != nil {
		return KernelDisk{}, err
	}
	d, err := readKernelDisk(name, lines)
	if err != nil {
		return d, c.garbage(err.Error())
	}
	return d, nil
}

func readKernelDisk(name string, lines []string) (KernelDisk, error) {
	d, stat := KernelDisk{Name: name}, []string(nil)
	var bad error
	whole := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			bad = errors.New("a number that is none: " + reason.Clean(s, 40))
		}
		return n
	}
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		switch value = strings.TrimSpace(value); key {
		case "boot":
			d.Boot = reason.Clean(value, 64)
		case "now":
			d.NowMs = whole(value)
		case "up":
			up, err := strconv.ParseFloat(value, 64)
			if err != nil || !(up >= 0 && up < 1e12) {
				bad = errors.New("it does not tell how long it runs")
			}
			d.UpMs = int64(up * 1000)
		case "seq":
			whole(value)
			d.Seq = value
		case "size":
			d.SizeBytes = whole(value) * 512
		case "ro":
			d.ReadOnly = value != "0"
		case "stat":
			stat = strings.Fields(value)
		case "use":
			if len(d.Uses) < maxUses {
				d.Uses = append(d.Uses, reason.Clean(value, 100))
			}
		}
	}
	switch {
	case bad != nil:
		return KernelDisk{}, bad
	case d.Boot == "" || d.NowMs == 0:
		return KernelDisk{}, errors.New("it does not tell which boot this is")
	case !d.There():
		return d, nil
	case len(stat) < 9:
		return KernelDisk{}, errors.New("it does not count what is written to the disk")
	}
	d.Written, d.Busy = whole(stat[6])*512, whole(stat[8])
	return d, bad
}
