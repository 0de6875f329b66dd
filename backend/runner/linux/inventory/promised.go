//go:build linux

package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"

	"burnish/backend/drive"
)

const promisedLayer = drive.LayerPromised

// promises are files that give a disk to somebody without any process having it open now: block targets of the
// kernel, and virtual machines that may be started at any time.
var promises = []struct {
	pattern string
	name    func(file string) string
	given   func(t *topology, file, data string) given
}{
	{"/sys/kernel/config/target/core/*/*/udev_path", func(f string) string { return "exported by LIO as " + up(f, 1) },
		lioPath},
	{"/sys/kernel/config/target/core/*/*/info", func(f string) string { return "exported by LIO as " + up(f, 1) },
		lioInfo},
	{"/sys/kernel/config/nvmet/subsystems/*/namespaces/*/device_path",
		func(f string) string { return "exported over NVMe as " + up(f, 3) }, targetPath},
	{"/sys/kernel/scst_tgt/devices/*/filename", func(f string) string { return "exported by SCST as " + up(f, 1) },
		targetPath},
	{"/sys/kernel/config/usb_gadget/*/functions/mass_storage.*/lun.*/file",
		func(f string) string { return "shown to a USB host as " + up(f, 1) }, targetPath},
	{"/sys/class/rnbd-server/ctl/devices/*/block_dev/dev", func(f string) string { return "exported by RNBD" },
		targetNumber},
	{"/sys/bus/xen-backend/devices/vbd-*/physical_device", func(f string) string {
		return "given to a Xen guest as " +
			up(f, 1)
	}, xenNumber},
	{"/etc/pve/nodes/*/qemu-server/*.conf", guest, guestPaths(pveDisk)},
	{"/etc/pve/nodes/*/lxc/*.conf", guest, guestPaths(pveDisk)},
	{"/etc/libvirt/qemu/*.xml", guest, guestPaths(libvirtDisk)},
	{"/etc/nbd-server/config", nbdServer, nbdExports},
	{"/etc/nbd-server/conf.d/*", nbdServer, nbdExports},
}

// given is what a file gives away: devices that are here, and paths that name a disk which cannot be found.
type given struct {
	devices []*block
	lost    []string
	there   bool // by a machine of a cluster that is not this one: what cannot be found here is a disk of its own
}

// up is the name of a file's directory n levels above it.
func up(file string, n int) string {
	for range n {
		file = filepath.Dir(file)
	}
	return filepath.Base(file)
}

func guest(file string) string {
	base := filepath.Base(file)
	return "given to the virtual machine " + strings.TrimSuffix(base, filepath.Ext(base))
}

func nbdServer(string) string { return "exported by nbd-server" }

// promisedClaims finds disks that are given to a target or to a virtual machine, running or not. What is given by a
// path that names nothing may be any drive, but those that it cannot mean.
func (t *topology) promisedClaims(nodes []*node) (claims, error) {
	out := claims{}
	var unknown error
	for _, p := range promises {
		files, err := filepath.Glob(t.h.at(p.pattern))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			data, err := readBounded(f)
			if gone(err) || errors.Is(err, unix.ENODEV) {
				continue
			}
			if err != nil {
				return out, fmt.Errorf("who is given which disk: %w", err)
			}
			is := p.given(t, f, string(data))
			for _, b := range is.devices {
				for _, disk := range t.below(b) {
					out.add(disk, claim(promisedLayer, drive.OpenByProcess, "%s is %s", b.name, p.name(f)))
				}
			}
			for _, path := range is.lost {
				lost := fmt.Sprintf("what is %s, %s, cannot be found", p.name(f), path)
				id, byID := strings.CutPrefix(path, byIDDir)
				if !byID {
					unknown = errors.Join(unknown, errors.New(lost+": it may be any drive"))
				}
				for _, n := range nodes {
					switch {
					case !byID, n.isNot(id):
					case n.bears(id):
						out.add(n.block, claim(promisedLayer, drive.OpenByProcess, "by its name %s it is %s", path,
							p.name(f)))
					case is.there:
					default:
						a := failed(promisedLayer, "%s: it may be this drive", lost)
						a.remedy = "Take the entry out of the configuration where the disk that it means is gone; " +
							"else have udev make its links again (udevadm trigger)."
						out.add(n.block, a)
					}
				}
			}
		}
	}
	return out, unknown
}

// target finds a device that the kernel shows to others now, by the path that it was told. A file that has that path is
// taken for it.
func (t *topology) target(path string) given {
	if !strings.HasPrefix(path, "/") {
		return given{}
	}
	if b := t.resolve(path); b != nil {
		return given{devices: []*block{b}}
	}
	if t.h.exists(path) || isMade(path) {
		return given{}
	}
	return given{lost: []string{path}}
}

func targetPath(t *topology, _, data string) given {
	path, _, _ := strings.Cut(data, "\n")
	return t.target(strings.TrimSpace(path))
}

func targetNumber(t *topology, _, data string) given {
	if dev, ok := parseNumber(strings.TrimSpace(data)); ok && t.byNumber[dev] != nil {
		return given{devices: []*block{t.byNumber[dev]}}
	}
	return given{}
}

// xenNumber reads major:minor in hexadecimal digits.
func xenNumber(t *topology, _, data string) given {
	var dev Number
	if _, err := fmt.Sscanf(strings.TrimSpace(data), "%x:%x", &dev.Major, &dev.Minor); err == nil &&
		t.byNumber[dev] != nil {
		return given{devices: []*block{t.byNumber[dev]}}
	}
	return given{}
}

var (
	lioNumber = regexp.MustCompile(`\bMajor: (\d+) Minor: (\d+)\b`)
	lioFile   = regexp.MustCompile(`\bFile: (/.*?)\s+Size: `)
)

