//go:build linux

package linux

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"burnish/backend/reason"
	"burnish/backend/runner"
)

// kernelLog counts what the kernel logs of one drive, from the moment it was opened on. It reads /dev/kmsg, whose
// reader loses what it does not fetch before the ring goes round: it is drained whenever somebody asks. It is safe for
// concurrent use.
type kernelLog struct {
	names names

	mu   sync.Mutex
	fd   int // -1 where the log cannot be read
	seen runner.KernelErrors
}

// names are what the kernel calls a drive and its link in its messages; empty where it has no such name.
type names struct {
	disk   string // sda, nvme0n1
	ata    string // ata3
	nvme   string // nvme0
	usb    string // 2-1.4
	target string // 0:0:3:0, a SCSI address
}

var (
	ataPort   = regexp.MustCompile(`^ata[0-9]+$`)
	nvmeName  = regexp.MustCompile(`^nvme[0-9]+$`)
	usbPort   = regexp.MustCompile(`^[0-9]+-[0-9]+(\.[0-9]+)*$`)
	scsiPlace = regexp.MustCompile(`^[0-9]+:[0-9]+:[0-9]+:[0-9]+$`)
)

// namesOf reads them off the drive's path in sysfs, such as
// /sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sda.
func namesOf(dir string) names {
	n := names{disk: filepath.Base(dir)}
	for _, part := range strings.Split(dir, "/") {
		switch {
		case ataPort.MatchString(part):
			n.ata = part
		case nvmeName.MatchString(part):
			n.nvme = part
		case usbPort.MatchString(part):
			n.usb = part
		case scsiPlace.MatchString(part):
			n.target = part
		}
	}
	return n
}

// watchKernel opens the kernel's log at its end. A log that cannot be opened is one that is not readable.
func watchKernel(sysfs string) *kernelLog {
	k := &kernelLog{fd: -1}
	dir, err := filepath.EvalSymlinks(sysfs)
	if err != nil {
		return k
	}
	k.names = namesOf(dir)
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return k
	}
	if _, err := unix.Seek(fd, 0, unix.SEEK_END); err != nil {
		unix.Close(fd)
		return k
	}
	k.fd, k.seen.Readable = fd, true
	return k
}

func (k *kernelLog) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fd >= 0 {
		unix.Close(k.fd)
		k.fd = -1
	}
}

// errors fetches what is new and gives the counts so far.
func (k *kernelLog) errors() runner.KernelErrors {
	k.mu.Lock()
	defer k.mu.Unlock()
	buf := make([]byte, 8192) // a record is never longer
	for k.fd >= 0 {
		n, err := unix.Read(k.fd, buf)
		switch {
		case errors.Is(err, unix.EPIPE): // records were lost; the next read goes on behind the gap
			k.seen.Readable = false
			continue
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return k.seen
		case err != nil || n == 0:
			k.seen.Readable = false
			return k.seen
		}
		k.names.count(message(string(buf[:n])), &k.seen)
	}
	return k.seen
}

// message cuts the text out of a record: "prefix;text\n key=value\n ...".
func message(record string) string {
	_, text, _ := strings.Cut(record, ";")
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// count takes one message in. Only failed READs and WRITEs of the drive and resets of its link count: pass-through
// commands, refused discards and the notice of a device that was just switched on say nothing about its health.
func (n names) count(text string, into *runner.KernelErrors) {
	before := into.Reads + into.Writes + into.Resets
	switch {
	case n.disk != "" && strings.Contains(text, "error, dev "+n.disk+","):
		switch {
		case strings.Contains(text, ":(READ)"):
			into.Reads++
		case strings.Contains(text, ":(WRITE)"):
			into.Writes++
		}
	case n.reset(text):
		into.Resets++
	}
	if before == 0 && into.Any() {
		into.First = reason.Clean(text, 200)
	}
}

// reset reports whether the message tells a reset of the drive's link.
func (n names) reset(text string) bool {
	about := func(name, prefix string, words ...string) bool {
		if name == "" || !strings.HasPrefix(text, prefix+name) {
			return false
		}
		rest := text[len(prefix)+len(name):]
		if rest != "" && rest[0] >= '0' && rest[0] <= '9' { // ata1 is not ata10
			return false
		}
		for _, w := range words {
			if strings.Contains(rest, w) {
				return true
			}
		}
		return false
	}
	return about(n.ata, "", "hard resetting link", "SATA link down") ||
		about(n.nvme, "nvme ", "resetting controller", "timeout, aborting", "timeout, reset controller", "controller is down") ||
		about(n.usb, "usb ", ": reset ") ||
		about(n.target, "sd ", "attempting task abort", "attempting device reset", "attempting target reset", "timing out command")
}

// KernelErrors counts what the kernel logged of this drive since it was held.
func (d *held) KernelErrors() runner.KernelErrors {
	if d.kernel == nil {
		return runner.KernelErrors{}
	}
	return d.kernel.errors()
}
