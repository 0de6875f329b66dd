//go:build linux

package linux

import (
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"burnish/backend/reason"
	"burnish/backend/runner/port"
)

// kernelLog counts what the kernel logs of one drive, from the moment it was opened on. It reads /dev/kmsg, whose
// reader loses what it does not fetch before the ring goes round: it is drained whenever somebody asks. It is safe for
// concurrent use.
type kernelLog struct {
	names names

	mu     sync.Mutex
	fd     int // -1 where the log cannot be read
	seen   port.KernelErrors
	defect time.Time // when the drive last spoke of an error of its hardware, or of a sector that it did not find
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
func (k *kernelLog) errors() port.KernelErrors {
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
		text := message(string(buf[:n]))
		k.names.count(text, &k.seen)
		if k.names.says(text, hardwareError) || k.names.notFound(text) {
			k.defect = time.Now()
		}
	}
	return k.seen
}

// lately is how long one line about a defect explains refused requests: the kernel tells of a few of many.
const lately = time.Minute

// defective reports whether the drive spoke a short while ago of an error of its own hardware, or of a sector that it
// did not find.
func (k *kernelLog) defective() bool {
	k.errors()
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.defect.IsZero() && time.Since(k.defect) < lately
}

// message cuts the text out of a record: "prefix;text\n key=value\n ...".
func message(record string) string {
	_, text, _ := strings.Cut(record, ";")
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// count takes one message in. Only failed READs and WRITEs of the drive and resets of its link count: pass-through
// commands, refused discards and the notice of a device that was just switched on say nothing about its health.
func (n names) count(text string, into *port.KernelErrors) {
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
	if n.left(text) {
		into.Gone = reason.Clean(text, 200)
	}
	switch {
	case n.says(text, hardwareError), n.says(text, "Sense Key : Medium Error"), n.disk != "" && strings.Contains(text,
		"critical medium error, dev "+n.disk+","),
		n.port(text, " UNC"), n.notFound(text), n.nvmeStatus(text, "2"):
		into.Medium++
	case n.saysAny(text, pathWords), n.port(text, " ICRC"), n.nvmeStatus(text, "3"):
		if into.Path++; into.Path == 1 {
			into.OnePath = reason.Clean(text, 200)
		}
	}
}

const hardwareError = "Sense Key : Hardware Error"

// outOfRange is additional sense code 21h, which SAT makes of IDNF. The block layer lets no request through that ends
// behind the drive's last sector: so the drive did not find a sector of its own.
const outOfRange = "Add. Sense: Logical block address out of range"

// notFound reports whether the drive did not find a sector, or its address mark, in a transfer that was not damaged.
func (n names) notFound(text string) bool {
	register := n.port(text, " IDNF") || n.port(text, " AMNF")
	return n.says(text, outOfRange) || register && !strings.Contains(text, " ICRC")
}

// pathWords are what a SCSI layer says of requests that the way to the drive damaged or lost [SPC-5, additional sense
// codes; the kernel's host bytes]. A bare abort or a timeout is not among them: drives that die do that too.
var pathWords = []string{
	"Add. Sense: Scsi parity error", "CRC error detected", "hostbyte=DID_BUS_BUSY", "hostbyte=DID_PARITY",
	"hostbyte=DID_ERROR",
	"hostbyte=DID_BAD_INTR", "hostbyte=DID_SOFT_ERROR", "hostbyte=DID_TRANSPORT_DISRUPTED",
	"hostbyte=DID_TRANSPORT_FAILFAST",
	"hostbyte=DID_TRANSPORT_MARGINAL",
}

// says reports whether a SCSI layer says this of a request to the drive: "sd 2:0:0:0: [sdd] tag#7 …".
func (n names) says(text, words string) bool {
	return n.disk != "" && strings.HasPrefix(text, "sd ") && strings.Contains(text, " ["+n.disk+"] ") &&
		strings.Contains(text, words)
}

func (n names) saysAny(text string, all []string) bool {
	return slices.ContainsFunc(all, func(words string) bool { return n.says(text, words) })
}

// port reports whether the drive's ATA port tells of such a bit in its error register: "ata3.00: error: { ICRC ABRT }".
func (n names) port(text, bit string) bool {
	return n.ata != "" && strings.HasPrefix(text, n.ata+".") && strings.Contains(text, "error: {") &&
		strings.Contains(text, bit)
}

// nvmeStatus reports whether an NVMe drive answered with a status of this type [NVMe 1.4, status code type]:
// "nvme0n1: I/O Cmd(0x2) @ LBA 8, 8 blocks, I/O Error (sct 0x2 / sc 0x81)".
func (n names) nvmeStatus(text, kind string) bool {
	return n.nvme != "" && strings.HasPrefix(text, n.disk+": ") && strings.Contains(text, "(sct 0x"+kind+" ")
}

// left reports whether the message tells that the drive left, or was given up.
func (n names) left(text string) bool {
	return about(n.ata, "", text, "SATA link down", ": disable", ": detaching") ||
		about(n.nvme, "nvme ", text, "emoving after probe failure", "Device not ready", "controller is down",
			"Device shutdown incomplete") ||
		about(n.usb, "usb ", text, ": USB disconnect") ||
		about(n.target, "sd ", text, "Device offlined", "offline device", "Synchronizing SCSI cache",
			"Synchronize Cache(10) failed") ||
		n.disk != "" && strings.HasPrefix(text, "device offline error, dev "+n.disk+",")
}

// reset reports whether the message tells a reset of the drive's link.
func (n names) reset(text string) bool {
	return about(n.ata, "", text, "hard resetting link", "SATA link down") ||
		about(n.nvme, "nvme ", text, "resetting controller", "timeout, aborting", "timeout, reset controller",
			"controller is down") ||
		about(n.usb, "usb ", text, ": reset ") ||
		about(n.target, "sd ", text, "attempting task abort", "attempting device reset", "attempting target reset",
			"timing out command")
}

// about reports whether a message is about the thing of this name and holds one of the words.
func about(name, prefix, text string, words ...string) bool {
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

// KernelErrors counts what the kernel logged of this drive since it was held.
func (d *held) KernelErrors() port.KernelErrors {
	if d.kernel == nil {
		return port.KernelErrors{}
	}
	return d.kernel.errors()
}