// lioInfo reads what LIO says of a device that it has open: an iblock's number, or the path of a fileio, which may be a
// device too and is not claimed.
func lioInfo(t *topology, _, data string) given {
	if m := lioNumber.FindStringSubmatch(data); m != nil {
		return targetNumber(t, "", m[1]+":"+m[2])
	}
	if m := lioFile.FindStringSubmatch(data); m != nil {
		return t.target(m[1])
	}
	return given{}
}

// lioPath reads the path that LIO was told, which is a word where LIO names the number itself.
func lioPath(t *topology, file, data string) given {
	is := targetPath(t, file, data)
	if info, err := readBounded(filepath.Join(filepath.Dir(file), "info")); err == nil && lioNumber.Match(info) {
		is.lost = nil
	}
	return is
}

var (
	// devicePath is a path below /dev in somebody's configuration.
	devicePath = regexp.MustCompile(`/dev/[^\s,;'"<>]+`)
	// pveDisk is a disk of a guest of Proxmox, libvirtDisk one of libvirt. Other devices of a guest are none.
	pveDisk     = regexp.MustCompile(`(?m)^(?:ide|sata|scsi|virtio|unused|mp|rootfs)\d*:\s*(?:file=|volume=)?(/dev/[^\s,]+)`)
	libvirtDisk = regexp.MustCompile(`<source\b[^>]*\b(?:dev|file)=['"](/dev/[^'"]+)['"]`)
	nbdExport   = regexp.MustCompile(`(?m)^[ \t]*exportname[ \t]*=[ \t]*(/dev/[^\r\n]*[^\s])`)
	// kernelPath is a name that the kernel itself gives. A guest that is given one which no device bears is given none
	// that is here.
	kernelPath = regexp.MustCompile(`^/dev/((sd|hd|vd|xvd)[a-z]+\d*|nvme\d+n\d+(p\d+)?|(loop|nbd|mmcblk|md|zd)\d+(p\d+)?|sr\d+|cdrom|dm-\d+)$`)
)

// isMade reports whether a path is that of what lies in a pool, or is made by device mapper or md: it is gone while
// that is not active, and the drives that it is made of are known by their labels and holders.
func isMade(path string) bool {
	return strings.HasPrefix(path, "/dev/zvol/") || strings.HasPrefix(path, "/dev/mapper/") || strings.HasPrefix(path,
		"/dev/md/")
}

// byIDDir holds the names that are made of who a drive is, and mean the same one on every machine.
const byIDDir = "/dev/disk/by-id/"

// guestPaths finds the devices that a configuration names at all, and those of its disks that are lost. That of a guest
// of another machine may mean a drive of this one, which both reach, only by a name that bears who the drive is.
func guestPaths(disk *regexp.Regexp) func(t *topology, file, data string) given {
	return func(t *topology, file, data string) given {
		out := given{there: t.h.onOtherMachine(file)}
		meant := func(path string) bool { return !out.there || strings.HasPrefix(path, byIDDir) }
		for _, path := range devicePath.FindAllString(data, -1) {
			if b := t.resolve(path); b != nil && meant(path) {
				out.devices = append(out.devices, b)
			}
		}
		for _, m := range disk.FindAllStringSubmatch(data, -1) {
			if path := m[1]; meant(path) && t.resolve(path) == nil && !t.h.exists(path) &&
				!kernelPath.MatchString(path) && !isMade(path) {
				out.lost = append(out.lost, path)
			}
		}
		return out
	}
}

// nbdExports finds what nbd-server is told to export. Only that key counts: a comment or a command names no export.
func nbdExports(t *topology, _, data string) given {
	var out given
	for _, m := range nbdExport.FindAllStringSubmatch(data, -1) {
		is := t.target(m[1])
		out.devices = append(out.devices, is.devices...)
		if !kernelPath.MatchString(m[1]) {
			out.lost = append(out.lost, is.lost...)
		}
	}
	return out
}

// onOtherMachine reports whether a configuration of Proxmox is that of a guest of another machine of the cluster, whose
// files it shows everywhere. Where it does not say which machine this one is, each may be its own.
func (h *Host) onOtherMachine(file string) bool {
	own, err := os.Readlink(h.at("/etc/pve/local"))
	name, ok := strings.CutPrefix(file, h.at("/etc/pve/nodes")+"/")
	name, _, _ = strings.Cut(name, "/")
	return err == nil && ok && filepath.Dir(own) == "nodes" && name != filepath.Base(own)
}

// bears reports whether a name below /dev/disk/by-id is made of a drive's serial number or worldwide name.
func (n *node) bears(id string) bool {
	id = bareID(id)
	serial, wwn := bareID(n.id.Serial), bareID(n.id.WWN)
	return len(serial) >= 4 && strings.Contains(id, serial) || len(wwn) >= 8 && strings.Contains(id, wwn)
}

// isNot reports whether a drive is not the one that a name below /dev/disk/by-id means: udev makes it of the serial
// number or the worldwide name, but where a bridge or a controller speaks for the drive.
func (n *node) isNot(id string) bool {
	kind, _, _ := strings.Cut(id, "-")
	switch {
	case n.virtual, n.id.Transport == "usb", len(bareID(n.id.Serial)) < 4, len(bareID(n.id.WWN)) < 8, n.bears(id):
		return false
	case kind == "nvme":
		made := strings.HasPrefix(id, "nvme-eui.") || strings.HasPrefix(id, "nvme-uuid.") ||
			strings.HasPrefix(id, "nvme-nqn.")
		return n.id.Kind != drive.NVMe || !made
	}
	return kind == "ata" || kind == "scsi" || kind == "wwn" || kind == "usb" || kind == "virtio"
}

// bareID leaves of a name only what udev does not replace.
func bareID(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
